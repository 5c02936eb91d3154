"""Where to look for a counterexample: ordinary, small, large, saturated, negative and tied points, and near every constant
that a condition compares with. Exact rationals, the same ones every time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from graphgrad.verify.derivative import order
from graphgrad.verify.digits import PIECES
from graphgrad.verify.symbols import Sym

Point = dict[str, Fraction]

RANGES = (  # lowest, highest: what each series of random points is drawn from
    (Fraction(1, 10), Fraction(2)), (Fraction(-2), Fraction(2)), (Fraction(1, 20), Fraction(19, 20)),
    (Fraction(-2), Fraction(-1, 10)), (Fraction(11, 10), Fraction(4)), (Fraction(-8), Fraction(8)),
    (Fraction(5), Fraction(60)), (Fraction(-60), Fraction(-5)), (Fraction(-1, 10**6), Fraction(1, 10**6)),
    (Fraction(-1000), Fraction(1000)), (Fraction(100), Fraction(2000)), (Fraction(-1), Fraction(1)),
)  # fmt: skip
TIED = tuple(map(Fraction, (0, 1, -1))) + (Fraction(1, 2), Fraction(3), Fraction(-3))


def points(names: Sequence[str], roots: Sequence[Sym], rounds: int = 2) -> Iterator[Point]:
    """Give points, the most telling first.

    >>> next(points(["x"], [])).keys()
    dict_keys(['x'])
    """
    dice = random.Random(1)  # noqa: S311  (a search, not a secret)
    for low, high in RANGES[:4]:
        yield {name: _between(dice, low, high) for name in names}
    for value in TIED:
        yield dict.fromkeys(names, value)
    yield from _at_thresholds(dice, names, roots)
    for _ in range(rounds):
        for low, high in RANGES:
            yield {name: _between(dice, low, high) for name in names}
        yield {name: _between(dice, *dice.choice(RANGES)) for name in names}
        yield {name: dice.choice(TIED) for name in names}


def _between(dice: random.Random, low: Fraction, high: Fraction) -> Fraction:
    return low + (high - low) * Fraction(dice.randrange(1, 9973), 9973)


def _at_thresholds(dice: random.Random, names: Sequence[str], roots: Sequence[Sym]) -> Iterator[Point]:
    """At, and closely and clearly on both sides of, every number in a condition, one variable at a time."""
    close = Fraction(1, 10**7)
    found = thresholds(roots)
    for name in names[:THRESHOLD_VARIABLES]:
        for value in found[:THRESHOLDS]:
            for there in (value, value - close, value + close, value * Fraction(9, 8) + 1, value * Fraction(7, 8) - 1):
                yield {n: _between(dice, *RANGES[0]) for n in names} | {name: there}


def thresholds(roots: Sequence[Sym]) -> list[Fraction]:
    """The numbers that conditions compare with."""
    seen: dict[Fraction, None] = {}
    for node in order(roots):
        if node.op in PIECES:
            for inner in order(node.args):
                if inner.op == "const" and type(inner.value) is not bool:
                    seen.setdefault(inner.value)
                    seen.setdefault(-inner.value)
    return list(seen)


THRESHOLDS, THRESHOLD_VARIABLES = 12, 6
