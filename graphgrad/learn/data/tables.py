"""Tables: columns of numbers, truths, dates and words, read from text."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.errors import DataError
from graphgrad.learn.data.cells import MISSING
from graphgrad.learn.data.columns import CellReading, ReadColumn, TableColumn, check_reading, column_of, find
from graphgrad.learn.data.dialect import BLANKS, TableDialect, TableHead, dialect, file_lines, head, lines, rows
from graphgrad.learn.data.text import beginning, text

PLAIN = CellReading()
CELLS = 20_000  # that are read together
LOOKED = 200  # rows that tell which columns of a large file hold numbers
Rows = Callable[[], Iterator[tuple[int, list[str]]]]  # from the first on, as often as it is called


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
    if reading == PLAIN and (found := beginning(place)) and (table := _large(place, found)) is not None:
        return table
    found = text(place)
    by = dialect(place, found)
    begin = head(place, found, by)
    if reading == PLAIN and (numbers := _numbers_of(lines(found, begin.first), by, len(begin.names))) is not None:
        columns = [TableColumn(name, "numbers", column) for name, column in zip(begin.names, numbers.T, strict=True)]
        return DataTable(columns, header=begin.said, name=str(path))
    again: Rows = partial(_rows_of, place, found, by, begin.first)
    read = _columns(place, again, begin, reading)
    if reading.decimal is None and any(part.comma for part in read):  # one such column speaks for the others
        read = _columns(place, again, begin, reading._replace(decimal=","))
    return _table(path, begin, read)


def _table(path: str | os.PathLike[str], begin: TableHead, read: Sequence[ReadColumn]) -> DataTable:
    notes = [part.note for part in read if part.note]
    return DataTable([part.column for part in read], header=begin.said, notes=notes, name=str(path))


def _rows_of(path: Path, found: str, by: TableDialect, first: int) -> Iterator[tuple[int, list[str]]]:
    return rows(path, lines(found, first), by, first)


def _large(path: Path, found: str) -> DataTable | None:
    """Read a large file from where it lies, by NumPy, never all of its text; None where it takes a closer look.

    A column whose first cells are no numbers is read as the places of its distinct cells. Where a number is missing
    somewhere, all are read once more, with gaps.
    """
    by = dialect(path, found)
    begin = head(path, found, by)
    sample = [cells for _, cells in islice(_rows_of(path, found, by, begin.first), LOOKED)]
    columns = list(zip(*sample, strict=False))
    if len(columns) != len(begin.names):
        return None
    worded = [i for i, cells in enumerate(columns) if not any(map(_number, cells))]
    for gaps in (False, True):
        known = {i: dict[str, int]() for i in worded}
        converters: dict[int, Callable[[str], float]] = dict.fromkeys(range(len(columns)), _gap) if gaps else {}
        converters |= {i: partial(_place_among, cells) for i, cells in known.items()}
        given, skip = str(path.absolute()), begin.first - 1
        numbers = _numbers_of(given, by, len(columns), skip=skip, converters=converters)
        if numbers is not None:
            break
    else:
        return None
    read = []
    for i, name in enumerate(begin.names):
        if i in known:
            where = partial(_place_in_file, path, by, begin.first, name)
            read.append(column_of(name, [*known[i]], numbers[:, i].astype(np.int32), PLAIN, where))
        else:
            read.append(ReadColumn(TableColumn(name, "numbers", numbers[:, i])))
    return None if any(part.comma for part in read) else _table(path, begin, read)


def _number(cell: str) -> bool:
    try:
        return isfinite(float(cell))
    except ValueError:
        return False


LOST = dict.fromkeys((*MISSING, *map(str.upper, MISSING), "NaN", "Null", "None"), "nan")


def _gap(cell: str) -> float:
    """A number, nan where it is missing; ValueError for what is neither."""
    if "_" in cell:
        raise ValueError
    return float(LOST.get(cell.strip(), cell))


def _place_among(known: dict[str, int], cell: str) -> int:
    return known.setdefault(cell.strip(), len(known))


def _numbers_of(
    given: str | Iterator[str],
    by: TableDialect,
    width: int,
    *,
    skip: int = 0,
    converters: Any = None,
) -> Any:
    """A table of numbers all at once, from lines or from a file; None where it takes a closer look.

    Without converters numbers are finite; what these give may be nan.
    """
    how: Any = {"quotechar": by.quote, "comments": by.comment or None, "ndmin": 2, "encoding": "utf-8"}
    how |= {"delimiter": None if by.separator == BLANKS else by.separator, "skiprows": skip}
    try:
        numbers = np.loadtxt(given, converters=converters or None, **how)
    except (ValueError, OSError):
        return None
    bad = np.isinf(numbers) if converters else ~np.isfinite(numbers)
    return None if not len(numbers) or numbers.shape[1] != width or bad.any() else numbers


class CellsOfColumn:
    """What is read of a column, part by part: numbers while its cells are some, else its distinct cells.

    Where they cease to be numbers further below, it asks to be read once more.
    """

    def __init__(self, lost: Mapping[str, str], reading: CellReading) -> None:
        self._lost, self._reading = lost, reading
        self.parts: list[Any] = []
        self.known: dict[str, int] = {}
        self._places = array("i")
        self.again = False

    def add(self, cells: Sequence[str]) -> None:
        """Go on with some rows."""
        if self.known:
            self.look_up(cells)
        elif not self.again:
            numbers = _numbers(cells, self._lost, self._reading)
            if numbers is not None:
                self.parts.append(numbers)
            elif self.parts:
                self.again = True
            else:
                self.look_up(cells)

    def look_up(self, cells: Iterable[str]) -> None:
        """Give every row its place among the distinct cells."""
        known = self.known
        self._places.extend([known.setdefault(cell.strip(), len(known)) for cell in cells])

    def column(self, name: str, where: Callable[[int], str]) -> ReadColumn:
        """Give what the column holds."""
        if not self.known:
            return ReadColumn(TableColumn(name, "numbers", np.concatenate(self.parts)))
        return column_of(name, [*self.known], np.frombuffer(self._places, np.int32), self._reading, where)


def _columns(path: Path, again: Rows, begin: TableHead, reading: CellReading) -> list[ReadColumn]:
    """Read columns one for one."""
    width, said = len(begin.names), "the header" if begin.said else "the first line"
    lost = LOST | dict.fromkeys(reading.missing, "nan")
    found = [CellsOfColumn(lost, reading) for _ in begin.names]
    at = array("q")
    for chunk in _batched(again(), max(1, CELLS // width)):
        if any(len(cells) != width for _, cells in chunk):
            for line, cells in chunk:
                if len(cells) != width and not (len(cells) == width + 1 and not cells[-1].strip()):
                    raise DataError(f"'{path}', line {line}: {len(cells)} values, where {said} has {width}")
        at.extend([line for line, _ in chunk])
        for i, column in enumerate(found):
            column.add([cells[i] for _, cells in chunk])
    if not at:
        raise DataError(f"'{path}' has a header and no data")
    late = [(i, column) for i, column in enumerate(found) if column.again]
    for chunk in _batched(again() if late else iter(()), max(1, CELLS // width)):
        for i, column in late:
            column.look_up([cells[i] for _, cells in chunk])
    return [
        column.column(name, partial(_place, path, at, name)) for name, column in zip(begin.names, found, strict=True)
    ]


def _place_in_file(path: Path, by: TableDialect, first: int, name: str, row: int) -> str:
    line, _ = next(islice(rows(path, file_lines(path, first), by, first), row, None))
    return _place(path, {row: line}, name, row)


def _place(path: Path, at: Mapping[int, int] | Sequence[int], name: str, row: int) -> str:
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


def _batched(given: Iterator[Any], count: int) -> Iterator[list[Any]]:
    while part := list(islice(given, count)):
        yield part
