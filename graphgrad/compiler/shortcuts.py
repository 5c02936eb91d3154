"""Shorter calls: NumPy's functions looked up once, and results in the last place. It is a tenth of a small step."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

import numpy as np

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
