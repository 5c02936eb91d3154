"""What is laid out, and where it stands: sizes, edges and groups before, places and routes after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from graphgrad.render.layout.turns import Point

ASPECT = 1.9  # of a lecture's screen, less the lines above and below the graph


class Size(NamedTuple):
    """Width and height in points."""

    width: float
    height: float


class Route(NamedTuple):
    """An edge's curve, tip of its arrow head, and the middle of the room kept for its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


class Outline(NamedTuple):
    """The rectangle around a group of nodes: top left corner and size."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """Positions in points, y downwards from the top left: centres of nodes, and routes by edge.

    In large graphs what nothing leads to stands at each of its readers: `copies` are its places after the first.
    """

    width: float
    height: float
    nodes: Mapping[int, Point]
    sizes: Mapping[int, Size]
    routes: Sequence[Route]
    groups: Mapping[str, Outline]
    copies: Mapping[int, tuple[Point, ...]] = MappingProxyType({})

    def places(self, node: int) -> tuple[Point, ...]:
        """All places where a node stands."""
        return self.nodes[node], *self.copies.get(node, ())


class Edge(NamedTuple):
    """An edge to lay out: tail, head, and the room its label needs."""

    tail: int
    head: int
    label: Size | None


class Problem:
    """A graph to lay out: nodes of fixed sizes, edges with their labels' room, groups by name."""

    def __init__(
        self, sizes: Mapping[int, Size], edges: Sequence[Edge], groups: Mapping[str, Sequence[int]] | None = None
    ) -> None:
        self.sizes, self.edges, self.groups = sizes, edges, groups or {}
        self.links = [(edge.tail, edge.head) for edge in edges]


def reduced(width: float, height: float) -> float:
    """How much a drawing must be reduced to fit a screen."""
    return max(width / ASPECT, height)


def moved(layout: Layout, right: float, down: float) -> Layout:
    """The layout elsewhere on a page."""
    groups = {n: g._replace(x=round(g.x + right, 2), y=round(g.y + down, 2)) for n, g in layout.groups.items()}
    return mapped(layout, lambda p: (round(p[0] + right, 2), round(p[1] + down, 2)))._replace(groups=groups)


def mapped(layout: Layout, to: Callable[[Point], Point]) -> Layout:
    """The layout with every point elsewhere; frames of groups stay."""
    routes = [Route(tuple(map(to, r.points)), to(r.tip), to(r.label) if r.label else None) for r in layout.routes]
    copies = {n: tuple(map(to, places)) for n, places in layout.copies.items()}
    return layout._replace(nodes={n: to(p) for n, p in layout.nodes.items()}, routes=routes, copies=copies)
