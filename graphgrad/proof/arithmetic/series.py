"""Functions along a ray, as t goes to 0 from above: Laurent series of numbers, cut off, and never wrong.

A series is t**low times a polynomial in t, beyond which it is unknown, or exactly zero where it is `exact`. So the
order of a zero or a pole is a fact, and where two things are equal all along the ray, that is known too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flint import fmpq

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import HALF, MINUS_ONE, ONE, ZERO, NoValue, Number, Undecided

TERMS = 7


class Ramified(Undecided):
    """A power of t that is not whole: the ray may be run through at another speed, t to that power."""

    def __init__(self, power: int) -> None:
        super().__init__(power)
        self.power = power


class Series(NamedTuple):
    """t**low * (terms[0] + terms[1]*t + ...)."""

    low: int
    terms: tuple[Number, ...]
    exact: bool = False

    @property
    def end(self) -> int:
        """The first power of t that is not known."""
        return self.low + len(self.terms)


Value = Any  # a Number, or a Series


def ray(at: fmpq, speed: fmpq, power: int = 1) -> Value:
    """at + speed * t**power."""
    if numbers.is_zero(speed):
        return at
    return _tidy(Series(0, (at, *[ZERO] * (power - 1), speed), exact=True))


def lifted(a: Value) -> Series:
    """A number as a series."""
    if isinstance(a, Series):
        return a
    return Series(0, () if numbers.is_zero(a) else (a,), exact=True)


def _tidy(a: Series) -> Series:
    """Without zeros before and, where it is exact, behind; not longer than is worth having."""
    low, terms = a.low, a.terms
    first = next((k for k, term in enumerate(terms) if not numbers.is_zero(term)), len(terms))
    terms, low, exact = terms[first:], low + first, a.exact
    if exact:
        last = next((k for k in range(len(terms), 0, -1) if not numbers.is_zero(terms[k - 1])), 0)
        terms = terms[:last]
        low = low if terms else 0
    if len(terms) > TERMS:
        terms, exact = terms[:TERMS], False
    return Series(low, terms, exact)


def sign(a: Value) -> int:
    """The sign close to t = 0; 0 where it is zero all along the ray."""
    if not isinstance(a, Series):
        return numbers.sign(a)
    for term in a.terms:
        if side := numbers.sign(term):
            return side
    if a.exact:
        return 0
    raise Undecided


def limit(a: Value) -> Number:
    """The limit at t = 0; NoValue where it is infinite."""
    if not isinstance(a, Series):
        return a
    for k in range(a.low, 0):
        if k >= a.end:
            if a.exact:
                break
            raise Undecided
        if numbers.sign(a.terms[k - a.low]):
            raise NoValue
    if a.low <= 0 < a.end:
        return a.terms[-a.low]
    if a.exact or a.low > 0:
        return ZERO
    raise Undecided


def add(a: Value, b: Value) -> Value:
    """The sum."""
    a, b = lifted(a), lifted(b)
    low = min((s.low for s in (a, b) if s.terms or not s.exact), default=0)
    ends = [s.end for s in (a, b) if not s.exact]
    end = min(ends) if ends else max(a.end, b.end)
    terms = tuple(numbers.add(_at(a, k), _at(b, k)) for k in range(low, end))
    return _tidy(Series(low, terms, not ends))


def _at(a: Series, k: int) -> Number:
    return a.terms[k - a.low] if a.low <= k < a.end else ZERO


def multiply(a: Value, b: Value) -> Value:
    """The product."""
    a, b = lifted(a), lifted(b)
    if any(s.exact and not s.terms for s in (a, b)):
        return ZERO
    lengths = [len(s.terms) for s in (a, b) if not s.exact]
    length = min(lengths) if lengths else len(a.terms) + len(b.terms) - 1
    terms = [ZERO] * length
    for i, x in enumerate(a.terms[:length]):
        if not numbers.is_zero(x):
            for j, y in enumerate(b.terms[: length - i]):
                terms[i + j] = numbers.add(terms[i + j], numbers.multiply(x, y))
    return _tidy(Series(a.low + b.low, tuple(terms), not lengths))


def vanishing(a: Value) -> Value:
    """A series whose limit is known to be zero."""
    if not isinstance(a, Series):
        return ZERO
    return _tidy(Series(0, (ZERO, *a.terms[1:]), a.exact)) if a.low == 0 else a


def scaled(a: Value, factor: Number) -> Value:
    """A series times a number."""
    return multiply(a, factor)


def subtract(a: Value, b: Value) -> Value:
    """The difference."""
    return add(a, scaled(b, MINUS_ONE))


def _led(a: Series) -> Series:
    """A series whose first term is certainly not zero."""
    if not a.terms:
        if a.exact:
            raise NoValue
        raise Undecided
    if not numbers.sign(a.terms[0]):
        return _led(Series(a.low + 1, a.terms[1:], a.exact))
    return a


def inverse(a: Value) -> Value:
    """1 / a; NoValue where a is zero all along the ray."""
    a = _led(lifted(a))
    terms = _padded(a.terms, a.exact)
    first = numbers.inverse(terms[0])
    found = [first]
    for k in range(1, len(terms)):
        total = ZERO
        for j in range(1, k + 1):
            total = numbers.add(total, numbers.multiply(terms[j], found[k - j]))
        found.append(numbers.negative(numbers.multiply(total, first)))
    return _tidy(Series(-a.low, tuple(found), a.exact and len(a.terms) == 1))


def _padded(terms: tuple[Number, ...], exact: bool) -> tuple[Number, ...]:  # noqa: FBT001
    return (*terms, *[ZERO] * (TERMS - len(terms))) if exact else terms


def power(a: Value, b: Value) -> Value:
    """A power."""
    a, b = lifted(a), lifted(b)
    if b.exact and not b.terms:
        return ONE
    if not (b.exact and b.low == 0 and len(b.terms) == 1 and isinstance(b.terms[0], fmpq)):
        return exp(multiply(b, log(a)))
    exponent = b.terms[0]
    whole, q = exponent.q == 1, int(exponent.q)
    if not a.terms and a.exact:
        if exponent < 0:
            raise NoValue
        return ZERO
    a = _led(a)
    if not whole and numbers.sign(a.terms[0]) < 0:
        raise NoValue
    if a.low * int(exponent.p) % q:
        raise Ramified(q)
    low = a.low * int(exponent.p) // q
    short = a.exact and whole and exponent > 0 and (len(a.terms) - 1) * int(exponent.p) < TERMS
    terms = _padded(a.terms, a.exact)
    found, first = [numbers.power(terms[0], exponent)], numbers.inverse(terms[0])
    for m in range(1, len(terms)):
        total = ZERO
        for k in range(1, m + 1):
            total = numbers.add(
                total, numbers.multiply(numbers.multiply(terms[k], found[m - k]), exponent * k - (m - k))
            )
        found.append(numbers.multiply(numbers.multiply(total, first), fmpq(1, m)))
    return _tidy(Series(low, tuple(found), short or (a.exact and len(a.terms) == 1)))


def derivative(a: Series) -> Value:
    """d/dt."""
    terms = tuple(numbers.multiply(term, fmpq(a.low + k)) for k, term in enumerate(a.terms))
    return _tidy(Series(a.low - 1, terms, a.exact))


def _regular(a: Value) -> Series:
    """A series with a finite limit, known from t**0 on."""
    found = lifted(a)
    if found.low < 0:
        if found.terms and numbers.sign(found.terms[0]):
            raise _Pole
        raise Undecided
    return found


class _Pole(Undecided):
    """An argument goes to infinity."""


def _composed(rule: Callable[[Number], Number], slope: Callable[[Series], Value]) -> Callable[[Value], Value]:
    """A function of a series, from its value and its derivative."""

    def applied(a: Value) -> Value:
        a = _regular(a)
        return _integral(rule(limit(a)), multiply(slope(a), derivative(a)))

    return applied


def _integral(constant: Number, slope: Value) -> Value:
    slope = lifted(slope)
    terms = dict(enumerate(slope.terms, slope.low + 1))
    if any(k <= 0 and not numbers.is_zero(t) for k, t in terms.items()):
        raise Undecided
    found = tuple(numbers.multiply(terms.get(k, ZERO), fmpq(1, k)) for k in range(1, slope.end + 1))
    return _tidy(Series(0, (constant, *found), slope.exact))


def exp(a: Value) -> Value:
    """The exponential."""
    a = _regular(a)
    if a.exact and not a.terms:
        return ONE
    terms = _dense(a)
    found = [numbers.exp(terms[0])]
    for m in range(1, len(terms)):
        total = ZERO
        for k in range(1, m + 1):
            total = numbers.add(total, numbers.multiply(numbers.multiply(terms[k], fmpq(k)), found[m - k]))
        found.append(numbers.multiply(total, fmpq(1, m)))
    return _tidy(Series(0, tuple(found), a.exact and a.end <= 1))


def _dense(a: Series) -> tuple[Number, ...]:
    """The terms from t**0 on."""
    end = TERMS if a.exact else min(a.end, TERMS)
    if not end:
        raise Undecided
    return tuple(_at(a, k) for k in range(end))


def log(a: Value) -> Value:
    """The logarithm; Undecided where it goes to infinity with t."""
    a = _led(lifted(a))
    if numbers.sign(a.terms[0]) < 0:
        raise NoValue
    if a.low:
        raise Undecided
    return _integral(numbers.log(a.terms[0]), multiply(derivative(a), inverse(a)))


def sine_cosine(a: Value) -> tuple[Value, Value]:
    """Sine and cosine."""
    a = _regular(a)
    terms = _dense(a)
    s, c = numbers.sine_cosine(terms[0])
    sines, cosines = [s], [c]
    for m in range(1, len(terms)):
        up, down = ZERO, ZERO
        for k in range(1, m + 1):
            weight = numbers.multiply(terms[k], fmpq(k))
            up = numbers.add(up, numbers.multiply(weight, cosines[m - k]))
            down = numbers.add(down, numbers.multiply(weight, sines[m - k]))
        sines.append(numbers.multiply(up, fmpq(1, m)))
        cosines.append(numbers.multiply(down, fmpq(-1, m)))
    exact = a.exact and a.end <= 1
    return _tidy(Series(0, tuple(sines), exact)), _tidy(Series(0, tuple(cosines), exact))


def tan(a: Value) -> Value:
    """The tangent."""
    s, c = sine_cosine(a)
    return multiply(s, inverse(c))


def _both(a: Value) -> tuple[Value, Value]:
    up = exp(a)
    down = inverse(up)
    return scaled(subtract(up, down), HALF), scaled(add(up, down), HALF)


def tanh(a: Value) -> Value:
    """The hyperbolic tangent."""
    double = exp(scaled(a, fmpq(2)))
    return multiply(subtract(double, ONE), inverse(add(double, ONE)))


def _root_under(a: Value, square: fmpq, constant: fmpq) -> Value:
    """1 / sqrt(constant + square * a**2)."""
    return power(add(scaled(multiply(a, a), square), constant), -HALF)


def atan(a: Value) -> Value:
    """The inverse tangent, at a pole too."""
    try:
        return _atan(a)
    except _Pole:
        quarter = numbers.Pi(HALF * sign(a))
        return subtract(quarter, _atan(inverse(a)))


_atan = _composed(numbers.atan, lambda a: inverse(add(multiply(a, a), ONE)))


def atan2(y: Value, x: Value) -> Value:
    """The angle of (x, y): none where both are zero all along the ray."""
    y, x = lifted(y), lifted(x)
    if not x.terms and x.exact:
        side = sign(y)
        if side == 0:
            raise NoValue
        return numbers.Pi(HALF * side)
    shift = min(x.low, y.low) if y.terms else x.low
    x, y = (Series(s.low - shift, s.terms, s.exact) for s in (x, y))
    start = numbers.atan2(limit(y), limit(x))
    if isinstance(start, numbers.Pi) and abs(start.times) == 1 and sign(y) < 0:
        start = numbers.Pi(MINUS_ONE)
    turn = subtract(multiply(x, derivative(y)), multiply(y, derivative(x)))
    return _integral(start, multiply(turn, inverse(add(multiply(x, x), multiply(y, y)))))


def floor(a: Value) -> fmpq:
    """The largest whole number that is not above."""
    a = _regular(a)
    at = limit(a)
    below = numbers.floor(at)
    return below - 1 if isinstance(at, fmpq) and at == below and sign(subtract(a, at)) < 0 else below


def absolute(a: Value) -> Value:
    """The absolute value."""
    return a if sign(a) >= 0 else scaled(a, MINUS_ONE)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "add": add, "mul": multiply, "pow": power, "exp": exp, "log": log, "sin": lambda a: sine_cosine(a)[0],
    "cos": lambda a: sine_cosine(a)[1], "tan": tan, "atan": atan, "atan2": atan2, "tanh": tanh,
    "asin": _composed(numbers.asin, lambda a: _root_under(a, MINUS_ONE, ONE)),
    "acos": _composed(numbers.acos, lambda a: scaled(_root_under(a, MINUS_ONE, ONE), MINUS_ONE)),
    "sinh": lambda a: _both(a)[0], "cosh": lambda a: _both(a)[1],
    "asinh": _composed(numbers.asinh, lambda a: _root_under(a, ONE, ONE)),
    "acosh": _composed(numbers.acosh, lambda a: _root_under(a, ONE, MINUS_ONE)),
    "atanh": _composed(numbers.atanh, lambda a: inverse(subtract(ONE, multiply(a, a)))),
    "erf": _composed(numbers.FUNCTIONS["erf"], lambda a: scaled(
        exp(scaled(multiply(a, a), MINUS_ONE)), 2 / numbers.ball(numbers.Pi(ONE)).sqrt())),
    "sigmoid": lambda a: inverse(add(ONE, exp(scaled(a, MINUS_ONE)))),
    "abs": absolute, "sign": lambda a: fmpq(sign(a)), "floor": floor,
    "max": lambda a, b: a if sign(subtract(a, b)) >= 0 else b,
    "min": lambda a, b: a if sign(subtract(a, b)) <= 0 else b,
    "lt": lambda a, b: sign(subtract(a, b)) < 0, "le": lambda a, b: sign(subtract(a, b)) <= 0,
    "eq": lambda a, b: sign(subtract(a, b)) == 0,
}  # fmt: skip
