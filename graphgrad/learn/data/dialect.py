"""How a table is written in a text: what separates and quotes its cells, its comments, and whether it has a header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

from graphgrad.core.errors import DataError
from graphgrad.learn.data.cells import CODES, MISSING, number

SEPARATORS = "\t;|,"  # whichever divides all lines alike, tried in this order: cells hold the last the oftenest
BLANKS = " "
SAMPLE = 200  # lines that stand for all
YEARS = 8  # numbers that count in a row, above others that do not, are names
NUMBERED = re.compile(r"\d{1,4}")  # a name that is a number: of a column, or a year


class TableDialect(NamedTuple):
    """What stands between cells, around them, and at the beginning of a line that is none."""

    separator: str
    quote: str = '"'
    comment: str = ""


class TableHead(NamedTuple):
    """The names of columns, whether a line says them, and the line of the first row, counted from 1."""

    names: tuple[str, ...]
    said: bool
    first: int


def lines(text: str, first: int = 1) -> Iterator[str]:
    """Give the lines of a text from a number on, ends included, without a copy of it all."""
    start = 0
    for _ in range(first - 1):
        start = text.index("\n", start) + 1
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def file_lines(path: Path, first: int = 1) -> Iterator[str]:
    """Give the lines of a file of UTF-8 from a number on, without a text of it all."""
    with path.open(encoding="utf-8") as stream:
        yield from islice(stream, first - 1, None)


def rows(path: Path, given: Iterator[str], dialect: TableDialect, first: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Give the cells of every line that is neither blank nor a comment, and its number; DataError for torn quotes.

    The lines are given from the number `first` on.
    """
    reader = csv.reader(
        _bare(given, dialect),
        delimiter=dialect.separator,
        quotechar=dialect.quote,
        skipinitialspace=True,
        strict=True,
    )
    try:
        for cells in reader:
            if cells:
                yield reader.line_num + first - 1, cells
    except csv.Error as error:
        raise DataError(f"'{path}', line {reader.line_num + first - 1}: {error}") from None


def _bare(given: Iterator[str], dialect: TableDialect) -> Iterator[str]:
    """Lines without comments, and without blanks at their ends where blanks separate."""
    for line in given:
        if dialect.comment and line.startswith(dialect.comment):
            yield "\n"
        elif dialect.separator == BLANKS:
            yield line.strip().replace("\t", BLANKS) + "\n"
        else:
            yield line if not line.isspace() or "\t" in line else "\n"


def dialect(path: Path, text: str) -> TableDialect:
    r"""Tell a dialect by the first lines; DataError where a file is empty.

    >>> dialect(Path("a.csv"), "a;b\n1,5;2\n")
    TableDialect(separator=';', quote='"', comment='')
    >>> dialect(Path("a.dat"), "# measured\n 1   2\n 3  44\n")
    TableDialect(separator=' ', quote='"', comment='#')
    """
    sample = [line for line in islice(lines(text), SAMPLE) if not line.isspace()]
    comment = "#" if any(line.startswith("#") for line in sample[:1]) else ""
    sample = [line for line in sample if not comment or not line.startswith(comment)]
    if not sample:
        raise DataError(f"'{path}' is empty")
    quote = "'" if re.match(r"\s*'[^']*'\s*([\t;|, ]\s*'|\n)", sample[0]) else '"'
    found = {}
    for separator in (*SEPARATORS, BLANKS):
        if (share := _share(sample, TableDialect(separator, quote))) == 1:
            return TableDialect(separator, quote, comment)
        found[separator] = share
    found[","] += 1e-9  # of those that fit nothing
    return TableDialect(max((s for s in found if s != BLANKS), key=found.__getitem__), quote, comment)


def _share(sample: list[str], tried: TableDialect) -> float:
    """The part of lines that a separator divides into as many cells as most, where these are several."""
    try:
        counts = [len(cells) for _, cells in rows(Path(), iter(sample), tried)]
    except DataError:
        return 0.0
    count, times = Counter(counts).most_common(1)[0]
    if count < 2:
        return 0.0
    unnamed = len(counts) > 1 and counts[0] == count - 1  # R leaves out the name of the rows' names
    return (times + unnamed) / len(counts)


