"""graphgrad derive: the chain rule, written out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphgrad.api.client import check_kind, check_writable, write_whole
from graphgrad.cli.answers import say_json, say_wrote, working
from graphgrad.cli.arguments import gradient, outputs, program, read_graph, read_values, shape_option, verb
from graphgrad.cli.limits import in_time

if TYPE_CHECKING:
    from graphgrad.api.types import Derivation

FORMATS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".json": "json"}


@verb('derive "y3 = x1*x2; z = log(y3)*sin(x2)" --wrt x1')
@program
@outputs
@shape_option
@gradient
@click.option("--every-step", is_flag=True, help="Begin lines with the chain rule, partial by partial.")
@click.option("--parallel", is_flag=True, help="Derive all inputs in the same lines, as a vector.")
@click.option("--notation", default="d", help="d for dz/dy, partial for ∂z/∂y, bar for ȳ.", metavar="NAME")
@click.option("--column-vectors", "columns", is_flag=True, help="Write vectors as columns, y = A @ x + b.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@in_time
def command(
    source: str,
    values: tuple[str, ...],
    files: tuple[Path, ...],
    shapes: tuple[str, ...],
    wrt: tuple[str, ...],
    of: str | None,
    every_step: bool,
    parallel: bool,
    notation: str,
    columns: bool,
    as_json: bool,
) -> None:
    """Derive the gradient of EXPR by hand, one line a node, ending in the closed form.

    Printed, or written to .txt, .md, .tex or .json.
    """
    for file in files:
        check_kind(file, FORMATS)
        check_writable(file)
    from graphgrad import derive

    graph = read_graph(source, read_values(values), shapes)
    with working("deriving"):
        found = derive(graph, *wrt, of=of, every_step=every_step, parallel=parallel, notation=notation, columns=columns)
    for file in files:
        write_whole(file, (written(found, FORMATS[file.suffix]) + "\n").encode())
        say_wrote(file, err=as_json)
    if as_json:
        say_json(data(found))
    elif not files:
        click.echo(str(found))


def written(found: Derivation, kind: str) -> str:
    """Give a derivation in a format."""
    match kind:
        case "json":
            return json.dumps(data(found), indent=2)
        case "markdown":
            return found.markdown
        case "latex":
            return found.latex
    return str(found)


def data(found: Derivation) -> dict[str, object]:
    """Give a derivation as data."""
    lines = {name: [list(line.text) for line in part] for name, part in found.lines.items()}
    return {"program": found.program, "lines": lines, "result": {k: list(v.text) for k, v in found.result.items()}}
