"""Sums of any length: Python's own parser goes as deep as a sum is long, and stops at some three thousand terms."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

TERMS = 500  # read at a time
EXPONENT = re.compile(r"(?<![\w.])[\d.]+[eE]$")


def program_of(source: str) -> list[ast.stmt]:
    """Give the statements of a program; a line that is too long a sum for Python is read in pieces.

    SyntaxError as Python's; RecursionError or MemoryError where something else is nested too deeply.

    >>> len(program_of("a = 1; a + 2"))
    2
    """
    try:
        return ast.parse(source).body
    except (RecursionError, MemoryError):
        lines = source.split("\n")
        if not source.isascii():
            raise
        return [statement for k, line in enumerate(lines) for statement in _statements(line, k)]


def _statements(line: str, k: int) -> list[ast.stmt]:
    """The statements of a line that is a whole, the k-th from 0."""
    try:
        found = ast.parse(line).body
    except (RecursionError, MemoryError):
        head = re.match(r"\s*(\w+)\s*=(?!=)\s*", line)
        start = head.end() if head else 0
        value = _sum(line, start)
        target = [ast.Name(head[1], ast.Store())] if head else []
        statement: ast.Assign | ast.Expr = ast.Assign([*target], value) if head else ast.Expr(value)
        for node in (statement, *target):
            node.lineno, node.end_lineno, node.col_offset, node.end_col_offset = 1, 1, 0, len(line)
        return _moved([statement], k)
    return _moved(found, k)


def _moved(statements: Sequence[ast.stmt], lines: int) -> list[ast.stmt]:
    for statement in statements if lines else ():
        ast.increment_lineno(statement, lines)
    return [*statements]


def _sum(line: str, start: int) -> ast.expr:
    """A sum from a place of a line on, as Python would have it: from the left."""
    signs = _signs(line, start)[TERMS::TERMS]
    tree = _shifted(ast.parse(line[start : signs[0] if signs else None], mode="eval").body, start)
    for place, end in zip(signs, [*signs[1:], len(line)], strict=True):
        piece = _shifted(ast.parse(f"_{line[place:end]}", mode="eval").body, place - 1)
        first = piece
        assert isinstance(first, ast.BinOp)
        while isinstance(first.left, ast.BinOp):
            first.col_offset, first = start, first.left
        first.col_offset, first.left = start, tree
        tree = piece
    return tree


def _signs(line: str, start: int) -> list[int]:
    """Where the signs between the terms of a sum are."""
    found, depth = [], 0
    for place in range(start, len(line)):
        letter = line[place]
        depth += (letter in "([{") - (letter in ")]}")
        if letter in "+-" and not depth:
            before = line[start:place].rstrip()[-30:] if place - start < 30 else line[place - 30 : place].rstrip()
            if before and (before[-1].isalnum() or before[-1] in ")]_.") and not EXPONENT.search(before):
                found.append(place)
    return found


def _shifted(tree: ast.expr, columns: int) -> ast.expr:
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += columns
            node.end_col_offset = (node.end_col_offset or 0) + columns
    return tree
