"""Tables of others: pandas' and polars' frames, mappings of columns, and the files that these packages read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.data.columns import CellReading, TableColumn, column_of
from graphgrad.learn.data.examples import array, indices
from graphgrad.learn.data.named import Named
from graphgrad.learn.data.tables import PLAIN, DataTable
from graphgrad.learn.data.text import text

DAY = np.timedelta64(86_400_000_000, "us")


def is_table(X: Any) -> bool:
    """Whether something has columns with names."""
    if isinstance(X, np.ndarray):
        return isinstance(X, Named) and bool(X.columns)
    return isinstance(X, DataTable | Mapping) or (hasattr(X, "columns") and hasattr(X, "__getitem__"))


def table_of(X: Any, what: str = "X", reading: CellReading = PLAIN) -> DataTable:
    """Give a frame, a mapping of columns, or an array with names as a table.

    >>> table_of({"size": [1, 2], "kind": ["rose", None]}).columns[1]
    TableColumn(name='kind', kind='words', values=array([ 0, -1], dtype=int32), words=('rose',))
    """
    if isinstance(X, DataTable):
        return X
    if isinstance(X, Named):
        return DataTable(
            [TableColumn(name, "numbers", values) for name, values in zip(X.columns, X.T, strict=True)], name=what
        )
    names = list(X) if isinstance(X, Mapping) else list(X.columns)
    if len({*map(str, names)}) < len(names):
        raise DataError(f"{what} has several columns of one name", hint="every column needs its own")
    columns = [column(str(name), X[name], what, reading) for name in names]
    if len({len(c.values) for c in columns}) > 1:
        raise DataError(f"{what} has columns of several lengths")
    return DataTable(columns, name=what)


def column(name: str, given: Any, what: str = "y", reading: CellReading = PLAIN) -> TableColumn:
    """Give a series, or a list, as a column."""
    values = np.asarray(given.to_numpy() if hasattr(given, "to_numpy") else given)
    if values.ndim != 1:
        raise DataError(f"{what}: the column '{name}' has shape {values.shape}, not one value a row")
    if values.dtype.kind in "iuf":
        return TableColumn(name, "numbers", values.astype(np.float64))
    if values.dtype.kind == "b":
        return TableColumn(name, "truths", values.astype(np.float64))
    if values.dtype.kind in "Mm":
        since = values - np.datetime64(0, "D") if values.dtype.kind == "M" else values
        return TableColumn(name, "dates" if values.dtype.kind == "M" else "numbers", since / DAY)
    cells = ["" if _absent(value) else value for value in values.tolist()]
    if not any(isinstance(cell, str) and cell for cell in cells):
        with_gaps = [np.nan if isinstance(cell, str) else cell for cell in cells]
        if all(isinstance(cell, bool) for cell in cells if not isinstance(cell, str)):
            return TableColumn(name, "truths", np.array(with_gaps, np.float64))
        try:
            return TableColumn(name, "numbers", np.array(with_gaps, np.float64))
        except (TypeError, ValueError):
            cells = [str(cell) for cell in cells]
    words, places = np.unique([str(cell).strip() for cell in cells], return_inverse=True)
    return column_of(
        name, words.tolist(), places.reshape(-1), reading, lambda row: f"{what}, row {row}, column '{name}'"
    ).column


def target_of(y: Any, what: str = "y") -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """Give targets as an array, the names of their columns, and of their classes where indices have names already.

    >>> target_of([[0], [1]])[0].tolist(), target_of({"kind": ["rose", "lily"]})
    ([0, 1], (array(['rose', 'lily'], dtype='<U4'), ('kind',), ()))
    """
    if isinstance(y, Named):
        return np.asarray(y), (), y.classes
    if is_table(y):
        columns = table_of(y, what).columns
    elif hasattr(y, "to_numpy"):
        columns = (column(str(getattr(y, "name", None) or what), y, what),)
    else:
        found = array(y, what)
        return (
            (found[:, 0] if found.ndim == 2 and found.shape[1] == 1 and found.dtype.kind in "Uiub" else found),
            (),
            (),
        )
    for part in columns:
        if part.missing.any():
            row = int(np.flatnonzero(part.missing)[0])
            raise DataError(f"{what}, row {row}, column '{part.name}': a value is missing", hint="leave such rows out")
    names = tuple(part.name for part in columns)
    if len(columns) == 1:
        (part,) = columns
        values = part.texts if part.kind == "words" else part.values
        whole = part.kind == "numbers" and np.issubdtype(getattr(y, "dtype", np.dtype(float)), np.integer)
        return values.astype(bool) if part.kind == "truths" else values.astype(np.int64) if whole else values, names, ()
    if worded := [part.name for part in columns if part.kind == "words"]:
        raise DataError(f"{what} has the column '{worded[0]}' of words, and several targets are numbers")
    return np.stack([part.values for part in columns], axis=1), names, ()


def class_indices(y: Any, classes: tuple[str, ...], name: str) -> Any:
    """Class indices of words, and of numbers that name classes."""
    numbers = y.dtype.kind in "iu" and not all(word == str(i) for i, word in enumerate(classes))
    return indices(y.astype(str) if numbers and {*map(str, np.unique(y))} <= {*classes} else y, classes, name)


def _absent(value: Any) -> bool:
    """Whether a value is missing: None, or one that is not itself, as nan, pandas' NaT and its NA."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124
    except TypeError:
        return True


