"""Graphs drawn as groups: whole layers, expressions, and of large graphs stretches of the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.graph import Graph
from graphgrad.render.scene.layers import layers

READABLE = 20  # groups that are left when even whole expressions are too many
MOST_LISTED = 12  # names that a refusal lists


class Group(NamedTuple):
    """Nodes drawn as one, in order; the last of them gives the group its place."""

    name: str
    members: tuple[int, ...]
    wanted: bool = False  # by the user, who then wants to see what it computes


def collapse(
    graph: Graph, largest: int, collapsed: Iterable[str] = (), expanded: Iterable[str] = ()
) -> tuple[list[Group], list[tuple[int, int]]]:
    """Group a graph's nodes, and give the edges between groups (as the groups' last nodes).

    Of more than `largest` nodes, those used once go to their user, unless the user named them; where more than
    `largest` still remain, nodes of about the same depth are drawn together. `collapsed` names layers, and nodes that
    are drawn as one with all that is computed for them alone; `expanded` names nodes whose group is drawn node by
    node. Time and space are linear in the graph. Raises UsageError for a name that is none of these.

    >>> from graphgrad.frontend.parse import parse
    >>> groups, _ = collapse(parse("a = sin(x) * y; z = a + y"), 100, ["a"])
    >>> [group.name for group in groups]
    ['x', 'sin, mul', 'y', 'z']
    """
    head = list(range(len(graph)))
    if len(head) > largest:
        head = _expressions(graph)
        head = head if len(set(head)) <= largest else _bands(graph)
    wanted = set()
    for members in sorted((_meant(graph, name) for name in collapsed), key=lambda nodes: nodes[-1]):  # outer ones last
        wanted.add(members[-1])
        for i in members:
            head[i] = members[-1]
    for name in expanded:
        shared = head[_meant(graph, name)[-1]]
        head = [i if h == shared else h for i, h in enumerate(head)]
    members_of: dict[int, list[int]] = {}
    for i, h in enumerate(head):
        members_of.setdefault(h, []).append(i)
    groups = [Group(_name(graph, nodes), tuple(nodes), h in wanted) for h, nodes in members_of.items()]
    place = {h: nodes[-1] for h, nodes in members_of.items()}
    edges = dict.fromkeys(
        (place[head[o]], place[head[i]])
        for i, node in enumerate(graph.nodes)
        for o in node.operands
        if head[o] != head[i]
    )
    return groups, list(edges)


def _meant(graph: Graph, name: str) -> Sequence[int]:
    """The nodes of a layer; or a node, after all that is computed for it alone."""
    if name in (grouped := layers(graph)):
        return grouped[name]
    nodes = {**{label: i for i, label in enumerate(graph.labels)}, **graph.first_named}
    if name not in nodes:
        known = [*grouped, *(graph.label(i) for i, node in enumerate(graph.nodes) if node.operands)]
        listed = ", ".join(known[:MOST_LISTED]) + (", ..." if len(known) > MOST_LISTED else "")
        raise UsageError(
            f"there is no layer and no node '{name}'", hint=did_you_mean(name, known) or f"there are {listed}"
        )
    inside, kept = {nodes[name]}, set(graph.outputs.values())
    for i in range(nodes[name] - 1, -1, -1):
        if graph.nodes[i].op != "input" and i not in kept and graph.users[i] and inside.issuperset(graph.users[i]):
            inside.add(i)
    return sorted(inside)


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
