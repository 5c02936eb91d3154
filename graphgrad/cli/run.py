"""graphgrad run: value and gradient, node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from graphgrad.cli.answers import number, say_json, say_table
from graphgrad.cli.arguments import as_written, nonfinite, program, read_graph, read_values, say_given_nonfinite, verb

if TYPE_CHECKING:
    from graphgrad.execute.trace import Trace


@verb('run "log(x1*x2)*sin(x2)" x1=0.5 x2=0.75')
@program
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@as_written
@nonfinite
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def command(
    source: str, values: tuple[str, ...], dtype: str, as_written: bool, allow_nonfinite: bool, as_json: bool
) -> None:
    """Evaluate EXPR and its gradient at the given values."""
    from graphgrad.execute.trace import trace

    given = read_values(values)
    traced = trace(
        read_graph(source, given), given, dtype=dtype, as_written=as_written, allow_nonfinite=allow_nonfinite
    )
    say_given_nonfinite(given)
    if as_json:
        say_json(answer(traced))
        return
    graph = traced.graph
    say_table(["node", "formula", "value", "adjoint"], [row(traced, i) for i in range(len(graph)) if shown(traced, i)])
    name = next(iter(graph.outputs))
    click.echo(f"{name} = {number(traced.value)}")
    for wrt, slope in traced.grad.items():
        click.echo(f"d{name}/d{wrt} = {number(slope)}")
    click.echo(operations(traced))


def shown(traced: Trace, node: int) -> bool:
    """Whether a node has a line of its own: all but constants."""
    return traced.graph.nodes[node].op != "const"


def row(traced: Trace, node: int) -> list[str]:
    """Give a node's line: name, formula, value, adjoint."""
    from graphgrad.frontend.printers import text

    graph = traced.graph
    formula = text(graph, node, frozenset(range(len(graph)))) if graph.nodes[node].operands else ""
    if node in traced.forms:
        formula += f", computed as {traced.forms[node][0]}"
    adjoint = traced.adjoint(node)
    return [graph.label(node), formula, number(traced.primal(node)), "" if adjoint is None else number(adjoint)]


def operations(traced: Trace) -> str:
    """Say what the gradient costs beside the value."""
    from graphgrad.transform.cost import cost

    sizes = {
        size: have
        for name, i in traced.graph.inputs.items()
        for size, have in zip(traced.graph.nodes[i].shape, getattr(traced.primal(i), "shape", ()), strict=False)
        if isinstance(size, str)
    }
    counted = cost(traced.graph, sizes=sizes)
    ratio = f", {counted.ratio:.2f} times as many" if counted.forward else ""
    return f"operations: {counted.forward} forward, {counted.gradient} for the whole gradient{ratio}"


def answer(traced: Trace) -> dict[str, Any]:
    """Give the whole run as data."""
    from graphgrad.transform.cost import cost

    graph = traced.graph
    nodes = [
        {"name": line[0], "formula": line[1], "value": traced.primal(i), "adjoint": traced.adjoint(i)}
        for i in range(len(graph))
        if shown(traced, i) and (line := row(traced, i))
    ]
    counted = cost(graph)
    operations = {"forward": counted.forward, "gradient": counted.gradient}
    return {"value": traced.value, "gradient": dict(traced.grad), "nodes": nodes, "operations": operations}
