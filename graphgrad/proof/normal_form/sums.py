"""Sums of monomials with rational exponents: the arithmetic under the normal form.

A generator stands for a positive or real quantity: a variable, a function's value, a prime under a root, or a whole
sum (a factor). A sum maps monomials, sorted tuples of (generator, exponent), to rational coefficients. Division is
multiplication by a factor of exponent -1, so there is no denominator and no common divisor to search.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction
from math import floor, gcd, isqrt, lcm

from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.scalars.symbols import size

Exponent = int | Fraction
Monomial = tuple[tuple[int, Exponent], ...]
Sum = dict[Monomial, Fraction]
PRIME = (1 << 61) - 1  # 3 modulo 4: a square root is a power
ROOTS = 12  # which roots of variables have values
UNIT: Monomial = ()


class TooLarge(Exception):  # noqa: N818  (what happened, not an error of the user)
    """A sum with more terms than are worth having."""


LARGEST, BITS = 4000, 1 << 16  # terms of a sum; bits of a number that is worked out


def constant(value: Fraction | int) -> Sum:
    """A number as a sum."""
    return {UNIT: Fraction(value)} if value else {}


def generator(g: int, exponent: Exponent = 1) -> Sum:
    """A power of a generator as a sum."""
    return {((g, exponent),): Fraction(1)}


def plus(a: Sum, b: Sum) -> Sum:
    """The sum of two sums."""
    if len(a) < len(b):
        a, b = b, a
    result = dict(a)
    for monomial, c in b.items():
        if monomial not in result:
            result[monomial] = c
        elif total := result[monomial] + c:
            result[monomial] = total
        else:
            del result[monomial]
    return result


def scaled(a: Sum, factor: Fraction | int) -> Sum:
    """A sum times a number."""
    if factor == -1:
        return {m: -c for m, c in a.items()}
    return {m: c * factor for m, c in a.items()} if factor else {}


def times(a: Sum, b: Sum) -> Sum:
    """The product of two sums; TooLarge where it has too many terms."""
    if len(a) * len(b) > LARGEST * 4:
        raise TooLarge
    tick()
    result: Sum = {}
    for m, c in a.items():
        for n, d in b.items():
            key, term = joined(m, n), d if c == 1 else c if d == 1 else c * d
            if key not in result:
                result[key] = term
            elif total := result[key] + term:
                result[key] = total
            else:
                del result[key]
    return result


def joined(m: Monomial, n: Monomial) -> Monomial:
    """The product of two monomials."""
    if not m or not n:
        return m or n
    exponents = dict(m)
    for g, e in n:
        exponents[g] = exponents.get(g, 0) + e
    return monomial(exponents.items())


def monomial(exponents: Iterable[tuple[int, Exponent]]) -> Monomial:
    """A monomial from exponents, as they come."""
    return tuple(sorted((g, int(e) if e == int(e) else e) for g, e in exponents if e))


def powered(m: Monomial, exponent: Exponent) -> Monomial:
    """A monomial to a power."""
    return monomial((g, e * exponent) for g, e in m)


def raised(c: Fraction, n: int) -> Fraction:
    """A number to a whole power; TooLarge where it has too many digits."""
    if size(c) * abs(n) > BITS:
        raise TooLarge
    return c**n


def content(a: Sum) -> tuple[Fraction, Monomial, Sum]:
    """Split a sum into a rational, a monomial, and a primitive rest whose first coefficient is positive."""
    least: dict[int, Exponent] = dict(next(iter(a)))
    for m in a:
        exponents = dict(m)
        for g in {*least, *exponents}:
            least[g] = min(least.get(g, 0), exponents.get(g, 0))
    common = monomial(least.items())
    number = Fraction(gcd(*(c.numerator for c in a.values())), lcm(*(c.denominator for c in a.values())))
    inverse = powered(common, -1)
    rest = {joined(m, inverse): c / number for m, c in a.items()}
    if rest[max(rest)] < 0:
        number, rest = -number, scaled(rest, -1)
    return number, common, rest


class Fingerprints:
    """Values of sums in a prime field at one random place: unequal ones mean unequal sums.

    A root has a value whose power is the value under it, if the field has one: else there is another place to try.
    """

    def __init__(self, place: int = 0) -> None:
        self.dice = random.Random(place)  # noqa: S311  (a hash, not a secret)
        self.whole: dict[int, int] = {}
        self.parts: dict[tuple[int, Exponent], int] = {}
        self.idempotent: set[int] = set()  # generators that are their own square
        self.rootless = False  # whether some root has a value of no relation to that under it

    def of(self, a: Sum) -> int:
        """The value of a sum, or of an expression."""
        total = 0
        for m, c in a.items():
            value = c.numerator * pow(c.denominator, -1, PRIME) % PRIME
            for g, e in m:
                value = value * self._power(g, e) % PRIME
            total += value
        return total % PRIME

    def _power(self, g: int, exponent: Exponent) -> int:
        whole = 1 if g in self.idempotent else floor(exponent)
        if g not in self.whole:
            root = self.dice.randrange(2, PRIME)
            self.whole[g] = pow(root, ROOTS, PRIME)
            self.parts |= {(g, Fraction(k, ROOTS)): pow(root, k, PRIME) for k in range(1, ROOTS)}
        value = pow(self.whole[g], whole, PRIME)
        if part := exponent - floor(exponent):
            if (g, part) not in self.parts:
                self.parts[g, part] = self._root(self.whole[g], Fraction(part))
            value = value * self.parts[g, part] % PRIME
        return value

    def _root(self, value: int, part: Fraction) -> int:
        """A square root where there is one, else a random number."""
        root = pow(value, (PRIME + 1) // 4, PRIME)
        if part.denominator == 2 and root * root % PRIME == value:
            return root
        self.rootless = True
        return self.dice.randrange(2, PRIME)


def primes(n: int) -> list[tuple[int, int]]:
    """Give the prime factors of a positive integer, with their counts; what stays beyond small ones as it is."""
    found, p = [], 2
    while p <= min(isqrt(n), 10_000):
        count = 0
        while n % p == 0:
            n, count = n // p, count + 1
        if count:
            found.append((p, count))
        p += 1
    return [*found, (n, 1)] if n > 1 else found
