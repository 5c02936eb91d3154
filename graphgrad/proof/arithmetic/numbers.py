"""Real numbers that are never wrong: rationals and rational multiples of pi, exact, and balls that hold the number.

This room alone uses python-flint. A number is exact as long as that is cheap; then it is a ball, an interval of reals
at the precision in force. What has certainly no value raises `NoValue`; what a ball cannot decide raises `Undecided`,
and more precision may.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, NamedTuple

from flint import arb, ctx, fmpq, fmpz

EXACT = 3000  # bits of a rational; beyond, a ball is cheaper
_LOCK = threading.RLock()
if hasattr(os, "register_at_fork"):  # a child begins with the library's own precision, and a lock that nobody holds
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
_RATIONAL: Any = fmpq  # whose truth value its types do not know


class NoValue(ArithmeticError):  # noqa: N818  (what happened, not an error of the user)
    """There is certainly no real value."""


class Undecided(ArithmeticError):  # noqa: N818  (what happened, not an error of the user)
    """Balls overlap: more precision may decide, or nothing does."""


class Pi(NamedTuple):
    """A rational multiple of pi, not zero."""

    times: fmpq


Number = Any  # fmpq, Pi or arb
ZERO, ONE, MINUS_ONE, HALF = fmpq(0), fmpq(1), fmpq(-1), fmpq(1, 2)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with that many bits. The library's precision belongs to the process: one thread at a time, and restored.

    >>> with precision(200):
    ...     digits(power(rational(2), HALF), 40)
    '1.414213562373095048801688724209698078570'
    """
    with _LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def rational(value: Fraction | int) -> fmpq:
    """A rational, exactly.

    >>> rational(Fraction(1, 3)) + 1
    4/3
    """
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """An exact rational as Python's."""
    return Fraction(int(value.p), int(value.q))


def decimal(text: str) -> arb:
    """The reals that a rounded decimal may stand for: within half a unit of its last place, or of its float's last bit.

    >>> with precision(128):
    ...     decimal("2.302585092994046").contains(log(rational(10)))
    True
    """
    mantissa, _, exponent = text.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    spelled = arb(rational(Fraction(text)), arb(rational(Fraction(10) ** (int(exponent or 0) - places)) / 2))
    held = float(text)
    return spelled.union(arb(held, math.ulp(held) / 2)) if held and math.isfinite(held) else spelled


def around(value: Number, radius: float) -> arb:
    """The ball of a relative radius around a number."""
    return ball(value) + arb(0, arb(radius) * abs(ball(value)).max(arb(1)))


def between(low: Fraction, high: Fraction) -> arb:
    """The ball of all reals between two rationals."""
    return arb(rational(low)).union(arb(rational(high)))


def ball(a: Number) -> arb:
    """A number as a ball."""
    return a if isinstance(a, arb) else arb.pi() * a.times if isinstance(a, Pi) else arb(a)


def sign(a: Number) -> int:
    """-1, 0 or 1; Undecided where a ball holds zero and more."""
    if isinstance(a, Pi):
        a = a.times
    if a > 0:
        return 1
    if a < 0:
        return -1
    if isinstance(a, fmpq) or a.is_zero():
        return 0
    raise Undecided


def is_zero(a: Number) -> bool:
    """Whether a number is exactly zero."""
    return isinstance(a, _RATIONAL) and not a


def may_vanish(a: Number) -> bool:
    """Whether a ball holds zero; what is exact is known to be zero or not."""
    return isinstance(a, arb) and bool(a.contains(0))


def small(a: fmpq) -> Number:
    """A rational, as long as it is cheap to keep."""
    return a if a.height_bits() < EXACT else arb(a)


def add(a: Number, b: Number) -> Number:
    """The sum."""
    if isinstance(a, fmpq):
        if isinstance(b, fmpq):
            return small(a + b)
        if is_zero(a):
            return b
    elif isinstance(b, fmpq):
        if is_zero(b):
            return a
    elif isinstance(a, Pi) and isinstance(b, Pi):
        total = a.times + b.times
        return ZERO if is_zero(total) else Pi(total)
    return ball(a) + ball(b)


def multiply(a: Number, b: Number) -> Number:
    """The product; an exact zero makes it zero."""
    if isinstance(a, fmpq):
        if isinstance(b, fmpq):
            return small(a * b)
        a, b = b, a
    if isinstance(b, fmpq):
        if is_zero(b):
            return ZERO
        return Pi(a.times * b) if isinstance(a, Pi) else a * b
    return ball(a) * ball(b)


def negative(a: Number) -> Number:
    """The opposite."""
    return Pi(-a.times) if isinstance(a, Pi) else -a


def subtract(a: Number, b: Number) -> Number:
    """The difference."""
    return add(a, negative(b))


