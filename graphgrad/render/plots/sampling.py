"""A function on an interval as pieces of its graph: it is never joined over a jump, a pole or a gap in its domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

PLACES = 601  # where a function is looked at first
HALVINGS = 40  # an interval that still holds the whole of a step after so many holds a jump
STEP = 0.02  # of the range of values: a rise between two places that may be one

Function = Callable[[Any], Any]  # of an array of places; nan where there is no value
Piece = tuple[Any, Any]  # places and values, both (m,)


def pieces(function: Function, left: float, right: float) -> list[Piece]:
    """Give the pieces of a function's graph between two places, at least two points each.

    >>> [f"{x[0]:.3g} to {x[-1]:.3g}" for x, _ in pieces(np.floor, 0.5, 1.5)]
    ['0.5 to 1', '1 to 1.5']
    >>> len(pieces(np.tanh, -9.0, 9.0))
    1
    """
    x = np.linspace(left, right, PLACES)
    y = np.asarray(function(x), float)
    y = np.where(np.isfinite(y), y, np.nan)
    spread = np.nanpercentile(y, 95) - np.nanpercentile(y, 5) if np.isfinite(y).any() else 0.0
    found: list[Piece] = []
    start, ends = 0, list[tuple[float, float]]()
    for i in range(len(x) - 1):
        a, b = y[i], y[i + 1]
        if np.isnan(a) or np.isnan(b):
            edge = None
        elif abs(b - a) <= STEP * spread or (edge := jump(function, (x[i], a), (x[i + 1], b))) is None:
            continue
        found.append(_piece(x[start : i + 1], y[start : i + 1], ends, edge and edge[0]))
        start, ends = i + 1, [edge[1]] if edge else []
    found.append(_piece(x[start:], y[start:], ends, None))
    least = (right - left) / PLACES / 100  # a point alone, as of sign(x) at 0, cannot be seen
    return [piece for piece in found if len(piece[0]) > 1 and piece[0][-1] - piece[0][0] > least]


def jump(
    function: Function, before: tuple[float, float], after: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Give the two sides of a jump between two points of a function; None where it only rises."""
    (a, fa), (b, fb) = before, after
    whole = abs(fb - fa)
    for _ in range(HALVINGS):
        middle = (a + b) / 2
        if middle in {a, b}:
            break
        value = float(np.asarray(function(np.array([middle])), float)[0])
        if not np.isfinite(value):
            return (a, fa), (b, fb)
        if abs(value - fa) >= abs(fb - value):
            b, fb = middle, value
        else:
            a, fa = middle, value
        if abs(fb - fa) < whole / 4:
            return None
    return (a, fa), (b, fb)


def _piece(x: Any, y: Any, first: list[tuple[float, float]], last: tuple[float, float] | None) -> Piece:
    """Points that have values, with the sides of jumps at the ends."""
    kept = ~np.isnan(y)
    points = [*first, *zip(x[kept], y[kept], strict=True), *([last] if last else [])]
    return np.array([p[0] for p in points]), np.array([p[1] for p in points])


def window(graphs: list[list[Piece]]) -> tuple[float, float]:
    """Give the range of values that a plot shows: all of them, unless a few, as beside a pole, dwarf the rest.

    >>> window([[(np.arange(3.0), np.array([0.0, 1.0, 2.0]))]])
    (-0.16, 2.16)
    """
    values = np.concatenate([y for graph in graphs for _, y in graph] or [np.zeros(1)])
    least, most = float(values.min()), float(values.max())
    low, high = (float(v) for v in np.percentile(values, (8, 92)))
    room = high - low
    if room > 0:
        least, most = max(least, low - room), min(most, high + room)
    margin = 0.08 * (most - least) or 0.5
    return least - margin, most + margin
