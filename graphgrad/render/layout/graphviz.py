"""Layouts by Graphviz: of everyday graphs, in the direction or the rows that fit a screen."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from graphgrad.core.errors import GraphgradError
from graphgrad.render.layout.places import Edge, Layout, Outline, Problem, Route, Size, mapped, moved, reduced
from graphgrad.render.layout.rows import Rows, beginning, depths, rows
from graphgrad.render.layout.turns import Point, Rectangle, gap, turn

BETTER = 0.85  # what takes another layout's place must fit a screen so much better
STRIP = 2.2  # times as wide as high, and a network is set in rows


@functools.cache
def engine() -> str:
    """The layout program: graphviz-pure, which an install brings along, or else the system's dot."""
    beside = Path(sys.executable).parent / ("graphviz-pure" + (".exe" if sys.platform == "win32" else ""))
    found = str(beside) if beside.exists() else shutil.which("graphviz-pure") or shutil.which("dot")
    if not found:
        raise GraphgradError("no layout program found", hint="pip install graphviz-pure")
    return found


def draw(problem: Problem) -> Layout:
    """Lay a graph out, in the direction, or the rows of groups, that fit a screen best.

    Equal graphs give equal layouts. Multiple edges between two nodes stay apart.
    """
    best = _drawn(problem, _Dot(problem).source(_direction(problem.sizes, problem.edges)))
    if not problem.groups or best.width < STRIP * best.height:
        return best
    for choice in rows(list(problem.sizes), problem.links, problem.groups):
        other = _in_rows(problem, choice)
        if other and reduced(other.width, other.height) < BETTER * reduced(best.width, best.height):
            best = other
    return best


def _in_rows(problem: Problem, choice: Rows) -> Layout | None:
    """The layout in rows, the first at the top; None where dot orders them as it likes."""
    layout = _drawn(
        problem, _Dot(problem).source("LR", choice, "b")
    )  # names at the bottom, which mostly becomes the top
    heights = _heights(layout, choice)
    if heights == sorted(heights, reverse=True):
        return _with_turns(problem, choice, _turned_over(layout))
    layout = _drawn(problem, _Dot(problem).source("LR", choice, "t"))
    heights = _heights(layout, choice)
    return _with_turns(problem, choice, layout) if heights == sorted(heights) else None


def _with_turns(problem: Problem, choice: Rows, layout: Layout) -> Layout:
    """The layout with what goes from row to row led through the gap between them, where it can be."""
    row_of = {node: k for k, row in enumerate(choice) for node in row}
    boxes = {n: Rectangle.around(place, *layout.sizes[n]) for n, place in layout.nodes.items()}
    frames = {name: Rectangle(g.x, g.y, g.x + g.width, g.y + g.height) for name, g in layout.groups.items()}
    routes = list(layout.routes)
    for k, (upper, lower) in enumerate(pairwise(choice)):
        turning = [i for i, (tail, head) in enumerate(problem.links) if (row_of[tail], row_of[head]) == (k, k + 1)]
        above, below = (
            [*(boxes[n] for n in row), *(frames[g] for g, members in problem.groups.items() if members[0] in row)]
            for row in (upper, lower)
        )
        for i, at in zip(turning, gap(above, below, len(turning)), strict=False):
            tail, head, label = problem.edges[i]
            others = [box for n, box in boxes.items() if n not in {tail, head}]
            said = zip(routes, problem.edges, strict=True)
            labels = [Rectangle.around(r.label, *e.label) for r, e in said if r.label and e.label and r != routes[i]]
            if found := turn(boxes[tail], boxes[head], at, label, [*others, *labels]):
                routes[i] = Route(found.points, found.corners[-1], found.label)
    return _cropped(layout._replace(routes=routes), [e.label for e in problem.edges])


def _cropped(layout: Layout, labels: Sequence[Size | None]) -> Layout:
    """The layout without the room that nothing needs."""
    places = [(r.label, size) for r, size in zip(layout.routes, labels, strict=True) if r.label and size]
    seen = [Rectangle.around(place, *size) for place, size in places]
    seen += [Rectangle.around(place, *layout.sizes[n]) for n, place in layout.nodes.items()]
    seen += [Rectangle(g.x, g.y, g.x + g.width, g.y + g.height) for g in layout.groups.values()]
    seen += [Rectangle(x, y, x, y) for r in layout.routes for x, y in (*r.points, r.tip)]
    left, top = min(r.left for r in seen), min(r.top for r in seen)
    width, height = max(r.right for r in seen) - left, max(r.bottom for r in seen) - top
    return moved(layout, -left, -top)._replace(width=round(width, 2), height=round(height, 2))


def _heights(layout: Layout, choice: Rows) -> list[float]:
    return [sum(layout.nodes[n][1] for n in row) / len(row) for row in choice]


def _drawn(problem: Problem, source: str) -> Layout:
    command = [*_ended_with_us(), engine(), "-Kdot", "-Tjson"]
    ran = subprocess.run(command, input=source.encode(), capture_output=True, check=False)  # noqa: S603
    if ran.returncode:
        raise GraphgradError(f"the layout program failed: {ran.stderr.decode(errors='replace').strip()}")
    return _read(json.loads(ran.stdout), problem.sizes, len(problem.edges))


@functools.cache
def _ended_with_us() -> tuple[str, ...]:
    """What has a program ended by the system when this process is killed and can end nothing itself, on Linux."""
    guard = shutil.which("setpriv") if sys.platform == "linux" else None
    return (guard, "--pdeathsig", "KILL") if guard and Path(guard).resolve().name == "setpriv" else ()


