"""graphgrad evaluate: what a saved model is worth on a file of examples and their targets."""

from __future__ import annotations

from pathlib import Path

import click

from graphgrad.cli.answers import say_json
from graphgrad.cli.arguments import verb
from graphgrad.cli.limits import in_time


@verb("evaluate model.safetensors test.csv --json")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL.safetensors")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA.csv|DATA.npz")
@click.option("--target", metavar="NAME", help="Column of the targets; else the one that the model learned.")
@click.option("--missing", multiple=True, metavar="WORD", help="Word that stands for a missing value.")
@click.option("--decimal", metavar=".|,", help="What decimals follow; else what the file says.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@in_time
def command(
    model: Path, data: Path, target: str | None, missing: tuple[str, ...], decimal: str | None, as_json: bool
) -> None:
    """Score a model on a file, by every metric of its task, beside the naive answer of what it was trained on."""
    from graphgrad import load
    from graphgrad.api.learning import evaluate

    found = evaluate(load(model), data, target=target, missing=missing, decimal=decimal)
    if as_json:
        metrics = {name: {"model": value, "naive": naive} for name, value, naive, _ in found.metrics}
        say_json({"rows": found.rows, "better": found.better, "metrics": metrics})
        return
    click.echo(f"{found}\n{found.rows} rows")
    if found.doubt:
        click.echo(f"verdict: {found.doubt}")
