"""What numbers of places mean: in mathematics they count from 1, in programs and in messages from 0."""

from __future__ import annotations

from graphgrad.core.graph import Graph, Node
from graphgrad.core.shapes import normal_axes

PLACES = frozenset({"index", "take", "untake", "pick", "unpick", "concatenate", "argmax", "argmin", "cross_entropy"})
COUNTED = "entries count from 1 in formulas, from 0 in programs and in words"
PROGRAMMED = "entries count from 0, as in programs"


def tells_places(graph: Graph) -> bool:
    """Say whether a formula of a graph or of its gradient tells a place along an axis, or an axis, by number.

    >>> from graphgrad.frontend.parse import parse
    >>> tells_places(parse("sum(x[1:])", x=3)), tells_places(parse("sum(x)", x=3))
    (True, False)
    """
    return any(map(_tells, graph.nodes))


def _tells(node: Node) -> bool:
    if node.op in {"softmax", "log_softmax"}:
        rank = len(node.shape)
        return normal_axes(dict(node.attrs)["axis"], rank)[0] != rank - 1
    return node.op in PLACES
