"""Networks in rows, as text is set in lines: a chain of layers would be a strip that no screen makes legible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

Row = tuple[int, ...]
Rows = tuple[Row, ...]
Links = Sequence[tuple[int, int]]  # tail and head of every edge; a head's number is the larger one


def depths(nodes: Sequence[int], links: Links) -> dict[int, int]:
    """How many edges lie between a node and the farthest beginning, within these nodes.

    >>> depths([0, 1, 2], [(0, 1), (1, 2), (0, 2)])
    {0: 0, 1: 1, 2: 2}
    """
    depth = dict.fromkeys(nodes, 0)
    for tail, head in sorted(links, key=lambda link: link[1]):
        if tail in depth and head in depth:
            depth[head] = max(depth[head], depth[tail] + 1)
    return depth


def beginning(row: Row, links: Links) -> int:
    """Where a row's longest chain begins.

    >>> beginning((0, 1, 2, 3), [(1, 2), (2, 3), (0, 3)])
    1
    """
    depth = depths(row, links)
    node = max(row, key=lambda n: depth[n])
    while depth[node]:
        node = next(tail for tail, head in links if head == node and depth.get(tail, -1) == depth[node] - 1)
    return node


def rows(nodes: Sequence[int], links: Links, groups: Mapping[str, Sequence[int]]) -> Iterator[Rows]:
    """Every way to set groups in rows, one group a row, or two, ...; a node of no group stands where it is used first.

    >>> list(rows([0, 1, 2], [(0, 1), (1, 2)], {"layer 1": [1], "layer 2": [2]}))
    [((0, 1), (2,))]
    """
    place = {node: k for k, members in enumerate(groups.values()) for node in members}
    for node in reversed(nodes):
        if node not in place:
            place[node] = min((place[head] for tail, head in links if tail == node), default=len(groups) - 1)
    for size in range(1, ceil(len(groups) / 2) + 1):
        yield tuple(tuple(n for n in nodes if place[n] // size == k) for k in range(ceil(len(groups) / size)))
