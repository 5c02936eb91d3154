"""Train on every CSV file in some folders by its name alone, and score the models on rows that training never saw.

A command of its own, since it takes minutes: `python tests/learn/any_csv.py FOLDER ... [--every N] [--from K] [--with="--l2 0.01"]`.
"""

import argparse
import contextlib
import io
import signal
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from graphgrad.cli.training import train
from graphgrad.core.errors import GraphgradError
from graphgrad.learn.data import files
from graphgrad.learn.data.tables import DataTable

PART, SEED, SLOW, LIMIT = 0.2, 123, 60, 150  # seconds of the processor that are slow, and of the clock that end a file
NEAR = 1e-9


def outcome(path, folder, more):
    """Give what became of a file, and a line about it."""
    try:
        table = files.read_table(path)
    except GraphgradError as error:
        return "refused", str(error)
    places = np.random.default_rng(SEED).permutation(len(table))
    held, learn = np.split(places, [round(PART * len(table))])
    said, kept, model_file = io.StringIO(), files.read_table, folder / "model.safetensors"
    files.read_table = lambda *_: table.take(np.sort(learn))
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            train.command.main([str(path), "--save", str(model_file), *more], standalone_mode=False)
    except GraphgradError as error:
        return "refused", str(error)
    finally:
        files.read_table = kept
    return scored(model_file, table.take(np.sort(held)), said.getvalue())


def scored(model_file, held: DataTable, said):
    """Compare a model with the naive answer, on rows outside."""
    from graphgrad.learn.data.targets import target_values
    from graphgrad.learn.models.model import load
    from graphgrad.learn.models.score import score

    model = load(model_file)
    targets = model.preparation.targets
    y = np.stack([column_values(target_values, held[name], model) for name in targets], axis=1)
    known = (y >= 0).all(axis=1) if model.classes else np.isfinite(y).all(axis=1)
    if known.sum() < 2:
        return "few rows", ""
    y = y[known][:, 0] if len(targets) == 1 else y[known]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = score(model, held.take(known), y)
    first = found.metrics[0]
    metric = found.metrics[2] if first.name == "R²" else first
    good = metric.value <= metric.naive * (1 + NEAR) if first.name == "R²" else metric.value >= metric.naive
    kind = "regression" if first.name == "R²" else "classes"
    line = f"{first.name} {first.value:.3f} against {first.naive:.3f}, {len(held)} rows held"
    verdict = next((text for text in said.splitlines() if text.startswith("verdict")), "")
    warned = "the naive answer," in verdict  # that it is no better, hardly better, or that nobody can tell
    return f"{kind} {'better' if good else 'worse, and said so' if warned else 'WORSE'}", f"{line} {verdict}"


def column_values(target_values, column, model):
    """A column's targets; a class that was not trained on counts as missing."""
    try:
        return target_values(column, model.classes, "")
    except GraphgradError:
        return np.array(
            [model.classes.index(t) if t in model.classes else -1 for t in map(str, column.texts)]
            if column.kind == "words"
            else [model.classes.index(f"{v:.15g}") if f"{v:.15g}" in model.classes else -1 for v in column.values]
        )


def too_long(*_):
    """End a file that takes too long."""
    raise TimeoutError


def main():
    """Report on every file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--with", dest="options", default="", help="options of graphgrad train")
    given = parser.parse_args()
    paths = sorted(path for folder in given.folders for path in folder.rglob("*.csv") if not path.name.startswith("._"))
    counts, scratch = Counter(), Path(mkdtemp())
    signal.signal(signal.SIGALRM, too_long)
    for path in paths[given.first :: given.every]:
        began = time.process_time()
        signal.alarm(LIMIT)
        try:
            kind, line = outcome(path, scratch, given.options.split())
        except TimeoutError:
            kind, line = "too long", ""
        except Exception:  # noqa: BLE001  (that is what is counted)
            kind, line = "CRASH", traceback.format_exc()
        signal.alarm(0)
        took = time.process_time() - began
        counts[kind] += 1
        counts["slow"] += took > SLOW
        print(f"{kind:26} {took:5.1f} s  {path.name}: {line[-1500:] if kind == 'CRASH' else line[:230]}", flush=True)
    print(dict(counts))


if __name__ == "__main__":
    main()
