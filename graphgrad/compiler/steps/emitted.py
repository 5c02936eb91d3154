"""What a training step became: its module's text, and all that a run of it must know."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from graphgrad.compiler.compiled import save
from graphgrad.compiler.passes.passed import Passed
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.update import Update
from graphgrad.core.display import Shown
from graphgrad.core.graph import Graph


@dataclass(frozen=True, repr=False)
class Emitted(Shown):
    """The module of a step.

    `data` names the inputs that a step is called with, in order; `update.slots` names the optimizer's state and
    `update.rates` what every call is given besides. `source` is a module that trains without graphgrad.
    """

    source: str
    plan: StepPlan
    passes: tuple[Passed, ...]  # on the gradient, or on the whole step
    code: Callable[[], tuple[Code, ...]]  # what was written, from afar
    transposed: frozenset[str]  # parameters that the vector holds as their transposes
    wider: Callable[[], Emitted]  # writes the same step over arrays of float64, for any number of rows

    def __str__(self) -> str:
        return self.source

    def _short(self) -> str:
        return f"called with {', '.join(self.data) or 'nothing'}, {len(self.source.splitlines())} lines of source"

    @property
    def loss(self) -> Graph:
        """The loss, as it was given."""
        return self.plan.loss

    @property
    def dtype(self) -> str:
        """The type of arrays."""
        return self.plan.dtype

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of the parameters."""
        return self.plan.shapes

    @property
    def data(self) -> tuple[str, ...]:
        """The inputs that a step is called with, in order."""
        return self.plan.data

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The named dimensions of the data; none in a program of one example."""
        return self.plan.dimensions

    @property
    def rows(self) -> int:
        """How many rows of the data an unrolled step takes."""
        return self.plan.batch or 1 if self.dimensions else 1

    @property
    def update(self) -> Update:
        """The optimizer."""
        return self.plan.update

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the module to a file: whole, or not at all."""
        save(self.source, path)

    @cached_property
    def on_arrays(self) -> Emitted:
        """The same step over arrays of float64, for any number of rows."""
        return self.wider()
