"""A data set from a file of one's own, whatever its kind."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.data.arrays import read_npz
from graphgrad.learn.data.columns import CellReading
from graphgrad.learn.data.examples import indices
from graphgrad.learn.data.frames import READERS, read_frame
from graphgrad.learn.data.named import named
from graphgrad.learn.data.pictures import PictureFrame
from graphgrad.learn.data.tables import PLAIN, DataTable, read_csv
from graphgrad.learn.data.targets import LearningTask, Wanted, problem, target_values


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
    targets: tuple[str, ...] = ()  # the names of the columns that are learned


def read_table(path: str | os.PathLike[str], reading: CellReading = PLAIN) -> DataTable:
    """Read a table from a file: text, JSON, or, with pandas or polars, Excel, Parquet and their likes.

    Raises UsageError where there is no file, or no package that reads its kind.
    """
    place = Path(path)
    if str(path) != "-" and not place.is_file():
        raise UsageError(f"there is no file '{place}'")
    return read_frame(place, reading) if _kind(place) in READERS else read_csv(path, reading)


def read_task(path: str | os.PathLike[str], wanted: Wanted = Wanted(), reading: CellReading = PLAIN) -> LearningTask:  # noqa: B008
    """Read a table, and decide what is learned from it."""
    table = read_table(path, reading)
    for name in wanted.targets:
        if f"{name} (2)" in table.names:
            raise DataError(f"'{path}' has several columns '{name}'", hint="the one that is learned needs its own name")
    if len(table.columns) < 2:
        raise DataError(f"'{path}' has one column", hint="examples need one column at least, and the target another")
    return problem(table, wanted)


def read_dataset(path: str | os.PathLike[str], target: str | Iterable[str] | None = None) -> Dataset:
    """Read examples and targets: from .npz (X and y), or from a table, whose target is named or the last column.

    Words as targets become classes, in alphabetical order. Examples are an array where all columns are numbers, else a
    `DataTable`.
    """
    if _kind(Path(path)) == ".npz":
        return _arrays(Path(path))
    wanted = Wanted(() if target is None else (target,) if isinstance(target, str) else tuple(target))
    found = read_task(path, wanted)
    y = named(found.y, classes=found.classes) if found.classes else found.y
    plain = all(column.kind == "numbers" and not column.missing.any() for column in found.X.columns)
    columns = found.X.names if found.X.header else ()
    X = named(found.X.array(), columns=columns) if plain else found.X
    return Dataset(X, y, found.classes, columns=columns)


ENOUGH, HELD = 50, 0.2  # a table of so many rows holds a part of them out, where nothing else is said


def task_dataset(found: LearningTask, test: DataTable | None, part: float | None, seed: int) -> Dataset:
    """Give what is to be learned, with a table to be tested on, or a part of every class held out."""
    dataset = Dataset(found.X, found.y, found.classes, columns=found.X.names, targets=found.targets)
    if test is not None:
        return dataset._replace(test=tested(found, test))
    if part == 0 or (part is None and len(found.X) < ENOUGH):
        return dataset
    if part is not None and not 0 < part < 1:
        raise UsageError(f"validation is a part of the examples, between 0 and 1, not {part}")
    groups = found.y if found.classes else np.zeros(len(found.X))
    learn, held = split(groups, HELD if part is None else part, np.random.default_rng(seed))
    if not len(held) or not len(learn):
        return dataset
    return dataset._replace(X=found.X.take(learn), y=found.y[learn], test=(found.X.take(held), found.y[held]))


def tested(found: LearningTask, test: DataTable) -> tuple[DataTable, Any]:
    """Give another table's examples and targets, as those of a problem; DataError for a class that it does not know."""
    columns = [test[name] for name in found.targets]
    rows = ~np.logical_or.reduce([column.missing for column in columns])
    y = np.stack([target_values(column, found.classes, test.name) for column in columns], axis=1)[rows]
    return test.only(found.X.names).take(rows), y[:, 0] if len(columns) == 1 else y


def split(y: Any, held_out: float, generator: np.random.Generator) -> tuple[Any, Any]:
    """Give the indices of a part of each class to learn from and to hold out, each in order.

    >>> learn, held = split(np.array([0, 0, 1, 1]), 0.5, np.random.default_rng(0))
    >>> len(learn), len(held)
    (2, 2)
    """
    out: list[Any] = []
    for label in np.unique(y):
        members = generator.permutation(np.flatnonzero(y == label))
        out.append(members[: round(held_out * len(members))])
    held = np.zeros(len(y), bool)
    held[np.concatenate(out)] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def _kind(path: Path) -> str:
    return path.suffix.lower()


def _arrays(path: Path) -> Dataset:
    """Give the data set in a .npz file: X and y, with X_test and y_test where it has them."""
    if not path.is_file():
        raise UsageError(f"there is no file '{path}'")
    found = read_npz(path)
    if missing := [name for name in ("x", "y") if name not in found]:
        raise DataError(f"'{path}' holds no array '{missing[0]}'", hint=f"it holds {', '.join(found) or 'none'}")
    X, (y, classes) = found["x"], _classes(found["y"])
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
