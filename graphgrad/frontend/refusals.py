"""What the language refuses: numbers beyond bounds, and Python that is not in it."""

from __future__ import annotations

import ast
import math
import sys

EXPONENT, LARGEST = 1024, sys.float_info.max  # bounds on constant exponents and on numbers


def bound(tree: ast.expr) -> float:
    """An upper bound on the size of an expression of numbers alone; 0 where a name occurs."""
    match tree:
        case ast.Constant(value=int() | float() as value):
            return float(value) if value <= LARGEST else math.inf
        case ast.UnaryOp(operand=operand):
            return bound(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, exponent = bound(left), bound(right)
            return math.inf if base > 1 and exponent * math.log2(base) > EXPONENT else base**exponent
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return bound(left) * bound(right)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return bound(left) + bound(right)
    return 0.0


def said(tree: ast.expr) -> str:
    """Name a piece of Python's syntax as people do."""
    words = {"ListComp": "a comprehension", "GeneratorExp": "a comprehension", "SetComp": "a comprehension",
             "DictComp": "a comprehension", "Lambda": "a lambda", "JoinedStr": "a string", "List": "a list",
             "Tuple": "a tuple", "Dict": "a dictionary", "Set": "a set", "NamedExpr": "':='", "BoolOp": "'and' / 'or'",
             "Starred": "a star", "Slice": "a slice"}  # fmt: skip
    return words.get(type(tree).__name__, type(tree).__name__)


INSTEAD = {  # what is written for an attribute that two values were given for
    "max": "maximum(a, b) compares two",
    "min": "minimum(a, b) compares two",
}
