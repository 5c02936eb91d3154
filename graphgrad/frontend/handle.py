"""Handles: what a captured function computes with. They look like arrays, have a shape, and hold no values."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from graphgrad.core.builder import Builder
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.op import Op
from graphgrad.core.ops import NAMES
from graphgrad.core.shapes import Misfit, Shape, Slice, show
from graphgrad.frontend.language.indexing import Indices, indexed
from graphgrad.frontend.language.literals import constant
from graphgrad.frontend.language.numpy_meaning import (
    by_keyword,
    kept,
    listed,
    meant,
    operand_names,
    operands_as_in_numpy,
    parameters,
    unbounded,
)
from graphgrad.frontend.language.refusals import meant as meant_by_name
from graphgrad.frontend.language.static import refusal
from graphgrad.frontend.lower import application


class Handle(NDArrayOperatorsMixin):
    """A node of the graph that is being captured."""

    def __init__(self, builder: Builder, node: int) -> None:
        self.builder, self.node = builder, node

    @property
    def shape(self) -> Shape:
        """Sizes: numbers, and named dimensions, with which arithmetic can be done too."""
        sizes = self.builder.nodes[self.node].shape
        return tuple([NamedSize(self.builder, size) if isinstance(size, str) else size for size in sizes])

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
        if ufunc is np.positive and method == "__call__":
            return self._positive()
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
        name = function.__name__
        row = _row(name)
        try:
            known = inspect.signature(function).parameters
            given = inspect.signature(function).bind(*args, **keywords).arguments
        except ValueError:  # a function in C, of an early NumPy: its parameters stand in the row's order
            return self.apply(name, *args, **keywords)
        operands = [given.pop(name) for name in list(known)[: len(row.operands)] if name in given]
        named = {_RENAMED.get(name, name): value for name, value in given.items()
                 if name in row.attrs or value is not known[name].default}  # fmt: skip
        return self.apply(name, *operands, **named)

    def _positive(self) -> Handle:
        if self.builder.nodes[self.node].dtype == "bool":
            raise ShapeError("+a is no operation on conditions", hint="write 1.0 * a")
        return self

    def apply(self, name: str, /, *arguments: Any, **keywords: Any) -> Handle:
        """Apply the row of that name to operands and attributes, in the order of the row's notation."""
        row, builder = _row(name), self.builder
        operands: dict[str, Any] = dict(zip(row.operands, arguments, strict=False))
        operands |= by_keyword(row, keywords)
        keywords = {k: v for k, v in keywords.items() if k not in operand_names(row)}
        if len(operands) < len(row.operands):
            raise UsageError(f"{row.notation} takes {len(row.operands)} operands, got {len(operands)}")
        attrs = _attributes(row, list(arguments[len(row.operands) :]), keywords)
        given: list[Any] = [unbounded(row, name) if operands[name] is None else operands[name] for name in row.operands]
        nodes = [node_of(builder, part) for part in (given[0] if row.variadic else given)]
        nodes = operands_as_in_numpy(builder, name, row, nodes)
        return self._made(row, nodes, attrs)

    def _made(self, row: Op, nodes: list[int], attrs: dict[str, Any]) -> Handle:
        try:
            found = meant(self.builder, row, nodes)
            return Handle(self.builder, application(self.builder, row, nodes, attrs) if found is None else found)
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
        parts = tuple(Indices(node_of(self.builder, p)) if isinstance(p, Handle) else p
                      for p in (key if isinstance(key, tuple) else (key,)))  # fmt: skip
        try:
            return Handle(self.builder, indexed(self.builder, self.node, parts))
        except Misfit as misfit:
            made = self.builder.nodes[self.node]
            undeclared = made.op == "input" and not made.shape
            hint = (
                f"declare its shape, as in {made.value}=(2, 3), or {made.value}=[(2, 3), (3,)] of a list" * undeclared
            )
            raise ShapeError(str(misfit), hint=hint) from None

    def copy(self) -> Handle:
        """Give the same values: nothing is changed in place."""
        return self

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


class NamedSize(NDArrayOperatorsMixin, str):  # noqa: SLOT000  (one attribute, declared below)
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
    """Give the node of a handle, of a constant, of an array of constants, or of a list with handles among them."""
    if isinstance(value, Handle):
        if value.builder is not builder:
            raise UsageError("this value belongs to another captured function", hint="make it a parameter")
        return value.node
    if isinstance(value, str):
        return _size(builder, value)
    if isinstance(value, list | tuple) and any(isinstance(part, Handle | list | tuple) for part in value):
        return application(builder, NAMES["stack"], [node_of(builder, part) for part in value], {"axis": 0})
    return constant(builder, value)


def _size(builder: Builder, name: str) -> int:
    """The size of a named dimension, as it stands in `x.shape`."""
    for node in builder.inputs.values():
        shape = builder.nodes[node].shape
        if name in shape:
            return application(builder, NAMES["size"], [node], {"axis": shape.index(name)})
    raise UsageError(f"{name!r} is no number")


def _row(name: str) -> Op:
    row = NAMES.get(name)
    if row is None:
        raise UsageError(f"'{name}' cannot be captured: it is not in the table", hint=meant_by_name(name))
    return row


def _attributes(row: Op, positional: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """The static attributes of a call, completed by the row's defaults."""
    order = parameters(row)
    if len(positional) > 1 and order[0] in {"shape", "axes"} and all(map(_whole, positional)):
        positional = [tuple(positional)]  # x.reshape(2, 3), as in NumPy
    if len(positional) > len(order):
        count = len(row.operands) + len(positional)
        raise UsageError(f"{row.notation} takes {len(row.operands)} operands, got {count}")
    if twice := [name for name in order[: len(positional)] if name in keywords]:
        raise UsageError(f"{row.name} is given {twice[0]} twice")
    attrs = dict(row.attrs)
    for name, value in kept(row, dict(zip(order, positional, strict=False)) | keywords).items():
        if listed(row, name, value):
            raise UsageError("axis must be an integer, a tuple of integers, or None")
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


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer | str) and not isinstance(value, bool)


def _unknown_keyword(name: str, keyword: str) -> UsageError:
    known = ", ".join(NAMES[name].attrs) if name in NAMES else ""
    return UsageError(f"{name}(..., {keyword}=) cannot be captured", hint=f"{name} has {known}" if known else "")


_RENAMED = {"newshape": "shape"}  # NumPy 2.0
_BRANCH = "for if, and, or, max(x, y) use np.where, &, |, np.maximum"
_ALONG_AXES = "functions with axis=, such as np.sum, work on whole arrays"
