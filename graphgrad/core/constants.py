"""Named constants: floats that remember their name, so that a proof sees pi and not 3.14159."""

from __future__ import annotations

import math
from typing import Self


class Constant(float):
    """A float with a name.

    >>> CONSTANTS["pi"], CONSTANTS["pi"] / 2
    (pi, 1.5707963267948966)
    """

    name: str

    def __new__(cls, name: str, value: float) -> Self:
        """Make a float that prints as its name."""
        self = super().__new__(cls, value)
        self.name = name
        return self

    def __repr__(self) -> str:
        return self.name

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Constant], tuple[str, float]]:
        return Constant, (self.name, float(self))


CONSTANTS = {"pi": Constant("pi", math.pi), "e": Constant("e", math.e)}
