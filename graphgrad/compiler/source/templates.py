"""Spelling: a column of the table, taken apart once into text with places for the operands.

Operands are put in with just the parentheses they need; a spelling that uses an operand twice wants it to be a name.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import TargetError
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import runtime
from graphgrad.frontend.printers import key as written_key

ATOM = 16
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


class Template(NamedTuple):
    """Texts between places; a place is an operand's slot and the level below which it needs parentheses."""

    texts: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    level: int
    once: tuple[bool, ...]  # by slot: whether the operand occurs at most once, so that an expression may stand there
    calls: frozenset[str]  # functions called by a bare name: of `math` or of the runtime

    @property
    def both(self) -> bool:
        """Whether a spelling for numbers serves arrays too, with NumPy's functions in the place of those of `math`."""
        return not self.branches and all(hasattr(np, name) and hasattr(math, name) for name in self.calls)

    @property
    def branches(self) -> bool:
        """Whether it asks for the truth of an operand, which an array has not."""
        return any(word in text for text in self.texts for word in (" if ", "not ", " and ", " or ", "min(", "max("))

    def renamed(self, names: Mapping[str, str]) -> Template:
        """Call functions by other names."""
        texts = self.texts
        for name in self.calls & names.keys():
            texts = tuple(re.sub(rf"(?<![\w.]){name}(?=\()", names[name], text) for text in texts)
        return self._replace(texts=texts)

    def fill(self, operands: list[Spelled]) -> Spelled:
        """Put operands in their places."""
        parts = [self.texts[0]]
        for text, (slot, level) in zip(self.texts[1:], self.places, strict=True):
            operand = operands[slot]
            parts += (operand.text if operand.level >= level else f"({operand.text})", text)
        return Spelled("".join(parts), self.level)


def spell(form: Template, op: str, operands: list[Spelled]) -> Spelled:
    """Put operands in their places; those of a row that takes a list become one."""
    if OPS[op].variadic:
        operands = [Spelled(f"[{', '.join(o.text for o in operands)}]", ATOM)]
    return form.fill(operands)


@cache
def template(op: str, attrs: tuple[tuple[str, Any], ...], column: str) -> Template:
    """Give the template of a row in a column; TargetError where the row has no spelling there.

    >>> template("sub", (), "python").fill([Spelled("x", 16), Spelled("a - b", 10)]).text
    'x - (a - b)'
    """
    row = OPS[op]
    text: str = getattr(row, column)
    if not text:
        raise TargetError(f"'{op}' has no spelling in {column}")
    return _foreign(row.operands, text, attrs) if column == "js" else _python(row.operands, text, dict(attrs))


def _python(operands: tuple[str, ...], text: str, attrs: dict[str, Any]) -> Template:
    """Take a Python expression apart by its syntax tree."""
    tree = ast.parse(text, mode="eval").body
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
    calls = frozenset(re.findall(r"(?<![\w.])([a-z]\w*)\(", text.replace("math.", ""))) - {"abs", "min", "max"}
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
    return Template(
        tuple(texts), tuple(places), 0, (False,) * len(operands), frozenset(re.findall(r"\b(?:erf|exprel)\b", text))
    )
