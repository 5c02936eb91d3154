"""Rows that only move entries: their numpy column on any array, of values or of node numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from graphgrad.core.ops import OPS
from graphgrad.core.shapes import normal_axes, runtime

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
