"""Standardized data: every number of an example, and of a target, in standard deviations from its mean.

Training sees such numbers; the model keeps the means and deviations, so that it takes and gives the user's own. What it
is exported to has them as lines of its program.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.frontend.parse import parse
from graphgrad.learn.data.examples import Examples
from graphgrad.learn.networks.losses import free, named_output
from graphgrad.learn.networks.network import Network

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model

TAKEN, GIVEN = "{0} = ({0} - {1}) / {2}", "{0} = {0} * {2} + {1}"  # a model's first line, and its last
_SOME, _UNEVEN = 1000, 100  # rows that stand for all; times, from which columns are no more alike
_CONSTANT = 10  # a deviation of so many roundings of the mean is none


class Spread(NamedTuple):
    """The mean and the standard deviation of every number of a row; 1 where all rows have the same."""

    mean: Any
    scale: Any

    def of(self, rows: Any) -> Any:
        """Give rows in standard deviations from the mean."""
        return (rows - self.mean) / self.scale


class Scaling(NamedTuple):
    """The spread of examples and, where targets are numbers, of these."""

    X: Spread
    Y: Spread | None

    def of(self, given: Examples) -> Examples:
        """Give standardized examples and targets."""
        return Examples(self.X.of(given.X), self.Y.of(given.Y) if self.Y else given.Y, given.weights)


def spread(rows: Any) -> Spread:
    """Measure rows of float64 or float32; in their own type, as the model will compute.

    >>> spread(np.array([[1.0, 7.0], [3.0, 7.0]]))
    Spread(mean=array([2., 7.]), scale=array([1., 1.]))
    """
    exact = rows.astype(np.float64)
    unit = np.maximum(np.abs(exact).max(axis=0), np.finfo(float).tiny)  # whose square would not always be a number
    mean, scale = (unit * found for found in (np.mean(exact / unit, axis=0), np.std(exact / unit, axis=0)))
    constant = scale <= _CONSTANT * np.finfo(rows.dtype).eps * np.abs(mean)
    return Spread(mean.astype(rows.dtype), np.where(constant, 1, scale).astype(rows.dtype))


def scaling(net: Network, learn: Examples, target: str) -> Scaling:
    """Measure the examples that are learned from; UsageError for those that cannot be standardized."""
    if isinstance(learn.X, np.memmap):
        hint = "write the standardized numbers to the file, or load it into memory"
        raise UsageError("memory-mapped examples are not standardized: that would copy them", hint=hint)
    if learn.X.dtype.kind != "f":
        raise UsageError(f"'{net.data}' holds positions in a table, and has no mean to standardize by")
    return Scaling(spread(learn.X), spread(learn.Y) if target == "numbers" else None)


def uneven(X: Any) -> int:
    """Say how many times larger the largest column is than the middle one; 0 where networks learn from all alike.

    >>> uneven(np.array([[1.0, 2.0, 5000.0]])), uneven(np.array([[1.0, 2.0, 5.0]]))
    (2500, 0)
    """
    if X.ndim != 2 or X.dtype.kind != "f" or not X.size:
        return 0
    sizes = np.sqrt(np.mean(np.square(X[:: -(-len(X) // _SOME)], dtype=float), axis=0))
    sizes = sizes[sizes > 0]
    times = int(sizes.max() / np.median(sizes)) if sizes.size else 0
    return times if times > _UNEVEN else 0


def scaled(model: Model, by: Scaling) -> Model:
    """Give the model of the user's own numbers, for one that was trained on standardized ones.

    >>> from graphgrad.learn.models.model import Model
    >>> from graphgrad.learn.networks.losses import LOSSES
    >>> from graphgrad.learn.networks.network import mlp
    >>> ones = Spread(np.ones(2), np.ones(2))
    >>> print(scaled(Model(mlp(2, 2), LOSSES["mse"]), Scaling(ones, ones)).net)
    X = (X - X_mean) / X_scale
    R = X @ W1.T + b1
    R = R * R_scale + R_mean
    """
    net = model.net
    known = {*net.graph.inputs, *net.graph.first_named}
    lines, output = named_output(net, known)
    text, values = [lines], dict(net.values)
    for name, found, form, place in ((net.data, by.X, TAKEN, 0), (output, by.Y, GIVEN, 2)):
        if found is not None:
            names = [free(f"{name}_{part}", known) for part in Spread._fields]
            text.insert(place, form.format(name, *names))
            values |= dict(zip(names, map(np.float64, found), strict=True))
    shapes = {name: np.shape(value) for name, value in values.items()} | {net.data: net.shapes[net.data]}
    graph = parse("\n".join(text), shapes)
    kept = {name: values[name] for name in graph.inputs if name in values}
    return replace(
        model, net=Network(graph.source, {name: shapes[name] for name in graph.inputs}, kept, model.net.names)
    )


def folded(model: Model) -> dict[str, Any]:
    """Give the parameters of an `mlp`, the lines that scale its data worked into its first and its last layer."""
    values, dtype = dict(model.net.values), model.dtype
    last = sum(name.startswith("W") for name in values)
    if "X_mean" in values:
        mean, scale = values.pop("X_mean"), values.pop("X_scale")
        values["W1"] = values["W1"] / scale
        values["b1"] = values["b1"] - values["W1"] @ mean
    if "R_mean" in values:
        mean, scale = values.pop("R_mean"), values.pop("R_scale")
        values[f"W{last}"] = values[f"W{last}"] * scale[:, None]
        values[f"b{last}"] = values[f"b{last}"] * scale + mean
    return {name: np.asarray(value, dtype) for name, value in values.items()}
