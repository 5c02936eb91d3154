"""graphgrad run: value and gradient, node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from graphgrad.api.client import equation, number
from graphgrad.cli.answers import say_json, say_table
from graphgrad.cli.arguments import (
    as_written,
    gradient,
    nonfinite,
    program,
    read_graph,
    read_values,
    say_given_nonfinite,
    verb,
)
from graphgrad.cli.limits import in_time

if TYPE_CHECKING:
    from graphgrad.api.types import Trace


@verb('run "log(x1*x2)*sin(x2)" x1=0.5 x2=0.75')
@program
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@gradient
@as_written
@nonfinite
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@in_time
def command(
    source: str,
    values: tuple[str, ...],
    dtype: str,
    wrt: tuple[str, ...],
    of: str | None,
    as_written: bool,
    allow_nonfinite: bool,
    as_json: bool,
) -> None:
    """Evaluate EXPR and its gradient at the given values."""
    from graphgrad import trace
    from graphgrad.api.graphs import listing, why_no_gradient

    given = read_values(values)
    options: dict[str, Any] = {
        "dtype": dtype,
        "wrt": wrt,
        "of": of,
        "as_written": as_written,
        "allow_nonfinite": allow_nonfinite,
    }
    traced = trace(read_graph(source, given), given, **options)
    say_given_nonfinite(given)
    if as_json:
        say_json(answer(traced))
        return
    lines = listing(traced.graph)
    say_table(["node", "formula", "value", "adjoint"], [row(traced, i, line.formula) for i, line in lines.items()])
    click.echo(equation(traced.of, traced.value))
    if why := why_no_gradient(traced):
        message, hint = why
        click.echo(f"note: {message}" + f"; {hint}" * bool(hint))
        return
    for name, slope in traced.grad.items():
        click.echo(equation(f"d{traced.of}/d{name}", slope))
    if len(traced.graph.outputs) == 1:
        click.echo(operations(traced, wrt))


def row(traced: Trace, node: int, formula: str) -> list[str]:
    """Give a node's line: name, formula, value, adjoint."""
    if node in traced.forms:
        formula += f", computed as {traced.forms[node][0]}"
    adjoint = traced.adjoint(node)
    return [traced.graph.label(node), formula, number(traced.primal(node)), "" if adjoint is None else number(adjoint)]


def operations(traced: Trace, wrt: tuple[str, ...]) -> str:
    """Say what the gradient costs beside the value."""
    from graphgrad import cost

    sizes = {
        size: have
        for name, i in traced.graph.inputs.items()
        for size, have in zip(traced.graph.nodes[i].shape, getattr(traced.primal(i), "shape", ()), strict=False)
        if isinstance(size, str)
    }
    counted = cost(traced.graph, *wrt, sizes=sizes)
    ratio = f", {counted.ratio:.2f} times as many" if counted.forward else ""
    return f"operations: {counted.forward} forward, {counted.gradient} for the whole gradient{ratio}"


def answer(traced: Trace) -> dict[str, Any]:
    """Give the whole run as data."""
    from graphgrad import cost
    from graphgrad.api.graphs import listing, why_no_gradient

    rows = {i: row(traced, i, line.formula) for i, line in listing(traced.graph).items()}
    nodes = [
        {"name": name, "formula": formula, "value": traced.primal(i), "adjoint": traced.adjoint(i)}
        for i, (name, formula, *_) in rows.items()
    ]
    if why := why_no_gradient(traced):
        return {"value": traced.value, "nodes": nodes, "note": why[0]}
    counted = cost(traced.graph) if len(traced.graph.outputs) == 1 else None
    operations = counted and {"forward": counted.forward, "gradient": counted.gradient}
    return {"value": traced.value, "gradient": dict(traced.grad), "nodes": nodes, "operations": operations}
