"""How a row writes into an array that is there already: NumPy calls with `out=`."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np

from graphgrad.core.ops import OPS

_INFIX = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "pow": "power", "neg": "negative",
    "greater": "greater", "greater_equal": "greater_equal", "less": "less", "less_equal": "less_equal",
    "equal": "equal", "not_equal": "not_equal", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_not": "logical_not",
}  # fmt: skip


class Filling(NamedTuple):
    """Statements that fill `{v}` from operands `{a}`, `{b}`; numbers written `{0}`, `{1}` are made arrays once."""

    statements: tuple[str, ...]
    same: bool = True  # whether {v} may be an operand's own array


_FILLINGS = {
    "relu": Filling(("np.maximum({a}, {0}, out={v})",)),
    "square": Filling(("np.multiply({a}, {a}, out={v})",)),
    "reciprocal": Filling(("np.divide({1}, {a}, out={v})",)),
    "sigmoid": Filling(("np.negative({a}, out={v})", "np.exp({v}, out={v})", "np.add({v}, {1}, out={v})",
                        "np.divide({1}, {v}, out={v})")),
    "silu": Filling(("np.negative({a}, out={v})", "np.exp({v}, out={v})", "np.add({v}, {1}, out={v})",
                     "np.divide({a}, {v}, out={v})"), same=False),
    "number": Filling(("np.copyto({v}, {a})",), same=False),
}  # fmt: skip


@cache
def filling(op: str) -> Filling | None:
    """Give the statements of an elementwise row; None where it can only give a new array.

    >>> filling("tanh").statements
    ('np.tanh({a}, out={v})',)
    """
    if op in _FILLINGS:
        return _FILLINGS[op]
    row, name = OPS[op], _INFIX.get(op)
    if name is None:
        call = re.fullmatch(r"np\.(\w+)\((a|a, b)\)", row.numpy)
        name = call[1] if call and isinstance(getattr(np, call[1], None), np.ufunc) else None
    operands = ", ".join(f"{{{o}}}" for o in "ab"[: len(row.operands)])
    return Filling((f"np.{name}({operands}, out={{v}})",)) if name else None
