"""graphgrad train: a network, from data to a model."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphgrad import UsageError
from graphgrad.api.client import did_you_mean, one_line
from graphgrad.api.learning import PARAMETERS
from graphgrad.cli.answers import say_json
from graphgrad.cli.arguments import read_values, standard_output, verb
from graphgrad.cli.training.presets import PRESETS, WHOLE, Preset, choose, held_out, notes
from graphgrad.cli.training.printout import answer, begun, conclude
from graphgrad.cli.training.results import check_exports, check_files, write_files
from graphgrad.cli.training.settings import import_matplotlib, import_numba

if TYPE_CHECKING:
    from graphgrad.api.types import Dataset, Machines, Model


OF_TABLES = {  # options that only a table has, and how they are spelled
    "targets": "--target",
    "columns": "--columns",
    "left_out": "--leave-out",
    "task": "--task",
    "missing": "--missing",
    "decimal": "--decimal",
    "test": "--test",
}
PASSED_ON = (
    *("l2", "l1", "clip_norm", "clip_value", "tolerance", "step_tolerance", "seed", "dtype"),
    *("patience", "checkpoint", "every", "resume", "standardize"),
)


PRESET = {"loss", "optimizer", "lr", "schedule", "steps", "epochs", "batch_size"}  # else what suits the data


def parameter(name: str, *named: str, more: str = "", **how: Any) -> Callable[[Any], Any]:
    """Give a row of the table of parameters as an option."""
    row = PARAMETERS[name]
    default = None if name in PRESET or how.get("multiple") else row.default
    return click.option(row.option + more, *named, default=default, help=row.said, **how)


@verb("train xor --layers 2,4,1 --optimizer sgd --lr 0.1 --steps 100000")
@click.argument("data", metavar="xor|digits|mnist|FILE")
@standard_output(saved="safetensors", history="csv", film="html", backprop="html")
@click.option("--layers", metavar="2,4,1", help="Sizes, from inputs to outputs.")
@click.option(
    "--activation",
    metavar="NAME",
    help="tanh, relu, sigmoid, ..., or an expression in x; relu,tanh one for each layer.",
)
@click.option("--names", default="", metavar="l{}", help="What files call a layer: l1.weight, l1.bias.")
@click.option("--column-vectors", is_flag=True, help="Write the layers as W @ x + b, on columns.")
@click.option("--program", metavar="FILE", type=click.Path(path_type=Path), help="A network of your own, as a program.")
@click.option(
    "--shape", "shapes", multiple=True, metavar="NAME=N,2", help="Shape of an input of --program; X is the data."
)
@click.option("--initial", default="glorot", show_default=True, metavar="NAME", help="glorot, he, lecun, pytorch, ...")
@parameter("loss", metavar="NAME")
@parameter("optimizer", metavar="NAME")
@parameter("lr", type=float, metavar="RATE")
@parameter("schedule", metavar="NAME")
@parameter("settings", "settings", multiple=True, metavar="NAME=1")
@parameter("rates", "rates", multiple=True, metavar="W1=0")
@parameter("class_weight", "class_weights", multiple=True, metavar="balanced|NAME=2")
@parameter("l2", type=float, metavar="STRENGTH")
@parameter("l1", type=float, metavar="STRENGTH")
@parameter("clip_norm", type=float, metavar="NORM")
@parameter("clip_value", type=float, metavar="SIZE")
@parameter("tolerance", type=float, metavar="NORM")
@parameter("step_tolerance", type=float, metavar="NORM")
@click.option("--print-every", type=click.IntRange(1), metavar="N", help="Steps, or epochs, between two lines.")
@parameter("steps", type=int, metavar="N")
@parameter("epochs", type=int, metavar="N")
@parameter("batch_size", type=int, metavar="N")
@parameter("seed", type=click.IntRange(0), show_default=True, metavar="N")
@parameter("dtype", type=click.Choice(["float64", "float32"]))
@click.option(
    "--target", "targets", multiple=True, metavar="NAME", help="Column of a file that is learned; else the last one."
)
@click.option("--columns", multiple=True, metavar="NAME", help="Column to learn from; otherwise all others are.")
@click.option("--leave-out", "left_out", multiple=True, metavar="NAME", help="Column that is not looked at.")
@click.option("--task", metavar="NAME", help="regression or classes; else what the target says.")
@click.option("--missing", multiple=True, metavar="WORD", help="Word that stands for a missing value.")
@click.option("--decimal", metavar=".|,", help="What decimals follow; else what the file says.")
@click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="What the model is judged on.")
@parameter("standardize", more="/--no-standardize")
@parameter("target", show_default=True, metavar="NAME")
@click.option("--column", hidden=True)
@click.option("--devices", type=int, metavar="N", help="Devices that divide every batch, with --backend jax.")
@click.option("--coordinator", default="", metavar="HOST:PORT", help="Where several processes meet.")
@click.option("--processes", type=int, default=1, metavar="P", help="How many there are.")
@click.option("--process-id", "process", type=int, default=0, metavar="I", help="Which this one is, from 0.")
@click.option("--path", type=click.Path(path_type=Path), metavar="FOLDER", help="Where the files of MNIST lie.")
@parameter("validation", type=float, metavar="PART")
@parameter("patience", type=int, metavar="N")
@parameter("checkpoint", type=click.Path(path_type=Path), metavar="FILE")
@parameter("resume", is_flag=True)
@parameter("every", type=float, show_default=True, metavar="SECONDS")
@click.option("--save", "saved", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="The model, .safetensors; for others .onnx, .py, .c, .js. May be given more than once.")  # fmt: skip
@click.option("--history", type=click.Path(path_type=Path), metavar="FILE", help="The history, .csv or a plot.")
@click.option("--film", type=click.Path(path_type=Path), metavar="FILE", help="Film of the training, .html, .gif, ...")
@click.option(
    "--film-backprop", "backprop", type=click.Path(path_type=Path), metavar="FILE", help="Backpropagation when trained."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def command(data: str, **said: Any) -> None:
    """Train a network on a data set by name, or on a file."""
    from graphgrad import fit
    from graphgrad.api.learning import interrupted, is_table, judged

    if said["column"] is not None:
        raise UsageError("--column is called --target now", hint=f"--target {said['column']}")
    if said["backend"] == "numba":
        import_numba()
    if said["history"]:
        import_matplotlib()
    check_files(said)
    dataset = read(data, said)
    dataset = dataset if said["program"] or is_table(dataset.X) else flat(dataset)
    chosen = choose(data, dataset, said)
    part = held_out(dataset, said)
    for note in () if said["process"] else notes(data, dataset, chosen, said):
        click.echo(f"note: {one_line(note)}", err=True)
    net = network_of(chosen, dataset, said)
    check_exports(net, chosen.loss, dataset.X, said["saved"])
    printer = begun(chosen, said)
    options: dict[str, Any] = {
        "loss": chosen.loss,
        "optimizer": chosen.optimizer,
        "lr": chosen.lr,
        "schedule": chosen.schedule,
        "settings": read_values(said["settings"]),
        "rates": read_values(said["rates"]) or None,
        "class_weight": class_weights(said["class_weights"]),
        "steps": chosen.steps,
        "epochs": chosen.epochs,
        "batch_size": chosen.batch,
        "machines": machines(said),
        "record_every": said["print_every"] if chosen.steps is not None else None,
        "classes": dataset.classes,
        "target": said["backend"],
        **{name: said[name] for name in PASSED_ON},
        "standardize": is_table(dataset.X) if said["standardize"] is None else said["standardize"],
    }
    shown: dict[str, Any] = {"progress": sys.stderr.isatty(), "each": printer, "film": bool(said["film"])}
    held = dataset.test if part is None else part  # where there are both, the test part stays unseen
    held = 0 if held is None else held  # a table was parted when it was read
    try:
        model, history = fit(net, dataset.X, dataset.y, validation=held, **shown, **options)
    except interrupted() as stop:
        if not said["process"]:
            write_files(completed(stop.model, dataset), dataset, stop.history, {**said, "film": None, "backprop": None})
        raise
    if said["process"]:
        return  # the first process speaks for all
    model, dataset = completed(model, dataset), with_test(dataset, part, said["seed"])
    try:  # whatever becomes of the printout, the files are written
        if said["as_json"]:
            say_json(answer(model, history))
        else:
            alone = {"checkpoint": None, "resume": False, "patience": None, "standardize": standardized(model)}
            again = {**options, **alone, "progress": False}
            found = None if data in WHOLE else judged(model, dataset, lambda X, y: fit(net, X, y, **again)[0])
            conclude(model, dataset, history, found)
    finally:
        write_files(model, dataset, history, said)


def class_weights(said: tuple[str, ...]) -> Any:
    """Give what classes count: balanced, or weights by their names, which may be any text before the last sign."""
    if said == ("balanced",):
        return "balanced"
    pairs = [text.rpartition("=") for text in said]
    try:
        return {name: float(weight) for name, _, weight in pairs} or None
    except ValueError:
        raise UsageError(f"'{said[0]}' says no weight", hint="such as --class-weight balanced, or rose=2") from None


def standardized(model: Model) -> bool:
    """Whether a model's numbers are."""
    return model.preparation is not None and model.preparation.scaling is not None


