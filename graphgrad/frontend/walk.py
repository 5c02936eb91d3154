"""What every printer shares: visiting the nodes below one, and when an operand wants parentheses."""

from __future__ import annotations

from collections.abc import Callable, Container
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
    order, stack, seen = [], [node], set()
    while stack:
        top = stack.pop()
        if top in seen:
            continue
        seen.add(top)
        order.append(top)
        if top == node or top not in stop:
            stack += graph.nodes[top].operands
    printed: dict[int, Text] = {}
    for i in sorted(order):
        made = graph.nodes[i]
        if made.op not in OPS or (i in stop and i != node):
            printed[i] = leaf(graph, i)
        else:
            printed[i] = spell(made, [printed[o] for o in made.operands])
    return printed[node].text


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
