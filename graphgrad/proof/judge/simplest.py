"""The simplest point that still shows a difference: small whole numbers before fractions, variable by variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from graphgrad.proof.scalars.points import Point

SMALL = tuple(map(Fraction, ("2", "1", "3", "-1", "-2", "1/2", "-1/2", "0")))
DENOMINATORS = (1, 2, 10, 1000, 10**6)
VARIABLES = 12  # beyond, a point is shown as it was found
PLAIN = 10  # numerators and denominators up to which a number is simple


def simpler(point: Point, refutes: Callable[[Point], Any]) -> tuple[Point, Any] | None:
    """A simpler point than one that refutes, and what refutes there; None where none is found.

    >>> simpler({"x": Fraction(51811, 9973)}, lambda point: point["x"] > 4)
    ({'x': Fraction(5, 1)}, True)
    """
    if len(point) > VARIABLES:
        return None
    best = None
    for name in point:
        for value in _candidates(point[name]):
            there = {**point, name: value}
            if found := refutes(there):
                point, best = there, (there, found)
                break
    return best


def _candidates(value: Fraction) -> Iterator[Fraction]:
    """Simpler numbers, the simplest first."""
    near = [value.limit_denominator(d) for d in DENOMINATORS]
    wholes = [near[0] + k for k in (0, 1, -1)]
    plain = max(abs(value.numerator), value.denominator) <= PLAIN
    for other in () if plain else dict.fromkeys([*SMALL, *wholes, *near]):
        if _size(other) < _size(value):
            yield other


def _size(value: Fraction) -> int:
    return abs(value.numerator) + value.denominator**2
