"""Passes by rules: they look for a match first, and go through a graph only where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import isfinite
from typing import NamedTuple

import numpy as np

from graphgrad.compiler.passes.passed import Pass, Passed, anew, idle
from graphgrad.core.graph import Graph, Node
from graphgrad.core.lookup import Table
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.transform.matching import Match, Rule, matched, rules
from graphgrad.transform.rewrite import Firing, Rewriter, folds, keep_notes
from graphgrad.transform.rules import RULES, Rewrite, text_of

BEYOND = "constants beyond the numbers -> inf or nan"
Arithmetic = Mapping[str, Callable[..., int | None]]


class Form(NamedTuple):
    """What nodes that are rewritten look like: by operation, the operations of some operand; and, exactly, whether."""

    heads: Mapping[str, tuple[tuple[int, frozenset[str]], ...]]
    fits: Callable[[Sequence[Node], int], bool]


class Sweep(Rewriter):
    """A rewriter of a graph, in whose table a rule that shares work fires only where it lets go of an operand."""

    def __init__(self, table: str, exact: Arithmetic) -> None:
        super().__init__(table=table, exact=exact)
        self.alone: set[int] = set()  # nodes that have one use in the graph

    def gains(self, rule: Rule, match: Match, node: int) -> bool:
        """Whether the term is there already, and another is not needed any more: else two rules could go in circles."""
        operand = self.nodes[node].operands[rule.heads[0][0]]
        return operand in self.alone and super().gains(rule, match, node)


def by_rules(name: str, table: Table[Rewrite] = RULES) -> Pass:
    """Make the pass that applies its rules of a table wherever they fit."""

    def run(graph: Graph) -> Passed:
        text = text_of(name, table=table)

        def fits(nodes: Sequence[Node], i: int) -> bool:
            return any(matched(nodes, rule, i) for rule in rules(text)[nodes[i].op])

        return _swept(name, graph, Form(_heads(text), fits), Sweep(text, {}))

    return Pass(name, run, lambda: [rule for rule in table.values() if rule.of == name])


class Folding(Sweep):
    """A rewriter that computes what constants come to: whole numbers, and what is beyond all numbers."""

    def rewritten(self, node: int) -> int:
        """Give the constant in the place of arithmetic on constants."""
        value = beyond_numbers(self.nodes, node)
        if value is None:
            return super().rewritten(node)
        new = self.const(value)
        self.fired.append(Firing(node, new, BEYOND))
        return new


def folding(name: str, exact: Arithmetic) -> Pass:
    """Make the pass that does arithmetic on whole numbers, and writes down where constants leave the numbers."""

    def run(graph: Graph) -> Passed:
        computed = {row.name for row in OPS.values() if row.plain and row.dtype == "float" and row.name != "neg"}
        heads = dict.fromkeys(computed | exact.keys(), ((0, frozenset({"const", "neg"})),))
        return _swept(name, graph, Form(heads, fits), Folding("", exact))

    def fits(nodes: Sequence[Node], i: int) -> bool:
        return folds(nodes, i, exact) is not None or beyond_numbers(nodes, i) is not None

    return Pass(name, run)


def beyond_numbers(nodes: Sequence[Node], node: int) -> float | None:
    """What IEEE arithmetic makes of constants where that is infinite or nan; None for anything else.

    >>> from graphgrad.frontend.parse import parse
    >>> beyond_numbers(parse("log(0.0)").nodes, 1), beyond_numbers(parse("log(2.0)").nodes, 1)
    (-inf, None)
    """
    op, operands, _, shape, dtype = nodes[node]
    if shape or dtype != "float" or op == "neg" or op not in OPS or not OPS[op].plain:
        return None
    values = [_number(nodes, o) for o in operands]
    if None in values:
        return None
    with np.errstate(all="ignore"):
        value = float(kernel(nodes[node], "numpy")(*map(np.float64, values)))
    return None if isfinite(value) else value


def _number(nodes: Sequence[Node], i: int) -> float | None:
    """A constant, or one with a sign; None for anything else."""
    made = nodes[i]
    if made.op == "neg":
        inner = _number(nodes, made.operands[0])
        return None if inner is None else -inner
    return float(made.value) if made.op == "const" and not made.shape else None


@cache
def _heads(table: str) -> dict[str, tuple[tuple[int, frozenset[str]], ...]]:
    """The operations at the tops of rules, and those of the first of their operands that is one."""
    found: dict[str, dict[int, frozenset[str]]] = {}
    for op, row in rules(table).items():
        for rule in row:
            slot, wanted = (rule.heads[0][0], {rule.heads[0][1]}) if rule.heads else (0, {*OPS, "const", "input"})
            slots = found.setdefault(op, {})
            slots[slot] = slots.get(slot, frozenset()) | wanted
    return {op: tuple(slots.items()) for op, slots in found.items()}


def _fits(graph: Graph, form: Form) -> bool:
    """Whether some node has the form."""
    nodes, (heads, fits) = graph.nodes, form
    for i, (op, operands, *_) in enumerate(nodes):
        for slot, wanted in heads.get(op, ()):
            if nodes[operands[slot]].op in wanted and fits(nodes, i):
                return True
    return False


def _swept(name: str, graph: Graph, form: Form, builder: Sweep) -> Passed:
    """Go through a graph, operands first; what is not rewritten is taken over, shared with no other."""
    if not _fits(graph, form):
        return idle(name, graph)
    heads = form.heads
    nodes, new = builder.nodes, list[int]()
    once = [len(users) == 1 for users in graph.users] if builder.asks else [False] * len(graph)
    conditions = any(node.dtype == "bool" for node in graph.nodes)
    for i, (op, operands, attrs, shape, dtype) in enumerate(graph.nodes):
        if op == "input":
            new.append(builder.input(attrs[0][1], shape, dtype))
        elif op == "const":
            new.append(builder.const(attrs[0][1]))
        else:
            moved = tuple([new[o] for o in operands])
            if conditions and any(nodes[o].dtype == "bool" for o in moved):  # which may have to become numbers
                new.append(builder.apply(op, *moved, **dict(attrs)))
                continue
            at = builder.take(Node(op, moved, attrs, shape, dtype))
            for slot, wanted in heads.get(op, ()):
                if nodes[moved[slot]].op in wanted:
                    at = builder.rewritten(at)
                    break
            if once[i]:
                builder.alone.add(at)
            new.append(at)
    keep_notes(graph, builder, new)
    return anew(name, graph, builder, new, builder.fired)
