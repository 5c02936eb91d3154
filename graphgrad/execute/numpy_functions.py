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


def log1mexp(a: Array) -> Array:
    """log(1 - exp(a)) of a below 0, without cancellation on either side of -log 2."""
    near = a > -math.log(2)
    return np.where(near, np.log(-np.expm1(np.where(near, a, -1))), np.log1p(-np.exp(np.where(near, -1, a))))


def sech2(a: Array) -> Array:
    """1 / cosh(a)**2 without overflow: what 1 - tanh(a)**2 is, where that cancels too."""
    small = np.exp(-2 * np.abs(a))
    return 4 * small / np.square(1 + small)


def exprel(a: Array, order: int) -> Array:
    """The integral of t**order * exp(a*t) over t from 0 to 1: (exp(a) - 1) / a for order 0; the next is its slope.

    Its power series near 0, farther out the recurrence of integration by parts.
    """
    near = np.abs(a) <= 2
    x, far = np.where(near, a, 0), np.where(near, 1, a)
    series = 1 / (order + 25) + 0 * x
    for k in range(24, 0, -1):
        series = 1 / (order + k) + x / k * series
    power, value = np.exp(far), np.expm1(far) / far
    for k in range(1, order + 1):
        value = np.where(power == np.inf, power, (power - k * value) / far)
    return np.where(near, series, value)


def sinrel(a: Array, order: int) -> Array:
    """The derivative of that order of sin(a) / a: the integral of t**order * cos(a*t + order*pi/2) over t from 0 to 1.

    Its power series near 0, farther out the recurrence of integration by parts.
    """
    near, odd = np.abs(a) <= 2, order % 2
    x, far = np.where(near, a, 0), np.where(near, 3, a)
    series, square = 1 / (order + odd + 25) + 0 * x, np.square(x)
    for k in range(24, 0, -2):
        series = 1 / (order + odd + k - 1) - square / ((odd + k) * (odd + k - 1)) * series
    sine, cosine = np.sin(far), np.cos(far)
    value = sine / far
    for k in range(1, order + 1):
        value = ((cosine if k % 2 else sine) * (1 - k // 2 % 2 * 2) - k * value) / far
    return np.where(near, (x if odd else 1) * (1 - (order + odd) % 4) * series, value)


def erf(a: Array) -> Array:
    """The error function to 4 ulp, by W. J. Cody's rational approximations (Math. Comp. 23, 1969)."""
    x = np.asarray(a)
    x = x if x.dtype.kind == "f" else x.astype(float)
    y, square = np.abs(x), np.square(np.clip(x, -0.46875, 0.46875))
    near = x * ratio(
        square,
        [1.85777706184603153e-1, 3.1611237438705656, 113.864154151050156, 377.485237685302021, 3209.37758913846947],
        [1, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062],
    )
    y = np.minimum(y, 30)
    return np.where(y <= 0.46875, near, np.copysign(1 - np.exp(-np.square(y)) * erfcx(y), x))[()]


def erfc(a: Array) -> Array:
    """1 - erf(a), where that cancels too: the square in the exponential is taken in two parts."""
    x = np.asarray(a)
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = np.minimum(np.abs(x), 30)
    part = np.trunc(y * 16) / 16
    tail = np.exp(-np.square(part)) * np.exp((part - y) * (part + y)) * erfcx(y)
    return np.where(np.abs(x) <= 0.46875, 1 - erf(x), np.where(x < 0, 2 - tail, tail))[()]


def erfcx(y: Array) -> Array:
    """exp(y**2) * erfc(y) of y from 0.46875 on, by Cody's rational approximations."""
    # fmt: off
    near = ratio(
        np.minimum(y, 4),
        [2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
         881.95222124176909, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725],
        [1, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
         4362.61909014324716, 3439.36767414372164, 1230.33935480374942],
    )
    z = np.maximum(y, 4)
    far = ratio(
        1 / np.square(z),
        [0.0163153871373020978, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246,
         0.0160837851487422766, 0.000658749161529837803],
        [1, 2.56852019228982242, 1.87295284992346047, 0.527905102951428412, 0.0605183413124413191,
         0.00233520497626869185],
    )
    # fmt: on
    return np.where(y > 4, (0.564189583547756287 - far / np.square(z)) / z, near)


def ratio(t: Array, top: list[float], bottom: list[float]) -> Array:
    """The quotient of two polynomials in t, their coefficients from the highest down."""
    above, below = top[0] * t + top[1], bottom[0] * t + bottom[1]
    for p, q in zip(top[2:], bottom[2:], strict=True):
        above, below = above * t + p, below * t + q
    return above / below


def gelu(a: Array) -> Array:
    """a times the standard normal distribution function, with the square of a in its tail, not of a quotient."""
    x = np.asarray(a)
    y = np.minimum(np.abs(x), 42)
    part = np.trunc(y * 16) / 16
    tail = np.exp(-np.square(part) / 2) * np.exp((part - y) * (part + y) / 2) * erfcx(y / math.sqrt(2))
    twice = np.where(np.abs(x) <= 0.663, 1 + erf(x / math.sqrt(2)), np.where(x < 0, tail, 2 - tail))
    return (x * twice / 2)[()]


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
    top = np.max(np.abs(a), axis=axis, keepdims=True, initial=0)
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
    return np.eye(count, dtype=bool).reshape(
        [count if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))] + [count]
    )


def coprod(a: Array, axis: Any) -> Array:
    """Each entry's product of all the others, by products from both ends: no division, so zeros are welcome."""
    if axis is None:
        return coprod(np.reshape(a, -1), 0).reshape(np.shape(a)) if np.ndim(a) else np.ones_like(a)
    rows = np.moveaxis(a, axis, 0)
    before, after = np.ones_like(rows), np.ones_like(rows)
    np.cumprod(rows[:-1], axis=0, out=before[1:])
    after[:-1] = np.cumprod(rows[:0:-1], axis=0)[::-1]
    return np.moveaxis(before * after, 0, axis)
