"""The first door: text. An expression, or a program of assignments whose last statement is the output."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from graphgrad.core.builder import Builder, uncollected
from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ParseError, ShapeError, Span, UsageError, did_you_mean
from graphgrad.core.graph import Graph, normal
from graphgrad.core.shapes import Shape, is_size
from graphgrad.frontend.columns import in_columns
from graphgrad.frontend.language.heads import shape_of, unchained, values_at_head, without_parameters
from graphgrad.frontend.language.program_text import continued, program_of, refuse_raised
from graphgrad.frontend.language.sets import unrolled
from graphgrad.frontend.lower import Lowering, Value

LENGTH = 500_000  # characters in a program
Declared = tuple[Shape, str]  # a shape, and what it holds: float, int or bool
Parameters = Mapping[tuple[int, int], tuple[str, ...]]  # of functions, by the place of their name
OUTPUTS = ("z", "y", "f", "w", "out")  # names for an output that the user did not name


@uncollected
def parse(text: str, shapes: Mapping[str, Any] | None = None, /, *, columns: Any = False, **more: Any) -> Graph:
    """Read an expression or a program of assignments into a graph.

    `shapes` gives the shapes of inputs, as tuples of ints and names of dimensions, or one int or name for a vector; the
    others are scalars. What is no number but a condition or an integer has its type behind its sizes, `m=("N", bool)`,
    or alone, `k=int`; an array stands for its own shape and type. With `columns` vectors are columns, of shape (n, 1),
    as textbooks write y = A x + b; the numbers are the same. Raises ParseError or ShapeError, with the place in
    the text, and UsageError for a shape of an input that does not occur. Source: the expression grammar of Python, the
    meaning of NumPy.

    >>> g = parse("y3 = x1*x2; y1 = log(y3); y2 = sin(x2); w = y1*y2; z = w")
    >>> list(g.inputs), list(g.outputs), [g.label(i) for i in range(len(g))]
    (['x1', 'x2'], ['z'], ['x1', 'x2', 'y3', 'y1', 'y2', 'z'])
    >>> parse("X @ W.T + b", X=("N", 2), W=(4, 2), b=4).nodes[-1].shape
    ('N', 4)
    """
    if not isinstance(columns, bool):  # an input of that name, as any may have
        more["columns"] = columns
    graph = _parsed(text, {**(shapes or {}), **more})
    return in_columns(graph) if columns is True else graph


def _parsed(text: str, shapes: Mapping[str, Any]) -> Graph:
    declared = {normal(name): declaration(name, said) for name, said in shapes.items()}
    source, statements, parameters = _statements(text)
    given, together, count = values_at_head(statements)
    if given:
        shaped = {name: (shape_of(value), "float") for name, value in given.items()} | declared
        graph = _lowered(source, statements[count:], parameters, shaped)
        if together or given.keys() >= graph.inputs.keys():  # beside other inputs, `c = 2` is a constant
            return _checked(replace(graph, given={n: given[n] for n in graph.inputs if n in given}), declared)
    return _checked(_lowered(source, statements, parameters, declared), declared)


def _checked(graph: Graph, declared: Mapping[str, Declared]) -> Graph:
    """Give the graph; UsageError where a shape was declared for an input that it does not have."""
    if unused := [n for n in declared if n not in graph.inputs]:
        hint = did_you_mean(unused[0], graph.inputs) or f"its inputs are {', '.join(graph.inputs) or 'none'}"
        raise UsageError(f"the program has no input '{unused[0]}'", hint=hint)
    return graph


def _lowered(
    source: str, statements: list[ast.stmt], parameters: Parameters, declared: Mapping[str, Declared]
) -> Graph:
    builder = Builder()

    def free(name: str) -> int | None:
        return None if name in CONSTANTS and name not in declared else builder.input(name, *declared.get(name, ()))

    env: dict[str, Value] = {}
    lowering = Lowering(builder, env, {}, source, free)
    output, name = -1, ""
    for statement in statements:
        target, expression = _assignment(statement, source)
        names = parameters.get((statement.lineno, statement.col_offset)) if target else None
        if names is not None:
            lowering.define(statement, target, names, expression)
            if statement is not statements[-1]:
                continue
        output, name = lowering.lower(expression), target
        if target:
            env[target] = output
            builder.name(output, target)
    lowering.name_results()
    return builder.build({name or free_output_name({*builder.inputs, *env}): output}, source)


def _statements(text: str) -> tuple[str, list[ast.stmt], Parameters]:
    if not isinstance(text, str):
        raise UsageError(f"a program is text, not {type(text).__name__}")
    text = text.removeprefix("\ufeff")  # with which editors of Windows begin a file
    source = "\n".join(line.strip() for line in text.splitlines()).strip()  # there are no blocks: indentation is free
    if len(source) > LENGTH:
        raise ParseError(f"the program has {len(source)} characters, {LENGTH} at most are read")
    if not source or source.isspace():
        raise ParseError("the program is empty", hint="write an expression, such as log(x1*x2)*sin(x2)")
    if "\0" in source:
        raise ParseError("the program contains a null character")
    if not source.isascii() and (bad := next((c for c in source if "\ud800" <= c <= "\udfff"), "")):
        raise ParseError(f"the program has a character that is no text, {bad!r}", hint="a program is UTF-8")
    if not source.isascii():
        refuse_raised(source)
    source = unrolled(unchained(continued(source)), LENGTH)
    try:
        plain, parameters = without_parameters(source)
        statements = program_of(plain)
    except SyntaxError as error:
        raise _explain(error, source) from None
    except (RecursionError, MemoryError):
        raise ParseError("nested too deeply", hint="name the inner parts on lines of their own") from None
    if not statements:
        raise ParseError("the program is empty", hint="write an expression, such as log(x1*x2)*sin(x2)")
    return source, statements, parameters


def _explain(error: SyntaxError, source: str) -> ParseError:
    """Say a syntax error in the language's own words."""
    said, line = error.msg or "invalid syntax", error.lineno or 1
    lines = source.split("\n")
    shown = lines[line - 1] if line <= len(lines) else ""
    column = min(max((error.offset or 1) - 1, 0), max(len(shown), 1))
    end = max(error.end_offset or 0, column + 2) - 1 if error.end_lineno == error.lineno else column + 1
    message, hint = _mistake(said, shown, column)
    if hint == _LAMBDA:  # Python says it where the colon is missing
        column = shown.index("lambda")
        end = column + 6
    return ParseError(message, hint=hint, source=source, span=Span(line, column, line, end))


