"""Hyperbolic functions in the normal form, which the deep reading writes in exponentials and logarithms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

from graphgrad.proof.generators import Generators
from graphgrad.proof.signs import Signs
from graphgrad.proof.sums import Sum, constant, generator, plus, scaled, times

HALF, INVERSE = Fraction(1, 2), Fraction(-1)


class Normal(Protocol):
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


def both(n: Normal, a: Sum) -> tuple[Sum, Sum]:
    """Hyperbolic sine and cosine."""
    up = n.exp(a)
    down = n.power(up, INVERSE)
    return scaled(plus(up, scaled(down, -1)), HALF), scaled(plus(up, down), HALF)


def sigmoid(n: Normal, a: Sum) -> Sum:
    """1 / (1 + exp(-a))."""
    return n.power(plus(constant(1), n.exp(scaled(a, -1))), INVERSE)


def tanh(n: Normal, a: Sum) -> Sum:
    """Hyperbolic tangent."""
    if n.signs is None:
        return n.odd("tanh", a)
    sine, cosine = both(n, a)
    return times(sine, n.power(cosine, INVERSE))


def acosh(n: Normal, a: Sum) -> Sum:
    """Inverse hyperbolic cosine."""
    if n.signs is None:
        return generator(n.atoms.of("acosh", a))
    return n.log(plus(a, n.power(plus(times(a, a), constant(-1)), HALF)))


def asinh(n: Normal, a: Sum) -> Sum:
    """Inverse hyperbolic sine."""
    if n.signs is None:
        return n.odd("asinh", a)
    return n.log(plus(a, n.power(plus(times(a, a), constant(1)), HALF)))


def atanh(n: Normal, a: Sum) -> Sum:
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
