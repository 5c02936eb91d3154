"""Where to look for a counterexample: exact rationals, the same ones every time, the simplest first.

Simple, tied, small, large and negative points, and points on, close to and clearly beside every border that a formula
names, with the other variables of both signs and of every size.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, pairwise, product

from graphgrad.proof.scalars.borders import SCALES, borders, crossings
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import NUMBERS, PIECES, Sym, lift, subtract

Point = dict[str, Fraction]

SIMPLE = tuple(map(Fraction, ("2", "3", "1/2", "5", "3/2", "1/3", "4", "5/2", "7", "2/3")))
INSIDE = tuple(map(Fraction, ("1/2", "1/3", "1/4", "2/3", "1/5", "3/4", "2/5", "1/6", "3/5", "1/8")))
RANGES = (  # lowest, highest: what each series of random points is drawn from
    (Fraction(1, 10), Fraction(2)), (Fraction(-2), Fraction(2)), (Fraction(1, 20), Fraction(19, 20)),
    (Fraction(-2), Fraction(-1, 10)), (Fraction(11, 10), Fraction(4)), (Fraction(-8), Fraction(8)),
    (Fraction(5), Fraction(60)), (Fraction(-60), Fraction(-5)), (Fraction(-1, 10**6), Fraction(1, 10**6)),
    (Fraction(-1000), Fraction(1000)), (Fraction(100), Fraction(2000)), (Fraction(-1), Fraction(1)),
)  # fmt: skip
TIED = (*map(Fraction, (0, 1, -1, 3, -3)), Fraction(1, 2))
BESIDE = tuple(map(Fraction, ("1/10000000", "1/50", "1")))  # how far from a border, beside the size of its place
EXPONENTS = tuple(map(Fraction, ("2", "1/2", "3", "-1", "1", "4", "1/3", "-2")))
RAISED, POWERS = 3, 60  # variables in exponents that are raised together, and points
WHOLE = 16  # points at which one exponent is solved to be whole
ARRAYS = 4  # that are tied on their own
MET = 32  # pairs of a border and a variable that are solved
LONGEST = 60  # nodes of a border that is solved


def points(names: Sequence[str], roots: Sequence[Sym], rounds: int = 2) -> Iterator[Point]:
    """Give points, the most telling first.

    >>> next(points(["x", "y"], []))
    {'x': Fraction(2, 1), 'y': Fraction(3, 1)}
    """
    dice = random.Random(1)  # noqa: S311  (a search, not a secret)
    yield from _simple(names)
    for low, high in RANGES[:4]:
        yield {name: _between(dice, low, high) for name in names}
    for value in TIED:
        yield dict.fromkeys(names, value)
    yield from _tied_arrays(dice, names)
    yield from at_powers(names, roots)
    yield from at_borders(dice, names, borders(roots))
    for k in range(rounds):
        for low, high in RANGES:
            yield {name: _between(dice, low, high) for name in names}
        yield {name: _between(dice, *dice.choice(RANGES)) for name in names}
        yield {name: dice.choice(TIED) for name in names}
        yield {name: Fraction(dice.choice((-3, -2, -1, 1, 2, 3))) for name in names}
        for scale in SCALES[k % 2 :: 2]:
            yield {name: _sized(dice, scale) for name in names}
        yield {name: _sized(dice, dice.choice(SCALES)) for name in names}


def _simple(names: Sequence[str]) -> Iterator[Point]:
    """Small numbers that differ: positive, of both signs, inside the unit interval, whole and negative."""
    for values, signs in ((SIMPLE, (1, 1)), (SIMPLE, (-1, 1)), (INSIDE, (1, 1)), (INSIDE, (1, -1)), (SIMPLE, (-1, -1))):
        yield {name: signs[k % 2] * _nth(values, k) for k, name in enumerate(names)}


def _nth(values: Sequence[Fraction], k: int) -> Fraction:
    return values[k] if k < len(values) else values[k % len(values)] * Fraction(k + 97, k + 101)


def _between(dice: random.Random, low: Fraction, high: Fraction) -> Fraction:
    return low + (high - low) * Fraction(dice.randrange(1, 9973), 9973)


def _sized(dice: random.Random, scale: Fraction) -> Fraction:
    return scale * dice.choice((1, -1)) * Fraction(dice.randrange(5, 50), 10)


def _tied_arrays(dice: random.Random, names: Sequence[str]) -> Iterator[Point]:
    """One array's entries all 0, or all 1, and everything else ordinary."""
    arrays: dict[str, list[str]] = {}
    for name in names:
        arrays.setdefault(name.partition("[")[0], []).append(name)
    for entries in list(arrays.values())[:ARRAYS] if len(arrays) > 1 else ():
        for value in TIED[:2]:
            yield {name: _between(dice, *RANGES[0]) for name in names} | dict.fromkeys(entries, value)


