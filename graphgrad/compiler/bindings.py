"""What is made once, before the first step: constants as arrays, vectors of ones, views, and all their names."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from math import inf, prod

from graphgrad.core.shapes import Shape


class Bindings:
    """The lines before the step; `dims` says what sizes are called, and `rows` what they are; `taken` is every name."""

    def __init__(self, dtype: str, dims: Mapping[str, str], taken: set[str], rows: Mapping[str, int]) -> None:
        self.dtype, self.dims, self.taken, self.rows = dtype, dims, taken, rows
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def say(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)

    def once(self, value: str, wanted: str) -> str:
        """Give the name of a value, bound at the first asking."""
        if value not in self._known:
            self._known[value] = self.free_name(wanted)
            self.say(f"{self._known[value]} = {value}")
        return self._known[value]

    def constant(self, text: str) -> str:
        """A number as an array without axes, which NumPy takes in faster."""
        words = {"0": "zero", "1": "one", "2": "two", "3": "three"}
        return self.once(f"np.array({text}, np.{self.dtype})", words.get(text, f"c{len(self._known) + 1}"))

    def ones(self, size: int | str) -> str:
        """A vector of ones: a product with it is a sum."""
        return self.once(f"np.ones({self.size(size)}, np.{self.dtype})", f"ones_{self.size(size)}")

    def size(self, size: int | str) -> str:
        """A size, as it is written."""
        return self.dims.get(str(size), str(size))

    def shape(self, shape: Shape) -> str:
        """A shape, as it is written."""
        return f"({', '.join(map(self.size, shape))}{',' * (len(shape) == 1)})"

    def count(self, shape: Shape) -> float:
        """How many entries an array has; infinity where that is not known."""
        return prod(size if isinstance(size, int) else self.rows.get(size, inf) for size in shape)

    def scratch(self, shape: Shape, *, turned: bool) -> str:
        """An array that any statement may fill for the next one."""
        size = self.shape(shape[::-1] if turned else shape)
        return self.once(f"np.empty({size}, np.{self.dtype}){'.T' * turned}", "scratch")

    def free_name(self, wanted: str) -> str:
        """A name that nothing has."""
        name = next(n for k in itertools.count() if (n := wanted + "_" * k) not in self.taken)
        self.taken.add(name)
        return name
