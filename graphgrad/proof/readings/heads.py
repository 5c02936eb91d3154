"""The head of a program: values of inputs are no part of it, and functions of one line are what their calls come to."""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections.abc import Collection, Mapping

from graphgrad.core import syntax

_DEFINED = re.compile(r"(^|[;\n])([ \t]*[^\W\d]\w*)[ \t]*\(([^()=;\n]*)\)[ \t]*=(?!=)")


def without_head(source: str, given: Collection[str]) -> str:
    r"""The program alone, line for line: `given` names the inputs to which the head gives values.

    >>> without_head("x1, x2 = 0.5, 0.75\nz = log(x1*x2)", ["x1", "x2"])
    '\nz = log(x1 * x2)'
    >>> without_head("g(x, y) = x*y; z = g(log(a), b)", [])
    'given_0 = log(a); z = given_0 * b'
    """
    text = _DEFINED.sub(r"\1\2 = lambda \3:", source)
    if not given and text == source:
        return source
    calls = _Calls({*re.findall(r"\w+", source)})
    head, statements = True, syntax.statements(text).body
    lines: list[list[str]] = [[] for _ in text.split("\n")]
    for statement in statements:
        names = _names(statement)
        head = head and bool(names) and names <= {*given}
        last = statement is statements[-1]
        if head and not last:
            continue
        found = calls.visit(statement)
        match found:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                calls.functions[name] = function
                if not last:
                    continue
                found.value = function.body
        lines[statement.lineno - 1] += [ast.unparse(ast.fix_missing_locations(line)) for line in (*calls.before, found)]
        calls.before.clear()
    return "\n".join("; ".join(line) for line in lines)


def _names(statement: ast.stmt) -> set[str]:
    """The names that an assignment gives values to."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return {name}
        case ast.Assign(targets=[ast.Tuple(elts=parts)]):
            return {part.id for part in parts if isinstance(part, ast.Name)}
    return set()


class _Calls(ast.NodeTransformer):
    """Calls of the functions that are known become their bodies; what they are called with stands in lines before."""

    def __init__(self, taken: set[str]) -> None:
        self.functions: dict[str, ast.Lambda] = {}
        self.before: list[ast.Assign] = []
        self.taken = taken

    def visit_Lambda(self, function: ast.Lambda) -> ast.AST:
        """A function's body is looked at where it is called."""
        return function

    def visit_Call(self, call: ast.Call) -> ast.AST:
        """The body, its parameters being what the call is given."""
        self.generic_visit(call)
        function = self.functions.get(call.func.id) if isinstance(call.func, ast.Name) else None
        if function is None:
            return call
        values: dict[str, ast.expr] = {}
        for parameter, value in zip(function.args.args, call.args, strict=True):
            values[parameter.arg] = value if isinstance(value, ast.Name | ast.Constant) else self.named(value)
        body: ast.AST = self.visit(_Replaced(values).visit(copy.deepcopy(function.body)))
        return body

    def named(self, value: ast.expr) -> ast.Name:
        """A line that gives a value a name of its own."""
        name = next(n for k in itertools.count() if (n := f"given_{k}") not in self.taken)
        self.taken.add(name)
        self.before.append(ast.Assign([ast.Name(name, ast.Store())], value))
        return ast.Name(name, ast.Load())


class _Replaced(ast.NodeTransformer):
    """Names become expressions."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, name: ast.Name) -> ast.AST:
        """What stands in the name's place."""
        return self.values.get(name.id, name)
