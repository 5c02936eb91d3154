"""Sines and cosines, and hyperbolic functions, in the normal form.

Parts of a turn have their values, inverse functions are undone, and the deep reading splits an angle by the addition
theorems, and writes hyperbolic functions in exponentials and logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from graphgrad.proof.normal_form.generators import Generators
from graphgrad.proof.normal_form.signs import Signs, Undefined
from graphgrad.proof.normal_form.sums import Monomial, Sum, constant, content, generator, plus, scaled, times

Circle = tuple[Sum, Sum]  # sine and cosine of one angle
TERMS, MULTIPLE, PARTS = 4, 6, 12  # what the addition theorems are used for: terms, multiples, denominators


def circle(n: ScalarReading, angle: Sum) -> Circle:
    """Sine and cosine of an angle: parts of a turn and inverse functions in it are known, the rest is read."""
    total: Circle = {}, constant(1)
    rest: Sum = {}
    for m, c in angle.items():
        known = _known(n, m, c)
        if known is None:
            rest[m] = c
        else:
            total = _added(n, total, known)
    read = (whole if n.signs is None else split)(n.atoms, rest) if rest else None
    return total if read is None else read if len(rest) == len(angle) else _added(n, total, read)


def _known(n: ScalarReading, m: Monomial, c: Fraction) -> Circle | None:
    """Sine and cosine of a part of a turn, or of a small multiple of the value of an inverse function."""
    if len(m) != 1 or m[0][1] != 1:
        return None
    atom = n.atoms.atoms[m[0][0]]
    if atom.kind == "pi" and PARTS % c.denominator == 0:
        return _turned(n, int(c * PARTS) % (2 * PARTS))
    if atom.kind not in INVERSES or c.denominator != 1 or abs(c) > MULTIPLE:
        return None
    total: Circle = {}, constant(1)
    sine, cosine = INVERSES[atom.kind](n, *atom.args)
    for _ in range(abs(int(c))):
        total = _added(n, total, (sine if c > 0 else scaled(sine, -1), cosine))
    return total


def _turned(n: ScalarReading, twelfths: int) -> Circle:
    """Sine and cosine of so many twelfths of half a turn: quarters, and thirds."""
    root = {k: scaled(n.power(constant(k), HALF), HALF) for k in (2, 3)}
    quarter, third = (root[2], root[2]), (root[3], constant(HALF))
    fours = 3 * twelfths % 4
    total: Circle = {}, constant(1)
    for step, times_ in ((quarter, fours), (third, (twelfths - 3 * fours) // 4 % 6)):
        for _ in range(times_):
            total = _added(n, total, step)
    return total


def _of_asin(n: ScalarReading, a: Sum) -> Circle:
    return a, n.power(plus(constant(1), scaled(times(a, a), -1)), HALF)


def _of_atan(n: ScalarReading, a: Sum) -> Circle:
    cosine = n.power(plus(constant(1), times(a, a)), -HALF)
    return times(a, cosine), cosine


def _of_atan2(n: ScalarReading, y: Sum, x: Sum) -> Circle:
    inverse = n.power(plus(times(x, x), times(y, y)), -HALF)
    return times(y, inverse), times(x, inverse)


INVERSES: dict[str, Callable[..., Circle]] = {"asin": _of_asin, "atan": _of_atan, "atan2": _of_atan2}


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
        total = _sum(total, _multiple(atoms, m, c))
    return total


def _multiple(atoms: Generators, m: Monomial, c: Fraction) -> Circle:
    part = Fraction(1, max(c.denominator, 2))
    sine, cosine = atoms.circle({m: part})
    total: Circle = {}, constant(1)
    for _ in range(abs(int(c / part))):
        total = _sum(total, (generator(sine), generator(cosine)))
    return (total[0], total[1]) if c > 0 else (scaled(total[0], -1), total[1])


def _added(n: ScalarReading, a: Circle, b: Circle) -> Circle:
    """The sum of two angles, one of which may hold roots of numbers."""
    sine, cosine = _sum(a, b)
    return n.tidy(sine), n.tidy(cosine)


def _sum(a: Circle, b: Circle) -> Circle:
    sine = plus(times(a[0], b[1]), times(a[1], b[0]))
    return sine, plus(times(a[1], b[1]), scaled(times(a[0], b[0]), -1))


HALF, INVERSE = Fraction(1, 2), Fraction(-1)


class ScalarReading(Protocol):
    """The reading of a scalar that these are part of."""

    atoms: Generators
    signs: Signs | None

    def exp(self, a: Sum) -> Sum:
        """The exponential."""

    def log(self, a: Sum) -> Sum:
        """The logarithm."""

    def power(self, a: Sum, q: Fraction) -> Sum:
        """A power."""

    def odd(self, kind: str, a: Sum) -> Sum:
        """An odd function."""

    def tidy(self, a: Sum) -> Sum:
        """A sum with whole powers of primes as numbers."""


def both(n: ScalarReading, a: Sum) -> tuple[Sum, Sum]:
    """Hyperbolic sine and cosine."""
    up = n.exp(a)
    down = n.power(up, INVERSE)
    return scaled(plus(up, scaled(down, -1)), HALF), scaled(plus(up, down), HALF)


def sigmoid(n: ScalarReading, a: Sum) -> Sum:
    """1 / (1 + exp(-a))."""
    return n.power(plus(constant(1), n.exp(scaled(a, -1))), INVERSE)


def tanh(n: ScalarReading, a: Sum) -> Sum:
    """Hyperbolic tangent."""
    if n.signs is None:
        return n.odd("tanh", a)
    sine, cosine = both(n, a)
    return times(sine, n.power(cosine, INVERSE))


def acosh(n: ScalarReading, a: Sum) -> Sum:
    """Inverse hyperbolic cosine."""
    if n.signs is None:
        return generator(n.atoms.of("acosh", a))
    above = plus(a, constant(-1))
    if above and min(n.signs.of(a) if a else 0, n.signs.of(above)) < 0:
        raise Undefined
    return n.log(plus(a, n.power(times(above, plus(a, constant(1))), HALF)))


def asinh(n: ScalarReading, a: Sum) -> Sum:
    """Inverse hyperbolic sine."""
    if n.signs is None:
        return n.odd("asinh", a)
    return n.log(plus(a, n.power(plus(times(a, a), constant(1)), HALF)))


def atanh(n: ScalarReading, a: Sum) -> Sum:
    """Inverse hyperbolic tangent."""
    if n.signs is None:
        return n.odd("atanh", a)
    ratio = times(plus(constant(1), a), n.power(plus(constant(1), scaled(a, -1)), INVERSE))
    return scaled(n.log(ratio), HALF)


RULES: dict[str, Callable[..., Sum]] = {
    "sinh": lambda n, a: both(n, a)[0],
    "cosh": lambda n, a: both(n, a)[1],
    "tanh": tanh,
    "sigmoid": sigmoid,
    "acosh": acosh,
    "asinh": asinh,
    "atanh": atanh,
}
