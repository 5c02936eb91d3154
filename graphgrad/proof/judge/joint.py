"""Claims on several inputs together: each may lie between the derivatives at a kink, and all be no subgradient."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

from graphgrad.proof.arithmetic import numbers, series
from graphgrad.proof.arithmetic.numbers import NoValue, Number, Undecided
from graphgrad.proof.report import Finding
from graphgrad.proof.scalars.evaluate import Evaluation, Lost, Point
from graphgrad.proof.scalars.symbols import Sym

VARIABLES, RAYS, POINTS = 4, 60, 4  # looked at: inputs' entries at most, rays from a point, and kinks
BITS = 170


def no_subgradient(findings: Sequence[Finding], claimed: Sequence[Sym], true: Sequence[Sym]) -> str:
    """The kink at which claimed entries are no subgradient of the program together, in words, or "".

    A subgradient is no further in any direction than the derivatives around the point.
    """
    if not 1 < len(claimed) <= VARIABLES or not all(finding.ok for finding in findings):
        return ""
    said = dict.fromkeys(tuple(kink.point.items()) for finding in findings for kink in finding.kinks)
    for point in list(said)[:POINTS]:
        if (known := _rational(dict(point))) is not None and _outside(claimed, true, known):
            return (
                f"at {', '.join(f'{name} = {value}' for name, value in point)} the claims together are no subgradient"
            )
    return ""


def _rational(point: Mapping[str, str]) -> Point | None:
    try:
        return {name: Fraction(value) for name, value in point.items()}
    except ValueError:
        return None


def _outside(claimed: Sequence[Sym], true: Sequence[Sym], point: Point) -> bool:
    values = Evaluation(claimed).at(point, BITS)
    around = list(_around(true, point))
    if any(isinstance(v, Lost) for v in values) or not around:
        return False
    with numbers.precision(BITS):
        for direction in product((-1, 0, 1), repeat=len(claimed)):
            most = [_dot(slopes, direction) for slopes in around]
            here = _dot(values, direction)
            if all(numbers.ball(here) > numbers.ball(there) for there in most):
                return True
    return False


def _dot(values: Sequence[Number], direction: Sequence[int]) -> Number:
    total: Number = numbers.ZERO
    for value, sign in zip(values, direction, strict=True):
        total = numbers.add(total, numbers.multiply(value, numbers.rational(sign)))
    return total


def _around(true: Sequence[Sym], point: Point) -> Iterator[Sequence[Number]]:
    """The derivatives close to a point, in many directions; none at all where some are not known."""
    dice, ready = random.Random(3), Evaluation(true)  # noqa: S311  (a search, not a secret)
    for _ in range(RAYS):
        ray = {name: Fraction(dice.randrange(-99, 100) or 1, 50) for name in point}
        try:
            with numbers.precision(BITS):
                slopes = [series.limit(v) for v in ready.along(point, ray, BITS) if not isinstance(v, Lost)]
        except (NoValue, Undecided):
            continue
        if len(slopes) == len(true):
            yield slopes
