"""Numbers and names that a user gives: sizes, seeds, epochs, strengths, losses."""

from __future__ import annotations

from math import isfinite
from operator import index
from reprlib import repr as short
from typing import Any

from graphgrad.core.errors import UsageError


def whole(value: Any, name: str, least: int = 1) -> int:
    """Give a whole number as an int; UsageError for anything else, and for one that is too small.

    >>> whole(3, "epochs")
    3
    >>> whole(2.5, "epochs")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: epochs must be a whole number, 1 or more, not 2.5
    """
    try:
        number = index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise UsageError(f"{name} must be a whole number, {least} or more, not {short(value)}")
    return number


def real(value: Any, name: str) -> float:
    """Give a number of 0 or more as a float; UsageError for anything else.

    >>> real("0.1", "l2")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: l2 must be a finite number, 0 or more, not '0.1'
    """
    if not finite(value) or value < 0:
        raise UsageError(f"{name} must be a finite number, 0 or more, not {short(value)}")
    return float(value)


def finite(value: Any) -> bool:
    """Whether something is a number, and finite."""
    try:
        return isfinite(value)
    except (TypeError, OverflowError):
        return False


def named(value: Any, name: str) -> str:
    """Give a name or a text; UsageError for anything else."""
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text, not {short(value)}")
    return value
