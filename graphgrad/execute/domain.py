"""Values outside an operation's domain: found after a run, and refused only where an output needs them.

NumPy computes on with NaN and inf. Where a row states a domain and a result is not finite, the domain is checked; an
entry that breaks it is an error unless every use of it is an unselected branch of `where`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import DomainError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.lower import Lowering, parsed


def refuse_outside(graph: Graph, values: Sequence[Any]) -> None:
    """Raise DomainError for the first node whose operands break its domain where an output needs it."""
    broken = {
        i: outside
        for i, node in enumerate(graph.nodes)
        if node.op in OPS and OPS[node.op].domain and not np.isfinite(values[i]).all()
        if (outside := ~_inside(node.op, *[values[o] for o in node.operands])).any()
    }
    if not broken:
        return
    demands = demand(graph, values)
    for i, outside in broken.items():
        needed = np.broadcast_to(outside & demands[i], np.shape(values[i]))
        if needed.any():
            raise _error(graph, values, i, needed)


def demand(graph: Graph, values: Sequence[Any]) -> list[Any]:
    """Give, for every node, which of its entries the outputs need: all, but for unselected branches of `where`."""
    needed: list[Any] = [np.False_] * len(graph)
    for i in graph.outputs.values():
        needed[i] = np.True_
    for i in range(len(graph) - 1, -1, -1):
        node = graph.nodes[i]
        if node.op not in OPS:
            continue
        for slot, operand in enumerate(node.operands):
            passed = needed[i]
            if node.op == "where" and slot:
                passed = passed & (values[node.operands[0]] if slot == 1 else ~np.asarray(values[node.operands[0]]))
            if np.shape(passed) and (not OPS[node.op].elementwise or np.shape(values[operand]) != np.shape(passed)):
                passed = passed.any()
            needed[operand] = needed[operand] | passed
    return needed


@cache
def _conditions(op: str) -> Graph:
    """The row's domain, as a graph of its operands."""
    row, builder = OPS[op], Builder()
    env: dict[str, Any] = {name: builder.input(name) for name in row.operands}
    return builder.build({"inside": Lowering(builder, env, {}).lower(parsed(row.domain))})


def _inside(op: str, *operands: Any) -> Any:
    graph = _conditions(op)
    values: list[Any] = [*operands, *[None] * (len(graph) - len(operands))]
    for i, node in enumerate(graph.nodes):
        if node.op == "const":
            values[i] = node.value
        elif node.op != "input":
            values[i] = kernel(node, "numpy")(*[values[o] for o in node.operands])
    return np.asarray(values[graph.output])


def refused(graph: Graph, i: int, said: str) -> DomainError:
    """The error of a node that NumPy refuses to compute."""
    from graphgrad.frontend.printers import text

    spans = graph.spans.get(i, ())
    shown = text(graph, i, frozenset(range(len(graph))) - {i})
    return DomainError(f"{said}: {shown}", source=graph.source, span=spans[0] if spans else None)


def _error(graph: Graph, values: Sequence[Any], i: int, needed: Any) -> DomainError:
    from graphgrad.frontend.printers import text

    node = graph.nodes[i]
    row = OPS[node.op]
    place = tuple(int(k[0]) for k in np.nonzero(needed)) if np.shape(needed) else ()
    entries = [np.broadcast_to(values[o], np.shape(needed))[place] for o in node.operands]
    where = f" at entry {list(place)}" if place else ""
    facts = ", ".join(f"{graph.label(o)} = {float(v):.6g}" for o, v in zip(node.operands, entries, strict=True)
                      if graph.nodes[o].op != "const")  # fmt: skip
    shown = text(graph, i, frozenset(range(len(graph))) - {i})
    names = dict(zip(row.operands, (graph.label(o) for o in node.operands), strict=True))
    condition = re.sub("|".join(rf"\b{name}\b" for name in names), lambda found: names[found[0]], row.domain)
    said = _SAID.get(node.op, f"{shown} needs {condition}")
    spans = graph.spans.get(i, ())
    message = f"{said}{where}" + (
        f", but {facts}" if facts and node.op not in _SAID else f": {shown} with {facts}" if facts else ""
    )
    return DomainError(message, source=graph.source, span=spans[0] if spans else None)


_SAID = {
    "div": "division by zero",
    "reciprocal": "division by zero",
    "pow": "this power is no real number",
}
