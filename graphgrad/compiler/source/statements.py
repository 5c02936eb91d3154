"""Statements as data: what stands between a graph and text. A language prints them; nothing reads the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

NO_NODE = -1
NUMBERS, ARRAYS, ENTRIES = "numbers", "arrays", "entries"  # how a row is spelled: on what it is computed


class Expr(NamedTuple):
    """An operation on expressions, or a leaf.

    An operation is a row of the table, `said` its attributes, or what else a language has a form for. The leaves are
    `name` (of a variable), `digits` (of a number) and `constant` (its name); `said` is their text.
    """

    op: str
    operands: tuple[Expr, ...] = ()
    said: Any = ()
    kind: str = NUMBERS


def variable(text: str) -> Expr:
    """A variable."""
    return Expr("name", (), text)


def digits(number: float | str) -> Expr:
    """A number, as digits that read back to the same bits: of its value and of its type."""
    return Expr("digits", (), number if isinstance(number, str) else repr(number))


def tuple_of(parts: list[Expr]) -> Expr:
    """A tuple, such as a shape."""
    return Expr("tuple", tuple(parts))


def entry(array: Expr, index: tuple[Expr, ...]) -> Expr:
    """An entry, or entries, of an array."""
    return Expr("entry", (array, *index))


class Statement(NamedTuple):
    """One statement: a value gets a name or a place (`target`), or is written into an array (`into`), for a node.

    `depth` is the number of loops around it. Its operation and operands are those of `value`; where it writes into
    an array, the operation may be a verb of its own: `copy`, `product`, `loop` (whose variable is `into`).
    """

    target: Expr | None
    value: Expr
    node: int = NO_NODE
    into: Expr | None = None
    depth: int = 0


def variables_of(expression: Expr) -> Iterator[str]:
    """The variables of an expression."""
    if expression.op == "name":
        yield expression.said
    for operand in expression.operands:
        yield from variables_of(operand)


def replaced(expression: Expr, names: Mapping[str, Expr]) -> Expr:
    """An expression with others in the place of variables.

    >>> replaced(Expr("sin", (variable("x"),)), {"x": digits(1.0)}).operands[0].said
    '1.0'
    """
    if expression.op == "name":
        return names.get(expression.said, expression)
    if not expression.operands:
        return expression
    return expression._replace(operands=tuple([replaced(o, names) for o in expression.operands]))
