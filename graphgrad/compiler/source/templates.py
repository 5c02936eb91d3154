"""Spellings, taken apart once into text with places for the operands.

Operands are put in with just the parentheses they need; a spelling that uses an operand twice wants it to be a name.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core import syntax
from graphgrad.core.errors import TargetError
from graphgrad.core.op import Op
from graphgrad.core.shapes import runtime
from graphgrad.execute import numpy_functions, python_functions
from graphgrad.frontend.printers import key as written_key

ATOM = 16
CALL = r"(?<![\w.])([a-z]\w*)\("
MODULES = frozenset({"np"})
SLOTS = {"a": 0, "b": 1, "v": -1}  # of a statement's operands; what it writes into comes last
_LEVELS: tuple[tuple[type[ast.AST], int], ...] = (  # how tightly Python binds, loosest first
    (ast.Lambda, 1), (ast.IfExp, 1), (ast.Or, 2), (ast.And, 3), (ast.Not, 4), (ast.Compare, 5), (ast.BitOr, 6),
    (ast.BitXor, 7), (ast.BitAnd, 8), (ast.Add, 10), (ast.Sub, 10), (ast.Mult, 11), (ast.Div, 11), (ast.MatMult, 11),
    (ast.UnaryOp, 13), (ast.Pow, 14),
)  # fmt: skip
_LEVEL = dict(_LEVELS)
_DEFAULTS = frozenset({("axis", "None"), ("keepdims", "False"), ("axes", "None")})  # NumPy's own, left unsaid


class Spelled(NamedTuple):
    """An expression and how tightly it binds."""

    text: str
    level: int


@dataclass(frozen=True)
class Template:
    """Texts between places; a place is an operand's slot and the level below which it needs parentheses."""

    texts: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    level: int
    once: tuple[bool, ...]  # by slot: whether the operand occurs at most once, so that an expression may stand there
    calls: frozenset[str]  # functions called by a bare name: of `math` or of the runtime
    listed: bool = False  # whether the one operand is a list of any length

    @cached_property
    def both(self) -> bool:
        """Whether a spelling for numbers serves arrays too, with functions of arrays in place of those of numbers."""
        pairs = ((math, np), (python_functions, numpy_functions))
        return not self.branches and all(
            any(hasattr(one, name) and hasattr(many, name) for one, many in pairs) for name in self.calls
        )

    @cached_property
    def branches(self) -> bool:
        """Whether it asks for the truth of an operand, which an array has not."""
        return any(word in text for text in self.texts for word in (" if ", "not ", " and ", " or ", "min(", "max("))

    @cached_property
    def raises(self) -> bool:
        """Whether Python may refuse some numbers."""
        return bool(self.calls) or any(sign in text for text in self.texts for sign in ("/", "**"))

    @cached_property
    def width(self) -> int:
        """The characters of its texts."""
        return sum(map(len, self.texts))

    def renamed(self, names: Mapping[str, str]) -> Template:
        """Call functions, and modules, by other names."""
        texts = self.texts
        for name in (self.calls | MODULES) & names.keys():
            texts = tuple(re.sub(rf"(?<![\w.]){name}(?=[(.])", names[name], text) for text in texts)
        return self if texts is self.texts else replace(self, texts=texts)

    def typed(self, kind: str) -> Template:
        """Make its numbers numbers of a type."""
        return replace(self, texts=tuple(typed(text, kind) for text in self.texts))

    def fill(self, operands: list[Spelled]) -> Spelled:
        """Put operands in their places."""
        parts = [self.texts[0]]
        for text, (slot, level) in zip(self.texts[1:], self.places, strict=True):
            operand = operands[slot]
            parts += (operand.text if operand.level >= level else f"({operand.text})", text)
        return Spelled("".join(parts), self.level)


def typed(text: str, kind: str) -> str:
    """Make the numbers in a spelling numbers of a type.

    >>> typed("1 / (1 + x2)", "real")
    'real(1) / (real(1) + x2)'
    """
    return re.sub(r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)(?![\w.])", rf"{kind}(\1)", text)


class Column(NamedTuple):
    """How a language spells the rows of the table; Python's syntax says how tightly its spellings bind."""

    name: str
    spelling: Callable[[Op], str]
    python: bool = True


@cache
def template(row: Op, attrs: tuple[tuple[str, Any], ...], column: Column) -> Template:
    """Give the template of a row in a column; TargetError where the row has no spelling there.

    >>> from graphgrad.core.ops import OPS
    >>> column = Column("python", lambda row: row.python)
    >>> template(OPS["sub"], (), column).fill([Spelled("x", 16), Spelled("a - b", 10)]).text
    'x - (a - b)'
    """
    text = column.spelling(row)
    if not text:
        raise TargetError(f"'{row.name}' has no spelling in {column.name}")
    if not column.python:
        return _foreign(row.operands, text, attrs)
    return replace(_python(row.operands, text, dict(attrs)), listed=row.variadic)


