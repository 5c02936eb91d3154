"""Dead code: what no output needs goes; inputs stay, for callers give them."""

from __future__ import annotations

from graphgrad.compiler.passes.passed import GONE, Pass, Passed, idle
from graphgrad.core.builder import trimmed
from graphgrad.core.graph import Graph
from graphgrad.transform.rewrite import Firing

NAME = "dead code"
RULE = "a node that nothing needs -> gone"


def _drop(graph: Graph) -> Passed:
    """Give the graph of what the outputs need."""
    after, place = trimmed(graph)
    if after is graph:
        return idle(NAME, graph)
    renaming = [place.get(i, GONE) for i in range(len(graph))]
    gone = tuple(Firing(i, GONE, RULE) for i, new in enumerate(renaming) if new == GONE)
    return Passed(NAME, graph, after, renaming, gone)


dead_code = Pass(NAME, _drop)
