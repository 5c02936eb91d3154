"""Rules as patterns: text in the language, read once, and whether a node is of a pattern's form."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core import syntax
from graphgrad.core.builder import Builder
from graphgrad.core.constants import CONSTANTS, ConstantArray
from graphgrad.core.errors import ParseError, UsageError
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import SYMBOLS
from graphgrad.core.ops import NAMES, OPS
from graphgrad.frontend.lower import Lowering, parsed


class Rule(NamedTuple):
    """One rule: the graph of its left side, whose inputs match anything, and its top; what operands must be; the text.

    Inputs in capitals match matrices alone, `vector` a vector, `weights` what has no slope (conditions, whole numbers,
    constants with a zero among them, and arithmetic on these), `unmasked` what is no `where` and no constant. `known`
    is a term, as an operation of two inputs of the pattern, that must exist for the rule to fire.
    """

    pattern: Graph
    top: int
    heads: tuple[tuple[int, str], ...]
    replacement: str
    known: tuple[str, str, str] | None
    text: str


class Match(NamedTuple):
    """What the names and the attributes of a pattern stand for."""

    env: dict[str, int]
    attrs: dict[str, Any]


def matched(nodes: Sequence[Node], rule: Rule, node: int) -> Match | None:
    """Give what a rule's pattern stands for at a node; None where the node is not of that form."""
    operands = nodes[node].operands
    for slot, head in rule.heads:
        if nodes[operands[slot]].op != head:
            return None
    match = Match({}, {})
    return match if _fits(nodes, rule.pattern, rule.top, node, match) else None


def _fits(nodes: Sequence[Node], pattern: Graph, at: int, node: int, match: Match) -> bool:
    wanted, found = pattern.nodes[at], nodes[node]
    if wanted.op == "input":
        rank = 2 if wanted.value.isupper() else 1 if wanted.value == "vector" else None
        if wanted.value == "weights" and not _weighs(nodes, node):
            return False
        if wanted.value == "unmasked" and found.op in {"where", "const"}:
            return False
        return match.env.setdefault(wanted.value, node) == node and (rank is None or len(found.shape) == rank)
    if wanted.op != found.op:
        return False
    for (_, wish), (_, value) in zip(wanted.attrs, found.attrs, strict=True):
        if (match.attrs.setdefault(wish.name, value) if isinstance(wish, Anything) else wish) != value:
            return False
    return all(_fits(nodes, pattern, a, b, match) for a, b in zip(wanted.operands, found.operands, strict=True))


def _weighs(nodes: Sequence[Node], node: int) -> bool:
    """Whether a node has no slope, and may be 0."""
    inside, stack = set[int](), [node]
    while stack:
        made = nodes[top := stack.pop()]
        if top in inside:
            continue
        inside.add(top)
        if made.dtype == "float" and made.op != "const":
            if made.op not in {"add", "sub", "mul", "div", "neg"}:
                return False
            stack += made.operands
    constant = all(nodes[i].op == "const" or nodes[i].op in {"mul", "div", "neg"} for i in inside)
    return not constant or bool(np.any(_zeros(nodes, node)))


def _zeros(nodes: Sequence[Node], node: int) -> Any:
    """Where a product or quotient of constants is 0."""
    made = nodes[node]
    if made.op == "const":
        value = made.value
        return (value.array if isinstance(value, ConstantArray) else np.asarray(float(value))) == 0
    factors = [_zeros(nodes, o) for o in made.operands[: 1 if made.op == "div" else 2]]
    return np.logical_or(*factors) if factors[1:] else factors[0]


@cache
def rules(text: str) -> dict[str, tuple[Rule, ...]]:
    """The rules by the operation at the top of their pattern."""
    table: dict[str, tuple[Rule, ...]] = {}
    for line in text.strip().splitlines():
        left, right = line.split(" -> ")
        right, _, condition = right.partition(" if ")
        pattern = _pattern(left)
        top = pattern.output
        op, operands, *_ = pattern.nodes[top]
        heads = tuple((slot, pattern.nodes[i].op) for slot, i in enumerate(operands) if pattern.nodes[i].op != "input")
        table[op] = (
            *table.get(op, ()),
            Rule(pattern, top, heads, right, _term(condition) if condition else None, line),
        )
    return table


def checked(text: str) -> str:
    """Give the text of a rule that somebody wrote; UsageError or ParseError where it is none."""
    line = " ".join(text.split())
    if line.count(" -> ") != 1:
        raise UsageError(
            f"'{line}' is no rule", hint='write "pattern -> replacement", such as "sin(x) / cos(x) -> tan(x)"'
        )
    left, right = line.split(" -> ")
    right, _, condition = right.partition(" if ")
    try:
        sides = [syntax.expression(side) for side in (left, right, *([condition] if condition else []))]
    except SyntaxError:
        raise ParseError(f"a side of the rule '{line}' is no expression") from None
    if not any(
        isinstance(tree, ast.Call | ast.BinOp | ast.UnaryOp | ast.Compare | ast.Attribute) for tree in sides[:1]
    ):
        raise UsageError(f"the rule '{line}' has no operation on its left")
    known, *others = ({n.id for n in ast.walk(side) if isinstance(n, ast.Name)} - {*NAMES} for side in sides)
    for names in others:
        if unknown := sorted(names - known - {*CONSTANTS}):
            raise UsageError(f"the rule '{line}' does not say what '{unknown[0]}' is on its left")
    if condition and not (
        isinstance(sides[2], ast.BinOp) and all(isinstance(s, ast.Name) for s in (sides[2].left, sides[2].right))
    ):
        raise UsageError(f"the condition '{condition}' of a rule is an operation of two names, such as x / z")
    rules(line)
    return line


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
