"""What the table's python column calls by name: functions of one number that `math` does not have."""

from __future__ import annotations

import math


def sigmoid(a: float) -> float:
    """1 / (1 + exp(-a)) without overflow."""
    if a >= 0:
        return 1 / (1 + math.exp(-a))
    small = math.exp(a)
    return small / (1 + small)


def softplus(a: float) -> float:
    """log(1 + exp(a)) without overflow."""
    return max(a, 0.0) + math.log1p(math.exp(-abs(a)))


def xlogy(a: float, b: float) -> float:
    """a * log(b), and 0 where a is 0."""
    return 0.0 if a == 0 else a * math.log(b)


def sign(a: float) -> float:
    """-1, 0 or 1."""
    return 1.0 if a > 0 else -1.0 if a < 0 else 0.0
