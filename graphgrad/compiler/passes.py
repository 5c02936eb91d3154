"""Passes: each gives a graph of the same values, the new place of every node that is left, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from graphgrad.compiler.rules import LOOPED, TABLES, WRITTEN_OUT
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.transform.rewrite import Firing, Rewriter, replay


class Passed(NamedTuple):
    """What a pass gave."""

    name: str
    before: Graph
    graph: Graph
    renaming: Mapping[int, int]  # node before -> node after; nodes that nothing needs any more are left out
    fired: tuple[Firing, ...] = ()  # uses of rules; `before` and `after` count in the builder's nodes, not the graph's


TURNED = "(A @ B).T -> B.T @ A.T"


class RuleBuilder(Rewriter):
    """The rules of all tables, and one that only holds for matrices."""

    table = "\n".join(TABLES.values())

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the simplest known node of that value."""
        if op == "transpose" and self.nodes[operands[0]].op == "matmul" and attrs["axes"] is None:
            a, b = self.nodes[operands[0]].operands
            if len(self.nodes[a].shape) == len(self.nodes[b].shape) == 2:
                turned = [super(RuleBuilder, self).apply(op, i, axes=None) for i in (b, a)]
                new = super().apply("matmul", *turned)
                self.fired.append(Firing(operands[0], new, TURNED))
                return new
        return super().apply(op, *operands, **attrs)


def rewrite(graph: Graph) -> Passed:
    """Fold constants, share sub-expressions, apply the rules of all tables, and leave dead code behind: one replay."""
    builder = RuleBuilder()
    new = replay(graph, builder)
    outputs = {name: new[i] for name, i in graph.outputs.items()}
    rewritten, place = builder.finish(outputs, graph.source)
    renaming = {old: place[i] for old, i in new.items() if i in place}
    return Passed("rewrite", graph, rewritten, renaming, tuple(builder.fired))


def in_steps(op: str) -> str:
    """Say that a row is written out."""
    return f"{op} -> the steps that NumPy takes"


class _WrittenOut(Rewriter):
    """Rows that NumPy computes in several steps become those steps, so that value and gradient share them."""

    texts = WRITTEN_OUT

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the node, or the nodes that its row is written out to."""
        text = self.texts.get(op)
        if text is None:
            return super().apply(op, *operands, **attrs)
        new = inline(self, text, OPS[op], list(operands), attrs)
        self.fired.append(Firing(operands[0], new, in_steps(op)))
        return new


def write_out(graph: Graph) -> Passed:
    """Share the maximum, the powers and their sum between softmax, its logarithm and the loss."""
    return _written_out(graph, _WrittenOut())


def _written_out(graph: Graph, builder: _WrittenOut) -> Passed:
    new = replay(graph, builder)
    written, place = builder.finish({name: new[i] for name, i in graph.outputs.items()}, graph.source)
    renaming = {old: place[i] for old, i in new.items() if i in place}
    return Passed("write out", graph, written, renaming, tuple(builder.fired))


class _AllWrittenOut(_WrittenOut):
    texts = WRITTEN_OUT | LOOPED


def write_out_all(graph: Graph) -> Passed:
    """Write out, besides, what stands in one loop with its neighbours."""
    return _written_out(graph, _AllWrittenOut())


PASSES: tuple[Callable[[Graph], Passed], ...] = (rewrite,)


def pipeline(graph: Graph, passes: tuple[Callable[[Graph], Passed], ...] = PASSES) -> tuple[Passed, ...]:
    """Run passes one after the other.

    >>> from graphgrad.frontend.parse import parse
    >>> print(pipeline(parse("log(1 + exp(x)) * 1"))[-1].graph)
    softplus(x)
    """
    done: list[Passed] = []
    for change in passes:
        done.append(change(graph))
        graph = done[-1].graph
    return tuple(done)


def composed(passed: tuple[Passed, ...], nodes: int) -> dict[int, int]:
    """Give the place, after all passes, of each of the nodes before them that is left."""
    place = {i: i for i in range(nodes)}
    for one in passed:
        place = {old: one.renaming[i] for old, i in place.items() if i in one.renaming}
    return place
