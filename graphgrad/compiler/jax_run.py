"""Training runs with JAX, on its first device: an epoch is one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from graphgrad.compiler.compiled import load
from graphgrad.compiler.emitted import Emitted
from graphgrad.compiler.run import Run, rows_of
from graphgrad.compiler.vectors import Array, views
from graphgrad.core.errors import UsageError


class JaxRun(Run):
    """A run on vectors that JAX holds: every step gives new ones, in the memory of the old."""

    def __init__(self, step: Emitted, theta: Array) -> None:
        super().__init__(step)
        self._module = load(step.source, "step")
        self.vectors: list[Any] = []
        self._held([theta, *(np.zeros_like(theta) for _ in step.update.slots)])

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name: copies."""
        return views(np.array(self.vectors[0]), self.step.shapes)

    @property
    def gradient(self) -> dict[str, Array]:
        """Nothing: XLA uses the gradient up."""
        raise UsageError("a step of JAX keeps no gradient", hint="compile the gradient by itself")

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        given = self._rates(rates)
        *self.vectors, loss = self._module["step"](*self.vectors, *self._typed(data), self.t + 1, *given)
        self.t += 1
        return float(loss)

    def epoch(self, *data: Array, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows."""
        given, in_rows = self._rates(rates), self.step.plan.row_data
        count = rows_of([d for d, name in zip(data, self.step.data, strict=True) if name in in_rows])
        places = np.arange(count) if order is None else np.asarray(order)
        if len(places) and not -count <= places.min() <= places.max() < count:
            raise IndexError("the order names rows that are not there")
        size = batch if self.step.dimensions else 1
        whole = len(places) - len(places) % size
        parts = [places[:whole].reshape(-1, size), places[None, whole:]]
        losses = []
        for part in parts if len(places[whole:]) else parts[:1]:
            rows = part if self.step.dimensions else part[:, 0]
            *self.vectors, found = self._module["train"](*self.vectors, *self._typed(data), rows, self.t, *given)
            self.t += len(part)
            losses.append(np.asarray(found))
        return np.concatenate(losses).astype(float)

    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from."""
        names = ("p", *self.step.update.slots)
        return {"t": self.t, **{name: np.array(v) for name, v in zip(names, self.vectors, strict=True)}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t = int(state["t"])
        self._held([state[name] for name in ("p", *self.step.update.slots)])

    def _held(self, vectors: Sequence[Any]) -> None:
        """Give vectors to JAX; each is a copy, since a step uses its own up."""
        array = import_module("jax.numpy").array  # an extra
        self.vectors = [array(v, self.step.dtype) for v in vectors]

    def _typed(self, data: Sequence[Any]) -> list[Array]:
        """Data in the step's type; labels in one that JAX has without 64 bits, too."""
        nodes = [self.step.loss.nodes[self.step.loss.inputs[name]] for name in self.step.data]
        return [np.asarray(d, "int32" if n.dtype == "int" else self.step.dtype)
                for d, n in zip(data, nodes, strict=True)]  # fmt: skip
