"""A graph in operations that another world has, the others by their definitions."""

from __future__ import annotations

from collections.abc import Callable

from graphgrad.core.builder import Builder
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph
from graphgrad.core.op import Op
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline


def expanded(graph: Graph, world: str, has: Callable[[Op], bool]) -> Graph:
    """Give the graph in operations that a world has; TargetError for one that it cannot be told.

    >>> from graphgrad.frontend.parse import parse
    >>> print(expanded(parse("softmax(x)", x=3), "C", lambda row: row.name in {"exp", "sum", "div"}))
    v1 = exp(x)
    z = v1 / sum(v1, axis=-1, keepdims=True)
    """
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        operands = [new[o] for o in node.operands]
        row = OPS.get(node.op)
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif row is None:
            new[i] = builder.const(node.value)
        elif has(row):
            new[i] = builder.apply(node.op, *operands, **dict(node.attrs))
        elif isinstance(row.define, str):
            new[i] = inline(builder, row.define, row, operands, dict(node.attrs))
        else:
            raise TargetError(f"{world} has no operation for '{node.op}'")
    found = builder.build({name: new[i] for name, i in graph.outputs.items()})
    known = all(node.op not in OPS or has(OPS[node.op]) for node in found.nodes)
    return found if known else expanded(found, world, has)
