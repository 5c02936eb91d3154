"""Indices of an entry: a letter, a number, or a number out of the data, stepped and moved as slices do."""

from __future__ import annotations

from typing import NamedTuple


class Index(NamedTuple):
    """Which place along an axis: `step * base + start`, all counted from 0; without a base it is `start`.

    A base that is a `letter` counts from 1 in mathematics and from 0 in code, one out of the data from 0 in both.
    """

    base: str = ""
    letter: bool = True
    step: int = 1
    start: int = 0

    @property
    def plain(self) -> bool:
        """Whether it is a letter alone."""
        return bool(self.base) and self.letter and self.step == 1 and self.start == 0

    def within(self, start: int, step: int) -> Index:
        """The place in an array of a place in its slice.

        >>> Index("i").within(2, 3).written(0), Index("i").within(2, 3).written(1)
        ('3i + 2', '3i')
        """
        return self._replace(step=step * self.step if self.base else 1, start=start + step * self.start)

    def unsliced(self, start: int, step: int) -> Index:
        """The place in a slice of a letter's place in the array, for a slice of step 1 or -1."""
        return self._replace(step=step * self.step, start=step * (self.start - start))

    def written(self, first: int) -> str:
        """The index, where entries are counted from `first`: 1 in mathematics, 0 in code.

        >>> Index(start=2).written(1), Index("t", letter=False).written(1), Index("i", step=-1, start=3).written(1)
        ('3', 't + 1', '5 - i')
        """
        offset = self.start + first - (self.step * first if self.letter and self.base else 0)
        if not self.base:
            return str(self.start + first)
        stepped = self.base if abs(self.step) == 1 else f"{abs(self.step)}{self.base}"
        if self.step < 0:
            return f"{offset} - {stepped}" if offset else f"-{stepped}"
        return stepped if not offset else f"{stepped} {'+' if offset > 0 else '-'} {abs(offset)}"


FIRST = Index()  # the one place along an axis of size 1
