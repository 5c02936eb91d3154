"""Handles: what a captured function computes with. They look like arrays, have a shape, and hold no values."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from types import EllipsisType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from graphgrad.core.builder import Builder
from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.op import Op
from graphgrad.core.ops import NAMES
from graphgrad.core.shapes import Key, Misfit, Shape, Slice, show
from graphgrad.frontend.lower import application
from graphgrad.frontend.refusals import meant
from graphgrad.frontend.static import refusal, written_out

ENTRIES = 64  # of a constant array that is not all one value; beyond, it is data, and belongs into an input


class Handle(NDArrayOperatorsMixin):
    """A node of the graph that is being captured."""

    def __init__(self, builder: Builder, node: int) -> None:
        self.builder, self.node = builder, node

    @property
    def shape(self) -> Shape:
        """Sizes: numbers, and named dimensions, with which arithmetic can be done too."""
        sizes = self.builder.nodes[self.node].shape
        return tuple([Size(self.builder, size) if isinstance(size, str) else size for size in sizes])

    @property
    def ndim(self) -> int:
        """How many dimensions there are."""
        return len(self.shape)

    @property
    def size(self) -> Any:
        """How many entries there are: a number, or a handle where a dimension has only a name."""
        return math.prod(self.shape) if all(isinstance(n, int) for n in self.shape) else self.apply("size", self)

    @property
    def T(self) -> Handle:
        """The transpose."""
        return self.apply("transpose", self)

    @property
    def mT(self) -> Handle:
        """The transpose of the last two axes."""
        return self.apply("swap", self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """Answer `np.log(x)`, and every operator."""
        if ufunc is np.positive:
            return self
        if method != "__call__":
            raise UsageError(f"np.{ufunc.__name__}.{method} cannot be captured", hint=_ALONG_AXES)
        if keywords.pop("out", None) is not None and self.shape:  # a number's `s += x` is `s = s + x`
            raise UsageError("changing an array in place cannot be captured", hint="write s = s + x for s += x")
        if keywords:
            raise _unknown_keyword(ufunc.__name__, next(iter(keywords)))
        return self.apply(ufunc.__name__, *inputs)

    def __array_function__(self, function: Callable[..., Any], _: Any, args: Any, keywords: dict[str, Any]) -> Any:
        """Answer `np.sum(x, axis=0)` and NumPy's other functions of arrays."""
        if function is np.shape:
            return self.shape
        if function is np.ndim:
            return self.ndim
        row = _row(function.__name__)
        try:
            parameters = inspect.signature(function).parameters
            given = inspect.signature(function).bind(*args, **keywords).arguments
        except ValueError:  # a function in C, of an early NumPy: its parameters stand in the row's order
            return self.apply(row.name, *args, **keywords)
        operands = [given.pop(name) for name in list(parameters)[: len(row.operands)] if name in given]
        named = {_RENAMED.get(name, name): value for name, value in given.items()
                 if name in row.attrs or value is not parameters[name].default}  # fmt: skip
        return self.apply(row.name, *operands, **named)

    def apply(self, name: str, /, *arguments: Any, **keywords: Any) -> Handle:
        """Apply the row of that name to operands and attributes, in the order of the row's notation."""
        row, builder = _row(name), self.builder
        operands = list(arguments[: len(row.operands)])
        if len(operands) < len(row.operands):
            raise UsageError(f"{row.notation} takes {len(row.operands)} operands, got {len(operands)}")
        attrs = _attributes(row, list(arguments[len(operands) :]), keywords)
        nodes = [node_of(builder, part) for part in (operands[0] if row.variadic else operands)]
        return self._made(row, nodes, attrs)

    def _made(self, row: Op, nodes: list[int], attrs: dict[str, Any]) -> Handle:
        try:
            return Handle(self.builder, application(self.builder, row, nodes, attrs))
        except Misfit as misfit:
            raise ShapeError(str(misfit)) from None

    def __getattr__(self, name: str) -> Callable[..., Handle]:
        """Any function of the table, as a method: `x.sum(axis=0)`, `x.relu()`."""
        if name.startswith("_"):
            raise AttributeError(name)
        row = _row(name)
        return lambda *arguments, **keywords: self.apply(row.name, self, *arguments, **keywords)

    def __getitem__(self, key: Any) -> Handle:
        """Answer x[0, 1:], x[indices], and the labelled entry of every row, x[np.arange(n), labels]."""
        match key:
            case Handle():
                return self._made(NAMES["take"], [self.node, key.node], {"axis": 0})
            case (np.ndarray() as rows, Handle() as labels) if np.array_equal(rows, np.arange(len(self))):
                return self.apply("pick", self, labels)
        return self._made(NAMES["index"], [self.node], {"key": _key(key, self.ndim)})

    def __len__(self) -> int:
        """The size of the first dimension."""
        size = self.shape[0] if self.shape else None
        if not isinstance(size, int):
            raise UsageError(f"an array of shape {show(self.shape)} has no known length", hint=_ALONG_AXES)
        return size

    def __iter__(self) -> Iterator[Handle]:
        return iter([self[i] for i in range(len(self))])

    def __bool__(self) -> NoReturn:
        raise UsageError("a captured value is neither true nor false", hint=_BRANCH)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UsageError(
            "a captured value is no number yet", hint="use np.sin, not math.sin; np.stack([x, y]), not np.array"
        )

    __float__ = __int__ = __complex__ = __index__ = __round__ = __array__ = _refuse

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise UsageError("changing an array in place cannot be captured", hint="np.where, or np.concatenate of parts")

    def __repr__(self) -> str:
        return f"<array of shape {show(self.shape)}, being captured>"


