"""Order and heights of what stands in columns: sweeps of medians, in whole numbers, the same everywhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import add, le
from typing import NamedTuple

ORDERING, IN_VAIN, PLACING = 8, 2, 8  # sweeps: at most, without any gain, and to place
NEAR, APART = 10, 20  # points between wires, and between boxes

Neighbours = Sequence[Sequence[int]]  # by vertex


class Reach(NamedTuple):
    """How far a vertex reaches above and below its wire; a box keeps far from other boxes."""

    above: int
    below: int
    box: bool
    weight: int = 16  # of where it wants to stand, beside its column's others


def ordered(columns: Sequence[Sequence[int]], before: Neighbours, after: Neighbours) -> list[list[int]]:
    """Columns in an order in which few wires cross: the best of some sweeps of medians.

    Sugiyama, Tagawa & Toda (1981); Eades & Wormald (1994).

    >>> ordered([[0, 1], [2, 3]], [[], [], [1], [0]], [[3], [2], [], []])
    [[1, 0], [2, 3]]
    """
    now, place = _depth_first(columns, before), dict[int, int]()
    for column in now:
        place.update(zip(column, range(len(column)), strict=True))
    best, fewest, vain = [list(c) for c in now], _crossings(now, after, place), 0
    for sweep in range(ORDERING):
        if not fewest or vain == IN_VAIN:
            break
        forth = sweep % 2 == 0
        beside = before if forth else after
        for column in now[1:] if forth else now[-2::-1]:
            wanted = {v: _median(beside[v], place) if beside[v] else 2 * place[v] for v in column}
            column.sort(key=lambda v: (wanted[v], place[v]))
            place.update(zip(column, range(len(column)), strict=True))
        crossings = _crossings(now, after, place)
        vain += 1
        if crossings < fewest:
            best, fewest, vain = [list(c) for c in now], crossings, 0
    return best


def heights(
    columns: Sequence[Sequence[int]], before: Neighbours, after: Neighbours, extents: Sequence[Reach]
) -> dict[int, int]:
    """The height of every vertex's wire, y downwards: near its neighbours' median, in order, and nothing overlaps.

    In each column that is isotonic regression, by pooling adjacent violators.

    >>> heights([[0], [1, 2]], [[], [0], [0]], [[1, 2], [], []], [Reach(9, 9, True)] * 3)
    {0: 19, 1: 0, 2: 38}
    """
    offsets = [_offsets(column, extents) for column in columns]
    weights = [[extents[v].weight for v in column] for column in columns]
    at = {v: down for place in zip(columns, offsets, strict=True) for v, down in zip(*place, strict=True)}
    for sweep in range(PLACING):
        forth = sweep % 2 == 0
        beside, beyond = (before, after) if forth else (after, before)
        for k in range(len(columns)) if forth else reversed(range(len(columns))):
            column, offset = columns[k], offsets[k]
            wanted = []
            for v, down in zip(column, offset, strict=True):
                near = beside[v] or beyond[v]
                wanted.append((_median(near, at) // 2 if near else at[v]) - down)
            at.update(zip(column, map(add, offset, _pooled(wanted, weights[k])), strict=True))
    return at


def _depth_first(columns: Sequence[Sequence[int]], before: Neighbours) -> list[list[int]]:
    """Columns in the order in which a walk back from the last ones meets their vertices, operands in order."""
    column_of = {v: k for k, column in enumerate(columns) for v in column}
    found: list[list[int]] = [[] for _ in columns]
    seen: set[int] = set()
    for root in (v for column in reversed(columns) for v in column):
        waiting = [root]
        while waiting:
            v = waiting.pop()
            if v not in seen:
                seen.add(v)
                found[column_of[v]].append(v)
                waiting.extend(reversed(before[v]))
    return found


def _median(several: Sequence[int], at: Mapping[int, int]) -> int:
    """Twice the median of some vertices' places."""
    if len(several) == 1:
        return 2 * at[several[0]]
    places = sorted([at[v] for v in several])
    return places[(len(places) - 1) // 2] + places[len(places) // 2]


def _crossings(columns: Sequence[Sequence[int]], after: Neighbours, place: Mapping[int, int]) -> int:
    """How many pairs of wires cross: the inversions of their ends."""
    total = 0
    for column in columns:
        ends: list[int] = []
        for v in column:
            for end in sorted([place[w] for w in after[v]]) if len(after[v]) > 1 else [place[w] for w in after[v]]:
                at = bisect_right(ends, end)
                total += len(ends) - at
                ends.insert(at, end)
    return total


def _offsets(column: Sequence[int], extents: Sequence[Reach]) -> list[int]:
    """How far below the column's first vertex each one stands at least."""
    offsets, down = [], 0
    for k, v in enumerate(column):
        if k:
            last, this = extents[column[k - 1]], extents[v]
            down += last.below + (APART if last.box and this.box else NEAR) + this.above
        offsets.append(down)
    return offsets


def _pooled(wanted: Sequence[int], weights: Sequence[int]) -> Sequence[int]:
    """The increasing numbers nearest to those wanted."""
    if all(map(le, wanted, wanted[1:])):
        return wanted
    blocks: list[tuple[int, int, int]] = []  # sum, weight, count
    for number, weight in zip(wanted, weights, strict=True):
        total, heavy, count = number * weight, weight, 1
        while blocks and blocks[-1][0] * heavy > total * blocks[-1][1]:
            above = blocks.pop()
            total, heavy, count = total + above[0], heavy + above[1], count + above[2]
        blocks.append((total, heavy, count))
    return [total // heavy for total, heavy, count in blocks for _ in range(count)]
