"""graphgrad derive: the chain rule, written out."""

from __future__ import annotations

from pathlib import Path

import click

from graphgrad.cli.answers import say_json
from graphgrad.cli.arguments import program, read_graph, read_values, shape_option
from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_writable, write_whole

FORMATS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".json": "json"}


@click.command("derive", epilog='\b\nExample:\n  graphgrad derive "y3 = x1*x2; z = log(y3)*sin(x2)" --wrt x1')
@program
@shape_option
@click.option("--wrt", multiple=True, metavar="NAME", help="Input to differentiate by; all by default.")
@click.option("--format", "kind", type=click.Choice(["text", "markdown", "latex"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path), metavar="FILE", help=".txt, .md, .tex or .json"
)
def command(
    source: str,
    values: tuple[str, ...],
    shapes: tuple[str, ...],
    wrt: tuple[str, ...],
    kind: str,
    as_json: bool,
    file: Path | None,
) -> None:
    """Derive the gradient of EXPR by hand, one line a node, ending in the closed form."""
    if file is not None:
        if file.suffix not in FORMATS:
            raise UsageError(f"'{file}' is of no known kind", hint=f"known are {' '.join(FORMATS)}")
        check_writable(file)
        kind = FORMATS[file.suffix]
    from graphgrad.execute.closed_form import closed_form
    from graphgrad.transform.derive import Derivation, derive

    def data(found: Derivation) -> dict[str, object]:
        lines = {name: [list(line.text) for line in part] for name, part in found.lines.items()}
        return {"program": found.program, "lines": lines, "result": {k: list(v.text) for k, v in found.result.items()}}

    graph = read_graph(source, read_values(values), shapes)
    found = derive(graph, *wrt, closed=closed_form)
    if as_json or kind == "json":
        if file is None:
            say_json(data(found))
        else:
            import json

            write_whole(file, json.dumps(data(found), indent=2).encode())
        return
    said = {"text": str(found), "markdown": found.markdown, "latex": found.latex}[kind]
    if file is None:
        click.echo(said)
    else:
        write_whole(file, (said + "\n").encode())
        click.echo(f"wrote {file}")
