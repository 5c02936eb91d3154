"""NumPy as somebody's code finds it while symbols go through: arrays that it makes of floats can take symbols, too."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from graphgrad.proof.readings.numpy_arrays import SymbolArray, wrapped

Function = Callable[..., Any]
REAL = (np.dtype(np.float64), np.dtype(object))


def of_symbols(code: Function) -> Function:
    """The same code, where NumPy's makers of arrays make arrays of symbols: `np.zeros(3)` can be written into.

    Functions of the code's own package that it calls find NumPy so, too. All else that it finds is what it was; what it
    assigns to global names is kept from it.
    """
    rebound: Function = Rebinding(code).of(code)
    return rebound


class Rebinding:
    """Functions of one package with other meanings of the names that they look up."""

    def __init__(self, code: Function) -> None:
        self.package = _package(code)
        self.functions: dict[int, FunctionType] = {}
        self.spaces: dict[int, dict[str, Any]] = {}

    def of(self, value: Any) -> Any:
        """What a value is to code that has symbols."""
        if value is np:
            return NUMPY
        if isinstance(value, FunctionType):
            maker = MAKERS.get(value.__name__)
            if maker is not None and value is getattr(np, value.__name__):
                return maker
            return self._function(value) if _package(value) == self.package else value
        if isinstance(value, MethodType):
            return MethodType(self.of(value.__func__), value.__self__)
        if isinstance(value, functools.partial):
            return functools.partial(self.of(value.func), *value.args, **value.keywords)
        built_in = MAKERS.get(getattr(value, "__name__", "")) if callable(value) else None
        return built_in if built_in and value is getattr(np, value.__name__) else value

    def _function(self, function: FunctionType) -> FunctionType:
        if id(function) in self.functions:
            return self.functions[id(function)]
        space = self.spaces.setdefault(id(function.__globals__), dict(function.__globals__))
        cells = [CellType() for _ in function.__closure__ or ()]
        rebound = FunctionType(
            function.__code__, space, function.__name__, function.__defaults__, tuple(cells) if cells else None
        )
        rebound.__kwdefaults__ = function.__kwdefaults__
        self.functions[id(function)] = rebound
        for name in _names(function.__code__):
            if name in function.__globals__:
                space[name] = self.of(function.__globals__[name])
        for cell, old in zip(cells, function.__closure__ or (), strict=True):
            if _filled(old):
                cell.cell_contents = self.of(old.cell_contents)
        return rebound


def _package(code: Any) -> str:
    return str(getattr(code, "__module__", None)).partition(".")[0]


def _names(code: CodeType) -> set[str]:
    """Every name that code, or a function inside it, looks up."""
    return set(code.co_names).union(*(_names(c) for c in code.co_consts if isinstance(c, CodeType)))


def _filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _of_floats(make: Function) -> Function:
    """NumPy's maker of an array: of floats, one that takes symbols; of labels, its own."""

    @functools.wraps(make)
    def made(*given: Any, **options: Any) -> Any:
        return _taking_symbols(make(*given, **options))

    return made


def _of_values(make: Function) -> Function:
    """NumPy's conversion into an array, where symbols are among the values."""

    @functools.wraps(make)
    def made(values: Any, dtype: Any = None, **options: Any) -> Any:
        bare = _bare(values)
        if np.asarray(bare).dtype != object:
            return _taking_symbols(make(values, dtype=dtype, **options))
        found = wrapped(np.array(bare, dtype=object))
        return found if dtype is None or np.dtype(dtype) == object else found.astype(dtype)

    return made


def _taking_symbols(found: Any) -> Any:
    return wrapped(found) if found.dtype in REAL else found


def _bare(values: Any) -> Any:
    """Values as NumPy's own conversion takes them: entries of arrays of symbols as what they are."""
    if isinstance(values, SymbolArray):
        return values.view(np.ndarray)[()]
    return [_bare(value) for value in values] if isinstance(values, list | tuple) else values


def _empty(shape: Any, dtype: Any = float, **_: Any) -> Any:
    """Nothing, until it is written into."""
    return wrapped(np.empty(shape, dtype=object)) if np.dtype(dtype) in REAL else np.empty(shape, dtype)


MAKERS: dict[str, Function] = {
    **{n: _of_floats(getattr(np, n)) for n in (
        "zeros", "ones", "full", "eye", "identity", "zeros_like", "ones_like", "full_like")},
    **{n: _of_values(getattr(np, n)) for n in ("array", "asarray", "ascontiguousarray", "asanyarray")},
    "empty": _empty,
}  # fmt: skip


class _SymbolsNumpy(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


NUMPY = _SymbolsNumpy("numpy")
vars(NUMPY).update(MAKERS)
