"""graphgrad predict: a saved model's answers for a file of examples."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphgrad.cli.answers import say_wrote
from graphgrad.cli.arguments import verb
from graphgrad.core.errors import DataError, UsageError, did_you_mean
from graphgrad.core.files import check_kind, check_writable, write_whole
from graphgrad.core.quoting import csv

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model


@verb("predict model.safetensors data.csv --json")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL.safetensors")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA.csv|PICTURE|FOLDER")
@click.option("--scores", is_flag=True, help="Of a classifier, all scores.")
@click.option("--probabilities", is_flag=True, help="Of a classifier, all probabilities.")
@click.option("--leave-out", "left_out", multiple=True, metavar="NAME", help="A column that is no input.")
@click.option("--seen", type=click.Path(path_type=Path), metavar="FILE.png", help="Of pictures, what the model saw.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def command(
    model: Path,
    data: Path,
    scores: bool,
    probabilities: bool,
    left_out: tuple[str, ...],
    seen: Path | None,
    as_json: bool,
) -> None:
    """Predict the outputs, or the classes, for the rows of a CSV file (- for standard input), with or without a header.

    As JSON, predicted classes are indices into "classes", the words that the model was trained on, where there are any.

    Columns that have the names that the model was trained on are found by them, in any order, beside others.
    """
    import numpy as np

    from graphgrad.learn.data.pictures import KINDS, picture_files, sheet
    from graphgrad.learn.models.model import load

    if scores and probabilities:
        raise UsageError("ask for scores or for probabilities, not for both")
    if seen is not None:
        check_kind(seen, [".png"])
        check_writable(seen)
    trained = load(model)
    if str(data) != "-" and not data.exists():
        raise UsageError(f"there is no file '{data}'")
    pictures = picture_files(data) if data.is_dir() or data.suffix.lower() in KINDS else []
    if seen is not None and not pictures:
        raise UsageError("--seen is for pictures")
    X = pixels(trained, pictures) if pictures else rows(trained, data, left_out)
    give = trained.scores if scores else trained.probabilities if probabilities else trained.predict
    found = np.asarray(give(X)).reshape(len(X), -1)
    if as_json:
        named = {"classes": list(trained.classes)} if trained.classes else {}
        click.echo(json.dumps({"predictions": found.tolist(), **named}))
        return
    if trained.classes and give == trained.predict:
        found = np.array(trained.classes)[found.astype(int)]
    answers = [[str(cell) for cell in row] for row in found.tolist()]
    if seen is not None and trained.frame is not None:
        write_whole(seen, sheet(X, [" ".join(answer) for answer in answers], trained.frame))
        say_wrote(seen, err=True)
    for path, answer in zip_longest(pictures, answers):
        click.echo(",".join(map(csv, [str(path), *answer] if path else answer)))


def pixels(trained: Model, pictures: Sequence[Path]) -> Any:
    """Give pictures as examples, prepared as those that the model was trained on."""
    import numpy as np

    from graphgrad.learn.data.pictures import read_picture

    if trained.frame is None:
        raise UsageError("the model was not trained on pictures", hint="it takes a CSV file, a row an example")
    return np.stack([read_picture(path, trained.frame) for path in pictures]).reshape(-1, *trained.net.sizes[0])


def rows(trained: Model, data: Path, left_out: tuple[str, ...]) -> Any:
    """Give the examples in a CSV file; columns are found by the names that the model was trained on."""
    from graphgrad.learn.data.tables import features, read_csv

    table = read_csv(data)
    for name in left_out:
        if name not in table.names:
            raise UsageError(f"'{data}' has no column '{name}'", hint=did_you_mean(name, table.names))
    kept = [i for i, name in enumerate(table.names) if name not in left_out]
    if trained.columns and set(trained.columns) <= set(table.names):  # by their names, whatever stands beside them
        kept = [table.names.index(name) for name in trained.columns]
    inner = trained.net.sizes[0]
    wanted = prod(int(size) for size in inner)
    if len(kept) != wanted:
        hint = "leave one out by --leave-out NAME" if len(kept) > wanted else ""
        raise DataError(f"'{data}' has {len(kept)} columns, the model takes {wanted}", hint=hint)
    found: Any = features(data, table, kept).reshape(-1, *inner)
    return found
