"""Arrays over a prime field, with a float shadow that decides comparisons: NumPy code runs on them unchanged.

Sums, products, quotients and matrix products are exact. A transcendental function gives a pseudo-random element that
depends on the function and its argument's residue alone, so that equal expressions give equal elements.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from graphgrad.proof.symbols import SymbolsLost

PRIMES = (2147483629, 2147483587)
COLUMNS = 256  # of a matrix product at once: its parts need less memory
Array = np.ndarray[Any, Any]


class Residues(NDArrayOperatorsMixin):
    """Residues `r` modulo `p` and the floats `x` that they stand for."""

    def __init__(self, r: Array, x: Array, p: int) -> None:
        self.r, self.x, self.p = r, x, p

    shape = property(lambda self: self.x.shape)
    ndim = property(lambda self: self.x.ndim)
    size = property(lambda self: self.x.size)
    dtype = property(lambda self: self.x.dtype)
    T = property(lambda self: Residues(self.r.T, self.x.T, self.p))

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, key: Any) -> Residues:
        return Residues(np.asarray(self.r[key]), np.asarray(self.x[key]), self.p)

    def __setitem__(self, key: Any, value: Any) -> None:
        other = self.lift(value)
        self.r[key], self.x[key] = other.r, other.x

    def lift(self, value: Any) -> Residues:
        """Numbers as residues: a float is the rational that it spells."""
        if isinstance(value, Residues):
            return value
        x = np.asarray(value, dtype=float)
        if x.size and np.all(x == np.rint(x)) and np.all(np.abs(x) < 2**53):
            return Residues(x.astype(np.int64) % self.p, x, self.p)
        known = {v: _residue(v, self.p) for v in set(np.ravel(x).tolist())}
        return Residues(np.array([known[v] for v in np.ravel(x).tolist()], dtype=np.int64).reshape(x.shape), x, self.p)

    def astype(self, *_: Any, **__: Any) -> Residues:
        """A copy."""
        return Residues(self.r.copy(), self.x.copy(), self.p)

    copy = astype

    def reshape(self, *shape: Any) -> Residues:
        """Like NumPy's."""
        return Residues(self.r.reshape(*shape), self.x.reshape(*shape), self.p)

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Residues:  # noqa: FBT001, FBT002
        """Like NumPy's."""
        r = np.sum(self.r, axis=axis, keepdims=keepdims) % self.p
        return Residues(np.asarray(r), np.asarray(np.sum(self.x, axis=axis, keepdims=keepdims)), self.p)

    def mean(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Residues:  # noqa: FBT001, FBT002
        """Like NumPy's."""
        total = self.sum(axis, keepdims)
        found: Residues = total / (self.size // max(total.size, 1))
        return found

    def extreme(self, where: Any, axis: Any, keepdims: bool) -> Residues:  # noqa: FBT001
        """The entry that the shadow finds, along one axis or all."""
        if axis is None:
            place = np.unravel_index(where(self.x), self.shape)
            found = Residues(np.asarray(self.r[place]), np.asarray(self.x[place]), self.p)
            return found.reshape((1,) * self.ndim) if keepdims else found
        at = np.expand_dims(where(self.x, axis=axis), axis)
        r, x = (np.take_along_axis(a, at, axis) for a in (self.r, self.x))
        return Residues(r, x, self.p) if keepdims else Residues(r.squeeze(axis), x.squeeze(axis), self.p)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        name = ufunc.__name__
        if method == "reduce" and name in {"add", "maximum", "minimum"}:
            axis, keepdims = options.get("axis", 0), bool(options.get("keepdims"))
            found = self.sum(axis, keepdims) if name == "add" else self.extreme(_EXTREMES[name], axis, keepdims)
        elif method != "__call__":
            raise SymbolsLost(f"np.{name}.{method} has no residue")
        else:
            found = self._apply(name, [self.lift(a) for a in inputs], ufunc)
        if out is not None:
            out[0][...] = found
            return out[0]
        return found

    def _apply(self, name: str, args: list[Residues], ufunc: Any) -> Any:
        p = self.p
        with np.errstate(all="ignore"):
            x = np.asarray(ufunc(*[a.x for a in args]))
        if x.dtype == bool:
            return x
        rule = _RULES.get(name)
        if rule is not None:
            return Residues(np.asarray(rule(p, *args)), x, p)
        if name not in _ATOMS:
            raise SymbolsLost(f"np.{name} has no residue")
        return Residues(_scrambled(name, [a.r for a in args], p), x, p)

    def __array_function__(self, func: Any, _: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        if name in _MOVES:
            if name == "put_along_axis":
                args = (args[0], args[1], self.lift(args[2]), *args[3:])
            both = [func(*_side(args, s), **{k: _one(v, s) for k, v in kwargs.items()}) for s in "rx"]
            return None if both[0] is None else Residues(both[0], both[1], self.p)
        if name in {"shape", "ndim", "size", "result_type"}:
            return func(*_side(args, "x"), **kwargs)
        if name == "where":
            condition, a, b = args
            a, b = self.lift(a), self.lift(b)
            return Residues(np.where(condition, a.r, b.r), np.where(condition, a.x, b.x), self.p)
        if name in {"sum", "mean"}:
            return getattr(self, name)(*args[1:], **kwargs)
        if name in {"max", "amax", "min", "amin"}:
            where = _EXTREMES["maximum" if "max" in name else "minimum"]
            return self.extreme(
                where, kwargs.get("axis", args[1] if len(args) > 1 else None), bool(kwargs.get("keepdims"))
            )
        if name in {"zeros_like", "ones_like"}:
            return self.lift(func(self.x))
        raise SymbolsLost(f"np.{name} has no residue")


def _side(args: Any, side: str) -> tuple[Any, ...]:
    return tuple(_one(a, side) for a in args)


def _one(a: Any, side: str) -> Any:
    if isinstance(a, list | tuple):
        return type(a)(_one(b, side) for b in a)
    return getattr(a, side) if isinstance(a, Residues) else a


def _residue(value: float, p: int) -> int:
    if not np.isfinite(value):
        return 0
    exact = Fraction(repr(value))
    return exact.numerator % p * pow(exact.denominator, -1, p) % p


def product(a: Array, b: Array, p: int) -> Array:
    """The matrix product modulo p, exact for up to 2**18 terms: each half of 16 bits by a float64 product."""
    if b.ndim == 2 and b.shape[1] > COLUMNS:
        blocks = range(0, b.shape[1], COLUMNS)
        return np.concatenate([product(a, b[:, k : k + COLUMNS], p) for k in blocks], axis=-1)
    a0, a1, b0, b1 = (part.astype(float) for part in (a & 0xFFFF, a >> 16, b & 0xFFFF, b >> 16))
    low, high = (a0 @ b0).astype(np.int64), (a1 @ b1).astype(np.int64)
    middle = ((a0 + a1) @ (b0 + b1)).astype(np.int64) - low - high
    exact: Array = (low + middle % p * 65536 + high % p * 65536 % p * 65536) % p
    return exact


def power(a: Array, n: int, p: int) -> Array:
    """Entries to a whole power modulo p."""
    result, base = np.ones_like(a), a
    n %= p - 1
    while n:
        if n & 1:
            result = result * base % p
        base, n = base * base % p, n >> 1
    return result


def _power(p: int, a: Residues, b: Residues) -> Array:
    exponents = set(np.ravel(b.x).tolist())
    if len(exponents) == 1 and (n := exponents.pop()) == int(n):
        return np.broadcast_to(power(a.r, int(n), p), np.broadcast_shapes(a.shape, b.shape))
    return _scrambled("power", [a.r, b.r], p)


def _scrambled(name: str, args: list[Array], p: int) -> Array:
    """A pseudo-random element for a function and its arguments' residues."""
    seed = sum(ord(c) * 257**k for k, c in enumerate(name)) % p
    total = np.full(np.broadcast_shapes(*(a.shape for a in args)), seed, dtype=np.int64)
    for k, a in enumerate(args):
        for step in (1103515245, 69069, 1664525, 22695477):
            total = (total * total % p + a * ((step + k) % p) % p + step) % p
    return total


_EXTREMES: dict[str, Callable[..., Any]] = {"maximum": np.argmax, "minimum": np.argmin}
_RULES: dict[str, Callable[..., Array]] = {
    "add": lambda p, a, b: (a.r + b.r) % p,
    "subtract": lambda p, a, b: (a.r - b.r) % p,
    "multiply": lambda p, a, b: a.r * b.r % p,
    "divide": lambda p, a, b: a.r * power(b.r, p - 2, p) % p,
    "negative": lambda p, a: -a.r % p,
    "positive": lambda _, a: a.r,
    "square": lambda p, a: a.r * a.r % p,
    "reciprocal": lambda p, a: power(a.r, p - 2, p),
    "matmul": lambda p, a, b: product(a.r, b.r, p),
    "power": _power,
    "maximum": lambda _, a, b: np.where(a.x >= b.x, a.r, b.r),
    "minimum": lambda _, a, b: np.where(a.x <= b.x, a.r, b.r),
    "absolute": lambda p, a: np.where(a.x < 0, -a.r, a.r) % p,
    "fabs": lambda p, a: np.where(a.x < 0, -a.r, a.r) % p,
    "sign": lambda p, a: np.sign(a.x).astype(np.int64) % p,
}
_ATOMS = frozenset(
    [
        "exp",
        "expm1",
        "log",
        "log1p",
        "log2",
        "log10",
        "sqrt",
        "cbrt",
        "sin",
        "cos",
        "tan",
        "arcsin",
        "arccos",
        "arctan",
        "arctan2",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "arccosh",
        "arctanh",
        "hypot",
        "floor",
    ]
)
_MOVES = frozenset(
    [
        "expand_dims",
        "squeeze",
        "reshape",
        "transpose",
        "swapaxes",
        "broadcast_to",
        "concatenate",
        "stack",
        "take",
        "take_along_axis",
        "put_along_axis",
        "moveaxis",
        "ravel",
        "copy",
    ]
)
