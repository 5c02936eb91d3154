"""Operators that ONNX's runtime has for float32 alone, in ones that it has for float64, to about fourteen digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphgrad.learn.models.onnx_words import Call, Integers, Numbers

NODES = 48  # of the quadrature of erf: enough for 16 digits up to `FLAT`
FLAT = 6.0  # from where erf is 1
HALVINGS, TERMS = 3, 9  # of an arc tangent's argument; of its series


def _(op: str, *operands: Any, **attrs: Any) -> Call:
    return Call(op, operands, attrs)


def _plus(a: Any, b: Any) -> Call:
    return _("Add", a, b)


def _log1p(a: Any) -> Call:
    """By Kahan: what rounding takes from 1 + a, the quotient gives back."""
    whole = _("Add", a, 1)
    exact = _("Div", _("Mul", _("Log", whole), a), _("Sub", whole, 1))
    return _("Where", _("Equal", whole, 1), a, exact)


def _expm1(a: Any) -> Call:
    power = _("Exp", a)
    less = _("Sub", power, 1)
    exact = _("Div", _("Mul", less, a), _("Log", power))
    return _("Where", _("Equal", power, 1), a, _("Where", _("Equal", less, -1), -1, exact))


def _softplus(a: Any) -> Call:
    return _plus(_("Max", a, 0), _log1p(_("Exp", _("Neg", _("Abs", a)))))


def _elu(a: Any, alpha: float) -> Call:
    return _("Where", _("Greater", a, 0), a, _("Mul", alpha, _expm1(_("Min", a, 0))))


def _erf(a: Any) -> Call:
    """Gauss's quadrature of the integral: 2 a / sqrt(pi) times the mean of exp(-(a t)**2) over t from 0 to 1."""
    places, weights = np.polynomial.legendre.leggauss(NODES)
    near = _("Min", _("Max", a, -FLAT), FLAT)
    each = _("Mul", _("Unsqueeze", near, Integers((-1,))), Numbers(tuple((places + 1) / 2)))
    bells = _("Mul", _("Exp", _("Neg", _("Mul", each, each))), Numbers(tuple(weights / math.sqrt(math.pi))))
    return _("Mul", near, _("ReduceSum", bells, Integers((-1,)), keepdims=0))


def _sinh(a: Any) -> Call:
    less = _expm1(_("Abs", a))
    return _("Mul", _("Sign", a), _("Div", _plus(less, _("Div", less, _("Add", less, 1))), 2))


def _asinh(a: Any) -> Call:
    size, square = _("Abs", a), _("Mul", a, a)
    more = _("Div", square, _("Add", 1, _("Sqrt", _("Add", square, 1))))
    return _("Mul", _("Sign", a), _log1p(_plus(size, more)))


def _atanh(a: Any) -> Call:
    size = _("Abs", a)
    return _("Mul", _("Sign", a), _("Div", _log1p(_("Div", _("Mul", 2, size), _("Sub", 1, size))), 2))


def _atan(a: Any) -> Call:
    """The series, after the argument was turned over where it is above 1, and its angle halved a few times."""
    size = _("Abs", a)
    above = _("Greater", size, 1)
    small: Any = _("Where", above, _("Reciprocal", size), size)
    for _times in range(HALVINGS):
        small = _("Div", small, _("Add", 1, _("Sqrt", _("Add", 1, _("Mul", small, small)))))
    square = _("Mul", small, small)
    series: Any = 1 / (2 * TERMS + 1)
    for k in range(TERMS - 1, -1, -1):
        series = _("Sub", 1 / (2 * k + 1), _("Mul", square, series))
    angle = _("Mul", _("Mul", 2**HALVINGS, small), series)
    return _("Mul", _("Sign", a), _("Where", above, _("Sub", math.pi / 2, angle), angle))


WIDE: Mapping[str, Callable[..., Call]] = {
    "Softplus": _softplus,
    "Elu": _elu,
    "Erf": _erf,
    "Tan": lambda a: _("Div", _("Sin", a), _("Cos", a)),
    "Sinh": _sinh,
    "Cosh": lambda a: _("Div", _plus(_("Exp", a), _("Exp", _("Neg", a))), 2),
    "Asinh": _asinh,
    "Acosh": lambda a: _("Log", _plus(a, _("Mul", _("Sqrt", _("Sub", a, 1)), _("Sqrt", _("Add", a, 1))))),
    "Atanh": _atanh,
    "Atan": _atan,
    "Asin": lambda a: _atan(_("Div", a, _("Sqrt", _("Mul", _("Sub", 1, a), _("Add", 1, a))))),
    "Acos": lambda a: _("Mul", 2, _atan(_("Sqrt", _("Div", _("Sub", 1, a), _("Add", 1, a))))),
}
