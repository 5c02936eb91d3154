"""graphgrad train: a network, from data to a model."""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from graphgrad.cli.answers import say_json
from graphgrad.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from graphgrad.learn.devices import Machines
    from graphgrad.learn.history import History, Record
    from graphgrad.learn.model import Model
    from graphgrad.learn.tables import Dataset


class Preset(NamedTuple):
    """What is trained, and how, where nothing else is said."""

    layers: str
    activation: str
    loss: str
    optimizer: str
    lr: float | None
    schedule: str
    steps: int | None
    epochs: int | None
    batch: int


PRESETS = {
    "xor": Preset("2,4,1", "tanh", "squared_error", "sgd", 0.1, "constant", 100_000, None, 1),
    "digits": Preset("64,128,10", "relu", "cross_entropy", "adam", 0.003, "cosine", None, 30, 16),
    "mnist": Preset("784,128,10", "relu", "cross_entropy", "adam", 0.002, "cosine", None, 10, 64),
}


@click.command(
    "train", epilog="\b\nExample:\n  graphgrad train xor --layers 2,4,1 --optimizer sgd --lr 0.1 --steps 100000"
)
@click.argument("data", metavar="xor|digits|mnist|FILE.csv|FILE.npz")
@click.option("--layers", metavar="2,4,1", help="Sizes, from inputs to outputs.")
@click.option("--activation", metavar="NAME", help="tanh, relu, sigmoid, ..., or an expression in x.")
@click.option("--program", metavar="FILE", type=click.Path(path_type=Path), help="A network of your own, as a program.")
@click.option("--shape", "shapes", multiple=True, metavar="NAME=N,2", help="Shape of an input of --program.")
@click.option("--initial", default="glorot", show_default=True, metavar="NAME", help="glorot, he, lecun, pytorch, ...")
@click.option("--loss", metavar="NAME", help="squared_error, half_mse, mse, mae, huber, cross_entropy, ..., or a text.")
@click.option(
    "--optimizer", metavar="NAME", help="sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, amsgrad, lbfgs."
)
@click.option("--lr", type=float, metavar="RATE", help="Learning rate.")
@click.option(
    "--schedule", default="constant", show_default=True, metavar="NAME", help="cosine, linear, ..., or a text."
)
@click.option("--l2", type=float, default=0.0, metavar="STRENGTH", help="Penalty on the squares of the weights.")
@click.option("--clip-norm", type=float, metavar="NORM", help="Greatest norm of the gradient.")
@click.option("--steps", type=int, metavar="N", help="Steps, each on random examples.")
@click.option("--epochs", type=int, metavar="N", help="Passes over the data.")
@click.option("--batch", type=int, metavar="N", help="Examples a step.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N")
@click.option("--column", metavar="NAME", help="Column of a CSV file that is learned; the last one otherwise.")
@click.option("--target", default="numpy", show_default=True, metavar="NAME", help="What the step is compiled to.")
@click.option("--devices", type=int, metavar="N", help="Devices that divide every batch, with --target jax.")
@click.option("--coordinator", default="", metavar="HOST:PORT", help="Where several processes meet.")
@click.option("--processes", type=int, default=1, metavar="P", help="How many there are.")
@click.option("--process-id", "process", type=int, default=0, metavar="I", help="Which this one is, from 0.")
@click.option("--path", type=click.Path(path_type=Path), metavar="FOLDER", help="Where the files of MNIST lie.")
@click.option("--validation", type=float, metavar="PART", help="Part of a file's examples to hold out.")
@click.option("--patience", type=int, metavar="N", help="End after N epochs without a better validation loss.")
@click.option("--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="Write checkpoints here.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint.")
@click.option("--every", type=float, default=30.0, show_default=True, metavar="SECONDS", help="Between checkpoints.")
@click.option("--save", "saved", type=click.Path(path_type=Path), metavar="FILE", help="The model, .safetensors.")
@click.option("--history", type=click.Path(path_type=Path), metavar="FILE", help="The history, .csv or a plot.")
@click.option("--film", type=click.Path(path_type=Path), metavar="FILE", help="Film of the training, .gif, .webp, ...")
@click.option(
    "--film-backprop", "backprop", type=click.Path(path_type=Path), metavar="FILE", help="Backpropagation when trained."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def command(data: str, **said: Any) -> None:
    """Train a network on a data set by name, or on a file."""
    from graphgrad.core.files import check_writable
    from graphgrad.learn.fit import fit

    for file in (said["saved"], said["history"], said["backprop"], said["checkpoint"]):
        if file is not None:
            check_writable(file)
    if said["film"]:
        from graphgrad.render.training import check_training

        check_training(said["film"])
    dataset = read(data, said)
    chosen = choose(data, dataset, said)
    net = network_of(chosen, said)
    printer = None if said["as_json"] or said["process"] else Printer(chosen)
    model, history = fit(
        net,
        dataset.X,
        dataset.y,
        loss=chosen.loss,
        optimizer=chosen.optimizer,
        lr=chosen.lr,
        schedule=chosen.schedule,
        l2=said["l2"],
        clip_norm=said["clip_norm"],
        target=said["target"],
        machines=machines(said),
        steps=chosen.steps,
        epochs=chosen.epochs,
        batch_size=chosen.batch,
        validation=dataset.test or said["validation"],
        seed=said["seed"],
        patience=said["patience"],
        checkpoint=said["checkpoint"],
        every=said["every"],
        resume=said["resume"],
        progress=sys.stderr.isatty() and not sys.stdout.isatty(),
        each=printer,
        film=bool(said["film"]),
        classes=dataset.classes,
    )
    if said["process"]:
        return  # the first process speaks for all
    say_json(answer(model, history)) if said["as_json"] else conclude(model, dataset, history)
    if said["saved"]:
        model.save(said["saved"])
    if said["history"]:
        history.save(said["history"])
    if said["film"]:
        film(history, said["film"])
    if said["backprop"]:
        film_backprop(model, dataset, said["backprop"])


def read(data: str, said: dict[str, Any]) -> Dataset:
    """Give the data set of a name or a file."""
    from graphgrad.learn import datasets, tables

    match data:
        case "xor":
            return datasets.xor()
        case "digits":
            return datasets.digits(said["seed"])
        case "mnist":
            return datasets.mnist(said["path"])
    if "." not in data and not Path(data).exists():
        hint = did_you_mean(data, PRESETS) or f"there are {', '.join(PRESETS)}, or name a .csv or .npz file"
        raise UsageError(f"there is no data set '{data}'", hint=hint)
    return tables.read_dataset(data, said["column"])


def choose(data: str, dataset: Dataset, said: dict[str, Any]) -> Preset:
    """Give what was said, completed by what suits the data."""
    preset = PRESETS.get(data) or suited(dataset, said["loss"])
    given = {name: said[name] for name in Preset._fields if said[name] is not None}
    if given.keys() & {"steps", "epochs"}:
        preset = preset._replace(steps=None, epochs=None)
    if given.get("optimizer", preset.optimizer) != preset.optimizer:
        preset = preset._replace(lr=None, schedule="constant")
    return preset._replace(**given)


def suited(dataset: Dataset, loss: str | None) -> Preset:
    """Give what suits a file: a hidden layer of 32, and the loss that its targets ask for."""
    inputs = prod(dataset.X.shape[1:])
    if dataset.classes or dataset.y.dtype.kind in "iu" or loss == "cross_entropy":
        outputs = len(dataset.classes) or int(dataset.y.max()) + 1
        return Preset(f"{inputs},32,{outputs}", "tanh", "cross_entropy", "adam", None, "constant", None, 100, 32)
    return Preset(f"{inputs},32,{prod(dataset.y.shape[1:])}", "tanh", "mse", "adam", None, "constant", None, 100, 32)


def machines(said: dict[str, Any]) -> Machines | None:
    """Give the devices of a run, where it is said that there are several."""
    from graphgrad.learn.devices import Machines

    if said["devices"] is None and said["processes"] == 1:
        return None
    if (said["processes"] > 1) != bool(said["coordinator"]) or not 0 <= said["process"] < said["processes"]:
        hint = "such as --coordinator localhost:9876 --processes 2 --process-id 0, and the same with 1"
        raise UsageError("several processes need a coordinator and a number each", hint=hint)
    return Machines(said["devices"], said["coordinator"], said["processes"], said["process"])


def network_of(chosen: Preset, said: dict[str, Any]) -> Any:
    """Give the network: layers, or a program from a file."""
    from graphgrad.cli.arguments import read_program, read_shapes
    from graphgrad.learn.network import mlp, network

    how = {"initial": said["initial"], "seed": said["seed"]}
    if said["program"] is not None:
        return network(read_program(str(said["program"])), read_shapes(said["shapes"]), **how)
    try:
        sizes = [int(size) for size in chosen.layers.split(",")]
    except ValueError:
        raise UsageError(f"'{chosen.layers}' are no layer sizes", hint="write them as in --layers 2,4,1") from None
    return mlp(*sizes, activation=chosen.activation, **how)


class Printer:
    """The lecture's printout, ten lines a run: the mean error so far; of an epoch, what was measured."""

    def __init__(self, chosen: Preset) -> None:
        self.by_steps = chosen.steps is not None
        whole = 0 if chosen.optimizer == "lbfgs" else chosen.steps or chosen.epochs or 0
        self.gap = max(1, -(-whole // 10))

    def __call__(self, record: Record) -> None:
        """Print a record, where it is due."""
        count = record.step if self.by_steps else round(record.epoch)
        if count % self.gap:
            return
        said = [f"{count:>9} {'steps' if self.by_steps else 'epochs'}", f"mean error so far {record.running:.6f}"]
        said += [f"loss {record.loss:.4g}"] if not self.by_steps else []
        said += [f"validation {record.validation:.4g}"] if record.validation is not None else []
        said += [f"accuracy {record.accuracy:.4f}"] if record.accuracy is not None else []
        click.echo("   ".join(said))


def conclude(model: Model, dataset: Dataset, history: History) -> None:
    """Print what was learned: outputs of a few examples, or the confusion matrix of a classifier."""
    from graphgrad.learn.model import accuracy, confusion

    record = history[-1] if len(history) else None
    X, y = dataset.test or (dataset.X, dataset.y)
    if model.loss.target == "numbers":
        for x, wanted, found in list(zip(X, y, model.predict(X), strict=True))[:10]:
            click.echo(f"{numbers(x)} -> {numbers(found)}   (wanted {numbers(wanted)})")
    else:
        click.echo(matrix(confusion(model, X, y), model.classes))
        click.echo(f"accuracy {accuracy(model, X, y):.4f} on {len(y)} {'held-out ' * bool(dataset.test)}examples")
    if record is not None:
        click.echo(
            f"{record.step} steps in {record.seconds:.2f} s, {record.examples:,.0f} examples/s".replace(",", " ", 1)
        )


def numbers(row: Any) -> str:
    """Write a row of numbers."""
    import numpy as np

    return " ".join(f"{value:.4f}" for value in np.ravel(row)[:8])


def matrix(confused: Any, classes: tuple[str, ...]) -> str:
    """Write a confusion matrix: a row the true class, a column the predicted one."""
    names = classes or tuple(map(str, range(len(confused))))
    width = max(map(len, [*names, *map(str, confused.ravel())])) + 1
    margin = max(map(len, names))
    lines = [" " * margin + "".join(f"{name:>{width}}" for name in names) + "   predicted"]
    for name, row in zip(names, confused, strict=True):
        lines.append(f"{name:>{margin}}" + "".join(f"{count:>{width}}" for count in row))
    return "\n".join(lines)


def answer(model: Model, history: History) -> dict[str, Any]:
    """Give the run as data."""
    return {
        "program": model.net.text,
        "loss": model.loss.name,
        "history": [record._asdict() for record in history],
        "weights": dict(model.net.values),
    }


def film(history: History, file: Path) -> None:
    """Film the training."""
    from graphgrad.api.training import animate_training
    from graphgrad.cli.answers import working

    with working(f"writing {file}"):
        animate_training(history).save(file)


def film_backprop(model: Model, dataset: Dataset, file: Path) -> None:
    """Film backpropagation in the trained network, on the last example."""
    import numpy as np

    from graphgrad.api.pictures import animate
    from graphgrad.cli.answers import working
    from graphgrad.learn.examples import examples
    from graphgrad.learn.losses import objective

    aim = objective(model.net, model.loss.text if model.loss.name == "loss" else model.loss.name)
    one = examples(model.net, aim.loss, (np.asarray(dataset.X[-1:]), np.asarray(dataset.y[-1:])), model.dtype)
    with working(f"writing {file}"):
        animate(aim.graph, {**model.net.values, model.net.data: one.X, aim.target: one.Y}).save(file)
