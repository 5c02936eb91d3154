"""What a training film needs of a run: its parameters and its loss, at steps that lie ever further apart."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.learn.evaluate import judge, measure
from graphgrad.learn.examples import Examples
from graphgrad.learn.model import Model

FRAMES = 48


class Snapshot(NamedTuple):
    """The parameters after a step, and the loss over all examples with them."""

    step: int
    loss: float
    values: dict[str, Any]


class Reel:
    """The snapshots of a run, with what they are of: `model` says what outputs mean, X and Y are the examples."""

    def __init__(self, model: Model, learn: Examples, steps: int) -> None:
        self.model, self.X, self.Y = model, learn.X, learn.Y
        self.snapshots: list[Snapshot] = []
        self._due = due(steps)
        self._learn, self._judged = learn, judge(model.net, model.loss, model.dtype)

    def until(self, step: int) -> int:
        """How many steps lie between a step and the next snapshot; the run's last step is one."""
        return int(self._due[np.searchsorted(self._due, step, "right")]) - step

    def look(self, step: int, values: dict[str, Any], *, always: bool = False) -> None:
        """Take a snapshot, where one is due, or always; never two of one step."""
        if self.snapshots and self.snapshots[-1].step == step:
            return
        if always or step in self._due:
            kept = {name: np.array(value) for name, value in values.items()}
            loss = measure(self.at(kept), self._judged, self._learn).loss
            self.snapshots.append(Snapshot(step, loss, kept))

    def at(self, values: dict[str, Any]) -> Model:
        """The model with these parameters."""
        return Model(self.model.net.starting(values), self.model.loss, self.model.dtype, self.model.classes)


def due(steps: int, frames: int = FRAMES) -> Any:
    """Give the steps to look at: the beginning, the end, and between them as many as wanted, logarithmically spaced.

    >>> due(1000, 7).tolist()
    [0, 1, 4, 16, 63, 251, 1000]
    """
    return np.unique([0, *np.rint(np.geomspace(1, steps, frames - 1)).astype(int)])
