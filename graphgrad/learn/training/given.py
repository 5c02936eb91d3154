"""What a run is given: rows of a user's own, as examples and targets that the network and the loss take."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.data.encoding import Source, check_width, encode, source
from graphgrad.learn.data.examples import Examples, array, examples
from graphgrad.learn.data.frames import class_indices, is_table, table_of, target_of
from graphgrad.learn.data.tables import DataTable
from graphgrad.learn.models.preparation import Preparation
from graphgrad.learn.networks.losses import Loss
from graphgrad.learn.networks.network import Network
from graphgrad.learn.training.evaluate import parted


class GivenRows(NamedTuple):
    """Numbers and targets, those held out, and what they are called."""

    X: Any
    y: Any
    held: Any  # a pair (X, y), a part that is still to be held out, or None
    classes: tuple[str, ...]
    sources: tuple[Source, ...]  # what became of columns with names
    targets: tuple[str, ...]


def given(net: Network, data: tuple[Any, Any], validation: Any, classes: tuple[str, ...], seed: int) -> GivenRows:
    """Give rows as numbers: columns with names by what the rows that are learned from say of them."""
    X, y, held, names, classes = _named(net, data, validation, classes)
    if not isinstance(X, DataTable):
        return GivenRows(X, y, held, classes, (), names)
    if isinstance(held, float | int):
        (X, y), held = parted(X, y, _part(held), seed)
    sources = tuple(source(column) for column in X.columns)
    check_width(sources, net)
    held = held and (Preparation(sources).rows(held[0], "validation X")[0], held[1])
    return GivenRows(encode(X, sources)[0], y, held, classes, sources, names)


def checked_examples(
    net: Network, loss: Loss, data: GivenRows, dtype: str, seed: int
) -> tuple[Examples, Examples | None]:
    """Give what is learned from, and what is held out of it."""
    _check_classes(net, loss, data.classes)
    learn = examples(net, loss, (data.X, data.y), dtype)
    if isinstance(data.held, float | int):
        return _held_out(learn, data.held, seed)
    return learn, None if data.held is None else examples(net, loss, data.held, dtype, "validation ")


def _named(
    net: Network, data: tuple[Any, Any], validation: Any, classes: tuple[str, ...]
) -> tuple[Any, Any, Any, tuple[str, ...], tuple[str, ...]]:
    """Give examples, as a table where their columns have names, targets with class indices for words, and names."""
    X = table_of(data[0]) if is_table(data[0]) else array(data[0], "X")
    y, names, called = target_of(data[1])
    held = validation
    if held is not None and not isinstance(held, float | int):
        if not isinstance(held, tuple | list) or len(held) != 2:
            raise UsageError("validation is a pair (X, y), or a part of the examples", hint="such as validation=0.1")
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
    if classes and outputs > (len(classes),):
        raise DataError(
            f"the network has {outputs[0]} outputs, and y {len(classes)} classes",
            hint="the last layer has one for each",
        )
    if len(classes) > 2 and loss.target == "numbers":
        hint = "classes are learned by cross_entropy"
        raise DataError(f"y has {len(classes)} classes, and the loss {loss.name} learns numbers", hint=hint)


def _held_out(given: Examples, part: float, seed: int) -> tuple[Examples, Examples]:
    """Give what to learn from, and a part that is not learned from."""
    learn, held = (Examples(*rows) for rows in parted(given.X, given.Y, _part(part), seed))
    if not len(learn):
        raise DataError(f"of {len(held)} examples, none are left to learn from", hint="hold out fewer")
    return learn, held


def _part(part: float) -> float:
    """Give a part of the examples; UsageError where it is none."""
    if not 0 < part < 1:
        raise UsageError(f"validation is a part of the examples, between 0 and 1, not {part}")
    return part


def default_loss(net: Network, y: Any, classes: tuple[str, ...]) -> str:
    """Say what suits the targets: classes, yes or no, numbers."""
    many = net.sizes[1] not in {(), (1,)}
    if y.ndim == 1 and (y.dtype.kind in "iub" if many else len(classes) > 2):
        return "cross_entropy"
    return "binary_cross_entropy" if not many and (y.dtype.kind == "b" or classes) else "mse"
