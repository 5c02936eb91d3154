"""Columns as the numbers that a network takes: one for a number, one for each word, one for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, did_you_mean
from graphgrad.core.shapes import show
from graphgrad.learn.data.cells import TRUTHS, dates, number
from graphgrad.learn.data.columns import KINDS, TableColumn
from graphgrad.learn.data.tables import DataTable
from graphgrad.learn.data.targets import listed
from graphgrad.learn.networks.network import Network

WORDS = 50  # of a column that have a number each; the others share one
OFTEN = 2  # rows that such a word stands in at least


class Source(NamedTuple):
    """What becomes of a column: its words, each a number 0 or 1, or its value, `fill` where that is missing.

    `rest` says whether all other words share a number, `flagged` whether one says that the value is missing.
    """

    name: str
    kind: str
    fill: float = 0.0
    words: tuple[str, ...] = ()
    rest: bool = False
    flagged: bool = False

    @property
    def numbers(self) -> tuple[str, ...]:
        """What its numbers are called.

        >>> Source("kind", "words", words=("a", "b"), rest=True).numbers, Source("age", "numbers", flagged=True).numbers
        (('kind=a', 'kind=b', 'kind=other'), ('age', 'age missing'))
        """
        own = (f"{self.name}={word}" for word in self.words) if self.kind == "words" else (self.name,)
        return (*own, *[f"{self.name}=other"] * self.rest, *[f"{self.name} missing"] * self.flagged)

    def __str__(self) -> str:
        match self.kind:
            case "words":
                said = f"one of {listed(self.words)}{', or another' * self.rest}: {len(self.numbers)} numbers"
            case "dates":
                said = "a date, in days since 1970"
            case "truths":
                said = "yes (1) or no (0)"
            case _:
                said = "a number"
        if self.kind != "words" and self.flagged:
            said += f"; {self.fill:.6g} where it is missing, and a number that says so"
        return f"{self.name}: {said}"


def source(column: TableColumn) -> Source:
    """Decide what becomes of a column, by the rows that are learned from.

    >>> source(TableColumn("age", "numbers", np.array([1.0, 3.0, np.nan]))).fill
    2.0
    """
    flagged = bool(column.missing.any())
    known = column.values[~column.missing]
    if column.kind != "words":
        return Source(column.name, column.kind, float(np.median(known)) if len(known) else 0.0, flagged=flagged)
    counts = np.bincount(known, minlength=len(column.words))
    often = [i for i in np.argsort(-counts, kind="stable")[:WORDS] if counts[i] >= OFTEN]
    words = tuple(column.words[i] for i in sorted(often))
    return Source(column.name, "words", 0.0, words, rest=bool(len(words) < np.count_nonzero(counts)), flagged=flagged)


def encode(table: DataTable, sources: Sequence[Source]) -> tuple[Any, tuple[str, ...]]:
    """Give the numbers of a table's rows, (N, width), and what was never seen before; columns are found by their names.

    Raises DataError where a column is not there, or holds something else.

    >>> kinds = TableColumn("kind", "words", np.array([0, 1]), ("lily", "rose"))
    >>> encode(DataTable([kinds]), [Source("kind", "words", words=("rose",))])
    (array([[0.],
           [1.]]), ("column 'kind' holds 'lily', which was never seen",))
    """
    found, notes = [np.zeros((len(table), 0))], list[str]()
    for row in sources:
        column = table[row.name]
        numbers = _places(column, row, notes) if row.kind == "words" else _values(column, row, table.name)
        found.append(numbers)
    return np.concatenate(found, axis=1), tuple(notes)


def match(names: Sequence[str], sources: Sequence[Source], what: str) -> None:
    """Refuse columns among which one is missing; DataError with both lists."""
    if lost := [row.name for row in sources if row.name not in names]:
        near = next(filter(None, (did_you_mean(name, names) for name in lost)), "")
        raise DataError(
            f"{what} has no column {listed(map(repr, lost))}; it has {listed(map(repr, names))}, and the model takes "
            f"{listed(repr(row.name) for row in sources)}",
            hint=near.replace("did you mean", "is it") if near else "",
        )


def _values(column: TableColumn, row: Source, what: str) -> Any:
    """A column's value, and whether it is missing."""
    values = column.values
    if column.kind == "words":
        values = _read(column, row, what)
    elif {column.kind, row.kind} == {"dates", "numbers"}:
        raise DataError(f"column '{row.name}' of {what} holds {column.kind}, and the model takes {row.kind}")
    missing = np.isnan(values)
    numbers = np.where(missing, row.fill, values)
    return np.stack([numbers, missing], axis=1) if row.flagged else numbers[:, None]


def _read(column: TableColumn, row: Source, what: str) -> Any:
    """Words as the numbers, truths or dates that a model takes, where few rows did not tell what they hold."""
    readers: dict[str, Callable[[str], float | None]] = {
        "numbers": number,
        "truths": _truth,
        "dates": _date,
    }
    read = [readers[row.kind](word) for word in column.words]
    if bad := [word for word, value in zip(column.words, read, strict=True) if value is None]:
        raise DataError(f"column '{row.name}' of {what} holds '{bad[0]}', and the model takes {row.kind}")
    return np.array([*read, np.nan], np.float64)[column.values]


def _truth(word: str) -> float | None:
    return TRUTHS.get(word.lower())


def _date(word: str) -> float | None:
    found = dates([word])
    return found[0] if found else None


def _places(column: TableColumn, row: Source, notes: list[str]) -> Any:
    """A column's word, as a number that is 1 for it."""
    at = {word: i for i, word in enumerate(row.words)}
    other = len(row.words) if row.rest else -1
    words = _words(column)
    places = np.array([*(at.get(word, other) for word in words), -1])
    new = [word for word in words if word not in at] if not row.rest else []
    if new:
        notes.append(f"column '{row.name}' holds {listed(map(repr, new))}, which was never seen")
    chosen = places[column.values if column.kind == "words" else _truths(column)]
    numbers = (chosen[:, None] == np.arange(len(row.words) + row.rest)).astype(np.float64)
    return np.column_stack([numbers, column.missing]) if row.flagged else numbers


def _words(column: TableColumn) -> Sequence[str]:
    if column.kind == "words":
        return column.words
    return [f"{value:.15g}" for value in np.unique(column.values[~column.missing])]


def _truths(column: TableColumn) -> Any:
    known = np.unique(column.values[~column.missing])
    return np.where(column.missing, -1, np.searchsorted(known, np.nan_to_num(column.values)))


def sources_of(said: Any) -> tuple[Source, ...]:
    """Read sources that were written to a file; DataError where they are none."""
    found = []
    for name, kind, fill, words, rest, flagged in said:
        row = Source(name, kind, float(fill), tuple(words), bool(rest), bool(flagged))
        if kind not in KINDS or not all(isinstance(word, str) for word in (name, *words)) or not np.isfinite(fill):
            raise DataError("its columns are no columns")
        found.append(row)
    return tuple(found)


def check_width(sources: Sequence[Source], net: Network) -> None:
    """Refuse a network that takes another number of numbers."""
    count = sum(len(row.numbers) for row in sources)
    if net.sizes[0] != (count,):
        wide = [row for row in sources if len(row.numbers) > 1]
        more = f": {listed(f'{row.name} {len(row.numbers)}' for row in wide)}" if wide else ""
        raise DataError(
            f"{len(sources)} columns make {count} numbers{more}; the network takes {show(net.sizes[0])}",
            hint=f"an mlp's first size is {count}",
        )