def at_powers(names: Sequence[str], roots: Sequence[Sym]) -> Iterator[Point]:
    """Negative bases with whole exponents, and fractions of these, where exponents vary."""
    powers = varying_powers(roots)
    exponents = [n for n in _variables([node.args[1] for node in powers]) if n in names][:RAISED]
    inside = {*_variables([node.args[0] for node in powers])}
    signs = [dict.fromkeys(names, sign) for sign in (-1, 1)]
    signs.append({name: -1 if name in inside else 1 for name in names})
    every = product(product(EXPONENTS, repeat=len(exponents)), signs) if exponents else ()
    for k, (values, sign) in enumerate(islice(every, POWERS)):
        bases = {name: sign[name] * _nth(SIMPLE, k + place) for place, name in enumerate(names)}
        yield bases | dict(zip(exponents, values, strict=True))
    for power in powers[:RAISED]:
        yield from islice(_at_whole(power.args[1], names, signs), WHOLE)


def varying_powers(roots: Iterable[Sym]) -> list[Sym]:
    """The powers whose exponent is no number.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> varying_powers([var("x") ** 2 + var("x") ** var("n")])
    [pow(x, n)]
    """
    return [node for node in order(roots) if node.op == "pow" and node.args[1].op not in NUMBERS]


def _at_whole(exponent: Sym, names: Sequence[str], signs: Sequence[Mapping[str, int]]) -> Iterator[Point]:
    """Where an exponent is a whole number: it is solved for one of its variables, the bases being of both signs."""
    moving = [name for name in _moving(exponent, names) if exponent.op != "var"]
    for k, name, sign in product((2, 3, 1, -1), moving, signs):
        others = {n: sign[n] * _nth(SIMPLE, place) for place, n in enumerate(names)}
        yield from ({**others, name: v} for v in crossings(subtract(exponent, lift(k)), name, others).exact[:1])


def _variables(roots: Sequence[Sym]) -> list[str]:
    return [node.value for node in order(roots) if node.op == "var"]


def at_borders(dice: random.Random, names: Sequence[str], met: Sequence[Sym]) -> Iterator[Point]:
    """On every border, between neighbouring ones, then closely and clearly on both sides, one variable moving."""
    pairs = [(border, name) for border in met for name in _moving(border, names)][:MET]
    found: list[tuple[Point, str, Fraction]] = []
    lines: dict[tuple[object, ...], tuple[Point, str, set[Fraction]]] = {}
    for border, name in pairs:
        for others in _others(dice, names):
            exact, beside = crossings(border, name, others)
            line = name, *(value for n, value in others.items() if n != name)
            lines.setdefault(line, (others, name, set()))[2].update(exact, beside)
            for value in exact:
                yield {**others, name: value}
            found += [(others, name, value) for value in exact]
            for value in beside:
                yield {**others, name: value}
            found += [(others, name, value) for value in beside[:: max(1, len(beside) - 1)]]
            if beside or not exact:  # not linear: solved once
                break
    for others, name, met_at in lines.values():
        for low, high in pairwise(sorted(met_at)):
            yield {**others, name: (low + high) / 2}
    for off in BESIDE:
        for others, name, value in found:
            step = off * (abs(value) or 1)
            yield {**others, name: value + step}
            yield {**others, name: value - step}


def _moving(border: Sym, names: Sequence[str]) -> list[str]:
    return [n for n in _variables([border]) if n in names][:3] if len(order([border])) <= LONGEST else []


def _others(dice: random.Random, names: Sequence[str]) -> Iterator[Point]:
    """What the other variables are: simple, whole, and small of both signs."""
    yield {name: _nth(SIMPLE, k) for k, name in enumerate(names)}
    if len(names) > 1:
        yield {name: Fraction(dice.choice((1, 2, 3, -1, -2, -3))) for name in names}
        for small in (Fraction(1, 997), Fraction(-1, 997)):
            yield dict.fromkeys(names, small)


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
