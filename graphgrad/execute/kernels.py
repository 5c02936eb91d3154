"""A column of the table, as functions: the text that code generation prints is the text that is evaluated here."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Node
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import runtime

Kernel = Callable[..., Any]


def kernel(node: Node, column: str) -> Kernel:
    """Give the function of a node's operands that a column ("numpy", "python", "sympy") states for it.

    Raises TargetError where the row has no spelling in that column.

    >>> from graphgrad.frontend.parse import parse
    >>> kernel(parse("leaky_relu(x)").nodes[-1], "python")(-2.0)
    -0.2
    """
    return _kernel(node.op, node.attrs, column)


@cache
def _kernel(op: str, attrs: tuple[tuple[str, Any], ...], column: str) -> Kernel:
    names = {name: runtime(value) for name, value in attrs}
    function: Kernel = eval(_code(op, column), {**_namespace(column), **names})  # noqa: S307  (text of our own table)
    return function


@cache
def _code(op: str, column: str) -> CodeType:
    row = OPS[op]
    text = getattr(row, column)
    if not text:
        raise TargetError(f"'{op}' has no spelling in {column}")
    parameters = f"*{row.operands[0]}" if row.variadic else ", ".join(row.operands)
    return compile(f"lambda {parameters}: {text}", f"<{op}, column {column}>", "eval")


@cache
def _namespace(column: str) -> dict[str, Any]:
    match column:
        case "numpy":
            import numpy as np

            from graphgrad.execute import numpy_functions

            return {**vars(numpy_functions), "np": np}
        case "python":
            import math

            from graphgrad.execute import python_functions

            return {**vars(python_functions), "math": math}
        case "sympy":
            import numpy as np
            import sympy as sp

            from graphgrad.execute import sympy_functions

            return {**vars(sympy_functions), "sp": sp, "np": np}
    raise TargetError(f"there is no column '{column}' to run")
