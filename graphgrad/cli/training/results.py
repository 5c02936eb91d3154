"""What a training run leaves behind: files that are refused before it where they could not be written after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphgrad import GraphgradError, UsageError
from graphgrad.api.client import one_line
from graphgrad.cli.answers import UNSAID, say_wrote, working

if TYPE_CHECKING:
    from graphgrad.api.types import Dataset, History, Model, Network

MODEL = ".safetensors"


def check_files(said: dict[str, Any]) -> None:
    """Refuse files of unknown kinds, and places that nothing can be written to."""
    from graphgrad.api.files import check_file

    for file in said["saved"]:
        check_file(file, "model")
    if said["checkpoint"] is not None:
        check_file(said["checkpoint"], "checkpoint")
        if said["checkpoint"] in said["saved"]:
            raise UsageError("the model and the checkpoints need a file each", hint="they are not the same thing")
        if said["resume"] and not said["checkpoint"].is_file():
            name = one_line(str(said["checkpoint"]))
            click.echo(f"note: there is no '{name}' yet, and the run begins anew", err=True)
    for name, of in (("history", "history"), ("film", "training film"), ("backprop", "film")):
        if said[name]:
            check_file(said[name], of)


def check_exports(net: Network, loss: str, X: Any, files: tuple[Path, ...]) -> None:
    """Refuse a network that could not be exported, by exporting it before it is trained."""
    from graphgrad.api.models import check_export

    for file in files:
        if file.suffix != MODEL:
            check_export(net, loss, X, file)


def write_files(model: Model, dataset: Dataset, history: History, said: dict[str, Any]) -> None:
    """Write all that was asked for, the model first; what cannot be written keeps nothing else from it."""
    jobs: list[tuple[Path, Callable[[Path], None]]] = [
        (file, model.save if file.suffix == MODEL else model.export)
        for file in sorted(said["saved"], key=lambda file: file.suffix != MODEL)
    ]
    if said["history"]:
        jobs.append((said["history"], history.save))
    for name, made in (("film", _film), ("backprop", _film_backprop)):
        if said[name]:
            jobs.append((said[name], partial(_drawn, made, model, dataset, history)))
    failed: list[GraphgradError | OSError] = []
    for file, write in jobs:
        try:
            write(file)
            say_wrote(file, err=said["as_json"])
        except (GraphgradError, OSError) as error:
            failed.append(error)
    if failed:
        for more in failed[1:]:
            click.echo(f"error: {one_line(str(more))}", err=True)
        raise failed[0]
    if not said["as_json"] and (hint := next_step(said["saved"])):
        click.echo(one_line(hint))


def next_step(saved: tuple[Path, ...]) -> str:
    """Say how to predict, or how to keep the model.

    >>> next_step((Path("a.onnx"), Path("a.safetensors"))), next_step(())
    ('to predict: graphgrad predict a.safetensors FILE', 'to keep the model: --save model.safetensors')
    """
    kept = next((file for file in saved if file.suffix == MODEL), None)
    if kept is None:
        return "to keep the model: --save model.safetensors"
    return "" if kept.parent.name.startswith(UNSAID) else f"to predict: graphgrad predict {kept} FILE"


def _drawn(made: Callable[..., Any], model: Model, dataset: Dataset, history: History, file: Path) -> None:
    with working(f"writing {file}"):
        made(model, dataset, history).save(file)


def _film(_model: Model, _dataset: Dataset, history: History) -> Any:
    """The film of the training."""
    from graphgrad import animate_training

    return animate_training(history)


def _film_backprop(model: Model, dataset: Dataset, _history: History) -> Any:
    """The film of backpropagation in the trained network, on the last example."""
    from graphgrad.api.learning import is_table
    from graphgrad.api.pictures import animate_model

    rows = [len(dataset.y) - 1]
    X = dataset.X.take(rows) if is_table(dataset.X) else dataset.X[-1:]
    return animate_model(model, X, dataset.y[-1:])
