"""The entries of an array of symbols where a condition holds, `x[x > 0]`: how many there are, nobody knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphgrad.proof.readings.functions import FUNCTIONS, Array
from graphgrad.proof.scalars.symbols import SymbolsLost


class Selected(np.lib.mixins.NDArrayOperatorsMixin):
    """Entries where `mask` holds, kept in an array of all entries of which the others mean nothing."""

    def __init__(self, entries: Array, mask: Array, meaning: Any) -> None:
        self.entries, self.mask, self._meaning = entries, mask, meaning

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any) -> Any:
        selected = [a for a in inputs if isinstance(a, Selected)]
        if method != "__call__" or options or not all(same(a.mask, self.mask) for a in selected):
            raise SymbolsLost(f"np.{ufunc.__name__} has no meaning in entries that are chosen by different conditions")
        if not all(isinstance(a, Selected) or np.ndim(a) == 0 for a in inputs):
            raise SymbolsLost("how many entries a condition chooses is no number in symbols")
        result = Selected(self._meaning(ufunc, [a.entries if isinstance(a, Selected) else a for a in inputs]),
                          self.mask, self._meaning)  # fmt: skip
        if out is not None:
            out[0].entries = result.entries
        return result

    def sum(self, axis: Any = None, **options: Any) -> Any:
        """Like np.sum, of all of them."""
        if axis is not None or any(value is not None for value in options.values()):
            raise SymbolsLost("a sum over chosen entries along an axis has no meaning in symbols")
        return FUNCTIONS["sum"](FUNCTIONS["where"](self.mask, self.entries, np.zeros((), dtype=object)))

    def copy(self) -> Selected:
        """The same entries."""
        return Selected(self.entries.copy(), self.mask, self._meaning)

    def __len__(self) -> int:
        raise SymbolsLost("how many entries a condition chooses is no number in symbols")


def same(one: Array, other: Array) -> bool:
    """Whether two conditions are the same, entry by entry: equal symbols are one object."""
    return one.shape == other.shape and all(a is b for a, b in zip(one.flat, other.flat, strict=True))
