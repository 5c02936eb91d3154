"""Data from files: CSV, NumPy's .npz, IDX."""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, AnyStr, NamedTuple, cast

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.errors import DataError, UsageError, did_you_mean
from graphgrad.core.files import check_kind
from graphgrad.core.memory import allowed, bound, spelled
from graphgrad.learn.data.examples import indices
from graphgrad.learn.data.pictures import PictureFrame

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
# a zip of an unknown version is a NotImplementedError, one with a password its base, a RuntimeError
UNREADABLE = (
    *(ValueError, OSError, EOFError, KeyError, AttributeError, TypeError, SyntaxError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
_GZIP = b"\x1f\x8b"
EXPANDED = 8  # times its size, that a file's content takes while it is read
CHUNK = 1 << 20  # bytes, or characters
LONGEST = 10_000_000  # characters of a line of CSV


def read_idx(path: Path) -> Any:
    """Give the array in an IDX file, gzipped or not; DataError where the file is cut short or something else.

    Yann LeCun, *The MNIST database of handwritten digits*, "File formats".
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES:
        raise DataError(f"'{path}' is no IDX file", hint="it begins with two zero bytes, a type and a rank")
    dtype, rank = np.dtype(TYPES[content[2]]), content[3]
    start = 4 + 4 * rank
    if len(content) < start:
        raise DataError(f"'{path}' is cut short: its header says {rank} sizes and is not that long")
    sizes = [int(size) for size in np.frombuffer(content, ">u4", rank, 4)]
    said, found = math.prod(sizes) * dtype.itemsize, len(content) - start
    if said != found:
        where = (
            f"it ends in row {found // (said // sizes[0])}" if found < said and sizes and said else "something follows"
        )
        shape = "×".join(map(str, sizes))
        raise DataError(f"'{path}' says {shape} entries, {said} bytes, and holds {found}: {where}")
    array = np.frombuffer(content, dtype, offset=start).reshape(sizes)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        packed = stream.read(len(_GZIP)) == _GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as content:
            return bounded(path, cast("IO[bytes]", content))
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"'{path}' is no whole gzip file: {error}") from None


def bounded(path: Path, stream: IO[AnyStr]) -> AnyStr:
    """Read a stream to its end; DataError where it holds more than the bound of memory, packed or not."""
    most, parts, count = bound() / EXPANDED, [], 0
    while part := stream.read(CHUNK):
        parts.append(part)
        count += len(part)
        if count > most:
            raise DataError(f"'{path}' holds more than {spelled(most)}", hint=allowed(bound()))
    return part.join(parts)


def check_unpacked(path: Path) -> None:
    """Refuse a .npz file whose arrays would be larger than the bound of memory, by what it says itself."""
    with zipfile.ZipFile(path) as file:
        need = sum(part.file_size for part in file.infolist())
    if need > bound():
        raise DataError(f"'{path}' holds {spelled(need)}", hint=allowed(bound()))


@told(
    lambda data: f"{len(data.X)} examples of {data.X.shape[1:]}" + f", {len(data.classes)} classes" * bool(data.classes)
)
class Dataset(NamedTuple):
    """Examples and targets, one row an example; `test` is what training must not see."""

    X: Any
    y: Any  # class indices (N,), or numbers (N,) or (N, outputs)
    classes: tuple[str, ...] = ()  # the names behind class indices
    test: tuple[Any, Any] | None = None
    columns: tuple[str, ...] = ()  # the names of an example's numbers
    frame: PictureFrame | None = None  # of pictures, whose pixels the numbers are


@told(lambda table: f"{len(table.lines)} rows of {', '.join(table.names)}")
class CsvTable(NamedTuple):
    """A CSV file: columns by name (or number), numbers or words; `lines` says where in the file each row stands."""

    names: tuple[str, ...]
    columns: tuple[Any, ...]
    lines: Sequence[int]
    header: bool


def read_csv(path: str | os.PathLike[str]) -> CsvTable:
    """Read a CSV file, or standard input (-), separated by commas, semicolons or tabs, with or without a header line.

    A column is of numbers where every entry is one, else of words. Raises DataError, with line and column, for ragged
    lines, missing values and columns that mix the two.
    """
    place = Path(path)
    try:
        if str(path) == "-":
            text = bounded(place, sys.stdin)
        else:
            with place.open(encoding="utf-8-sig", newline=None) as stream:
                text = bounded(place, stream)
    except UnicodeDecodeError as error:
        raise DataError(f"'{place}' is no text: {error}") from None
    _check_lines(place, text)
    separator = max(",;\t", key=text.lstrip("\r\n").partition("\n")[0].count)
    if (table := _all_numbers(text, separator)) is not None:
        return table
    lines = [(n, line) for n, line in _lines(place, text, separator) if line]
    if not lines:
        raise DataError(f"'{place}' is empty")
    names, header = _names(lines[0][1])
    rows = lines[1:] if header else lines
    if not rows:
        raise DataError(f"'{place}' has a header and no data")
    at = [line for line, _ in rows]
    for line, cells in rows:
        if len(cells) != len(names):
            raise DataError(f"'{place}', line {line}: {len(cells)} values, where the first line has {len(names)}")
    return CsvTable(names, tuple(_column(place, name, i, rows) for i, name in enumerate(names)), at, header)


def read_dataset(path: str | os.PathLike[str], target: str | None = None) -> Dataset:
    """Read examples and targets: from .csv (the target is the last column, or the one named), from .npz (X and y).

    Words as targets become classes, in alphabetical order.
    """
    place = Path(path)
    if not place.is_file():
        raise UsageError(f"there is no file '{place}'")
    if place.suffix == ".npz":
        return _read_npz(place)
    check_kind(place, (".csv", ".tsv", ".txt", ".npz"))
    table = read_csv(place)
    if target is not None and target not in table.names:
        hint = did_you_mean(target, table.names) or f"it has {', '.join(table.names)}"
        raise DataError(f"'{place}' has no column '{target}'", hint=hint)
    if table.names.count(target) > 1:
        raise DataError(f"'{place}' has several columns '{target}'", hint="the one that is learned needs its own name")
    at = len(table.names) - 1 if target is None else table.names.index(target)
    if len(table.names) < 2:
        raise DataError(f"'{place}' has one column", hint="examples need one column at least, and the target another")
    others = [i for i in range(len(table.names)) if i != at]
    X, y = features(place, table, others), table.columns[at]
    columns = tuple(table.names[i] for i in others) if table.header else ()
    return Dataset(X, *_classes(y), columns=columns)


def _check_lines(path: Path, text: str) -> None:
    """Refuse a line that is no example's."""
    start, line = 0, 1
    while (end := text.find("\n", start)) >= 0 or start < len(text):
        if (len(text) if end < 0 else end) - start > LONGEST:
            raise DataError(f"'{path}', line {line}: more than {LONGEST} characters", hint="an example is a line")
        if end < 0:
            return
        start, line = end + 1, line + 1


def features(path: Path, table: CsvTable, columns: Sequence[int]) -> Any:
    """Give columns of numbers as one array, a row an example."""
    for i in columns:
        if table.columns[i].dtype.kind == "U":
            row, word = next((k, cell) for k, cell in enumerate(table.columns[i]) if not _is_number(cell))
            raise DataError(
                f"'{path}', line {table.lines[row]}, column '{table.names[i]}': '{word}' is no number",
                hint="decimals have a point" if _is_number(word.replace(",", ".")) else "words can only be targets",
            )
    return np.stack([table.columns[i] for i in columns], axis=1)


def _lines(path: Path, text: str, separator: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise DataError(f"'{path}', line {reader.line_num}: {error}") from None


def _names(cells: list[str]) -> tuple[tuple[str, ...], bool]:
    """Give the names of columns, by the first line, or by number where it is none of names; and which it is."""
    header = not any(map(_is_number, cells))
    return tuple(cell.strip() for cell in cells) if header else tuple(map(str, range(len(cells)))), header


def _all_numbers(text: str, separator: str) -> CsvTable | None:
    """The whole table at once, where it is one of finite numbers; None where a closer look is needed."""
    text = text.lstrip("\r\n")
    first = text.partition("\n")[0]
    try:
        names, header = _names(next(csv.reader([first], delimiter=separator), []))
        rows = text[len(first) :] if header else text
        numbers = np.loadtxt(io.StringIO(rows), delimiter=separator, ndmin=2, comments=None) if rows.strip() else None
    except (ValueError, csv.Error):
        return None
    if numbers is None or not np.isfinite(numbers).all() or numbers.shape[1] != len(names):
        return None
    return CsvTable(names, tuple(numbers.T), range(1 + header, 1 + header + len(numbers)), header)


def _column(path: Path, name: str, i: int, rows: list[tuple[int, list[str]]]) -> Any:
    cells = [cells[i].strip() for _, cells in rows]
    numeric = [_is_number(cell) for cell in cells]
    words = [k for k, number in enumerate(numeric) if not number and not _missing(cells[k])]
    for k, cell in enumerate(cells):
        if _missing(cell):
            raise DataError(f"'{path}', line {rows[k][0]}, column '{name}': a value is missing")
        if words and len(words) <= len(cells) // 2 and not numeric[k]:
            raise DataError(f"'{path}', line {rows[k][0]}, column '{name}': '{cell}' is no number")
    if words:
        return np.array(cells)
    return np.array([float(cell) for cell in cells])


def _missing(cell: str) -> bool:
    return cell.lower() in {"", "nan", "na", "null", "none", "?"}


def _is_number(cell: str) -> bool:
    try:
        return abs(float(cell)) < np.inf
    except ValueError:
        return False


def _read_npz(path: Path) -> Dataset:
    try:
        check_unpacked(path)
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            found = {name.lower().removesuffix("_train"): arrays[name] for name in arrays.files}
    except UNREADABLE as error:
        raise DataError(f"'{path}' is no .npz file that can be read: {error}") from None
    if missing := [name for name in ("x", "y") if name not in found]:
        raise DataError(f"'{path}' holds no array '{missing[0]}'", hint=f"it holds {', '.join(found) or 'none'}")
    X, y, classes = found["x"], *_classes(found["y"])
    if not len(X):
        raise DataError(f"'{path}' has no examples")
    if not {"x_test", "y_test"} <= found.keys():
        return Dataset(X, y, classes)
    return Dataset(X, y, classes, (found["x_test"], indices(found["y_test"], classes, "y_test")))


def _classes(y: Any) -> tuple[Any, tuple[str, ...]]:
    """Give targets, words as the indices of classes in alphabetical order, and what these are called."""
    if y.dtype.kind != "U" or y.ndim != 1:
        return y, ()
    classes, labels = np.unique(y, return_inverse=True)
    return labels, tuple(map(str, classes))


def read_pair(images: Path, labels: Path) -> tuple[Any, Any]:
    """Read IDX files of examples and of their labels."""
    X, y = read_idx(images), read_idx(labels)
    if len(X) != len(y) or y.ndim != 1:
        raise DataError(f"'{images}' has {len(X)} examples, and '{labels}' labels of shape {y.shape}")
    return X, y
