"""Indexing as in NumPy: what a key of integers, slices, known arrays and nodes means."""

from __future__ import annotations

from math import prod
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.constants import ConstantArray
from graphgrad.core.shapes import Misfit, Slice, show
from graphgrad.frontend.language.static import written_out

ENTRIES = 10_000_000  # of an array that known indices may be counted in


class Indices(NamedTuple):
    """A node that stands in an index."""

    node: int


def indexed(builder: Builder, node: int, key: tuple[Any, ...]) -> int:
    """Give the entries of a node at a key; Misfit where NumPy has none, or only the values of a run would tell.

    Parts of a key are integers, slices, None, an ellipsis, known arrays of integers or conditions, and `Indices`.
    """
    shape, parts = builder.nodes[node].shape, [_known(builder, part) for part in key]
    if not any(isinstance(part, np.ndarray | Indices) for part in parts):
        written = written_out([_slice(part) for part in parts], len(shape))
        return builder.apply("index", node, key=written) if written else node
    if any(isinstance(part, Indices) and builder.nodes[part.node].dtype == "bool" for part in parts):
        raise Misfit("how many entries a condition picks is not known here; write where(condition, a, 0)")
    if not any(isinstance(part, np.ndarray) and part.dtype == bool for part in parts):
        whole: tuple[Any, ...] = written_out(parts, len(shape))
        chosen = [axis for axis, part in enumerate(whole) if not _is_all(part)]
        if len(chosen) == 1 and chosen[0] < len(shape):
            (axis,) = chosen
            return builder.apply("take", node, _indices(builder, whole[axis], shape[axis]), axis=axis)
        if len(whole) == 2 == len(shape) and isinstance(whole[1], Indices) and _counts(whole[0], shape[0]):
            return builder.apply("pick", node, whole[1].node)
    if any(isinstance(part, Indices) for part in parts):
        raise Misfit("one array of integers, x[i] or x[:, i], takes entries; x[np.arange(n), labels] takes one a row")
    return _at_places(builder, node, tuple(parts))


def _at_places(builder: Builder, node: int, key: tuple[Any, ...]) -> int:
    """Entries at known places, by their number in the array."""
    shape = builder.nodes[node].shape
    sizes = [size for size in shape if isinstance(size, int)]
    if len(sizes) < len(shape) or prod(sizes) > ENTRIES:
        raise Misfit(f"known indices want an array of known size, not {show(shape)}")
    plain = tuple(slice(*part) if isinstance(part, Slice) else part for part in key)
    try:
        places = np.arange(prod(sizes)).reshape(sizes)[plain]
    except IndexError as error:
        raise Misfit(str(error)) from None
    return builder.apply("take", node, builder.const(ConstantArray(places)), axis=None)


def _is_all(part: Any) -> bool:
    return isinstance(part, slice | Slice) and (part == slice(None) or part == Slice(None, None, None))


def _known(builder: Builder, part: Any) -> Any:
    """A part of a key, a constant by its value."""
    if isinstance(part, Indices) and builder.nodes[part.node].op == "const":
        part = builder.nodes[part.node].value
        part = part.array if isinstance(part, ConstantArray) else part
    if isinstance(part, list | np.ndarray):
        array = np.asarray(part)
        array = array.astype(np.int64) if not array.size and array.dtype == float else array
        if array.dtype.kind not in "biu":
            raise Misfit("indices must be integers, slices or conditions")
        return array
    if isinstance(part, bool) or not isinstance(part, int | np.integer | slice | Slice | Indices | EllipsisType | None):
        raise Misfit("indices must be known integers or slices; one array of integers, x[i], takes rows")
    return int(part) if isinstance(part, np.integer) else part


def _slice(part: Any) -> Any:
    """A slice by its ends, which are known integers."""
    if not isinstance(part, slice):
        return part
    ends = (part.start, part.stop, part.step)
    if any(end is not None and (isinstance(end, bool) or not isinstance(end, int | np.integer)) for end in ends):
        raise Misfit("indices must be known integers or slices; one array of integers, x[i], takes rows")
    return Slice(*(None if end is None else int(end) for end in ends))


def _indices(builder: Builder, part: Any, size: int | str) -> int:
    """The node of an index."""
    if isinstance(part, Indices):
        return part.node
    if isinstance(size, int) and ((part >= size) | (part < -size)).any():
        raise Misfit(f"an index is out of range for {size} entries")
    return builder.const(ConstantArray(np.asarray(part)))


def _counts(part: Any, size: int | str) -> bool:
    """Whether an index counts the rows."""
    rows = size if isinstance(size, int) else np.size(part)
    return isinstance(part, np.ndarray) and np.array_equal(part, np.arange(rows))
