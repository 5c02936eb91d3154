"""Numbers as pictures and text show them."""

import math
import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from graphgrad.core.numerals import fixed, general, numeral


def read(numeral_text):
    mantissa, _, exponent = numeral_text.replace("−", "-").partition("×10")
    plain = "".join(str(unicodedata.digit(c)) if c != "⁻" else "-" for c in exponent)
    return float(mantissa) * 10.0 ** int(plain or 0)


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300).filter(
        lambda x: abs(x) > 1e-300
    )
)
def test_a_numeral_is_the_number_to_four_digits(x):
    assert math.isclose(read(str(numeral(x))), x, rel_tol=5.0001e-4)


@given(st.floats(min_value=-9e5, max_value=9e5, allow_nan=False))
def test_a_numeral_is_short_and_has_no_trailing_zeros(x):
    written = numeral(x)
    assert len(written.mantissa) <= 10
    assert "." not in written.mantissa or written.mantissa[-1] not in "0."


@pytest.mark.parametrize(
    ("x", "written"),
    [(1.0625, "1.063"), (-1.0625, "−1.063"), (9999.96, "10000"), (999999.6, "1×10⁶"), (0.00099996, "0.001"),
     (0.0001, "0.0001"), (0.00001, "1×10⁻⁵"), (123456, "123456"), (1e300, "1×10³⁰⁰"), (float("-inf"), "−∞"),
     (True, "true"), (2, "2"), (0.1 + 0.2, "0.3")],
)  # fmt: skip
def test_edges(x, written):
    assert str(numeral(x)) == written


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, st.integers(1, 12))
def test_text_has_the_nearest_number_and_no_zero_a_sign(x, digits):
    said = general(x, digits)
    unit = Decimal(1).scaleb(Decimal(x).adjusted() - digits + 1)
    assert abs(Decimal(said) - Decimal(x)) <= unit / 2
    assert said != "-0"
    assert float(said) == 0 or not float(said) * x < 0
    assert len(re.sub(r"^-|[.]|e.*", "", said).strip("0")) <= digits


@given(FINITE, st.integers(0, 8))
def test_places_are_kept_and_no_zero_has_a_sign(x, places):
    said = fixed(x, places)
    assert abs(Decimal(said) - Decimal(x)) <= Decimal(1).scaleb(-places) / 2
    assert len(said.partition(".")[2]) == places
    assert float(said) or not said.startswith("-")


@given(st.floats(min_value=1e-3, max_value=9e5))
def test_pictures_and_text_round_alike(x):
    assert float(str(numeral(x))) == float(general(x, max(4, Decimal(x).adjusted() + 1)))
