"""Shapes: tuples of sizes, where a size is an int or the name of a dimension, and the rules for every operation.

A rule takes the shapes of the operands and the static attributes, and gives the shape of the result; it raises
`Misfit` with a sentence where shapes do not fit. Named dimensions are equal only to themselves.
"""

from __future__ import annotations

import keyword
import unicodedata
from math import prod
from typing import Any, NamedTuple

Size = int | str
Shape = tuple[Size, ...]
Attrs = dict[str, Any]


class Misfit(ValueError):  # noqa: N818  (the error that users see is ShapeError)
    """Shapes that do not fit; becomes a ShapeError where the place in the text is known."""


class Slice(NamedTuple):
    """One slice of an index: hashable, unlike Python's own before 3.12."""

    start: int | None
    stop: int | None
    step: int | None


Key = tuple[int | Slice | None, ...]  # an index, its ellipsis already written out


def runtime(value: Any) -> Any:
    """Give a static attribute as NumPy wants it: slices as slices, a named size as -1."""
    match value:
        case Slice():
            return slice(*value)
        case str():
            return -1
        case tuple():
            return tuple(runtime(part) for part in value)
    return value


def show(shape: Shape) -> str:
    """Write a shape as NumPy does.

    >>> show(("N", 2)), show((3,)), show(())
    ('(N, 2)', '(3,)', '()')
    """
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def broadcast(*shapes: Shape) -> Shape:
    """Give the common shape under NumPy's broadcasting.

    >>> broadcast(("N", 1), (3,))
    ('N', 3)
    """
    if len(set(shapes)) == 1:
        return shapes[0]
    rank = max(map(len, shapes))
    result: list[Size] = []
    for sizes in zip(*((1,) * (rank - len(s)) + s for s in shapes), strict=True):
        real = [s for s in dict.fromkeys(sizes) if s != 1]
        if len(real) > 1:
            both = " and ".join(show(s) for s in shapes)
            raise Misfit(f"cannot broadcast {both}: {real[0]} and {real[1]} differ")
        result.append(real[0] if real else 1)
    return tuple(result)


def normal_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """Give the reduced axes as sorted non-negative ints; `None` means all.

    >>> normal_axes(-1, 3), normal_axes(None, 2)
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in axes:
        if not rank:
            raise Misfit(f"a single number has no axis {a}; an array is wanted")
        if not isinstance(a, int) or not -rank <= a < rank:
            raise Misfit(f"axis {a} is out of range for an array of {rank} dimension{'s' * (rank != 1)}")
    found = tuple(sorted(a % rank for a in axes))
    if len(set(found)) < len(found):
        raise Misfit(f"axis {axis} names a dimension twice")
    return found


def one_axis(axis: Any, rank: int) -> int:
    """Give the axis of an operation that works along one."""
    if not isinstance(axis, int):
        raise Misfit(f"axis must be one integer, not {axis}")
    return normal_axes(axis, rank)[0]


def elementwise(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    return broadcast(*shapes)


def first(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    return shapes[0]


def second(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    return shapes[1]


def third(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    return shapes[2]


def along(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """The operand's own shape, for operations that work along an axis of it."""
    normal_axes(attrs["axis"], len(shapes[0]))
    return shapes[0]