def completed(model: Model, dataset: Dataset) -> Model:
    """Give the model with what the data set knows: its columns, its pictures, and what is learned."""
    prepared = model.preparation
    if prepared is not None and dataset.targets:
        prepared = replace(prepared, targets=dataset.targets)
    return replace(model, columns=dataset.columns, frame=dataset.frame, preparation=prepared)


def with_test(dataset: Dataset, part: float | None, seed: int) -> Dataset:
    """Give the data set with what was held out as its test part, where it had none."""
    from graphgrad.api.models import held_out as parted

    if part is None or dataset.test is not None:
        return dataset
    return dataset._replace(test=parted(dataset, part, seed))


def read(data: str, said: dict[str, Any]) -> Dataset:
    """Give the data set of a name or a file."""
    from graphgrad import datasets

    asked = [option for name, option in OF_TABLES.items() if said[name]]
    if asked and (data in PRESETS or data.endswith(".npz")):
        hint = "what a step is compiled to is --backend" if said["targets"] else ""
        raise UsageError(f"{asked[0]} is of tables, and '{data}' is none", hint=hint)
    match data:
        case "xor":
            return datasets.xor()
        case "digits":
            return datasets.digits(said["seed"])
        case "mnist":
            return datasets.mnist(said["path"])
    if "." not in data and not Path(data).exists():
        hint = did_you_mean(data, PRESETS) or f"there are {', '.join(PRESETS)}, or name a file"
        raise UsageError(f"there is no data set '{data}'", hint=hint)
    return datasets.read(data) if data.endswith(".npz") else read_file(Path(data), said)


