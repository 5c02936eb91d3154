"""What the table's python column calls by name, in machine code: without branches, so that loops take many at a time.

Copied into modules that numba compiles, where `name_float32` becomes `name`, and numbers with a decimal point are of
that type. Within 5 units in the last place; what is below the smallest normal number is 0. After S. Moshier's Cephes,
and, for tanh in float32, Eigen.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def sparse_dot(a: Any, b: Any, out: Any) -> None:
    """Make `out` the product of `a` and `b`: of every row of `a`, what is not zero takes rows of `b`, four at a time.

    >>> out = np.empty((2, 2))
    >>> sparse_dot(np.array([[0.0, 2.0, 0.0, 1.0, 3.0, 5.0], [0, 0, 0, 0, 0, 1]]), np.arange(12.0).reshape(6, 2), out)
    >>> out
    array([[84., 95.],
           [10., 11.]])
    """
    places = np.empty(a.shape[1], np.uint64)  # numba asks of a signed one whether it counts from the end
    for i in range(a.shape[0]):
        count = 0
        for j in range(a.shape[1]):
            places[count] = j
            count += a[i, j] != 0
        for k in range(b.shape[1]):
            out[i, k] = 0
        fours = count - count % 4
        for p in range(0, fours, 4):
            j0, j1, j2, j3 = places[p], places[p + 1], places[p + 2], places[p + 3]
            a0, a1, a2, a3 = a[i, j0], a[i, j1], a[i, j2], a[i, j3]
            for k in range(b.shape[1]):
                out[i, k] += a0 * b[j0, k] + a1 * b[j1, k] + a2 * b[j2, k] + a3 * b[j3, k]
        for p in range(fours, count):
            j0 = places[p]
            a0 = a[i, j0]
            for k in range(b.shape[1]):
                out[i, k] += a0 * b[j0, k]


def exp_float32(a: Any) -> Any:
    """The exponential: a power of 2 times a polynomial."""
    t = min(max(a, -87.33654475), 88.7228391)
    k = np.floor(t * 1.44269504 + 0.5)
    r = t - k * 0.693359375 + k * 2.12194440e-4
    p = 1.9875691500e-4 * r + 1.3981999507e-3
    p = ((((p * r + 8.3334519073e-3) * r + 4.1665795894e-2) * r + 1.6666665459e-1) * r + 5.0000001201e-1) * r * r
    power: Any = np.int32((np.int32(min(k, 127.0)) + 127) << 23).view(np.float32)
    power = 0.0 if a < -87.33654475 else power
    power = 2.0 * 1.7014118e38 * 2.0 if a > 88.7228391 else power  # infinity
    power = a if a != a else power  # noqa: PLR0124  (nan)
    return (p + r + 1.0) * power * (2.0 if k > 127.0 else 1.0)


def exp_float64(a: Any) -> Any:
    """The exponential: a power of 2 times a quotient of polynomials."""
    t = min(max(a, -708.3964185322641), 709.782712893384)
    k = np.floor(t * 1.4426950408889634 + 0.5)
    r = t - k * 6.93145751953125e-1 - k * 1.42860682030941723212e-6
    s = r * r
    p = r * ((1.26177193074810590878e-4 * s + 3.02994407707441961300e-2) * s + 9.99999999999999999910e-1)
    q = ((3.00198505138664455042e-6 * s + 2.52448340349684104192e-3) * s + 2.27265548208155028766e-1) * s + 2.0
    power: Any = np.int64((np.int64(min(k, 1023.0)) + 1023) << 52).view(np.float64)
    power = 0.0 if a < -708.3964185322641 else power
    power = math.inf if a > 709.782712893384 else power
    power = a if a != a else power  # noqa: PLR0124  (nan)
    return (1.0 + 2.0 * (p / (q - p))) * power * (2.0 if k > 1023.0 else 1.0)


def tanh_float32(a: Any) -> Any:
    """The hyperbolic tangent: a quotient of polynomials."""
    t = min(max(a, -7.90531110763549805), 7.90531110763549805)
    s = t * t
    p = ((-2.76076847742355e-16 * s + 2.00018790482477e-13) * s - 8.60467152213735e-11) * s + 5.12229709037114e-8
    p = ((p * s + 1.48572235717979e-5) * s + 6.37261928875436e-4) * s + 4.89352455891786e-3
    q = ((1.19825839466702e-6 * s + 1.18534705686654e-4) * s + 2.26843463243900e-3) * s + 4.89352518554385e-3
    result = t * p / q
    result = 1.0 if a > 9.0 else result
    result = -1.0 if a < -9.0 else result
    return a if a != a else result  # noqa: PLR0124  (nan)


def tanh_float64(a: Any) -> Any:
    """The hyperbolic tangent: a quotient of polynomials near 0, else by the exponential."""
    s = a * a
    p = ((-9.64399179425052238628e-1 * s - 9.92877231001918586564e1) * s - 1.61468768441708447952e3) * s
    q = ((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s + 4.84406305325125486048e3
    far = math.copysign(1.0 - 2.0 / (exp_float64(2.0 * abs(a)) + 1.0), a)
    near = a + a * (p / q)
    return near if abs(a) < 0.625 else far


def sigmoid_float32(a: Any) -> Any:
    """1 / (1 + exp(-a)) without overflow."""
    small = exp_float32(-abs(a))
    return (1.0 if a >= 0.0 else small) / (1.0 + small)


def sigmoid_float64(a: Any) -> Any:
    """1 / (1 + exp(-a)) without overflow."""
    small = exp_float64(-abs(a))
    return (1.0 if a >= 0.0 else small) / (1.0 + small)
