"""How ONNX says what changes shapes: slices, reductions, axes; a function an operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Slice

_END = np.iinfo(np.int64).max


class Writer:
    """The nodes and constants of a model in the making; `labels` names what every node of the graph gives."""

    def __init__(self, onnx: Any, graph: Graph, dtype: np.dtype[Any]) -> None:
        self.onnx, self.graph, self.dtype = onnx, graph, dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.labels: list[str] = []

    def emit(self, op: str, given: Sequence[str], node: int | None = None, **attrs: Any) -> str:
        """Add an ONNX node that gives what a node of the graph does, or, without one, something in between."""
        label = f"step{len(self.nodes)}" if node is None else self.labels[node]
        self.nodes.append(self.onnx.helper.make_node(op, given, [label], **attrs))
        return label

    def constant(self, value: Any, name: str) -> str:
        """Add a constant."""
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def integers(self, *values: int) -> str:
        """Add a vector of integers."""
        return self.constant(np.array(values, np.int64), f"integers{len(self.constants)}")

    @property
    def floats(self) -> int:
        """ONNX's number for the type of the model's numbers."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(self.dtype))

    def kind(self, node: int) -> int:
        """ONNX's number for the type of a node."""
        integer = self.graph.nodes[node].dtype == "int"
        return int(self.onnx.TensorProto.INT64) if integer else self.floats

    def attrs(self, node: int) -> dict[str, Any]:
        """The attributes of a node of the graph."""
        return dict(self.graph.nodes[node].attrs)

    def rank(self, node: int) -> int:
        """The number of axes of a node's first operand."""
        return len(self.graph.nodes[self.graph.nodes[node].operands[0]].shape)


def _number(w: Writer, node: int, given: list[str]) -> None:
    w.emit("Cast", given, node, to=w.floats)


def _transpose(w: Writer, node: int, given: list[str]) -> None:
    axes = w.attrs(node)["axes"]
    w.emit("Transpose", given, node, **({} if axes is None else {"perm": list(axes)}))


def _swap(w: Writer, node: int, given: list[str]) -> None:
    rank = w.rank(node)
    w.emit("Transpose", given, node, perm=[*range(rank - 2), rank - 1, rank - 2])


def _sum(w: Writer, node: int, given: list[str]) -> None:
    axes = _axes(w.attrs(node)["axis"])
    w.emit("ReduceSum", [*given, *([w.integers(*axes)] if axes else [])], node, keepdims=int(w.attrs(node)["keepdims"]))


def _reduce(op: str) -> Callable[[Writer, int, list[str]], None]:
    def write(w: Writer, node: int, given: list[str]) -> None:
        axes = _axes(w.attrs(node)["axis"])
        w.emit(op, given, node, keepdims=int(w.attrs(node)["keepdims"]), **({"axes": axes} if axes else {}))

    return write


def _argmax(op: str) -> Callable[[Writer, int, list[str]], None]:
    def write(w: Writer, node: int, given: list[str]) -> None:
        axis = w.attrs(node)["axis"]
        along = given if axis is not None else [w.emit("Reshape", [*given, w.integers(-1)])]
        w.emit("Cast", [w.emit(op, along, axis=axis or 0, keepdims=0)], node, to=w.floats)

    return write


def _reshape(w: Writer, node: int, given: list[str]) -> None:
    shape = w.attrs(node)["shape"]
    sizes = [-1 if isinstance(size, str) else size for size in (shape if isinstance(shape, tuple) else (shape,))]
    if sizes.count(-1) > 1:
        raise TargetError(f"ONNX cannot reshape to {shape}: it finds out one size, not two")
    w.emit("Reshape", [*given, w.integers(*sizes)], node)


def _index(w: Writer, node: int, given: list[str]) -> None:
    """Slice all axes, an integer being a slice of one; then drop those axes, and add the new ones."""
    axis, slices, dropped, kept = 0, list[tuple[int, int, int, int]](), list[int](), list[bool]()
    for part in w.attrs(node)["key"]:
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
    kept += [True] * (w.rank(node) - axis)
    new = [place for place, old in enumerate(kept) if not old]
    steps: list[tuple[str, list[str]]] = [("Slice", [w.integers(*column) for column in zip(*slices, strict=True)])]
    steps += [("Squeeze", [w.integers(*dropped)])] if dropped else []
    steps += [("Unsqueeze", [w.integers(*new)])] if new else []
    label = given[0]
    for place, (op, more) in enumerate(steps, 1):
        label = w.emit(op, [label, *more], node if place == len(steps) else None)


def _take(w: Writer, node: int, given: list[str]) -> None:
    axis = w.attrs(node)["axis"]
    table = given[0] if axis is not None else w.emit("Reshape", [given[0], w.integers(-1)])
    w.emit("Gather", [table, w.emit("Cast", [given[1]], to=w.onnx.TensorProto.INT64)], node, axis=axis or 0)


def _expand_dims(w: Writer, node: int, given: list[str]) -> None:
    w.emit("Unsqueeze", [*given, w.integers(*_axes(w.attrs(node)["axis"]))], node)


def _squeeze(w: Writer, node: int, given: list[str]) -> None:
    axes = _axes(w.attrs(node)["axis"])
    w.emit("Squeeze", [*given, *([w.integers(*axes)] if axes else [])], node)


def _broadcast_to(w: Writer, node: int, given: list[str]) -> None:
    sizes = [1 if isinstance(size, str) else size for size in w.graph.nodes[node].shape]  # 1: as it is
    w.emit("Expand", [*given, w.integers(*sizes)], node)


def _like(op: str) -> Callable[[Writer, int, list[str]], None]:
    def write(w: Writer, node: int, given: list[str]) -> None:
        w.emit(op, [given[0], w.emit("Shape", [given[1]])], node)

    return write


def _axes(axis: int | tuple[int, ...] | None) -> list[int]:
    return [] if axis is None else list(axis) if isinstance(axis, tuple) else [axis]


def _ends(part: Slice) -> tuple[int, int]:
    """The first place and the one after the last, of a slice that may leave them out."""
    back = (part.step or 1) < 0
    first = (_END if back else 0) if part.start is None else part.start
    return first, (-_END if back else _END) if part.stop is None else part.stop


SHAPED: dict[str, Callable[[Writer, int, list[str]], None]] = {
    "number": _number, "transpose": _transpose, "swap": _swap, "sum": _sum, "max": _reduce("ReduceMax"),
    "min": _reduce("ReduceMin"), "prod": _reduce("ReduceProd"), "argmax": _argmax("ArgMax"),
    "argmin": _argmax("ArgMin"), "reshape": _reshape, "index": _index, "take": _take, "expand_dims": _expand_dims,
    "squeeze": _squeeze, "broadcast_to": _broadcast_to, "broadcast_like": _like("Expand"),
    "reshape_like": _like("Reshape"),
}  # fmt: skip
