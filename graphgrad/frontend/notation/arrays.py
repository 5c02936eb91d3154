"""Operations that mathematics writes of whole arrays: transposes, slices, functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape, Slice, normal_axes
from graphgrad.frontend.notation.products import contracted, without_ones
from graphgrad.frontend.notation.spelling import Written

if TYPE_CHECKING:
    from graphgrad.frontend.notation.writer import Writer


def transposed(w: Writer, node: int) -> Written | None:
    """The transpose of a matrix."""
    made = w.graph.nodes[node]
    (operand,) = made.operands
    rank, axes = len(made.shape), dict(made.attrs).get("axes")
    if rank == 1 or (rank == 2 and axes in {None, (1, 0), (-1, 0), (1, -2), (-1, -2)}):
        return w.spelling.transposed(w.array(operand))
    return None


def reshaped(w: Writer, node: int) -> Written | None:
    """An array in another shape."""
    made = w.graph.nodes[node]
    operand = made.operands[0]
    if without_ones(made.shape) == without_ones(w.graph.nodes[operand].shape):
        return contracted(w, node)
    return w.spelling.call("reshape", dimensions(w, made.shape), [w.array(operand)])


def dimensions(w: Writer, shape: Shape) -> str:
    """Sizes, side by side."""
    return (r" \times " if w.spelling.first else "×").join(map(str, shape))


def along(w: Writer, node: int) -> Written:
    """A function that works along an axis, by default the last."""
    made = w.graph.nodes[node]
    axis = normal_axes(dict(made.attrs)["axis"], len(made.shape))
    below = "" if axis[0] == len(made.shape) - 1 else str(axis[0] + w.spelling.first)
    return w.spelling.call(function(w, made.op), below, [w.array(made.operands[0])])


def joined(w: Writer, node: int) -> Written:
    """Arrays one after the other."""
    made = w.graph.nodes[node]
    axis = normal_axes(dict(made.attrs)["axis"], len(made.shape))[0]
    below = str(axis + w.spelling.first) if len(made.shape) > 1 else ""
    return w.spelling.call("concatenate", below, [w.array(o) for o in made.operands])


def called(w: Writer, node: int) -> Written:
    """A function of whole arrays."""
    made = w.graph.nodes[node]
    return w.spelling.call(function(w, made.op), "", [w.array(o) for o in made.operands])


def function(w: Writer, op: str) -> str:
    """How a function is called."""
    return OPS[op].tex if w.spelling.first else op


def indexed(w: Writer, node: int) -> Written | None:
    """Part of an array: the ranges of its slices, both ends counted in."""
    made = w.graph.nodes[node]
    (operand,) = made.operands
    shape, key = w.graph.nodes[operand].shape, dict(made.attrs)["key"]
    if None in key or (w.graph.nodes[operand].op == "index" and not w.ends(operand)):
        return None
    if not w.spelling.first:
        from graphgrad.frontend.printers import key as code

        return w.spelling.sliced(w.array(operand), [code(key)])
    slots = [slot(w, part, size) for part, size in zip(key, shape, strict=False)]
    if None in slots:
        return None
    slots += [":"] * (len(shape) - len(slots))
    return w.spelling.sliced(w.array(operand), [s for s in slots if s])


def slot(w: Writer, part: Any, size: Any) -> str | None:
    """The range of a slice, both ends counted in."""
    first = w.spelling.first
    if part == Slice(None, None, None):
        return ":"
    if not isinstance(size, int):
        return None if isinstance(part, Slice) or part < 0 else str(part + first)
    if not isinstance(part, Slice):
        return str(part % size + first)
    places = range(size)[slice(*part)]
    if not places:
        return None
    step = f"{places.step}:" if places.step != 1 and len(places) > 1 else ""
    return f"{places[0] + first}:{step}{places[-1] + first}"


# Entries


ARRAYS: Mapping[str, Callable[[Writer, int], Written | None]] = {
    "transpose": transposed,
    "swap": transposed,
    "reshape": reshaped,
    "reshape_like": reshaped,
    "softmax": along,
    "log_softmax": along,
    "concatenate": joined,
    "cross_entropy": called,
    "index": indexed,
}
