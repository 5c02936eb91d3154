"""Whether a text decides something by a size: then two sizes say nothing of a third."""

from __future__ import annotations

import ast

from graphgrad.core import syntax

SIZES = frozenset({"size", "len", "shape"})
STEPS = frozenset({
    "where", "mod", "remainder", "floor_divide", "floor", "ceil", "round", "rint", "sign", "abs", "absolute", "fabs",
    "maximum", "minimum", "max", "min", "relu", "clip", "equal", "not_equal", "less", "less_equal", "greater",
    "greater_equal",
})  # fmt: skip


def decides_by_size(text: str) -> bool:
    """Whether a text compares a number that depends on sizes alone, or rounds it, or takes the larger of two.

    >>> decides_by_size("n = size(x); where(n == 3, 1, 2)*x"), decides_by_size("where(x > 0, 1, 0)/size(x)")
    (True, False)
    """
    try:
        tree = syntax.statements(text.strip())
    except (SyntaxError, ValueError, RecursionError):
        return False
    known = _Known()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if known.of(value):
                known.names.add(name)
    return any(_decides(node, known) for node in ast.walk(tree))


def _decides(node: ast.AST, known: _Known) -> bool:
    match node:
        case ast.Compare() | ast.BinOp(op=ast.Mod() | ast.FloorDiv()):
            return known.of(node)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in STEPS:
            return known.of(first)
    return False


class _Known:
    """Which expressions are numbers that depend on sizes, and on nothing else that varies."""

    def __init__(self) -> None:
        self.names = set[str]()

    def of(self, node: ast.AST) -> bool:
        """Whether an expression is one."""
        return self._alone(node) and any(self._is_size(n) for n in ast.walk(node))

    def _is_size(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name in SIZES
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return name in SIZES - {"len"} or (isinstance(node, ast.Name) and name in self.names)
        return False

    def _alone(self, node: ast.AST) -> bool:
        if self._is_size(node) or isinstance(node, ast.Constant):
            return True
        match node:
            case ast.Subscript(value=value):
                return self._is_size(value)
            case ast.Call(args=args):
                return all(map(self._alone, args))
            case ast.Name() | ast.Attribute():
                return False
        return all(self._alone(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
