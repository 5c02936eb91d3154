"""From a graph of tensors to the graph of their entries, as micrograd would build it.

Every node becomes an array of scalar nodes. Elementwise rows apply entry by entry; rows that only move entries run
their own NumPy spelling on the array of node numbers; the rest are sums, products and choices written out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial, reduce
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import MOVES
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import normal_axes, runtime, show
from graphgrad.frontend.lower import inline

Array = np.ndarray[Any, Any]


@cache
def movement(op: str, attrs: tuple[tuple[str, Any], ...]) -> Callable[..., Array]:
    """Give the function of operands that moves their entries as a row does.

    >>> movement("transpose", (("axes", None),))(np.array([[1, 2]])).tolist()
    [[1], [2]]
    """
    row = OPS[op]
    parameters = f"*{row.operands[0]}" if row.variadic else ", ".join(row.operands)
    names = {"np": np, "spread": _spread, **{name: runtime(value) for name, value in attrs}}
    function: Callable[..., Array] = eval(f"lambda {parameters}: {row.numpy}", names)  # noqa: S307  (text of a table)
    return function


def _spread(a: Array, b: Array, axis: Any, keepdims: bool) -> Array:
    if not keepdims and a.ndim:
        a = np.expand_dims(a, normal_axes(axis, b.ndim))
    return np.broadcast_to(a, b.shape)


ENTRIES = 200_000  # scalar nodes at most
PLACES = 10 * ENTRIES  # of one array, which may be places of fewer nodes
_TOO_MANY = f"the scalar graph would have more than {ENTRIES} nodes"
Nodes = np.ndarray[Any, np.dtype[np.int64]]


def scalarize(graph: Graph, /) -> Graph:
    """Give the scalar graph of a tensor graph: input `W` of shape (2, 3) becomes inputs `W_0_0` to `W_1_2`.

    An output of several entries becomes as many outputs. A maximum over many entries becomes a chain of maxima of two:
    three tied entries share a gradient as 1/4, 1/4, 1/2. Indices and labels must be in range. Raises ShapeError for
    named dimensions, more than 200 000 nodes or the maximum of no entries, UsageError for a row that has no scalar
    meaning (argmax).

    >>> from graphgrad.frontend.parse import parse
    >>> print(scalarize(parse("sum((w @ x) ** 2)", w=(1, 2), x=2)))
    (w_0_0 * x_0 + w_0_1 * x_1) ** 2
    """
    return _Scalarizer(graph).graph()


def entry_name(name: str, place: tuple[int, ...]) -> str:
    """Name an entry of a tensor.

    >>> entry_name("W", (0, 2))
    'W_0_2'
    """
    return "_".join([name, *map(str, place)])


class _Scalarizer:
    def __init__(self, graph: Graph) -> None:
        self.source, self.builder = graph, Builder()
        self.arrays: list[Nodes] = []
        if any(prod(s for s in node.shape if isinstance(s, int)) > PLACES for node in graph.nodes):
            raise ShapeError(_TOO_MANY)
        expanded = graph
        while any(_has_meaning(node) for node in expanded.nodes):
            expanded = _expand(expanded)
        for i, node in enumerate(expanded.nodes):
            self.arrays.append(self._array(node))
            if len(self.builder.nodes) > ENTRIES:
                raise ShapeError(_TOO_MANY)
            for name in expanded.names.get(i, ()):
                for place in np.ndindex(self.arrays[i].shape):
                    self.builder.name(int(self.arrays[i][place]), entry_name(name, place))
        self.outputs = {
            entry_name(name, place): int(self.arrays[i][place])
            for name, i in expanded.outputs.items()
            for place in np.ndindex(self.arrays[i].shape)
        }

    def graph(self) -> Graph:
        return self.builder.build(self.outputs)

    def _array(self, node: Node) -> Nodes:
        if node.op == "input":
            return self._input(node)
        if node.op == "const":
            return np.asarray(self.builder.const(node.value))
        operands = [self.arrays[o] for o in node.operands]
        row, attrs = OPS[node.op], dict(node.attrs)
        if row.elementwise:
            return self._each(node.op, *operands, **attrs)
        if row.entries == MOVES:
            return np.asarray(movement(node.op, node.attrs)(*operands))
        if not row.entries:
            raise UsageError(f"'{node.op}' has no scalar meaning")
        words = {name: partial(word, self) for name, word in _WORDS.items()}
        return np.asarray(eval(row.entries, {**words, **attrs, **dict(zip(row.operands, operands, strict=True))}))  # noqa: S307  (text of a table)

    def _input(self, node: Node) -> Nodes:
        sizes = [n for n in node.shape if isinstance(n, int)]
        if len(sizes) < len(node.shape) or prod(sizes) > ENTRIES:
            raise ShapeError(f"'{node.value}' of shape {show(node.shape)} has no fixed, small number of entries")
        array = np.empty(sizes, np.int64)
        for place in np.ndindex(*sizes):
            name = entry_name(node.value, place)
            if name in self.builder.inputs or (name in self.source.inputs and name != node.value):
                raise UsageError(
                    f"an entry of '{node.value}' would be called '{name}', as an input is", hint="rename one"
                )
            array[place] = self.builder.input(name, (), node.dtype)
        return array

    # The words of the table's column `entries`, with the attributes of the row in the order of its notation.

    def _each(self, op: str, *operands: Nodes, **attrs: Any) -> Nodes:
        entries = np.broadcast(*operands)
        if entries.size > ENTRIES:
            raise ShapeError(_TOO_MANY)
        made = [self.builder.apply(op, *map(int, place), **attrs) for place in entries]
        return np.array(made, np.int64).reshape(entries.shape)

    def _fold(self, op: str, array: Nodes, axis: Any = None, keepdims: bool = False) -> Nodes:
        axes = normal_axes(axis, array.ndim)
        kept = [n for i, n in enumerate(array.shape) if i not in axes]
        rows = np.moveaxis(array, axes, range(array.ndim - len(axes), array.ndim))
        made = [self._folded(op, row) for row in rows.reshape(prod(kept), prod(array.shape[i] for i in axes))]
        result = np.array(made, np.int64).reshape(kept)
        return np.expand_dims(result, axes) if keepdims else result

    def _scan(self, op: str, array: Nodes, axis: Any = None) -> Nodes:
        """Each entry joined with all before it, along an axis, or along all entries in a row."""
        rows = array.reshape(-1) if axis is None else np.moveaxis(array, axis, 0)
        if not rows.size:
            return array
        made = [*rows[:1]]
        for row in rows[1:]:
            made.append(self._each(op, np.asarray(made[-1]), np.asarray(row)))
        return np.array(made, np.int64).reshape(rows.shape) if axis is None else np.moveaxis(np.stack(made), 0, axis)

    def _folded(self, op: str, row: Nodes) -> int:
        entries = [*map(int, row)]
        if entries:
            return reduce(partial(self.builder.apply, op), entries)
        if op not in _OF_NOTHING:
            raise ShapeError(f"there is no {op} of no entries")
        return self.builder.const(_OF_NOTHING[op])

    def _norm(self, array: Nodes, axis: Any = None, keepdims: bool = False) -> Nodes:
        """Nested hypot: its slope at 0 is 0, as the norm's, where a square root has none."""
        sizes = [array.shape[i] for i in normal_axes(axis, array.ndim)]
        return self._fold("hypot", self._each("abs", array) if prod(sizes) == 1 else array, axis, keepdims)

    def _matmul(self, a: Nodes, b: Nodes) -> Nodes:
        left, right = (a if a.ndim > 1 else a[None, :]), (b if b.ndim > 1 else b[:, None])
        terms = self._each("mul", left[..., :, :, None], right[..., None, :, :])
        whole = self._fold("add", terms, axis=-2)
        whole = whole[..., 0, :] if a.ndim == 1 else whole
        return whole[..., 0] if b.ndim == 1 else whole

    def _coprod(self, array: Nodes, axis: int | None = None) -> Nodes:
        rows = array.reshape(-1) if axis is None else np.moveaxis(array, axis, 0)
        if not rows.size:
            return array
        one = np.full(rows.shape[1:], self.builder.const(1), np.int64)
        made = [self._fold("mul", np.stack([*rows[:i], *rows[i + 1 :]] or [one]), axis=0) for i in range(len(rows))]
        return np.stack(made).reshape(array.shape) if axis is None else np.moveaxis(np.stack(made), 0, axis)

    def _choose(self, candidates: Nodes, labels: Nodes) -> Nodes:
        """Entry `labels` of the first axis: where(l == 0, c[0], where(l == 1, c[1], ...))."""
        chosen: Nodes = np.broadcast_to(candidates[-1], np.broadcast_shapes(candidates[-1].shape, labels.shape))
        labels = self._from_the_start(labels, len(candidates))
        for k in range(len(candidates) - 2, -1, -1):
            chosen = self._each("where", self._is(labels, k), candidates[k], chosen)
        return chosen

    def _from_the_start(self, labels: Nodes, count: int) -> Nodes:
        """Labels that count from the end, -1 and below, as those that count from the start."""
        zero, size = (np.asarray(self.builder.const(k)) for k in (0, count))
        return self._each("where", self._each("less", labels, zero), self._each("add", labels, size), labels)

    def _is(self, labels: Nodes, k: int) -> Nodes:
        return self._each("equal", labels, np.asarray(self.builder.const(k)))

    def _take(self, array: Nodes, indices: Nodes, axis: int | None = None) -> Nodes:
        rows = array.reshape(-1) if axis is None else np.moveaxis(array, axis, 0)
        spread = rows.reshape((len(rows), *[1] * indices.ndim, *rows.shape[1:]))
        chosen = self._choose(spread, indices.reshape((*indices.shape, *[1] * (rows.ndim - 1))))
        if axis is None:
            return chosen
        (start,) = normal_axes(axis, array.ndim)
        return np.moveaxis(chosen, range(indices.ndim), range(start, start + indices.ndim))

    def _pick(self, array: Nodes, labels: Nodes) -> Nodes:
        return self._choose(np.moveaxis(array, -1, 0), labels)

    def _unpick(self, array: Nodes, labels: Nodes, like: Nodes) -> Nodes:
        zero, labels = np.asarray(self.builder.const(0)), self._from_the_start(labels, like.shape[-1])
        parts = [self._each("where", self._is(labels, k), np.broadcast_to(array, labels.shape), zero)
                 for k in range(like.shape[-1])]  # fmt: skip
        return np.stack(parts, axis=-1)

    def _eye_mask(self, array: Nodes, axis: int) -> Nodes:
        zero, count = self.builder.const(0), array.shape[axis]
        true, false = (self.builder.apply("equal", zero, self.builder.const(k)) for k in (0, 1))
        shape = [count if i == axis % array.ndim else 1 for i in range(array.ndim)]
        return np.where(np.eye(count, dtype=bool), true, false).reshape([*shape, count])

    def _scatter(self, array: Nodes, like: Nodes, key: Any) -> Nodes:
        result = np.full(like.shape, self.builder.const(0), np.int64)
        result[runtime(key)] = array
        return result


