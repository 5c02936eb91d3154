"""Where to look for a counterexample.

Ordinary, small, large, saturated, negative and tied points, and points at and near every number that a condition
compares with: exact rationals, the same ones every time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import PIECES, Sym

Point = dict[str, Fraction]

RANGES = (  # lowest, highest: what each series of random points is drawn from
    (Fraction(1, 10), Fraction(2)), (Fraction(-2), Fraction(2)), (Fraction(1, 20), Fraction(19, 20)),
    (Fraction(-2), Fraction(-1, 10)), (Fraction(11, 10), Fraction(4)), (Fraction(-8), Fraction(8)),
    (Fraction(5), Fraction(60)), (Fraction(-60), Fraction(-5)), (Fraction(-1, 10**6), Fraction(1, 10**6)),
    (Fraction(-1000), Fraction(1000)), (Fraction(100), Fraction(2000)), (Fraction(-1), Fraction(1)),
)  # fmt: skip
CLOSE = Fraction(1, 10**7)
SIDES = (  # scale and shift of a number, and the range of the other variables
    (1, 0, RANGES[4]), (1, 0, RANGES[2]), (1, CLOSE, RANGES[2]), (1, -CLOSE, RANGES[2]),
    (Fraction(9, 8), 1, RANGES[2]), (Fraction(7, 8), -1, RANGES[2]),
)  # fmt: skip
TIED = (*map(Fraction, (0, 1, -1, 3, -3)), Fraction(1, 2))


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
    yield from _tied_arrays(dice, names)
    yield from _at_thresholds(dice, names, roots)
    for _ in range(rounds):
        for low, high in RANGES:
            yield {name: _between(dice, low, high) for name in names}
        yield {name: _between(dice, *dice.choice(RANGES)) for name in names}
        yield {name: dice.choice(TIED) for name in names}


def _between(dice: random.Random, low: Fraction, high: Fraction) -> Fraction:
    return low + (high - low) * Fraction(dice.randrange(1, 9973), 9973)


def exact(names: Sequence[str], roots: Sequence[Sym]) -> list[tuple[str, Fraction]]:
    """Each variable of a condition with each number in it, equalities first."""
    found: dict[tuple[str, Fraction], None] = {}
    for node in sorted(order(roots), key=lambda n: n.op != "eq"):
        if node.op in PIECES and len(found) < THRESHOLDS:
            inside = order(node.args)
            variables = [n.value for n in inside if n.op == "var"]
            for value in [n.value for n in inside if n.op == "const" and type(n.value) is not bool]:
                found |= {(name, v): None for name in variables[:3] for v in (value, -value) if name in names}
    return list(found)[:THRESHOLDS]


def _tied_arrays(dice: random.Random, names: Sequence[str]) -> Iterator[Point]:
    """One array's entries all 0, or all 1, and everything else ordinary."""
    arrays: dict[str, list[str]] = {}
    for name in names:
        arrays.setdefault(name.partition("[")[0], []).append(name)
    for entries in list(arrays.values())[:ARRAYS] if len(arrays) > 1 else ():
        for value in TIED[:2]:
            yield {name: _between(dice, *RANGES[0]) for name in names} | dict.fromkeys(entries, value)


def _at_thresholds(dice: random.Random, names: Sequence[str], roots: Sequence[Sym]) -> Iterator[Point]:
    """At, then closely and clearly on both sides of, every number in a condition, one variable at a time."""
    for scale, shift, (low, high) in SIDES:
        for name, value in exact(names, roots):
            yield {n: _between(dice, low, high) for n in names} | {name: value * scale + shift}


def thresholds(roots: Sequence[Sym]) -> list[Fraction]:
    """The numbers that conditions compare with."""
    seen: dict[Fraction, None] = {}
    for node in sorted(order(roots), key=lambda n: n.op != "eq"):
        if node.op in PIECES:
            for inner in order(node.args):
                if inner.op == "const" and type(inner.value) is not bool:
                    seen.setdefault(inner.value)
                    seen.setdefault(-inner.value)
    return list(seen)


ARRAYS = 4  # that are tied on their own
THRESHOLDS = 48  # pairs of a variable and a number
