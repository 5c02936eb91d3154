"""Arrays that know what each entry is made of: of symbols that stand for the entries of vectors at its own place.

A training step runs on them unchanged. What joins entries of different places, or comes from data, is not known; an
update, which takes every entry by itself, is. Equal entries share one expression, so that a million cost what one does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from graphgrad.proof.modules.prime_field import rational
from graphgrad.proof.modules.prime_field_arrays import moves
from graphgrad.proof.readings.functions import FUNCTIONS
from graphgrad.proof.readings.numpy_arrays import RULES
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost, lift, var

Array = np.ndarray[Any, Any]
MANY = 200  # numbers beyond which an array of the code's own making is not known
NOWHERE = -1  # the place of a number that is the same everywhere


class Book:
    """The expressions that the cells of one run hold, by number; 0 is for what is not known."""

    def __init__(self) -> None:
        self.known: list[Sym | None] = [None]
        self._numbers: dict[int, int] = {}
        self.gradient: Array | None = None  # the codes of the vector whose entries are symbols, whatever is written
        self.writes = 0

    def number(self, expression: Sym) -> int:
        """The number of an expression."""
        if id(expression) not in self._numbers:
            self._numbers[id(expression)] = len(self.known)
            self.known.append(expression)
        return self._numbers[id(expression)]

    def vector(self, name: str, size: int) -> Cells:
        """A vector whose entry at each place is a symbol of that name."""
        codes = np.full(size, self.number(var(name)), np.int16)
        return Cells(codes, np.arange(size, dtype=np.int32), self)

    def single(self, value: Any) -> Cells:
        """A number or a scalar."""
        return self.filled((), self.number(lift(value)))

    def filled(self, shape: Any, code: int = 0) -> Cells:
        """An array of one number everywhere, or one of which nothing is known."""
        return Cells(np.full(shape, code, np.int16), np.full(shape, NOWHERE, np.int32), self)

    def unknown(self, shape: Any) -> Cells:
        """An array that is only read, of which nothing is known."""
        codes, places = (np.broadcast_to(np.zeros((), kind), shape) for kind in (np.int16, np.int32))
        return Cells(codes, places, self)

    def shaped(self, function: Callable[..., Any], args: Any, options: Mapping[str, Any]) -> Any:
        """What a function gives that joins entries: something of the right shape, of which nothing is known."""
        given = {name: _dummy(value) for name, value in options.items() if name != "out"}
        with np.errstate(all="ignore"):
            shape = np.shape(function(*map(_dummy, args), **given))
        return _given(self.unknown(shape), options.get("out"))

    def cells(self, value: Any) -> Cells:
        """Numbers as cells."""
        if isinstance(value, Cells):
            return value
        numbers = np.asarray(value)
        if numbers.dtype.kind not in "biuf" or numbers.size > MANY:
            return self.unknown(numbers.shape)
        found = self.filled(numbers.shape)
        for number in set(np.ravel(numbers).tolist()):
            exact = rational(number) if isinstance(number, float) and np.isfinite(number) else number
            found.codes[numbers == number] = self.number(lift(exact)) if np.isfinite(number) else 0
        return found

    def combined(self, rule: Callable[..., Any], operands: Sequence[Any]) -> Cells:
        """A rule on scalars, entry by entry under broadcasting."""
        given = [self.cells(a) for a in operands]
        shape = np.broadcast_shapes(*(a.shape for a in given))
        if not all(a.codes.any() for a in given):
            return self.unknown(shape)
        chosen, combinations = self.kinds(given)
        numbers = np.array([self._applied(rule, codes) for codes in combinations], np.int16)
        codes, places = numbers[chosen], np.full((), NOWHERE, np.int32)
        for a in given:
            apart = (places != a.places) & (places != NOWHERE) & (a.places != NOWHERE)
            codes = np.where(apart, np.int16(0), codes) if apart.any() else codes
            places = np.maximum(places, a.places)
        return Cells(np.array(np.broadcast_to(codes, shape)), np.array(np.broadcast_to(places, shape)), self)

    def kinds(self, vectors: Sequence[Cells]) -> tuple[Array, list[tuple[int, ...]]]:
        """The different combinations of codes that stand at one place, and the number of each place's."""
        chosen: Any = np.zeros((), np.int16)
        combinations: list[tuple[int, ...]] = [()]
        for a in vectors:
            chosen, combinations = self._paired(chosen, combinations, a.codes)
        return chosen, combinations

    def _paired(
        self, chosen: Array, combinations: list[tuple[int, ...]], codes: Array
    ) -> tuple[Array, list[tuple[int, ...]]]:
        """Append one more array's codes to combinations, which entries choose by number."""
        if not codes.ndim:
            return chosen, [(*found, int(codes)) for found in combinations]
        there = np.zeros((len(combinations), len(self.known)), bool)
        there[chosen, codes] = True
        numbers = np.zeros(there.shape, np.int16)
        pairs = list(zip(*np.nonzero(there), strict=True))
        numbers[there] = np.arange(len(pairs))
        return numbers[chosen, codes], [(*combinations[i], int(code)) for i, code in pairs]

    def _applied(self, rule: Callable[..., Any], codes: tuple[int, ...]) -> int:
        known = [self.known[code] for code in codes]
        if None in known:
            return 0
        try:
            made = rule(*(np.asarray(a, dtype=object) for a in known))
        except (SymbolsLost, ArithmeticError):
            return 0
        return self.number(lift(made[()])) if np.ndim(made) == 0 and len(self.known) < np.iinfo(np.int16).max else 0


