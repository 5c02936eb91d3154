"""What the functions of the language are in sympy, on arrays of sympy's expressions.

Written from mathematics, and for sympy alone: neither the table nor the second reading is asked. What has pieces is
Piecewise, which sympy differentiates piece by piece. Arguments without a default are operands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import sympy as sp

Array = Any  # an object array of sympy's expressions


def each(rule: Callable[..., Any], count: int = 1) -> Callable[..., Array]:
    """A rule for each entry, under broadcasting."""
    applied = np.frompyfunc(rule, count, 1)
    return lambda *arrays: np.asarray(applied(*arrays), dtype=object)


def numbers(values: Any) -> Array:
    """An array of sympy's numbers."""
    return each(sp.sympify)(np.asarray(values, dtype=object))


def _value(a: Any) -> Any:
    """A condition as 0 or 1, a number as it is."""
    return sp.Piecewise((1, a), (0, True)) if getattr(a, "is_Boolean", False) or a in {sp.true, sp.false} else a


def _of_values(rule: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: rule(*map(_value, args))


def choose(condition: Any, a: Any, b: Any) -> Any:
    """One of two, by a condition."""
    return sp.Piecewise((_value(a), condition), (_value(b), True))


def greater_of(a: Any, b: Any) -> Any:
    """The larger one."""
    return choose(sp.Ge(_value(a), _value(b)), a, b)


def smaller_of(a: Any, b: Any) -> Any:
    """The smaller one."""
    return choose(sp.Le(_value(a), _value(b)), a, b)


def magnitude(a: Any) -> Any:
    """The absolute value; of what sympy does not know to be real, by pieces."""
    return sp.Abs(a) if a.is_extended_real else choose(a >= 0, a, -a)


def sign(a: Any) -> Any:
    """The sign."""
    return sp.Piecewise((1, a > 0), (-1, a < 0), (0, True))


def _axes(a: Array, axis: Any) -> tuple[int, ...]:
    every = tuple(range(np.ndim(a)))
    return every if axis is None else tuple(k % np.ndim(a) for k in (axis if isinstance(axis, tuple) else (axis,)))


def folded(rule: Callable[[Any, Any], Any], empty: Any) -> Callable[..., Array]:
    """A reduction, entry after entry."""

    def applied(a: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002  (as in NumPy)
        axes = _axes(a, axis)
        kept = [k for k in range(np.ndim(a)) if k not in axes]
        rows = np.transpose(a, [*kept, *axes]).reshape(*[np.shape(a)[k] for k in kept], -1)
        result = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(*result.shape):
            result[place] = reduce(rule, rows[place]) if rows.shape[-1] else sp.sympify(empty)
        return np.expand_dims(result, axes) if keepdims else result

    return applied


def count(a: Array, axis: Any = None) -> int:
    """How many entries a reduction joins."""
    return prod(np.shape(a)[k] for k in _axes(a, axis))


total = folded(_of_values(lambda a, b: a + b), 0)
add, sub, mul, div, power = (
    each(_of_values(rule), 2)
    for rule in (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
    )
)
exp, log, tanh, sqrt = (each(rule) for rule in (sp.exp, sp.log, sp.tanh, sp.sqrt))
square, sigmoid = each(lambda a: a**2), each(lambda a: 1 / (1 + sp.exp(-a)))
softplus = each(lambda a: sp.log(1 + sp.exp(a)))


def mean(a: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002
    """The mean."""
    return div(total(a, axis, keepdims), sp.Integer(count(a, axis)))


def var(a: Array, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Array:  # noqa: FBT001, FBT002
    """The variance."""
    off = square(sub(a, mean(a, axis, keepdims=True)))
    return div(total(off, axis, keepdims), sp.Integer(count(a, axis) - ddof))


def logsumexp(a: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002
    """The logarithm of the sum of exponentials."""
    return log(total(exp(a), axis, keepdims))


def log_softmax(a: Array, axis: int = -1) -> Array:
    """The logarithm of softmax."""
    return sub(a, logsumexp(a, axis, keepdims=True))


def matmul(a: Array, b: Array) -> Array:
    """The matrix product."""
    return numbers(np.asarray(a, dtype=object) @ np.asarray(b, dtype=object))


def pick(a: Array, labels: Array) -> Array:
    """One entry of every row, by its label."""
    return np.take_along_axis(a, np.asarray(labels)[..., None], -1)[..., 0]


def huber(prediction: Array, target: Array, delta: Any = 1) -> Array:
    """The mean Huber loss."""
    d = sp.Rational(str(delta))
    loss = each(lambda u: choose(magnitude(u) <= d, u**2 / 2, d * (magnitude(u) - d / 2)))
    return mean(loss(sub(prediction, target)))


def leaky(a: Array, slope: Any = 0.1) -> Array:
    """The leaky rectifier."""
    return each(lambda u: choose(u > 0, u, sp.Rational(str(slope)) * u))(a)


def elu(a: Array, alpha: Any = 1) -> Array:
    """The exponential linear unit."""
    return each(lambda u: choose(u > 0, u, sp.Rational(str(alpha)) * (sp.exp(u) - 1)))(a)


def _rounded(a: Any) -> Any:
    half = sp.Rational(1, 2)
    return sp.floor(a + half) - sp.floor((half - a) / 2) - sp.floor((a - half) / 2) - 1


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: each(_of_values(getattr(sp, name))) for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "floor")},
    "ceil": each(sp.ceiling), "round": each(_rounded),
    "floor_divide": each(lambda a, b: sp.floor(a / b), 2), "remainder": each(lambda a, b: a - b * sp.floor(a / b), 2),
    "atan2": each(sp.atan2, 2), "exp": exp, "log": log, "tanh": tanh, "sqrt": sqrt, "square": square,
    "add": add, "sub": sub, "mul": mul, "div": div, "pow": power, "neg": each(_of_values(lambda a: -a)),
    "reciprocal": each(lambda a: 1 / a), "expm1": each(lambda a: sp.exp(a) - 1), "log1p": each(lambda a: sp.log(1 + a)),
    "log2": each(lambda a: sp.log(a) / sp.log(2)), "log10": each(lambda a: sp.log(a) / sp.log(10)),
    "log1mexp": each(lambda a: sp.log(1 - sp.exp(a))), "sech2": each(lambda a: 1 - sp.tanh(a)**2),
    "erfc": each(lambda a: 1 - sp.erf(a)), "sinc": each(lambda a: sp.sin(sp.pi * a) / (sp.pi * a)),
    "logaddexp": each(lambda a, b: sp.log(sp.exp(a) + sp.exp(b)), 2),
    "xlogy": each(lambda a, b: a * sp.log(b), 2), "hypot": each(lambda a, b: sp.sqrt(a**2 + b**2), 2),
    "cbrt": each(lambda a: choose(a >= 0, magnitude(a) ** sp.Rational(1, 3), -(magnitude(a) ** sp.Rational(1, 3)))),
    "abs": each(_of_values(magnitude)), "sign": each(_of_values(sign)), "sigmoid": sigmoid, "softplus": softplus,
    "silu": each(lambda a: a / (1 + sp.exp(-a))), "relu": each(lambda a: greater_of(a, sp.Integer(0))),
    "gelu": each(lambda a: a * (1 + sp.erf(a / sp.sqrt(2))) / 2), "leaky_relu": leaky, "elu": elu,
    "maximum": each(greater_of, 2), "minimum": each(smaller_of, 2), "where": each(choose, 3),
    "clip": each(lambda a, low, high: smaller_of(greater_of(a, low), high), 3),
    "greater": each(_of_values(sp.Gt), 2), "greater_equal": each(_of_values(sp.Ge), 2),
    "less": each(_of_values(sp.Lt), 2), "less_equal": each(_of_values(sp.Le), 2),
    "equal": each(_of_values(sp.Eq), 2), "not_equal": each(_of_values(sp.Ne), 2),
    "logical_and": each(sp.And, 2), "logical_or": each(sp.Or, 2), "logical_not": each(sp.Not), "number": each(_value),
    "matmul": matmul, "dot": lambda a, b: mul(a, b) if not np.ndim(a) or not np.ndim(b) else numbers(np.dot(a, b)),
    "outer": lambda a, b: mul(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1))),
    "transpose": lambda a, axes=None: np.transpose(a, axes), "swap": lambda a: np.swapaxes(a, -1, -2),
    "swapaxes": lambda a, axis1=0, axis2=0: np.swapaxes(a, axis1, axis2), "ravel": np.ravel,
    "reshape": lambda a, shape=(): np.reshape(a, shape), "reshape_like": lambda a, b: np.reshape(a, np.shape(b)),
    "broadcast_to": lambda a, shape=(): np.broadcast_to(a, shape),
    "broadcast_like": lambda a, b: np.broadcast_to(a, np.shape(b)),
    "expand_dims": lambda a, axis=0: np.expand_dims(a, axis), "squeeze": lambda a, axis=None: np.squeeze(a, axis),
    "ones_like": lambda a: numbers(np.ones(np.shape(a), dtype=int)),
    "zeros_like": lambda a: numbers(np.zeros(np.shape(a), dtype=int)),
    "concatenate": lambda *a, axis=0: np.concatenate(a, axis=axis), "stack": lambda *a, axis=0: np.stack(a, axis=axis),
    "take": lambda a, indices, axis=None: np.take(a, np.asarray(indices, dtype=int), axis=axis), "pick": pick,
    "sum": total, "prod": folded(lambda a, b: a * b, 1), "mean": mean, "var": var, "logsumexp": logsumexp,
    "max": folded(greater_of, 0), "min": folded(smaller_of, 0), "size": lambda a, axis=None: numbers(count(a, axis)),
    "std": lambda a, axis=None, keepdims=False, ddof=0: sqrt(var(a, axis, keepdims, ddof)),
    "norm": lambda a, axis=None, keepdims=False: sqrt(total(square(a), axis, keepdims)),
    "softmax": lambda a, axis=-1: div(exp(a), total(exp(a), axis, keepdims=True)), "log_softmax": log_softmax,
    "squared_error": lambda p, t: total(square(sub(p, t))), "mse": lambda p, t: mean(square(sub(p, t))),
    "half_mse": lambda p, t: div(mean(square(sub(p, t))), sp.Integer(2)), "huber": huber,
    "mae": lambda p, t: mean(each(magnitude)(sub(p, t))),
    "binary_cross_entropy": lambda p, t: mean(sub(softplus(p), mul(t, p))),
    "nll": lambda p, labels: each(lambda a: -a)(mean(pick(p, labels))),
    "cross_entropy": lambda p, labels: each(lambda a: -a)(mean(pick(log_softmax(p), labels))),
    "soft_cross_entropy": lambda p, t: each(lambda a: -a)(mean(total(mul(t, log_softmax(p)), axis=-1))),
}  # fmt: skip
