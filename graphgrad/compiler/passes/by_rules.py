"""Passes by rules: they look for a match first, and go through a graph only where there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from graphgrad.compiler.passes.passed import Pass, Passed, anew, idle
from graphgrad.core.graph import Graph, Node
from graphgrad.core.lookup import Table
from graphgrad.transform.matching import Match, Rule, matched, rules
from graphgrad.transform.rewrite import Rewriter, folds, keep_notes
from graphgrad.transform.rules import RULES, Rewrite, text_of

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


def folding(name: str, exact: Arithmetic) -> Pass:
    """Make the pass that does arithmetic on whole numbers."""
    form = Form(dict.fromkeys(exact, ((0, frozenset({"const"})),)), lambda nodes, i: folds(nodes, i, exact) is not None)
    return Pass(name, lambda graph: _swept(name, graph, form, Sweep("", exact)))


@cache
def _heads(table: str) -> dict[str, tuple[tuple[int, frozenset[str]], ...]]:
    """The operations at the tops of rules, and those of the first of their operands that is one."""
    found: dict[str, dict[int, frozenset[str]]] = {}
    for op, row in rules(table).items():
        for rule in row:
            slot, head = rule.heads[0]
            slots = found.setdefault(op, {})
            slots[slot] = slots.get(slot, frozenset()) | {head}
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
