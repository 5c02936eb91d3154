"""What the language refuses: numbers beyond bounds, and Python that is not in it."""

from __future__ import annotations

import ast
import builtins
import math
import sys

import numpy as np

from graphgrad.core.errors import did_you_mean
from graphgrad.core.ops import NAMES

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


def meant(name: str) -> str:
    """Say what is meant by a name that is no function's, from the table below or by its neighbour among functions.

    >>> meant("cot"), meant("LOG")
    ('write 1 / tan(x)', "did you mean 'log'?")
    """
    if name.startswith("_") or name in FUNCTIONS or _is_elsewhere(name):
        return FUNCTIONS.get(name, "")
    return did_you_mean(name, NAMES) or did_you_mean(name.lower(), NAMES)


def _is_elsewhere(name: str) -> bool:
    """Whether a name is a function's that NumPy or Python has: it is meant, and no slip for another."""
    return any(hasattr(module, name) for module in (np, np.linalg, math, builtins))


FOREIGN = frozenset({"torch", "jnp", "jax", "tf", "tensorflow", "sympy", "cupy", "autograd"})  # modules of others
ALIASES = frozenset({"F", "nn", "sp", "tf", "scipy", "sc", "jnp", "nnx", "K"})  # that people import modules by
OPERATORS = {  # of Python alone, and what is written for them
    "BitXor": "write ** for powers",
    "LShift": "write a * 2**b",
    "RShift": "write floor(a / 2**b)",
}
FUNCTIONS = {  # that have no row, and what is written for them
    "cot": "write 1 / tan(x)",
    "sec": "write 1 / cos(x)",
    "csc": "write 1 / sin(x)",
    "gamma": "",
}
INSTEAD = {  # what is written for an attribute that two values were given for
    "max": "maximum(a, b) compares two",
    "min": "minimum(a, b) compares two",
}
