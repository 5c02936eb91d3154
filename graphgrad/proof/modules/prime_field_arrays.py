"""Arrays over a prime field, with a float shadow that decides comparisons: NumPy code runs on them unchanged.

Sums, products, quotients and matrix products are exact. A transcendental function gives a pseudo-random element that
depends on the function and its argument's residue alone, so that equal expressions give equal elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from graphgrad.core.builder import Builder
from graphgrad.core.op import MOVES, Op
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.lower import inline
from graphgrad.proof.modules.prime_field import (
    Array,
    added,
    atom,
    blocks,
    multiplied,
    power,
    product,
    reduced,
    residue,
    scrambled,
)
from graphgrad.proof.scalars.symbols import SymbolsLost


class Residues(NDArrayOperatorsMixin):
    """Residues `r` modulo `p` and the floats `x` that they stand for.

    Random residues are given without floats: theirs are the residues themselves, scaled, and cost no memory.
    """

    def __init__(self, r: Array, x: Array | None, p: int) -> None:
        self.r, self.given, self.p = r, x, p

    shape = property(lambda self: self.r.shape)
    ndim = property(lambda self: self.r.ndim)
    size = property(lambda self: self.r.size)
    dtype = np.dtype(float)
    T = property(lambda self: self.moved(lambda a: a.T))

    @property
    def x(self) -> Array:
        """The floats: between 0.1 and 0.9 for random residues."""
        return self.r * (0.8 / self.p) + 0.1 if self.given is None else self.given

    def __len__(self) -> int:
        return len(self.r)

    def __getitem__(self, key: Any) -> Residues:
        return self.moved(lambda a: np.asarray(a[key]))

    def __setitem__(self, key: Any, value: Any) -> None:
        other = self.lift(value)
        self.given = self.x
        self.r[key], self.given[key] = other.r, other.x

    def moved(self, move: Callable[[Array], Array]) -> Residues:
        """Both sides after a function that only moves entries."""
        return Residues(move(self.r), None if self.given is None else move(self.given), self.p)

    def lift(self, value: Any) -> Residues:
        """Numbers as residues: a float is the rational that it spells."""
        if isinstance(value, Residues):
            return value
        x = np.asarray(value, dtype=float)
        if x.size and np.all(x == np.rint(x)) and np.all(np.abs(x) < 2**53):
            return Residues(reduced(x.astype(np.int64), self.p), x, self.p)
        known = {v: residue(v, self.p) for v in set(np.ravel(x).tolist())}
        return Residues(np.array([known[v] for v in np.ravel(x).tolist()], dtype=np.int32).reshape(x.shape), x, self.p)

    def astype(self, *_: Any, **__: Any) -> Residues:
        """A copy."""
        return self.moved(np.copy)

    copy = astype

    def reshape(self, *shape: Any) -> Residues:
        """Like NumPy's."""
        return self.moved(lambda a: a.reshape(*shape))

    def take(self, places: Array) -> Residues:
        """Like NumPy's, of all entries."""
        return self.moved(lambda a: a.take(places))

    def dot(self, other: Any, out: Any = None) -> Any:
        """Like NumPy's, of at most two axes."""
        if out is None:
            return self @ other
        out[...] = self @ other
        return out

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Residues:  # noqa: FBT001, FBT002
        """Like NumPy's."""
        r = np.asarray(np.sum(self.r, axis=axis, keepdims=keepdims, dtype=np.int64))
        return Residues(reduced(r, self.p), np.asarray(np.sum(self.x, axis=axis, keepdims=keepdims)), self.p)

    def mean(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Residues:  # noqa: FBT001, FBT002
        """Like NumPy's."""
        total = self.sum(axis, keepdims)
        found: Residues = total / (self.size // max(total.size, 1))
        return found

    def extreme(self, where: Any, axis: Any, keepdims: bool) -> Residues:  # noqa: FBT001
        """The entry that the shadow finds, along one axis, several, or all."""
        if isinstance(axis, tuple):
            axes = tuple(i % self.ndim for i in axis)
            rest = [n for i, n in enumerate(self.shape) if i not in axes]
            last = self.moved(lambda a: np.moveaxis(a, axes, range(-len(axes), 0)).reshape(*rest, -1))
            found = last.extreme(where, -1, keepdims=False)
            return found.moved(lambda a: np.expand_dims(a, axes)) if keepdims else found
        if axis is None:
            place = np.unravel_index(where(self.x), self.shape)
            found = self.moved(lambda a: np.asarray(a[place]))
            return found.reshape((1,) * self.ndim) if keepdims else found
        at = np.expand_dims(where(self.x, axis=axis), axis)
        found = self.moved(lambda a: np.take_along_axis(a, at, axis))
        return found if keepdims else found.moved(lambda a: a.squeeze(axis))

    def __matmul__(self, other: Any) -> Residues:
        """The matrix product of vectors, matrices and stacks of them, block by block."""
        a, b = self, self.lift(other)
        left, right = a.ndim == 1, b.ndim == 1
        a, b = (a[None, :] if left else a), (b[:, None] if right else b)
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = (m.moved(lambda v: np.broadcast_to(v, (*stack, *v.shape[-2:]))) for m in (a, b))
        (rows, inner), columns = a.shape[-2:], b.shape[-1]
        r, x = np.zeros((*stack, rows, columns), dtype=np.int32), np.zeros((*stack, rows, columns))
        for place in np.ndindex(*stack):
            for i, k, j in blocks(rows, inner, columns):
                one, two = a[(*place, i, k)], b[(*place, k, j)]
                r[(*place, i, j)] = added(r[(*place, i, j)], product(one.r, two.r, self.p), self.p)
                x[(*place, i, j)] += one.x @ two.x
        keep = (..., 0 if left else slice(None), 0 if right else slice(None))
        return Residues(np.asarray(r[keep]), np.asarray(x[keep]), self.p)

    def __rmatmul__(self, other: Any) -> Residues:
        return self.lift(other) @ self

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
        if name == "matmul":
            return args[0] @ args[1]
        with np.errstate(all="ignore"):
            x = np.asarray(ufunc(*[a.x for a in args]))
        if x.dtype == bool:
            return x
        rule = _RULES.get(name)
        if rule is not None:
            return Residues(np.asarray(rule(self.p, *args)), x, self.p)
        row = row_of(name)
        if row is None or not row.residues:
            raise SymbolsLost(f"np.{name} has no residue")
        if row.residues == "atom":
            return Residues(atom(name, [a.r for a in args], self.p), x, self.p)
        found = self._meant(row, args, {})
        return Residues(found.r, x, self.p)

    def _meant(self, row: Op, operands: list[Residues], attrs: dict[str, Any]) -> Residues:
        """The text of a row's column `residues`, or its definition, on residues."""
        text = row.residues
        builder = Builder()
        inputs = [builder.input(name, a.shape) for name, a in zip(row.operands, operands, strict=True)]
        graph = builder.build({"v": inline(builder, text, row, inputs, row.attrs | attrs)})
        values: list[Any] = []
        for node in graph.nodes:
            if node.op == "input":
                values.append(operands[row.operands.index(node.value)])
            elif node.op == "const":
                values.append(self.lift(float(node.value)))
            else:
                values.append(kernel(node, "numpy")(*[values[o] for o in node.operands]))
        return self.lift(values[graph.output])

    def __array_function__(self, func: Any, _: Any, args: Any, kwargs: Any) -> Any:  # noqa: C901, PLR0911  (one case each)
        name = func.__name__
        if moves(name):
            sides = ["r"] if _scaled(args) else ["r", "x"]
            both = [func(*_side(args, s), **{k: _one(v, s) for k, v in kwargs.items()}) for s in sides]
            return Residues(both[0], both[1] if both[1:] else None, self.p)
        if name == "dot":
            return np.matmul(*args, **kwargs)
        if name in {"shape", "ndim", "size"}:
            return func(*_side(args, "r"), **kwargs)
        if name == "result_type":
            return self.dtype
        if name == "where":
            condition, a, b = _truth(args[0]), self.lift(args[1]), self.lift(args[2])
            return Residues(np.where(condition, a.r, b.r), np.where(condition, a.x, b.x), self.p)
        if name in {"sum", "mean"}:
            return getattr(self, name)(*args[1:], **kwargs)
        if name in {"max", "amax", "min", "amin"}:
            where = _EXTREMES["maximum" if "max" in name else "minimum"]
            return self.extreme(
                where, kwargs.get("axis", args[1] if len(args) > 1 else None), bool(kwargs.get("keepdims"))
            )
        if name in {"zeros_like", "ones_like"}:
            return self.lift(func(self.r, dtype=float))
        if name == "copyto":
            args[0][...] = np.where(kwargs["where"], args[1], args[0]) if "where" in kwargs else args[1]
            return None
        if name == "put_along_axis":
            return _put(*args)
        return self._by_row(func, args, kwargs)

    def _by_row(self, func: Any, args: Any, kwargs: Any) -> Any:
        """A function of NumPy by the table's column `residues`."""
        row = row_of(func.__name__)
        if row is None or not row.residues:
            raise SymbolsLost(f"np.{func.__name__} has no residue")
        given = dict(zip((*row.operands, *row.attrs), args, strict=False)) | kwargs
        operands = [self.lift(given.pop(operand)) for operand in row.operands]
        out = given.pop("out", None)
        if row.residues == "adds":
            wide = func(*[a.r.astype(np.int64) for a in operands], **given)
            found = Residues(reduced(wide, self.p), np.asarray(func(*[a.x for a in operands], **given)), self.p)
        else:
            found = self._meant(row, operands, given)
        if out is None:
            return found
        out[...] = found
        return out


def row_of(name: str) -> Op | None:
    """The row whose numpy column calls a function of NumPy, or that has its name."""
    return _rows(tuple(OPS.values())).get(name) or OPS.spellings.get(name)


@cache
def _rows(rows: tuple[Op, ...]) -> dict[str, Op]:
    called = {row: re.match(r"np\.(\w+)\(", row.numpy) for row in rows}
    found = {call[1]: row for row, call in called.items() if call and row.residues}
    return found | {call[1]: row for row, call in called.items() if call and call[1] == row.name and row.residues}


def moves(name: str) -> bool:
    """Whether a function of NumPy only moves entries."""
    row = row_of(name)
    return name in _MORE_MOVES or (row is not None and row.residues == MOVES)


def _truth(condition: Any) -> Any:
    """A condition; one that was written into an array of numbers as 0 or 1, too."""
    return condition.x != 0 if isinstance(condition, Residues) else condition


def _put(target: Any, places: Array, values: Any, axis: int) -> None:
    """Like np.put_along_axis; an array of floats holds the numbers that it is given."""
    if isinstance(target, Residues):
        values, target.given = target.lift(values), target.x
        np.put_along_axis(target.r, places, values.r, axis)
        np.put_along_axis(target.given, places, values.x, axis)
    elif isinstance(values, Residues):
        np.put_along_axis(target, places, values.x, axis)


def _scaled(args: Any) -> bool:
    """Whether the floats of all arrays are their residues, scaled."""
    return all(_scaled(a) if isinstance(a, list | tuple) else not isinstance(a, Residues) or a.given is None
               for a in args)  # fmt: skip


def _side(args: Any, side: str) -> tuple[Any, ...]:
    return tuple(_one(a, side) for a in args)


def _one(a: Any, side: str) -> Any:
    if isinstance(a, list | tuple):
        return type(a)(_one(b, side) for b in a)
    return getattr(a, side) if isinstance(a, Residues) else a


def _power(p: int, a: Residues, b: Residues) -> Array:
    exponents = set(np.ravel(b.x).tolist())
    if len(exponents) == 1 and (n := exponents.pop()) == int(n):
        return np.broadcast_to(power(a.r, int(n), p), np.broadcast_shapes(a.shape, b.shape))
    return scrambled("power", [a.r, b.r], p)


_EXTREMES: dict[str, Callable[..., Any]] = {"maximum": np.argmax, "minimum": np.argmin}
_RULES: dict[str, Callable[..., Array]] = {
    "add": lambda p, a, b: added(a.r, b.r, p),
    "subtract": lambda p, a, b: reduced(np.subtract(a.r, b.r, dtype=np.int64), p),
    "multiply": lambda p, a, b: multiplied(a.r, b.r, p),
    "divide": lambda p, a, b: multiplied(a.r, power(b.r, p - 2, p), p),
    "negative": lambda p, a: reduced(-a.r.astype(np.int64), p),
    "positive": lambda _, a: a.r,
    "power": _power,
}
_MORE_MOVES = frozenset({"take_along_axis", "moveaxis", "copy"})  # which no row calls, and printed code does
