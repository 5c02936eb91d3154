"""Mathematics as it is typed: letters that Python makes others of without a word, and formulas over several lines."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from graphgrad.core import syntax
from graphgrad.core.errors import ParseError, Span

RAISED = {"<super>": "**", "<sub>": "_"}
HEAD = re.compile(r"\*\*|[*/@%&|<>+-]|[=!]=")  # of a line that goes on with the one above
TAIL = re.compile(r"([-+*/@%&|<>=])$")


def refuse_raised(source: str) -> None:
    """Raise ParseError for a letter that stands high or low: Python takes it for the letter itself.

    >>> refuse_raised("e\u02e3")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.ParseError: '\u02e3' is not part of the language; write **x
      e\u02e3
       ^
    """
    for k, line in enumerate(source.split("\n"), 1):
        for column, letter in enumerate(line.partition("#")[0]):
            kind = "" if letter.isascii() else unicodedata.decomposition(letter).partition(" ")[0]
            if kind in RAISED and not letter.isdigit() and letter.isidentifier():
                plain = unicodedata.normalize("NFKC", letter)
                hint = "write .T to transpose" if plain == "T" else f"write {RAISED[kind]}{plain}"
                span = Span(k, column, k, column + 1)
                raise ParseError(f"'{letter}' is not part of the language", hint=hint, source=source, span=span)


def continued(source: str) -> str:
    r"""Give the program with formulas that go over several lines in one each.

    A line goes on where the one above ends in an operator, or where it begins with one; with a sign it may be a formula
    of its own, too, and is refused below an assignment.

    >>> continued("x**2\n+ y**2"), continued("z = x *\ny\nz + 1")
    ('x**2 + y**2', 'z = x * y\nz + 1')
    """
    lines, depth = [""][:0], 0
    for line in source.split("\n"):
        above = lines[-1].partition("#")[0].rstrip() if lines else ""
        text = line.partition("#")[0].rstrip()
        if depth == 0 and above and text:
            if text[0] in "+-" and not TAIL.search(above) and _assigns(above):
                span = Span(len(lines) + 1, 0, len(lines) + 1, 1)
                hint = "end the line above with it, or put the formula into parentheses"
                whole = "\n".join([*lines, line])
                raise ParseError(f"a line that begins with {text[0]} may go on with the one above, or not", hint=hint,
                                 source=whole, span=span)  # fmt: skip
            if HEAD.match(text) or TAIL.search(above):
                lines[-1] = f"{above} {line}"
                depth += _open(text)
                continue
        lines.append(line)
        depth += _open(text)
    return "\n".join(lines)


def _assigns(line: str) -> bool:
    return bool(re.search(r"(?<![<>=!])=(?!=)", line.rpartition(";")[2]))


def _open(text: str) -> int:
    """How many brackets a line opens more than it closes."""
    return sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")


TERMS = 500  # read at a time
EXPONENT = re.compile(r"(?<![\w.])[\d.]+[eE]$")


def program_of(source: str) -> list[ast.stmt]:
    """Give the statements of a program; a line that is too long a sum for Python is read in pieces.

    SyntaxError as Python's; RecursionError or MemoryError where something else is nested too deeply.

    >>> len(program_of("a = 1; a + 2"))
    2
    """
    try:
        return syntax.statements(source).body
    except (RecursionError, MemoryError):
        lines = source.split("\n")
        if not source.isascii():
            raise
        return [statement for k, line in enumerate(lines) for statement in _statements(line, k)]


def _statements(line: str, k: int) -> list[ast.stmt]:
    """The statements of a line that is a whole, the k-th from 0."""
    try:
        found = syntax.statements(line).body
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
    tree = _shifted(syntax.expression(line[start : signs[0] if signs else None]), start)
    for place, end in zip(signs, [*signs[1:], len(line)], strict=True):
        piece = _shifted(syntax.expression(f"_{line[place:end]}"), place - 1)
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


@cache
def renamed(text: str, names: tuple[tuple[str, str], ...], *, called: bool) -> str:
    """Give Python's text with names exchanged, where its syntax has them: functions and modules, or values.

    Functions are what is `called` or defined, modules what stands before a dot, but for `.T`; values are all others.

    >>> renamed("f(f, np.e)", (("f", "g"), ("np", "np_")), called=True)
    'g(f, np_.e)'
    >>> renamed("R(x) - R.T", (("R", "z"),), called=False)
    'R(x) - z.T'
    """
    new, places = dict(names), list[tuple[int, int, int, str]]()
    tree = syntax.statements(text)
    nodes = [*ast.walk(tree)]
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    modules = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr != "T"}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in new:
            if id(node) in functions | modules if called else id(node) not in functions:
                places.append((node.lineno, node.col_offset, node.end_col_offset or 0, node.id))
        elif isinstance(node, ast.FunctionDef) and called and node.name in new:
            at = node.col_offset + len("def ")
            places.append((node.lineno, at, at + len(node.name), node.name))
    lines = text.encode().split(b"\n")
    for line, at, end, name in sorted(places, reverse=True):
        before = lines[line - 1]
        lines[line - 1] = before[:at] + new[name].encode() + before[end:]
    return b"\n".join(lines).decode()
