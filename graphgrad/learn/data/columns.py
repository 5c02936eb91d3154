"""Columns by what they hold: numbers, truths, dates, or words; a missing value is nan, or the place -1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, UsageError, did_you_mean
from graphgrad.learn.data.cells import CODES, MISSING, TRUTHS, dates, number

KINDS = ("numbers", "truths", "dates", "words")
FEW = 20  # columns that an error lists
SLIPS = 0.01  # of a column's cells: so many words among numbers, or one, are slips
RARE = 0.2  # of a column's values: so many words among numbers may stand for missing ones
SOME_CODES = 3  # different ones that a column may have


class TableColumn(NamedTuple):
    """A column of a table: its name, which of `KINDS` it is, and its values, float64 or places in `words`."""

    name: str
    kind: str
    values: Any
    words: tuple[str, ...] = ()

    def take(self, rows: Any) -> TableColumn:
        """Give some of its rows."""
        return self._replace(values=self.values[rows])

    @property
    def missing(self) -> Any:
        """Which values are."""
        return self.values < 0 if self.kind == "words" else np.isnan(self.values)

    @property
    def texts(self) -> Any:
        """The values of a column of words, a missing one as no letter."""
        return np.array([*self.words, ""])[self.values]


class CellReading(NamedTuple):
    """What a user says about cells: which words mean that a value is missing, and what decimals follow."""

    missing: tuple[str, ...] = ()
    decimal: str | None = None


class ReadColumn(NamedTuple):
    """A column, what was noticed on the way, and whether its decimals follow a comma and could follow nothing else."""

    column: TableColumn
    note: str = ""
    comma: bool = False


def check_reading(reading: CellReading) -> None:
    """Refuse what decimals cannot follow."""
    if reading.decimal not in {None, ".", ","}:
        raise UsageError(f"decimals follow a point or a comma, not '{reading.decimal}'")


def column_of(
    name: str, cells: Sequence[str], places: Any, reading: CellReading, where: Callable[[int], str]
) -> ReadColumn:
    """Tell what a column holds, from its distinct cells and the places of its rows among them.

    DataError, with the place that `where` gives for a row, for a word among numbers and for numbers that read two ways.

    >>> column_of("a", ["1", "n/a"], np.array([0, 0, 1]), CellReading(), str).column
    TableColumn(name='a', kind='numbers', values=array([ 1.,  1., nan]), words=())
    >>> column_of("a", ["red", "blue"], np.array([0, 1]), CellReading(), str).column
    TableColumn(name='a', kind='words', values=array([1, 0], dtype=int32), words=('blue', 'red'))
    """
    absent = MISSING | {code.lower() for code in reading.missing}
    known = [cell for cell in cells if cell.lower() not in absent]
    if not known:
        return ReadColumn(TableColumn(name, "numbers", np.full(len(places), np.nan)))
    points, commas = ({cell: number(cell, style) for cell in known} for style in (".", ","))
    reads = {style: all(v is not None for v in found.values()) for style, found in ((".", points), (",", commas))}
    if all(reads.values()) and any("," in cell for cell in known) and reading.decimal is None:
        cell = next(cell for cell in known if "," in cell)
        row = int(np.flatnonzero(places == list(cells).index(cell))[0])
        hint = f"it is {points[cell]:g} by --decimal . (decimal='.'), and {commas[cell]:g} by --decimal ,"
        raise DataError(f"{where(row)}: '{cell}' reads two ways", hint=hint)
    style = reading.decimal if reading.decimal and reads[reading.decimal] else next((s for s in reads if reads[s]), "")
    if style:
        return ReadColumn(
            _valued(name, "numbers", cells, commas if style == "," else points, places), comma=not reads["."]
        )
    for kind, found in (("truths", _truths(known)), ("dates", dates(known))):
        if found is not None:
            return ReadColumn(_valued(name, kind, cells, dict(zip(known, found, strict=True)), places))
    return _mixed(name, cells, places, points, where) or ReadColumn(words(name, cells, places, known))


def words(name: str, cells: Sequence[str], places: Any, known: Sequence[str]) -> TableColumn:
    """Give a column of words, in alphabetical order; a cell that is not among those known is missing."""
    order = sorted(known)
    at = {cell: i for i, cell in enumerate(order)}
    return TableColumn(name, "words", np.array([at.get(cell, -1) for cell in cells], np.int32)[places], tuple(order))


def _valued(name: str, kind: str, cells: Sequence[str], found: dict[str, Any], places: Any) -> TableColumn:
    values = [np.nan if (value := found.get(cell)) is None else value for cell in cells]
    return TableColumn(name, kind, np.array(values, np.float64)[places])


def _truths(known: Sequence[str]) -> list[float] | None:
    small = [cell.lower() for cell in known]
    return [TRUTHS[cell] for cell in small] if {*small} <= TRUTHS.keys() and len({*small}) <= 2 else None


def _mixed(name: str, cells: Sequence[str], places: Any, points: dict[str, Any], where: Callable[[int], str]) -> Any:
    """Tell of a column with numbers and words: codes for what is missing, or categories; None where it is of words."""
    counts = np.bincount(places, minlength=len(cells))
    total = Counter({cell: int(counts[i]) for i, cell in enumerate(cells) if cell in points})
    odd = [cell for cell, value in points.items() if value is None]
    part = sum(total[cell] for cell in odd) / sum(total.values())
    if part >= 0.5:
        return None
    if part <= RARE and len(odd) <= SOME_CODES and all(total[cell] > 1 or cell.lower() in CODES for cell in odd):
        said = ", ".join(f"'{cell}' ({total[cell]} times)" for cell in odd)
        note = f"column '{name}': {said} is taken for a missing value"
        return ReadColumn(_valued(name, "numbers", cells, points, places), note)
    if sum(total[cell] for cell in odd) > max(1, SLIPS * len(places)):
        note = f"column '{name}' holds '{odd[0]}' and more that is no number, and counts as words"
        return ReadColumn(words(name, cells, places, list(points)), note)
    row = min(int(np.flatnonzero(places == i)[0]) for i, cell in enumerate(cells) if cell in odd)
    word = cells[places[row]]
    hint = f"--missing '{word}' takes it for a missing value, --leave-out '{name}' leaves the column out"
    raise DataError(f"{where(row)}: '{word}' is no number", hint=hint)


def find(name: str, names: Sequence[str], what: str) -> int:
    """Give the place of a column by its name; DataError, with all that there are, where there is none."""
    if name in names:
        return names.index(name)
    some = ", ".join(names[:FEW]) + (f", and {len(names) - FEW} more" if len(names) > FEW else "")
    raise DataError(f"{what} has no column '{name}'", hint=did_you_mean(name, names) or f"it has {some}")
