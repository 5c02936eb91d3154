"""Closed forms: what an output comes to in the inputs alone, as sympy simplifies it within bounds."""

from __future__ import annotations

from math import comb, prod
from typing import Any

from graphgrad.core.builder import Builder
from graphgrad.core.constants import Constant
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.from_sympy import from_sympy
from graphgrad.frontend.printers import length

LENGTH, OPERATIONS = 1500, 150  # beyond, nobody reads an expression, and sympy takes its time
TERMS = 500  # of an expression multiplied out, as cancelling does, or its cases: beyond, that could go on for ever


def closed_form(graph: Graph, output: str) -> Graph | None:
    """Give a scalar output as one simplified expression of the inputs; None for tensors and where it gets too long.

    The value is that of the output wherever that is defined; where sympy cancels, the closed form may be defined at
    more points. Only automatic evaluation, cancelling and collecting are asked of sympy, never `simplify`.

    >>> from graphgrad.frontend.parse import parse
    >>> from graphgrad.transform.grad import grad
    >>> print(closed_form(grad(parse("log(x1*x2) * sin(x2)")), "dz_dx1"))
    sin(x2) / x1
    """
    alone = Builder(graph).build({output: graph.outputs[output]})
    if any(node.shape for node in alone.nodes) or length(alone, alone.output) > LENGTH:
        return None
    try:
        expression = symbolic(alone)[alone.output]
        if not hasattr(expression, "count_ops"):  # an array of one, as a sum gives it
            expression = expression.item()
        return from_sympy(_shortest(expression)) if expression.count_ops() <= OPERATIONS else None
    except UsageError:
        return None


def symbolic(graph: Graph) -> list[Any]:
    """Give every node of a scalar graph as a sympy expression of real symbols; exact, constants lifted to rationals.

    A row without a sympy spelling stands as a function of its own name. UsageError for what is no real number.
    """
    import sympy as sp

    values: list[Any] = []
    for node in graph.nodes:
        if node.op == "input":
            values.append(sp.Symbol(node.value, real=True))
        elif node.op == "const":
            values.append(_constant(node.value))
        else:
            row, operands = OPS[node.op], [values[o] for o in node.operands]
            if not row.boolean:  # a condition among numbers counts 1 or 0
                conditions = [graph.nodes[o].dtype == "bool" for o in node.operands]
                operands = [
                    sp.Piecewise((1, v), (0, True)) if c else v for v, c in zip(operands, conditions, strict=True)
                ]
            known = kernel(node, "sympy") if row.sympy else sp.Function(node.op)
            values.append(known(*operands))
    return values


def _constant(value: Any) -> Any:
    import sympy as sp

    if isinstance(value, bool):
        return sp.true if value else sp.false
    if not isinstance(value, Constant):
        return sp.Rational(repr(value))
    known = {"pi": sp.pi, "e": sp.E}
    if value.name not in known:
        raise UsageError(f"{value.name} has no place in a closed form")
    return known[value.name]


def _shortest(expression: Any) -> Any:
    import sympy as sp

    if conditions := expression.atoms(sp.Piecewise):
        few = prod(len(piece.args) for piece in conditions) <= TERMS
        return min(expression, sp.piecewise_fold(expression), key=lambda f: f.count_ops()) if few else expression
    together = sp.together(expression)
    forms = [expression, together, sp.factor_terms(expression), sp.collect_const(expression)]
    if len(together.free_symbols) <= 6 and _terms(together) <= TERMS:
        forms.append(sp.cancel(together))
    return min(forms, key=lambda form: (form.count_ops(), len(str(form))))


def _terms(expression: Any) -> int:
    """How many terms an expression has, at most, when it is multiplied out."""
    if expression.is_Add:
        return sum(map(_terms, expression.args))
    if expression.is_Mul:
        return prod(map(_terms, expression.args))
    if expression.is_Pow and expression.exp.is_Integer:
        count, power = _terms(expression.base), abs(int(expression.exp))
        return comb(count + power - 1, power) if power < TERMS or count == 1 else TERMS + 1
    return max(map(_terms, expression.args), default=1)
