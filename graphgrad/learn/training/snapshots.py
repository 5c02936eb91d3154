"""What a training film needs of a run: its parameters and its loss, at steps that lie ever further apart."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compiled import Compiled
from graphgrad.core.display import told
from graphgrad.core.numerals import general
from graphgrad.learn.data.examples import Examples
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.losses import Objective, loss_said, objective
from graphgrad.learn.training.evaluate import judge, measure
from graphgrad.transform.grad import grad

FRAMES = 48
GRADED = 2048  # examples, evenly taken, that the gradient of a snapshot is taken over


@told(lambda shot: f"step {shot.step}, loss {general(shot.loss, 4)}, of {', '.join(shot.values)}")
class Snapshot(NamedTuple):
    """The parameters after a step, and the loss over all examples with them."""

    step: int
    loss: float
    values: dict[str, Any]


@told(lambda reel: f"{len(reel.snapshots)} snapshots")
class Snapshots:
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

    def gradient(self, values: dict[str, Any]) -> dict[str, Any]:
        """The derivative of the loss by every parameter, over all examples, or over `GRADED` of them."""
        rows = np.unique(np.linspace(0, len(self.X) - 1, GRADED).astype(int))
        fed = {self.model.net.data: np.asarray(self.X[rows]), self._objective.target: np.asarray(self.Y[rows])}
        _, found = self._graded(**self.at(values).weights, **fed)
        return {name: np.asarray(found[name]) for name in values}

    @cached_property
    def _graded(self) -> Compiled:
        return compiled(grad(self._objective.graph, *self.model.net.values), dtype=self.model.dtype)

    @cached_property
    def _objective(self) -> Objective:
        loss = self.model.loss
        return objective(self.model.net, loss_said(loss))

    def at(self, values: dict[str, Any]) -> Model:
        """The model with these parameters."""
        return Model(self.model.net.starting(values), self.model.loss, self.model.dtype, self.model.classes)


def due(steps: int, frames: int = FRAMES) -> Any:
    """Give the steps to look at: the beginning, the end, and between them as many as wanted, logarithmically spaced.

    >>> due(1000, 7).tolist()
    [0, 1, 4, 16, 63, 251, 1000]
    """
    return np.unique([0, *np.rint(np.geomspace(1, steps, frames - 1)).astype(int)])
