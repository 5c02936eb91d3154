"""Where everything stands: Graphviz lays out once a film, and nothing ever moves after that."""

from __future__ import annotations

import functools
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graphgrad.core.errors import GraphgradError
from graphgrad.render.shapes import Point

ASPECT = 1.9  # of a lecture's screen, less the lines above and below the graph
RANK_GAP, NODE_GAP = 34.0, 22.0
LARGE, HASTE = 150, {"nslimit": "2", "nslimit1": "2"}  # nodes; how often dot looks for straighter edges (a node)
POINTS = 72.0  # an inch
CLUSTER = "cluster "  # how Graphviz knows a group


class Size(NamedTuple):
    """Width and height in points."""

    width: float
    height: float


class Route(NamedTuple):
    """An edge's curve, tip of its arrow head, and the middle of the room kept for its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


class Frame(NamedTuple):
    """The rectangle around a group of nodes: top left corner and size."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """Positions in points, y downwards from the top left: centres of nodes, and routes by edge."""

    width: float
    height: float
    nodes: Mapping[int, Point]
    sizes: Mapping[int, Size]
    routes: Sequence[Route]
    groups: Mapping[str, Frame]


class Edge(NamedTuple):
    """An edge to lay out: tail, head, and the room its label needs."""

    tail: int
    head: int
    label: Size | None


@functools.cache
def engine() -> str:
    """The layout program: graphviz-pure, which an install brings along, or else the system's dot."""
    beside = Path(sys.executable).parent / ("graphviz-pure" + (".exe" if sys.platform == "win32" else ""))
    found = str(beside) if beside.exists() else shutil.which("graphviz-pure") or shutil.which("dot")
    if not found:
        raise GraphgradError("no layout program found", hint="pip install graphviz-pure")
    return found


def arrange(
    sizes: Mapping[int, Size], edges: Sequence[Edge], groups: Mapping[str, Sequence[int]] | None = None
) -> Layout:
    """Lay a graph out: nodes of fixed sizes, room for every label, left to right or downwards as fits a screen better.

    Equal graphs give equal layouts. Multiple edges between two nodes stay apart.
    """
    source = _dot(sizes, edges, groups or {}, _direction(sizes, edges))
    ran = subprocess.run([engine(), "-Kdot", "-Tjson"], input=source.encode(), capture_output=True, check=False)  # noqa: S603
    if ran.returncode:
        raise GraphgradError(f"the layout program failed: {ran.stderr.decode(errors='replace').strip()}")
    return _read(json.loads(ran.stdout), sizes, len(edges))


def _dot(sizes: Mapping[int, Size], edges: Sequence[Edge], groups: Mapping[str, Sequence[int]], direction: str) -> str:
    import graphviz

    gaps = {"rankdir": direction, "ranksep": _inches(RANK_GAP), "nodesep": _inches(NODE_GAP)}
    graph = graphviz.Digraph(graph_attr=gaps | (HASTE if len(sizes) > LARGE else {}))
    graph.attr("node", shape="box", fixedsize="true", label="")
    for name, members in groups.items():
        with graph.subgraph(
            name=CLUSTER + name, graph_attr={"margin": "12", "label": _blank(Size(60.0, 14.0))}
        ) as cluster:
            for node in members:
                cluster.node(str(node))
    for node, size in sizes.items():
        graph.node(str(node), width=_inches(size.width), height=_inches(size.height))
    for index, edge in enumerate(edges):
        label = {} if edge.label is None else {"label": _blank(edge.label)}
        graph.edge(str(edge.tail), str(edge.head), id=str(index), **label)
    return str(graph.source)


def _blank(size: Size) -> str:
    room = f'width="{size.width:.0f}" height="{size.height:.0f}"'
    bare = 'border="0" cellborder="0" cellpadding="0" cellspacing="0" fixedsize="true"'
    return f"<<table {bare} {room}><tr><td></td></tr></table>>"


def _inches(points: float) -> str:
    return f"{points / POINTS:.4f}"


def _direction(sizes: Mapping[int, Size], edges: Sequence[Edge]) -> str:
    """LR or TB, whichever comes nearer to a screen's shape, judged by ranks before anything is laid out."""
    rank = dict.fromkeys(sizes, 0)
    for edge in sorted(edges, key=lambda e: e.head):  # topological: heads are consumers, whose operands come before
        rank[edge.head] = max(rank[edge.head], rank[edge.tail] + 1)
    ranks: list[list[Size]] = [[] for _ in range(1 + max(rank.values(), default=0))]
    labels: list[list[Size]] = [[Size(0.0, 0.0)] for _ in ranks]
    for node, size in sizes.items():
        ranks[rank[node]].append(size)
    for edge in edges:
        labels[rank[edge.head]].append(edge.label or Size(0.0, 0.0))
    gaps = RANK_GAP * len(ranks)
    across = _along(ranks, 0) + _along(labels, 0) + gaps, _beside(ranks, 1)
    down = _beside(ranks, 0), _along(ranks, 1) + _along(labels, 1) + gaps
    near, far = (abs(math.log(width / max(height, 1.0) / ASPECT)) for width, height in (across, down))
    return "LR" if near <= far else "TB"


def _along(ranks: Sequence[Sequence[Size]], axis: int) -> float:
    return sum(max(size[axis] for size in rank) for rank in ranks if rank)


def _beside(ranks: Sequence[Sequence[Size]], axis: int) -> float:
    return max((sum(size[axis] + NODE_GAP for size in rank) for rank in ranks), default=1.0)


def _read(drawn: dict[str, Any], sizes: Mapping[int, Size], count: int) -> Layout:
    _, _, width, height = map(float, drawn["bb"].split(","))
    place = functools.partial(_point, height)
    nodes = {int(o["name"]): place(o["pos"]) for o in drawn.get("objects", ()) if "pos" in o}
    routes: list[Route | None] = [None] * count
    for edge in drawn.get("edges", ()):
        head, *points = edge["pos"].split()
        label = place(edge["lp"]) if "lp" in edge else None
        routes[int(edge["id"])] = Route(tuple(map(place, points)), place(head[2:]), label)
    return Layout(width, height, nodes, dict(sizes), [r for r in routes if r], dict(_groups(drawn, height)))


def _groups(drawn: dict[str, Any], height: float) -> Iterator[tuple[str, Frame]]:
    for group in drawn.get("objects", ()):
        if group["name"].startswith(CLUSTER) and "bb" in group:
            left, low, right, high = map(float, group["bb"].split(","))
            yield group["name"].removeprefix(CLUSTER), Frame(left, round(height - high, 2), right - left, high - low)


def _point(height: float, text: str) -> Point:
    x, y = text.split(",")
    return round(float(x), 2), round(height - float(y), 2)
