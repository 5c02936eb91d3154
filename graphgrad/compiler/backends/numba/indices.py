"""Views as changes of indices: where an entry of a transposed, repeated or cut array stands in the array itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphgrad.compiler.source.statements import Expr, digits
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph, Node
from graphgrad.core.shapes import Shape

Index = tuple[Expr, ...]  # an expression for every axis
ZERO = digits(0)


def through(graph: Graph, i: int, index: Index) -> tuple[int, Index]:
    """Follow views to the node that holds an entry; TargetError for a view that is no change of indices.

    >>> from graphgrad.compiler.source.statements import variable
    >>> from graphgrad.frontend.parse import parse
    >>> graph = parse("A.T[1:]", A=(4, 3))
    >>> node, index = through(graph, graph.output, (variable("i"), variable("j")))
    >>> node, [e.op for e in index]
    (0, ['name', 'add'])
    """
    while (node := graph.nodes[i]).op in VIEWS:
        i, index = node.operands[0], VIEWS[node.op](graph.nodes[node.operands[0]].shape, node, index)
    return i, index


def broadcast(shape: Shape, index: Index) -> Index:
    """The index into an array that is repeated along axes that it lacks, or of size 1."""
    return tuple(ZERO if size == 1 else at for size, at in zip(shape, index[len(index) - len(shape) :], strict=True))


def _transpose(_: Shape, node: Node, index: Index) -> Index:
    axes = dict(node.attrs)["axes"]
    order = range(len(index))[::-1] if axes is None else [a % len(index) for a in axes]
    return tuple(index[list(order).index(k)] for k in range(len(index)))


def _swap(_: Shape, __: Node, index: Index) -> Index:
    return (*index[:-2], index[-1], index[-2])


def _expand_dims(_: Shape, node: Node, index: Index) -> Index:
    added = _axes(dict(node.attrs)["axis"], len(index))
    return tuple(at for k, at in enumerate(index) if k not in added)


def _squeeze(shape: Shape, node: Node, index: Index) -> Index:
    axis = dict(node.attrs)["axis"]
    gone = {k for k, size in enumerate(shape) if size == 1} if axis is None else _axes(axis, len(shape))
    left = iter(index)
    return tuple(ZERO if k in gone else next(left) for k in range(len(shape)))


def _repeated(shape: Shape, _: Node, index: Index) -> Index:
    return broadcast(shape, index)


def _spread(shape: Shape, node: Node, index: Index) -> Index:
    attrs = dict(node.attrs)
    if attrs["axis"] is None or not shape:
        return (ZERO,) * len(shape)
    axes = _axes(attrs["axis"], len(index))
    if attrs["keepdims"]:
        return tuple(ZERO if k in axes else at for k, at in enumerate(index))
    return tuple(at for k, at in enumerate(index) if k not in axes)


def _reshape(shape: Shape, node: Node, index: Index) -> Index:
    if [s for s in shape if s != 1] != [s for s in node.shape if s != 1]:
        raise TargetError("an array that is laid out anew has no loops")
    left = iter(at for at, size in zip(index, node.shape, strict=True) if size != 1)
    return tuple(ZERO if size == 1 else next(left) for size in shape)


def _index(shape: Shape, node: Node, index: Index) -> Index:
    found: list[Expr] = []
    left = iter(index)
    for part in dict(node.attrs)["key"]:
        if part is None:
            next(left)
        elif isinstance(part, int):
            found.append(digits(_place(part, shape[len(found)])))
        else:
            size, at = shape[len(found)], next(left)
            start, _, step = (0, 0, 1) if isinstance(size, str) else _bounds(range(size)[slice(*part)])
            times = at if step == 1 else Expr("mul", (digits(step), at))
            found.append(Expr("add", (times, digits(start))) if start else times)
    return (*found, *left)


def _place(k: int, size: Any) -> int:
    """A place counted from the start."""
    if k < 0 and not isinstance(size, int):
        raise TargetError("a place counted from the end of rows has no loops")
    return k + size if k < 0 else k


def _bounds(places: range) -> tuple[int, int, int]:
    return places.start, places.stop, places.step


def _axes(axis: Any, rank: int) -> set[int]:
    return {a % rank for a in (axis if isinstance(axis, tuple) else (axis,))}


VIEWS: dict[str, Callable[[Shape, Node, Index], Index]] = {
    "transpose": _transpose,
    "swap": _swap,
    "expand_dims": _expand_dims,
    "squeeze": _squeeze,
    "broadcast_to": _repeated,
    "broadcast_like": _repeated,
    "spread": _spread,
    "reshape": _reshape,
    "reshape_like": _reshape,
    "index": _index,
}