def like(given: Any, values: Any, names: Sequence[str]) -> Any:
    """Give predictions as the examples came: a series or a frame of pandas or polars, else an array."""
    package = type(given).__module__.partition(".")[0]
    if package not in {"pandas", "polars"}:
        return values
    import importlib

    frames = importlib.import_module(package)
    more = {"index": given.index} if package == "pandas" else {}
    if values.ndim == 1:
        return frames.Series(values, name=names[0], **more) if more else frames.Series(names[0], values)
    return frames.DataFrame(dict(zip(names, values.T, strict=True)), **more)


def _json(path: Path) -> Mapping[str, Any]:
    """The columns of JSON: a list of records, a record a line, or an object of columns."""
    try:
        found = text(path)
        try:
            said = json.loads(found)
        except ValueError:
            said = [json.loads(line) for line in found.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise DataError(f"'{path}' is no JSON: {error}") from None
    if isinstance(said, dict) and said and all(isinstance(part, list) for part in said.values()):
        return said
    records = said if isinstance(said, list) else [said]
    if not records or not all(isinstance(record, dict) for record in records):
        raise DataError(f"'{path}' holds no table", hint="a table is a list of records, or a record a line")
    return {name: [record.get(name) for record in records] for name in dict.fromkeys(k for r in records for k in r)}


def _by(pandas: str, polars: str) -> Callable[[Path], Any]:
    """A reader that either package has."""

    def read(path: Path) -> Any:
        import importlib

        for package, name in (("pandas", pandas), ("polars", polars)):
            if name and find_spec(package) is not None:
                try:
                    return getattr(importlib.import_module(package), name)(path)
                except ImportError as error:
                    raise UsageError(f"'{path}' needs a package more: {error}") from None
                except Exception as error:  # noqa: BLE001  (whatever such a package raises for a damaged file)
                    said = re.sub(r"\s+", " ", str(error))[:200]
                    raise DataError(f"'{path}' cannot be read by {package}: {said}") from None
        raise UsageError(f"'{path}' is read by pandas or polars", hint="pip install 'graphgrad[frames]'")

    return read


READERS: dict[str, Callable[[Path], Any]] = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), _json),
    **dict.fromkeys((".parquet", ".pq"), _by("read_parquet", "read_parquet")),
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods"), _by("read_excel", "read_excel")),
    **dict.fromkeys((".feather", ".arrow"), _by("read_feather", "read_ipc")),
    ".dta": _by("read_stata", ""),
    ".sas7bdat": _by("read_sas", ""),
    ".sav": _by("read_spss", ""),
}


def read_frame(path: Path, reading: CellReading = PLAIN) -> DataTable:
    """Read a table by the reader of its suffix."""
    return table_of(READERS[path.suffix.lower()](path), str(path), reading)
