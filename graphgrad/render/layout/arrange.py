"""Where everything stands, decided once a film: who lays it out depends on the graph's size, and never on the clock."""

from __future__ import annotations

from collections.abc import Mapping

from graphgrad.render.layout import graphviz
from graphgrad.render.layout.layered import layered
from graphgrad.render.layout.places import Layout, Problem
from graphgrad.render.layout.rows import depths
from graphgrad.render.layout.turns import Point

NODES, PASSES = 60, 600  # of an everyday graph: nodes, and columns that wires pass with their labels


def arrange(problem: Problem) -> Layout:
    """Lay a graph out: everyday ones by Graphviz, larger ones in columns, with inputs and constants at their readers.

    Equal graphs give equal layouts. Multiple edges between two nodes stay apart.
    """
    if everyday(problem):
        return graphviz.draw(problem)
    apart, copies = at_readers(problem)
    found = layered(apart)
    places: dict[int, tuple[Point, ...]] = {}
    for copy, node in copies.items():
        places[node] = (*places.get(node, ()), found.nodes[copy])
    nodes = {n: found.nodes[n] for n in problem.sizes}
    return found._replace(nodes=nodes, sizes=dict(problem.sizes), copies=places)


def everyday(problem: Problem) -> bool:
    """Whether Graphviz lays a graph out at once: its time grows with the columns that wires pass."""
    if len(problem.sizes) > NODES:
        return False
    depth = depths(list(problem.sizes), problem.links)
    return sum(2 * (depth[head] - depth[tail]) - 1 for tail, head in problem.links) <= PASSES


def at_readers(problem: Problem) -> tuple[Problem, Mapping[int, int]]:
    """The problem with what nothing leads to at each of its readers, and which new node is a copy of which.

    >>> from graphgrad.render.layout.places import Edge
    >>> problem = Problem({0: (9, 9), 1: (9, 9), 2: (9, 9)}, [Edge(0, 1, None), Edge(0, 2, None), Edge(1, 2, None)])
    >>> apart, copies = at_readers(problem)
    >>> apart.links, copies
    ([(0, 1), (3, 2), (1, 2)], {3: 0})
    """
    made = {head for _, head in problem.links}
    new = 1 + max(problem.sizes, default=-1)
    at: dict[tuple[int, int], int] = {}
    copies: dict[int, int] = {}
    first: dict[int, int] = {}
    edges = []
    for edge in problem.edges:
        tail = edge.tail
        if tail not in made and first.setdefault(tail, edge.head) != edge.head:
            tail = at.setdefault((edge.tail, edge.head), new)
            if tail == new:
                copies[new] = edge.tail
                new += 1
        edges.append(edge._replace(tail=tail))
    sizes = {**problem.sizes, **{copy: problem.sizes[node] for copy, node in copies.items()}}
    group_of = {node: name for name, members in problem.groups.items() for node in members}
    groups = {name: list(members) for name, members in problem.groups.items()}
    for (node, head), copy in at.items():
        if group_of.get(node) and node != head and group_of.get(head):
            groups[group_of[head]].append(copy)
    return Problem(sizes, edges, groups), copies
