"""Rewriting while building: a builder that applies the rules to every node it makes.

Operands are simplified before the nodes on top of them, so that one pass over a graph is enough.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph, Node
from graphgrad.transform.arithmetic import build
from graphgrad.transform.matching import Match, Rule, matched, rules
from graphgrad.transform.rules import text_of

FOLDING = "whole numbers -> their result"


class Firing(NamedTuple):
    """One use of a rule: the node it matched, the node that took its place, and the rule's text."""

    before: int
    after: int
    rule: str


_LARGE = 2**53
EXACT: Mapping[str, Callable[..., int | None]] = {  # arithmetic on whole numbers, where the result is one
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a**b if 0 <= b <= 64 else None,
    "div": lambda a, b: a // b if b and a % b == 0 else None,
    "square": lambda a: a * a,
}
_DECIDED: Mapping[str, Callable[[Any, Any], bool]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}


class Rewriter(Builder):
    """A builder that simplifies as it builds, by a table of rules, and keeps a record of which rule did what."""

    def __init__(
        self,
        graph: Graph | None = None,
        table: str | None = None,
        exact: Mapping[str, Callable[..., int | None]] = EXACT,
    ) -> None:
        super().__init__(graph)
        self.fired: list[Firing] = []
        self._rules, self._exact = rules(text_of("algebra") if table is None else table), exact
        self.asks = {rule.known[0] for row in self._rules.values() for rule in row if rule.known}
        self._simplest: dict[int, int] = {}

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the simplest known node of that value."""
        node = super().apply(op, *operands, **attrs)
        known = self._simplest.get(node)
        if known is None:
            known = self._simplest[node] = self.rewritten(node)
        return known

    def plain(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the very application, unsimplified: what a lesson shows."""
        return super().apply(op, *operands, **attrs)

    def take(self, node: Node) -> int:
        """Add an application as it is; it is shared with no other, but rules find it that ask for its like."""
        return self._add(node, node[:3] if node.op in self.asks else None)

    def rewritten(self, node: int) -> int:
        """Give what the rules make of a node."""
        op, _, _, shape, _ = self.nodes[node]
        if op in self._exact:
            folded = folds(self.nodes, node, self._exact)
            if folded is not None:
                new = self.const(folded)
                self.fired.append(Firing(node, new, FOLDING))
                return new
        if op == "where" and (chosen := self._chosen(node)) is not None:
            return chosen
        for rule in self._rules.get(op, ()):
            match = matched(self.nodes, rule, node)
            if match is not None and (rule.known is None or self.gains(rule, match, node)):
                new = build(self, rule.replacement, *match)
                if self.nodes[new].shape == shape:
                    self.fire(Firing(node, new, rule.text), match)
                    return new
        return node

    def fire(self, firing: Firing, _match: Match) -> None:
        """Note the use of a rule."""
        self.fired.append(firing)

    def _chosen(self, node: int) -> int | None:
        """The branch that a condition on constants selects, where it has the shape of the whole."""
        condition, a, b = self.nodes[node].operands
        op, sides, *_ = self.nodes[condition]
        if op not in _DECIDED or any(self.nodes[o].op != "const" or self.nodes[o].shape for o in sides):
            return None
        chosen = a if _DECIDED[op](*[self.nodes[o].value for o in sides]) else b
        return chosen if self.nodes[chosen].shape == self.nodes[node].shape else None

    def gains(self, rule: Rule, match: Match, node: int) -> bool:
        """Whether the term that a rule asks for is there already, and not in use at the node."""
        assert rule.known is not None
        op, left, right = rule.known
        found = self.find(op, match.env[left], match.env[right])
        return found is not None and found != node and found not in self.nodes[node].operands


def folds(nodes: Sequence[Node], node: int, exact: Mapping[str, Callable[..., int | None]]) -> int | None:
    """Give the value of arithmetic on whole numbers, as long as it is exact."""
    op, operands, *_ = nodes[node]
    if op not in exact or any([nodes[i].op != "const" or type(nodes[i].value) is not int for i in operands]):  # noqa: C419  (faster)
        return None
    result = exact[op](*[nodes[i].value for i in operands])
    return result if result is not None and abs(result) < _LARGE else None


def replay(graph: Graph, builder: Builder) -> list[int]:
    """Build a graph's nodes again in a builder; gives the new node of every old one, names and places taken along."""
    new: list[int] = []
    for op, operands, attrs, shape, dtype in graph.nodes:
        if attrs:
            given = dict(attrs)
            if op == "input":
                new.append(builder.input(given["name"], shape, dtype))
            elif op == "const":
                new.append(builder.const(given["value"]))
            else:
                new.append(builder.apply(op, *[new[o] for o in operands], **given))
        else:
            new.append(builder.apply(op, *[new[o] for o in operands]))
    keep_notes(graph, builder, new)
    return new


def keep_notes(graph: Graph, builder: Builder, new: Sequence[int]) -> None:
    """Take a graph's names and places along to its new nodes."""
    first = dict(zip(reversed(new), range(len(new) - 1, -1, -1), strict=True))
    for i in sorted(graph.names):
        for name in graph.names[i] if first[new[i]] == i else ():  # else the node is an older one, and keeps its names
            builder.name(new[i], name)
    for i, spans in graph.spans.items():
        for span in spans:
            builder.place(new[i], span)


def simplify(graph: Graph, /) -> Graph:
    """Give a graph of the same values with less to compute, by the rules of `transform/rules.py`.

    >>> from graphgrad.frontend.parse import parse
    >>> print(simplify(parse("(x * 1 + 0) * (1 / y) + -w")))
    x / y - w
    """
    builder = Rewriter()
    new = replay(graph, builder)
    return builder.build({name: new[i] for name, i in graph.outputs.items()}, graph.source)
