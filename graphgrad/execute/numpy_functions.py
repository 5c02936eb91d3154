"""What the table's numpy column calls by name and NumPy does not have. Plain NumPy: a compiled module copies them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any  # a NumPy array or scalar, of floats or of symbols


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)) without overflow, by exponentials of -|a| alone."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, small) / (1 + small)


def softplus(a: Array) -> Array:
    """log(1 + exp(a)) without overflow."""
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def xlogy(a: Array, b: Array) -> Array:
    """a * log(b), and 0 where a is 0."""
    return np.where(a == 0, 0, a * np.log(np.where(a == 0, 1, b)))


def erf(a: Array) -> Array:
    """The error function, in double precision."""
    exact = np.vectorize(math.erf, otypes=[float])(a)
    return exact.astype(np.result_type(a), copy=False)[()]


def gelu(a: Array) -> Array:
    """a times the standard normal distribution function."""
    return a * (1 + erf(a / math.sqrt(2))) / 2


def logsumexp(a: Array, axis: Any, keepdims: bool) -> Array:
    """log(sum(exp(a))) without overflow: the largest entry is taken out first."""
    top = np.max(a, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(a - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def softmax(a: Array, axis: int) -> Array:
    """exp(a) / sum(exp(a)) without overflow."""
    powers = np.exp(a - np.max(a, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(a: Array, axis: int) -> Array:
    """a - logsumexp(a)."""
    shifted = a - np.max(a, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def cross_entropy(scores: Array, labels: Array) -> Array:
    """Mean negative log-likelihood of class labels under softmax(scores)."""
    return -np.mean(pick(log_softmax(scores, -1), labels))


def norm(a: Array, axis: Any, keepdims: bool) -> Array:
    """Euclidean norm, scaled so that no square overflows."""
    top = np.max(np.abs(a), axis=axis, keepdims=True)
    top = np.where((top > 0) & np.isfinite(top), top, 1)
    length = np.sqrt(np.sum(np.square(a / top), axis=axis, keepdims=True)) * top
    return length if keepdims else np.squeeze(length, axis=axis)


def size(a: Array, axis: Any) -> int:
    """How many entries are reduced along an axis, several, or all."""
    axes = range(np.ndim(a)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(np.shape(a)[i] for i in axes)


def spread(a: Array, b: Array, axis: Any, keepdims: bool) -> Array:
    """Repeat a reduced array over the shape of what it was reduced from."""
    if axis is not None and not keepdims and np.ndim(a):
        a = np.expand_dims(a, tuple(i % np.ndim(b) for i in (axis if isinstance(axis, tuple) else (axis,))))
    return np.broadcast_to(a, np.shape(b))


def scatter(a: Array, b: Array, key: Any) -> Array:
    """Zeros of b's shape with a at an index."""
    result = np.zeros(np.shape(b), np.result_type(a))
    result[key] = a
    return result


def untake(a: Array, indices: Array, b: Array, axis: Any) -> Array:
    """Zeros of b's shape with the entries of a added where `take` took them."""
    result = np.zeros(np.shape(b), np.result_type(a))
    if axis is None:
        np.add.at(result.reshape(-1), indices, a)
    else:
        start, taken = axis % np.ndim(b), np.ndim(indices)
        np.add.at(np.moveaxis(result, axis, 0), indices, np.moveaxis(a, range(start, start + taken), range(taken)))
    return result


def pick(a: Array, labels: Array) -> Array:
    """One entry of every row, by label."""
    return np.take_along_axis(a, np.expand_dims(labels, -1), -1)[..., 0]


def unpick(a: Array, labels: Array, b: Array) -> Array:
    """Zeros of b's shape with a in every row's labelled place."""
    result = np.zeros(np.shape(b), np.result_type(a))
    np.put_along_axis(result, np.expand_dims(labels, -1), np.expand_dims(np.broadcast_to(a, np.shape(labels)), -1), -1)
    return result


def eye_mask(a: Array, axis: int) -> Array:
    """True where the index along an axis equals the index along a new last axis."""
    count = np.shape(a)[axis]
    return np.eye(count, dtype=bool).reshape([count if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))] + [count])


def coprod(a: Array, axis: Any) -> Array:
    """Each entry's product of all the others, by products from both ends: no division, so zeros are welcome."""
    if axis is None:
        return coprod(np.reshape(a, -1), 0).reshape(np.shape(a)) if np.ndim(a) else np.ones_like(a)
    rows = np.moveaxis(a, axis, 0)
    before, after = np.ones_like(rows), np.ones_like(rows)
    np.cumprod(rows[:-1], axis=0, out=before[1:])
    after[:-1] = np.cumprod(rows[:0:-1], axis=0)[::-1]
    return np.moveaxis(before * after, 0, axis)
