"""NumPy arrays of exact scalars: somebody's NumPy code runs on them unchanged, and what comes out is its meaning.

Universal functions and their reductions are replaced by exact ones; functions that only move entries run as they are.
Code that casts to float, or branches on a value, loses the symbols and raises `SymbolsLost`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.proof.readings.functions import ALIASES, FUNCTIONS, Array, each, folded
from graphgrad.proof.readings.selected import Selected, same
from graphgrad.proof.scalars import elementary as f, symbols as s
from graphgrad.proof.scalars.elementary import function
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost

PRECISE: dict[float, Sym] = {  # floats that code computes from constants, and what they stand for
    math.pi: s.PI, 2 * math.pi: 2 * s.PI, math.pi / 2: s.PI / 2, math.e: f.exp(1), math.sqrt(2): f.sqrt(2),
    math.sqrt(math.pi): f.sqrt(s.PI), math.sqrt(2 * math.pi): f.sqrt(2 * s.PI), math.log(2): f.log(2),
    math.log(10): f.log(10), math.sqrt(2 / math.pi): f.sqrt(2 / s.PI), 2 / math.sqrt(math.pi): 2 / f.sqrt(s.PI),
    1 / math.sqrt(2): 1 / f.sqrt(2), 1 / math.sqrt(2 * math.pi): 1 / f.sqrt(2 * s.PI), 1 / 3: s.lift(1) / 3,
    2 / 3: s.lift(2) / 3, 1 / 6: s.lift(1) / 6, 1 / 7: s.lift(1) / 7, 1 / 9: s.lift(1) / 9,
}  # fmt: skip


def exact(value: Any) -> Sym:
    """A number met in code: a float as the constant it rounds, where that is known."""
    if isinstance(value, float | np.floating) and not isinstance(value, s.Quotient) and float(value) in PRECISE:
        return PRECISE[float(value)]
    return s.lift(value)


class CastToSingle(SymbolsLost):
    """Code computes in float32."""


class SymbolArray(np.ndarray[Any, Any]):
    """An object array of exact scalars that answers NumPy's functions exactly, conditions as booleans, or refuses.

    What would show the code that it holds symbols, such as `==` of entries, `str`, `tolist` and `item`, is refused.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        name = ufunc.__name__
        if method == "at":
            return _add_at(ufunc, inputs[0], *inputs[1:])
        _only(name, options, {"axis", "keepdims", "initial"} if method == "reduce" else {"axis"})
        if any(isinstance(a, Selected) for a in inputs):
            return NotImplemented
        arrays = [plain(a) for a in inputs]
        if method == "__call__":
            result = _meaning(name, arrays)(*arrays)
        elif method == "reduce" and name in REDUCTIONS:
            result = _reduced(name, arrays[0], **options)
        elif method == "accumulate" and name in REDUCTIONS and name not in TRUTHS:
            numbers, rule = each(s.numeric)(arrays[0]), RULES[name]
            result = np.asarray(np.frompyfunc(lambda a, b: rule(a, b)[()], 2, 1).accumulate(numbers, **options))
        elif method == "outer":
            a, b = arrays
            result = _meaning(name, arrays)(np.reshape(a, (*np.shape(a), *[1] * np.ndim(b))), b)
        else:
            raise SymbolsLost(f"np.{name}.{method} has no meaning in symbols")
        if out is not None:
            (target,) = out
            if target.dtype != object:
                raise SymbolsLost("the code writes symbols into an array of floats")
            np.copyto(np.asarray(target), np.asarray(result, dtype=object))
            return target
        return wrapped(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        rule = WHOLE.get(name)
        if name in SHOWING or (name in COUNTING and any(map(_conditions, args))):
            raise SymbolsLost(f"np.{name} has no meaning in symbols")
        if rule is None:
            found = super().__array_function__(func, (SymbolArray,), args, kwargs)
            return found.view(SymbolArray) if type(found) is np.ndarray and found.dtype == object else found
        return wrapped(rule(*[plain(a) if _is_values(a) else a for a in args], **kwargs))

    def __array_finalize__(self, source: Any) -> None:
        """Views and copies stay arrays of symbols."""

    def __getitem__(self, key: Any) -> Any:
        """Entries stay arrays, so that NumPy's functions still find them."""
        if _chooses(key):
            mask = self._mask(key)
            return Selected(np.array(self.view(np.ndarray)), mask, _elementwise)
        found = super().__getitem__(key)
        return found if isinstance(found, np.ndarray) else wrapped(found)

    def __setitem__(self, key: Any, value: Any) -> None:
        if _chooses(key):
            mask = self._mask(key)
            if isinstance(value, Selected) and not same(value.mask, mask):
                raise SymbolsLost("the code moves entries to places that another condition chooses")
            if not isinstance(value, Selected) and np.ndim(value):
                raise SymbolsLost("how many entries a condition chooses is no number in symbols")
            new = value.entries if isinstance(value, Selected) else plain(value)
            np.copyto(self.view(np.ndarray), FUNCTIONS["where"](mask, new, plain(self)))
            return
        super().__setitem__(key, plain(value).item() if isinstance(value, SymbolArray) and not value.ndim else value)

    def _mask(self, key: SymbolArray) -> Array:
        """A condition on entries, or on rows of them, as one on every entry."""
        if key.shape != self.shape[: key.ndim]:
            raise IndexError(f"a condition of shape {key.shape} chooses nothing of an array of shape {self.shape}")
        return np.broadcast_to(plain(key).reshape(*key.shape, *[1] * (self.ndim - key.ndim)), self.shape)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(plain(self).item())

    def clip(self, *bounds: Any, **named: Any) -> Any:
        """Like np.clip."""
        return wrapped(_clip(plain(self), *bounds, **named))

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """In float64 everything stays exact, conditions as 0 and 1; other types lose the symbols."""
        if not (dtype is float or (isinstance(dtype, type) and issubclass(dtype, np.float64)) or dtype == "float64"):
            raise (CastToSingle if np.dtype(dtype) == np.float32 else SymbolsLost)(f"the code casts symbols to {dtype}")
        return wrapped(each(s.numeric)(plain(self)))

    def dot(self, other: Any, out: Any = None) -> Any:
        """Like np.dot."""
        return np.dot(self, other) if out is None else np.dot(self, other, out=out)

    def argmax(self, *_: Any, **__: Any) -> Any:
        """The place of the largest entry is no symbol."""
        raise SymbolsLost("the place of the largest entry is no symbol")

    argmin = argsort = searchsorted = argpartition = argmax

    def _shown(self, *_: Any, **__: Any) -> Any:
        raise SymbolsLost("the code looks at a symbol as a number, or as text")

    tolist = item = tobytes = tofile = dump = dumps = __str__ = __repr__ = __format__ = _shown
    flat = property(_shown)


def wrapped(values: Any) -> Any:
    """Exact scalars as an array that answers NumPy; single ones as arrays without axes."""
    return np.asarray(values, dtype=object).view(SymbolArray)


def _is_values(a: Any) -> bool:
    return isinstance(a, Sym | np.ndarray | int | float | list) and not isinstance(a, bool)


def plain(a: Any) -> Array:
    """What an array of numbers or symbols holds, as a bare object array of exact scalars."""
    return each(exact)(np.asarray(a, dtype=object) if not isinstance(a, SymbolArray) else a.view(np.ndarray))


def _clip(a: Array, a_min: Any = None, a_max: Any = None, **named: Any) -> Array:
    low, high = named.pop("min", a_min), named.pop("max", a_max)
    _only("clip", named, set())
    if low is not None:
        a = FUNCTIONS["maximum"](a, plain(low))
    return a if high is None else FUNCTIONS["minimum"](a, plain(high))


def _only(name: str, options: Mapping[str, Any], taken: Collection[str]) -> None:
    """Refuse keywords that say what symbols do not model; one that says what holds anyway does no harm."""
    for option, value in options.items():
        if option == "dtype":
            meant = value is None or np.dtype(value) in (_BOOL if name in BOOLEAN else _REAL)
        elif option == "where":
            meant = value is True or value is np._NoValue  # noqa: SLF001
        else:
            meant = option in taken or option in HARMLESS or value is None
        if not meant:
            raise SymbolsLost(f"np.{name}: the keyword {option} has no meaning in symbols")


_BOOL, _REAL, HARMLESS = {np.dtype(bool)}, {np.dtype(float), np.dtype(object)}, {"casting", "subok", "order"}
CONDITIONS = {"lt", "le", "eq", "and", "not"}


def _conditions(a: Any) -> bool:
    """Whether an array is of booleans."""
    if not isinstance(a, SymbolArray):
        return np.asarray(a).dtype == bool if isinstance(a, np.ndarray | bool | list) else False
    return _all_conditions(plain(a))


def _all_conditions(a: Array) -> bool:
    return bool(a.size) and all(map(_condition, np.ravel(a)))


def _condition(a: Sym) -> bool:
    return a.op in CONDITIONS or (a.op == "const" and isinstance(a.value, bool))


def _chooses(key: Any) -> bool:
    """Whether an index is a condition that symbols decide."""
    return isinstance(key, SymbolArray) and key.ndim > 0 and _all_conditions(plain(key))


def _elementwise(ufunc: Any, operands: Sequence[Any]) -> Array:
    arrays = [plain(a) for a in operands]
    return _meaning(ufunc.__name__, arrays)(*arrays)


def _truths(a: Array) -> Array:
    """Numbers as NumPy's logical functions take them: whether they are other than 0."""
    return each(lambda v: v if _condition(v) else s.negation(s.equal(v, 0)))(a)


def _meaning(name: str, arrays: Sequence[Array]) -> Callable[..., Array]:
    """What a universal function computes of such operands: as in NumPy, booleans are added by *or*."""
    rule, kinds = RULES.get(name), [_all_conditions(a) for a in arrays]
    if all(kinds):
        rule = OF_CONDITIONS.get(name, rule)
    if rule is None or (name in BITWISE and not all(kinds)):
        raise SymbolsLost(f"np.{name} has no meaning in symbols" + " of conditions" * all(kinds))
    if name in TRUTHS:
        return lambda *operands: rule(*map(_truths, operands))
    return rule


def _reduced(name: str, a: Array, axis: Any = 0, keepdims: Any = None, initial: Any = None, **_: Any) -> Array:
    values = _truths(a) if name in TRUTHS else a
    fold = OF_CONDITIONS_FOLDED.get(name, name) if _all_conditions(values) else name
    result = REDUCTIONS[fold](values, axis, bool(keepdims))
    if initial is None or initial is np._NoValue:  # noqa: SLF001
        return result
    start = plain(initial)
    if fold != name and not _all_conditions(start):
        raise SymbolsLost(f"np.{name}: the keyword initial has no meaning in symbols of conditions")
    return _meaning(name, [result, start])(result, start)


def _add_at(ufunc: Any, target: Any, places: Any, values: Any) -> None:
    if ufunc.__name__ != "add" or target.dtype != object:
        raise SymbolsLost("the code adds symbols into an array of floats")
    flat = np.asarray(target)
    chosen = np.arange(flat.size).reshape(flat.shape)[places]
    for place, value in zip(np.ravel(chosen), np.ravel(np.broadcast_to(plain(values), np.shape(chosen))), strict=True):
        index = np.unravel_index(place, flat.shape)
        flat[index] = exact(flat[index]) + value


def _where(condition: Any, *branches: Any) -> Array:
    if len(branches) != 2:
        raise SymbolsLost("np.where of a condition alone has no meaning in symbols")
    return FUNCTIONS["where"](_truths(plain(condition)), *map(plain, branches))


def _norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002, FBT001, FBT002
    if ord not in {None, 2} or (ord == 2 and np.ndim(a) > 1 and axis is None):
        raise SymbolsLost("this norm has no meaning in symbols")
    return FUNCTIONS["norm"](a, axis, keepdims)


REDUCTIONS: dict[str, Callable[..., Array]] = {
    "add": FUNCTIONS["sum"], "multiply": FUNCTIONS["prod"], "maximum": FUNCTIONS["max"], "minimum": FUNCTIONS["min"],
    "logical_and": folded(s.both, True), "logical_or": folded(s.either, False),  # noqa: FBT003
}  # fmt: skip
_DIRECT = [
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "square",
    "reciprocal", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh",
    "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "abs", "absolute", "fabs", "sign",
    "floor", "maximum", "minimum", "hypot", "matmul", "add", "subtract", "multiply", "divide",
    "true_divide", "power", "negative", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
    "logical_and", "logical_or", "logical_not",
]  # fmt: skip
RULES: dict[str, Callable[..., Array]] = {name: FUNCTIONS[ALIASES.get(name, name)] for name in _DIRECT} | {
    "floor_divide": FUNCTIONS["floor_divide"], "remainder": FUNCTIONS["remainder"],
    "positive": lambda a: a, "float_power": FUNCTIONS["pow"], "fmax": FUNCTIONS["maximum"],
    "fmin": FUNCTIONS["minimum"],
    "bitwise_and": FUNCTIONS["logical_and"], "bitwise_or": FUNCTIONS["logical_or"], "invert": FUNCTIONS["logical_not"],
    "exp2": each(lambda a: s.lift(2) ** a), "clip": _clip, "conjugate": lambda a: a,
    "logaddexp": each(lambda a, b: f.log(f.exp(a) + f.exp(b)), 2), "isfinite": each(lambda _: s.TRUE),
    "isnan": each(lambda _: s.FALSE), "isinf": each(lambda _: s.FALSE),
    "heaviside": each(lambda a, b: s.where(s.equal(a, 0), b, s.where(a > 0, 1, 0)), 2),
}  # fmt: skip
TRUTHS = {"logical_and", "logical_or", "logical_not"}
BOOLEAN = TRUTHS | {
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "equal",
    "not_equal",
    "isfinite",
    "isnan",
    "isinf",
}
BITWISE = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert"}
EITHER_ALONE = each(lambda a, b: s.either(s.both(a, s.negation(b)), s.both(s.negation(a), b)), 2)
OF_CONDITIONS: dict[str, Callable[..., Array] | None] = {
    "add": FUNCTIONS["logical_or"], "maximum": FUNCTIONS["logical_or"], "multiply": FUNCTIONS["logical_and"],
    "minimum": FUNCTIONS["logical_and"], "not_equal": EITHER_ALONE, "bitwise_xor": EITHER_ALONE,
    "equal": each(lambda a, b: s.either(s.both(a, b), s.both(s.negation(a), s.negation(b))), 2),
    "subtract": None, "negative": None, "reciprocal": None, "positive": None, "sign": None, "matmul": None,
}  # fmt: skip
OF_CONDITIONS_FOLDED = {"maximum": "logical_or", "minimum": "logical_and"}
SHOWING = {  # what tells code of values that are not known
    "array_equal", "array_equiv", "allclose", "isclose", "array_repr", "array_str", "array2string", "ix_", "angle",
    "nonzero", "argwhere", "flatnonzero", "save", "savetxt", "unique",
}  # fmt: skip
COUNTING = {"dot", "vdot", "inner", "outer", "einsum", "tensordot", "kron", "cross", "trace", "convolve", "correlate"}
WHOLE: dict[str, Callable[..., Array]] = {"where": _where, "clip": _clip, "norm": _norm, "dot": FUNCTIONS["dot"]}

for _name in ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh"]:
    setattr(Sym, _name, lambda self, n=_name: function(n)(self))  # np.exp of a single entry asks it for .exp()
for _name, _rule in (("arctan", "atan"), ("arcsin", "asin"), ("arccos", "acos")):
    setattr(Sym, _name, lambda self, n=_rule: function(n)(self))
setattr(Sym, "sqrt", f.sqrt)  # noqa: B010  (for single entries too)


def symbolic(inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Inputs as code is given them: fresh arrays of symbols, and labels as they are."""
    return {name: wrapped(a.copy()) if a.dtype == object else a for name, a in inputs.items()}