def _mistake(said: str, shown: str, column: int) -> tuple[str, str]:  # noqa: C901  (a case for each kind)
    """Give what is wrong at a column of a line, and what would be right; `said` is Python's opinion."""
    ends, after = shown[:column].rstrip(), shown[column : column + 1]
    before = ends[-1:]
    side_by_side = before and after and (before.isalnum() or before in "_)]") and (after.isalnum() or after in "_(")
    message, hint = "this is not in the language", ""
    if re.search(r"\blambda\b(?!.*:)", shown):
        message, hint = "'lambda' is a word of Python's", _LAMBDA
    elif after in _WRITTEN and "character" in said:
        message, hint = f"'{after}' is not part of the language", f"write {_WRITTEN[after]}"
    elif "decimal literal" in said or "forgot a comma" in said or (said == "invalid syntax" and side_by_side):
        message, hint = "two values stand side by side", "write * to multiply, and parentheses after a function"
    elif after == "|" and not before:
        message, hint = "bars are not part of the language", "write abs(x)"
    elif said.startswith("cannot assign to"):
        message, hint = said.partition(" here")[0], "a name stands left of =, as in y = x*x"
        if "function call" in said:
            message, hint = "this defines no function", "parameters are names, as in g(x, y) = x*y"
    elif "parenthes" in said or "never closed" in said or "unmatched" in said:
        message = said
    elif "unterminated" in said or after in {"'", '"'}:
        message, hint = "quotes are not part of the language", "write dx for x'"
    elif (before and before in "+-*/@(,=<>&|") or (not before and shown.lstrip()[:1] in {"*", "/", "@"}):
        message = "an operand is missing here"
    elif "line continuation" in said:
        message, hint = "'\\' is not part of the language", "write a / b for a fraction, and sin(x) for \\sin x"
    elif "character" in said:
        message = f"'{after}' is not part of the language"
    return message, hint


