"""The words of the table's column `onnx`: ONNX's operators, and what slices, axes and sizes are in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import TargetError
from graphgrad.core.op import Op
from graphgrad.core.shapes import Shape, Slice

_END = np.iinfo(np.int64).max


class Given(NamedTuple):
    """An operand: the name of a tensor in the model, and its shape."""

    label: str
    shape: Shape


class Integers(NamedTuple):
    """A constant vector of integers."""

    values: tuple[int, ...]


class Numbers(NamedTuple):
    """A constant vector of numbers."""

    values: tuple[float, ...]


class Call(NamedTuple):
    """An operator applied to operands, calls, numbers and integers; attributes that are None are left out.

    `domain` is that of operators besides ONNX's own, such as those on words.
    """

    op: str
    operands: tuple[Any, ...]
    attrs: Mapping[str, Any]
    domain: str = ""


def meaning(row: Op, operands: list[Given], attrs: Mapping[str, Any], types: Mapping[str, int]) -> Call:
    """Give the operator that a row is in ONNX; `types` numbers the types `floats` and `whole`."""
    named = {row.operands[0]: operands} if row.variadic else dict(zip(row.operands, operands, strict=True))
    call: Call = eval(row.onnx, {"__builtins__": {}}, _Words({**_WORDS, **types, **attrs, **named}))  # noqa: S307  (text of a table)
    return call


class _Words(dict[str, Any]):
    """What is no word is the name of an operator."""

    def __missing__(self, name: str) -> Callable[..., Call]:
        return lambda *operands, **attrs: Call(name, operands, attrs)


def _indexed(a: Any, key: tuple[Any, ...]) -> Call:
    """Slice all axes, an integer being a slice of one; then drop those axes, and add the new ones."""
    axis, slices, dropped, kept = 0, list[tuple[int, int, int, int]](), list[int](), list[bool]()
    for part in key:
        if part is None:
            kept.append(False)
            continue
        if isinstance(part, Slice):
            slices.append((*_ends(part), axis, part.step or 1))
            kept.append(True)
        else:
            slices.append((part, part + 1 or _END, axis, 1))
            dropped.append(axis)
        axis += 1
    kept += [True] * (len(a.shape) - axis)
    new = [place for place, old in enumerate(kept) if not old]
    sliced = Call("Slice", (a, *[Integers(column) for column in zip(*slices, strict=True)]), {}) if slices else a
    squeezed = Call("Squeeze", (sliced, Integers(tuple(dropped))), {}) if dropped else sliced
    return Call("Unsqueeze", (squeezed, Integers(tuple(new))), {}) if new else squeezed


def _ends(part: Slice) -> tuple[int, int]:
    """The first place and the one after the last, of a slice that may leave them out."""
    back = (part.step or 1) < 0
    first = (_END if back else 0) if part.start is None else part.start
    return first, (-_END if back else _END) if part.stop is None else part.stop


def _swapped(a: Given) -> list[int]:
    rank = len(a.shape)
    return [*range(rank - 2), rank - 1, rank - 2]


def _listed(axis: int | tuple[int, ...] | None) -> list[int] | None:
    return None if axis is None else list(axis) if isinstance(axis, tuple) else [axis]


def _axes_of(axis: int | tuple[int, ...] | None) -> tuple[Integers, ...]:
    """Axes as an operand; none where all are meant."""
    axes = _listed(axis)
    return (Integers(tuple(axes)),) if axes else ()


def _sizes(shape: Any) -> Integers:
    sizes = [-1 if isinstance(size, str) else size for size in (shape if isinstance(shape, tuple) else (shape,))]
    if sizes.count(-1) > 1:
        raise TargetError(f"ONNX cannot reshape to {shape}: it finds out one size, not two")
    return Integers(tuple(sizes))


def _extents(shape: Any) -> Integers:
    """What to broadcast to; 1 leaves a named size as it is."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    return Integers(tuple([1 if isinstance(size, str) else size for size in sizes]))


_WORDS: dict[str, Any] = {
    "indexed": _indexed, "swapped": _swapped, "listed": _listed, "axes_of": _axes_of, "sizes": _sizes,
    "extents": _extents, "flat": lambda a: Call("Reshape", (a, Integers((-1,))), {}), "float": float,
}  # fmt: skip
