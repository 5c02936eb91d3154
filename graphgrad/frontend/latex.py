"""Graphs as LaTeX."""

from __future__ import annotations

from collections.abc import Container

from graphgrad.core.constants import ConstantArray
from graphgrad.core.graph import Graph
from graphgrad.frontend.notation.counting import COUNTED, tells_places
from graphgrad.frontend.notation.names import belongs
from graphgrad.frontend.notation.tex import TEX
from graphgrad.frontend.notation.writer import Writer, labels
from graphgrad.frontend.printers import own_names, statements


def latex(graph: Graph, node: int | None = None, stop: Container[int] = frozenset()) -> str:
    r"""Write a node's expression in LaTeX (math mode), nodes in `stop` by their names; without a node, the program.

    A program that takes entries out of arrays ends by saying how they are counted.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("log(x1*x2) * sin(x2)")
    >>> print(latex(g, g.output))
    \log\left(x_{1} \, x_{2}\right) \, \sin\left(x_{2}\right)
    """
    if node is not None:
        return Writer(graph, TEX, stop).formula(node).text
    kept = statements(graph)
    writer, lines = Writer(graph, TEX, frozenset(kept)), []
    for i in kept:
        if graph.nodes[i].op == "const" and isinstance(value := graph.nodes[i].value, ConstantArray):
            lines.append(rf"{labels(graph)[graph.label(i)]} &\in {belongs(value)}")
            continue
        indices, (formula,) = writer.line([i])
        first, *others = (labels(graph)[name] for name in own_names(graph, i))
        lines.append(f"{writer.lead(first, indices)} &= {formula.text}")
        lines += [f"{name} &= {first}" for name in others]
    for name, i in graph.outputs.items():
        if i not in kept or name not in own_names(graph, i):
            lines.append(f"{labels(graph)[name]} &= {writer.name(i).text}")
    lines += [rf"& \text{{({COUNTED})}}"] * tells_places(graph)
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"
