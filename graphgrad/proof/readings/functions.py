"""What every function of the language means, on arrays of exact scalars: from mathematics, not from the table.

Parameters without a default are operands, the others static attributes. A second, independent reading of the language:
where it and the table disagree, a verdict says so.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from graphgrad.proof.scalars import elementary as f, symbols as s
from graphgrad.proof.scalars.symbols import lift

Array = Any  # an object array of exact scalars


def each(rule: Callable[..., Any], count: int = 1) -> Callable[..., Array]:
    """A scalar rule, entry by entry under broadcasting."""
    applied = np.frompyfunc(rule, count, 1)
    return lambda *arrays: np.asarray(applied(*arrays), dtype=object)


def lifted(values: Any) -> Array:
    """An array of exact scalars from numbers."""
    return each(lift)(np.asarray(values, dtype=object))


def _rounded(a: Any) -> Any:
    """The nearest whole number, of two the even one: then a/2 - 1/4 is whole where the even one is below."""
    floor, quarter = f.function("floor"), lift(Fraction(1, 4))
    return floor(a + s.HALF) - floor(quarter - a / 2) - floor(a / 2 - quarter) - 1


def axes_of(a: Array, axis: Any) -> tuple[int, ...]:
    """The reduced axes as non-negative ints."""
    if axis is None:
        return tuple(range(np.ndim(a)))
    return tuple(i % np.ndim(a) for i in (axis if isinstance(axis, tuple) else (axis,)))


def folded(rule: Callable[[Any, Any], Any], empty: Any) -> Callable[..., Array]:
    """A reduction by an associative rule."""

    def apply(a: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002  (as in NumPy)
        axes = axes_of(a, axis)
        kept = [i for i in range(np.ndim(a)) if i not in axes]
        shape = [np.shape(a)[i] for i in kept]
        rows = np.transpose(a, [*kept, *axes]).reshape(*shape, -1)
        result = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            row = [lift(v) for v in rows[place]]
            result[place] = reduce(rule, row) if row else lift(empty)
        return np.expand_dims(result, axes) if keepdims else result

    return apply


add, sub, mul, div, pow_ = (each(r, 2) for r in (s.add, s.subtract, s.multiply, s.divide, s.power))
exp, log, tanh, erf, abs_, sign = (each(f.function(n)) for n in ("exp", "log", "tanh", "erf", "abs", "sign"))
sqrt, square = each(f.sqrt), each(lambda a: a * a)
where = each(s.where, 3)
total, product = folded(s.add, 0), folded(s.multiply, 1)
greatest, least = folded(f.largest, -1), folded(f.smallest, 1)
softplus, sigmoid = each(lambda a: f.log(1 + f.exp(a))), each(f.function("sigmoid"))


def count(a: Array, axis: Any = None) -> int:
    """How many entries a reduction joins."""
    return prod(np.shape(a)[i] for i in axes_of(a, axis))


def mean(a: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002
    """The mean."""
    return div(total(a, axis, keepdims), lift(count(a, axis)))


def var(a: Array, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Array:  # noqa: FBT001, FBT002
    """The variance."""
    spread_ = square(sub(a, mean(a, axis, keepdims=True)))
    return div(total(spread_, axis, keepdims), lift(count(a, axis) - ddof))


def logsumexp(a: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002
    """The logarithm of the sum of exponentials."""
    return log(total(exp(a), axis, keepdims))


def log_softmax(a: Array, axis: int = -1) -> Array:
    """The logarithm of softmax."""
    return sub(a, logsumexp(a, axis, keepdims=True))


def matmul(a: Array, b: Array) -> Array:
    """The matrix product, of vectors and stacks too."""
    left, right = np.ndim(a) == 1, np.ndim(b) == 1
    a, b = (a[None, :] if left else a), (b[:, None] if right else b)
    result = total(mul(a[..., :, :, None], b[..., None, :, :]), axis=-2)
    result = result[..., 0, :] if left else result
    return result[..., 0] if right else result


def dot(a: Array, b: Array) -> Array:
    """NumPy's dot, over the last axis and the second to last."""
    if not np.ndim(a) or not np.ndim(b):
        return mul(a, b)
    b = np.moveaxis(b, -2, 0) if np.ndim(b) > 1 else b
    a = np.reshape(a, (*np.shape(a), *[1] * (np.ndim(b) - 1)))
    return total(mul(a, b), axis=np.ndim(a) - np.ndim(b))


def pick(a: Array, labels: Array) -> Array:
    """One entry of every row, by label."""
    return np.take_along_axis(a, np.expand_dims(labels, -1), -1)[..., 0]


def huber(prediction: Array, target: Array, delta: Any = 1) -> Array:
    """The mean Huber loss."""
    off, d = sub(prediction, target), lift(delta)
    return mean(each(lambda u: s.where(abs(u) <= d, u * u / 2, d * (abs(u) - d / 2)))(off))


