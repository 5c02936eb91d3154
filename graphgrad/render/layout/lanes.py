"""Lanes for wires that run side by side: stretches that meet stand in different lanes."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Mapping
from typing import TypeVar

Wire = TypeVar("Wire", bound=Hashable)


def lanes(stretches: Mapping[Wire, tuple[int, int]]) -> dict[Wire, int]:
    """The lane of each stretch, from one number to another, in as few lanes as there can be.

    >>> lanes({"a": (0, 4), "b": (2, 6), "c": (5, 9)})
    {'a': 0, 'b': 1, 'c': 0}
    """
    found: dict[Wire, int] = {}
    free: list[int] = []
    taken: list[tuple[int, int]] = []  # end, lane
    for wire, (start, end) in sorted(stretches.items(), key=lambda stretch: stretch[1]):
        while taken and taken[0][0] < start:
            heapq.heappush(free, heapq.heappop(taken)[1])
        lane = heapq.heappop(free) if free else len(taken)
        found[wire] = lane
        heapq.heappush(taken, (end, lane))
    return found
