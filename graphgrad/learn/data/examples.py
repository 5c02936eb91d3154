"""What a network is trained on, checked before anything is computed: shapes, kinds, ranges, every entry."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape, show
from graphgrad.learn.networks.losses import Loss
from graphgrad.learn.networks.network import Network

NAMED = 20  # classes that an error lists
_CHUNK = 1 << 22  # entries looked at together, so that arrays larger than memory pass through it in parts

_SOME = 1024  # examples that stand for all


class Examples(NamedTuple):
    """Examples and targets as the training step takes them: rows X[i], Y[i], and, where that is said, their weights."""

    X: Any
    Y: Any
    weights: Any = None

    def take(self, rows: Any) -> Examples:
        """Give some rows, a slice or the places of them."""
        return Examples(*[None if part is None else part[rows] for part in self])

    def weighing(self, weights: Any) -> Examples:
        """Give the same rows with other weights, or none."""
        return Examples(self.X, self.Y, weights)

    @property
    def arrays(self) -> list[Any]:
        """What there is of these."""
        return [part for part in self if part is not None]

    def __len__(self) -> int:
        return len(self.X)


def mostly_zero(X: Any) -> bool:
    """Whether less than a third of some examples' numbers are other than zero.

    >>> mostly_zero(np.eye(9)), mostly_zero(np.ones((9, 2)))
    (True, False)
    """
    some = np.asarray(X[:: -(-len(X) // _SOME)])
    return some.ndim == 2 and bool(np.count_nonzero(some) < some.size / 3)


def examples(net: Network, loss: Loss, data: tuple[Any, Any], dtype: str, what: str = "") -> Examples:
    """Check examples and targets and give them as arrays; memory-mapped arrays stay where they are.

    Raises DataError with row and column for values that are no numbers, and for targets out of range.
    """
    outer = net.sizes[1]
    x_name, y_name = f"{what}X", f"{what}y"
    rows, targets = inputs(net, data[0], dtype, x_name), _rows(data[1], y_name)
    if len(targets) != len(rows):
        raise DataError(f"{x_name} has {len(rows)} examples, and {y_name} {len(targets)} targets")
    if not len(rows):
        raise DataError(f"{x_name} has no examples")
    if loss.target == "labels":
        return Examples(rows, labels(targets, outer, y_name))
    if targets.ndim == 1 and outer == (1,):
        targets = targets[:, None]
    if targets.shape[1:] != outer:
        hint = "class indices are learned by the loss cross_entropy" if targets.ndim == 1 and _whole(targets) else ""
        said = f"{y_name} has rows of shape {show(targets.shape[1:])}, the network's output {show(outer)}"
        raise DataError(said, hint=hint)
    finite(targets, y_name)
    if loss.target == "yes or no" and (bad := np.argwhere((targets < 0) | (targets > 1))).size:
        raise DataError(f"{place(y_name, bad[0])} is {targets[tuple(bad[0])]}, where {loss.name} wants 0 to 1")
    return Examples(rows, numbers(targets, dtype))


def inputs(net: Network, X: Any, dtype: str, name: str = "X") -> Any:
    """Check examples alone."""
    rows, inner = _rows(X, name), net.sizes[0]
    if rows.shape[1:] != inner:
        hint = f"one example is X[None]: an array of shape {show((1, *inner))}" if rows.shape == inner else ""
        wanted = ", ".join(["N", *map(str, inner)])
        raise DataError(f"{name} has shape {show(rows.shape)}, the network wants ({wanted})", hint=hint)
    finite(rows, name)
    node = net.graph.inputs[net.data]
    return positions(net.graph, rows, name) if net.graph.nodes[node].dtype == "int" else numbers(rows, dtype)


def positions(graph: Graph, rows: Any, name: str) -> Any:
    """Check examples that are positions in tables of the network, such as words of a vocabulary."""
    if (bad := np.argwhere(rows != np.floor(rows))).size:
        raise DataError(f"{place(name, bad[0])} is {rows[tuple(bad[0])]}, where the network wants whole numbers")
    sizes = [graph.nodes[n.operands[0]].shape[dict(n.attrs)["axis"] or 0] for n in graph.nodes if n.op == "take"]
    most = min([size for size in sizes if isinstance(size, int)], default=2**62)
    if (bad := np.argwhere((rows < 0) | (rows >= most))).size:
        raise DataError(f"{place(name, bad[0])} is {rows[tuple(bad[0])]}, where the network has places 0 to {most - 1}")
    return rows.astype(np.int64, copy=False)


def labels(targets: Any, outer: Shape, name: str) -> Any:
    """Check class indices, and give them as int64."""
    classes = outer[-1] if outer else 0
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets.ndim != 1:
        hint = "one-hot rows become indices by y.argmax(axis=1)" if targets.ndim == 2 else ""
        raise DataError(f"{name} has shape {show(targets.shape)}, where class indices have one axis", hint=hint)
    if targets.dtype.kind == "f":
        finite(targets, name)
        if (bad := np.flatnonzero(targets != np.floor(targets))).size:
            raise DataError(f"{place(name, bad[:1])} is {targets[bad[0]]}, which is no class index")
    found = targets.astype(np.int64, copy=False)
    if (bad := np.flatnonzero((found < 0) | (found >= classes))).size:
        there = f"there are {classes} classes, 0 to {int(classes) - 1}" if classes != 1 else "there is one class, 0"
        raise DataError(f"{place(name, bad[:1])} is {found[bad[0]]}, but {there}")
    return found


def indices(words: Any, classes: tuple[str, ...], name: str) -> Any:
    """Give the class index of every word; DataError, with its row, for one that is no class.

    >>> indices(np.array(["b", "a", "b"]), ("a", "b"), "y").tolist()
    [1, 0, 1]
    """
    if words.dtype.kind != "U":
        return words
    known, places = np.unique(classes, return_index=True)
    found = np.minimum(np.searchsorted(known, words), len(known) - 1)
    if (bad := np.argwhere(known[found] != words)).size:
        more = f", and {len(classes) - NAMED} more" if len(classes) > NAMED else ""
        hint = f"there are {', '.join(classes[:NAMED])}{more}"
        raise DataError(f"{place(name, bad[0])} is '{words[tuple(bad[0])]}', which is no class", hint=hint)
    return places[found]


def numbers(rows: Any, dtype: str) -> Any:
    """Give an array in the network's type; one that is memory-mapped is read as it is needed."""
    return rows if isinstance(rows, np.memmap) else np.ascontiguousarray(rows, dtype)


