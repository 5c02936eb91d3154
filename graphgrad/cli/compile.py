"""graphgrad compile: a standalone module of value and gradient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphgrad.cli.arguments import program, read_graph, read_values, shape_option
from graphgrad.core.files import check_writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphgrad.core.graph import Graph


@click.command("compile", epilog='\b\nExample:\n  graphgrad compile "log(x1*x2)*sin(x2)" -o step.py')
@program
@shape_option
@click.option("--what", type=click.Choice(["gradient", "value", "jvp", "hessian"]), default="gradient",
              show_default=True, help="What the module computes.")  # fmt: skip
@click.option("--wrt", multiple=True, metavar="NAME", help="Input to differentiate by; all by default.")
@click.option("--target", default="numpy", show_default=True, help="Language or library of the module.")
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), metavar="FILE", help="Module to write.")
def command(
    source: str,
    values: tuple[str, ...],
    shapes: tuple[str, ...],
    what: str,
    wrt: tuple[str, ...],
    target: str,
    dtype: str,
    file: Path | None,
) -> None:
    """Compile EXPR and its gradient into a module that needs NumPy alone; printed, or written to a file."""
    if file is not None:
        check_writable(file)
    from graphgrad.compiler.compile import compile as translate

    graph = _transforms()[what](read_graph(source, read_values(values), shapes), *wrt)
    compiled = translate(graph, target=target, dtype=dtype)
    if file is None:
        click.echo(compiled.source, nl=False)
    else:
        compiled.save(file)
        click.echo(f"wrote {file} ({len(compiled.source.splitlines())} lines)")


def _transforms() -> dict[str, Callable[..., Graph]]:
    from graphgrad.transform.grad import grad
    from graphgrad.transform.hessian import hessian
    from graphgrad.transform.jvp import jvp

    return {"gradient": grad, "value": lambda graph, *_: graph, "jvp": jvp, "hessian": hessian}
