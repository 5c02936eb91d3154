"""Arrays in pictures: a small heat map, exact up to 8 x 8 and averaged above, with range and norm in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphgrad.render.scene.scene import Equal, Math, Phrase, Value, alone

LARGEST = 8  # cells a side
Cells = tuple[tuple[float, ...], ...]


class Arrays:
    """The arrays of a scene as pictures show them, each worked out once: by node, its heat map and its captions."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values
        self._seen: dict[int, tuple[Cells, tuple[Phrase, Phrase]]] = {}

    def __getitem__(self, node: int) -> tuple[Cells, tuple[Phrase, Phrase]]:
        if node not in self._seen:
            self._seen[node] = cells(self.values[node]), summary(self.values[node], node)
        return self._seen[node]


def cells(value: Any) -> Cells:
    """An array as rows of numbers from -1 to 1, by its largest magnitude; further axes are stacked, blocks averaged.

    >>> cells(np.array([[1.0, -2.0]]))
    ((0.5, -1.0),)
    >>> np.shape(cells(np.ones((100, 3))))
    (8, 3)
    """
    if not np.size(value):  # an empty frame stands for it
        value = np.zeros(shown(value))
    rows, columns = grid(value)
    flat = np.nan_to_num(np.asarray(value, float)).reshape(rows, columns)
    for axis, size in enumerate((rows, columns)):
        if size > LARGEST:
            starts = np.arange(LARGEST) * size // LARGEST
            counts = np.diff([*starts, size])
            flat = np.add.reduceat(flat, starts, axis) / np.expand_dims(counts, 1 - axis)
    most = float(np.abs(flat).max(initial=0.0)) or 1.0
    return tuple(tuple(round(float(x), 3) for x in row) for row in flat / most)


def grid(value: Any) -> tuple[int, int]:
    """Rows and columns that an array is shown with: a vector is one row, more than two axes are stacked."""
    shape = np.shape(value)
    columns = shape[-1] if shape else 1
    return int(np.prod(shape[:-1], dtype=int)), columns


def shown(value: Any) -> tuple[int, int]:
    """Rows and columns of the heat map."""
    rows, columns = grid(value)
    return max(1, min(rows, LARGEST)), max(1, min(columns, LARGEST))


def summary(value: Any, node: int) -> tuple[Phrase, Phrase]:
    """Range and norm of a node's array, a line each."""
    if not np.size(value):
        return (Math(r"\mathrm{empty}", "empty"),), ()
    if np.size(value) == 1:
        return alone(Value(node, part=0)), ()
    least, most = Value(node, part="min"), Value(node, part="max")
    span = *alone(least, most), Math(r" \ldots ", " … "), most
    norm = Value(node, part="norm")
    return span, (Math(r"\left\| \cdot \right\|", "norm"), Equal((norm,)), norm)
