"""Which nodes of a network belong to which layer, told from the numbers in the parameters' names."""

from __future__ import annotations

import re

from graphgrad.core.graph import Graph

PARAMETER = re.compile(r"([A-Za-z]+)_?(\d+)")


def layers(graph: Graph) -> dict[str, tuple[int, ...]]:
    """Group a network's nodes: "layer 1" is what W1, b1 and the layers below alone decide, "loss" what a target joins.

    A graph without numbered tensor parameters has no layers; a number is one whose letters a tensor has, too.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("h = tanh(x @ W1); L = sum((h @ W2 - y)**2)", x=2, W1=(2, 3), W2=3, y=())
    >>> {name: [g.label(i) for i in nodes] for name, nodes in layers(g).items()}
    {'layer 1': ['W1', 'v1', 'h'], 'layer 2': ['W2', 'v2'], 'loss': ['v3', 'v4', 'L']}
    """
    numbered = {i: found for name, i in graph.inputs.items() if (found := PARAMETER.fullmatch(name))}
    letters = {found[1] for i, found in numbered.items() if graph.nodes[i].shape}
    level = {i: int(found[2]) for i, found in numbered.items() if found[1] in letters}
    if len(set(level.values())) < 2:
        return {}
    joined: set[int] = set()
    groups: dict[str, list[int]] = {}
    first = next((i for i in graph.inputs.values() if i not in level), -1)
    late = {i for i in graph.inputs.values() if i not in level and i != first}
    for i, node in enumerate(graph.nodes):
        if node.operands:
            level[i] = max((level.get(o, 0) for o in node.operands), default=0)
            if any(o in joined or o in late for o in node.operands):
                joined.add(i)
        if i in joined:
            groups.setdefault("loss", []).append(i)
        elif level.get(i):
            groups.setdefault(f"layer {level[i]}", []).append(i)
    return {name: tuple(groups[name]) for name in sorted(groups, key=lambda name: (name == "loss", len(name), name))}
