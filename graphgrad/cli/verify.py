"""graphgrad verify: verdicts on gradients, one's own or claimed, one or a file of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphgrad import UsageError
from graphgrad.cli.answers import counting
from graphgrad.cli.arguments import read_program, read_shapes, shape_option, verb
from graphgrad.cli.limits import in_memory

if TYPE_CHECKING:
    from graphgrad.api.types import Report


@verb('verify "log(x1*x2)*sin(x2)" --claim "x1=sin(x2)/x1"')
@click.argument("source", required=False, metavar="[EXPR|CLAIMS.csv|CLAIMS.jsonl|MODULE.py]")
@shape_option
@click.option("--claim", "claims", multiple=True, metavar="NAME=EXPR",
              help="A claimed gradient, an expression or a derivation; may be given more than once.")  # fmt: skip
@click.option("--mlp", "sizes", metavar="784,128,10", help="Verify the training code of a network of these sizes.")
@click.option("--loss", default="cross_entropy", show_default=True, help="The network's loss.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True,
              help="Seconds for the whole call; for each claim of a file.")  # fmt: skip
@click.option("--sympy/--no-sympy", "sympy", default=True, show_default=True, help="Ask sympy as a third witness.")
@click.option("--markdown", is_flag=True, help="Report as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@in_memory
def command(
    source: str | None,
    shapes: tuple[str, ...],
    claims: tuple[str, ...],
    sizes: str | None,
    loss: str,
    timeout: float,
    sympy: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Verify the gradient of EXPR, or claims about it, a file of claims, a compiled module, or a network's code.

    A file of claims has the columns expression, variable, claim. A module is read, never imported: a gradient is
    proved, a training step proved or certified as to its gradient and its update. A network is proved at small shapes,
    and its compiled code certified at its true size. Exits with 1 where anything is refuted, or could not be judged.
    """
    from graphgrad.api.proofs import written

    if (source is None) == (sizes is None):
        raise UsageError("there must be one thing to verify", hint="give an expression, a file, or --mlp with sizes")
    reports = _network(sizes, loss, timeout, sympy) if sizes else [_report(str(source), shapes, claims, timeout, sympy)]
    for found in reports:
        click.echo(written(found, "json" if as_json else "markdown" if markdown else "text"))
    sys.exit(0 if all(found.ok for found in reports) else 1)


def _report(source: str, shapes: tuple[str, ...], claims: tuple[str, ...], timeout: float, sympy: bool) -> Report:
    from graphgrad.api.proofs import is_code, verify_file

    path = Path(source)
    if path.suffix in {".csv", ".jsonl"}:
        return _grade(source, timeout, sympy)
    if is_code(path):
        return verify_file(path, timeout=timeout)
    return _one(source, shapes, claims, timeout, sympy)


def _network(sizes: str, loss: str, timeout: float, sympy: bool) -> list[Report]:
    from graphgrad import mlp
    from graphgrad.api.proofs import verify_network

    layers = sizes.split(",")
    if not all(size.strip().isdigit() for size in layers):
        raise UsageError(f"'{sizes}' are no sizes", hint="write numbers with commas, as in 784,128,10")
    return verify_network(mlp(*map(int, layers)), loss, timeout=timeout, sympy=sympy)


def _one(source: str, shapes: tuple[str, ...], claims: tuple[str, ...], timeout: float, sympy: bool) -> Report:
    from graphgrad import check, parse, verify
    from graphgrad.api.proofs import check_names

    graph = parse(read_program(source), read_shapes(shapes))
    if not graph.inputs:
        raise UsageError("there is nothing to verify", hint="the expression has no variables")
    if not claims:
        return verify(graph, timeout=timeout, sympy=sympy)
    pairs = [claim.partition("=") for claim in claims]
    for name, equals, text in pairs:
        if not equals or not name.strip().isidentifier() or not text.strip():
            raise UsageError(f"'{name}{equals}{text}' is no claim", hint="write NAME=EXPR, as in x1=sin(x2)/x1")
        check_names(graph, text)
    names = [name.strip() for name, _, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UsageError(f"'{twice}' is claimed twice")
    return check(graph, {name.strip(): text for name, _, text in pairs}, timeout=timeout, sympy=sympy)


def _grade(source: str, timeout: float, sympy: bool) -> Report:
    from graphgrad import grade

    with counting("grading") as progress:
        return grade(Path(source), timeout=timeout, sympy=sympy, progress=progress)
