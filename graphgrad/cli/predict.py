"""graphgrad predict: a saved model's answers for a file of examples."""

from __future__ import annotations

import json
from itertools import zip_longest
from pathlib import Path

import click

from graphgrad import UsageError
from graphgrad.api.client import check_kind, check_writable, csv, write_whole
from graphgrad.cli.answers import say_wrote
from graphgrad.cli.arguments import standard_output, verb
from graphgrad.cli.limits import in_time


@verb("predict model.safetensors data.csv --json")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL.safetensors")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA.csv|PICTURE|FOLDER")
@standard_output(seen="png")
@click.option("--scores", is_flag=True, help="Of a classifier, all scores.")
@click.option("--probabilities", is_flag=True, help="Of a classifier, all probabilities.")
@click.option("--leave-out", "left_out", multiple=True, metavar="NAME", help="A column that is no input.")
@click.option("--seen", type=click.Path(path_type=Path), metavar="FILE.png", help="Of pictures, what the model saw.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@in_time
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

    from graphgrad import load
    from graphgrad.api.models import pictures_in, read_pictures, read_rows, seen as shown

    if scores and probabilities:
        raise UsageError("ask for scores or for probabilities, not for both")
    if seen is not None:
        check_kind(seen, [".png"])
        check_writable(seen)
    trained = load(model)
    if str(data) != "-" and not data.exists():
        raise UsageError(f"there is no file '{data}'")
    pictures = pictures_in(data)
    if seen is not None and not pictures:
        raise UsageError("--seen is for pictures")
    X = read_pictures(trained, pictures) if pictures else read_rows(trained, data, left_out)
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
        write_whole(seen, shown(trained, X, [" ".join(answer) for answer in answers]))
        say_wrote(seen, err=True)
    for path, answer in zip_longest(pictures, answers):
        click.echo(",".join(map(csv, [str(path), *answer] if path else answer)))
