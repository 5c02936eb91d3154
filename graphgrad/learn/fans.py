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


_RESHAPED = frozenset({"transpose", "swap", "reshape", "ravel", "expand_dims", "squeeze", "broadcast_to"})


def fans(graph: Graph, name: str) -> Fans:
    """Give the fans of a parameter, by its first use as a factor; one that is only ever added is an offset (a bias).

    One that is used slice by slice, as the kernel of a convolution, has the fans of a slice times their number.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("tanh(X @ W.T + b)", X=("N", 2), W=(4, 2), b=4)
    >>> fans(g, "W"), fans(g, "b")
    (Fans(into=2, out=4, offset=False), Fans(into=2, out=4, offset=True))
    >>> fans(parse("X[:, :-1] * k[0] + X[:, 1:] * k[1]", X=("N", 5), k=2), "k")
    Fans(into=2, out=2, offset=False)
    """
    whole = graph.input(name)
    slices = [node for node in _forms(graph, whole) if graph.nodes[node].op == "index"]
    found = [factor for node in slices if (factor := _factor(graph, node)) is not None]
    if (factor := _factor(graph, whole)) is not None:
        found = [factor]
    if found:
        return Fans(found[0].into * len(found), found[0].out * len(found), offset=False)
    sums = [o for u in graph.users[whole] if graph.nodes[u].op == "add" for o in graph.nodes[u].operands if o != whole]
    for other in sums:
        if graph.nodes[other].op == "matmul":
            inner = _product(graph, graph.nodes[other].operands[1], other)
            if inner is not None:
                return inner._replace(offset=True)
    return Fans(1, 1, offset=True)


def _forms(graph: Graph, node: int) -> list[int]:
    """A parameter, and what is made of it by reshaping and slicing alone."""
    found = [node]
    for form in found:
        found += [u for u in graph.users[form] if graph.nodes[u].op in {*_RESHAPED, "index"} and u not in found]
    return found


def _factor(graph: Graph, node: int) -> Fans | None:
    """The fans of a node as a factor of a product, of matrices or of entries; None where it is no factor."""
    if (product := _product(graph, node)) is not None:
        return product
    for user in graph.users[node]:
        if graph.nodes[user].op in {"mul", "div", "pow"}:
            return Fans(1, 1, offset=False)
        if graph.nodes[user].op == "take" and graph.nodes[user].operands[0] == node:  # a table of vectors
            return Fans(1, _size(graph.nodes[node].shape[-1], graph.nodes[node].shape), offset=False)
        if graph.nodes[user].op in _RESHAPED and (found := _factor(graph, user)) is not None:
            return found
    return None


def _product(graph: Graph, node: int, within: int | None = None) -> Fans | None:
    """The fans of a node, itself or reshaped, as a factor of a matrix product."""
    for user in graph.users[node]:
        used = graph.nodes[user]
        if used.op in _RESHAPED and (found := _product(graph, user)) is not None:
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