_OF_NOTHING = {"add": 0, "mul": 1, "hypot": 0}
_WORDS: dict[str, Callable[..., Nodes]] = {
    "fold": _Scalarizer._fold,  # noqa: SLF001
    "scan": _Scalarizer._scan,  # noqa: SLF001
    "norm": _Scalarizer._norm,  # noqa: SLF001
    "matmul": _Scalarizer._matmul,  # noqa: SLF001
    "coprod": _Scalarizer._coprod,  # noqa: SLF001
    "take": _Scalarizer._take,  # noqa: SLF001
    "pick": _Scalarizer._pick,  # noqa: SLF001
    "unpick": _Scalarizer._unpick,  # noqa: SLF001
    "scatter": _Scalarizer._scatter,  # noqa: SLF001
    "eye_mask": _Scalarizer._eye_mask,  # noqa: SLF001
}


def _has_meaning(node: Node) -> bool:
    """Whether a row over tensors is to be replaced by its definition."""
    row = OPS.get(node.op)
    return row is not None and isinstance(row.define, str) and not row.elementwise and not row.entries


def _expand(graph: Graph) -> Graph:
    """Put definitions in the place of tensor rows that have one; a definition may use others."""
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        row = OPS.get(node.op)
        operands = [new[o] for o in node.operands]
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif row is None:
            new[i] = builder.const(node.value)
        elif _has_meaning(node):
            new[i] = inline(builder, str(row.define), row, operands, dict(node.attrs))
        else:
            new[i] = builder.apply(node.op, *operands, **dict(node.attrs))
        for name in graph.names.get(i, ()):
            builder.name(new[i], name)
    return builder.build({name: new[i] for name, i in graph.outputs.items()})
