"""How a row writes into an array that is there already: NumPy calls with `out=`."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from functools import cache
from typing import NamedTuple

import numpy as np

from graphgrad.core.ops import OPS

_CALL = re.compile(r"\bnp\.(\w+)\((.*), out=([\w.]+)\)")
_BY_NAME = frozenset({"maximum", "minimum"})  # of which NumPy takes the result's place by its name alone


class Shortcuts:
    """Makes calls shorter, and knows which functions it has named; `taken` are names that it must leave.

    >>> shortcuts = Shortcuts(frozenset())
    >>> shortcuts.short("np.add(a, b, out=c)"), shortcuts.short("np.maximum(a, zero, out=c)")
    ('np_add(a, b, c)', 'np_maximum(a, zero, out=c)')
    >>> shortcuts.lines()
    ['np_add, np_maximum = np.add, np.maximum  # looked up once']
    """

    def __init__(self, taken: AbstractSet[str]) -> None:
        self.taken, self.functions = taken, set[str]()

    def short(self, statement: str) -> str:
        """A statement with shorter calls of ufuncs."""
        return _CALL.sub(self._short, statement)

    def _short(self, call: re.Match[str]) -> str:
        name, operands, out = call.groups()
        if not isinstance(getattr(np, name), np.ufunc) or f"np_{name}" in self.taken:
            return call[0]
        self.functions.add(name)
        return f"np_{name}({operands}, {'out=' * (name in _BY_NAME)}{out})"

    def lines(self) -> list[str]:
        """What looks the functions up."""
        names = sorted(self.functions)
        parts = [names[k : k + 3] for k in range(0, len(names), 3)]
        return [
            f"{', '.join(f'np_{n}' for n in part)} = {', '.join(f'np.{n}' for n in part)}  # looked up once"
            for part in parts
        ]


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
