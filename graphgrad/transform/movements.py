"""Rows that only move entries, as NumPy functions on any array, of values or of node numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphgrad.core.shapes import Slice, normal_axes

Array = np.ndarray[Any, Any]


def native(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give an index as NumPy wants it."""
    return tuple(slice(*part) if isinstance(part, Slice) else part for part in key)


def _spread(a: Array, b: Array, axis: Any = None, keepdims: bool = False) -> Array:
    if not keepdims and a.ndim:
        a = np.expand_dims(a, normal_axes(axis, b.ndim))
    return np.broadcast_to(a, b.shape)


MOVEMENTS: dict[str, Callable[..., Array]] = {
    "transpose": np.transpose,
    "swap": lambda a: np.swapaxes(a, -1, -2),
    "reshape": np.reshape,
    "reshape_like": lambda a, b: np.reshape(a, b.shape),
    "broadcast_to": np.broadcast_to,
    "broadcast_like": lambda a, b: np.broadcast_to(a, b.shape),
    "expand_dims": np.expand_dims,
    "squeeze": lambda a, axis=None: np.squeeze(a, axis),
    "index": lambda a, key: a[native(key)],
    "concatenate": lambda *a, axis=0: np.concatenate(a, axis=axis),
    "spread": _spread,
}