def _turned_over(layout: Layout) -> Layout:
    """The layout with its bottom at the top; boxes stay upright."""
    groups = {n: g._replace(y=round(layout.height - g.y - g.height, 2)) for n, g in layout.groups.items()}
    return mapped(layout, lambda p: (p[0], round(layout.height - p[1], 2)))._replace(groups=groups)


def _direction(sizes: Mapping[int, Size], edges: Sequence[Edge]) -> str:
    """LR or TB, whichever comes nearer to a screen's shape, judged by ranks before anything is laid out."""
    rank = depths(list(sizes), [(edge.tail, edge.head) for edge in edges])
    ranks: list[list[Size]] = [[] for _ in range(1 + max(rank.values(), default=0))]
    labels: list[list[Size]] = [[Size(0.0, 0.0)] for _ in ranks]
    for node, size in sizes.items():
        ranks[rank[node]].append(size)
    for edge in edges:
        labels[rank[edge.head]].append(edge.label or Size(0.0, 0.0))
    gaps = RANK_GAP * len(ranks)
    across = _along(ranks, 0) + _along(labels, 0) + gaps, _beside(ranks, 1)
    down = _beside(ranks, 0), _along(ranks, 1) + _along(labels, 1) + gaps
    return "LR" if reduced(*across) <= reduced(*down) else "TB"


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
        if "id" not in edge:
            continue  # one that stacks rows
        head, *points = edge["pos"].split()
        label = place(edge["lp"]) if "lp" in edge else None
        routes[int(edge["id"])] = Route(tuple(map(place, points)), place(head[2:]), label)
    return Layout(width, height, nodes, dict(sizes), [r for r in routes if r], dict(_groups(drawn, height)))


def _groups(drawn: dict[str, Any], height: float) -> Iterator[tuple[str, Outline]]:
    for group in drawn.get("objects", ()):
        if group["name"].startswith(CLUSTER) and "bb" in group:
            left, low, right, high = map(float, group["bb"].split(","))
            yield group["name"].removeprefix(CLUSTER), Outline(left, round(height - high, 2), right - left, high - low)


def _point(height: float, text: str) -> Point:
    x, y = text.split(",")
    return round(float(x), 2), round(height - float(y), 2)


POINTS = 72.0  # an inch
RANK_GAP, NODE_GAP = 34.0, 22.0
CLUSTER = "cluster "  # how Graphviz knows a group
NAME = (60.0, 14.0)  # room for a group's name
FREE = {"newrank": "true"}  # lets the beginnings of rows stand one below the other


class _Dot:
    """A problem as DOT."""

    def __init__(self, problem: Problem) -> None:
        self.sizes, self.edges, self.groups, self.links = problem.sizes, problem.edges, problem.groups, problem.links

    def source(self, direction: str, rows: Rows = (), side: str = "t") -> str:
        """The problem as DOT, to be drawn from left to right (LR) or downwards (TB), in rows if there are any.

        `side` says where groups have room for their names, top (t) or bottom (b).
        """
        import graphviz

        gaps = {"rankdir": direction, "ranksep": _inches(RANK_GAP), "nodesep": _inches(NODE_GAP)}
        graph = graphviz.Digraph(graph_attr=gaps | (FREE if rows else {}))
        graph.attr("node", shape="box", fixedsize="true", label="")
        for row in rows:
            self.row(graph, row, side)
        if rows:
            self.stack(graph, rows)
        else:
            for name in self.groups:
                self.group(graph, name, side)
        for node, size in self.sizes.items():
            graph.node(str(node), width=_inches(size.width), height=_inches(size.height))
        row_of = {node: k for k, row in enumerate(rows) for node in row}
        for index, edge in enumerate(self.edges):
            label = {} if edge.label is None else {"label": _blank(*edge.label)}
            loose = {"constraint": "false"} if row_of.get(edge.tail) != row_of.get(edge.head) else {}
            graph.edge(str(edge.tail), str(edge.head), id=str(index), **label, **loose)
        return str(graph.source)

    def row(self, graph: Any, row: Sequence[int], side: str) -> None:
        """A row is a group that is not seen."""
        with graph.subgraph(name=f"cluster_{row[0]}", graph_attr={"peripheries": "0", "margin": "6"}) as cluster:
            for node in row:
                cluster.node(str(node))
            for name, members in self.groups.items():
                if members[0] in row:
                    self.group(cluster, name, side)

    def group(self, graph: Any, name: str, side: str) -> None:
        """A group has a frame, and room for its name."""
        attributes = {"margin": "12", "label": _blank(*NAME), "labelloc": side}
        with graph.subgraph(name=CLUSTER + name, graph_attr=attributes) as cluster:
            for node in self.groups[name]:
                cluster.node(str(node))

    def stack(self, graph: Any, rows: Rows) -> None:
        """Let all rows begin at the left edge, neighbours joined there by edges that are not seen."""
        begins = [str(beginning(row, self.links)) for row in rows]
        with graph.subgraph(graph_attr={"rank": "same"}) as edge:
            for upper, lower in pairwise(begins):
                edge.edge(upper, lower, style="invis")


def _blank(width: float, height: float) -> str:
    room = f'width="{width:.0f}" height="{height:.0f}"'
    bare = 'border="0" cellborder="0" cellpadding="0" cellspacing="0" fixedsize="true"'
    return f"<<table {bare} {room}><tr><td></td></tr></table>>"


def _inches(points: float) -> str:
    return f"{points / POINTS:.4f}"
