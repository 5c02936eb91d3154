"""What may be a size of an array: a number, or the name of a dimension."""

from __future__ import annotations

import keyword
import unicodedata
from typing import Any


def is_size(part: Any) -> bool:
    """Whether that is a size: a number from 0 on, or a dimension's name, which may be a variable in emitted code.

    >>> is_size(3), is_size("N"), is_size("a b"), is_size("for"), is_size(True)
    (True, True, False, False, False)
    """
    if isinstance(part, str):
        return part.isidentifier() and not keyword.iskeyword(part) and unicodedata.is_normalized("NFKC", part)
    return type(part) is int and part >= 0
