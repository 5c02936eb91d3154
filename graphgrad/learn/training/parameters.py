"""What may be said about training: the one table that `fit`, the estimators, the command line and the pages read."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from inspect import Signature
from reprlib import repr as short
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from graphgrad.core.errors import UsageError
from graphgrad.core.lookup import Table
from graphgrad.learn.checks import finite

if TYPE_CHECKING:
    from graphgrad.learn.training.devices import Machines
    from graphgrad.learn.training.history import Record
    from graphgrad.learn.updates.optimizers import Optimizer


class Range(NamedTuple):
    """What a value may be: in words, and as a test."""

    words: str
    holds: Callable[[Any], bool]


def _integer(least: int) -> Range:
    words = f"a whole number, {least} or more"
    return Range(words, lambda value: hasattr(value, "__index__") and value.__index__() >= least)


def _real(words: str, holds: Callable[[float], bool]) -> Range:
    return Range(words, lambda value: finite(value) and holds(value))


def _one_of(*names: str) -> Range:
    return Range(" or ".join(names), lambda value: str(value) in names)


ANYTHING = Range("anything", lambda _: True)  # which is looked at where it is used
COUNT, SEED = _integer(1), _integer(0)
STRENGTH = _real("a finite number, 0 or more", lambda value: value >= 0)
TRUTH = Range("True or False", lambda value: str(value) in {"True", "False"})
TEXT = Range("a text", lambda value: isinstance(value, str))
FILE = Range("a file's name", lambda value: isinstance(value, str | os.PathLike))
MAPPING = Range("a mapping of names to values", lambda value: isinstance(value, Mapping))
CALLED = Range("a function", callable)
UPDATE = Range("a text, or an optimizer", lambda value: isinstance(value, str) or hasattr(value, "settings"))
BALANCED = Range("'balanced', or a mapping of classes to weights", lambda v: v == "balanced" or isinstance(v, Mapping))
PART = Range(
    "a pair (X, y), or a part of the examples, 0 or more and less than 1",
    lambda value: (isinstance(value, tuple | list) and len(value) == 2) or (finite(value) and 0 <= value < 1),
)


class Parameter(NamedTuple):
    """A row: what it is called, what it is where nothing is said, what it may be, and what it does.

    `none` says that None may be said, too. `option` is how the command line spells it, where it has it.
    """

    name: str
    default: Any
    range: Range
    said: str
    option: str = ""
    none: bool = False
    aliases: tuple[str, ...] = ()

    def line(self) -> str:
        """Give it as a line of a page's table.

        >>> PARAMETERS["lr"].line()
        "| `lr` | `--lr` | a finite number, 0 or more |  | Learning rate; else the optimizer's own. |"
        """
        option, default = (
            (f"`{self.option}`" if self.option else ""),
            ("" if self.default is None else f"`{self.default!r}`"),
        )
        return f"| `{self.name}` | {option} | {self.range.words} | {default} | {self.said} |"

    def check(self, value: Any) -> Any:
        """Give a value as it is; UsageError for one that cannot be.

        >>> PARAMETERS["epochs"].check(2.5)
        Traceback (most recent call last):
            ...
        graphgrad.core.errors.UsageError: epochs must be a whole number, 1 or more, not 2.5
        """
        if not (value is None and (self.none or self.default is None)) and not self.range.holds(value):
            raise UsageError(f"{self.name} must be {self.range.words}, not {short(value)}")
        return value


ON, OFF = True, False
PARAMETERS = Table(
    "parameter",
    (
        Parameter("loss", None, TEXT, "A row of the losses, or a text in R and Y; else as targets ask.", "--loss"),
        Parameter("optimizer", "adam", UPDATE, "A row of the optimizers, a text in p, g, t, or lbfgs.", "--optimizer"),
        Parameter("lr", None, STRENGTH, "Learning rate; else the optimizer's own.", "--lr"),
        Parameter("epochs", None, COUNT, "Passes over the data.", "--epochs"),
        Parameter("steps", None, COUNT, "Steps, each on random examples.", "--steps"),
        Parameter("batch_size", 32, COUNT, "Examples a step; None, all of them.", "--batch", none=True),
        Parameter("validation", None, PART, "What is held out; else a fifth of frames, 0 for none.", "--validation"),
        Parameter("seed", 0, SEED, "Of all that is random.", "--seed"),
        Parameter("dtype", None, ANYTHING, "float64 or float32; else that of the data.", "--dtype"),
        Parameter("shuffle", ON, TRUTH, "Whether every epoch has an order of its own."),
        Parameter("standardize", None, TRUTH, "Learn numbers less their mean, over their deviation.", "--standardize"),
        Parameter("l2", 0.0, STRENGTH, "Penalty on the squares of the weights.", "--l2"),
        Parameter("l1", 0.0, STRENGTH, "Penalty on the sizes of the weights.", "--l1"),
        Parameter("schedule", "constant", TEXT, "A row of the schedules, or a text in base, t and T.", "--schedule"),
        Parameter("settings", None, MAPPING, "Settings of the optimizer and of the schedule.", "--set"),
        Parameter("rates", None, MAPPING, "Of parameters, times the learning rate; 0 freezes one.", "--rate"),
        Parameter("clip_norm", None, STRENGTH, "Greatest norm of the gradient.", "--clip-norm"),
        Parameter("clip_value", None, STRENGTH, "Greatest size of an entry of the gradient.", "--clip-value"),
        Parameter("sample_weight", None, ANYTHING, "What every example counts, one number a row."),
        Parameter("class_weight", None, BALANCED, "What a class's examples count, or balanced.", "--class-weight"),
        Parameter("patience", None, COUNT, "End so many epochs after the best validation loss.", "--patience"),
        Parameter("tolerance", None, STRENGTH, "End where the whole gradient is smaller.", "--tolerance"),
        Parameter("step_tolerance", None, STRENGTH, "End where an epoch moves less.", "--step-tolerance"),
        Parameter("record_every", None, COUNT, "Steps between two records of a run by steps."),
        Parameter("checkpoint", None, FILE, "Write checkpoints here, .safetensors.", "--checkpoint"),
        Parameter("every", 30.0, STRENGTH, "Seconds between checkpoints.", "--every"),
        Parameter("resume", OFF, TRUTH, "Go on from the checkpoint.", "--resume"),
        Parameter("progress", None, TRUTH, "Whether a bar is shown; else on a terminal."),
        Parameter("each", None, CALLED, "Called with every record; True ends the run."),
        Parameter("film", OFF, TRUTH, "Keep snapshots, for a film of the training."),
        Parameter("classes", (), ANYTHING, "The names of classes, in the order of their indices."),
        Parameter("target", "numpy", TEXT, "What steps are compiled to: numpy, numba, jax, c, python.", "--backend"),
        Parameter("machines", None, ANYTHING, "How many devices divide every batch, with jax."),
    ),
)  # fmt: skip


class FitOptions(TypedDict, total=False):
    """The table's names, with their types, as type checkers read them."""

    loss: str | None
    optimizer: str | Optimizer
    lr: float | None
    epochs: int | None
    steps: int | None
    batch_size: int | None
    validation: float | tuple[Any, Any] | None
    seed: int
    dtype: str | None
    shuffle: bool
    standardize: bool | None
    l2: float
    l1: float
    schedule: str
    settings: Mapping[str, float] | None
    rates: Mapping[str, float] | None
    clip_norm: float | None
    clip_value: float | None
    sample_weight: Any
    class_weight: str | Mapping[Any, float] | None
    patience: int | None
    tolerance: float | None
    step_tolerance: float | None
    record_every: int | None
    checkpoint: str | os.PathLike[str] | None
    every: float
    resume: bool
    progress: bool | None
    each: Callable[[Record], Any] | None
    film: bool
    classes: tuple[str, ...]
    target: str
    machines: Machines | int | None


