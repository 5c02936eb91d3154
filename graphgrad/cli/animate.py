"""graphgrad animate: a film of backpropagation."""

from __future__ import annotations

from pathlib import Path

import click

from graphgrad import UsageError
from graphgrad.cli.answers import say_wrote, working
from graphgrad.cli.arguments import (
    as_written,
    gradient,
    nonfinite,
    outputs,
    program,
    read_graph,
    read_values,
    say_given_nonfinite,
    verb,
)
from graphgrad.cli.limits import in_time


@verb('animate "log(x1*x2)*sin(x2)" x1=0.5 x2=0.75 -o backprop.gif')
@program
@outputs
@click.option("--by", type=click.Choice(["contribution", "node"]), default="contribution", show_default=True,
              help="What a backward frame shows.")  # fmt: skip
@click.option("--labels", type=click.Choice(["both", "symbols", "numbers", "acts"]), default="both", show_default=True,
              help="acts: in symbols first, then with values. Symbols alone want no values.")  # fmt: skip
@click.option("--verify/--no-verify", "proof", default=True, help="Prove the gradients; their verdicts close the film.")
@gradient
@as_written
@nonfinite
@click.option("--theme", default="light", show_default=True, metavar="light|dark|print|FILE.toml")
@click.option("--transcript", is_flag=True, help="Print the film in words, a line a frame.")
@in_time
def command(
    source: str,
    values: tuple[str, ...],
    files: tuple[Path, ...],
    by: str,
    labels: str,
    proof: bool,
    wrt: tuple[str, ...],
    of: str | None,
    as_written: bool,
    allow_nonfinite: bool,
    theme: str,
    transcript: bool,
) -> None:
    """Film backpropagation on EXPR at the given values, to .html, .gif, .svg, .png, ... (backprop.html by default).

    A name with {} in it, as frame{}.png, gives every frame a file of its own.
    """
    from graphgrad import animate
    from graphgrad.api.files import check_file

    files = files or (() if transcript else (Path("backprop.html"),))
    for file in files:
        check_file(file, "film")

    given = read_values(values)
    graph = read_graph(source, given)
    if not graph.inputs:
        raise UsageError("there is nothing to differentiate", hint="the expression has no variables")
    say_given_nonfinite(given)
    with working("drawing"):
        film = animate(
            graph,
            given,
            wrt=wrt,
            of=of,
            by=by,
            labels=labels,
            theme=theme,
            proof=proof,
            as_written=as_written,
            allow_nonfinite=allow_nonfinite,
        )
    if transcript:
        click.echo(film.transcript, nl=False)
    for file in files:
        with working(f"writing {file}"):
            film.save(file)
        size = f", {file.stat().st_size / 1000:.0f} kB" if file.exists() else ""
        say_wrote(file, f"{len(film.frames)} frames{size}")
