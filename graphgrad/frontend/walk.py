"""What every printer shares: visiting the nodes below one, and when an operand wants parentheses."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple

from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import ATOM, NEG, POW, Op
from graphgrad.core.ops import OPS


class Text(NamedTuple):
    """Printed text and how tightly it binds."""

    text: str
    precedence: int


Leaf = Callable[[Graph, int], Text]
Spell = Callable[[Node, list[Text]], Text]


def walk(graph: Graph, node: int, stop: Container[int], leaf: Leaf, spell: Spell) -> str:
    """Print a node's expression down to inputs, constants and the nodes in `stop`, which print by `leaf`.

    `spell` prints one application of its printed operands.
    """
    printed: dict[int, Text] = {}
    for i, ends in _below(graph, node, stop):
        made = graph.nodes[i]
        printed[i] = leaf(graph, i) if ends else spell(made, [printed[o] for o in made.operands])
    return printed[node].text


def length(graph: Graph, node: int, stop: Container[int] = frozenset()) -> int:
    """How many operands and operations a node's expression is when written out, what is shared counted every time.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("b = a + a; c = b * b; c * c")
    >>> length(g, g.output)
    15
    """
    lengths: dict[int, int] = {}
    for i, ends in _below(graph, node, stop):
        lengths[i] = 1 if ends else 1 + sum(lengths[o] for o in graph.nodes[i].operands)
    return lengths[node]


def _below(graph: Graph, node: int, stop: Container[int]) -> Iterator[tuple[int, bool]]:
    """The nodes that a node's expression is made of, operands first, and whether the expression ends there."""
    stack, seen = [node], set()
    while stack:
        top = stack.pop()
        if top not in seen:
            seen.add(top)
            if top == node or top not in stop:
                stack += graph.nodes[top].operands
    for i in sorted(seen):
        yield i, graph.nodes[i].op not in OPS or (i in stop and i != node)


def binds(row: Op, slot: int, operand: Text) -> bool:
    """Whether an operand of an operator stands without parentheses."""
    if row.name == "pow":
        return operand.precedence > POW if slot == 0 else operand.precedence >= NEG
    if row.precedence == NEG:
        return operand.precedence >= POW
    return operand.precedence > row.precedence or (
        operand.precedence == row.precedence and slot == 0 and row.dtype != "bool"
    )


def is_operator(row: Op) -> bool:
    """Whether a row is written as an operator, not as a call."""
    return row.precedence < ATOM


def shown_attrs(row: Op, node: Node) -> dict[str, Any]:
    """The static attributes that differ from the row's defaults."""
    return {k: v for k, v in node.attrs if k not in row.attrs or row.attrs[k] != v or row.attrs[k] is None is not v}
