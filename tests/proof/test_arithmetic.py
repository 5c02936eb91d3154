"""Rigorous numbers: every ball holds what mpmath computes, every series what its function does close by."""

import contextlib
import threading
from fractions import Fraction

import flint
import mpmath
import pytest
from hypothesis import given, settings, strategies as st

from graphgrad.proof.arithmetic import numbers, series
from graphgrad.proof.arithmetic.numbers import NoValue, Undecided, rational

ONE_ARGUMENT = {
    "exp": mpmath.exp, "log": mpmath.log, "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "asin": mpmath.asin,
    "acos": mpmath.acos, "atan": mpmath.atan, "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh,
    "asinh": mpmath.asinh, "acosh": mpmath.acosh, "atanh": mpmath.atanh, "erf": mpmath.erf, "abs": abs,
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)), "floor": mpmath.floor, "sign": mpmath.sign,
}  # fmt: skip
TWO_ARGUMENTS = {
    "add": lambda a, b: a + b, "mul": lambda a, b: a * b, "pow": lambda a, b: a**b, "max": max, "min": min,
    "atan2": mpmath.atan2,
}  # fmt: skip
SIZES = st.fractions(-3, 3, max_denominator=50)


def value(x):
    return mpmath.mpf(x.numerator) / x.denominator


def holds(found, wanted):
    """Whether a number is what mpmath gives, up to its own bound and to mpmath's digits."""
    middle, radius = (
        mpmath.mpf(str(part.str(60, radius=False))) for part in (numbers.ball(found).mid(), numbers.ball(found).rad())
    )
    return abs(middle - wanted) <= radius + abs(wanted) * mpmath.mpf(10) ** -45 + mpmath.mpf(10) ** -45


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@settings(max_examples=25, deadline=None)
@given(SIZES)
def test_functions_of_one_number(name, x):
    with numbers.precision(200), mpmath.workdps(55):
        wanted = None
        with contextlib.suppress(ValueError, ZeroDivisionError):
            wanted = ONE_ARGUMENT[name](value(x))
        real = wanted is not None and mpmath.im(wanted) == 0 and mpmath.isfinite(wanted)
        if real:
            assert holds(numbers.FUNCTIONS[name](rational(x)), mpmath.re(wanted))
        else:
            with pytest.raises(NoValue):
                numbers.FUNCTIONS[name](rational(x))


@pytest.mark.parametrize("name", TWO_ARGUMENTS)
@settings(max_examples=25, deadline=None)
@given(SIZES, SIZES)
def test_functions_of_two_numbers(name, x, y):
    with numbers.precision(200), mpmath.workdps(55):
        none = (name == "pow" and ((x == 0 and y < 0) or (x < 0 and y.denominator > 1))) or (
            name == "atan2" and x == y == 0
        )
        if none:
            with pytest.raises(NoValue):
                numbers.FUNCTIONS[name](rational(x), rational(y))
        else:
            assert holds(numbers.FUNCTIONS[name](rational(x), rational(y)), TWO_ARGUMENTS[name](value(x), value(y)))


@pytest.mark.parametrize("name", sorted(set(series.FUNCTIONS) & set(ONE_ARGUMENT)))
@settings(max_examples=25, deadline=None)
@given(SIZES, st.fractions(-2, 2, max_denominator=9).filter(bool))
def test_a_series_is_its_function_close_by(name, x, speed):
    t = rational(Fraction(1, 10**6))
    with numbers.precision(200):
        try:
            found = series.FUNCTIONS[name](series.ray(rational(x), rational(speed)))
            close = numbers.FUNCTIONS[name](rational(x) + rational(speed) * t)
        except (NoValue, Undecided):
            return
        found = series.lifted(found)
        total = sum(
            (numbers.ball(term) * numbers.ball(t) ** (found.low + k) for k, term in enumerate(found.terms)),
            flint.arb(0),
        )
        near = 1 + abs(numbers.ball(close))  # beside a pole a series takes more terms
        assert abs(total - numbers.ball(close)) < numbers.ball(10) ** -24 * near**7


def test_orders_of_zeros_and_poles_are_facts():
    x = series.ray(rational(0), rational(1))
    power, sine = series.power(x, rational(20)), series.FUNCTIONS["sin"](x)
    assert (series.sign(power), series.sign(series.subtract(power, series.power(x, rational(9))))) == (1, -1)
    assert series.sign(series.subtract(x, x)) == 0
    squares = series.add(series.multiply(sine, sine), series.power(series.FUNCTIONS["cos"](x), rational(2)))
    with pytest.raises(Undecided):  # zero as far as it is known, which is no proof
        series.sign(series.subtract(squares, numbers.ONE))
    assert series.limit(series.multiply(sine, series.inverse(x))) == 1
    with pytest.raises(NoValue):
        series.limit(series.inverse(x))
    with pytest.raises(series.Ramified):
        series.power(x, numbers.HALF)


@pytest.mark.parametrize(("name", "at", "exact"), [
    ("sin", 1, 0), ("cos", 1, -1), ("sin", Fraction(1, 6), Fraction(1, 2)), ("cos", Fraction(2, 3), Fraction(-1, 2)),
    ("sin", Fraction(-1, 2), -1), ("cos", Fraction(7, 2), 0), ("tan", 5, 0),
])  # fmt: skip
def test_multiples_of_pi_are_exact(name, at, exact):
    with numbers.precision(100):
        assert numbers.FUNCTIONS[name](numbers.Pi(rational(at))) == rational(exact)


def test_the_precision_of_the_process_is_put_back():
    before, seen = flint.ctx.prec, []

    def other(bits):
        for _ in range(200):
            with numbers.precision(bits):
                seen.append((bits, flint.ctx.prec))

    with pytest.raises(ZeroDivisionError), numbers.precision(333):
        _ = 1 / 0
    threads = [threading.Thread(target=other, args=(bits,)) for bits in (100, 700)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(wanted == there for wanted, there in seen)
    assert flint.ctx.prec == before


def test_rounded_decimals_hold_what_rounds_to_them():
    with numbers.precision(200):
        ten, near = numbers.log(rational(10)), numbers.decimal
        assert near("2.302585092994046").contains(ten)
        assert near("0.30000000000000004").contains(numbers.ball(rational(Fraction(0.1 + 0.2))))
        assert not near("2.30258509299407").contains(ten)


@pytest.mark.parametrize("size", [10**8, 10**30, 10**300])
def test_what_is_enormous_costs_nothing(size):
    with numbers.precision(128):
        try:
            assert numbers.power(rational(3), rational(size)) > 1
        except Undecided:  # the exponent has more digits than there is room for
            assert size > 10**30
        assert numbers.FUNCTIONS["tanh"](rational(size)) > rational(Fraction(99, 100))
