"""The progress bar: on a terminal, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from graphgrad.core.numerals import general
from graphgrad.learn.training.batches import Order
from graphgrad.learn.training.history import Record

_WIDTH = 10  # characters of the bar, so that all of it stands in a line of 80

Report = Callable[[int, float, Record | None], bool]  # steps, seconds, the record of a round that has ended; to stop?


def say(note: str) -> None:
    """Tell a user what was decided, on standard error, where no answer is read."""
    print(f"note: {note}", file=sys.stderr)  # noqa: T201


@contextmanager
def reporting(order: Order, each: Callable[[Record], Any] | None, *, shown: bool | None) -> Iterator[Report]:
    """Give what a run reports to: a bar with loss, accuracy and examples a second, and `each` for every record.

    The run is to end where `each` gives True.
    """

    def pass_on(_step: int, _seconds: float, record: Record | None) -> bool:
        return record is not None and each is not None and each(record) is True

    if not (sys.stderr.isatty() if shown is None else shown):
        yield pass_on
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TaskProgressColumn(), BarColumn(_WIDTH), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True, force_terminal=shown), transient=True) as bar:
        task = bar.add_task("", total=order.steps)

        def draw(step: int, seconds: float, record: Record | None) -> bool:
            ends = pass_on(step, seconds, record)
            bar.update(task, completed=step, description=described(record) if record else None)
            return ends

        yield draw


def described(record: Record) -> str:
    """Say a record in a few words: the loss, what was measured, the speed.

    >>> described(Record(10, 1.0, 0.25, 0.5, 1.0, 2000.0, None, 0.9))
    'loss 0.25  accuracy 0.9000  2 000 examples/s'
    """
    said = [f"loss {general(record.loss, 4)}"]
    if record.accuracy is not None:
        said.append(f"accuracy {record.accuracy:.4f}")
    elif record.validation is not None:
        said.append(f"validation {general(record.validation, 4)}")
    return "  ".join([*said, f"{record.examples:,.0f} examples/s".replace(",", " ")])
