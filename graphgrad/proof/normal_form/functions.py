"""Hyperbolic functions in the normal form, which the deep reading writes in exponentials and logarithms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from graphgrad.proof.normal_form.generators import Generators
from graphgrad.proof.normal_form.signs import Signs, Undefined
from graphgrad.proof.normal_form.sums import Monomial, Sum, constant, content, generator, plus, scaled, times

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