def inverse(a: Number) -> Number:
    """1 / a."""
    if sign(a) == 0:
        raise NoValue
    return 1 / a if isinstance(a, fmpq) else 1 / ball(a)


def power(a: Number, b: Number) -> Number:
    """The real power: of a negative base, to whole exponents only; 0**0 is 1."""
    if not isinstance(b, fmpq):
        return _transcendental(a, ball(b))
    n, q = int(b.p), int(b.q)
    if q == 1:
        return _whole(a, n)
    side = sign(a)
    if side < 0 or (side == 0 and n < 0):
        raise NoValue
    return ZERO if side == 0 else _root(a, n, q)


def _whole(a: Number, n: int) -> Number:
    if n < 0:
        return inverse(_whole(a, -n)) if sign(a) else inverse(ZERO)
    if n == 0:
        return ONE
    if isinstance(a, fmpq):
        return a**n if a.height_bits() * n < EXACT or abs(a) in {0, 1} else finite(arb(a) ** n)
    a = ball(a)
    return _whole_about_zero(a, n) if a.contains(0) and not a.is_exact() else finite(a**n)


def _whole_about_zero(a: arb, n: int) -> arb:
    """A positive power of a ball that holds zero, between the powers of its ends: FLINT itself gives no bound."""
    low, high = a.lower(), a.upper()
    ends = [low**n, high**n] if n % 2 else [arb(0), max(-low, high) ** n]
    return finite(ends[0].union(ends[1]))


def _root(a: Number, n: int, q: int) -> Number:
    if isinstance(a, fmpq):
        up, down = (_exact_root(v, q) for v in (a.p, a.q))
        if up is not None and down is not None:
            return _whole(fmpq(up, down), n)
    root = ball(a).sqrt() if q == 2 else ball(a).root(q) if q < 1000 else (ball(a).log() / q).exp()
    return _whole(root, n)


def _exact_root(v: fmpz, q: int) -> fmpz | None:
    root = v.root(q) if q < 1000 else fmpz(1)
    return root if root**q == v else None


def _transcendental(a: Number, b: arb) -> Number:
    side = sign(a)
    if side > 0:
        return exp(b * ball(log(a)))
    if side < 0:
        if b.contains_integer():
            raise Undecided
        raise NoValue
    if b > 0:
        return ZERO
    if b < 0:
        raise NoValue
    raise Undecided


def finite(a: arb) -> arb:
    """A ball that is an interval; Undecided where it is all reals."""
    if not a.is_finite():
        raise Undecided
    return a


def exp(a: Number) -> Number:
    """The exponential."""
    return ONE if is_zero(a) else finite(ball(a).exp())


def log(a: Number) -> Number:
    """The logarithm."""
    if sign(a) <= 0:
        raise NoValue
    return ZERO if isinstance(a, fmpq) and a == 1 else ball(a).log()


def sine_cosine(a: Number) -> tuple[Number, Number]:
    """Sine and cosine, exact at multiples of pi where they are rational."""
    if is_zero(a):
        return ZERO, ONE
    if isinstance(a, Pi):
        known = _CIRCLE.get(Fraction(int(a.times.p), int(a.times.q)) % 2)
        s, c = arb.sin_cos_pi_fmpq(a.times)
        return (s, c) if known is None else (s if known[0] is None else known[0], c if known[1] is None else known[1])
    s, c = ball(a).sin_cos()
    return finite(s), finite(c)


def tan(a: Number) -> Number:
    """The tangent."""
    s, c = sine_cosine(a)
    return multiply(s, inverse(c))


def _circle() -> dict[Fraction, tuple[fmpq | None, fmpq | None]]:
    """Sines and cosines that are rational, by the angle in units of pi, below 2."""
    every = (ZERO, HALF, None, ONE, None, HALF, ZERO, -HALF, None, MINUS_ONE, None, -HALF)
    sines = {Fraction(k, 6): v for k, v in enumerate(every)}
    return {at: (v, sines[(at + Fraction(1, 2)) % 2]) for at, v in sines.items()}


_CIRCLE = _circle()


def asin(a: Number) -> Number:
    """The inverse sine."""
    _within_one(a)
    known = {0: ZERO, 1: Pi(HALF), -1: Pi(-HALF)} if isinstance(a, fmpq) else {}
    return known[int(a.p)] if known and abs(a) in {0, 1} else finite(ball(a).asin())


def acos(a: Number) -> Number:
    """The inverse cosine."""
    return subtract(Pi(HALF), asin(a))


def _within_one(a: Number) -> None:
    if sign(add(multiply(a, a), MINUS_ONE)) > 0:
        raise NoValue


def atan(a: Number) -> Number:
    """The inverse tangent."""
    if isinstance(a, fmpq) and abs(a) in {0, 1}:
        return ZERO if is_zero(a) else Pi(a / 4)
    return ball(a).atan()


