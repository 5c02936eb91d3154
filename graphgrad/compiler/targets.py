"""The backends by name, and how one is found."""

from __future__ import annotations

import importlib.util

from graphgrad.compiler.backend import Backend
from graphgrad.compiler.backends.c import C
from graphgrad.compiler.backends.javascript import JAVASCRIPT
from graphgrad.compiler.backends.jax import JAX
from graphgrad.compiler.backends.numba.program import NUMBA
from graphgrad.compiler.backends.numpy import NUMPY
from graphgrad.compiler.backends.python import PYTHON
from graphgrad.core.errors import TargetError
from graphgrad.core.lookup import Table

TARGETS = Table("target", (NUMPY, PYTHON, JAX, NUMBA, C, JAVASCRIPT), error=TargetError)


def target_row(name: str) -> Backend:
    """Give the row of a target that is to run; TargetError where there is none or a package is missing, and what to do.

    What a target writes, `TARGETS.row` can write without the package.
    """
    row = TARGETS.row(name)
    if row.package and importlib.util.find_spec(row.package) is None:
        raise TargetError(f"the target '{name}' needs {row.package}", hint=f"pip install 'graphgrad[{row.extra}]'")
    return row
