"""Common sub-expressions: what is computed twice is computed once, and `y + x` is `x + y`."""

from __future__ import annotations

from typing import Any

from graphgrad.compiler.passes.passed import Pass, Passed, anew, idle
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph
from graphgrad.transform.rewrite import Firing, replay

NAME = "common sub-expressions"
EQUAL = "equal nodes -> one"
COMMUTING = {"add": "y + x -> x + y", "mul": "y * x -> x * y"}  # to the last bit


class _Sharing(Builder):
    """A builder to which the order of terms and factors is the same."""

    def __init__(self) -> None:
        super().__init__()
        self.fired: list[Firing] = []

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the application, or the one that is there already, with its operands turned or not."""
        count = len(self.nodes)
        if op in COMMUTING and self.find(op, *operands) is None:
            turned = self.find(op, *operands[::-1])
            if turned is not None:
                self.fired.append(Firing(turned, turned, COMMUTING[op]))
                return turned
        node = super().apply(op, *operands, **attrs)
        if node < count:
            self.fired.append(Firing(node, node, EQUAL))
        return node


def _share(graph: Graph) -> Passed:
    """Compute once what is asked for more than once."""
    seen: set[object] = set()
    for op, operands, attrs, *_ in graph.nodes:
        key = (op, operands[::-1] if op in COMMUTING and operands[1] < operands[0] else operands, attrs)
        if operands and key in seen:
            builder = _Sharing()
            return anew(NAME, graph, builder, replay(graph, builder), builder.fired)
        seen.add(key)
    return idle(NAME, graph)


sharing = Pass(NAME, _share)
