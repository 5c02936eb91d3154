"""How a number is shown: rounded once, halves away from zero, and no zero has a sign.

In a picture it has four significant digits, in Python as in the player's JavaScript; in text, as many as asked.
"""

from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, NamedTuple, SupportsFloat

DIGITS = 4
FIXED = range(-4, 6)  # decimal exponents that are written without a power of ten
MINUS = "−"
ENTRIES = 12  # of an array that is written out
TINY = 1e-12  # of a number: what roundings on the way may have left
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Numeral(NamedTuple):
    """A written number: mantissa, and the power of ten that follows it ("" for none)."""

    mantissa: str
    exponent: str = ""

    def __str__(self) -> str:
        return self.mantissa + ("×10" + self.exponent.translate(SUPERSCRIPTS) if self.exponent else "")

    @property
    def negative(self) -> bool:
        """Whether it begins with a minus."""
        return self.mantissa.startswith(MINUS)

    @property
    def tex(self) -> str:
        """The numeral as LaTeX."""
        mantissa = self.mantissa.replace(MINUS, "-").replace("∞", r"\infty ")
        return mantissa + (rf" \times 10^{{{self.exponent}}}" if self.exponent else "")


def numeral(value: Any) -> Numeral:
    """Write a number with four significant digits, halves away from zero, no trailing zeros.

    >>> [str(numeral(x)) for x in (0.5, -0.98083, 1 / 3, 12345.6, 1.5e-7, -2e30, 1.0625)]
    ['0.5', '−0.9808', '0.3333', '12346', '1.5×10⁻⁷', '−2×10³⁰', '1.063']
    >>> [str(numeral(x)) for x in (0.0, -0.0, float("inf"), float("nan"), True)]
    ['0', '0', '∞', 'undefined', 'true']
    """
    if _condition(value):
        return Numeral("true" if value else "false")
    x = float(value)
    if math.isnan(x):
        return Numeral("undefined")
    sign = MINUS if x < 0 else ""
    if math.isinf(x):
        return Numeral(sign + "∞")
    if x == 0:
        return Numeral("0")
    first = Decimal(abs(x)).adjusted()
    size = _rounded(abs(x), max(DIGITS, first + 1) if first in FIXED else DIGITS)
    exponent = size.adjusted()
    if exponent in FIXED:
        return Numeral(sign + _trim(f"{size:f}"))
    return Numeral(sign + _trim(f"{size.scaleb(-exponent):f}"), str(exponent))


def general(value: SupportsFloat | str, digits: int = 6) -> str:
    """Write a number in text with at most so many significant digits; large and small ones by powers of ten.

    A number of more digits than a float has is given as text.

    >>> general("0.12345678901234567890", 18)
    '0.123456789012345679'
    >>> general(-0.98083, 3), general(-0.0), general(1e300), general(2.5e-7), general(1.0625, 4), general(float("nan"))
    ('-0.981', '0', '1e+300', '2.5e-07', '1.063', 'nan')
    """
    x = float(value)
    if not math.isfinite(x) or x == 0:
        return f"{x + 0.0:g}"
    number = _rounded(value if isinstance(value, str) else x, digits)
    exponent = number.adjusted()
    if exponent in range(-4, digits):
        return _trim(f"{number:f}")
    return f"{_trim(f'{number.scaleb(-exponent):f}')}e{exponent:+03d}"


def fixed(value: SupportsFloat, places: int) -> str:
    """Write a number in text with so many decimal places.

    >>> fixed(-0.00004, 4), fixed(0.125, 2), fixed(1e22, 1)
    ('0.0000', '0.13', '10000000000000000000000.0')
    """
    x = float(value)
    if not math.isfinite(x):
        return str(x)
    number = Context(prec=400, rounding=ROUND_HALF_UP).quantize(Decimal(x), Decimal(1).scaleb(-places))
    return f"{number or abs(number):f}"


def _rounded(x: float | str, digits: int) -> Decimal:
    return Context(prec=digits, rounding=ROUND_HALF_UP).plus(Decimal(x))


def _trim(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def exact(value: Any) -> bool:
    """Whether a number is what is written of it, but for the last bits of its arithmetic.

    >>> exact(0.1 + 0.2), exact(1 / 3)
    (True, False)
    """
    if getattr(value, "shape", ()) or _condition(value):
        return True
    said = numeral(value)
    return _is(float(value), f"{said.mantissa.replace(MINUS, '-')}e{said.exponent or 0}")


def _condition(value: Any) -> bool:
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) == "bool"


def _is(x: float, said: str) -> bool:
    return not math.isfinite(x) or abs(float(said) - x) <= TINY * abs(x)


def equation(name: str, value: Any, digits: int = 10) -> str:
    """Write a name and its number, or a small array's entries to six digits: ≈ stands where digits are left out.

    >>> equation("x", 0.5), equation("x", 1 / 3, 3), equation("x", [2.0, 1 / 3]), equation("x", [0] * 13)
    ('x = 0.5', 'x ≈ 0.333', 'x ≈ [2, 0.333333]', 'x: 13 array, min 0, max 0')
    """
    said = number(value, digits)
    return f"{name}: {said}" if _told(value) else f"{name} {said}" if said.startswith("≈") else f"{name} = {said}"


def number(value: Any, digits: int = 10) -> str:
    """Write a number, or an array as its six-digit entries or its shape: ≈ stands where digits are left out.

    >>> number(0.1 + 0.2), number(-0.0), number(1 / 3, 3), number([1.0, -0.0]), number([1.0, 1 / 3])
    ('0.3', '0', '≈ 0.333', '[1, 0]', '≈ [1, 0.333333]')
    """
    import numpy as np

    array = np.asarray(value)
    if _told(array):
        shape = "×".join(map(str, array.shape))
        return f"{shape} array, min {number(array.min(), 6)}, max {number(array.max(), 6)}"
    if array.dtype.kind != "f":
        return json.dumps(array.tolist()) if array.ndim else str(array.item())
    places = 6 if array.ndim else digits
    rounded = not all(_is(x, general(x, places)) for x in array.flat)
    return "≈ " * rounded + (_list(array.tolist()) if array.ndim else general(array.item(), digits))


def _told(value: Any) -> bool:
    """Whether a value is an array that is too large to be written out."""
    import numpy as np

    return bool(np.size(value) > ENTRIES)


def _list(entries: Any) -> str:
    return f"[{', '.join(map(_list, entries))}]" if isinstance(entries, list) else general(entries)


def written(value: Any) -> str:
    """A value in words of a line: a number, or an array's shape.

    >>> import numpy as np
    >>> written(0.25), written(np.zeros((2, 3)))
    ('0.25', 'array of 2 × 3')
    """
    shape = getattr(value, "shape", ())
    return "array of " + " × ".join(map(str, shape)) if shape else str(numeral(value))
