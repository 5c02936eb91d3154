"""What a run is given: rows of a user's own, as examples and targets that the network and the loss take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, UsageError, did_you_mean
from graphgrad.learn.data.encoding import Source, check_width, encode, match, source
from graphgrad.learn.data.examples import Examples, array, examples, finite
from graphgrad.learn.data.files import ENOUGH, HELD, split
from graphgrad.learn.data.frames import class_indices, is_table, table_of, target_of
from graphgrad.learn.data.tables import DataTable
from graphgrad.learn.models.preparation import Preparation
from graphgrad.learn.networks.losses import Loss
from graphgrad.learn.networks.network import Network
from graphgrad.learn.training.evaluate import parted

SHARE = 10  # rows that a class has at least, on average, where targets are whole numbers


class GivenRows(NamedTuple):
    """Numbers and targets, those held out, and what they are called."""

    X: Any
    y: Any
    weights: Any  # what each row counts, or None
    held: Any  # a pair (X, y), a part that is still to be held out, or None
    classes: tuple[str, ...]
    sources: tuple[Source, ...]  # what became of columns with names
    targets: tuple[str, ...]


def given(  # noqa: PLR0913, PLR0917  (a user's data)
    net: Network,
    X: Any,
    y: Any,
    weights: Any,
    validation: Any,
    classes: tuple[str, ...],
    seed: int,
    known: tuple[Source, ...] = (),
) -> GivenRows:
    """Give rows as numbers: columns with names by what the rows that are learned from say of them.

    What is `known` of columns by a model that goes on, stays. Of at least fifty such rows a fifth is held out where
    nothing is said, of every class as much.
    """
    X, y, held, names, classes = _named(net, (X, y), validation, classes)
    weights = None if weights is None else _weights(weights, X.shape[:1])
    if not isinstance(X, DataTable):
        return GivenRows(X, y, weights, held or None, classes, (), names)
    if len(X) != len(y):
        raise DataError(f"X has {len(X)} examples, and y {len(y)} targets")
    if held is None and len(X) >= ENOUGH:
        held = HELD
    if isinstance(held, float | int) and held:
        learn, out = split(_groups(y), held, np.random.default_rng([seed]))
        weights = None if weights is None else weights[learn]
        X, y, held = X.take(learn), y[learn], (X.take(out), y[out]) if len(out) else None
    sources = known or tuple(source(column) for column in X.columns)
    if known:
        match(X.names, known, "X")
    check_width(sources, net)
    held = held and (Preparation(sources).rows(held[0], "validation X")[0], held[1])
    return GivenRows(encode(X, sources)[0], y, weights, held or None, classes, sources, names)


def _groups(y: Any) -> Any:
    """Which rows are held out alike: those of a class, where there are classes."""
    few = y.ndim == 1 and y.dtype.kind in "Uiub" and len(np.unique(y)) * SHARE <= len(y)
    return y if few else np.zeros(len(y))


def checked_examples(
    net: Network, loss: Loss, data: GivenRows, dtype: str, seed: int
) -> tuple[Examples, Examples | None]:
    """Give what is learned from, and what is held out of it."""
    _check_classes(net, loss, data.classes)
    learn = examples(net, loss, (data.X, data.y), dtype).weighing(data.weights)
    if not isinstance(data.held, float | int):
        return learn, None if data.held is None else examples(net, loss, data.held, dtype, "validation ")
    places, out = parted(learn.X, data.held, seed)
    if not len(learn.X[places]):
        raise DataError(f"of {len(learn)} examples, none are left to learn from", hint="hold out fewer")
    return learn.take(places), learn.take(out)


def weighted(
    learn: Examples, loss: Loss, classes: tuple[str, ...], by_class: str | Mapping[Any, float] | None, dtype: str
) -> Examples:
    """Give examples with what each counts, 1 on average: by itself, and by its class; those that count nothing go.

    Source: scikit-learn's convention of balanced weights, the mean size of a class over its own.
    """
    weights = np.ones(len(learn)) if learn.weights is None else learn.weights
    if by_class is not None:
        if loss.target == "numbers":
            raise UsageError(f"class_weight is of classes, and {loss.name} learns numbers")
        labels = np.asarray(learn.Y).ravel().astype(np.int64)
        weights = weights * _of_classes(by_class, labels, classes)[labels]
    if not (weights > 0).any():
        raise DataError("no example counts anything: all weights are 0")
    if np.ptp(weights) == 0:
        return learn.weighing(None)
    kept = np.flatnonzero(weights)
    learn = learn if len(kept) == len(weights) else learn.take(kept)
    return learn.weighing((weights[kept] / weights[kept].mean()).astype(dtype))


def _of_classes(said: str | Mapping[Any, float], labels: Any, classes: tuple[str, ...]) -> Any:
    """What each class counts, in the order of their indices."""
    sizes = np.bincount(labels, minlength=max(2, len(classes)))
    if not isinstance(said, Mapping):
        return np.where(sizes, len(labels) / (np.count_nonzero(sizes) * np.maximum(sizes, 1)), 0)
    names = classes or tuple(map(str, range(len(sizes))))
    found = {str(name): weight for name, weight in said.items()}
    if new := [name for name in found if name not in names]:
        hint = did_you_mean(new[0], names) or f"there are {', '.join(names[:20])}"
        raise UsageError(f"class_weight has '{new[0]}', which is no class", hint=hint)
    return _weights([found.get(name, 1.0) for name in names], (len(names),), "class_weight")


def _weights(said: Any, shape: tuple[int, ...], what: str = "sample_weight") -> Any:
    """Check what rows, or classes, count."""
    weights = array(said.to_numpy() if hasattr(said, "to_numpy") else said, what)
    if weights.shape != shape or weights.dtype.kind not in "iufb":
        raise DataError(f"{what} has shape {weights.shape} of {weights.dtype}, where {shape[0]} have a number each")
    finite(weights, what)
    if (weights < 0).any():
        raise DataError(f"{what}[{int(weights.argmin())}] is {weights.min()}, and no row counts less than nothing")
    return weights.astype(float)


def _named(
    net: Network, data: tuple[Any, Any], validation: Any, classes: tuple[str, ...]
) -> tuple[Any, Any, Any, tuple[str, ...], tuple[str, ...]]:
    """Give examples, as a table where their columns have names, targets with class indices for words, and names."""
    X = table_of(data[0]) if is_table(data[0]) else array(data[0], "X")
    y, names, called = target_of(data[1])
    held = validation
    if isinstance(held, tuple | list):
        held_X = table_of(held[0], "validation X") if is_table(held[0]) else array(held[0], "validation X")
        held = held_X, target_of(held[1], "validation y")[0]
    classes = classes or called or _labels(net, y)
    if classes and y.dtype.kind in "Uiu" and not (y.dtype.kind in "iu" and called):
        if isinstance(held, tuple):
            held = held[0], class_indices(held[1], classes, "validation y")
        return X, class_indices(y, classes, "y"), held, names, classes
    return X, y, held, names, classes


def _labels(net: Network, y: Any) -> tuple[str, ...]:
    """The classes that targets name: words, or whole numbers that are no indices, one for each of many outputs."""
    if y.ndim != 1:
        return ()
    if y.dtype.kind == "U":
        return tuple(map(str, np.unique(y)))
    outputs = net.sizes[1]
    if y.dtype.kind not in "iu" or not y.size or outputs in {(), (1,)} or (y.min() >= 0 and (y.max(),) < outputs):
        return ()
    found = np.unique(y)
    return tuple(map(str, found)) if (len(found),) == outputs else ()


def _check_classes(net: Network, loss: Loss, classes: tuple[str, ...]) -> None:
    """Refuse classes that the network or the loss cannot tell apart."""
    outputs = net.sizes[1][-1:] if loss.target == "labels" else ()
    if len(classes) == 1:
        raise DataError(f"y has one class, '{classes[0]}', and there is nothing to tell it from")
    if classes and outputs not in {(), (len(classes),)}:
        raise DataError(
            f"the network has {outputs[0]} output{'s' * (outputs[0] != 1)}, and y {len(classes)} classes",
            hint="the last layer has one for each",
        )
    if len(classes) > 2 and loss.target == "numbers":
        hint = "classes are learned by cross_entropy"
        raise DataError(f"y has {len(classes)} classes, and the loss {loss.name} learns numbers", hint=hint)


def default_loss(net: Network, y: Any, classes: tuple[str, ...]) -> str:
    """Say what suits the targets: classes, yes or no, numbers."""
    many = net.sizes[1] not in {(), (1,)}
    if y.ndim == 1 and (y.dtype.kind in "iub" if many else len(classes) > 2):
        return "cross_entropy"
    return "binary_cross_entropy" if not many and (y.dtype.kind == "b" or classes) else "mse"
