"""What may stand in a module: the forms that graphgrad prints. All else is refused, with its line, before it is read.

What is not among them Python could take for more than the reading does: an import that hides a builtin, a decorator, a
default, a context, a test of a type or of a size.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from graphgrad.core.errors import ParseError

_NAMES = r"\w+( as \w+)?(, \w+( as \w+)?)*"
IMPORTS = (
    r"from __future__ import annotations",
    r"from typing import Any( as Any_+)?",
    r"from collections\.abc import (Callable|Iterable|Sequence)(, (Callable|Iterable|Sequence))*",
    r"from random import Random( as Random_+)?",
    r"from functools import partial",
    rf"from math import {_NAMES}",
    r"import (numba|jax)",
    r"import (math|numpy|jax\.numpy)( as \w+)?",
)
CALLS = (r"jax\.config\.update\('jax_enable_x64', True\)",)  # at the top of a module
DECORATORS = (r"numba\.njit", r"jax\.jit")
CONTEXTS = (r"\w+\.errstate\(all='ignore'\)",)
HANDLERS = (r"TypeError", r"\(TypeError, ValueError, ArithmeticError\)")
_SIZE = r"(\w+\.)?size\(\w+\)"
SIZES = (  # comparisons of sizes: with what is done at once, and with what was declared
    rf"max\({_SIZE}(, {_SIZE})*\) > \d+",
    rf"{_SIZE} > \d+",
    r"len\(\w+\) < \d+",
    r"\w+\.max\(\) >= len\(\w+\)",
    r"\w+\.shape != \([\w, ]*\)",
)
_OF_SIZE = re.compile(r"\b(len|size|shape|ndim|dtype|kind|isinstance|type|result_type)\b")
_CODING = re.compile(r"#.*?coding[:=][ \t]*([-\w.]+)")


def check_grammar(source: str, tree: ast.Module, library: Collection[str]) -> None:
    """Raise ParseError for what is no form of a module; the functions of `library` are known word for word."""
    for line in source.split("\n")[:2]:
        if (found := _CODING.search(line)) and found[1].lower() not in {"utf-8", "utf8"}:
            raise ParseError(f"line 1: a module is text of UTF-8, not of {found[1]}")
    if _annotated(tree) and not any(ast.unparse(t) == "from __future__ import annotations" for t in tree.body):
        raise ParseError("line 1: annotations would be run: `from __future__ import annotations` is missing")
    for statement in tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                _only(statement, IMPORTS, "no module imports this")
            case ast.Expr(value=ast.Call() as call):
                _only(call, CALLS, "no module calls this")
            case ast.FunctionDef():
                _function(statement, known=statement.name in library)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and str(getattr(node, "id", "")).startswith("__"):
            raise _refused(node, "no module uses this name")


def _function(tree: ast.FunctionDef, *, known: bool) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                _signature(node)
            case ast.Expr(value=value) if not isinstance(value, ast.Call | ast.Constant):
                raise _refused(node, "no module decides so")
            case ast.withitem(context_expr=context, optional_vars=bound):
                _only(context, CONTEXTS, "no module has this context")
                if bound is not None:
                    raise _refused(bound, "no context is named")
            case ast.ExceptHandler(type=kind, name=name):
                if kind is None or name is not None:
                    raise _refused(node, "no module handles this")
                _only(kind, HANDLERS, "no module handles this")
            case ast.Compare() if not known and _OF_SIZE.search(ast.unparse(node)):
                _only(node, SIZES, "no module tests types or sizes so")


def _signature(tree: ast.FunctionDef) -> None:
    for decorator in tree.decorator_list:
        _decorator(decorator)
    args = tree.args
    if args.posonlyargs or args.kwonlyargs or args.vararg or args.kwarg:
        raise _refused(tree, "parameters are positional")
    for default in args.defaults:
        if not isinstance(default, ast.Constant | ast.Name):
            raise _refused(default, "defaults are numbers and names")


def _decorator(tree: ast.expr) -> None:
    called = tree.func if isinstance(tree, ast.Call) else tree
    _only(called, DECORATORS, "no module is decorated so")
    given = [*tree.args, *(keyword.value for keyword in tree.keywords)] if isinstance(tree, ast.Call) else []
    for argument in given:
        parts = argument.elts if isinstance(argument, ast.Set) else [argument]
        if not all(isinstance(part, ast.Constant) for part in parts):
            raise _refused(argument, "decorators are given constants")


def _annotated(tree: ast.Module) -> bool:
    return any(getattr(node, part, None) is not None for node in ast.walk(tree) for part in ("annotation", "returns"))


def _only(tree: ast.AST, forms: Collection[str], problem: str) -> None:
    text = ast.unparse(tree)
    if not any(re.fullmatch(form, text) for form in forms):
        raise _refused(tree, problem)


def _refused(tree: ast.AST, problem: str) -> ParseError:
    text = ast.unparse(tree).partition("\n")[0]
    return ParseError(f"line {getattr(tree, 'lineno', 1)}: {problem}: {text[:SHOWN]}{'...' * (len(text) > SHOWN)}")


SHOWN = 60  # characters of what is refused
