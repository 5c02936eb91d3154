"""A graph becomes a module, and the module a function."""

from __future__ import annotations

from typing import Any

from graphgrad.compiler.backends.c import build, c_code, c_file
from graphgrad.compiler.backends.javascript import JavaScriptWriter
from graphgrad.compiler.backends.numpy import Writer
from graphgrad.compiler.compiled import Compiled, compiled, load
from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.specialise import check_rows, specialise
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.results import RETURNS
from graphgrad.compiler.targets import target_row
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.garbage import uncollected
from graphgrad.core.graph import Graph

DTYPES = ("float64", "float32")


@uncollected
def compile(  # noqa: A001  (as in gg.compile)
    graph: Graph, /, target: str = "numpy", dtype: str = "float64", batch: int | None = None, returns: str = "names"
) -> Compiled:
    """Give a function that computes a graph's outputs, made of readable source that runs without graphgrad.

    A gradient graph gives `value, grads`, one output its value, other outputs a dictionary by name; where `returns` is
    "tuple", several outputs are a flat tuple, in the graph's order, which takes a third less time. Programs of numbers
    run through `math`; given arrays, or where `math` refuses what NumPy computes (an overflow, a value outside a
    domain), the same lines run on NumPy, point by point, and follow it: inf and nan. `dtype` is the type of arrays;
    `batch` is the size of the named dimension, where there is one and it is known.
    Raises TargetError for a target that does not exist, is not installed or cannot spell an operation.

    >>> from graphgrad.frontend.parse import parse
    >>> from graphgrad.transform.grad import grad
    >>> f = compile(grad(parse("x1 * sin(x2)"), "x1"))
    >>> f(x1=2.0, x2=0.0)
    (0.0, {'x1': 0.0})
    >>> compile(grad(parse("x1 * sin(x2)")), returns="tuple")(2.0, 0.0)
    (0.0, 0.0, 2.0)
    """
    if dtype not in DTYPES:
        raise UsageError(f"dtype must be float64 or float32, not {dtype}")
    if returns not in RETURNS:
        raise UsageError(f"returns must be names or tuple, not {returns}")
    check_rows(batch)
    row = target_row(target)
    if batch is not None:
        named = {s for i in graph.inputs.values() for s in graph.nodes[i].shape if isinstance(s, str)}
        if len(named) != 1:
            raise UsageError(f"a batch of {batch} wants one named dimension, and there are {len(named)}")
        graph = specialise(graph, dict.fromkeys(named, batch))
    passes = pipeline(graph, SIMPLER)
    after = passes[-1].graph
    said = Provenance(graph, after, composed(passes, len(graph)))
    known = {"target": target, "dtype": dtype, "graph": graph, "passes": passes}
    if target == "c":
        source = c_file(graph, after)
        return compiled(build(after, source, returns), source=source, code=lambda: (c_code(after),), **known)
    if target == "javascript":
        foreign = JavaScriptWriter(graph, after, said, row, returns)
        return compiled(_only_text, source=foreign.source(), code=foreign.code, **known)
    writer = Writer(graph, after, said, row, dtype, returns)
    source = writer.source()
    function = load(source, writer.name)[writer.name]
    return compiled(function, source=source, code=writer.code, **known)


def _only_text(*_: Any, **__: Any) -> Any:
    """JavaScript does not run here."""
    raise TargetError("JavaScript does not run here", hint="save it, and import it in a browser or in node")