def argbest(_: Array, axis: Any = None) -> Array:  # noqa: ARG001  (read for its signature)
    """The place of an extreme entry, which is no symbol."""
    raise s.SymbolsLost("the place of the largest entry is no symbol")


def spread(a: Array, b: Array, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: FBT001, FBT002
    """Repeat what a reduction of b gave over b's shape."""
    if not keepdims and np.ndim(a):
        a = np.expand_dims(a, axes_of(b, axis))
    return np.broadcast_to(a, np.shape(b))


def untake(a: Array, indices: Array, b: Array, axis: Any = None) -> Array:
    """Zeros of b's shape, with every entry of a added where `take` found it."""
    places = np.take(np.arange(np.size(b)).reshape(np.shape(b)), indices, axis=axis)
    result = lifted(np.zeros(np.size(b), dtype=int))
    for place, entry in zip(np.ravel(places), np.ravel(np.broadcast_to(a, np.shape(places))), strict=True):
        result[place] = result[place] + entry
    return result.reshape(np.shape(b))


def unpick(a: Array, labels: Array, b: Array) -> Array:
    """Zeros of b's shape, with a in every row's labelled place."""
    chosen = np.expand_dims(labels, -1) == np.arange(np.shape(b)[-1])
    return where(lifted(chosen), np.expand_dims(np.broadcast_to(a, np.shape(labels)), -1), lifted(0))


def coprod(a: Array, axis: Any = None) -> Array:
    """Each entry's product of all the others along an axis."""
    if axis is None:
        return coprod(np.ravel(a), 0).reshape(np.shape(a))
    rows = np.moveaxis(a, axis, 0)
    others = [product(np.delete(rows, k, axis=0), axis=0) for k in range(len(rows))]
    return np.moveaxis(np.stack(others), 0, axis)


def eye_mask(a: Array, axis: int = 0) -> Array:
    """True where the place along an axis is the place along a new last axis."""
    n, rank = np.shape(a)[axis], np.ndim(a)
    return lifted(np.eye(n, dtype=bool).reshape([n if i == axis % rank else 1 for i in range(rank)] + [n]))


def transpose(a: Array, axes: Any = None) -> Array:
    """The axes in another order."""
    return np.transpose(a, axes)


def exprel(a: Array, order: int = 0) -> Array:
    """The integral of t**order * exp(a*t) over t from 0 to 1, by parts."""
    value = div(sub(exp(a), lift(1)), a)
    for k in range(1, order + 1):
        value = div(sub(exp(a), mul(lift(k), value)), a)
    return value


def sinrel(a: Array, order: int = 0) -> Array:
    """The derivative of that order of sin(a) / a, by parts."""
    waves = [FUNCTIONS["sin"](a), FUNCTIONS["cos"](a)]
    waves += [each(lambda x: -x)(wave) for wave in waves]
    value = div(waves[0], a)
    for k in range(1, order + 1):
        value = div(sub(waves[k % 4], mul(lift(k), value)), a)
    return value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{n: each(f.function(n)) for n in ["exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
    "cosh", "tanh", "asinh", "acosh", "atanh"]},
    **{n: each(f.function(n)) for n in ["erf", "abs", "sign", "floor"]},
    "atan2": each(f.function("atan2"), 2), "ceil": each(lambda a: -f.function("floor")(-a)),
    "round": each(_rounded),
    "floor_divide": each(lambda a, b: f.function("floor")(a / b), 2),
    "remainder": each(lambda a, b: a - b * f.function("floor")(a / b), 2),
    "add": add, "sub": sub, "mul": mul, "div": div, "pow": pow_, "neg": each(lambda a: -a), "square": square,
    "reciprocal": each(lambda a: 1 / a), "expm1": each(lambda a: f.exp(a) - 1), "log1p": each(lambda a: f.log(1 + a)),
    "log2": each(lambda a: f.log(a) / f.log(2)), "log10": each(lambda a: f.log(a) / f.log(10)),
    "xlogy": each(lambda a, b: a * f.log(b), 2), "sqrt": sqrt,
    "log1mexp": each(lambda a: f.log(1 - f.exp(a))), "sech2": each(lambda a: 1 - f.function("tanh")(a) ** lift(2)),
    "logaddexp": each(lambda a, b: f.log(f.exp(a) + f.exp(b)), 2), "exprel": exprel, "sinrel": sinrel,
    "sinc": lambda a: sinrel(mul(s.PI, a)), "erfc": each(lambda a: 1 - f.erf(a)),
    "cbrt": each(lambda a: f.sign(a) * abs(a) ** lift(Fraction(1, 3))),
    "hypot": each(lambda a, b: f.sqrt(a * a + b * b), 2), "sigmoid": sigmoid, "softplus": softplus,
    "relu": each(lambda a: f.largest(a, 0)), "silu": each(lambda a: a * f.function("sigmoid")(a)),
    "leaky_relu": lambda a, slope=0.1: each(lambda x: s.where(x > 0, x, lift(slope) * x))(a),
    "elu": lambda a, alpha=1: each(lambda x: s.where(x > 0, x, lift(alpha) * (f.exp(x) - 1)))(a),
    "gelu": each(lambda a: a * (1 + f.erf(a / f.sqrt(2))) / 2),
    "maximum": each(f.largest, 2), "minimum": each(f.smallest, 2), "where": where,
    "clip": each(lambda a, low, high: f.smallest(f.largest(a, low), high), 3),
    "greater": each(lambda a, b: s.less(b, a), 2), "greater_equal": each(lambda a, b: s.at_most(b, a), 2),
    "less": each(s.less, 2), "less_equal": each(s.at_most, 2), "equal": each(s.equal, 2),
    "not_equal": each(lambda a, b: s.negation(s.equal(a, b)), 2), "logical_and": each(s.both, 2),
    "logical_or": each(s.either, 2), "logical_not": each(s.negation), "number": each(lambda c: s.where(c, 1, 0)),
    "matmul": matmul, "dot": dot, "outer": lambda a, b: mul(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1))),
    "transpose": transpose, "swap": lambda a: np.swapaxes(a, -1, -2), "reshape": lambda a,
    shape=(): np.reshape(a, shape),
    "ravel": lambda a: np.reshape(a, -1), "reshape_like": lambda a, b: np.reshape(a, np.shape(b)),
    "broadcast_to": lambda a, shape=(): np.broadcast_to(a, shape),
    "broadcast_like": lambda a, b: np.broadcast_to(a, np.shape(b)),
    "expand_dims": lambda a, axis=0: np.expand_dims(a, axis), "squeeze": lambda a, axis=None: np.squeeze(a, axis),
    "swapaxes": lambda a, axis1=0, axis2=0: np.swapaxes(a, axis1, axis2), "coprod": coprod, "eye_mask": eye_mask,
    "ones_like": lambda a: lifted(np.ones(np.shape(a), dtype=int)), "spread": spread, "untake": untake,
    "zeros_like": lambda a: lifted(np.zeros(np.shape(a), dtype=int)), "unpick": unpick,
    "concatenate": lambda *a, axis=0: np.concatenate(a, axis=axis), "stack": lambda *a, axis=0: np.stack(a, axis=axis),
    "take": lambda a, indices, axis=None: np.take(a, indices, axis=axis), "pick": pick,
    "sum": total, "prod": product, "mean": mean, "max": greatest, "min": least, "var": var, "logsumexp": logsumexp,
    "std": lambda a, axis=None, keepdims=False, ddof=0: sqrt(var(a, axis, keepdims, ddof)),
    "norm": lambda a, axis=None, keepdims=False: sqrt(total(square(a), axis, keepdims)),
    "size": lambda a, axis=None: lifted(count(a, axis)), "argmax": argbest, "argmin": argbest,
    "softmax": lambda a, axis=-1: div(exp(a), total(exp(a), axis, keepdims=True)), "log_softmax": log_softmax,
    "squared_error": lambda prediction, target: total(square(sub(prediction, target))),
    "half_mse": lambda prediction, target: div(mean(square(sub(prediction, target))), lift(2)),
    "mse": lambda prediction, target: mean(square(sub(prediction, target))),
    "mae": lambda prediction, target: mean(abs_(sub(prediction, target))), "huber": huber,
    "binary_cross_entropy": lambda logits, targets: mean(sub(softplus(logits), mul(targets, logits))),
    "nll": lambda logs, labels: each(lambda a: -a)(mean(pick(logs, labels))),
    "cross_entropy": lambda scores, labels: each(lambda a: -a)(mean(pick(log_softmax(scores), labels))),
    "soft_cross_entropy": lambda scores, targets: each(lambda a: -a)(
        mean(total(mul(targets, log_softmax(scores)), axis=-1))),
}  # fmt: skip
ALIASES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "power": "pow", "negative": "neg",
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "swish": "silu", "absolute": "abs", "fabs": "abs", "flatten": "ravel",
    "amax": "max", "amin": "min", "bce": "binary_cross_entropy", "expit": "sigmoid", "σ": "sigmoid", "ReLU": "relu",
    "LReLU": "leaky_relu", "LeakyReLU": "leaky_relu",
    "mod": "remainder", "rint": "round", "bitwise_and": "logical_and", "bitwise_or": "logical_or",
    "invert": "logical_not", "matrix_transpose": "swap",
}  # fmt: skip