def _assignment(statement: ast.stmt, source: str) -> tuple[str, ast.expr]:
    """Give the assigned name ("" for a bare expression) and the expression."""
    match statement:
        case ast.Expr(value=value):
            return "", value
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AugAssign(target=ast.Name(id=name) as target, op=sign, value=value):
            old = ast.copy_location(ast.Name(name, ast.Load()), target)
            return name, ast.copy_location(ast.BinOp(old, sign, value), statement)
    end = statement.end_col_offset if statement.end_lineno == statement.lineno else None
    first = source.split("\n")[statement.lineno - 1]
    span = Span(statement.lineno, statement.col_offset, statement.lineno, end or len(first))
    hint = "write an expression or a line of the form name = expression"
    raise ParseError(f"{_STATEMENTS.get(type(statement).__name__, 'this statement')} is not part of the language",
                     hint=hint, source=source, span=span)  # fmt: skip


_LAMBDA = "as a name write lambda_; a function is f(x) = x**2"
_WRITTEN = {**{subscript: f"{digit}, as in x{digit}" for digit, subscript in enumerate("₀₁₂₃₄₅₆₇₈₉")},
            "−": "-", "–": "-", "×": "*", "⋅": "*", "∙": "*", "÷": "/", "²": "**2", "³": "**3", "√": "sqrt(x)",
            "≤": "<=", "≥": ">=", "≠": "!=", "\u00a0": "an ordinary space"}  # fmt: skip
_STATEMENTS = {"Import": "an import", "ImportFrom": "an import", "FunctionDef": "a function definition",
               "ClassDef": "a class", "For": "a loop", "While": "a loop", "If": "an if statement",
               "Assign": "this assignment", "Delete": "del", "With": "with"}  # fmt: skip


def declaration(name: str, said: Any) -> Declared:
    """Give the shape and type of an input as a user may write them: 4, ("N", 2), int, ("N", bool), or an array.

    >>> declaration("m", ("N", 2)), declaration("m", (3, bool)), declaration("k", int)
    ((('N', 2), 'float'), ((3,), 'bool'), ((), 'int'))
    """
    if not isinstance(said, tuple | list | type) and hasattr(said, "shape") and hasattr(said, "dtype"):
        said = (*said.shape, said.dtype)
    parts = list(said) if isinstance(said, tuple | list) else [said]
    kind = _TYPES.get(_kind(parts[-1]), "") if parts else ""
    return declared_shape(name, parts[:-1] if kind else said), kind or "float"


def _kind(said: Any) -> str:
    """The letter of a type, as NumPy has them."""
    if isinstance(said, type):
        return {bool: "b", int: "i", float: "f"}.get(said) or (said.__name__[:1] if said.__module__ == "numpy" else "")
    return getattr(said, "kind", "")


_TYPES = {"b": "bool", "i": "int", "u": "int", "f": "float"}


def declared_shape(name: str, shape: Any) -> Shape:
    """Give a shape as a user may write it, ("N", 2) or 4 or "N", as a tuple."""
    parts = (shape,) if isinstance(shape, int | str) else shape
    if not isinstance(parts, tuple | list) or not all(map(is_size, parts)):
        raise ShapeError(f"the shape of '{name}' must be a tuple of sizes and names, not {shape!r}")
    return tuple(parts)


def free_output_name(taken: Collection[str]) -> str:
    """Name an output that the user did not name."""
    return next((name for name in OUTPUTS if name not in taken), "result")
