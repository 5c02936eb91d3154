"""What happened in a training run: a record a round, as data, CSV and a plot."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphgrad.core.display import Shown, told
from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.files import check_kind, check_writable, write_whole
from graphgrad.core.numerals import general

if TYPE_CHECKING:
    from graphgrad.learn.training.snapshots import Snapshots
    from graphgrad.learn.training.verdicts import RunVerdict


SUFFIXES = (".csv", ".png", ".svg", ".pdf")
PLOTTED = (  # panel by panel: a column, its label, its colour (Okabe & Ito, 2008)
    (
        ("loss", "loss", "#0072b2"),
        ("running", "mean so far", "#999999"),
        ("validation", "validation loss", "#d55e00"),
    ),
    (("accuracy", "accuracy", "#009e73"),),
)


UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}  # what else says when a plot was drawn


@told(lambda record: f"step {record.step}, loss {general(record.loss, 4)}")
class Record(NamedTuple):
    """Where a run stood after a round: an epoch, or a thousand random steps."""

    step: int
    epoch: float  # passes over the data
    loss: float  # mean over the round
    running: float  # mean over all examples since the beginning
    seconds: float  # of training, since the beginning
    examples: float  # a second, in the round
    validation: float | None = None  # loss on held-out examples
    accuracy: float | None = None  # on held-out examples, of classifiers


class History(Shown):
    """The records of a run, in order; `reel` holds the snapshots of a run that was filmed.

    >>> history = History([Record(1000, 250.0, 0.5, 0.5, 0.1, 1e4)])
    >>> history["loss"], len(history), history[-1].step
    ([0.5], 1, 1000)
    """

    def __init__(
        self,
        records: list[Record] | None = None,
        reel: Snapshots | None = None,
        look: Callable[[], tuple[RunVerdict, ...]] = tuple,
    ) -> None:
        self.records: list[Record] = list(records or [])
        self.reel, self._look = reel, look

    @cached_property
    def verdicts(self) -> tuple[RunVerdict, ...]:
        """What the run came to, what matters most first, each with what to try: computed when it is asked for."""
        return self._look()

    def __str__(self) -> str:
        if not self.records:
            return "no records"
        first, last = self.records[0], self.records[-1]
        return (
            f"{len(self.records)} records, loss {general(first.loss, 4)} -> {general(last.loss, 4)}, step {last.step}"
        )

    def _short(self) -> str:
        return str(self)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, key: int | str) -> Any:
        """Give a record by number, or a column by name; UsageError where there is none."""
        if isinstance(key, int):
            return self.records[key]
        if key not in Record._fields:
            hint = did_you_mean(key, Record._fields) or f"there are {', '.join(Record._fields)}"
            raise UsageError(f"a history has no column '{key}'", hint=hint)
        return [getattr(record, key) for record in self.records]

    def csv(self) -> str:
        """Give the records as CSV, with a header; what was not measured is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(Record._fields)
        writer.writerows(self.records)
        return text.getvalue()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the records to .csv, or draw them to .png, .svg or .pdf (with matplotlib, the extra `plot`)."""
        place = Path(path)
        check_history(place)
        if place.suffix == ".csv":
            write_whole(place, self.csv().encode())
        else:
            content = io.BytesIO()
            with _same_bytes():
                self.plot().savefig(content, format=place.suffix[1:], metadata=UNDATED.get(place.suffix))
            write_whole(place, content.getvalue())

    def plot(self) -> Any:
        """Give a matplotlib figure of the losses and, below them, the accuracy; UsageError without matplotlib."""
        try:
            from matplotlib.figure import Figure
            from matplotlib.ticker import LogLocator, NullLocator
        except ImportError:
            raise _no_matplotlib() from None
        judged = any(value is not None for value in self["accuracy"])
        figure = Figure(figsize=(6.4, 5.2 if judged else 4), layout="constrained")
        panels = figure.subplots(2 if judged else 1, sharex=True, squeeze=False, height_ratios=(3, 1)[: 1 + judged])
        for panel, lines in zip(panels[:, 0], PLOTTED, strict=False):
            for name, label, colour in lines:
                if any(value is not None for value in self[name]):
                    panel.plot(self["step"], self[name], colour, label=label, marker="." if len(self) == 1 else "")
            panel.spines[["top", "right"]].set_visible(False)
            panel.grid(color="#e5e7eb", linewidth=0.6)
            if panel.lines:
                panel.legend(frameon=False)
        panels[0, 0].set_ylabel("loss")
        losses = [value for name, *_ in PLOTTED[0] for value in self[name] if value is not None]
        if losses and min(losses) > 0:
            panels[0, 0].set_yscale("log")
            near = max(losses) < 1e4 * min(losses)
            panels[0, 0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if near else (1,)))
            panels[0, 0].yaxis.set_minor_locator(NullLocator())
        panels[0, 0].yaxis.set_major_formatter("{x:.3g}")
        panels[-1, 0].set_xlabel("step")
        return figure


def _same_bytes() -> AbstractContextManager[Any]:
    """Names within an SVG that are the same from run to run; matplotlib takes random ones."""
    from matplotlib import rc_context

    settings: AbstractContextManager[Any] = rc_context({"svg.hashsalt": "graphgrad"})
    return settings


def check_history(path: Path) -> None:
    """Refuse a file that a history could not be written to, and a plot where there is no matplotlib."""
    check_writable(path)
    check_kind(path, SUFFIXES)
    if path.suffix != ".csv" and find_spec("matplotlib") is None:
        raise _no_matplotlib()


def _no_matplotlib() -> UsageError:
    return UsageError("a plot needs matplotlib", hint="pip install 'graphgrad[plot]'; a .csv needs nothing")
