"""Arithmetic modulo a prime below 2**31: arrays of int32, each step in int64, matrix products in small exact blocks."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product as combinations
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PRIMES = (2147483629, 2147483587)
SIMPLE = 10**6  # the largest denominator of 1 / 24 and its like, which code computes in floats
SIDE = 64  # of the blocks of a matrix product: what is alive at once beside operands and result


def reduced(a: Array, p: int) -> Array:
    """Whole numbers modulo p."""
    return np.asarray(np.remainder(a, p), dtype=np.int32)


def added(a: Array, b: Array, p: int) -> Array:
    """The sum modulo p, entry by entry."""
    return reduced(np.add(a, b, dtype=np.int64), p)


def multiplied(a: Array, b: Array, p: int) -> Array:
    """The product modulo p, entry by entry."""
    return reduced(np.multiply(a, b, dtype=np.int64), p)


def power(a: Array, n: int, p: int) -> Array:
    """Entries to a whole power modulo p."""
    base = np.asarray(a).astype(np.int64)
    result = np.ones_like(base)
    n %= p - 1
    while n:
        if n & 1:
            result = result * base % p
        base, n = base * base % p, n >> 1
    return result.astype(np.int32)


def rational(value: float) -> Fraction:
    """The rational that a float rounds, if that is a simple one, else the one that it spells."""
    simple = Fraction(value).limit_denominator(SIMPLE)
    return simple if float(simple) == value else Fraction(repr(value))


def residue(value: float, p: int) -> int:
    """The rational that a float stands for, modulo p; 0 for no number."""
    if not np.isfinite(value):
        return 0
    exact = rational(value)
    return exact.numerator % p * pow(exact.denominator, -1, p) % p


def scrambled(name: str, args: list[Array], p: int) -> Array:
    """A pseudo-random element for a function and its arguments' residues."""
    seed = sum(ord(c) * 257**k for k, c in enumerate(name)) % p
    total = np.full(np.broadcast_shapes(*(a.shape for a in args)), seed, dtype=np.int64)
    for k, a in enumerate(args):
        for step in (1103515245, 69069, 1664525, 22695477):
            total = (total * total % p + a.astype(np.int64) * ((step + k) % p) % p + step) % p
    return total.astype(np.int32)


ODD = frozenset({"sin", "tan", "arcsin", "arctan", "arcsinh", "arctanh", "cbrt"})
EXPONENTIAL = frozenset({"exp", "tanh", "sinh", "cosh"})


def atom(name: str, args: list[Array], p: int) -> Array:
    """The element of a function's value: of -a it is what that of a says, and hyperbolic ones are those of exp."""
    if name == "cos" or name in ODD:
        (a,) = args
        negative = a > p // 2
        value = scrambled(name, [np.where(negative, p - a, a)], p)
        return value if name == "cos" else np.where(negative, reduced(-value.astype(np.int64), p), value)
    if name in EXPONENTIAL:
        return _exponential(name, args[0], p)
    return scrambled(name, args, p)


def _exponential(name: str, a: Array, p: int) -> Array:
    """By one exponential: exp(-a) is 1 / exp(a), and tanh(a) is (exp(2a) - 1) / (exp(2a) + 1)."""
    a = added(a, a, p) if name == "tanh" else a
    negative = a > p // 2
    value = scrambled("exp", [np.where(negative, p - a, a)], p)
    inverse = power(value, p - 2, p)
    up, down = np.where(negative, inverse, value).astype(np.int64), np.where(negative, value, inverse).astype(np.int64)
    match name:
        case "exp":
            return up.astype(np.int32)
        case "tanh":
            return multiplied(reduced(up - 1, p), power(reduced(up + 1, p), p - 2, p), p)
    return multiplied(reduced(up + down if name == "cosh" else up - down, p), np.array(pow(2, -1, p)), p)


def blocks(*sizes: int) -> Iterator[tuple[slice, ...]]:
    """The blocks of an array of these sizes, no side longer than SIDE."""
    return combinations(*([slice(k, k + SIDE) for k in range(0, n, SIDE)] for n in sizes))


def product(a: Array, b: Array, p: int) -> Array:
    """The product of two small matrices modulo p, in int64: each half of 16 bits by an exact float64 product."""
    a0, a1, b0, b1 = (part.astype(float) for part in (a & 0xFFFF, a >> 16, b & 0xFFFF, b >> 16))
    high = (a1 @ b1).astype(np.int64) % p
    middle = (a0 @ b1 + a1 @ b0).astype(np.int64) % p
    return reduced((high * 65536 + middle) % p * 65536 + (a0 @ b0).astype(np.int64), p)