def head(path: Path, text: str, by: TableDialect) -> TableHead:
    """Tell a header from data, by what its columns hold below it; DataError where nothing does."""
    sample = list(islice(rows(path, lines(text), by), SAMPLE))
    if not sample:
        raise DataError(f"'{path}' is empty")
    (line, first), rest = sample[0], [cells for _, cells in sample[1:]]
    first = [cell.strip() for cell in first]
    if rest and all(len(cells) == len(first) + 1 for cells in rest) and not all(map(_value, first)):
        return TableHead(_distinct(["", *first]), said=True, first=line + 1)
    if is_header(first, rest):
        if not rest:
            raise DataError(f"'{path}' has a header and no data")
        return TableHead(_distinct(first), said=True, first=line + 1)
    return TableHead(tuple(map(str, range(len(first)))), said=False, first=1)


def is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether a line is of names, not of data.

    A word above numbers is a name. Above words it is one where they recur and it does not. Numbers above numbers are
    names where they count, and a word says that the line is of names, or that many count. A value above words is none.

    >>> is_header(["0", "1", "kind"], [["1.5", "2", "rose"], ["3", "4", "rose"], ["5", "6", "rose"]])
    True
    >>> is_header(["1.5", "2", "tulip"], [["3", "4", "rose"], ["5", "6", "rose"]])
    False
    """
    numbers = [
        cell for i, cell in enumerate(first) if number(cell) is not None or (_dated(cell) and not _above(rest, i))
    ]
    counted = all(NUMBERED.fullmatch(cell) for cell in numbers) and len({*numbers}) == len(numbers)
    if numbers and not (counted and _counting([int(cell) for cell in numbers])):
        return False
    if not any(cell for cell in first if cell not in numbers):
        return False
    counting = len(numbers) >= YEARS and not any(_counts(row, first, numbers) for row in rest)
    named, worded = counting and bool(rest), []
    for i, cell in enumerate(first):
        below = [kept for row in rest if i < len(row) and (kept := row[i].strip()).lower() not in MISSING]
        if cell in numbers or not cell or not below:
            continue
        if sum(map(_value, below)) / len(below) > 0.5:
            named |= cell.lower() not in MISSING | CODES
        else:
            worded.append(cell not in below and (len({*below}) <= len(below) / 2 or not numbers))
    return named or (bool(worded) and all(worded)) or (not rest and not numbers)


def _value(cell: str) -> bool:
    """Whether a cell holds a number or a date, which are no names."""
    return number(cell) is not None or _dated(cell)


def _dated(cell: str) -> bool:
    """Whether a cell may hold a date, or a range of numbers."""
    return bool(re.fullmatch(r"\d{1,4}[-/.:]\d{1,2}([-/.: ].*)?", cell))


def _above(rest: Sequence[Sequence[str]], i: int) -> bool:
    """Whether a column's cells are numbers, and no dates."""
    cells = [kept for row in rest if i < len(row) and (kept := row[i].strip()).lower() not in MISSING]
    return bool(cells) and all(number(cell) is not None for cell in cells)


def _counts(row: Sequence[str], first: Sequence[str], numbers: Sequence[str]) -> bool:
    """Whether a row counts, too, where the first one does."""
    cells = [cell.strip() for cell, above in zip(row, first, strict=False) if above in numbers]
    return all(NUMBERED.fullmatch(cell) for cell in cells) and _counting(list(map(int, cells)))


def _counting(numbers: list[int]) -> bool:
    return all(b - a == 1 for a, b in pairwise(numbers))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Give every column a name of its own: by its place where it has none, with a number where it is another's."""
    said, times, found = [name or f"column {i + 1}" for i, name in enumerate(names)], Counter[str](), []
    for name in said:
        times[name] += 1
        found.append(f"{name} ({times[name]})" if times[name] > 1 else name)
    return tuple(found)
