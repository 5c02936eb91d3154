"""graphgrad verify: verdicts on gradients, one's own or claimed, one or a file of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphgrad.cli.answers import counting
from graphgrad.cli.arguments import read_program, read_shapes, shape_option
from graphgrad.core.errors import UsageError

if TYPE_CHECKING:
    from graphgrad.verify.verdicts import Report


@click.command("verify", epilog='\b\nExample:\n  graphgrad verify "log(x1*x2)*sin(x2)" --claim "x1=sin(x2)/x1"')
@click.argument("source", metavar="EXPR|CLAIMS.csv|CLAIMS.jsonl")
@shape_option
@click.option("--claim", "claims", multiple=True, metavar="NAME=EXPR",
              help="A claimed gradient, an expression or a derivation; may be given more than once.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True,
              help="Seconds for the whole call; for each claim of a file.")  # fmt: skip
@click.option("--markdown", is_flag=True, help="Report as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def command(
    source: str, shapes: tuple[str, ...], claims: tuple[str, ...], timeout: float, markdown: bool, as_json: bool
) -> None:
    """Verify the gradient of EXPR, or claims about it, or a file with the columns expression, variable, claim.

    Exits with 1 where anything is refuted.
    """
    from graphgrad.verify import report

    found = (
        _grade(source, timeout) if Path(source).suffix in {".csv", ".jsonl"} else _one(source, shapes, claims, timeout)
    )
    write = report.to_json if as_json else report.markdown if markdown else report.text
    click.echo(write(found))
    sys.exit(1 if found.refuted else 0)


def _one(source: str, shapes: tuple[str, ...], claims: tuple[str, ...], timeout: float) -> Report:
    from graphgrad.frontend.parse import parse
    from graphgrad.verify.claims import check
    from graphgrad.verify.graphs import verify

    graph = parse(read_program(source), read_shapes(shapes))
    if not claims:
        return verify(graph, timeout=timeout)
    pairs = [claim.partition("=") for claim in claims]
    for name, equals, text in pairs:
        if not equals or not name.strip().isidentifier() or not text.strip():
            raise UsageError(f"'{name}{equals}{text}' is no claim", hint="write NAME=EXPR, as in x1=sin(x2)/x1")
    return check(graph, {name.strip(): text for name, _, text in pairs}, timeout=timeout)


def _grade(source: str, timeout: float) -> Report:
    from graphgrad.verify.grading import grade

    with counting("grading") as progress:
        return grade(Path(source), timeout=timeout, progress=progress)
