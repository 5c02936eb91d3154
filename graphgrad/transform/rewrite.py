"""Rewriting while building: a builder that applies the rules to every node it makes.

Operands are simplified before the nodes on top of them, so that one pass over a graph is enough.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import Any, NamedTuple

from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import SYMBOLS
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import Lowering, parsed
from graphgrad.transform.arithmetic import build
from graphgrad.transform.rules import RULES


class Rule(NamedTuple):
    """One rule: the graph of its left side, whose inputs match anything; what its operands must be; and the text.

    `known` is a term, as an operation of two inputs of the pattern, that must exist for the rule to fire.
    """

    pattern: Graph
    heads: tuple[tuple[int, str], ...]
    replacement: str
    known: tuple[str, str, str] | None
    text: str


FOLDING = "whole numbers -> their result"


class Firing(NamedTuple):
    """One use of a rule: the node it matched, the node that took its place, and the rule's text."""

    before: int
    after: int
    rule: str


class Rewriter(Builder):
    """A builder that simplifies as it builds, and keeps a record of which rule did what."""

    table = RULES  # the rules it applies; the compiler's builder has more

    def __init__(self, graph: Graph | None = None) -> None:
        super().__init__(graph)
        self.fired: list[Firing] = []
        self._rules = rules(self.table)
        self._simplest: dict[int, int] = {}

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the simplest known node of that value."""
        node = super().apply(op, *operands, **attrs)
        known = self._simplest.get(node)
        if known is None:
            known = self._simplest[node] = self._rewrite(node)
        return known

    def plain(self, op: str, *operands: int) -> int:
        """Give the very application, unsimplified: what a lesson shows."""
        return super().apply(op, *operands)

    def _rewrite(self, node: int) -> int:
        op, operands, _, shape, _ = self.nodes[node]
        heads = [self.nodes[i].op for i in operands]
        if op in _EXACT and heads.count("const") == len(heads):
            folded = self._fold(op, operands)
            if folded is not None:
                self.fired.append(Firing(node, folded, FOLDING))
                return folded
        for rule in self._rules.get(op, ()):
            if any([heads[slot] != head for slot, head in rule.heads]):  # noqa: C419  (a list is faster than a generator)
                continue
            env: dict[str, int] = {}
            attrs: dict[str, Any] = {}
            if self._match(rule.pattern, rule.pattern.output, node, env, attrs) and self._exists(rule.known, env):
                new = build(self, rule.replacement, dict(env), attrs)
                if self.nodes[new].shape == shape:
                    self.fired.append(Firing(node, new, rule.text))
                    return new
        return node

    def _match(self, pattern: Graph, at: int, node: int, env: dict[str, int], attrs: dict[str, Any]) -> bool:
        wanted, found = pattern.nodes[at], self.nodes[node]
        if wanted.op == "input":
            return env.setdefault(wanted.value, node) == node
        if wanted.op != found.op:
            return False
        for (_, wish), (_, value) in zip(wanted.attrs, found.attrs, strict=True):
            if (attrs.setdefault(wish.name, value) if isinstance(wish, Anything) else wish) != value:
                return False
        return all(self._match(pattern, a, b, env, attrs) for a, b in zip(wanted.operands, found.operands, strict=True))

    def _exists(self, known: tuple[str, str, str] | None, env: dict[str, int]) -> bool:
        return known is None or self.find(known[0], env[known[1]], env[known[2]]) is not None

    def _fold(self, op: str, operands: tuple[int, ...]) -> int | None:
        """Arithmetic on whole numbers, as long as it is exact."""
        values = [self.nodes[i].value for i in operands]
        if any(type(v) is not int for v in values):
            return None
        result = _EXACT[op](*values)
        return self.const(result) if result is not None and abs(result) < _LARGE else None


def replay(graph: Graph, builder: Builder) -> dict[int, int]:
    """Build a graph's nodes again in a builder; gives the new node of every old one, names and places taken along."""
    new: dict[int, int] = {}
    named: set[int] = set()  # a node that two old ones became keeps the names of the first
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            new[i] = builder.input(node.value, node.shape, node.dtype)
        elif node.op == "const":
            new[i] = builder.const(node.value)
        else:
            new[i] = builder.apply(node.op, *(new[o] for o in node.operands), **dict(node.attrs))
        for name in graph.names.get(i, ()) if new[i] not in named else ():
            builder.name(new[i], name)
        named.add(new[i])
        for span in graph.spans.get(i, ()):
            builder.place(new[i], span)
    return new


def simplify(graph: Graph, /) -> Graph:
    """Give a graph of the same values with less to compute, by the rules of `transform/rules.py`.

    >>> from graphgrad.frontend.parse import parse
    >>> print(simplify(parse("(x * 1 + 0) * (1 / y) + -w")))
    x / y - w
    """
    builder = Rewriter()
    new = replay(graph, builder)
    return builder.build({name: new[i] for name, i in graph.outputs.items()}, graph.source)


@cache
def rules(text: str = RULES) -> dict[str, tuple[Rule, ...]]:
    """The rules by the operation at the top of their pattern."""
    table: dict[str, tuple[Rule, ...]] = {}
    for line in text.strip().splitlines():
        left, right = line.split(" -> ")
        right, _, condition = right.partition(" if ")
        pattern = _pattern(left)
        op, operands, *_ = pattern.nodes[pattern.output]
        heads = tuple((slot, pattern.nodes[i].op) for slot, i in enumerate(operands) if pattern.nodes[i].op != "input")
        table[op] = (*table.get(op, ()), Rule(pattern, heads, right, _term(condition) if condition else None, line))
    return table


def _term(text: str) -> tuple[str, str, str]:
    """An operation of two names."""
    tree = parsed(text)
    assert isinstance(tree, ast.BinOp)
    assert isinstance(tree.left, ast.Name)
    assert isinstance(tree.right, ast.Name)
    return SYMBOLS[type(tree.op)][0], tree.left.id, tree.right.id


class Anything(NamedTuple):
    """An attribute of a pattern that matches any value."""

    name: str


class _Pattern(Builder):
    """A builder that knows no shapes, for patterns fit nodes of any."""

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        return self._add(Node(op, operands, tuple(attrs.items()), (), OPS[op].dtype))


def _pattern(text: str) -> Graph:
    """The left side of a rule."""
    builder, attrs = _Pattern(), {name: Anything(name) for name in ("axis", "keepdims")}
    return builder.build({"left": Lowering(builder, {}, attrs, free=builder.input).lower(parsed(text))})


_LARGE = 2**53
_EXACT: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a**b if 0 <= b <= 64 else None,
    "div": lambda a, b: a // b if b and a % b == 0 else None,
}
