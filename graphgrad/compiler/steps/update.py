"""Optimizers as text in the language: the program of one update, with its state."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from typing import NamedTuple

from graphgrad.core import syntax
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.lower import Lowering, Value
from graphgrad.frontend.parse import parse
from graphgrad.transform.rewrite import Rewriter

VECTOR = ("P",)  # all parameters, end to end


class Update(NamedTuple):
    """An update: its graph, of outputs `p` and the slots; the slots; and what every call must be given."""

    graph: Graph
    slots: tuple[str, ...]
    rates: tuple[str, ...]


def read_update(text: str, constants: Mapping[str, float]) -> Update:
    """Read the program of an optimizer.

    `p` is the parameter, `g` its gradient, `t` the number of the step, from 1. A name that is read before it is
    assigned is state and starts at zero; other names are constants, or rates to be given at every step. The last
    value of `p`, or a last line without a name, is the new parameter. All parameters form one vector, so that
    `norm(g)` is the norm of the whole gradient.

    >>> read_update("m = b * m + g; p - lr * m", {"b": 0.9})[1:]
    (('m',), ('lr',))
    """
    parse(text)  # says what is wrong, and where
    statements = [_assignment(s) for s in syntax.statements(textwrap.dedent(text).strip()).body]
    slots = _state(statements)
    builder = Rewriter()
    vectors = {"p", "g", *slots}

    def free(name: str) -> int:
        if name in constants:
            return builder.const(constants[name])
        return builder.input(name, VECTOR if name in vectors else ())

    env: dict[str, Value] = {}
    for name, expression in statements:
        env[name] = Lowering(builder, env, {}, free=free).lower(expression)
        if name not in vectors:
            node = env[name]
            assert isinstance(node, int)
            builder.name(node, name)
    if "p" not in env:
        raise UsageError("the update gives no new parameter", hint="end it with p = ..., such as p = p - lr * g")
    outputs = {name: node for name in ("p", *slots) if isinstance(node := env[name], int)}
    for name, node in outputs.items():
        if builder.nodes[node].shape != VECTOR:
            raise UsageError(f"the update makes '{name}' one number", hint="it must keep the shape of the parameter")
    graph = builder.build(outputs)
    return Update(graph, slots, tuple(n for n in graph.inputs if n not in vectors and n != "t"))


def rate_of_descent(update: Graph) -> str | None:
    """Give the rate of plain gradient descent, `p - rate * g`, of a folded update; None for any other.

    >>> rate_of_descent(read_update("p - g * lr", {}).graph), rate_of_descent(read_update("p - g * g", {}).graph)
    ('lr', None)
    """
    nodes, output = update.nodes, update.nodes[update.outputs["p"]]
    if output.op != "sub" or len(update.outputs) > 1:
        return None
    old, change = (nodes[o] for o in output.operands)
    factors = [nodes[o] for o in change.operands] if change.op == "mul" else []
    rates = [f.value for f in factors if f.op == "input" and not f.shape and f.value != "t"]
    gradients = [f for f in factors if f.op == "input" and f.value == "g"]
    return rates[0] if old.op == "input" and old.value == "p" and rates and gradients else None


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AugAssign(target=ast.Name(id=name), op=sign, value=value):
            return name, ast.BinOp(ast.Name(name, ast.Load()), sign, value)
        case ast.Expr(value=value):
            return "p", value
    raise UsageError("an update is made of assignments")


def _state(statements: list[tuple[str, ast.expr]]) -> tuple[str, ...]:
    """The names that are read before they are assigned, and assigned."""
    assigned: set[str] = set()
    read_first: dict[str, None] = {}
    for name, expression in statements:
        for part in ast.walk(expression):
            if isinstance(part, ast.Name) and part.id not in assigned:
                read_first[part.id] = None
        assigned.add(name)
    return tuple(name for name in read_first if name in assigned and name not in {"p", "g", "t"})
