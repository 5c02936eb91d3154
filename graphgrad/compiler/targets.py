"""Targets: what a graph can become, a row each."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple

from graphgrad.core.errors import TargetError
from graphgrad.core.lookup import Table


class Target(NamedTuple):
    """One target: the table's column for numbers and for arrays, and what must be installed."""

    name: str
    scalars: str  # column for programs of numbers; empty: they are written like programs of arrays
    arrays: str  # the module that arrays come from; empty: the target has none
    package: str = ""  # what must be importable
    extra: str = ""  # the extra of graphgrad that brings it
    steps: tuple[str, ...] = ()  # ways to take training steps, in the order in which they are tried
    suffixes: tuple[str, ...] = (".py",)  # of a file that holds the source
    aliases: tuple[str, ...] = ()


TARGETS = Table(
    "target",
    (
        Target("numpy", "python", "numpy", steps=("unrolled", "arrays")),
        Target("scipy", "python", "numpy", package="scipy", extra="scipy", steps=("unrolled", "products that add")),
        Target("python", "python", "", steps=("unrolled",)),
        Target("jax", "", "jax.numpy", package="jax", extra="jax", steps=("jitted",)),
        Target(
            "numba",
            "python",
            "numpy",
            package="numba",
            extra="numba",
            steps=("unrolled machine code", "loops", "arrays"),
        ),
        Target("c", "js", "", package="cffi", extra="c", steps=("unrolled C",), suffixes=(".c",)),
        Target("javascript", "js", "", suffixes=(".js", ".mjs")),
    ),
    error=TargetError,
)


def target_row(name: str) -> Target:
    """Give a target's row; TargetError where there is none or a package is missing, with what to do."""
    row = TARGETS.row(name)
    if row.package and importlib.util.find_spec(row.package) is None:
        raise TargetError(f"the target '{name}' needs {row.package}", hint=f"pip install 'graphgrad[{row.extra}]'")
    return row
