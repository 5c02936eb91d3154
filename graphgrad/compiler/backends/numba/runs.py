"""Training runs in machine code: an epoch is one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.compiler.compiled import kept
from graphgrad.compiler.steps.emitted import Emitted
from graphgrad.compiler.steps.run import ArrayRun, Run, UnrolledRun, rows_of
from graphgrad.compiler.steps.vectors import Array


class MachineRun(Run):
    """What runs in machine code share: rates go to the step by name, unlooked at."""

    def loaded(self) -> Mapping[str, Any]:
        """Give what the emitted code defines; its machine code is kept."""
        return kept(self.step.source, "step")

    def _take(self, function: Callable[..., float], data: Sequence[Any], rates: Mapping[str, float]) -> float:
        """Take a step; a call that does not fit is no step, and where rates are wrong, it says which are due."""
        self.t += 1
        try:
            return function(*data, self.t, **rates)
        except TypeError:
            self.t -= 1
            self._rates(rates)
            raise


class LoopRun(MachineRun, ArrayRun):
    """A run of a step whose loops numba compiles."""

    def __init__(self, step: Emitted, theta: Array) -> None:
        super().__init__(step, theta)
        self._train: Callable[..., Array] = self._module["train"]
        self._by_shape: dict[Any, Callable[..., float]] = {}

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        try:
            function = self._by_shape[data[0].shape]
        except (AttributeError, IndexError, KeyError):
            function = _named(self.step, self._function(data))
            if len(self._sizes) == 1 and isinstance(data[0], np.ndarray):
                self._by_shape = {data[0].shape: function}
        return self._take(function, data, rates)

    def epoch(self, *data: Array, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows."""
        given, step = self._rates(rates), self.step
        count = rows_of([d for d, name in zip(data, step.data, strict=True) if name in step.plan.row_data])
        places = np.arange(count) if order is None else np.asarray(order)
        if self._last is None:
            self._last = np.zeros_like(self.theta)
        vectors = [self.theta, *self.slots.values(), self._last]
        losses = self._train(*vectors, *data, places, batch if step.dimensions else 1, self.t, *given)
        self.t += len(losses)
        return losses


class MachineUnrolledRun(MachineRun, UnrolledRun):
    """A run of a tiny network whose step and loop numba compiles; numbers follow NumPy: inf and nan."""

    def __init__(self, step: Emitted, theta: Array) -> None:
        super().__init__(step, theta)
        self._one = _named(step, self._one)
        self._rows = step.rows if step.dimensions else None

    def held(self, vector: Array) -> Any:
        """Give a vector as machine code works on it: of float64, or of places."""
        return np.ascontiguousarray(vector, np.int64 if vector.dtype.kind in "iu" else float)

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        if self._rows and len(data[0]) != self._rows:
            return super().__call__(*data, **rates)
        return self._take(self._one, data, rates)


def _named(step: Emitted, function: Callable[..., float]) -> Callable[..., float]:
    """Give a bound step that takes rates by their own names, where the module calls them otherwise."""
    names = step.plan.names
    if all(names[rate] == rate for rate in step.update.rates):
        return function
    return lambda *given, **rates: function(*given, **{names[rate]: value for rate, value in rates.items()})
