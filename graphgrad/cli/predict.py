"""graphgrad predict: a saved model's answers for a file of examples."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import click

from graphgrad.cli.arguments import verb
from graphgrad.core.errors import DataError, UsageError, did_you_mean
from graphgrad.core.quoting import csv


@verb("predict model.safetensors data.csv --json")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL.safetensors")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA.csv")
@click.option("--scores", is_flag=True, help="Of a classifier, all scores.")
@click.option("--probabilities", is_flag=True, help="Of a classifier, all probabilities.")
@click.option("--leave-out", "left_out", multiple=True, metavar="NAME", help="A column that is no input.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def command(
    model: Path, data: Path, scores: bool, probabilities: bool, left_out: tuple[str, ...], as_json: bool
) -> None:
    """Predict the outputs, or the classes, for the rows of a CSV file (- for standard input), with or without a header.

    As JSON, predicted classes are indices into "classes", the words that the model was trained on, where there are any.

    Columns that have the names that the model was trained on are found by them, in any order, beside others.
    """
    import numpy as np

    from graphgrad.learn.data.tables import features, read_csv
    from graphgrad.learn.models.model import load

    if scores and probabilities:
        raise UsageError("ask for scores or for probabilities, not for both")
    trained = load(model)
    if str(data) != "-" and (data.is_dir() or not data.exists()):
        raise UsageError(f"there is no file '{data}'")
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
    X = features(data, table, kept).reshape(-1, *inner)
    give = trained.scores if scores else trained.probabilities if probabilities else trained.predict
    found = np.asarray(give(X)).reshape(len(X), -1)
    if as_json:
        named = {"classes": list(trained.classes)} if trained.classes else {}
        click.echo(json.dumps({"predictions": found.tolist(), **named}))
        return
    if trained.classes and give == trained.predict:
        found = np.array(trained.classes)[found.astype(int)]
    for row in found.tolist():
        click.echo(",".join(csv(str(cell)) for cell in row))