def read_file(path: Path, said: dict[str, Any]) -> Dataset:
    """Give what is to be learned from a table, a part of it held out, and say what was decided."""
    from graphgrad.api.learning import read_table_to_learn
    from graphgrad.api.models import target_of

    asked = {"numbers": "regression"}.get(target_of(said["loss"]), "classes") if said["loss"] else None
    how = {name: said[name] for name in ("targets", "columns", "left_out", "missing", "decimal", "test", "validation")}
    found = read_table_to_learn(path, task=said["task"] or asked, seed=said["seed"], **how)
    if not said["as_json"] and not said["process"]:
        click.echo(one_line(found.said))
    for note in () if said["process"] else found.notes:
        click.echo(f"note: {one_line(note)}", err=True)
    return found.dataset


def flat(dataset: Dataset) -> Dataset:
    """Give the data set with its examples as rows of numbers, as layers take them."""
    X, *rest = (X.reshape(len(X), -1) for X in (dataset.X, *(dataset.test or ())[:1]))
    return dataset._replace(X=X, test=dataset.test and (*rest, dataset.test[1]))


def machines(said: dict[str, Any]) -> Machines | None:
    """Give the devices of a run, where it is said that there are several."""
    from graphgrad.api import models

    if said["devices"] is None and said["processes"] == 1:
        return None
    if (said["processes"] > 1) != bool(said["coordinator"]) or not 0 <= said["process"] < said["processes"]:
        hint = "such as --coordinator localhost:9876 --processes 2 --process-id 0, and the same with 1"
        raise UsageError("several processes need a coordinator and a number each", hint=hint)
    return models.machines(said["devices"], said["coordinator"], said["processes"], said["process"])


def network_of(chosen: Preset, dataset: Dataset, said: dict[str, Any]) -> Any:
    """Give the network: layers, or a program from a file."""
    from graphgrad import mlp, network
    from graphgrad.api.models import is_activation
    from graphgrad.cli.arguments import read_program, read_shapes

    how = {"initial": said["initial"], "seed": said["seed"]}
    if said["program"] is not None:
        text, shapes = read_program(str(said["program"])), read_shapes(said["shapes"])
        if re.search(r"\bX\b", text):  # the data, unless it is said to be something else
            shapes = {"X": ("N", *dataset.X.shape[1:]), **shapes}
        return network(text, shapes, **how)
    try:
        sizes = [int(size) for size in chosen.layers.split(",")]
    except ValueError:
        raise UsageError(f"'{chosen.layers}' are no layer sizes", hint="write them as in --layers 2,4,1") from None
    parts = chosen.activation.split(",")
    activation = parts if len(parts) > 1 and all(map(is_activation, parts)) else chosen.activation
    return mlp(*sizes, activation=activation, names=said["names"], columns=said["column_vectors"], **how)
