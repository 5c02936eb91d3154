"""Graphs as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphgrad.api.source import Source, as_graph

if TYPE_CHECKING:
    from graphgrad.compiler.compiled import Compiled


def compile(graph: Source, /, target: str = "numpy", dtype: str = "float64") -> Compiled:  # noqa: A001
    """Compile a graph to a function of readable source that runs without graphgrad; `.source`, `.save("step.py")`.

    A gradient graph gives `value, grads`, one output its value, other outputs a dictionary by name. Raises TargetError
    for a target that does not exist or is not installed.

    Arrays have the shapes that the graph was parsed with, and are computed in `dtype`, float64 or float32. Raises
    UsageError for another dtype. Source: the table's spelling of every operation; the text says which rule each line
    is.

    >>> from graphgrad.api.graphs import grad
    >>> f = compile(grad("log(x1*x2)*sin(x2)"))
    >>> value, grads = f(x1=0.5, x2=0.75)
    >>> round(grads["x1"], 4)
    1.3633
    """
    from graphgrad.compiler.compile import compile as translate

    return translate(as_graph(graph), target=target, dtype=dtype)