def along_one_or_all(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """The operand's own shape, for operations that work along one axis of it, or over everything."""
    position(shapes, attrs)
    return shapes[0]


def scalar(_: tuple[Shape, ...], __: Attrs) -> Shape:
    return ()


def matmul(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    a, b = shapes
    if not a or not b:
        raise Misfit(f"cannot multiply {show(a)} @ {show(b)}: a scalar is no matrix, use *")
    left, right = (a if len(a) > 1 else (1, *a)), (b if len(b) > 1 else (*b, 1))
    if left[-1] != right[-2]:
        raise Misfit(f"cannot multiply {show(a)} @ {show(b)}: the inner dimensions {left[-1]} and {right[-2]} differ")
    rows, columns = (left[-2:-1] if len(a) > 1 else ()), (right[-1:] if len(b) > 1 else ())
    return broadcast(left[:-2], right[:-2]) + rows + columns


def reduction(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    axes = normal_axes(attrs["axis"], len(shapes[0]))
    if attrs.get("keepdims"):
        return tuple(1 if i in axes else s for i, s in enumerate(shapes[0]))
    return tuple(s for i, s in enumerate(shapes[0]) if i not in axes)


def norm(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """A reduction along one axis or two, or over everything."""
    axis = attrs["axis"]
    if isinstance(axis, tuple) and len(axis) not in {1, 2}:
        raise Misfit(f"norm works along one axis, two, or all, not along {len(axis)}")
    return reduction(shapes, attrs)


def position(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """A reduction along one axis, or over everything."""
    if attrs["axis"] is not None:
        one_axis(attrs["axis"], len(shapes[0]))
    return reduction(shapes, attrs)


def spread(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    reduced = reduction(shapes[1:], attrs)
    if shapes[0] not in {reduced, ()}:
        raise Misfit(f"cannot spread {show(shapes[0])} over {show(shapes[1])}")
    return shapes[1]


def swap(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    (a,) = shapes
    if len(a) < 2:
        raise Misfit(f"cannot exchange the last two axes of {show(a)}")
    return (*a[:-2], a[-1], a[-2])


def transpose(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    (a,), axes = shapes, attrs["axes"]
    if axes is None:
        return a[::-1]
    order = tuple(i % len(a) for i in axes if -len(a) <= i < len(a))
    if len(order) < len(axes) or sorted(order) != list(range(len(a))):
        raise Misfit(f"axes {axes} are no order of the {len(a)} dimensions of {show(a)}")
    return tuple(a[i] for i in order)


def reshape(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    (a,), wanted = shapes, attrs["shape"]
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    known, fixed = list(a), []
    for size in (s for s in wanted if s != -1):
        if size in known and isinstance(size, str):
            known.remove(size)
        else:
            fixed.append(size)
    names = [s for s in (*known, *fixed) if isinstance(s, str)]
    total, have = (prod(s for s in part if isinstance(s, int)) for part in (known, fixed))
    if wanted.count(-1) == 1 and not any(isinstance(s, str) for s in fixed):
        if not names and have and total % have == 0:
            return tuple(total // have if s == -1 else s for s in wanted)
        if len(names) == 1 and total == have:
            return tuple(names[0] if s == -1 else s for s in wanted)
    elif -1 not in wanted and not names and total == have:
        return wanted
    raise Misfit(f"cannot reshape {show(a)} to {show(wanted)}")


def broadcast_to(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    wanted: Shape = attrs["shape"] if isinstance(attrs["shape"], tuple) else (attrs["shape"],)
    if broadcast(shapes[0], wanted) != wanted:
        raise Misfit(f"cannot broadcast {show(shapes[0])} to {show(wanted)}")
    return wanted


def broadcast_like(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    return broadcast_to(shapes[:1], {"shape": shapes[1]})


def expand_dims(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    (a,) = shapes
    axis = attrs["axis"] if isinstance(attrs["axis"], tuple) else (attrs["axis"],)
    new, rest = normal_axes(axis, len(a) + len(axis)), iter(a)
    return tuple(1 if i in new else next(rest) for i in range(len(a) + len(axis)))


def squeeze(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    (a,), axis = shapes, attrs["axis"]
    axes = [i for i, s in enumerate(a) if s == 1] if axis is None else normal_axes(axis, len(a))
    for i in axes:
        if a[i] != 1:
            raise Misfit(f"cannot squeeze axis {i} of {show(a)}: its size is {a[i]}, not 1")
    return tuple(s for i, s in enumerate(a) if i not in axes)


def index(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    (a,), rest = shapes, list(shapes[0])
    result: list[Size] = []
    key: tuple[Any, ...] = attrs["key"]
    for part in key:
        if part is ...:
            raise Misfit("an index has one ellipsis at most")
        if part is None:
            result.append(1)
            continue
        if not rest:
            raise Misfit(f"too many indices: {show(a)} has {len(a)} dimension{'s' * (len(a) != 1)}")
        size: Size = rest.pop(0)
        if isinstance(part, Slice):
            if part == Slice(None, None, None):
                result.append(size)
            elif part.step == 0:
                raise Misfit("the step of a slice cannot be 0")
            elif isinstance(size, int):
                result.append(len(range(size)[slice(*part)]))
            else:
                raise Misfit(f"cannot slice the named dimension {size} of {show(a)}: its size is not known here")
        elif isinstance(size, int) and not -size <= part < size:
            raise Misfit(f"index {part} is out of range for {show(a)}")
    return tuple(result) + tuple(rest)


def concatenate(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    axis = one_axis(attrs["axis"], len(shapes[0]))
    total = 0
    for s in shapes:
        size = s[axis] if axis < len(s) else 0
        if len(s) != len(shapes[0]) or s[:axis] + s[axis + 1 :] != shapes[0][:axis] + shapes[0][axis + 1 :]:
            raise Misfit(f"cannot concatenate {show(shapes[0])} and {show(s)} along axis {axis}")
        if isinstance(size, str):
            raise Misfit(f"cannot concatenate along the named dimension {size}: its size is not known here")
        total += size
    return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])


def take(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    a, indices = shapes
    if attrs["axis"] is None:
        return indices
    axis = one_axis(attrs["axis"], len(a))
    return a[:axis] + indices + a[axis + 1 :]


def untake(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    a, indices, b = shapes
    if take((b, indices), attrs) != a:
        raise Misfit(f"cannot put {show(a)} back where indices {show(indices)} took it from {show(b)}")
    return b


def pick(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    a, labels = shapes
    if not a or a[:-1] != labels:
        raise Misfit(
            f"cannot pick from {show(a)} with labels {show(labels)}: labels of shape {show(a[:-1])} are wanted"
        )
    return labels


def cross_entropy(shapes: tuple[Shape, ...], _: Attrs) -> Shape:
    pick(shapes, {})
    return ()


def eye_mask(shapes: tuple[Shape, ...], attrs: Attrs) -> Shape:
    (a,) = shapes
    axis = one_axis(attrs["axis"], len(a))
    return (*(s if i == axis else 1 for i, s in enumerate(a)), a[axis])


def is_size(part: Any) -> bool:
    """Whether that is a size: a number from 0 on, or a dimension's name, which may be a variable in emitted code.

    >>> is_size(3), is_size("N"), is_size("a b"), is_size("for"), is_size(True)
    (True, True, False, False, False)
    """
    if isinstance(part, str):
        return part.isidentifier() and not keyword.iskeyword(part) and unicodedata.is_normalized("NFKC", part)
    return type(part) is int and part >= 0
