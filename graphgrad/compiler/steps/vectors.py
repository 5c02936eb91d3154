"""All parameters as one flat vector, and the parameters as parts of it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.shapes import show

Array = np.ndarray[Any, Any]


def flat(
    values: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], transposed: frozenset[str], dtype: str
) -> Array:
    """Give the parameters as one new vector; UsageError or ShapeError where one is missing or does not fit."""
    theta: Array = np.zeros(sum(map(prod, shapes.values())), dtype)
    for name, view in views(theta, shapes, transposed).items():
        if name not in values:
            raise UsageError(f"no value for the parameter '{name}'")
        if np.shape(values[name]) != view.shape:
            raise ShapeError(f"'{name}' must have shape {show(view.shape)}, not {show(np.shape(values[name]))}")
        view[...] = values[name]
    return theta


def views(
    theta: Array, shapes: Mapping[str, tuple[int, ...]], transposed: frozenset[str] = frozenset()
) -> dict[str, Array]:
    """Give the parts of a flat vector, each in the user's shape; some may be stored as their transposes."""
    found, at = {}, 0
    for name, shape in shapes.items():
        part = theta[at : at + prod(shape)]
        found[name] = part.reshape(shape[::-1]).T if name in transposed else part.reshape(shape)
        at += prod(shape)
    return found


def joined(parts: Mapping[str, Array]) -> Array:
    """Give arrays as one vector, in their order."""
    return np.concatenate([np.ravel(part) for part in parts.values()])
