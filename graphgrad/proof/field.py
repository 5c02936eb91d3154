"""Arithmetic modulo a prime below 2**31: arrays of int32, each step in int64, matrix products in small exact blocks."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product as combinations
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PRIMES = (2147483629, 2147483587)
SIDE = 64  # of the blocks of a matrix product: what is alive at once beside operands and result


def reduced(a: Array, p: int) -> Array:
    """Whole numbers modulo p."""
    return np.remainder(a, p).astype(np.int32)


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


def residue(value: float, p: int) -> int:
    """The rational that a float spells, modulo p; 0 for what is no number."""
    if not np.isfinite(value):
        return 0
    exact = Fraction(repr(value))
    return exact.numerator % p * pow(exact.denominator, -1, p) % p


def scrambled(name: str, args: list[Array], p: int) -> Array:
    """A pseudo-random element for a function and its arguments' residues."""
    seed = sum(ord(c) * 257**k for k, c in enumerate(name)) % p
    total = np.full(np.broadcast_shapes(*(a.shape for a in args)), seed, dtype=np.int64)
    for k, a in enumerate(args):
        for step in (1103515245, 69069, 1664525, 22695477):
            total = (total * total % p + a.astype(np.int64) * ((step + k) % p) % p + step) % p
    return total.astype(np.int32)


def blocks(*sizes: int) -> Iterator[tuple[slice, ...]]:
    """The blocks of an array of these sizes, no side longer than SIDE."""
    return combinations(*([slice(k, k + SIDE) for k in range(0, n, SIDE)] for n in sizes))


def product(a: Array, b: Array, p: int) -> Array:
    """The product of two small matrices modulo p, in int64: each half of 16 bits by an exact float64 product."""
    a0, a1, b0, b1 = (part.astype(float) for part in (a & 0xFFFF, a >> 16, b & 0xFFFF, b >> 16))
    high = (a1 @ b1).astype(np.int64) % p
    middle = (a0 @ b1 + a1 @ b0).astype(np.int64) % p
    return reduced((high * 65536 + middle) % p * 65536 + (a0 @ b0).astype(np.int64), p)
