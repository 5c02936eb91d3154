"""Arrays that are written out: `[1, 2]`, `np.array([[1, 0], [0, 1]])`, and NumPy's own arrays."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.constants import CONSTANTS, ConstantArray, known
from graphgrad.core.errors import UsageError


def constant(builder: Builder, value: Any) -> int:
    """Give the node of a number, or of an array of numbers; UsageError where it is neither.

    Equal entries are one number, repeated. A number that is pi, e or inf to the last bit is meant to be it.
    """
    try:
        array = plain_array(value)
    except ValueError:
        raise UsageError("the rows of an array differ in length") from None
    if array.dtype.kind not in "biuf":
        raise UsageError(f"{value!r} is no number")
    if not array.ndim:
        return builder.const(known(array.item()))
    first = array.flat[0] if array.size else np.float64(0)
    if (array == first).all() and (np.signbit(array) == np.signbit(first)).all():
        return builder.apply("broadcast_to", builder.const(known(first.item())), shape=array.shape)
    return builder.const(ConstantArray(array))


def plain_array(value: Any) -> np.ndarray[Any, Any]:
    """Give a value as an array; UsageError for kinds of array in which operators mean something else.

    >>> plain_array(np.ma.array([1, 2], mask=[0, 1]))
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: a masked array has entries that are no numbers; give A.filled(0), or A.data
    """
    if isinstance(value, np.matrix):
        raise UsageError("in a matrix of NumPy's * is a product of matrices", hint="give np.asarray(A)")
    if isinstance(value, np.ma.MaskedArray):
        raise UsageError("a masked array has entries that are no numbers", hint="give A.filled(0), or A.data")
    return np.asarray(value)


def written(tree: ast.expr, names: Any) -> Any:
    """Give the value of a number or of nested lists of numbers; ValueError where anything else stands among them.

    `names` are those that are taken, so that they mean no constant.
    """
    match tree:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not isinstance(operand, ast.List | ast.Tuple):
            return -written(operand, names)
        case ast.Name(id=name) if name in CONSTANTS and name not in names:
            return float(CONSTANTS[name])
        case ast.Attribute(value=ast.Name(id="np" | "numpy" | "math"), attr=name) if name in CONSTANTS:
            return float(CONSTANTS[name])
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [written(element, names) for element in elements]
    raise ValueError
