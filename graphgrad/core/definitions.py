"""Definitions that depend on shapes or attributes: each gives text in the language, or None to stay a node."""

from __future__ import annotations

from math import prod
from typing import Any

from graphgrad.core.shapes import Shape, normal_axes


def dot_by_rank(shapes: tuple[Shape, ...], _: dict[str, Any]) -> str:
    """NumPy's dot: a product with a scalar, a matrix product, or a sum over a's last and b's second to last axis."""
    a, b = map(len, shapes)
    if not a or not b:
        return "a * b"
    if b <= 2:
        return "a @ b"
    if a == 1:
        return "sum(reshape(a, shape=(-1, 1)) * b, axis=-2)"
    columns = tuple(range(a - 1, a - 1 + b - 2))  # b's leading axes stand between a's leading ones and the product's
    between = "[" + ", ".join([":"] * (a - 2) + ["None"] * (b - 2) + [":", ":"]) + "]"
    order = (*range(a - 2), a + b - 4, *(i - 1 for i in columns), a + b - 3)
    return f"transpose(a{between} @ b, axes={order})"


def size_if_known(shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> str | None:
    """The number of entries as a constant, where no dimension is only a name."""
    (a,) = shapes
    sizes = [a[i] for i in normal_axes(attrs["axis"], len(a))]
    return None if any(isinstance(s, str) for s in sizes) else str(prod(s for s in sizes if isinstance(s, int)))


def mean_square_deviation(shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> str:
    """The mean square of the deviations from the mean, over as many entries less `ddof`."""
    squares = "square(a - mean(a, axis=axis, keepdims=True))"
    if not attrs["ddof"]:
        return f"mean({squares}, axis=axis, keepdims=keepdims)"
    return f"sum({squares}, axis=axis, keepdims=keepdims) / ({_degrees_of_freedom(shapes, attrs)})"


def _degrees_of_freedom(shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> str:
    known = size_if_known(shapes, attrs)
    if known:
        return str(max(int(known) - attrs["ddof"], 0))  # as in NumPy
    return "size(a, axis=axis) - ddof" if attrs["ddof"] else "size(a, axis=axis)"


def transpose_of_matrix(shapes: tuple[Shape, ...], _: dict[str, Any]) -> str | None:
    """For a matrix, exchanging the last two axes is transposing; one spelling lets both be shared."""
    return "transpose(a)" if len(shapes[0]) == 2 else None


def swapaxes_by_rank(shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> str:
    """A transposition of two axes."""
    rank = len(shapes[0])
    (i,), (j,) = (normal_axes(attrs[k], rank) for k in ("axis1", "axis2"))
    order = [*range(rank)]
    order[i], order[j] = j, i
    return "transpose(a)" if rank == 2 and i != j else f"transpose(a, axes={tuple(order)})"


def prod_by_axes(shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> str | None:
    """Product over several axes, one after the other; the row itself knows one axis, or all."""
    if not isinstance(attrs["axis"], tuple):
        return None
    text, axes = "a", normal_axes(attrs["axis"], len(shapes[0]))
    for axis in axes:
        text = f"prod({text}, axis={axis}, keepdims=True)"
    return text if attrs["keepdims"] else f"squeeze({text}, axis={axes})"


def coprod_by_masking(shapes: tuple[Shape, ...], attrs: dict[str, Any]) -> str:
    """Each entry's product of all the others: mask the entry itself by 1, and multiply. Never divides."""
    rank = len(shapes[0])
    if not rank:
        return "1"
    if attrs["axis"] is None:
        return "reshape_like(coprod(reshape(a, shape=-1), axis=0), a)" if rank > 1 else _along(0, 1)
    return _along(attrs["axis"] % rank, rank)


def _along(axis: int, rank: int) -> str:
    order = (*range(axis), rank - 1, *range(axis, rank - 1))
    masked = f"where(eye_mask(a, axis={axis}), 1, expand_dims(a, axis=-1))"
    return f"transpose(prod({masked}, axis={axis}), axes={order})"
