"""graphgrad show: a graph as a picture, a listing, or a file for networkx, Gephi and yEd."""

from __future__ import annotations

from collections.abc import Mapping
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
    from graphgrad.api.graphs import ListedNode
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
    """Show the graph of EXPR: drawn in the terminal, or to .svg, .png, .dot, .graphml, .json and more."""
    from graphgrad import scalarize, show, vjp
    from graphgrad.api.files import check_file, node_link
    from graphgrad.api.graphs import listing

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
        lines = listing(graph)
        if len(graph) <= DRAWN:
            click.echo("\n".join(_drawn(graph, lines)) + "\n")
        say_table(["node", "formula", "shape"], [[", ".join(n), f or "input", shape] for n, f, shape in lines.values()])


DRAWN = 60  # nodes, of a graph that is drawn in a terminal


def _drawn(graph: Graph, listed: Mapping[int, ListedNode]) -> list[str]:
    """Draw every output above what it is made of; what is drawn already is named alone."""
    lines, seen = list[str](), set[int]()

    def draw(i: int, first: str, rest: str) -> None:
        operands = [o for o in dict.fromkeys(graph.nodes[i].operands) if o in listed and i not in seen]
        formula = f" = {listed[i].formula}" if listed[i].formula and i not in seen else ""
        lines.append(f"{first}{graph.label(i)}{formula}")
        for o in operands:
            last = o == operands[-1]
            draw(o, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))
        seen.add(i)

    for output in dict.fromkeys(graph.outputs.values()):
        if output in listed and output not in seen:
            draw(output, "", "")
    return lines
