"""What Graphviz is asked to lay out: boxes of fixed size, room for every label, groups, and rows of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphgrad.render.rows import Rows, beginning

if TYPE_CHECKING:
    from graphgrad.render.layout import Edge, Size

POINTS = 72.0  # an inch
RANK_GAP, NODE_GAP = 34.0, 22.0
LARGE, HASTE = 150, {"nslimit": "2", "nslimit1": "2"}  # nodes; how often dot looks for straighter edges (a node)
CLUSTER = "cluster "  # how Graphviz knows a group
NAME = (60.0, 14.0)  # room for a group's name
FREE = {"newrank": "true"}  # lets the beginnings of rows stand one below the other


class Problem:
    """A graph to lay out: nodes of fixed sizes, edges with their labels' room, groups by name."""

    def __init__(
        self, sizes: Mapping[int, Size], edges: Sequence[Edge], groups: Mapping[str, Sequence[int]] | None = None
    ) -> None:
        self.sizes, self.edges, self.groups = sizes, edges, groups or {}
        self.links = [(edge.tail, edge.head) for edge in edges]

    def source(self, direction: str, rows: Rows = (), side: str = "t") -> str:
        """The problem as DOT, to be drawn from left to right (LR) or downwards (TB), in rows if there are any.

        `side` says where groups have room for their names, top (t) or bottom (b).
        """
        import graphviz

        gaps = {"rankdir": direction, "ranksep": _inches(RANK_GAP), "nodesep": _inches(NODE_GAP)}
        haste = HASTE if len(self.sizes) > LARGE else {}
        graph = graphviz.Digraph(graph_attr=gaps | haste | (FREE if rows else {}))
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
