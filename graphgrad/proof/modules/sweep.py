"""A graph evaluated node by node by the numpy column, with every value let go after its last use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from graphgrad.core.graph import Graph, Node


def sweep(
    graph: Graph, inputs: dict[str, Any], apply: Callable[[Node, list[Any]], Any], outputs: Mapping[str, int]
) -> Iterator[tuple[str, Any]]:
    """Give the outputs as they are found; `apply` gives a node's value from those of its operands.

    Inputs, too, are taken out of their dictionary, and let go.
    """
    wanted = set(outputs.values())
    for k in range(len(graph) - 1, -1, -1):
        if k in wanted:
            wanted.update(graph.nodes[k].operands)
    last = {i: k for k in sorted(wanted) for i in graph.nodes[k].operands}
    names: dict[int, list[str]] = {}
    for name, i in outputs.items():
        names.setdefault(i, []).append(name)
    found: dict[int, Any] = {}
    for k in sorted(wanted):
        node = graph.nodes[k]
        found[k] = inputs.pop(node.value) if node.op == "input" else apply(node, [found[i] for i in node.operands])
        for name in names.get(k, ()):
            yield name, found[k]
        for i in [*node.operands, k]:
            if last.get(i, k) == k:
                found.pop(i, None)
