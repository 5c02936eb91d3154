"""Rows that NumPy computes in several steps become those steps, so that value and gradient share them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphgrad.compiler.passes.passed import Pass, Passed, anew, idle
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph
from graphgrad.core.lookup import Table
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.transform.rewrite import Firing, replay
from graphgrad.transform.rules import RULES, Rewrite


class _Stepwise(Builder):
    """A builder that writes rows out, by their texts in the operands' names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self.texts, self.fired = texts, list[Firing]()

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the node, or the nodes that its row is written out to."""
        text = self.texts.get(op)
        if text is None:
            return super().apply(op, *operands, **attrs)
        new = inline(self, text, OPS[op], list(operands), attrs)
        self.fired.append(Firing(operands[0], new, f"{op} -> the steps that NumPy takes"))
        return new


def write_out(name: str, *of: str, table: Table[Rewrite] = RULES) -> Pass:
    """Make the pass that writes rows out by its rules, and by those `of` others.

    Softmax, its logarithm and the loss share the maximum and the powers.
    """

    def mine() -> list[Rewrite]:
        return [rule for rule in table.values() if rule.of in {name, *of}]

    def run(graph: Graph) -> Passed:
        sides = [rule.text.split(" -> ") for rule in mine()]
        texts = {left.partition("(")[0]: right for left, right in sides}
        if not any(node.op in texts for node in graph.nodes):
            return idle(name, graph)
        builder = _Stepwise(texts)
        return anew(name, graph, builder, replay(graph, builder), builder.fired)

    return Pass(name, run, mine)
