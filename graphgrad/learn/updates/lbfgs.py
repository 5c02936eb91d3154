"""L-BFGS over all examples, of SciPy's two parts: the product with the remembered curvature, and the line search.

SciPy's `minimize` hides what it remembers; here it is kept in the open, so that a checkpoint can hold it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite, nan, prod
from typing import Any

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compiled import Compiled
from graphgrad.compiler.steps.vectors import views
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.memory import ENTRY, needed, refuse_step
from graphgrad.transform.grad import grad

MEMORY = 20  # pairs of a step and what it did to the gradient
VECTORS = 4  # as long as the parameters, besides the pairs: these, the gradient, the direction, a trial
FARTHEST = 4.0  # times as far as the curvature says, at most
TRIALS = 20  # of the line search
SMALL = 1e-10  # no entry of the gradient is larger: the run has converged

Evaluation = Callable[[Any], tuple[float, Any]]  # of a vector of parameters: the loss, and its gradient


@dataclass(frozen=True)
class LbfgsStep:
    """An iteration, in the manner of `compile_step`'s steps; Liu & Nocedal (1989)."""

    loss: Graph
    shapes: Mapping[str, tuple[int, ...]]
    dtype: str

    @property
    def data(self) -> tuple[str, ...]:
        """The inputs that a step is called with, in order."""
        return tuple(name for name in self.loss.inputs if name not in self.shapes)

    @cached_property
    def gradient(self) -> Compiled:
        """Loss and gradient as one function."""
        return compiled(grad(self.loss, *self.shapes), dtype=self.dtype)

    def refuse_large(self, rows: int) -> None:
        """Raise ShapeError where loss and gradient over so many rows, and what is remembered, exceed the bound."""
        nodes = grad(self.loss, *self.shapes).nodes
        sizes = {size: rows for node in nodes for size in node.shape if isinstance(size, str)}
        arrays = sum(needed(node.shape, sizes) for node in nodes)
        vectors = sum(map(needed, self.shapes.values())) * (2 * MEMORY + VECTORS)
        refuse_step(arrays * np.dtype(self.dtype).itemsize // ENTRY + vectors, rows)

    def start(self, values: Mapping[str, Any]) -> LbfgsRun:
        """Give a run that begins at these parameters; UsageError where SciPy is not installed."""
        return LbfgsRun(self, values)


class LbfgsRun:
    """A run: the parameters as one vector of float64, the gradient there, and the pairs of the last iterations."""

    def __init__(self, step: LbfgsStep, values: Mapping[str, Any]) -> None:
        try:
            from scipy.optimize import LbfgsInvHessProduct, line_search
        except ImportError:
            raise UsageError("L-BFGS comes with SciPy", hint="pip install 'graphgrad[scipy]'") from None
        self.step, self.t, self.converged = step, 0, False
        self.product, self.search = LbfgsInvHessProduct, line_search
        self.theta = np.concatenate([np.ravel(values[name]) for name in step.shapes]).astype(np.float64)
        self.value, self.slope = nan, np.empty(0)  # known from the first iteration on
        self.forget()

    def forget(self) -> None:
        """Begin with the steepest descent again."""
        self.steps = self.changes = np.empty((0, sum(map(prod, self.step.shapes.values()))))

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by name: views."""
        return views(self.theta, self.step.shapes)

    def epoch(self, *data: Any, order: Any = None, batch: int | None = None) -> Any:  # noqa: ARG002  (always all rows)
        """Take one iteration over all rows of the data; gives the loss after it, or nan where it cannot begin."""
        evaluate, self.t = self.evaluation(data), self.t + 1
        if not self.slope.size:
            self.value, self.slope = evaluate(self.theta)
            if not isfinite(self.value):
                return np.array([nan])
        found = self.ahead(evaluate)
        if found is None and len(self.steps):
            self.forget()
            found = self.ahead(evaluate)
        self.converged = found is None
        if found is not None:
            self.move(found, *evaluate(found))
        return np.array([self.value])

    def evaluation(self, data: tuple[Any, ...]) -> Evaluation:
        """Give loss and gradient as a function of the vector; what it gave in this iteration, it remembers.

        Where either is no number the loss counts as infinite, so that the line search steps back from there.
        """
        fixed = {name: np.asarray(d) for name, d in zip(self.step.data, data, strict=True)}
        known: dict[bytes, tuple[float, Any]] = {}

        def evaluate(theta: Any) -> tuple[float, Any]:
            if (key := theta.tobytes()) not in known:
                value, grads = self.step.gradient(**fixed, **views(theta, self.step.shapes))
                slope = np.concatenate([np.ravel(grads[name]) for name in self.step.shapes]).astype(np.float64)
                good = np.isfinite(value) and np.isfinite(slope).all()
                known[key] = float(value) if good else inf, slope
            return known[key]

        return evaluate

    def ahead(self, evaluate: Evaluation) -> Any:
        """Give the point that the line search finds, or else the lowest that it tried; None where none is lower."""
        direction, tried = self.direction(), {self.value: self.theta}

        def value(theta: Any) -> float:
            tried[found := evaluate(theta)[0]] = theta
            return found

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # that it found nothing is what None says
            length, *_ = self.search(
                value, lambda theta: evaluate(theta)[1],
                self.theta, direction, self.slope, self.value, amax=FARTHEST, maxiter=TRIALS,
            )  # fmt: skip
        found = tried[min(tried)] if length is None else self.theta + length * direction
        return found if evaluate(found)[0] < self.value else None

    def direction(self) -> Any:
        """Give where to go: against the gradient, times the inverse of the curvature that the pairs tell of."""
        if not len(self.steps):
            return -self.slope / max(float(np.linalg.norm(self.slope)), SMALL)
        step, change = self.steps[-1], self.changes[-1]
        unit = np.sqrt(step @ change / (change @ change))  # the product begins with 1: in this unit with unit**2
        return -unit * self.product(self.steps / unit, self.changes * unit).matvec(unit * self.slope)

    def move(self, theta: Any, value: float, slope: Any) -> None:
        """Go to a point, and remember what the step did to the gradient, where it tells of a positive curvature."""
        step, change = theta - self.theta, slope - self.slope
        if step @ change > np.finfo(float).eps * (change @ change):
            self.steps = np.vstack([self.steps, step])[-MEMORY:]
            self.changes = np.vstack([self.changes, change])[-MEMORY:]
        self.converged = bool(np.abs(slope).max() <= SMALL)
        self.theta, self.value, self.slope = theta, value, slope

    def state(self) -> dict[str, Any]:
        """Give all there is to resume from; nothing in it is ever changed in place."""
        numbers = np.array([self.value, self.converged])
        arrays = {"p": self.theta, "slope": self.slope, "steps": self.steps, "changes": self.changes}
        return {"t": self.t, "numbers": numbers, **arrays}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t, (self.value, converged) = int(state["t"]), map(float, state["numbers"])
        self.converged, self.theta, self.slope = bool(converged), state["p"], state["slope"]
        self.steps, self.changes = state["steps"], state["changes"]