def finite(entries: Any, name: str) -> None:
    """Raise DataError for the first entry that is nan or infinite."""
    if entries.dtype.kind != "f":
        return
    rows = max(1, _CHUNK // max(1, entries[:1].size))
    for start in range(0, len(entries), rows):
        part = entries[start : start + rows]
        if not np.isfinite(part).all():
            bad = np.argwhere(~np.isfinite(part))[0]
            raise DataError(f"{place(name, (start + bad[0], *bad[1:]))} is {part[tuple(bad)]}, which is no number")


def place(name: str, index: Any) -> str:
    """Name an entry.

    >>> place("X", (3, 2))
    'X[3, 2] (row 3, column 2, counted from 0)'
    """
    row, *column = (int(i) for i in index)
    where = f", column {', '.join(map(str, column))}" if column else ""
    return f"{name}[{', '.join(map(str, (row, *column)))}] (row {row}{where}, counted from 0)"


def array(value: Any, name: str) -> Any:
    """Give an array as it is, or one of nested lists; DataError where they are ragged."""
    if isinstance(value, np.ma.MaskedArray):
        return np.ma.filled(value.astype(np.float64), np.nan)  # what is missing is refused as such
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return value
    try:
        return np.array(value.tolist() if isinstance(value, np.ndarray) else value)
    except ValueError:
        raise DataError(f"{name} is ragged{_ragged(value)}") from None


def _rows(value: Any, name: str) -> Any:
    rows = array(value, name)
    if rows.dtype.kind not in "iufb":
        raise DataError(f"{name} holds {rows.dtype}, not numbers{_word(rows)}")
    if not rows.ndim:
        raise DataError(f"{name} is one number, not rows of examples")
    return rows


def _ragged(value: Any) -> str:
    lengths = [len(row) if hasattr(row, "__len__") else 0 for row in value]
    other = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
    return "" if other is None else f": row {other} has {lengths[other]} values, row 0 has {lengths[0]}"


def _whole(targets: Any) -> bool:
    with np.errstate(invalid="ignore"):
        return bool((targets == np.floor(targets)).all())


def _word(rows: Any) -> str:
    return f": the first is {rows.flat[0]!r}" if rows.size else ""
