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
    from graphgrad.api.types import Graph


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
    from graphgrad import scalarize, show, vjp
    from graphgrad.api.files import check_file, node_link

    for file in files:
        check_file(file, "picture")
    graph = read_graph(source, read_values(values), shapes)
    if scalar:
        graph = scalarize(graph)
    if gradient or wrt or of:
        graph = vjp(graph, None, *wrt, of=of)
    for file in files:
        with working(f"writing {file}"):
            show(graph, theme=theme, collapse=collapse, expand=expand).save(file)
        say_wrote(file, f"{len(graph)} nodes", err=as_json)
    if as_json:
        say_json(node_link(graph))
    elif not files:
        _list(graph)


def _list(graph: Graph) -> None:
    from graphgrad.api.graphs import listing

    rows = [[", ".join(line.names), line.formula or "input", line.shape] for line in listing(graph).values()]
    say_table(["node", "formula", "shape"], rows)
