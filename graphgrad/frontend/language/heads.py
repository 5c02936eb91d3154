"""What may stand before the lines of a program: values of inputs, and functions of the user's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graphgrad.core.constants import CONSTANTS

_FUNCTION = re.compile(r"(?P<name>[^\W\d]\w*)[ \t]*(?P<parameters>\([^()=;]*\))[ \t]*=(?!=)")
_STATEMENT = re.compile(r"(?:^|[;\n])[ \t]*", re.MULTILINE)
_CHAIN = re.compile(r"(?:^|[;\n])[ \t]*(?P<lefts>(?:[^\W\d]\w*[ \t]*\([^()=;\n]*\)[ \t]*=(?!=)[ \t]*){2,})")


class UserFunction(NamedTuple):
    """A function defined in one line, g(x, y) = x*y, and those that it may call: the ones before it."""

    name: str
    parameters: tuple[str, ...]
    body: ast.expr
    known: Mapping[str, UserFunction]


def unchained(source: str) -> str:
    """Write functions that are defined in one chain as a line for each.

    >>> unchained("g1(x, y) = g2(x, y) = x*y; z = g1(a, g2(a, b))")
    'g1(x, y) = x*y; g2(x, y) = x*y; z = g1(a, g2(a, b))'
    """
    pieces, done = [], 0
    for match in _CHAIN.finditer(source):
        end = _statement_end(source, match.end())
        body = source[match.end() : end].rstrip()
        if match.end() >= done and body:
            heads = [left.strip() for left in match["lefts"].split("=")[:-1]]
            pieces += [source[done : match.start("lefts")], "; ".join(f"{head} = {body}" for head in heads)]
            done = end
    return "".join([*pieces, source[done:]])


def _statement_end(source: str, start: int) -> int:
    """Where the statement ends that goes on at a place: at a semicolon, a comment or a line's end outside brackets."""
    depth = 0
    for place in range(start, len(source)):
        letter = source[place]
        depth += (letter in "([{") - (letter in ")]}")
        if letter in ";\n#" and depth <= 0:
            return place
    return len(source)


def without_parameters(source: str) -> tuple[str, dict[tuple[int, int], tuple[str, ...]]]:
    """Blank the parameters of `g(x, y) = x*y`, which Python's grammar lacks, so that every place stays what it was.

    Gives the text, and the parameters by the line (from 1) and the column, in bytes, of the function's name.

    >>> without_parameters("g(x, y) = x*y; g(a, b)")
    ('g       = x*y; g(a, b)', {(1, 0): ('x', 'y')})
    """
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    pieces, done = [], 0
    for start in _STATEMENT.finditer(source):
        match = _FUNCTION.match(source, start.end())
        names = [name.strip() for name in match["parameters"][1:-1].split(",")] if match else []
        if match is None or not all(name.isidentifier() for name in names) or len({*names}) < len(names):
            continue
        line = source.count("\n", 0, match.start()) + 1
        before = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
        found[line, len(before.encode())] = tuple(names)
        first, last = match.span("parameters")
        pieces += [source[done:first], " " * len(source[first:last].encode())]
        done = last
    return "".join([*pieces, source[done:]]), found


def values_at_head(statements: Sequence[ast.stmt]) -> tuple[dict[str, Any], bool, int]:
    """Read lines such as `x1 = 0.5`, `x1, x2 = 0.5, 0.75` and `x = [2, 3]` before the first line of another kind.

    Gives the values by name, whether several were given in one line, and how many lines these are.
    """
    given: dict[str, Any] = {}
    together = False
    for count, statement in enumerate(statements[:-1]):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pairs = [(name, value)]
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(
                values
            ) and all(isinstance(name, ast.Name) for name in names):
                pairs = [(name.id, value) for name, value in zip(names, values, strict=True)]  # type: ignore[attr-defined]
                together = True
            case _:
                return given, together, count
        read = {name: _value(value) for name, value in pairs}
        if None in read.values() or given.keys() & read.keys():
            return given, together, count
        given |= read
    return given, together, max(len(statements) - 1, 0)


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number or of lists of numbers, which are not ragged."""
    return (len(value), *shape_of(value[0])) if isinstance(value, list) and value else (0,) if value == [] else ()


def _value(tree: ast.expr) -> Any:
    """A number, a list of numbers or of such lists; None for anything else."""
    if not isinstance(tree, ast.List):
        return _number(tree)
    rows = [_value(element) for element in tree.elts]
    ragged = not rows or None in rows or len({shape_of(row) for row in rows}) > 1
    return None if ragged else rows


def _number(tree: ast.expr) -> Any:
    """A number as people write it, -0.5 and pi/4 too; None for anything else."""
    match tree:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return CONSTANTS.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner) if (number := _number(inner)) is not None:
            return -number
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as sign, right=right):
            a, b = _number(left), _number(right)
            if a is not None and b:
                return a * b if isinstance(sign, ast.Mult) else a / b
    return None