class Said(SimpleNamespace):
    """Every parameter's value, by its name."""

    def given(self) -> dict[str, Any]:
        """What is not as it would be where nothing is said."""
        return {name: value for name, value in vars(self).items() if value is not PARAMETERS[name].default}


def settled(how: Mapping[str, Any]) -> Said:
    """Complete and check what was said; UsageError for an unknown name, and for a value that cannot be.

    >>> settled({"epochs": 3}).batch_size
    32
    >>> settled({"epoch": 3})
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: there is no parameter 'epoch'; did you mean 'epochs'?
    """
    for name in how:
        PARAMETERS.row(name)
    said = Said(**{name: row.check(how.get(name, row.default)) for name, row in PARAMETERS.items()})
    lengths = [length for length in (said.epochs, said.steps) if length is not None]
    if len(lengths) > 1 or (not lengths and said.optimizer != "lbfgs"):  # which ends by itself
        raise UsageError("say how long to train", hint="by epochs= or by steps=, not both")
    for name, needs, hint in TOGETHER:
        if getattr(said, name) not in {None, False} and getattr(said, needs) is None:
            raise UsageError(f"{name} needs {needs}", hint=hint)
    return said


TOGETHER = (  # a parameter, another that it means nothing without, and what would be right
    ("resume", "checkpoint", "checkpoint= or --checkpoint names the file that the run was kept in"),
    ("record_every", "steps", "a run by epochs is recorded after every one"),
)


def signature(front: Signature) -> Signature:
    """Give a signature with the table's rows in place of `**how`, as help and editors show it."""
    own = [p for p in front.parameters.values() if p.kind is not p.VAR_KEYWORD]
    rows = [
        inspect.Parameter(row.name, inspect.Parameter.KEYWORD_ONLY, default=row.default) for row in PARAMETERS.values()
    ]
    return front.replace(parameters=[*own, *rows])
