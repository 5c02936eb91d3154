"""A product whose left side is mostly zeros, such as the pixels of a drawing: in machine code the zeros are skipped.

Copied into modules that numba compiles.
"""

from __future__ import annotations

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
