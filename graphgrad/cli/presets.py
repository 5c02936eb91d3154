"""What is trained, and how, where nothing else is said."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
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
    # chosen on other splits of the digits than those of seeds 0 to 99, and on the last sixth of MNIST's training part
    "digits": Preset("64,128,10", "relu", "smoothed_cross_entropy", "adam", 0.003, "cosine", None, 60, 16),
    "mnist": Preset("784,128,10", "relu", "smoothed_cross_entropy", "adam", 0.002, "cosine", None, 10, 64),
}


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
    from graphgrad.learn.losses import loss_row

    target = loss_row(loss).target if loss else "labels" if dataset.classes or dataset.y.dtype.kind in "iu" else ""
    if target == "labels":
        outputs, loss = len(dataset.classes) or int(dataset.y.max()) + 1, "cross_entropy"
    else:
        outputs, loss = prod(dataset.y.shape[1:]), "mse"
    layers = f"{prod(dataset.X.shape[1:])},32,{outputs}"
    return Preset(layers, "tanh", loss, "adam", None, "constant", None, 100, 32)


LARGE = 1000.0  # numbers beyond which a network with weights near 1 learns next to nothing


def advice(dataset: Dataset, said: dict[str, Any]) -> str:
    """What to say of numbers too large to be learned, and of class indices in a file that were taken for numbers.

    >>> import numpy as np
    >>> from graphgrad.learn.tables import Dataset
    >>> advice(Dataset(np.zeros((4, 2)), np.array([0.0, 2.0, 1.0, 1.0])), {"loss": None})
    'note: the targets 0 to 2 are learned as numbers; as classes by --loss cross_entropy'
    """
    numbers = [d for d in (dataset.X, dataset.y) if d.dtype.kind in "fiu" and d.size and dataset.y.dtype.kind == "f"]
    if (largest := max((float(max(d.max(), -d.min())) for d in numbers), default=0.0)) > LARGE:
        return f"note: inputs or targets reach {largest:.6g}; networks learn numbers near 1: scale the columns first"
    values = sorted({float(value) for value in dataset.y.ravel()[:10_000]})
    if said["loss"] or dataset.y.dtype.kind != "f" or not 2 <= len(values) < 100 or values != [*range(len(values))]:
        return ""
    return f"note: the targets 0 to {len(values) - 1} are learned as numbers; as classes by --loss cross_entropy"
