"""Our side: any graph evaluated on exact scalars, by the sympy column of the table, which tests hold against sympy.

`sp` in that column is a namespace of exact scalars here, so that proofs are fast; where a row is only its definition,
the definition is lowered and evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.constants import ConstantArray
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import EXACT
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import runtime
from graphgrad.execute import sympy_functions
from graphgrad.frontend.lower import inline
from graphgrad.proof.readings.functions import Array, each, folded, lifted
from graphgrad.proof.scalars import elementary as f, symbols as s
from graphgrad.proof.scalars.symbols import Sym, lift

_NAMES: dict[str, Any] = {
    **{name: f.function(name) for name in EXACT if name.islower()},
    "Abs": f.function("abs"),
    "sqrt": f.sqrt,
    "Max": f.largest,
    "Min": f.smallest,
    "Eq": s.equal,
    "Ne": lambda a, b: s.negation(s.equal(a, b)),
    "Rational": lambda a, b: lift(a) / b,
    "Piecewise": lambda *cases: _piecewise(cases),
}


def _piecewise(cases: tuple[tuple[Any, Any], ...]) -> Any:
    (value, condition), *rest = cases
    return value if condition is True else s.where(condition, value, _piecewise(tuple(rest)))


def _real_root(a: Any, n: int) -> Any:
    return f.sign(a) * abs(lift(a)) ** (lift(1) / n)


def _reduce(function: Callable[..., Any], a: Any, axis: Any, keepdims: bool) -> Any:  # noqa: FBT001
    return folded(function, 0)(np.asarray(a, dtype=object), axis, keepdims)


NAMESPACE = {
    **vars(sympy_functions),
    "sp": SimpleNamespace(**_NAMES),
    "np": np,
    "real_root": _real_root,
    "reduce": _reduce,
}


NO_DECIMALS: Mapping[float, Sym] = {}


def values(graph: Graph, inputs: Mapping[str, Array], decimals: Mapping[float, Sym] = NO_DECIMALS) -> list[Array]:
    """The value of every node, as object arrays; inputs by name, labels as integer arrays.

    `decimals` are numbers that the program's text spells in more figures than the graph's floats hold.
    """
    found: list[Any] = []
    for node in graph.nodes:
        if node.op == "input":
            found.append(inputs[node.value])
        elif node.op == "const":
            array = node.value.array if isinstance(node.value, ConstantArray) else None
            value = node.value if array is None else array.tolist()
            places = array is not None and array.dtype.kind == "i"
            found.append(array if places else lifted(decimals.get(value, value) if isinstance(value, float) else value))
        else:
            found.append(apply(node, _operands(node, [found[i] for i in node.operands])))
    return found


def _operands(node: Node, given: list[Array]) -> list[Array]:
    """Operands: indices and labels as whole numbers, all else as exact scalars."""
    whole = OPS[node.op].integer
    return [lifted(np.asarray(a).tolist()) if np.asarray(a).dtype.kind == "i" and OPS[node.op].named(slot) not in whole
            else a for slot, a in enumerate(given)]  # fmt: skip


def apply(node: Node, operands: list[Array]) -> Array:
    """Apply one node's row to arrays."""
    row = OPS[node.op]
    if not row.sympy:
        return _by_definition(node, operands)
    rule = rule_of(node.op, node.attrs, "sympy")
    result = each(rule, len(operands))(*operands) if row.elementwise else rule(*operands)
    return lifted(result)


@cache
def rule_of(op: str, attrs: tuple[tuple[str, Any], ...], column: str) -> Callable[..., Any]:
    """A row's column as a function of its operands."""
    row = OPS[op]
    parameters = f"*{row.operands[0]}" if row.variadic else ", ".join(row.operands)
    code = compile(f"lambda {parameters}: {getattr(row, column)}", f"<{op}, column {column}>", "eval")
    names = {k: lift(v) if row.elementwise and isinstance(v, float) else runtime(v) for k, v in attrs}
    rule: Callable[..., Any] = eval(code, {**NAMESPACE, **names})  # noqa: S307  (text of our own table)
    return rule


def _by_definition(node: Node, operands: list[Array]) -> Array:
    graph = _definition(node.op, node.attrs, tuple(np.shape(a) for a in operands))
    if graph is None:
        rule = rule_of(node.op, node.attrs, "numpy")
        return lifted(rule(*operands))
    return values(graph, dict(zip(graph.inputs, operands, strict=True)))[graph.output]


@cache
def _definition(op: str, attrs: tuple[tuple[str, Any], ...], shapes: tuple[tuple[int, ...], ...]) -> Graph | None:
    row, builder = OPS[op], Builder()
    operands = [builder.input(f"a{i}", shape) for i, shape in enumerate(shapes)]
    text = row.define(shapes, dict(attrs)) if callable(row.define) else row.define
    if text is None:
        return None
    return builder.build({"v": inline(builder, text, row, operands, dict(attrs))})
