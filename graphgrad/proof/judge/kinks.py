"""What is true at a kink: the derivatives on both sides, along the direction that is differentiated.

The program is followed along rays, as series of exact numbers and balls, so that ties are decided by what comes next.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from graphgrad.proof.arithmetic import numbers, series
from graphgrad.proof.arithmetic.numbers import NoValue, Number, Undecided
from graphgrad.proof.judge.case import Case
from graphgrad.proof.scalars.derivative import convention, order
from graphgrad.proof.scalars.evaluate import BITS, NONE, UNDECIDED, Evaluation, Lost, Point, evaluate
from graphgrad.proof.scalars.symbols import HALF, MINUS_ONE, ONE, ZERO, Sym

CONVENTIONS = (  # at every kink: the share of the first of two that tie, and the slope of an absolute value
    (ZERO, ZERO), (ZERO, MINUS_ONE), (HALF, ZERO), (ONE, ONE), (ONE, ZERO),
)  # fmt: skip
RAYS = 24  # along which values close to a point are looked at


class OneSided(NamedTuple):
    """The derivatives before and after a point, in one direction."""

    before: Number
    after: Number

    @property
    def smooth(self) -> bool:
        """Whether they may be the same."""
        return not numbers.apart(self.before, self.after)

    def beside(self, value: Number) -> Number | None:
        """The nearer of the two where a value is certainly not between them, else None."""
        low, high = (numbers.ball(s) for s in (self.before, self.after))
        below, above = numbers.ball(value) < low.min(high), numbers.ball(value) > low.max(high)
        return low.min(high) if below else low.max(high) if above else None


class Rays:
    """One entry of a case, made ready to be followed along rays."""

    def __init__(self, case: Case, i: int) -> None:
        self.derivative = case.derivatives[i]
        self.ready = Evaluation([case.true[i], self.derivative.of])

    def one_sided(self, point: Point, here: Number, bits: int) -> OneSided | Lost:
        """The derivatives on both sides of a point where the program's value is `here`.

        NONE where there is none to compare with: the program jumps or ends there, or its slope is infinite. To be used
        where `bits` are the precision in force.
        """
        along = self.derivative.along
        speeds = evaluate(list(along.values()), point, bits)
        if any(not isinstance(v, type(numbers.ONE)) for v in speeds):
            return UNDECIDED
        direction = {name: numbers.fraction(v) for name, v in zip(along, speeds, strict=True)}
        found = []
        for side in (-1, 1):
            slope = self._slope(point, {n: side * v for n, v in direction.items()}, here, bits)
            if isinstance(slope, Lost):
                return slope
            found.append(slope)
        return OneSided(*found)

    def _slope(self, point: Point, direction: Mapping[str, Fraction], here: Number, bits: int) -> Any:
        slope, value = (_limit(v) for v in self.ready.along(point, direction, bits))
        if value is NONE or (value is not UNDECIDED and numbers.apart(value, here)):
            return NONE
        return UNDECIDED if value is UNDECIDED else slope

    def touches(self, point: Point, bits: int) -> bool:
        """Whether a condition of the program holds at a point and on neither side of it, or on both sides only."""
        speeds = evaluate(list(self.derivative.along.values()), point, bits)
        direction = {n: numbers.fraction(v) for n, v in zip(self.derivative.along, speeds, strict=True)}
        here = self.conditions.at(point, bits)
        before, after = (
            self.conditions.along(point, {n: side * v for n, v in direction.items()}, bits) for side in (-1, 1)
        )
        return any(a is b is (not c) for a, b, c in zip(before, after, here, strict=True) if type(c) is bool)

    @cached_property
    def conditions(self) -> Evaluation:
        """The conditions of the program, made ready."""
        return Evaluation([n for n in order([self.derivative.of]) if n.op in {"lt", "le", "eq"}])

    @cached_property
    def chained(self) -> Sequence[Sym]:
        """The derivative as frameworks chain it, with one convention at every kink."""
        return [self.derivative.chained(convention(share, slope)) for share, slope in CONVENTIONS]

    def by_convention(self, claimed: Number, point: Point, bits: int) -> bool:
        """Whether a value is what one convention gives at every kink."""
        values = evaluate(self.chained, point, bits)
        return any(not isinstance(v, Lost) and not numbers.apart(claimed, v) for v in values)


def around(root: Sym, point: Point, bits: int = BITS) -> list[Number]:
    """The values of a scalar close to a point, in many directions."""
    dice = random.Random(2)  # noqa: S311  (a search, not a secret)
    ready = Evaluation([root])
    rays = [{name: Fraction(dice.randrange(-99, 99) or 1, 50) for name in point} for _ in range(RAYS)]
    with numbers.precision(bits):
        values = [_limit(ready.along(point, ray, bits)[0]) for ray in rays]
    return [value for value in values if not isinstance(value, Lost)]


def _limit(value: Any) -> Any:
    if isinstance(value, Lost):
        return value
    try:
        return series.limit(value)
    except NoValue:
        return NONE
    except Undecided:
        return UNDECIDED
