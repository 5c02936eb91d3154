"""What a training run leaves behind: files that are refused before it where they could not be written after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphgrad.cli.answers import say_wrote, working
from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_kind, check_writable
from graphgrad.core.quoting import one_line

if TYPE_CHECKING:
    from graphgrad.learn.data.tables import Dataset
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.networks.network import Network
    from graphgrad.learn.training.history import History

MODEL = ".safetensors"


def check_files(said: dict[str, Any]) -> None:
    """Refuse files of unknown kinds, and places that nothing can be written to."""
    from graphgrad.learn.models.export import WRITERS
    from graphgrad.learn.models.tensors import check_tensors

    for file in said["saved"]:
        check_kind(file, WRITERS)
        check_writable(file)
    if said["checkpoint"] is not None:
        check_tensors(said["checkpoint"])
        if said["checkpoint"] in said["saved"]:
            raise UsageError("the model and the checkpoints need a file each", hint="they are not the same thing")
        if said["resume"] and not said["checkpoint"].is_file():
            name = one_line(str(said["checkpoint"]))
            click.echo(f"note: there is no '{name}' yet, and the run begins anew", err=True)
    if said["history"]:
        from graphgrad.learn.training.history import check_history

        check_history(said["history"])
    if said["film"]:
        from graphgrad.render.training.film import check_training

        check_training(said["film"])
    if said["backprop"]:
        from graphgrad.render.formats.table import FILM, check

        check(said["backprop"], FILM)


def check_exports(net: Network, loss: str, files: tuple[Path, ...]) -> None:
    """Refuse a network that could not be exported, by exporting it before it is trained."""
    from graphgrad.learn.models.export import exported
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.networks.losses import loss_row

    for file in files:
        if file.suffix != MODEL:
            exported(Model(net, loss_row(loss)), file)


def write_files(model: Model, dataset: Dataset, history: History, said: dict[str, Any]) -> None:
    """Write all that was asked for: the model first."""
    for file in sorted(said["saved"], key=lambda file: file.suffix != MODEL):
        (model.save if file.suffix == MODEL else model.export)(file)
        say_wrote(file, err=said["as_json"])
    if said["history"]:
        history.save(said["history"])
        say_wrote(said["history"], err=said["as_json"])
    for name, made in (("film", _film), ("backprop", _film_backprop)):
        if said[name]:
            with working(f"writing {said[name]}"):
                made(model, dataset, history).save(said[name])
            say_wrote(said[name], err=said["as_json"])


def _film(_model: Model, _dataset: Dataset, history: History) -> Any:
    """The film of the training."""
    from graphgrad.api.training import animate_training

    return animate_training(history)


def _film_backprop(model: Model, dataset: Dataset, _history: History) -> Any:
    """The film of backpropagation in the trained network, on the last example."""
    import numpy as np

    from graphgrad.api.pictures import animate
    from graphgrad.learn.data.examples import examples
    from graphgrad.learn.networks.losses import objective

    aim = objective(model.net, model.loss.text if model.loss.name == "loss" else model.loss.name)
    one = examples(model.net, aim.loss, (np.asarray(dataset.X[-1:]), np.asarray(dataset.y[-1:])), model.dtype)
    return animate(aim.graph, {**model.net.values, model.net.data: one.X, aim.target: one.Y})
