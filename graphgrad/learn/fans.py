"""What an initial value depends on: how many numbers enter and leave the product a parameter takes part in."""

from __future__ import annotations

from typing import NamedTuple

from graphgrad.core.errors import ShapeError
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape, show


class Fans(NamedTuple):
    """Numbers that enter (`into`) and leave (`out`) the product; `offset` where the parameter is added to it."""

    into: int
    out: int
    offset: bool


def fans(graph: Graph, name: str) -> Fans:
    """Give the fans of a parameter, by its first use as a factor; one that is only ever added is an offset (a bias).

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("tanh(X @ W.T + b)", X=("N", 2), W=(4, 2), b=4)
    >>> fans(g, "W"), fans(g, "b")
    (Fans(into=2, out=4, offset=False), Fans(into=2, out=4, offset=True))
    """
    node = graph.input(name)
    product = _product(graph, node)
    if product is not None:
        return product
    if any(graph.nodes[u].op in {"mul", "div", "pow"} for u in graph.users[node]):
        return Fans(1, 1, offset=False)
    sums = [o for u in graph.users[node] if graph.nodes[u].op == "add" for o in graph.nodes[u].operands if o != node]
    for other in sums:
        if graph.nodes[other].op == "matmul":
            inner = _product(graph, graph.nodes[other].operands[1], other)
            if inner is not None:
                return inner._replace(offset=True)
    return Fans(1, 1, offset=True)


def _product(graph: Graph, node: int, within: int | None = None) -> Fans | None:
    """The fans of a node, itself or transposed, as a factor of a matrix product."""
    for user in graph.users[node]:
        used = graph.nodes[user]
        if used.op in {"transpose", "swap"} and (found := _product(graph, user)) is not None:
            return found
        if used.op == "matmul" and within in {None, user}:
            shape = graph.nodes[node].shape
            last = used.operands[1] == node
            inner = shape[-2] if last and len(shape) > 1 else shape[-1]
            outer = shape[-1] if last else shape[-2] if len(shape) > 1 else 1
            return Fans(_size(inner, shape), _size(outer if len(shape) > 1 else 1, shape), offset=False)
    return None


def _size(dimension: int | str, shape: Shape) -> int:
    if isinstance(dimension, str):
        raise ShapeError(f"a parameter of shape {show(shape)} has no known size '{dimension}'", hint="give it a number")
    return dimension
