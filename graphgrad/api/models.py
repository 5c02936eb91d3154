"""Models between training and use: what data they take, what they saw, and what they can be written to."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from graphgrad.learn.data.files import Dataset
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
    """Give the examples in a file; columns are found by the names that the model was trained on."""
    from graphgrad.learn.data.encoding import Source, match
    from graphgrad.learn.data.files import read_table

    table = read_table(data)
    for name in left_out:
        table[name]  # or an error
    kept = [name for name in table.names if name not in left_out]
    if model.preparation is not None and model.preparation.sources:
        return table.only(kept)
    if model.columns and table.header:
        match(kept, [Source(name, "numbers") for name in model.columns], f"'{data}'")
        kept = [*model.columns]
    inner = model.net.sizes[0]
    wanted = prod(int(size) for size in inner)
    if len(kept) != wanted:
        hint = "leave one out by --leave-out NAME" if len(kept) > wanted else ""
        raise DataError(f"'{data}' has {len(kept)} columns, the model takes {wanted}", hint=hint)
    found: Any = table.only(kept).array().reshape(-1, *inner)
    return found


def pictures_in(place: Path, /) -> list[Path]:
    """Give the pictures in a folder, or the one that a file is; none where it is no picture."""
    from graphgrad.learn.data.pictures import KINDS, picture_files

    return picture_files(place) if place.is_dir() or place.suffix.lower() in KINDS else []


def seen(model: Model, X: Any, captions: Sequence[str], /) -> bytes:
    """Give what the model saw of pictures, as one PNG; nothing for a model that was not trained on pictures."""
    from graphgrad.learn.data.pictures import sheet

    return b"" if model.frame is None else sheet(X, captions, model.frame)


def check_export(net: Network, loss: str, X: Any, file: Path, /) -> None:
    """Refuse a network of such examples that could not be exported, by exporting it before it is trained."""
    from graphgrad.learn.data.encoding import source
    from graphgrad.learn.data.tables import DataTable
    from graphgrad.learn.models.export import exported
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.models.preparation import Preparation
    from graphgrad.learn.networks.losses import loss_row

    prepared = Preparation(tuple(map(source, X.columns))) if isinstance(X, DataTable) else None
    exported(Model(net, loss_row(loss), preparation=prepared), file)


def held_out(dataset: Dataset, part: float, seed: int, /) -> tuple[Any, Any]:
    """Give the examples, and their targets, that `fit` holds out as that part."""
    from graphgrad.learn.data.frames import is_table
    from graphgrad.learn.training.evaluate import parted

    _, held = parted(dataset.X, part, seed)
    return (dataset.X.take(held) if is_table(dataset.X) else dataset.X[held]), dataset.y[held]


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
    from graphgrad.learn.updates.optimizers import optimizer_name as known

    return known(said)


def is_activation(name: str, /) -> bool:
    """Whether that is the name of an activation.

    >>> is_activation("relu"), is_activation("x + 1")
    (True, False)
    """
    from graphgrad.learn.networks.activations import ACTIVATIONS

    return name in ACTIVATIONS.spellings
