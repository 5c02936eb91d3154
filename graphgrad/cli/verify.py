"""graphgrad verify: verdicts on gradients, one's own or claimed, one or a file of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from graphgrad import UsageError
from graphgrad.cli.answers import counting, readable
from graphgrad.cli.arguments import read_program, read_shapes, shape_option, verb
from graphgrad.cli.limits import a_time, in_memory

if TYPE_CHECKING:
    from graphgrad.api.types import Graph, Report


class Terms(NamedTuple):
    """On which terms verdicts are given."""

    shapes: tuple[str, ...]
    wrt: tuple[str, ...]
    given: tuple[str, ...]
    atol: float
    timeout: float
    sympy: bool


@verb('verify "log(x1*x2)*sin(x2)" --claim "x1=sin(x2)/x1"')
@click.argument("source", required=False, metavar="[EXPR|CLAIMS.csv|CLAIMS.jsonl|MODULE.py]")
@shape_option
@click.option("--claim", "claims", type=readable, multiple=True, metavar="[NAME=]EXPR",
              help="A claimed derivative, an expression or a derivation; may be given more than once.")  # fmt: skip
@click.option("--given", type=readable, multiple=True, metavar="CONDITION",
              help='What holds of the inputs, as "x > 0"; may be given more than once.')  # fmt: skip
@click.option(
    "--wrt", type=readable, multiple=True, metavar="NAME", help="Input that a gradient or an unnamed claim is about."
)
@click.option("--order", type=click.Choice(["1", "2", "jvp"]), default="1", show_default=True,
              help="First derivatives, second ones, or the tangent.")  # fmt: skip
@click.option("--atol", type=click.FloatRange(min=0), default=0.0, show_default=True,
              help="The difference that a claim may have.")  # fmt: skip
@click.option("--mlp", "sizes", metavar="784,128,10", help="Verify the training code of a network of these sizes.")
@click.option("--loss", default="cross_entropy", show_default=True, help="The network's loss.")
@click.option("--timeout", type=float, callback=a_time, default=10.0, show_default=True,
              help="Seconds for the whole call; for each claim of a file.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 3 where a verdict is AGREED: no proof.")
@click.option("--sympy/--no-sympy", "sympy", default=True, show_default=True, help="Ask sympy as a third witness.")
@click.option("--markdown", is_flag=True, help="Report as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
@in_memory
def command(
    source: str | None,
    shapes: tuple[str, ...],
    claims: tuple[str, ...],
    given: tuple[str, ...],
    wrt: tuple[str, ...],
    order: str,
    atol: float,
    sizes: str | None,
    loss: str,
    timeout: float,
    strict: bool,
    sympy: bool,
    markdown: bool,
    as_json: bool,
) -> None:
    """Verify the gradient of EXPR, or claims about it, a file of claims, a compiled module, or a network's code.

    A file of claims has the columns expression, variable, claim, and may have given and shapes. A module is read, never
    imported: a gradient is proved, a training step proved or certified as to its gradient and its update. A network is
    proved at small shapes, and its compiled code certified at its true size. Exits with 0 where every verdict can be
    trusted, 1 where one is REFUTED, 2 where the input cannot be used, and 3 where something was not judged.
    """
    from graphgrad.api.proofs import written

    if (source is None) == (sizes is None):
        raise UsageError("there must be one thing to verify", hint="give an expression, a file, or --mlp with sizes")
    terms = Terms(shapes, wrt, given, atol, timeout, sympy)
    reports = _network(sizes, loss, timeout, sympy) if sizes else [_report(str(source), claims, order, terms)]
    for found in reports:
        click.echo(written(found, "json" if as_json else "markdown" if markdown else "text"))
    sys.exit(min({_code(found, claims, strict) for found in reports} - {0}, default=0))


def _code(report: Report, claims: tuple[str, ...], strict: bool) -> int:
    """The exit code of a report: of a claim that cannot be read that of bad input."""
    code = report.exit_code(strict=strict)
    return 2 if code == 3 and claims and any(found.verdict == "UNSUPPORTED" for found in report.values()) else code


def _report(source: str, claims: tuple[str, ...], order: str, terms: Terms) -> Report:
    from graphgrad.api.proofs import is_code, verify_file

    path = Path(source)
    if path.suffix in {".csv", ".jsonl"}:
        return _grade(path, terms)
    if is_code(path):
        return verify_file(path, timeout=terms.timeout)
    return _one(source, claims, int(order) if order.isdigit() else order, terms)


def _network(sizes: str, loss: str, timeout: float, sympy: bool) -> list[Report]:
    from graphgrad import mlp
    from graphgrad.api.proofs import verify_network

    layers = sizes.split(",")
    if not all(size.strip().isdigit() for size in layers):
        raise UsageError(f"'{sizes}' are no sizes", hint="write numbers with commas, as in 784,128,10")
    return verify_network(mlp(*map(int, layers)), loss, timeout=timeout, sympy=sympy)


def _one(source: str, claims: tuple[str, ...], order: int | str, terms: Terms) -> Report:
    from graphgrad import parse, verify

    graph = parse(read_program(source), read_shapes(terms.shapes))
    if not graph.inputs:
        raise UsageError("there is nothing to verify", hint="the expression has no variables")
    options: dict[str, Any] = terms._asdict() | {"shapes": None, "order": order}
    return verify(graph, _claimed(graph, claims, order), **options)


def _claimed(graph: Graph, claims: tuple[str, ...], order: int | str) -> Any:
    """The claims by name, or one that needs none; UsageError where one is no claim, or names a stranger."""
    from graphgrad.api.proofs import check_names

    pairs = [_parted(claim) for claim in claims]
    for name, text in pairs:
        if not text.strip():
            raise UsageError(f"'{name}=' is no claim", hint="write NAME=EXPR, as in x1=sin(x2)/x1")
        check_names(graph, text, [f"{n}_dot" for n in graph.inputs] if order == "jvp" else [])
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"'{twice}' is claimed twice")
    if len(pairs) > 1 and "" in names:
        raise UsageError(f"'{pairs[names.index('')][1]}' is claimed of nothing", hint="write NAME=EXPR of every claim")
    if not pairs:
        return None
    return pairs[0][1] if names == [""] or order == "jvp" else dict(pairs)


def _parted(claim: str) -> tuple[str, str]:
    """The name that a claim is about, "" where it gives none, and the claim."""
    name, equals, text = claim.partition("=")
    if equals and name.strip().isidentifier() and not text.startswith("="):
        return name.strip(), text
    return "", claim


def _grade(path: Path, terms: Terms) -> Report:
    from graphgrad import grade

    with counting("grading") as progress:
        options: dict[str, Any] = terms._asdict() | {"shapes": read_shapes(terms.shapes)}
        del options["wrt"]
        return grade(path, progress=progress, **options)
