"""graphgrad show: a graph as a picture, a listing, or a file for networkx, Gephi and yEd."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphgrad.cli.answers import say_json, say_table, say_wrote, working
from graphgrad.cli.arguments import (
    gradient as gradient_of,
    outputs,
    program,
    read_graph,
    read_values,
    shape_option,
    verb,
)
from graphgrad.cli.limits import in_time

if TYPE_CHECKING:
    from graphgrad.core.graph import Graph


@verb('show "sigmoid(w*x + b)" -o neuron.svg')
@program
@outputs
@shape_option
@click.option("--gradient", is_flag=True, help="Show the gradient graph; so do --wrt and --of.")
@gradient_of
@click.option("--scalar", is_flag=True, help="Show every entry of a tensor as a node of its own.")
@click.option("--collapse", multiple=True, metavar="NAME", help="Draw a layer, or a node and what is inside, as one.")
@click.option("--expand", multiple=True, metavar="NAME", help="Of a large graph: draw this node's group node by node.")
@click.option("--theme", default="light", show_default=True, metavar="light|dark|print|FILE.toml")
@click.option("--json", "as_json", is_flag=True, help="List as node-link JSON.")
@in_time
def command(
    source: str,
    values: tuple[str, ...],
    files: tuple[Path, ...],
    shapes: tuple[str, ...],
    gradient: bool,
    wrt: tuple[str, ...],
    of: str | None,
    scalar: bool,
    collapse: tuple[str, ...],
    expand: tuple[str, ...],
    theme: str,
    as_json: bool,
) -> None:
    """Show the graph of EXPR: as a table, or to .svg, .png, .dot, .graphml, .json and more."""
    from graphgrad.render.formats.table import GRAPH, check

    for file in files:
        check(file, GRAPH)
    graph = read_graph(source, read_values(values), shapes)
    if scalar:
        from graphgrad.transform.scalarize import scalarize

        graph = scalarize(graph)
    if gradient or wrt or of:
        from graphgrad.transform.grad import vjp

        graph = vjp(graph, None, *wrt, of=of)
    from graphgrad.api.pictures import show

    for file in files:
        with working(f"writing {file}"):
            show(graph, theme=theme, collapse=collapse, expand=expand).save(file)
        say_wrote(file, f"{len(graph)} nodes", err=as_json)
    if as_json:
        from graphgrad.frontend.interchange import node_link

        say_json(node_link(graph))
    elif not files:
        _list(graph)


def _list(graph: Graph) -> None:
    from graphgrad.core.shapes import show
    from graphgrad.frontend.printers import text

    whole = frozenset(range(len(graph)))
    rows = []
    for i, node in enumerate(graph.nodes):
        if node.op != "const":
            formula = text(graph, i, whole) if node.operands else "input"
            rows.append(
                [", ".join(dict.fromkeys([graph.label(i), *graph.names.get(i, ())])), formula, show(node.shape)]
            )
    say_table(["node", "formula", "shape"], rows)
