"""Whole numbers that a user gives: sizes, seeds, epochs."""

from __future__ import annotations

from operator import index
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
        raise UsageError(f"{name} must be a whole number, {least} or more, not {value!r}")
    return number
