"""What a training run prints: the lecture's running mean as it goes, and at the end what was learned."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from graphgrad.api.client import fixed, general, one_line

if TYPE_CHECKING:
    from graphgrad.api.learning import Judged
    from graphgrad.api.types import Dataset, History, Model, Record
    from graphgrad.cli.training.presets import Preset


TABLE = 40  # classes whose confusions are shown
BARS, WIDTH = "▁▂▃▄▅▆▇█", 24  # of a curve: its heights, and how many stand in a line
LARGE = 1e6  # from here on decimals say nothing


class Printer:
    """The lecture's printout, ten lines a run: the mean error so far; of an epoch, what was measured."""

    def __init__(self, chosen: Preset, every: int | None = None) -> None:
        self.by_steps, self.open_end = chosen.steps is not None, chosen.optimizer == "lbfgs"
        self.erase = "\r\x1b[2K" * (sys.stdout.isatty() and sys.stderr.isatty())  # the bar, from the line
        self.gap = every or max(1, -(-(chosen.steps or chosen.epochs or 0) // 10))
        self.open_end, self.printed = self.open_end and every is None, 0

    def __call__(self, record: Record) -> None:
        """Print a record, where it is due."""
        count = record.step if self.by_steps else round(record.epoch)
        gap = 10 ** (len(str(count)) - 1) if self.open_end else self.gap
        if count // gap == self.printed // gap:
            return
        self.printed = count
        said = [
            f"{count:>9} {'step' if self.by_steps else 'epoch'}{'s' if count != 1 else ' '}",
            f"mean error so far {fixed(record.running, 6) if record.running < LARGE else general(record.running)}",
        ]
        said += [f"loss {general(record.loss, 4)}"] if not self.by_steps else []
        said += [f"validation {general(record.validation, 4)}"] if record.validation is not None else []
        said += [f"accuracy {record.accuracy:.4f}"] if record.accuracy is not None else []
        click.echo(self.erase + "   ".join(said))


def begun(chosen: Preset, said: dict[str, Any]) -> Printer | None:
    """Say what is trained and how, and give what prints its records; None where nobody reads them."""
    if said["as_json"] or said["process"]:
        return None
    click.echo(one_line(chosen.described(said["program"])))
    return Printer(chosen, said["print_every"])


def conclude(model: Model, dataset: Dataset, history: History, found: Judged | None = None) -> None:
    """Print what was learned: of a table, how good it is; else outputs of a few examples, or the confusion matrix."""
    from graphgrad import accuracy, confusion

    record = history[-1] if len(history) else None
    X, y = dataset.test or (dataset.X, dataset.y)
    if model.loss.target != "numbers" and max(map(int, model.net.sizes[1]), default=1) <= TABLE:
        click.echo(matrix(confusion(model, X, y), model.classes))
    if found is not None:
        summary(found)
    elif model.loss.target == "numbers":
        inputs, targets = form(X), form(y)
        for x, wanted, said in list(zip(X, y, model.predict(X), strict=True))[:10]:
            click.echo(f"{numbers(x, inputs)} -> {numbers(said, targets)}   (wanted {numbers(wanted, targets)})")
    else:
        click.echo(f"accuracy {accuracy(model, X, y):.4f} on {len(y)} {'held-out ' * bool(dataset.test)}examples")
    if record is not None:
        click.echo(f"loss {curve(history['loss'])} {general(history[0].loss, 4)} to {general(record.loss, 4)}")
        steps = f"{record.step} step{'s' * (record.step != 1)}"
        click.echo(f"{steps} in {record.seconds:.2f} s  {rate(history):,.0f} examples/s")
    verdicts(history, found)


def summary(found: Judged) -> None:
    """Print how good a model is, in the user's units, beside the naive answer."""
    scores, where = found
    click.echo(f"{scores}\n{scores.metrics[0].name} {scores.metrics[0].value:.4f} {where}")


COMPARED = {"no better than naive", "better than naive"}  # which a score has said, on better grounds


def verdicts(history: History, found: Judged | None) -> None:
    """Print what the run came to, and what to try next."""
    said = [str(verdict) for verdict in history.verdicts if found is None or verdict.name not in COMPARED]
    if found is not None and found.scores.doubt:
        said.insert(0, f"{found.scores.doubt}; more rows or other columns may help")
    for line in said or ["better than the naive answer, and nothing to try next"]:
        click.echo(one_line(f"verdict: {line}"))


def curve(values: list[float]) -> str:
    """Draw numbers by the heights of characters, in a logarithmic scale where all are above 0.

    >>> curve([100.0, 10.0, 1.0]), curve([1.0])
    ('█▄▁', '▁')
    """
    import numpy as np

    at = np.linspace(0, len(values) - 1, min(len(values), WIDTH)).round().astype(int)
    heights: Any = np.array(values)[at]
    heights = np.log(heights) if heights.min() > 0 else heights
    tall = np.ptp(heights)
    levels = ((heights - heights.min()) / (tall or 1) * (len(BARS) - 1)).astype(int)
    return "".join(BARS[level] for level in levels)


def rate(history: History) -> float:
    """Give the examples a second over the whole run."""
    before, seen = 0.0, 0.0
    for record in history:
        seen, before = seen + record.examples * (record.seconds - before), record.seconds
    return seen / max(before, 1e-9)


def form(values: Any) -> Callable[[float], str]:
    """Give the way of writing that suits numbers of that size.

    >>> form([0.0, 1.0])(0.25), form([2e-9, -1e-9])(2e-9), form([1e9])(1e9)
    ('0.2500', '2e-09', '1e+09')
    """
    import numpy as np

    ordinary = 0.01 <= float(np.abs(values[:1000]).max()) < LARGE
    return partial(fixed, places=4) if ordinary else partial(general, digits=5)


def numbers(row: Any, written: Callable[[float], str]) -> str:
    """Write a row of numbers."""
    import numpy as np

    return " ".join(written(value) if abs(value) < LARGE else general(value, 5) for value in np.ravel(row)[:8])


def matrix(confused: Any, classes: tuple[str, ...]) -> str:
    """Write a confusion matrix: a row the true class, a column the predicted one."""
    names = tuple(map(one_line, classes)) or tuple(map(str, range(len(confused))))
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
        "verdicts": [verdict._asdict() for verdict in history.verdicts],
        "history": [record._asdict() for record in history],
        "weights": dict(model.net.values),
    }
