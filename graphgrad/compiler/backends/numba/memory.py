"""Arrays as parts of one vector, whose sizes may hold named dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from graphgrad.core.shapes import Shape


class Arena:
    """A vector that is given out in parts, end to end; `dims` says how named dimensions are written."""

    def __init__(self, dims: Mapping[str, str]) -> None:
        self.dims = dims
        self._taken: dict[tuple[str, ...], int] = {}  # product of dimensions: how many of it

    def take(self, shape: Shape) -> str:
        """Give the next part, as a slice.

        >>> memory = Arena({"N": "N"})
        >>> memory.take(("N", 5)), memory.take((3,)), memory.size
        ('0 : N * 5', 'N * 5 : N * 5 + 3', 'N * 5 + 3')
        """
        start = self.size
        named = tuple(sorted(s for s in shape if isinstance(s, str)))
        self._taken[named] = self._taken.get(named, 0) + prod(s for s in shape if isinstance(s, int))
        both = f"{start}:{self.size}"
        return both if " " not in both else f"{start} : {self.size}"

    @property
    def size(self) -> str:
        """How much has been given out."""
        terms = [(" * ".join(self.dims[d] for d in named), count) for named, count in self._taken.items() if count]
        texts = [f"{named} * {count}" if named and count != 1 else named or str(count) for named, count in terms]
        return " + ".join(texts) or "0"
