"""What the table's sympy column calls by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from graphgrad.execute.numpy_functions import coprod, eye_mask, pick, scatter, size, spread, unpick, untake

__all__ = [
    "coprod",
    "exprel",
    "eye_mask",
    "pick",
    "real_root",
    "reduce",
    "scatter",
    "sinrel",
    "size",
    "spread",
    "unpick",
    "untake",
]


def real_root(a: Any, n: int) -> Any:
    """The real root of a real number, odd in a."""
    return sp.sign(a) * sp.Abs(a) ** sp.Rational(1, n)


def reduce(function: Any, a: Any, axis: Any, keepdims: bool) -> Any:
    """Reduce an array of symbols with a function of any number of arguments, such as sp.Max."""
    array = np.asarray(a, dtype=object)
    axes = tuple(range(array.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple(i % array.ndim for i in axes)
    kept = [n for i, n in enumerate(array.shape) if i not in axes]
    rows = np.moveaxis(array, axes, range(-len(axes), 0)).reshape(*kept, -1) if axes else array.reshape(*kept, 1)
    result = np.empty(tuple(kept), dtype=object)
    for place in np.ndindex(*kept):
        result[place] = function(*rows[place])
    return np.expand_dims(result, axes) if keepdims else result[()]


def exprel(power: Any, a: Any, order: int) -> Any:
    """The integral of t**order * exp(a*t) over t from 0 to 1, for power = exp(a)."""
    value = (power - 1) / a
    for k in range(1, order + 1):
        value = (power - k * value) / a
    return value


def sinrel(sine: Any, cosine: Any, a: Any, order: int) -> Any:
    """The derivative of that order of sin(a) / a, for sine = sin(a) and cosine = cos(a)."""
    value = sine / a
    for k in range(1, order + 1):
        value = ((cosine if k % 2 else sine) * (1 - k // 2 % 2 * 2) - k * value) / a
    return value
