"""Arrays whose entries along one dimension are a few classes of equal entries, how many of each being symbols.

A sum over the dimension is weighted by these symbols, and its size is their sum. What treats the entries along the
dimension unlike each other (a slice, a product, a matrix of N by N) has no meaning here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from graphgrad.proof.readings.functions import FUNCTIONS, Array, axes_of, each, lifted
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost, lift

N = "N"  # the name of the dimension, whatever the program calls it; other axes are their sizes


class Unlike(SymbolsLost):
    """Entries along the dimension are not treated alike."""


@dataclass(frozen=True)
class Entries:
    """Scalars with the names of their axes."""

    values: Array
    axes: tuple[Any, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, with one place for every class."""
        return tuple(np.shape(self.values))

    @property
    def T(self) -> Entries:
        """The axes turned round."""
        return Entries(np.transpose(self.values), self.axes[::-1])


class Labels(Entries):
    """Labels, each a row of numbers: of a one where the label is, and zeros."""

    @property
    def places(self) -> Entries:
        """An array of the labels' own shape."""
        return Entries(self.values[..., 0], self.axes[:-1])


def plain(values: Any) -> Entries:
    """An array without the dimension."""
    return values if isinstance(values, Entries) else Entries(np.asarray(values, dtype=object), np.shape(values))


@dataclass
class Classes:
    """The classes, and every sum over the dimension that was worked out."""

    weights: Sequence[Sym]
    sums: dict[int, Sym] = field(default_factory=dict)

    @property
    def size(self) -> Sym:
        """How many entries there are."""
        return _added(self.weights)

    def total(self, a: Entries, axis: Any = None, keepdims: bool = False) -> Entries:  # noqa: FBT001, FBT002  (as in NumPy)
        """The sum, weighted along the dimension."""
        values, axes = a.values, list(a.axes)
        for k in sorted(axes_of(values, axis), reverse=True):
            if axes[k] == N:
                values = values * self._along(values, k)
            values = np.asarray(np.sum(values, axis=k, keepdims=keepdims), dtype=object)
            if axes[k] == N:
                self.sums |= {id(v): v for v in np.ravel(values) if isinstance(v, Sym)}
            axes[k : k + 1] = [1] if keepdims else []
        return Entries(lifted(values), tuple(axes))

    def count(self, a: Entries, axis: Any = None) -> Entries:
        """How many entries a reduction joins."""
        a = a.places if isinstance(a, Labels) else a
        chosen = [a.axes[k] for k in axes_of(a.values, axis)]
        known = lift(prod(n for n in chosen if n != N))
        return plain(lifted(known * self.size if N in chosen else known))

    def _along(self, values: Array, axis: int) -> Array:
        shape = [len(self.weights) if k == axis else 1 for k in range(np.ndim(values))]
        return np.array(self.weights, dtype=object).reshape(shape)


def _added(terms: Sequence[Sym]) -> Sym:
    result, *rest = terms
    for term in rest:
        result = result + term
    return result


def entrywise(rule: Callable[..., Array]) -> Callable[..., Entries]:
    """A rule for each entry, under broadcasting."""

    def applied(*arrays: Any, **statics: Any) -> Entries:
        given = [plain(a) for a in arrays]
        return Entries(rule(*[a.values for a in given], **statics), _joined(given))

    return applied


def _joined(arrays: Sequence[Entries]) -> tuple[Any, ...]:
    rank = max(len(a.axes) for a in arrays)
    axes: list[Any] = [1] * rank
    for a in arrays:
        for k, axis in enumerate(a.axes, rank - len(a.axes)):
            if axis == 1:
                continue
            if axes[k] not in {1, axis}:
                raise Unlike(f"axes of {axes[k]} and {axis} entries meet")
            axes[k] = axis
    return tuple(axes)


