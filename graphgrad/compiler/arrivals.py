"""Where arrays make themselves known to a function of numbers: `math` refuses them, arithmetic does not."""

from __future__ import annotations

from graphgrad.compiler.lines import Dialect
from graphgrad.core.graph import Graph

ASKED = "isfinite"  # the quickest of the functions that refuse an array


def unnoticed(graph: Graph, dialect: Dialect) -> list[str]:
    """Give the inputs that no function has looked at before they divide, or at all: as an array each would go through.

    >>> from graphgrad.frontend.parse import parse
    >>> unnoticed(parse("1 / x + log(y) + 1 / y + w"), Dialect("python"))
    ['x', 'w']
    """
    bits = {i: 1 << k for k, i in enumerate(graph.inputs.values())}
    needs: list[int] = []  # of every node: the inputs that it is made of
    noticed = missed = 0
    every = sum(bits.values())
    for i, node in enumerate(graph.nodes):
        if noticed == every:
            break
        operands = [needs[o] for o in node.operands]
        needs.append(bits.get(i, 0))
        for need in operands:
            needs[i] |= need
        form = dialect.form(graph, i)
        if form is None:
            continue
        if form.calls or form.branches:
            noticed |= needs[i]
        elif any("/" in text for text in form.texts):
            missed |= operands[-1] & ~noticed
    missed |= every & ~noticed
    read = {i for i in graph.inputs.values() if graph.users[i]} | {*graph.outputs.values()}
    return [name for name, i in graph.inputs.items() if i in read and bits[i] & missed]
