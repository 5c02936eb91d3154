"""What the numpy column calls by name and writes into arrays, for JAX, whose arrays are never written into.

Copied into modules that import `jax`, and `jax.numpy` as `np`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
jax: Any = None


def erf(a: Array) -> Array:
    """The error function."""
    return jax.scipy.special.erf(a)


def erfc(a: Array) -> Array:
    """1 - erf(a), where that cancels too."""
    return jax.scipy.special.erfc(a)


def scatter(a: Array, b: Array, key: Any) -> Array:
    """Zeros of b's shape with a at an index."""
    zeros: Any = np.zeros(np.shape(b), np.result_type(a))
    return zeros.at[key].set(a)


def untake(a: Array, indices: Array, b: Array, axis: Any) -> Array:
    """Zeros of b's shape with the entries of a added where `take` took them."""
    zeros: Any = np.zeros(np.shape(b), np.result_type(a))
    if axis is None:
        return zeros.reshape(-1).at[indices].add(a).reshape(np.shape(b))
    rest = np.ndim(b) - axis % np.ndim(b) - 1
    count = np.ndim(indices)
    source = np.moveaxis(a, range(np.ndim(a) - count - rest, np.ndim(a) - rest), range(count))
    rows: Any = np.moveaxis(zeros, axis, 0)
    return np.moveaxis(rows.at[indices].add(source), 0, axis)


def unpick(a: Array, labels: Array, b: Array) -> Array:
    """Zeros of b's shape with a in every row's labelled place."""
    return np.where(np.expand_dims(labels, -1) == np.arange(np.shape(b)[-1]), np.expand_dims(a, -1), 0)


def coprod(a: Array, axis: Any) -> Array:
    """Each entry's product of all the others, by products from both ends."""
    if axis is None:
        return coprod(np.reshape(a, -1), 0).reshape(np.shape(a)) if np.ndim(a) else np.ones_like(a)
    rows = np.moveaxis(a, axis, 0)
    ones = np.ones_like(rows[:1])
    before = np.concatenate([ones, np.cumprod(rows[:-1], axis=0)])
    after = np.concatenate([np.cumprod(rows[:0:-1], axis=0)[::-1], ones])
    return np.moveaxis(before * after, 0, axis)
