"""graphgrad plot: functions of one number and their derivatives."""

from __future__ import annotations

from pathlib import Path

import click

from graphgrad import UsageError
from graphgrad.cli.answers import readable, say_wrote, working
from graphgrad.cli.arguments import outputs, read_graph, read_values, verb
from graphgrad.cli.limits import in_time


@verb('plot "tanh(x)" "sigmoid(x)" "relu(x)" "leaky_relu(x)" x=-3..3 -o activations.svg')
@click.argument("parts", nargs=-1, required=True, metavar="EXPR... NAME=FROM..TO [NAME=VALUE]...")
@outputs
@click.option("--no-derivative", is_flag=True, help="Draw the functions alone.")
@click.option("--theme", default="light", show_default=True, metavar="light|dark|print|FILE.toml")
@in_time
def command(parts: tuple[str, ...], files: tuple[Path, ...], no_derivative: bool, theme: str) -> None:
    """Plot functions of one number and their derivatives, side by side, to .svg, .png, .pdf, .tex or .dot."""
    from graphgrad import plot
    from graphgrad.api.files import check_file

    if not files:
        raise UsageError("where to?", hint="name a file, as in -o plot.svg")
    for file in files:
        check_file(file, "plot")
    given, functions = {}, []
    for part in parts:
        name, equals, value = readable(part).partition("=")
        low, dots, high = value.partition("..")
        if equals and name.isidentifier() and dots:
            ends = read_values([f"{name}={low}"])[name], read_values([f"{name}={high}"])[name]
            given[name] = ends
        elif equals and name.isidentifier() and not value.startswith("="):
            given |= read_values([part])
        else:
            functions.append(read_graph(part, {}))
    with working("plotting"):
        made = plot(*functions, derivative=not no_derivative, theme=theme, **given)
    for file in files:
        with working(f"writing {file}"):
            made.save(file)
        say_wrote(file, f"{len(functions)} function{'s' * (len(functions) != 1)}")
