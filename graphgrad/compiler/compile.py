"""A graph becomes a module, and the module a function."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from graphgrad.compiler.backend import TARGETS, Program, ProgramWriter, target_row
from graphgrad.compiler.compiled import Compiled, compiled, save
from graphgrad.compiler.door import at_door
from graphgrad.compiler.passes.passed import Passed, composed, pipeline
from graphgrad.compiler.passes.specialise import check_rows, specialise
from graphgrad.compiler.passes.table import AS_WRITTEN, PROGRAMS, STABLER
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.results import RETURNS
from graphgrad.core.builder import uncollected
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.transform.pullback import Adjoints

DTYPES = ("float64", "float32")


@uncollected
def compile(  # noqa: A001, PLR0913  (as in gg.compile; all but the first are options)
    graph: Graph,
    /,
    target: str = "numpy",
    dtype: str = "float64",
    batch: int | None = None,
    returns: str = "names",
    *,
    as_written: bool = False,
    checked: bool = True,
) -> Compiled:
    """Give a function that computes a graph's outputs, made of readable source that runs without graphgrad.

    A gradient graph gives `value, grads`, one output its value, other outputs a dictionary by name; where `returns` is
    "tuple", several outputs are a flat tuple, in the graph's order, which takes a third less time. Programs of numbers
    run through `math`; given arrays, or where `math` refuses what NumPy computes (an overflow, a value outside a
    domain), the same lines run on NumPy, point by point, and follow it: inf and nan. `dtype` is the type of arrays;
    `batch` is the size of the named dimension, where there is one and it is known. With `as_written` no stable form
    takes the place of a formula; a gradient has its own choice. Types and shapes of what is given are looked at, as in
    a run, and values may come in one mapping, unless `checked` is False; a saved module has no such door.
    Raises TargetError for a target that does not exist, is not installed or cannot spell an operation.

    >>> from graphgrad.frontend.parse import parse
    >>> from graphgrad.transform.grad import grad
    >>> f = compile(grad(parse("x1 * sin(x2)"), "x1"))
    >>> f(x1=2.0, x2=0.0)
    (0.0, {'x1': 0.0})
    >>> compile(grad(parse("x1 * sin(x2)")), returns="tuple")(2.0, 0.0)
    (0.0, 0.0, 2.0)
    """
    row = target_row(target)
    module = write(graph, row.name, dtype, batch, returns, as_written=as_written)
    function = module.writer.function(module.source)
    function = (
        at_door(function, module.graph, dtype, returns, arrays=bool(row.arrays)) if checked and row.runs else function
    )
    known = {"source": module.source, "target": row.name, "dtype": dtype, "graph": module.graph}
    return compiled(function, **known, passes=module.passes, code=module.code)


class WrittenModule(NamedTuple):
    """The module of a program: written, not run."""

    writer: ProgramWriter
    source: str
    graph: Graph  # before the passes
    passes: tuple[Passed, ...]

    @property
    def code(self) -> Callable[[], tuple[Code, ...]]:
        """What was written, from afar."""
        return self.writer.code

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the module to a file: whole, or not at all."""
        save(self.source, path)


@uncollected
def write(  # noqa: PLR0913
    graph: Graph,
    /,
    target: str = "numpy",
    dtype: str = "float64",
    batch: int | None = None,
    returns: str = "names",
    *,
    as_written: bool = False,
) -> WrittenModule:
    """Give the module that `compile` would run, for which nothing must be installed that only running it takes.

    >>> from graphgrad.frontend.parse import parse
    >>> "sin(v[0])" in write(parse("sin(x)"), "c").source
    True
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype must be float64 or float32, not {dtype}")
    if returns not in RETURNS:
        raise UsageError(f"returns must be names or tuple, not {returns}")
    check_rows(batch)
    row = TARGETS.row(target)
    if batch is not None:
        named = {s for i in graph.inputs.values() for s in graph.nodes[i].shape if isinstance(s, str)}
        if len(named) != 1:
            raise UsageError(f"a batch of {batch} wants one named dimension, and there are {len(named)}")
        graph = specialise(graph, dict.fromkeys(named, batch))
    better = STABLER if Adjoints in graph.cache else PROGRAMS
    passes = pipeline(graph, AS_WRITTEN if as_written else better)
    after = passes[-1].graph
    said = Provenance(graph, after, composed(passes, len(graph)))
    writer = row.write(Program(graph, after, said, row, dtype, returns))
    return WrittenModule(writer, writer.source(), graph, tuple(passes))
