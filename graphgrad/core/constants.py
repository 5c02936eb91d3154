"""Constants: floats that remember their name, so that a proof sees pi and not 3.14159, and arrays of numbers."""

from __future__ import annotations

import hashlib
import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from graphgrad.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np


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


_WRITTEN = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}
CONSTANTS = {name: Constant(name, value) for name, value in _WRITTEN.items()}
CONSTANTS["π"] = CONSTANTS["pi"]


def known(value: float) -> float:
    """Give the constant that a number is to the last bit, or the number.

    >>> known(3.141592653589793), known(3.14), known(float("nan"))
    (pi, 3.14, nan)
    """
    if type(value) is not float:
        return value
    return CONSTANTS["nan"] if math.isnan(value) else _BY_VALUE.get(value, value)


_BY_VALUE = {float(constant): constant for name, constant in CONSTANTS.items() if name != "nan"}


class ConstantArray:
    """Numbers of one node: float64, int64 or bool, never changed, equal where type, shape and bits are.

    >>> import numpy as np
    >>> ConstantArray(np.eye(2, dtype=int)), ConstantArray(np.arange(100.0))
    ([[1, 0], [0, 1]], <100 numbers, fa3f571c>)
    """

    SHOWN = 12  # entries that are written out

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        kinds = {"b": "bool", "i": "int64", "u": "int64", "f": "float64"}
        if array.dtype.kind not in kinds or (array.dtype.kind == "u" and (array > 2**63 - 1).any()):
            raise UsageError(f"an array of {array.dtype} is no constant", hint="numbers and conditions are")
        self.array = array.astype(kinds[array.dtype.kind], order="C")
        self.array.flags.writeable = False

    @property
    def dtype(self) -> str:
        """What a node calls the type: float, int or bool."""
        return self.array.dtype.name.removesuffix("64")

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes."""
        sizes: tuple[int, ...] = self.array.shape
        return sizes

    def numbers(self) -> ConstantArray:
        """The same entries as floats."""
        return ConstantArray(self.array.astype("float64"))

    @cached_property
    def digest(self) -> str:
        """A hash of type, shape and bits."""
        said = f"{self.dtype} {self.shape} ".encode() + self.array.astype(self.array.dtype.newbyteorder("<")).tobytes()
        return hashlib.sha256(said).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConstantArray) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        if self.array.size <= self.SHOWN:
            return self.written()
        what = {"float": "numbers", "int": "whole numbers", "bool": "conditions"}[self.dtype]
        return f"<{'×'.join(map(str, self.shape))} {what}, {self.digest[:8]}>"

    def written(self) -> str:
        """All entries, as nested lists."""
        return repr(self.array.tolist())
