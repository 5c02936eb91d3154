"""What is learned from a table: which columns, of which kind of task, from which others; by rules that are stated here.

The target is the last column that can be learned, unless one is named. Words and truths are classes, and so are whole
numbers of two values, or of 0, 1, ... that recur; other numbers, and several targets, are a regression.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, UsageError, did_you_mean
from graphgrad.learn.data.columns import TableColumn
from graphgrad.learn.data.tables import DataTable

TASKS = ("regression", "classes")
CLASSES = 100  # more are no classes, unless that is said
FEW, MANY = 5, 20  # words that any column may have, as classes and otherwise
SHARE = 2.0  # rows that a class has at least, on average
INDICES = 10  # classes that numbers 0, 1, ... stand for at most, with so many rows each
ROW_NAMES = frozenset(
    {"id", "index", "row", "rownames", "row_names", "row.names", "rowid", "unnamed: 0", "no", "nr", "obs"}
)
COUNTS = "counts the rows"
LISTED = 12  # columns, or classes, that a line names


class Wanted(NamedTuple):
    """What a user says about columns: those that are learned, those to learn from, those to leave out, and the task."""

    targets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    task: str | None = None


class LearningTask(NamedTuple):
    """Examples as a table, targets as an array (N,) or (N, outputs), and what was decided on the way."""

    X: DataTable
    y: Any  # class indices, or numbers
    task: str  # of `TASKS`
    targets: tuple[str, ...]  # the names
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def described(self) -> str:
        """Say in a line what is learned from what."""
        what = ", ".join(map(repr, self.targets))
        if self.classes:
            kind = "two classes" if len(self.classes) == 2 else f"{len(self.classes)} classes"
            task = f"{kind} ({listed(self.classes)})"
        else:
            task = "a regression" if len(self.targets) == 1 else f"a regression of {len(self.targets)} targets"
        rows, columns = len(self.X), len(self.X.columns)
        return f"{rows} rows: {what} is {task}, from {columns} column{'s' * (columns != 1)} ({listed(self.X.names)})"


def problem(table: DataTable, wanted: Wanted = Wanted()) -> LearningTask:  # noqa: B008  (a tuple)
    """Decide what is learned; DataError where a column is not there, or nothing can be learned from the table.

    >>> numbers = TableColumn("size", "numbers", np.array([1.0, 3.0, 5.0, 2.0]))
    >>> kinds = TableColumn("kind", "words", np.array([0, 1, 1, 0]), ("rose", "tulip"))
    >>> problem(DataTable([numbers, kinds])).described()
    "4 rows: 'kind' is two classes (rose, tulip), from 1 column (size)"
    """
    if wanted.task not in {None, *TASKS}:
        hint = did_you_mean(str(wanted.task), TASKS) or f"there are {', '.join(TASKS)}"
        raise UsageError(f"there is no task '{wanted.task}'", hint=hint)
    for name in (*wanted.targets, *wanted.columns, *wanted.left_out):
        table[name]  # or an error
    if both := {*wanted.targets} & {*wanted.columns, *wanted.left_out}:
        raise UsageError(f"'{min(both)}' is learned, and is no column to learn from or to leave out")
    names = [name for name in table.names if name not in wanted.left_out]
    notes = [*table.notes]
    why = {name: reason for name in names if (reason := useless(table[name])) and name not in wanted.columns}
    targets = wanted.targets or (_last(table, names, wanted, notes),)
    rows = ~np.logical_or.reduce([table[name].missing for name in targets])
    if not rows.all():
        notes.append(f"{np.count_nonzero(~rows)} rows without {', '.join(targets)} are left out")
        table = table.take(rows)
    y, classes = _learned([table[name] for name in targets], wanted.task)
    inputs = [name for name in wanted.columns or names if name not in targets and name not in why]
    inputs = [name for name in inputs if useless(table[name]) is None or name in wanted.columns]
    if not inputs and (counts := [name for name in names if why.get(name) == COUNTS and name not in targets]):
        notes.append("nothing but the count of the rows is there to learn from")
        inputs = counts[-1:]
        del why[inputs[0]]
    if left := [f"'{name}' {reason}" for name, reason in why.items() if name not in targets]:
        notes.append(f"left out: {listed(left)}")
    if not inputs:
        said = f" ({listed(left)})" if left else ""
        raise DataError(
            f"'{table.name}' has no column to learn '{targets[0]}' from{said}",
            hint="examples need one column at least, and the target another",
        )
    return LearningTask(
        table.only(inputs), y, "classes" if classes else "regression", tuple(targets), classes, tuple(notes)
    )


def useless(column: TableColumn) -> str | None:
    """Say why nothing is learned from a column, and nothing else; None where something may be.

    >>> useless(TableColumn("a", "numbers", np.arange(1.0, 9.0)))
    'counts the rows'
    """
    known = column.values[~column.missing]
    distinct = np.unique(known)
    whole = column.kind == "numbers" and bool((known == np.floor(known)).all())
    each = len(distinct) == len(known) >= FEW
    reasons = {
        "is empty": not len(known),
        "is the same in all rows": len(distinct) == 1 and len(known) == len(column.values),
        COUNTS: whole and len(known) >= FEW and known[0] in {0, 1} and bool((np.diff(known) == 1).all()),
        "has another value in every row": each and (column.kind == "words" or (whole and _names_rows(column.name))),
        "has other words in most rows": column.kind == "words" and len(distinct) > max(MANY, len(known) / 2),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _names_rows(name: str) -> bool:
    return name.lower() in ROW_NAMES or name.lower().endswith(("_id", " id", ".id")) or name.endswith("ID")


def _last(table: DataTable, names: Sequence[str], wanted: Wanted, notes: list[str]) -> str:
    """The last column that can be learned, and a note where it is not the last one."""
    free = [name for name in names if name not in wanted.columns]
    if not free:
        raise UsageError(
            "every column is one to learn from, or left out", hint="name the one that is learned: --target"
        )
    others = {name: unfit(table[name], wanted.task) for name in free}
    if wanted.task == "classes" and table[free[-1]].kind == "words":
        return free[-1]
    found = next((name for name in reversed(free) if others[name] is None), free[-1])
    if found != free[-1]:
        notes.append(f"'{free[-1]}' is not learned: it {others[free[-1]]}; another target is named by --target")
    return found


SAME = "is the same in all rows"


def unfit(column: TableColumn, task: str | None = None) -> str | None:
    """Say why a column is no target, unless that is said; None where it is one."""
    if column.kind == "dates":
        return "holds dates"
    known = column.values[~column.missing]
    if column.kind != "words" or len(known) == 0:
        return useless(column)
    count = len(np.unique(known))
    if count == 1:
        return SAME
    many = count > min(CLASSES, max(FEW, len(known) / SHARE)) and task != "classes"
    return f"has {count} different words in {len(known)} rows" if many else None


def _learned(columns: Sequence[TableColumn], task: str | None) -> tuple[Any, tuple[str, ...]]:
    """Give targets: class indices and their names, or numbers; DataError for a task that they do not suit."""
    if len(columns) > 1 or (task == "regression" and columns[0].kind != "words"):
        for column in columns:
            if column.kind == "words":
                raise DataError(f"'{column.name}' holds words, and several targets are numbers", hint="learn it alone")
        values = [column.values for column in columns]
        return values[0] if len(values) == 1 else np.stack(values, axis=1), ()
    (column,) = columns
    if task == "regression":
        raise DataError(f"'{column.name}' holds words, which no regression learns", hint="they are learned as classes")
    if task is None and column.kind == "words" and (reason := unfit(column)) not in {None, SAME}:
        hint = "they are learned by --task classes; else name another column by --target"
        raise DataError(f"'{column.name}' {reason}, too many for classes", hint=hint)
    found, places = np.unique(column.values, return_inverse=True)
    if column.kind in {"numbers", "dates"} and task is None and not _indices(found, len(column.values)):
        return column.values, ()
    classes = tuple(_class_name(column, value) for value in found)
    if len(classes) < 2:
        if not classes:
            raise DataError(f"'{column.name}' has no value in any row, and there is nothing to learn")
        raise DataError(f"'{column.name}' has one class, '{classes[0]}', and there is nothing to tell it from")
    return places.reshape(-1).astype(np.int64), classes


def _class_name(column: TableColumn, value: float) -> str:
    """What a class is called that a value stands for."""
    match column.kind:
        case "words":
            return column.words[int(value)]
        case "truths":
            return ("no", "yes")[int(value)]
    return f"{value:.15g}"


def target_values(column: TableColumn, classes: tuple[str, ...], what: str) -> Any:
    """Give another table's targets: numbers, or indices of these classes, -1 where a value is missing.

    DataError for a class that is not among them, and for words where numbers are learned.
    """
    if not classes:
        if column.kind == "words":
            raise DataError(f"column '{column.name}' of '{what}' holds words, where numbers are learned")
        return column.values
    known = np.unique(column.values[~column.missing])
    names = partial(_class_name, column)
    at = {name: i for i, name in enumerate(classes)}
    if new := [name for value in known if (name := names(value)) not in at]:
        raise DataError(
            f"column '{column.name}' of '{what}' holds '{new[0]}', which is no class",
            hint=f"there are {listed(classes)}",
        )
    places = np.array([*(at[names(value)] for value in known), -1])
    return places[np.where(column.missing, -1, np.searchsorted(known, np.nan_to_num(column.values)))]


def _indices(found: Any, rows: int) -> bool:
    """Whether numbers are names of classes: whole ones, of two values, or 0, 1, ... that recur."""
    whole = bool((found == np.floor(found)).all())
    two = len(found) == 2 and rows >= 2 * len(found)
    return whole and (
        two or (len(found) <= INDICES and (found == np.arange(len(found))).all() and rows >= INDICES * len(found))
    )


def listed(words: Iterable[str]) -> str:
    """Write the first of some words, and how many more there are."""
    words = list(words)
    return ", ".join(words[:LISTED]) + (f", and {len(words) - LISTED} more" if len(words) > LISTED else "")