class Size(NDArrayOperatorsMixin, str):  # noqa: SLOT000  (one attribute, declared below)
    """A named dimension of a handle's shape: a name, and in arithmetic the number that it stands for."""

    builder: Builder

    def __new__(cls, builder: Builder, name: str) -> Self:  # noqa: D102
        self = super().__new__(cls, name)
        self.builder = builder
        return self

    __eq__, __ne__, __hash__ = str.__eq__, str.__ne__, str.__hash__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """Answer `1 / x.shape[0]`."""
        return Handle(self.builder, _size(self.builder, self)).__array_ufunc__(ufunc, method, *inputs, **keywords)


def node_of(builder: Builder, value: Any) -> int:
    """Give the node of a handle, of a constant, or of a small array of both."""
    if isinstance(value, Handle):
        if value.builder is not builder:
            raise UsageError("this value belongs to another captured function", hint="make it a parameter")
        return value.node
    if isinstance(value, str):
        return _size(builder, value)
    if isinstance(value, list | tuple) and any(isinstance(part, Handle | list | tuple) for part in value):
        return application(builder, NAMES["stack"], [node_of(builder, part) for part in value], {"axis": 0})
    array = np.asarray(value)
    if array.dtype.kind not in "bifu":
        raise UsageError(f"{value!r} is no number")
    if not array.ndim:
        return _constant(builder, array.item())
    first = array.flat[0] if array.size else np.float64(0)
    if (array == first).all() and (np.signbit(array) == np.signbit(first)).all():
        return builder.apply("broadcast_to", _constant(builder, first.item()), shape=array.shape)
    if array.size > ENTRIES:
        raise UsageError(f"an array of {array.size} numbers is no constant of a formula", hint="make it a parameter")
    return application(builder, NAMES["stack"], [node_of(builder, part) for part in array], {"axis": 0})


def _size(builder: Builder, name: str) -> int:
    """The size of a named dimension, as it stands in `x.shape`."""
    for node in builder.inputs.values():
        shape = builder.nodes[node].shape
        if name in shape:
            return application(builder, NAMES["size"], [node], {"axis": shape.index(name)})
    raise UsageError(f"{name!r} is no number")


def _constant(builder: Builder, value: float) -> int:
    """A number; one that equals np.pi or np.e to the last bit is meant to be it."""
    value = int(value) if isinstance(value, bool) else value
    if not abs(value) <= _LARGEST:
        raise UsageError(f"{value} is no number of a formula")
    return builder.const(_NAMED.get(value, value))


def _row(name: str) -> Op:
    row = NAMES.get(name)
    if row is None:
        raise UsageError(f"'{name}' cannot be captured: it is not in the table", hint=meant(name))
    return row


def _attributes(row: Op, positional: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """The static attributes of a call, completed by the row's defaults."""
    if len(positional) > len(row.attrs) == 1:
        positional = [tuple(positional)]  # x.reshape(2, 3), as in NumPy
    if len(positional) > len(row.attrs):
        raise UsageError(
            f"{row.notation} takes {len(row.operands)} operands, got {len(row.operands) + len(positional)}"
        )
    attrs = dict(row.attrs)
    for name, value in [*zip(row.attrs, positional, strict=False), *keywords.items()]:
        if name not in attrs:
            raise _unknown_keyword(row.name, name)
        attrs[name] = _static(value)
        if attrs[name] is not row.attrs[name] and (refused := refusal(name, attrs[name])):
            raise UsageError(refused)
    if missing := [name for name in row.required if attrs[name] is None]:
        raise UsageError(f"{row.name} needs {missing[0]}=")
    return attrs


def _static(value: Any) -> Any:
    """An attribute as nodes keep it: numbers as Python's, lists as tuples, slices by their ends."""
    match value:
        case np.generic():
            return value.item()
        case str():
            return str(value)
        case tuple() | list():
            return tuple(map(_static, value))
        case slice():
            return Slice(value.start, value.stop, value.step)
    return value


def _key(key: Any, rank: int) -> Key:
    parts: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        match part:
            case slice():
                parts.append(
                    Slice(*(None if end is None else _index(end) for end in (part.start, part.stop, part.step)))
                )
            case None | EllipsisType():
                parts.append(part)
            case _:
                parts.append(_index(part))
    return written_out(parts, rank)


def _index(part: Any) -> int:
    if isinstance(part, int | np.integer) and not isinstance(part, bool):
        return int(part)
    raise UsageError("indices must be known integers or slices", hint="one array of integers, x[i], takes rows")


def _unknown_keyword(name: str, keyword: str) -> UsageError:
    known = ", ".join(NAMES[name].attrs) if name in NAMES else ""
    return UsageError(f"{name}(..., {keyword}=) cannot be captured", hint=f"{name} has {known}" if known else "")


_NAMED = {float(constant): constant for constant in CONSTANTS.values()}
_LARGEST = np.finfo(float).max
_RENAMED = {"newshape": "shape"}  # NumPy 2.0
_BRANCH = "for if, and, or, max(x, y) use np.where, &, |, np.maximum"
_ALONG_AXES = "functions with axis=, such as np.sum, work on whole arrays"
