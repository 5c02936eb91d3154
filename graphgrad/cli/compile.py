"""graphgrad compile: a standalone module of value and gradient, or of a whole training step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from graphgrad.cli.arguments import program, read_graph, read_values, shape_option
from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphgrad.core.graph import Graph

EXAMPLES = """\b
Example:
  graphgrad compile "log(x1*x2)*sin(x2)" -o step.py
  graphgrad compile "log(1 + exp(x))" --explain passes.html
  graphgrad compile "square(w*x - y)" --what step --wrt w --optimizer adam -o step.py
"""
WHAT = ("gradient", "value", "jvp", "hvp", "hessian", "step")


@click.command("compile", epilog=EXAMPLES)
@program
@shape_option
@click.option("--what", type=click.Choice(WHAT), default=WHAT[0], show_default=True,
              help="What the module computes: a Jacobian- or Hessian-vector product, a training step ...")  # fmt: skip
@click.option("--wrt", multiple=True, metavar="NAME", help="Input to differentiate by; all by default.")
@click.option("--optimizer", metavar="NAME|TEXT", help='Of a step: a name, such as adam, or "p - lr * g".')
@click.option("--batch", type=click.IntRange(min=1), metavar="ROWS", help="Size of the named dimension, if known.")
@click.option("--target", default="numpy", show_default=True, help="Language or library of the module.")
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@click.option("--explain", type=click.Path(path_type=Path), metavar="FILE",
              help="Write what each pass did: .html, .txt, or passes-{}.svg; - prints it.")  # fmt: skip
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), metavar="FILE", help="Module to write.")
def command(
    source: str,
    values: tuple[str, ...],
    shapes: tuple[str, ...],
    what: str,
    wrt: tuple[str, ...],
    optimizer: str | None,
    batch: int | None,
    target: str,
    dtype: str,
    explain: Path | None,
    file: Path | None,
) -> None:
    """Compile EXPR and its gradient into a module that needs NumPy alone; printed, or written to a file."""
    if optimizer is not None and what != "step":
        raise UsageError("an optimizer is of a training step", hint="add --what step")
    for path in (file, explain):
        if path is not None and str(path) != "-":
            check_writable(path)
    from graphgrad.api.code import compile as translate, compile_step
    from graphgrad.api.passes import explain as tell

    graph = read_graph(source, read_values(values), shapes)
    compiled = (
        compile_step(graph, wrt, optimizer or "sgd", dtype=dtype, batch=batch, target=target)
        if what == "step"
        else translate(_transforms()[what](graph, *wrt), target=target, dtype=dtype, batch=batch)
    )
    if explain is not None and str(explain) != "-":
        click.echo(f"wrote {tell(compiled).save(explain)}")
    elif explain is not None:
        click.echo(str(tell(compiled)))
    if file is not None:
        compiled.save(file)
        click.echo(f"wrote {file} ({len(compiled.source.splitlines())} lines)")
    elif explain is None:
        click.echo(compiled.source, nl=False)


def _transforms() -> dict[str, Callable[..., Graph]]:
    from graphgrad.transform.grad import grad, output_name
    from graphgrad.transform.hessian import hessian
    from graphgrad.transform.jvp import jvp

    def hvp(graph: Graph, *wrt: str) -> Graph:
        """The gradient of the directional derivative is the Hessian times the direction."""
        along = jvp(graph, *wrt)
        names = wrt or [name for name in graph.inputs if f"{name}_dot" in along.inputs]
        return grad(along, *names, of=f"{output_name(graph, None)}_dot")

    return {"gradient": grad, "value": lambda graph, *_: graph, "jvp": jvp, "hvp": hvp, "hessian": hessian}
