"""Arrays that know what their columns or their classes are called."""

from __future__ import annotations

from typing import Any

import numpy as np


class Named(np.ndarray[Any, np.dtype[Any]]):
    """An array whose columns, or whose class indices, have names, which its parts of as many columns keep.

    >>> X = named(np.zeros((3, 2)), columns=("width", "length"))
    >>> X[:2].columns, X[:, :1].columns, (X + 1).columns
    (('width', 'length'), (), ('width', 'length'))
    """

    columns: tuple[str, ...]
    classes: tuple[str, ...]

    def __array_finalize__(self, made_of: Any) -> None:
        columns = getattr(made_of, "columns", ())
        self.columns = columns if self.shape[1:] == (len(columns),) else ()
        self.classes = getattr(made_of, "classes", ()) if self.dtype.kind in "iu" else ()


def named(array: Any, *, columns: tuple[str, ...] = (), classes: tuple[str, ...] = ()) -> Named:
    """Give an array its names."""
    found: Named = np.asarray(array).view(Named)
    found.columns, found.classes = columns, classes
    return found