def atan2(y: Number, x: Number) -> Number:
    """The angle of (x, y); none at the origin."""
    if is_zero(y):
        side = sign(x)
        if side == 0:
            raise NoValue
        return ZERO if side > 0 else Pi(ONE)
    if is_zero(x):
        return Pi(HALF * sign(y))
    sides = ball(x) > 0, ball(y) > 0, ball(y) < 0
    if not any(sides):
        raise Undecided
    return arb.atan2(ball(y), ball(x))


def asinh(a: Number) -> Number:
    """The inverse hyperbolic sine."""
    return _odd(a, arb.asinh)


def acosh(a: Number) -> Number:
    """The inverse hyperbolic cosine."""
    side = sign(add(a, MINUS_ONE))
    if side < 0:
        raise NoValue
    return ball(a).acosh() if side else ZERO


def atanh(a: Number) -> Number:
    """The inverse hyperbolic tangent."""
    if sign(add(multiply(a, a), MINUS_ONE)) >= 0:
        raise NoValue
    return _odd(a, arb.atanh)


def _odd(a: Number, rule: Callable[[arb], arb]) -> Number:
    return ZERO if is_zero(a) else finite(rule(ball(a)))


def sigmoid(a: Number) -> Number:
    """1 / (1 + exp(-a))."""
    return inverse(add(ONE, exp(negative(a))))


def floor(a: Number) -> fmpq:
    """The largest whole number that is not above."""
    if isinstance(a, fmpq):
        return fmpq(a.p // a.q)
    found = ball(a).floor().unique_fmpz()
    if found is None:
        raise Undecided
    return fmpq(found)


def absolute(a: Number) -> Number:
    """The absolute value."""
    return abs(a) if not isinstance(a, Pi) else Pi(abs(a.times))


def larger(a: Number, b: Number) -> Number:
    """The larger of two."""
    try:
        return a if sign(subtract(a, b)) >= 0 else b
    except Undecided:
        return ball(a).max(ball(b))


def lower(a: Number, b: Number) -> Number:
    """The smaller of two."""
    return negative(larger(negative(a), negative(b)))


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "add": add, "mul": multiply, "pow": power, "exp": exp, "log": log, "sin": lambda a: sine_cosine(a)[0],
    "cos": lambda a: sine_cosine(a)[1], "tan": tan, "asin": asin, "acos": acos, "atan": atan, "atan2": atan2,
    "sinh": lambda a: _odd(a, arb.sinh), "cosh": lambda a: finite(ball(a).cosh()), "tanh": lambda a: _odd(a, arb.tanh),
    "asinh": asinh, "acosh": acosh, "atanh": atanh, "erf": lambda a: _odd(a, arb.erf), "sigmoid": sigmoid,
    "abs": absolute, "sign": lambda a: fmpq(sign(a)), "floor": floor, "max": larger, "min": lower,
    "lt": lambda a, b: sign(subtract(a, b)) < 0, "le": lambda a, b: sign(subtract(a, b)) <= 0,
    "eq": lambda a, b: sign(subtract(a, b)) == 0, "and": lambda a, b: a and b, "not": lambda a: not a,
}  # fmt: skip


def apart(a: Number, b: Number) -> bool:
    """Whether two numbers are certainly different."""
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return bool(a != b)
    return not ball(a).overlaps(ball(b))


def gap(a: Number, b: Number) -> float:
    """A bound on how far two numbers are apart; 0 only where they are exactly equal.

    >>> gap(rational(3), rational(2)), gap(HALF, HALF)
    (1.000..., 0.0)
    """
    return 0.0 if _equal(a, b) else _bound(ball(a) - ball(b))


def relative_gap(a: Number, b: Number) -> float:
    """A bound on how far two numbers are apart, beside the larger of them and 1.

    >>> relative_gap(rational(3), rational(2))
    0.333...
    """
    one, other = ball(a), ball(b)
    return 0.0 if _equal(a, b) else _bound((one - other) / max(abs(one).abs_lower(), abs(other).abs_lower(), arb(1)))


def _equal(a: Number, b: Number) -> bool:
    return isinstance(a, fmpq) and isinstance(b, fmpq) and bool(a == b)


def _bound(a: arb) -> float:
    """A float above the size of a ball's numbers, and not zero."""
    above = abs(a).upper()
    return max(float(above) * (1 + 1e-9), sys.float_info.min) if above.is_finite() else math.inf


def digits(a: Number, count: int) -> str:
    """A number as text: a decimal that is short in full, else that many digits, as far as they are known.

    >>> digits(rational(Fraction(5, 2)), 20), digits(rational(7), 20)
    ('2.5', '7.0')
    """
    if isinstance(a, bool):
        return str(a)
    if isinstance(a, fmpq) and a.height_bits() < 3 * count:
        short = str(float(fraction(a)))
        if Fraction(short) == fraction(a):
            return short
    return str(ball(a).str(count, radius=False))
