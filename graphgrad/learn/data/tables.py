"""Tables: columns of numbers, truths, dates and words, read from text."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.errors import DataError
from graphgrad.learn.data.cells import MISSING
from graphgrad.learn.data.columns import CellReading, ReadColumn, TableColumn, check_reading, column_of, find
from graphgrad.learn.data.dialect import BLANKS, TableDialect, TableHead, dialect, head, lines, rows
from graphgrad.learn.data.text import text

PLAIN = CellReading()
CELLS = 20_000  # that are read together


@told(lambda table: f"{len(table)} rows of {', '.join(table.names)}")
class DataTable:
    """Columns of one length, each with a name; `header` says whether a file has these, or they are numbers."""

    def __init__(
        self, columns: Sequence[TableColumn], *, header: bool = True, notes: Sequence[str] = (), name: str = "the table"
    ) -> None:
        self.columns, self.header, self.notes, self.name = tuple(columns), header, tuple(notes), name
        self.names = tuple(column.name for column in self.columns)
        self._by_name = dict(zip(self.names, self.columns, strict=True))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self.columns)

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __getitem__(self, name: str) -> TableColumn:
        """Give a column by its name; DataError where there is none."""
        found = self._by_name.get(name)
        return self.columns[find(name, self.names, f"'{self.name}'")] if found is None else found

    def array(self) -> Any:
        """Give its columns of numbers as one array, a row an example.

        >>> DataTable([TableColumn("a", "numbers", np.array([1.0, 2.0]))]).array().tolist()
        [[1.0], [2.0]]
        """
        return np.stack([column.values for column in self.columns], axis=1)

    def take(self, rows: Any) -> DataTable:
        """Give some of its rows."""
        return self._with([column.take(rows) for column in self.columns])

    def only(self, names: Iterable[str]) -> DataTable:
        """Give some of its columns, in that order."""
        return self._with([self[name] for name in names])

    def _with(self, columns: Sequence[TableColumn]) -> DataTable:
        return DataTable(columns, header=self.header, notes=self.notes, name=self.name)


def read_csv(path: str | os.PathLike[str], reading: CellReading = PLAIN) -> DataTable:
    """Read a table from a text file, packed or not, or from standard input (-), whatever its ending.

    Cells are separated by commas, semicolons, tabs, bars or blanks, and a header is told from data by its columns.
    Raises DataError, with line and column, for ragged lines, a word in a column of numbers, numbers that read two ways.
    """
    place = Path(path)
    check_reading(reading)
    found = text(place)
    by = dialect(place, found)
    begin = head(place, found, by)
    if reading == PLAIN and (numbers := _all_numbers(found, by, begin)) is not None:
        columns = [TableColumn(name, "numbers", column) for name, column in zip(begin.names, numbers.T, strict=True)]
        return DataTable(columns, header=begin.said, name=str(path))
    read = _columns(place, found, by, begin, reading)
    if reading.decimal is None and any(part.comma for part in read):  # one such column speaks for the others
        read = _columns(place, found, by, begin, reading._replace(decimal=","))
    notes = [part.note for part in read if part.note]
    return DataTable([part.column for part in read], header=begin.said, notes=notes, name=str(path))


def _all_numbers(found: str, by: TableDialect, begin: TableHead) -> Any:
    """The whole table at once, where it is one of finite numbers; None where a closer look is needed."""
    separator = None if by.separator == BLANKS else by.separator
    given = lines(found, begin.first)
    try:
        numbers = np.loadtxt(given, delimiter=separator, quotechar=by.quote, comments=by.comment or None, ndmin=2)
    except ValueError:
        return None
    return numbers if len(numbers) and np.isfinite(numbers).all() and numbers.shape[1] == len(begin.names) else None


def _columns(path: Path, found: str, by: TableDialect, begin: TableHead, reading: CellReading) -> list[ReadColumn]:
    """Read columns one for one: numbers part by part, and what is no plain number once more, by its distinct cells."""
    width, said = len(begin.names), "the header" if begin.said else "the first line"
    lost = dict.fromkeys((*MISSING, *map(str.upper, MISSING), "NaN", "Null", "None", *reading.missing), "nan")
    odd, parts = set[int](), [list[Any]() for _ in range(width)]
    at: list[int] = []
    for chunk in _batched(rows(path, found, by, begin.first), max(1, CELLS // width)):
        for line, cells in chunk:
            at.append(line)
            if len(cells) != width and not (len(cells) == width + 1 and not cells[-1].strip()):
                raise DataError(f"'{path}', line {line}: {len(cells)} values, where {said} has {width}")
        for i, cells in enumerate(islice(zip(*(cells for _, cells in chunk), strict=False), width)):
            if i not in odd and (numbers := _numbers(cells, lost, reading)) is not None:
                parts[i].append(numbers)
            else:
                odd.add(i)
                parts[i] = []
    if not at:
        raise DataError(f"'{path}' has a header and no data")
    places = dict(zip(sorted(odd), _distinct(rows(path, found, by, begin.first), sorted(odd)), strict=True))
    read = []
    for i, name in enumerate(begin.names):
        if i in odd:
            where = partial(_place, path, at, name)
            read.append(column_of(name, *places[i], reading, where))
        else:
            read.append(ReadColumn(TableColumn(name, "numbers", np.concatenate(parts[i]))))
    return read


def _place(path: Path, at: Sequence[int], name: str, row: int) -> str:
    return f"'{path}', line {at[row]}, column '{name}'"


def _numbers(cells: Sequence[str], lost: Mapping[str, str], reading: CellReading) -> Any:
    """Give cells as numbers, nan where one is missing; None where one is something else."""
    if reading.decimal == ",":
        return None
    try:
        found = np.array([float(lost.get(cell, cell)) for cell in cells])
    except ValueError:
        return None
    return None if np.isinf(found).any() or any("_" in cell for cell in cells) else found


def _distinct(given: Iterable[tuple[int, list[str]]], wanted: Sequence[int]) -> list[tuple[list[str], Any]]:
    """Give the distinct cells of some columns, and the places of all rows among them."""
    known: list[dict[str, int]] = [{} for _ in wanted]
    places = [array("i") for _ in wanted]
    for _, cells in given if wanted else ():
        for k, i in enumerate(wanted):
            places[k].append(known[k].setdefault(cells[i].strip(), len(known[k])))
    return [([*words], np.frombuffer(found, np.int32)) for words, found in zip(known, places, strict=True)]


def _batched(given: Iterator[Any], count: int) -> Iterator[list[Any]]:
    while part := list(islice(given, count)):
        yield part