class Cells(NDArrayOperatorsMixin):
    """An array: of every entry the number of its expression, and the place whose symbols stand in it."""

    def __init__(self, codes: Array, places: Array, book: Book) -> None:
        self.codes, self.places, self.book = codes, places, book

    shape = property(lambda self: self.codes.shape)
    ndim = property(lambda self: self.codes.ndim)
    size = property(lambda self: self.codes.size)
    dtype = np.dtype(float)
    T = property(lambda self: self.moved(lambda a: a.T))

    def __len__(self) -> int:
        return len(self.codes)

    def __bool__(self) -> bool:
        raise SymbolsLost("the step asks for a value")

    __float__ = __int__ = __index__ = __bool__

    def moved(self, move: Callable[[Array], Array]) -> Cells:
        """Both sides after a function that only moves entries."""
        return Cells(np.asarray(move(self.codes)), np.asarray(move(self.places)), self.book)

    def __getitem__(self, key: Any) -> Cells:
        if _has_cells(key):
            return self.book.unknown(np.shape(np.empty(self.shape, bool)[_dummy(key)]))
        return self.moved(lambda a: a[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        other = self.book.unknown(()) if _has_cells(key) else self.book.cells(value)
        key = ... if _has_cells(key) else key
        if owner(self.codes) is self.book.gradient:
            self.book.writes += 1
            self.codes[key] = self.book.number(var(f"g@{self.book.writes}"))
        else:
            self.codes[key], self.places[key] = other.codes, other.places

    def copy(self, *_: Any, **__: Any) -> Cells:
        """A copy."""
        return self.moved(np.array)

    astype = copy

    def reshape(self, *shape: Any) -> Cells:
        """Like NumPy's."""
        return self.moved(lambda a: a.reshape(*shape))

    def squeeze(self, *axis: Any, **axes: Any) -> Cells:
        """Like NumPy's."""
        return self.moved(lambda a: a.squeeze(*axis, **axes))

    def ravel(self) -> Cells:
        """Like NumPy's."""
        return self.moved(np.ravel)

    def dot(self, other: Any, out: Any = None) -> Any:
        """Like NumPy's: what it gives is not known."""
        return self.book.shaped(np.dot, (self, other), {"out": out})

    def __getattr__(self, name: str) -> Any:
        if name not in _JOINED:
            raise AttributeError(name)
        return lambda *args, **options: self.book.shaped(getattr(np, name), (self, *args), options)

    def __matmul__(self, other: Any) -> Any:
        return self.book.shaped(np.matmul, (self, other), {})

    def __rmatmul__(self, other: Any) -> Any:
        return self.book.shaped(np.matmul, (other, self), {})

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        rule = RULES.get(ufunc.__name__)
        out = out[0] if out else None
        if method == "__call__" and rule is not None and ufunc.signature is None:
            return _given(self.book.combined(rule, inputs), out)
        return self.book.shaped(getattr(ufunc, method), inputs, {**options, "out": out})

    def __array_function__(self, func: Any, _: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        if moves(name) and not _has_cells(args[1:]):
            codes, places = (func(_sides(args[0], s), *args[1:], **kwargs) for s in ("codes", "places"))
            return Cells(np.asarray(codes), np.asarray(places), self.book)
        if (name, len(args)) in {("where", 3), ("clip", 3)}:
            return _given(self.book.combined(FUNCTIONS[name], args), kwargs.get("out"))
        if name in {"zeros_like", "ones_like"}:
            return self.book.filled(np.shape(args[0]), self.book.number(lift(int(name == "ones_like"))))
        if name in {"copyto", "put_along_axis"}:
            whole = name == "copyto" and "where" not in kwargs
            args[0][...] = args[1] if whole else self.book.unknown(())
            return None
        told = {"shape", "ndim", "size", "result_type"}
        return func(*map(_dummy, args), **kwargs) if name in told else self.book.shaped(func, args, kwargs)


def _given(found: Cells, out: Any) -> Any:
    """What was found, written where it is wanted."""
    if out is None:
        return found
    out[...] = found
    return out


def owner(a: Array) -> Array:
    """The array that owns a view's memory."""
    return a if a.base is None else a.base


def _has_cells(key: Any) -> bool:
    return any(map(_has_cells, key)) if isinstance(key, tuple | list) else isinstance(key, Cells)


def _sides(a: Any, side: str) -> Any:
    """The codes or the places of cells, also of those in a list."""
    if isinstance(a, list | tuple):
        return type(a)(_sides(b, side) for b in a)
    return getattr(a.book.cells(a), side)


def _dummy(a: Any) -> Any:
    """Zeros in the place of cells, for the shape of what a function gives."""
    if isinstance(a, list | tuple):
        return type(a)(map(_dummy, a))
    return np.broadcast_to(np.int8(0), a.shape) if isinstance(a, Cells) else a


_JOINED = frozenset({"sum", "mean", "max", "min", "prod", "take"})
