"""Rows that count more or less: a loss whose sums and means over rows are those of weighted ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphgrad.core.builder import Builder
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Slice
from graphgrad.frontend.lower import inline
from graphgrad.learn.networks.losses import Objective, free

SUM = "sum"  # which every mean is made of
COUNTS = "size"  # which knows of rows how many there are, and nothing else
Rewrite = Callable[[Builder, Node, list[int]], int]


def weighed(aim: Objective) -> Objective:
    """Give an objective whose rows have weights, which are an input more."""
    name = free("w", {*aim.graph.inputs, *aim.graph.first_named})
    graph = weighed_rows(aim.graph, aim.output, name)
    return aim._replace(graph=graph, text=str(graph), weights=name)


def weighed_rows(graph: Graph, output: str, weights: str) -> Graph:
    """Give a loss with one input more, a number a row: each sum and mean over rows is that of rows times their weights.

    It is those that depend on `output` that are changed, a normalisation within a network is not. Operations that are
    defined by such sums are written out. UsageError where a loss takes rows together otherwise.

    >>> from graphgrad.frontend.parse import parse
    >>> print(weighed_rows(parse("half_mse(R, Y)", R=("N", 2), Y=("N", 2)), "R", "w"))
    v2 = square(R - Y)
    z = sum(v2 * w[:, None]) / size(v2) / 2
    """
    rows = graph.nodes[_named(graph, output)].shape[0]
    while joined := [i for i in _over_rows(graph, output) if graph.nodes[i].op != SUM]:
        graph = _rewritten(graph, joined, _written_out)

    def weigh(builder: Builder, node: Node, operands: list[int]) -> int:
        (summed,) = operands
        weight = builder.input(weights, (rows,))
        if rank := len(builder.nodes[summed].shape) - 1:
            weight = builder.apply("index", weight, key=(Slice(None, None, None), *[None] * rank))
        return builder.apply(node.op, builder.apply("mul", summed, weight), **dict(node.attrs))

    return _rewritten(graph, _over_rows(graph, output), weigh)


def _written_out(builder: Builder, node: Node, operands: list[int]) -> int:
    """A row of the table by its definition."""
    row = OPS[node.op]
    if not isinstance(row.define, str):
        hint = "weights are for losses that add up, or take the mean of, what rows lose"
        raise UsageError(f"'{node.op}' takes rows together, and cannot weigh them", hint=hint)
    return inline(builder, row.define, row, operands, dict(node.attrs))


def _over_rows(graph: Graph, output: str) -> list[int]:
    """The nodes that have rows among their operands, of which a loss depends on, and none themselves."""
    start = _named(graph, output)
    rows, moved, found = graph.nodes[start].shape[0], {start}, []
    for i, node in enumerate(graph.nodes):
        if moved & {*node.operands} and node.op != COUNTS:
            moved.add(i)
            if node.shape[:1] != (rows,) and any(graph.nodes[o].shape[:1] == (rows,) for o in node.operands):
                found.append(i)
    return found


def _named(graph: Graph, name: str) -> int:
    return graph.inputs[name] if name in graph.inputs else graph.first_named[name]


def _rewritten(graph: Graph, places: Sequence[int], rewrite: Rewrite) -> Graph:
    """The graph with some nodes written otherwise, and its names."""
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        operands = [new[o] for o in node.operands]
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif node.op == "const":
            new[i] = builder.const(node.value)
        elif i in places:
            new[i] = rewrite(builder, node, operands)
        else:
            new[i] = builder.apply(node.op, *operands, **dict(node.attrs))
        for name in graph.names.get(i, ()):
            builder.name(new[i], name)
    return builder.build({name: new[i] for name, i in graph.outputs.items()})
