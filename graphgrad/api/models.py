"""Models between training and use: what data they take, what they saw, and what they can be written to."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.core.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from graphgrad.learn.data.tables import Dataset
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.networks.network import Network
    from graphgrad.learn.training.devices import Machines


def read_pictures(model: Model, files: Sequence[Path], /) -> Any:
    """Give pictures as examples, prepared as those that the model was trained on."""
    from graphgrad.learn.data.pictures import read_picture

    if model.frame is None:
        raise UsageError("the model was not trained on pictures", hint="it takes a CSV file, a row an example")
    return np.stack([read_picture(path, model.frame) for path in files]).reshape(-1, *model.net.sizes[0])


def read_rows(model: Model, data: Path, left_out: Sequence[str] = (), /) -> Any:
    """Give the examples in a CSV file; columns are found by the names that the model was trained on."""
    from graphgrad.learn.data.tables import features, read_csv

    table = read_csv(data)
    for name in left_out:
        if name not in table.names:
            raise UsageError(f"'{data}' has no column '{name}'", hint=did_you_mean(name, table.names))
    kept = [i for i, name in enumerate(table.names) if name not in left_out]
    if model.columns and set(model.columns) <= set(table.names):  # by their names, whatever stands beside them
        kept = [table.names.index(name) for name in model.columns]
    inner = model.net.sizes[0]
    wanted = prod(int(size) for size in inner)
    if len(kept) != wanted:
        hint = "leave one out by --leave-out NAME" if len(kept) > wanted else ""
        raise DataError(f"'{data}' has {len(kept)} columns, the model takes {wanted}", hint=hint)
    found: Any = features(data, table, kept).reshape(-1, *inner)
    return found


def pictures_in(place: Path, /) -> list[Path]:
    """Give the pictures in a folder, or the one that a file is; none where it is no picture."""
    from graphgrad.learn.data.pictures import KINDS, picture_files

    return picture_files(place) if place.is_dir() or place.suffix.lower() in KINDS else []


def seen(model: Model, X: Any, captions: Sequence[str], /) -> bytes:
    """Give what the model saw of pictures, as one PNG; nothing for a model that was not trained on pictures."""
    from graphgrad.learn.data.pictures import sheet

    return b"" if model.frame is None else sheet(X, captions, model.frame)


def check_export(net: Network, loss: str, file: Path, /) -> None:
    """Refuse a network that could not be exported, by exporting it before it is trained."""
    from graphgrad.learn.models.export import exported
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.networks.losses import loss_row

    exported(Model(net, loss_row(loss)), file)


def held_out(dataset: Dataset, part: float, seed: int, /) -> tuple[Any, Any]:
    """Give the examples, and their targets, that `fit` holds out as that part."""
    from graphgrad.learn.training.evaluate import parted

    return parted(dataset.X, dataset.y, part, seed)[1]


def machines(devices: int | None, coordinator: str, processes: int, process: int, /) -> Machines:
    """Give the devices of a run, as `fit` takes them."""
    from graphgrad.learn.training.devices import Machines

    return Machines(devices, coordinator, processes, process)


def target_of(loss: str, /) -> str:
    """Say what the target of a loss is, one of the table or a text in R and Y: numbers, labels, or yes or no.

    >>> target_of("cross_entropy"), target_of("mean(abs(R - Y))")
    ('labels', 'numbers')
    """
    from graphgrad.learn.networks.losses import loss_row

    return loss_row(loss).target


def optimizer_name(said: str, /) -> str:
    """Give an optimizer's name as the table has it; a text stays a text.

    >>> optimizer_name("AmsGrad"), optimizer_name("p - lr * g")
    ('amsgrad', 'p - lr * g')
    """
    from graphgrad.learn.training.optimizers import optimizer_name as known

    return known(said)


def is_activation(name: str, /) -> bool:
    """Whether that is the name of an activation.

    >>> is_activation("relu"), is_activation("x + 1")
    (True, False)
    """
    from graphgrad.learn.networks.activations import ACTIVATIONS

    return name in ACTIVATIONS.spellings