def functions(classes: Classes) -> dict[str, Callable[..., Entries]]:  # noqa: C901  (a function for each of the language's)
    """What the functions of the language mean on classes; a function that is missing treats entries unlike."""
    total, count = classes.total, classes.count
    entry = {name: entrywise(FUNCTIONS[name]) for name in ENTRYWISE}
    sub, mul, div, sqrt, exp, log, square = (entry[n] for n in ("sub", "mul", "div", "sqrt", "exp", "log", "square"))

    def mean(a: Entries, axis: Any = None, keepdims: bool = False) -> Entries:  # noqa: FBT001, FBT002
        return div(total(a, axis, keepdims), count(a, axis))

    def var(a: Entries, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Entries:  # noqa: FBT001, FBT002
        spread = square(sub(a, mean(a, axis, keepdims=True)))
        return div(total(spread, axis, keepdims), sub(count(a, axis), lift(ddof)))

    def logsumexp(a: Entries, axis: Any = None, keepdims: bool = False) -> Entries:  # noqa: FBT001, FBT002
        return log(total(exp(a), axis, keepdims))

    def log_softmax(a: Entries, axis: int = -1) -> Entries:
        return sub(a, logsumexp(a, axis, keepdims=True))

    def matmul(a: Any, b: Any) -> Entries:
        a, b = plain(a), plain(b)
        left, right = len(a.axes) == 1, len(b.axes) == 1
        a, b = (_placed(a, 0) if left else a), (_placed(b, 1) if right else b)
        if a.axes[-1] != b.axes[-2]:
            raise Unlike(f"a product joins axes of {a.axes[-1]} and {b.axes[-2]} entries")
        if a.axes[-2] == b.axes[-1] == N:
            raise Unlike("a matrix of N by N")
        result = total(mul(_placed(a, len(a.axes)), _placed(b, len(b.axes) - 2)), axis=-2)
        result = _dropped(result, -2) if left else result
        return _dropped(result, -1) if right else result

    def spread(a: Entries, b: Entries, axis: Any = None, keepdims: bool = False) -> Entries:  # noqa: FBT001, FBT002
        a = plain(a)
        if not keepdims and a.axes:
            for k in sorted(axes_of(b.values, axis)):
                a = _placed(a, k)
        return like(a, b)

    def pick(a: Entries, labels: Entries) -> Entries:
        return total(mul(a, labels), axis=-1)

    def huber(prediction: Any, target: Any, delta: Any = 1) -> Entries:
        rule, d = FUNCTIONS["where"], lift(delta)
        loss = entrywise(each(lambda u: rule(abs(u) <= d, u * u / 2, d * (abs(u) - d / 2)).item()))
        return mean(loss(sub(prediction, target)))

    def squared(prediction: Any, target: Any) -> Entries:
        return square(sub(prediction, target))

    def outer(a: Any, b: Any) -> Entries:
        return mul(_placed(_flat(plain(a)), 1), _placed(_flat(plain(b)), 0))

    return {
        **entry, "sum": total, "mean": mean, "var": var, "logsumexp": logsumexp, "log_softmax": log_softmax,
        "std": lambda a, axis=None, keepdims=False, ddof=0: sqrt(var(a, axis, keepdims, ddof)),
        "norm": lambda a, axis=None, keepdims=False: sqrt(total(square(a), axis, keepdims)),
        "size": count, "matmul": matmul, "dot": matmul, "outer": outer, "spread": spread, "broadcast_like": like,
        "softmax": lambda a, axis=-1: div(exp(a), total(exp(a), axis, keepdims=True)), "ravel": _flat,
        "transpose": lambda a, axes=None: Entries(np.transpose(a.values, axes), _ordered(a.axes, axes)),
        "swap": lambda a: _swapped(a, -1, -2),
        "swapaxes": lambda a, axis1=0, axis2=0: _swapped(a, axis1, axis2),
        "expand_dims": lambda a, axis=0: _placed(plain(a), axis), "squeeze": lambda a, axis=None: _squeezed(a, axis),
        "ones_like": lambda a: like(plain(lifted(1)), a), "zeros_like": lambda a: like(plain(lifted(0)), a),
        "pick": pick, "unpick": lambda a, labels, _: mul(_placed(plain(a), len(plain(a).axes)), labels),
        "squared_error": lambda p, t: total(squared(p, t)), "mse": lambda p, t: mean(squared(p, t)),
        "half_mse": lambda p, t: div(mean(squared(p, t)), lift(2)),
        "mae": lambda p, t: mean(entry["abs"](sub(p, t))), "huber": huber,
        "binary_cross_entropy": lambda p, t: mean(sub(entry["softplus"](p), mul(t, p))),
        "nll": lambda p, labels: entry["neg"](mean(pick(p, labels))),
        "cross_entropy": lambda p, labels: entry["neg"](mean(pick(log_softmax(p), labels))),
        "soft_cross_entropy": lambda p, t: entry["neg"](mean(total(mul(t, log_softmax(p)), axis=-1))),
    }  # fmt: skip


def like(a: Any, b: Entries) -> Entries:
    """An array over the axes of another."""
    a = plain(a)
    if _joined([a, b]) != b.axes:
        raise Unlike("an array is spread over fewer axes")
    return Entries(np.broadcast_to(a.values, b.shape), b.axes)


def _placed(a: Entries, axis: int) -> Entries:
    values, axes = np.expand_dims(a.values, axis), list(a.axes)
    axes.insert(axis % np.ndim(values), 1)
    return Entries(values, tuple(axes))


def _dropped(a: Entries, axis: int) -> Entries:
    axes = list(a.axes)
    del axes[axis]
    return Entries(np.take(a.values, 0, axis=axis), tuple(axes))


def _squeezed(a: Entries, axis: Any) -> Entries:
    gone = {k for k, n in enumerate(a.axes) if n == 1} if axis is None else set(axes_of(a.values, axis))
    axes = tuple(n for k, n in enumerate(a.axes) if k not in gone)
    return Entries(np.reshape(a.values, [n for k, n in enumerate(a.shape) if k not in gone]), axes)


def _swapped(a: Entries, first: int, second: int) -> Entries:
    axes = list(a.axes)
    axes[first], axes[second] = axes[second], axes[first]
    return Entries(np.swapaxes(a.values, first, second), tuple(axes))


def _ordered(axes: tuple[Any, ...], order: Any) -> tuple[Any, ...]:
    return axes[::-1] if order is None else tuple(axes[k] for k in order)


def _flat(a: Entries) -> Entries:
    if len(a.axes) > 1 and N in a.axes:
        raise Unlike("the dimension is mixed with another one")
    return a if len(a.axes) == 1 else plain(np.ravel(a.values))


ENTRYWISE = (
    "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh", "sech2", "erf", "erfc", "abs", "sign", "floor", "add", "sub", "mul", "div", "pow", "neg",
    "square", "reciprocal", "expm1", "log1p", "log2", "log10", "xlogy", "sqrt", "cbrt", "hypot", "sigmoid",
    "softplus", "relu", "silu", "leaky_relu", "elu", "gelu", "maximum", "minimum", "where", "clip", "greater",
    "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not",
    "number",
)  # fmt: skip
