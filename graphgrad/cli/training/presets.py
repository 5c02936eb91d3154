"""What is trained, and how, where nothing else is said."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from graphgrad.api.client import general

if TYPE_CHECKING:
    from pathlib import Path

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

    def described(self, program: Path | None = None) -> str:
        """Say it in a line.

        >>> PRESETS["xor"].described()
        'layers 2,4,1 of tanh, loss squared_error, sgd at 0.1, 100000 steps of 1 example'
        """
        layers = f"layers {self.layers} of {self.activation}" if program is None else f"the network of {program}"
        rate = "" if self.lr is None else f" at {general(self.lr)}"
        schedule = "" if self.schedule == "constant" else f", {self.schedule}"
        count, what = (self.epochs, "epoch") if self.steps is None else (self.steps, "step")
        by = "all examples" if self.batch is None else f"{self.batch} example{'s' * (self.batch != 1)}"
        length = "until it ends by itself" if count is None else f"{count} {what}{'s' * (count != 1)} of {by}"
        smooth = "; the labels are smoothed in it, and not in log loss" if self.loss.startswith("smoothed") else ""
        return f"{layers}, loss {self.loss}, {self.optimizer}{rate}{schedule}, {length}{smooth}"


PRESETS = {
    "xor": Preset("2,4,1", "tanh", "squared_error", "sgd", 0.1, "constant", 100_000, None, 1),
    # chosen on other splits of the digits than those of seeds 0 to 99, and on the last sixth of MNIST's training part
    "digits": Preset("64,128,10", "relu", "smoothed_cross_entropy", "adam", 0.003, "cosine", None, 60, 16),
    "mnist": Preset("784,128,10", "relu", "smoothed_cross_entropy", "adam", 0.002, "cosine", None, 10, 64),
}

WHOLE = {"xor"}  # nothing is held out of it: four examples are all there is, and each is shown


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


EPOCHS, BATCH = 100, 32
STEPS, SEEN = 1000, 1_000_000  # a run on a file takes so many steps at least, and sees so many examples at most


def suited(dataset: Dataset, loss: str | None) -> Preset:
    """Give what suits a file: a hidden layer of 32, and the loss that its targets ask for."""
    from graphgrad.api.models import target_of

    target = target_of(loss) if loss else "labels" if dataset.classes or dataset.y.dtype.kind in "iu" else ""
    if target == "labels":
        outputs, loss = len(dataset.classes) or int(dataset.y.max()) + 1, "cross_entropy"
    else:
        outputs, loss = prod(dataset.y.shape[1:]), "mse"
    layers = f"{inputs(dataset.X)},32,{outputs}"
    return Preset(layers, "tanh", loss, "adam", None, "constant", None, epochs(len(dataset.X)), BATCH)


def epochs(rows: int) -> int:
    """How often a run passes over a file: a hundred times, oftener over few rows, and not so often over many.

    >>> epochs(20), epochs(2000), epochs(50_000)
    (1000, 100, 20)
    """
    return max(STEPS // -(-rows // BATCH), min(EPOCHS, max(SEEN // rows, 10)))


def inputs(X: Any) -> int:
    """How many numbers an example has, as a network takes it."""
    from graphgrad.api.learning import numbers_of

    return prod(numbers_of(X).shape[1:])


HELD = 0.1  # of the examples, for --patience to look at where nothing else is said


def held_out(dataset: Dataset, said: dict[str, Any]) -> float | None:
    """The part of the examples that is held out: what was said, or one for --patience, which never sees a test part.

    Of a table, what was said is held out already, and --patience takes its own part of the rest.

    >>> import numpy as np
    >>> from graphgrad.api.types import Dataset
    >>> held_out(Dataset(np.zeros((40, 2)), np.zeros(40)), {"validation": None, "patience": 5})
    0.1
    """
    from graphgrad.api.learning import is_table

    part: float | None = None if is_table(dataset.X) else said["validation"]
    return HELD if part is None and said["patience"] is not None and len(dataset.X) * HELD >= 1 else part


FAR = 1000.0  # from 1, up or down: numbers that a network with weights near 1 learns next to nothing of


def notes(data: str, dataset: Dataset, chosen: Preset, said: dict[str, Any]) -> Iterator[str]:
    """What is worth knowing before a run.

    >>> import numpy as np
    >>> from graphgrad.api.types import Dataset
    >>> said = {"loss": None, "standardize": False, "patience": None, "validation": None}
    >>> dataset = Dataset(np.ones((4, 2)), np.array([0.0, 2.0, 1.0, 1.0]))
    >>> list(notes("file.csv", dataset, PRESETS["xor"], said))
    ['the targets 0 to 2 are learned as numbers; as classes by --loss cross_entropy']
    """
    from graphgrad.api.learning import is_table, numbers_of
    from graphgrad.api.models import target_of

    regression = target_of(chosen.loss) == "numbers"
    standardized = is_table(dataset.X) if said["standardize"] is None else said["standardize"]
    seen = (("inputs", numbers_of(dataset.X)), ("targets", dataset.y))[: 1 + regression]
    for what, numbers in () if standardized else seen:
        largest = max(float(numbers.max()), -float(numbers.min())) if numbers.size else 0
        if largest > FAR or 0 < largest < 1 / FAR:
            yield f"{what} reach {general(largest)}, and networks learn numbers near 1: --standardize makes them so"
    values = sorted({float(value) for value in dataset.y.ravel()[:10_000]}) if regression else []
    if data not in PRESETS and not said["loss"] and 2 <= len(values) < 100 and values == [*range(len(values))]:
        yield f"the targets 0 to {len(values) - 1} are learned as numbers; as classes by --loss cross_entropy"
    if standardized and is_table(dataset.X):
        also = ", and so are targets and errors" if regression else ""
        yield f"inputs are standardized{also}; --no-standardize leaves them as they are"
    elif standardized and regression:
        yield "errors are those of standardized targets, where 1 is their standard deviation"
    part = held_out(dataset, said)
    if part is not None and part != said["validation"]:
        yield f"--patience looks at {part:.0%} of the training examples, which are held out for it"
