"""A program's text as sympy's expressions: a walk of its own over Python's syntax tree, entry by entry for arrays."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from graphgrad.core import syntax
from graphgrad.proof.sympy_witness.functions import FUNCTIONS, Array, numbers


class NotRead(Exception):  # noqa: N818  (what happened, not an error of the user)
    """There is nothing in sympy for a part of the text."""


def symbols(name: str, shape: tuple[int, ...]) -> Array:
    """Real symbols: x for a scalar, W[0, 1] for an entry."""
    made = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        made[place] = sp.Symbol(f"{name}[{', '.join(map(str, place))}]" if shape else name, real=True)
    return made


def value_of(text: str, names: Mapping[str, Any]) -> Array:
    """The value of a program's last statement; names to arrays of symbols, or to integer arrays of labels."""
    known, value = dict(names), None
    for statement in syntax.statements(text).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=tree):
                value = known[target] = evaluated(tree, known)
            case ast.AugAssign(target=ast.Name(id=target) as old, op=sign, value=tree):
                value = known[target] = evaluated(ast.BinOp(ast.Name(old.id, ast.Load()), sign, tree), known)
            case ast.Expr(value=tree):
                value = evaluated(tree, known)
            case _:
                raise NotRead("a statement")
    return value


def evaluated(tree: ast.expr, names: Mapping[str, Any]) -> Array:  # noqa: C901, PLR0911, PLR0912  (one case for each kind of tree)
    """The value of an expression."""
    match tree:
        case ast.Constant(value=int() | float() as value):
            return np.asarray(sp.Rational(repr(value)), dtype=object)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id="pi" | "e" as name):
            return np.asarray(sp.pi if name == "pi" else sp.E, dtype=object)
        case ast.BinOp(left=left, op=sign, right=right):
            return FUNCTIONS[SIGNS[type(sign)]](evaluated(left, names), evaluated(right, names))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return evaluated(operand, names)
        case ast.UnaryOp(op=sign, operand=operand):
            return FUNCTIONS[SIGNS[type(sign)]](evaluated(operand, names))
        case ast.Compare(left=left, ops=signs, comparators=others):
            sides = pairwise([evaluated(side, names) for side in (left, *others)])
            first, *rest = [FUNCTIONS[SIGNS[type(sign)]](*pair) for sign, pair in zip(signs, sides, strict=True)]
            for part in rest:
                first = FUNCTIONS["logical_and"](first, part)
            return first
        case ast.IfExp(test=test, body=body, orelse=other):
            return FUNCTIONS["where"](*(evaluated(part, names) for part in (test, body, other)))
        case ast.Attribute(value=owner, attr=attr) if _is_module(owner, names):
            return evaluated(ast.Name(attr, ast.Load()), names)
        case ast.Attribute(value=owner, attr="T" | "mT" as attr):
            return FUNCTIONS["transpose" if attr == "T" else "swap"](evaluated(owner, names))
        case ast.Subscript(value=owner, slice=key):
            return np.asarray(evaluated(owner, names)[_index(key, names)], dtype=object)
        case ast.Call():
            return _called(tree, names)
    raise NotRead(ast.unparse(tree))


def _is_module(tree: ast.expr, names: Mapping[str, Any]) -> bool:
    while isinstance(tree, ast.Attribute):
        tree = tree.value
    return isinstance(tree, ast.Name) and tree.id in {"np", "numpy", "math", "scipy"} and tree.id not in names


def _called(tree: ast.Call, names: Mapping[str, Any]) -> Array:
    arguments = list(tree.args)
    match tree.func:
        case ast.Name(id=name):
            pass
        case ast.Attribute(value=owner, attr=name):
            arguments[:0] = [] if _is_module(owner, names) else [owner]
        case _:
            raise NotRead(ast.unparse(tree.func))
    rule = FUNCTIONS.get(SPELLED.get(name, name))
    if rule is None:
        raise NotRead(f"'{name}'")
    statics = {word.arg: _plain(word.value) for word in tree.keywords if word.arg}
    if name in {"concatenate", "stack"} and isinstance(arguments[0], ast.List | ast.Tuple):
        axis = [_plain(part) for part in arguments[1:]]
        return rule(
            *[evaluated(part, names) for part in arguments[0].elts],
            **dict(zip(["axis"], axis, strict=False)),
            **statics,
        )
    operands = _operands(rule, len(arguments))
    given = [numbers(a) if isinstance(a, int) else a for a in (evaluated(part, names) for part in arguments[:operands])]
    attributes = [_plain(part) for part in arguments[operands:]]
    if name in {"reshape", "transpose"} and len(attributes) > 1:
        attributes = [tuple(attributes)]
    return rule(*given, *attributes, **statics)


def _operands(rule: Any, given: int) -> int:
    """How many arguments are operands: those without a default."""
    parameters = list(inspect.signature(rule).parameters.values())
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return given
    return sum(p.default is p.empty for p in parameters)


def _plain(tree: ast.expr) -> Any:
    """An attribute: numbers, truth values, and tuples of them."""
    try:
        return ast.literal_eval(tree)
    except ValueError:
        raise NotRead(ast.unparse(tree)) from None


def _index(tree: ast.expr, names: Mapping[str, Any]) -> Any:
    match tree:
        case ast.Tuple(elts=parts):
            return tuple(_index(part, names) for part in parts)
        case ast.Slice(lower=a, upper=b, step=c):
            return slice(*(None if part is None else _plain(part) for part in (a, b, c)))
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
            return _plain(tree)
    return np.asarray(evaluated(tree, names), dtype=int)


SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul", ast.Pow: "pow",
    ast.Mod: "remainder", ast.FloorDiv: "floor_divide",
    ast.USub: "neg", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Eq: "equal", ast.NotEq: "not_equal", ast.BitAnd: "logical_and", ast.BitOr: "logical_or",
    ast.Invert: "logical_not",
}  # fmt: skip
SPELLED = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "power": "pow", "negative": "neg",
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "swish": "silu", "absolute": "abs", "fabs": "abs", "flatten": "ravel",
    "amax": "max", "amin": "min", "bce": "binary_cross_entropy", "expit": "sigmoid", "σ": "sigmoid", "ReLU": "relu",
    "LReLU": "leaky_relu", "LeakyReLU": "leaky_relu", "bitwise_and": "logical_and", "bitwise_or": "logical_or",
    "invert": "logical_not", "matrix_transpose": "swap", "mod": "remainder", "rint": "round",
}  # fmt: skip
