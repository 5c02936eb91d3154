"""Layout, a pass that nobody outside sees: parameters stored transposed, and arrays held column by column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graphgrad.compiler.passes.passed import GONE, Passed, idle
from graphgrad.compiler.source.numpy_calls import filling
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph
from graphgrad.transform.grad import derivative_name
from graphgrad.transform.rewrite import Firing

NARROW = 64  # columns at most, for an array that is reduced along its rows to be held column by column


class Stored(NamedTuple):
    """The graph over stored parameters, and the names of those that are stored transposed."""

    passed: Passed
    transposed: frozenset[str]


def store(graph: Graph, parameters: Iterable[str]) -> Stored:
    """Store a matrix transposed that is only ever used so: a product reads it, and its gradient is written, faster.

    >>> from graphgrad.frontend.parse import parse
    >>> stored = store(parse("sum(x @ W.T)", x=("N", 2), W=(3, 2)), ["W"])
    >>> print(stored.passed.graph, set(stored.transposed))
    sum(x @ W) {'W'}
    """
    chosen = {
        i: name
        for name in parameters
        if len(graph.nodes[i := graph.inputs[name]].shape) == 2
        and graph.users[i]
        and i not in graph.outputs.values()
        and all(_transposes(graph, user) for user in graph.users[i])
    }
    if not chosen:
        return Stored(idle("layout", graph), frozenset())
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape[::-1] if i in chosen else node.shape, node.dtype)
        elif node.op == "const":
            new[i] = builder.const(node.value)
        elif node.operands[0] in chosen:
            new[i] = new[node.operands[0]]
        else:
            new[i] = builder.apply(node.op, *(new[o] for o in node.operands), **dict(node.attrs))
        for name in graph.names.get(i, ()):
            builder.name(new[i], name)
    first = next(iter(graph.outputs))
    turned = {derivative_name(first, name) for name in chosen.values()}
    outputs = {
        n: builder.apply("transpose", new[i], axes=None) if n in turned else new[i] for n, i in graph.outputs.items()
    }
    stored, place = builder.finish(outputs, graph.source)
    new |= {graph.outputs[name]: outputs[name] for name in turned & set(outputs)}
    renaming = [place.get(new[i], GONE) for i in range(len(graph))]
    fired = tuple(Firing(i, new[i], f"{name}.T -> {name}, which is stored so") for i, name in chosen.items())
    return Stored(Passed("layout", graph, stored, renaming, fired), frozenset(chosen.values()))


def column_by_column(graph: Graph) -> frozenset[int]:
    """Give the arrays to hold transposed: narrow products whose rows are reduced, and what is made of them."""
    found: set[int] = set()
    for i, node in enumerate(graph.nodes):
        if len(node.shape) != 2 or not isinstance(node.shape[1], int) or not 1 < node.shape[1] <= NARROW:
            continue
        if i in graph.outputs.values():
            continue
        if node.op == "matmul":
            if all(len(graph.nodes[o].shape) == 2 for o in node.operands) and _is_reduced(graph, i):
                found.add(i)
        elif node.op != "input" and filling(node.op) and found & {*node.operands}:
            found.add(i)
    return frozenset(found)


def is_one_hot(graph: Graph, i: int) -> bool:
    """Whether a node is a one-hot array that is only taken away from another, and never needed as an array."""
    node = graph.nodes[i]
    if node.op != "unpick" or len(node.shape) != 2 or graph.users[i] != graph.users[i][:1]:
        return False
    user = graph.nodes[graph.users[i][0]]
    constant = graph.nodes[node.operands[0]].op == "const"
    return constant and user.op == "sub" and user.operands[1] == i and user.shape == node.shape


def _is_reduced(graph: Graph, node: int) -> bool:
    """Whether a reduction along the last axis follows, over elementwise steps alone."""
    stack, seen = [node], {node}
    while stack:
        for user in graph.users[stack.pop()]:
            made = graph.nodes[user]
            if made.op in {"max", "sum"} and dict(made.attrs)["axis"] in {-1, 1}:
                return True
            if user not in seen and made.op in {"add", "sub", "exp", "mul"} and made.shape == graph.nodes[node].shape:
                seen.add(user)
                stack.append(user)
    return False


def _transposes(graph: Graph, node: int) -> bool:
    made = graph.nodes[node]
    return made.op == "transpose" and dict(made.attrs)["axes"] is None
