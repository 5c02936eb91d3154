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


def log1mexp(a: float) -> float:
    """log(1 - exp(a)) of a below 0, without cancellation on either side of -log 2."""
    return math.log(-math.expm1(a)) if a > -0.6931471805599453 else math.log1p(-math.exp(a))


def logaddexp(a: float, b: float) -> float:
    """log(exp(a) + exp(b)) without overflow."""
    return a + math.log(2) if a == b else max(a, b) + math.log1p(math.exp(-abs(a - b)))


def sech2(a: float) -> float:
    """1 / cosh(a)**2 without overflow."""
    small = math.exp(-2 * abs(a))
    return 4 * small / ((1 + small) * (1 + small))


def gelu(a: float) -> float:
    """a times the standard normal distribution function, with the square of a in its tail, not of a quotient."""
    b = -a / math.sqrt(2)
    if not 1 < b < 32:
        return a * math.erfc(b) / 2
    p, q = math.floor(a * 1048576) / 1048576, math.floor(b * 1048576) / 1048576  # whose squares are exact
    lost = q * q - p * p / 2 + ((b - q) * (b + q) - (a - p) * (a + p) / 2)
    return a * math.erfc(b) * math.exp(lost) / 2


def exprel(a: float, order: int) -> float:
    """The integral of t**order * exp(a*t) over t from 0 to 1: (exp(a) - 1) / a for order 0; the next is its slope."""
    if abs(a) <= 2:
        series = 1 / (order + 25)
        for k in range(24, 0, -1):
            series = 1 / (order + k) + a / k * series
        return series
    power, value = math.exp(a), math.expm1(a) / a
    for k in range(1, order + 1):
        value = (power - k * value) / a
    return value


def sinrel(a: float, order: int) -> float:
    """The derivative of that order of sin(a) / a."""
    if abs(a) <= 2:
        odd, series = order % 2, 1 / (order + order % 2 + 25)
        for k in range(24, 0, -2):
            series = 1 / (order + odd + k - 1) - a * a / ((odd + k) * (odd + k - 1)) * series
        return (a if odd else 1) * (1 - (order + odd) % 4) * series
    sine, cosine, value = math.sin(a), math.cos(a), math.sin(a) / a
    for k in range(1, order + 1):
        value = ((cosine if k % 2 else sine) * (1 - k // 2 % 2 * 2) - k * value) / a
    return value


def sign(a: float) -> float:
    """-1, 0 or 1; nan of nan."""
    return 1.0 if a > 0 else -1.0 if a < 0 else 0.0 if a == 0 else a


def floored(a: float) -> float:
    """The next whole number below, with the sign of a; what has no digits behind the point as it is."""
    return math.copysign(float(math.floor(a)), a) if abs(a) < 2**52 else a


def floor_divide(a: float, b: float) -> float:
    """How often b goes into a whole, downwards; exact where a / b is not."""
    return a // b


def remainder(a: float, b: float) -> float:
    """What is left of a, with the sign of b."""
    return a % b


def clip(a: float, low: float, high: float) -> float:
    """a within its bounds; nan where one of the three is."""
    within = min(max(a, low), high)
    return within if low == low and high == high else low + high  # noqa: PLR0124  (nan alone)
