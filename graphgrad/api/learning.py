"""What is learned from tables: what a file holds, what is decided about it, and what a model of it is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphgrad.core.display import told
from graphgrad.core.errors import DataError, UsageError
from graphgrad.learn.training.parameters import PARAMETERS as PARAMETERS  # noqa: PLC0414  (to be had from here)

if TYPE_CHECKING:
    from graphgrad.learn.data.files import Dataset
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.models.score import Scores
    from graphgrad.learn.training.loop import Interrupted


@told(lambda found: found.said)
class ToLearn(NamedTuple):
    """What is to be learned, a part of it held out, what was decided, in a line, and what was noticed."""

    dataset: Dataset
    said: str
    notes: tuple[str, ...]


def read_table_to_learn(  # noqa: PLR0913  (what a user may say about a table)
    path: Path,
    /,
    *,
    targets: Sequence[str] = (),
    columns: Sequence[str] = (),
    left_out: Sequence[str] = (),
    task: str | None = None,
    missing: Sequence[str] = (),
    decimal: str | None = None,
    test: Path | None = None,
    validation: float | None = None,
    seed: int = 0,
) -> ToLearn:
    """Read a table and decide what is learned from it, by the rules of `learn/data/targets.py`.

    A part of every class is held out, a fifth where nothing else is said and there are fifty rows, or `test` is another
    file. Raises DataError and UsageError for what cannot be read or learned. Source: the file.
    """
    from graphgrad.compiler.backend import TARGETS
    from graphgrad.learn.data.columns import CellReading
    from graphgrad.learn.data.files import read_table, read_task, task_dataset
    from graphgrad.learn.data.targets import Wanted

    reading = CellReading(tuple(missing), decimal)
    try:
        found = read_task(path, Wanted(tuple(targets), tuple(columns), tuple(left_out), task), reading)
    except DataError as error:
        if "has no column" in error.message and (named := {*targets} & {*TARGETS}):
            raise UsageError(error.message, hint=f"the step is compiled to {min(named)} by --backend") from None
        raise
    held = read_table(test, reading) if test is not None else None
    return ToLearn(task_dataset(found, held, validation, seed), f"{path.name}: {found.described()}", found.notes)


def interrupted() -> type[Interrupted]:
    """Give what is raised where a run is stopped: a KeyboardInterrupt with `model` and `history`. Source: the loop.

    Raises nothing.

    >>> issubclass(interrupted(), KeyboardInterrupt)
    True
    """
    from graphgrad.learn.training.loop import Interrupted

    return Interrupted


def is_table(X: Any, /) -> bool:
    """Whether examples are a table, whose columns become numbers before a network takes them.

    >>> is_table([[1.0]])
    False
    """
    from graphgrad.learn.data.tables import DataTable

    return isinstance(X, DataTable)


def numbers_of(X: Any, /) -> Any:
    """Give examples as the numbers (N, width) that a network takes, before they are standardized; arrays as they are.

    Raises nothing. Source: `learn/data/encoding.py`.

    >>> numbers_of([[1.0]])
    [[1.0]]
    """
    from graphgrad.learn.data.encoding import encode, source

    return encode(X, [source(column) for column in X.columns])[0] if is_table(X) else X


@told(lambda found: f"{found.scores.metrics[0].name} {found.scores.metrics[0].value:.4f} {found.where}")
class Judged(NamedTuple):
    """How good a model is, and on what."""

    scores: Scores
    where: str


def judged(model: Model, dataset: Dataset, train: Callable[[Any, Any], Model], /) -> Judged | None:
    """Score a model: on what was held out, or, of few rows, by cross-validation; None where it knows no naive answer.

    `train` gives a model of numbers (N, width) and their targets. Raises what it raises. Source: the metrics' own.
    """
    from graphgrad.learn.data.encoding import encode
    from graphgrad.learn.data.files import ENOUGH
    from graphgrad.learn.models.score import cross_score, score

    if model.preparation is None or not model.preparation.usual:
        return None
    if dataset.test is not None:
        return Judged(score(model, *dataset.test), f"on {len(dataset.test[1])} held-out examples")
    if len(dataset.X) >= ENOUGH:
        return Judged(score(model, dataset.X, dataset.y), f"on {len(dataset.X)} examples, which it was trained on")
    X = encode(dataset.X, model.preparation.sources)[0] if is_table(dataset.X) else dataset.X
    return Judged(cross_score(train, X, dataset.y), f"on {len(X)} examples, by cross-validation")


def evaluate(
    model: Model,
    path: Path,
    /,
    *,
    target: str | None = None,
    missing: Sequence[str] = (),
    decimal: str | None = None,
) -> Scores:
    """Score a model on a file: a table with the columns that it takes and those that it learned, or X and y of .npz.

    Raises DataError where columns are missing, or hold other classes. Source: the metrics' own.
    """
    import numpy as np

    from graphgrad.learn.data.columns import CellReading
    from graphgrad.learn.data.files import read_dataset, read_table
    from graphgrad.learn.data.targets import target_values
    from graphgrad.learn.models.score import score

    if path.suffix == ".npz":
        data = read_dataset(path)
        return score(model, data.X, data.y)
    table = read_table(path, CellReading(tuple(missing), decimal))
    names = (target,) if target is not None else (model.preparation.targets if model.preparation else ())
    if not names:
        raise UsageError("the model does not know what its target is called", hint="name its column by --target")
    columns = [table[name] for name in names]
    known = ~np.logical_or.reduce([column.missing for column in columns])
    if not known.any():
        raise DataError(f"'{path}' has no row with a value of '{names[0]}'")
    y = np.stack([target_values(column, model.classes, str(path)) for column in columns], axis=1)[known]
    kept = [name for name in table.names if name not in names]
    X: Any = table.only(kept).take(known)
    if model.preparation is None or not model.preparation.sources:
        X = X.only(model.columns or X.names).array().reshape(-1, *model.net.sizes[0])
    return score(model, X, y[:, 0] if len(names) == 1 else y)
