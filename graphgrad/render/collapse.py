"""Large graphs drawn as groups: expressions first, then stretches of the program."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from graphgrad.core.graph import Graph

READABLE = 20  # groups that are left when even whole expressions are too many


class Group(NamedTuple):
    """Nodes drawn as one, in order; the last of them gives the group its place."""

    name: str
    members: tuple[int, ...]


def collapse(graph: Graph, largest: int) -> tuple[list[Group], list[tuple[int, int]]]:
    """Group a graph's nodes, and give the edges between groups (as the groups' last nodes).

    Nodes used once go to their user, unless the user named them; where more than `largest` remain, nodes of about
    the same depth are drawn together. Time and space are linear in the graph.
    """
    head = _expressions(graph)
    if len(set(head)) > largest:
        head = _bands(graph)
    members: dict[int, list[int]] = {}
    for i, h in enumerate(head):
        members.setdefault(h, []).append(i)
    groups = [Group(_name(graph, nodes), tuple(nodes)) for nodes in members.values()]
    place = {h: nodes[-1] for h, nodes in members.items()}
    edges = dict.fromkeys(
        (place[head[o]], place[head[i]])
        for i, node in enumerate(graph.nodes)
        for o in node.operands
        if head[o] != head[i]
    )
    return groups, list(edges)


def _expressions(graph: Graph) -> list[int]:
    outputs, head = set(graph.outputs.values()), list(range(len(graph)))
    for i in reversed(range(len(graph))):
        users = graph.users[i]
        if len(users) == 1 and i not in graph.names and i not in outputs and graph.nodes[i].op != "input":
            head[i] = head[users[0]]
    return head


def _bands(graph: Graph) -> list[int]:
    depth = [0] * len(graph)
    for i, node in enumerate(graph.nodes):
        depth[i] = 1 + max((depth[o] for o in node.operands), default=-1)
    deepest = max(depth) + 1
    return [d * READABLE // deepest for d in depth] if deepest > READABLE else depth


def _name(graph: Graph, nodes: list[int]) -> str:
    if len(nodes) == 1:
        return graph.label(nodes[0])
    counted = Counter(graph.nodes[i].op for i in nodes).most_common(3)
    return ", ".join(f"{count} {op}" if count > 1 else op for op, count in counted).replace("_", " ")
