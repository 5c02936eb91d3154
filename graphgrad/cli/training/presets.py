"""What is trained, and how, where nothing else is said."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from graphgrad.api.client import general

if TYPE_CHECKING:
    from graphgrad.api.types import Dataset


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
    batch: int | None  # all examples


PRESETS = {
    "xor": Preset("2,4,1", "tanh", "squared_error", "sgd", 0.1, "constant", 100_000, None, 1),
    # chosen on other splits of the digits than those of seeds 0 to 99, and on the last sixth of MNIST's training part
    "digits": Preset("64,128,10", "relu", "smoothed_cross_entropy", "adam", 0.003, "cosine", None, 60, 16),
    "mnist": Preset("784,128,10", "relu", "smoothed_cross_entropy", "adam", 0.002, "cosine", None, 10, 64),
}


def choose(data: str, dataset: Dataset, said: dict[str, Any]) -> Preset:
    """Give what was said, completed by what suits the data."""
    from graphgrad.api.models import optimizer_name

    preset = PRESETS.get(data) or suited(dataset, said["loss"])
    given = {name: said[name] for name in Preset._fields if said[name] is not None}
    if "optimizer" in given:
        given["optimizer"] = optimizer_name(given["optimizer"])
    if given.keys() & {"steps", "epochs"}:
        preset = preset._replace(steps=None, epochs=None)
    if given.get("optimizer", preset.optimizer) != preset.optimizer:
        preset = preset._replace(lr=None, schedule="constant")
    if given.get("optimizer") == "lbfgs":
        preset = preset._replace(batch=None)
    return preset._replace(**given)


def suited(dataset: Dataset, loss: str | None) -> Preset:
    """Give what suits a file: a hidden layer of 32, and the loss that its targets ask for."""
    from graphgrad.api.models import target_of

    target = target_of(loss) if loss else "labels" if dataset.classes or dataset.y.dtype.kind in "iu" else ""
    if target == "labels":
        outputs, loss = len(dataset.classes) or int(dataset.y.max()) + 1, "cross_entropy"
    else:
        outputs, loss = prod(dataset.y.shape[1:]), "mse"
    layers = f"{prod(dataset.X.shape[1:])},32,{outputs}"
    return Preset(layers, "tanh", loss, "adam", None, "constant", None, 100, 32)


HELD = 0.1  # of the examples, for --patience to look at where nothing else is said

FAR = 1000.0  # from 1, up or down: numbers that a network with weights near 1 learns next to nothing of


def held_out(dataset: Dataset, said: dict[str, Any]) -> float | None:
    """The part of the examples that is held out: what was said, or one for --patience, which never sees a test part.

    >>> import numpy as np
    >>> from graphgrad.learn.data.tables import Dataset
    >>> held_out(Dataset(np.zeros((40, 2)), np.zeros(40)), {"validation": None, "patience": 5})
    0.1
    """
    if said["validation"] is None and said["patience"] is not None and len(dataset.X) * HELD >= 1:
        return HELD
    part: float | None = said["validation"]
    return part


def notes(data: str, dataset: Dataset, chosen: Preset, said: dict[str, Any]) -> Iterator[str]:
    """What is worth knowing before a run.

    >>> import numpy as np
    >>> from graphgrad.learn.data.tables import Dataset
    >>> said = {"loss": None, "standardize": False, "patience": None, "validation": None}
    >>> dataset = Dataset(np.ones((4, 2)), np.array([0.0, 2.0, 1.0, 1.0]))
    >>> list(notes("file.csv", dataset, PRESETS["xor"], said))
    ['the targets 0 to 2 are learned as numbers; as classes by --loss cross_entropy']
    """
    from graphgrad.api.models import target_of

    regression = target_of(chosen.loss) == "numbers"
    for what, numbers in (("inputs", dataset.X), ("targets", dataset.y))[: 1 + regression]:
        largest = max(float(numbers.max()), -float(numbers.min())) if numbers.size else 0
        if (largest > FAR or 0 < largest < 1 / FAR) and not said["standardize"]:
            yield f"{what} reach {general(largest)}, and networks learn numbers near 1: --standardize makes them so"
    values = sorted({float(value) for value in dataset.y.ravel()[:10_000]}) if regression else []
    if data not in PRESETS and not said["loss"] and 2 <= len(values) < 100 and values == [*range(len(values))]:
        yield f"the targets 0 to {len(values) - 1} are learned as numbers; as classes by --loss cross_entropy"
    if said["standardize"] and regression:
        yield "errors are those of standardized targets, where 1 is their standard deviation"
    if said["validation"] is None and (part := held_out(dataset, said)) is not None:
        yield f"--patience looks at {part:.0%} of the training examples, which are held out for it"
