"""graphgrad compile: a standalone module of value and gradient, or of a whole training step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphgrad import UsageError
from graphgrad.api.client import check_writable
from graphgrad.cli.answers import say_wrote
from graphgrad.cli.arguments import by_inputs, outputs, program, read_graph, read_values, shape_option, verb
from graphgrad.cli.limits import in_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphgrad.api.types import CompiledStep, Graph

WHAT = ("gradient", "value", "jvp", "hvp", "hessian", "step")


@verb(
    'compile "log(x1*x2)*sin(x2)" -o step.py',
    'compile "log(1 + exp(x))" --explain passes.html',
    'compile "square(w*x - y)" --what step --wrt w --optimizer adam -o step.py',
)
@program
@outputs
@shape_option
@click.option("--what", type=click.Choice(WHAT), default=WHAT[0], show_default=True,
              help="What the module computes: a Jacobian- or Hessian-vector product, a training step ...")  # fmt: skip
@by_inputs
@click.option("--optimizer", metavar="NAME|TEXT", help='Of a step: a name, such as adam, or "p - lr * g".')
@click.option("--initial", metavar="NAME", help="Of a step: how it draws parameters that have no VALUE; else glorot.")
@click.option("--batch", type=click.IntRange(min=1), metavar="ROWS", help="Size of the named dimension, if known.")
@click.option("--target", metavar="NAME", help="numpy, python, jax, numba, c or javascript; else what the file suits.")
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@click.option("--returns", type=click.Choice(["names", "tuple"]), default="names", show_default=True,
              help="Gradients by name, or all outputs as one tuple, which is quicker.")  # fmt: skip
@click.option("--explain", type=click.Path(path_type=Path), metavar="FILE",
              help="Write what each pass did: .html, .txt, .json, or passes-{}.svg; - prints it.")  # fmt: skip
@in_time
def command(
    source: str,
    values: tuple[str, ...],
    files: tuple[Path, ...],
    shapes: tuple[str, ...],
    what: str,
    wrt: tuple[str, ...],
    optimizer: str | None,
    initial: str | None,
    batch: int | None,
    target: str | None,
    dtype: str,
    returns: str,
    explain: Path | None,
) -> None:
    """Compile EXPR and its gradient into a module that needs NumPy alone.

    Printed, or written to a file: Python to .py, C to .c, JavaScript to .js or .mjs.
    """
    if what != "step" and (said := "an optimizer is" if optimizer else "initial values are" if initial else ""):
        raise UsageError(f"{said} of a training step", hint="add --what step")
    if explain is not None and str(explain) != "-":
        check_writable(explain)
    from graphgrad import explain as tell
    from graphgrad.api.code import target_for, write

    targets = [target_for(file, target) for file in files] or [target or "numpy"]
    known = read_values(values)
    graph = read_graph(source, known, shapes)
    found = [
        _step(graph, wrt, optimizer or "sgd", known, initial, dtype=dtype, batch=batch, target=name)
        if what == "step"
        else write(_transforms()[what](graph, *wrt), target=name, dtype=dtype, batch=batch, returns=returns)
        for name in targets
    ]
    if explain is not None and str(explain) != "-":
        say_wrote(tell(found[0]).save(explain))
    elif explain is not None:
        click.echo(str(tell(found[0])))
    for file, compiled in zip(files, found, strict=False):
        compiled.save(file)
        say_wrote(file, f"{len(compiled.source.splitlines())} lines")
    if not files and explain is None:
        click.echo(found[0].source, nl=False)


def _step(
    graph: Graph, wrt: tuple[str, ...], optimizer: str, values: dict[str, Any], initial: str | None, **options: Any
) -> CompiledStep:
    """Compile a step that begins at the values of its parameters, and draws the others."""
    from graphgrad.api.code import compile_step, without_rows

    parameters = wrt or without_rows(graph)
    rows = dict.fromkeys(parameters, initial) if initial else {}
    starts = rows | {name: value for name, value in values.items() if name in parameters}
    return compile_step(graph, parameters, optimizer, initial=starts, **options)


def _transforms() -> dict[str, Callable[..., Graph]]:
    from graphgrad import grad, hessian, jvp
    from graphgrad.api.graphs import hvp

    return {"gradient": grad, "value": lambda graph, *_: graph, "jvp": jvp, "hvp": hvp, "hessian": hessian}
