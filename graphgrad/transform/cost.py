"""Counting arithmetic: the cheap gradient principle, shown for every program (Baur & Strassen 1983).

Rows state their own cost as a product, such as `2 * v * k`; moving and repeating entries costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from graphgrad.core.display import short
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape
from graphgrad.transform.grad import differentiable, reverse
from graphgrad.transform.rewrite import simplify


class Cost(NamedTuple):
    """Arithmetic operations of a forward pass, and those that the gradient adds, by row and in all."""

    forward: int
    gradient: int
    forward_by_row: Mapping[str, int]
    gradient_by_row: Mapping[str, int]

    def __repr__(self) -> str:
        return short("Cost", str(self))

    def __str__(self) -> str:
        many = "s" * (self.forward != 1)
        return (
            f"{self.forward} operation{many} forward, {self.gradient} for the gradient, {self.ratio:.2f} times as many"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = [(op, self.forward_by_row.get(op, 0), self.gradient_by_row.get(op, 0))
                for op in {**self.forward_by_row, **self.gradient_by_row}]  # fmt: skip
        table = "\n".join(f"| {op} | {forward} | {gradient} |" for op, forward, gradient in rows)
        head = "| operation | forward | gradient |\n|---|---:|---:|"
        return {"text/plain": str(self), "text/markdown": f"{self}\n\n{head}\n{table}"}

    @property
    def ratio(self) -> float:
        """Gradient over forward."""
        return self.gradient / self.forward if self.forward else 0.0


def cost(graph: Graph, /, *wrt: str, sizes: Mapping[str, int] | None = None) -> Cost:
    """Count the operations of a graph and of its gradient (with respect to all float inputs by default), simplified.

    `sizes` gives the named dimensions; UsageError where one is missing. A product of matrices counts 2mnk.

    >>> from graphgrad.frontend.parse import parse
    >>> cost(parse("log(x1*x2) * sin(x2)"))[:2]
    (4, 6)
    """
    forward = by_row(simplify(graph), sizes or {})
    both = by_row(simplify(reverse(graph, wrt or differentiable(graph), as_written=True)[0]), sizes or {})
    gradient = {op: both.get(op, 0) - forward.get(op, 0) for op in {**forward, **both}}
    added = {op: count for op, count in gradient.items() if count}
    return Cost(sum(forward.values()), sum(added.values()), forward, added)


def by_row(graph: Graph, sizes: Mapping[str, int]) -> dict[str, int]:
    """Count a graph's operations by row."""
    counts: dict[str, int] = {}
    for node in graph.nodes:
        if node.op not in OPS:
            continue
        row, shapes = OPS[node.op], [graph.nodes[o].shape for o in node.operands]
        known: dict[str, Any] = dict(zip(row.operands, shapes, strict=False)) | {"v": node.shape, "k": shapes[0][-1:]}
        count = prod(int(f) if f.isdigit() else _entries(known[f], sizes) for f in row.cost.split(" * "))
        if count:
            counts[node.op] = counts.get(node.op, 0) + count
    return counts


def _entries(shape: Shape, sizes: Mapping[str, int]) -> int:
    for size in shape:
        if isinstance(size, str) and size not in sizes:
            raise UsageError(f"the size of dimension '{size}' is not known", hint=f"give sizes={{'{size}': 32}}")
    return prod(sizes[s] if isinstance(s, str) else s for s in shape)
