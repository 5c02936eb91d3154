"""Common sub-expressions: what is computed twice is computed once, and `y + x` is `x + y`."""

from __future__ import annotations

from graphgrad.compiler.passes.passed import GONE, Pass, Passed, anew, idle
from graphgrad.core.builder import Builder, trimmed
from graphgrad.core.graph import Graph, Node
from graphgrad.transform.rewrite import Firing, keep_notes

DEAD = "dead code"
RULE = "a node that nothing needs -> gone"


def _drop(graph: Graph) -> Passed:
    """Give the graph of what the outputs need."""
    after, place = trimmed(graph)
    if after is graph:
        return idle(DEAD, graph)
    renaming = [place.get(i, GONE) for i in range(len(graph))]
    gone = tuple(Firing(i, GONE, RULE) for i, new in enumerate(renaming) if new == GONE)
    return Passed(DEAD, graph, after, renaming, gone)


dead_code = Pass(DEAD, _drop)


NAME = "common sub-expressions"
EQUAL = "equal nodes -> one"
COMMUTING = {"add": "y + x -> x + y", "mul": "y * x -> x * y"}  # to the last bit


def _share(graph: Graph) -> Passed:
    """Compute once what is asked for more than once."""
    builder, new, fired = Builder(), list[int](), list[Firing]()
    nodes, seen = builder.nodes, dict[object, int]()
    for op, operands, attrs, shape, dtype in graph.nodes:
        moved = tuple([new[o] for o in operands])
        turned = moved[::-1] if op in COMMUTING and moved[1] < moved[0] else moved
        found = seen.setdefault((op, turned, attrs), len(nodes)) if operands else len(nodes)
        if found < len(nodes):
            fired.append(Firing(found, found, EQUAL if nodes[found].operands == moved else COMMUTING[op]))
        else:
            nodes.append(Node(op, moved, attrs, shape, dtype))
        new.append(found)
    builder.inputs.update({name: new[i] for name, i in graph.inputs.items()})
    if fired:
        keep_notes(graph, builder, new)
    return anew(NAME, graph, builder, new, fired)


sharing = Pass(NAME, _share)
