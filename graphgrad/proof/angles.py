"""Sines and cosines in the normal form."""

from __future__ import annotations

from fractions import Fraction

from graphgrad.proof.generators import Generators
from graphgrad.proof.sums import Monomial, Sum, constant, content, generator, plus, scaled, times

Circle = tuple[Sum, Sum]  # sine and cosine of one angle
TERMS, MULTIPLE, PARTS = 4, 6, 12  # what the addition theorems are used for: terms, multiples, denominators


def whole(atoms: Generators, angle: Sum) -> Circle:
    """Sine and cosine of an angle as it is, up to its sign."""
    if not angle:
        return {}, constant(1)
    number, common, rest = content(angle)
    sine, cosine = atoms.circle(times({common: abs(number)}, rest))
    return scaled(generator(sine), 1 if number > 0 else -1), generator(cosine)


def split(atoms: Generators, angle: Sum) -> Circle:
    """Sine and cosine of a sum of small multiples, by the addition theorems."""
    if len(angle) > TERMS or any(abs(c.numerator) > MULTIPLE or PARTS % c.denominator for c in angle.values()):
        return whole(atoms, angle)
    total: Circle = {}, constant(1)
    for m, c in angle.items():
        total = _added(total, _multiple(atoms, m, c))
    return total


def _multiple(atoms: Generators, m: Monomial, c: Fraction) -> Circle:
    part = Fraction(1, max(c.denominator, 2))
    sine, cosine = atoms.circle({m: part})
    total: Circle = {}, constant(1)
    for _ in range(abs(int(c / part))):
        total = _added(total, (generator(sine), generator(cosine)))
    return (total[0], total[1]) if c > 0 else (scaled(total[0], -1), total[1])


def _added(a: Circle, b: Circle) -> Circle:
    sine = plus(times(a[0], b[1]), times(a[1], b[0]))
    return sine, plus(times(a[1], b[1]), scaled(times(a[0], b[0]), -1))