@cache
def form(text: str) -> Template:
    """Give the template of a value that is no row, of operands a, b and c, in Python's syntax."""
    return _python(("a", "b", "c"), text, {})


@cache
def sentence(text: str) -> Template:
    """Give the template of a statement, of operands a and b, that writes into v.

    >>> sentence("v -= a").fill([Spelled("x + y", 10), Spelled("z", 16)]).text
    'z -= x + y'
    """
    places: list[tuple[int, int]] = []
    texts = [""]
    for part in re.split(r"(?<![.\w])([abv])(?!\w)", text):
        if part in SLOTS:
            places.append((SLOTS[part], 0))
            texts.append("")
        else:
            if places and part.startswith((".", "[")):
                places[-1] = (places[-1][0], ATOM)
            texts[-1] += part
    return Template(tuple(texts), tuple(places), 0, (), frozenset(re.findall(CALL, text)))


def _python(operands: tuple[str, ...], text: str, attrs: dict[str, Any]) -> Template:
    """Take a Python expression apart by its syntax tree."""
    tree = syntax.expression(text)
    holes: list[tuple[int, int, int, int, str]] = []  # start, end, slot, level, text put there instead
    _visit(tree, None, operands, attrs, holes)
    texts, places, at = [""], [], 0
    for start, end, slot, level, instead in sorted(holes):
        texts[-1] += text[at:start] + instead
        at = end
        if slot >= 0:
            places.append((slot, level))
            texts.append("")
    texts[-1] += text[at:]
    texts = [part.replace("math.", "") for part in texts]
    calls = frozenset(re.findall(CALL, text.replace("math.", ""))) - {"abs", "min", "max"}
    count = [sum(s == slot for s, _ in places) for slot in range(len(operands))]
    return Template(tuple(texts), tuple(places), _level(tree), tuple(n <= 1 for n in count), calls)


def _level(tree: ast.AST) -> int:
    inner = tree.op if isinstance(tree, ast.BinOp | ast.BoolOp) else tree
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        inner = tree.op
    return _LEVEL.get(type(inner), ATOM)


def _visit(tree: ast.AST, parent: ast.AST | None, operands: tuple[str, ...], attrs: dict[str, Any],
           holes: list[tuple[int, int, int, int, str]]) -> None:  # fmt: skip
    """Note where operands and attributes stand."""
    if isinstance(tree, ast.Call):  # a keyword that says NumPy's default goes
        last = (tree.args or [tree.func])[-1].end_col_offset
        for keyword in tree.keywords:
            if isinstance(keyword.value, ast.Name) and keyword.value.id in attrs:
                said = (keyword.arg, repr(attrs[keyword.value.id]))
                if said in _DEFAULTS:
                    assert last is not None
                    assert keyword.end_col_offset is not None
                    holes.append((last, keyword.end_col_offset, -1, 0, ""))
                    keyword.value = ast.Constant(0)
            last = keyword.end_col_offset
    if isinstance(tree, ast.Name):
        assert tree.end_col_offset is not None
        here = (tree.col_offset, tree.end_col_offset)
        if tree.id in operands:
            holes.append((*here, operands.index(tree.id), _needed(parent, tree), ""))
        elif tree.id in attrs:
            value = attrs[tree.id]
            in_brackets = isinstance(parent, ast.Subscript) and parent.slice is tree
            holes.append((*here, -1, 0, written_key(value) if in_brackets else repr(runtime(value))))
    for child in ast.iter_child_nodes(tree):
        _visit(child, tree, operands, attrs, holes)


def _needed(parent: ast.AST | None, child: ast.AST) -> int:
    """The level below which an operand at this place needs parentheses."""
    match parent:
        case None | ast.Call() | ast.keyword() | ast.List() | ast.Tuple():
            return 0
        case ast.BinOp(op=ast.Pow(), left=left):
            return ATOM if child is left else 13
        case ast.BinOp(left=left):
            return _level(parent) + (child is not left)
        case ast.Subscript() | ast.Attribute():
            return ATOM
    return _level(parent) + 1


def _foreign(operands: tuple[str, ...], text: str, attrs: tuple[tuple[str, Any], ...]) -> Template:
    """Take an expression of another language apart by its words; operands other than names get parentheses."""
    values = {name: str(runtime(value)) for name, value in attrs}
    places: list[tuple[int, int]] = []
    texts = [""]
    for part in re.split(r"(?<![.\w])([A-Za-z_]\w*)", text):
        if part in operands:
            places.append((operands.index(part), ATOM))
            texts.append("")
        else:
            texts[-1] += values.get(part, part)
    return Template(tuple(texts), tuple(places), 0, (False,) * len(operands), frozenset(re.findall(CALL, text)))
