"""The program behind a graph of gradients: what a module says that it was made from."""

from __future__ import annotations

from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph
from graphgrad.frontend.printers import program
from graphgrad.transform.grad import derivative_name

LONGEST = 1000  # nodes of a graph without a text of its own that is written out


def gradients(graph: Graph) -> dict[str, int]:
    """Give the outputs that are derivatives of the first one, by input; empty where others are among them."""
    first, *others = graph.outputs
    known = {derivative_name(first, name): name for name in graph.inputs}
    return {known[name]: graph.outputs[name] for name in others} if all(name in known for name in others) else {}


def primal_program(graph: Graph) -> str:
    """Give the user's text, or what it would be, without the gradients; empty where nobody would read it.

    >>> from graphgrad.frontend.capture import capture
    >>> from graphgrad.transform.grad import grad
    >>> primal_program(grad(capture(lambda x, y: x * y)))
    'x * y'
    """
    if graph.source:
        return graph.source
    first, node = next(iter(graph.outputs.items()))
    primal = Builder(graph).build({first: node}) if gradients(graph) else graph
    return program(primal) if len(primal) < LONGEST else ""
