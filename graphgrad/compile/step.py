"""The training step: gradient and optimizer in one compiled function, working in place on one flat vector."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from graphgrad.compile.bound import ArrayWriter
from graphgrad.compile.compiled import load, save
from graphgrad.compile.passes import Passed, pipeline
from graphgrad.compile.targets import target_row
from graphgrad.compile.update import Update, read_update
from graphgrad.core.errors import DataError, ShapeError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape, show
from graphgrad.transform.grad import grad

Array = np.ndarray[Any, Any]


def compile_step(
    loss: Graph,
    /,
    parameters: Iterable[str],
    update: str,
    *,
    constants: Mapping[str, float] | None = None,
    dtype: str = "float32",
    target: str = "numpy",
) -> Step:
    """Compile a training step: the gradient of a scalar loss, and the update of all parameters by an optimizer.

    `parameters` names inputs of the loss, of fixed shape; its other inputs are data. `update` is a program in the
    language, as `read_update` says: "p - lr * g", or "m = b * m + g; p = p - lr * m", with the values of some of its
    names in `constants`; the others (`lr`) are given at every step. Where the data have a named dimension, a step takes
    any number of rows; else it takes one example. Raises UsageError for unknown names and ShapeError for shapes that
    are not known.

    >>> from graphgrad.frontend.parse import parse
    >>> step = compile_step(parse("square(w * x - y)"), ["w"], "p - lr * g", dtype="float64")
    >>> run = step.start({"w": 0.0})
    >>> run(1.0, 3.0, lr=0.25), run(1.0, 3.0, lr=0.25), float(run.parameters["w"])
    (9.0, 2.25, 2.25)
    """
    names = tuple(parameters)
    shapes = {name: _fixed(name, loss.nodes[loss.input(name)].shape) for name in names}
    if dtype not in {"float64", "float32"}:
        raise UsageError(f"dtype must be float64 or float32, not {dtype}")
    row = target_row(target)
    passes = pipeline(loss)
    gradient = grad(passes[-1].graph, *names)
    more = pipeline(gradient)
    rule = read_update(update, constants or {})
    writer = ArrayWriter(loss, gradient, more, shapes, rule, row, dtype)
    data = tuple(name for name in loss.inputs if name not in shapes)
    return Step(writer.source(), target, dtype, loss, (*passes, *more), shapes, data, rule)


@dataclass(frozen=True)
class Step:
    """A compiled training step: its source, and how to start it.

    `data` names the inputs that a step is called with, in order; `update.slots` names the optimizer's state and
    `update.rates` what every call is given besides. `source` is a module that trains without graphgrad.
    """

    source: str
    target: str
    dtype: str
    loss: Graph
    passes: tuple[Passed, ...]
    shapes: Mapping[str, tuple[int, ...]]
    data: tuple[str, ...]
    update: Update

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the module to a file: whole, or not at all."""
        save(self.source, path)

    def start(self, values: Mapping[str, Any]) -> Run:
        """Give a run that begins at these parameters, which are copied; ShapeError where one does not fit."""
        return Run(self, values)


class Run:
    """A training run: the parameters, as one flat vector in `theta`, the optimizer's state, and the number of steps.

    Call it with the data of one step, in the order of `step.data`, and the rates by name; it gives the loss before the
    update. `parameters` are views of `theta`, always up to date.
    """

    def __init__(self, step: Step, values: Mapping[str, Any]) -> None:
        self.step, self.t = step, 0
        self.theta = np.zeros(sum(prod(s) for s in step.shapes.values()), step.dtype)
        self.slots = {name: np.zeros_like(self.theta) for name in step.update.slots}
        for name, view in self.parameters.items():
            if name not in values:
                raise UsageError(f"no value for the parameter '{name}'")
            if np.shape(values[name]) != view.shape:
                raise ShapeError(f"'{name}' must have shape {show(view.shape)}, not {show(np.shape(values[name]))}")
            view[...] = values[name]
        self._bind: Callable[..., Any] = load(step.source, "step")["bind"]
        self._bound: dict[tuple[int, ...], tuple[Callable[..., float], Array]] = {}
        self._sizes = _dimensions(step)
        self._last: Array | None = None

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name, in the user's shapes: views, which change as training goes on."""
        return views(self.theta, self.step.shapes)

    @property
    def gradient(self) -> dict[str, Array]:
        """The gradient of the last step, by parameter: views, which change as training goes on."""
        if self._last is None:
            raise UsageError("no step has been taken yet")
        return views(self._last, self.step.shapes)

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        given = self._rates(rates)
        self.t += 1
        return self._function(data)(*data, self.t, *given)

    def epoch(self, *data: Array, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows of the data, in order or in a given order of rows; gives the losses.

        Without an order no row is copied. A last batch may be smaller.
        """
        losses = []
        given = self._rates(rates)
        for part in self._batches(data, order, batch):
            self.t += 1
            losses.append(self._function(part)(*part, self.t, *given))
        return np.array(losses)

    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from: `restore` takes it, and the same steps give the same bits."""
        return {"t": self.t, "p": self.theta.copy(), **{name: slot.copy() for name, slot in self.slots.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t = int(state["t"])
        self.theta[...] = state["p"]
        for name, slot in self.slots.items():
            slot[...] = state[name]

    def _rates(self, given: Mapping[str, float]) -> list[float]:
        wanted = self.step.update.rates
        if set(wanted) != set(given):
            raise UsageError(
                f"every step is given {', '.join(wanted) or 'no rates'}, not {', '.join(given) or 'nothing'}"
            )
        return [float(given[name]) for name in wanted]

    def _function(self, data: Sequence[Any]) -> Callable[..., float]:
        sizes = tuple([np.shape(data[i])[axis] for i, axis in self._sizes])
        if sizes not in self._bound:
            self._bound[sizes] = self._bind(self.theta, *self.slots.values(), *sizes)
        function, self._last = self._bound[sizes]
        return function

    def _batches(self, data: Sequence[Array], order: Any, batch: int) -> Iterator[Sequence[Any]]:
        count = len(data[0])
        if any(len(d) != count for d in data):
            raise DataError("the data differ in their numbers of rows")
        single = not self._sizes  # a program of one example
        places = range(count) if order is None else order
        if single:
            for i in places:
                yield [d[i] for d in data]
        elif order is None:
            for start in range(0, count, batch):
                yield [d[start : start + batch] for d in data]
        else:
            for start in range(0, len(places), batch):
                yield [d.take(places[start : start + batch], 0) for d in data]


def _fixed(name: str, shape: Shape) -> tuple[int, ...]:
    sizes = tuple(size for size in shape if isinstance(size, int))
    if len(sizes) < len(shape):
        raise ShapeError(f"the parameter '{name}' of shape {show(shape)} has no fixed size")
    return sizes


def views(flat: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Give the parts of a flat vector, each in its own shape."""
    found, at = {}, 0
    for name, shape in shapes.items():
        size = prod(shape)
        found[name] = flat[at : at + size].reshape(shape)
        at += size
    return found


def _dimensions(step: Step) -> tuple[tuple[int, int], ...]:
    """For every named dimension of the data, the first input, by place in `data`, and the axis that has it."""
    found: dict[str, tuple[int, int]] = {}
    for i, name in enumerate(step.data):
        for axis, size in enumerate(step.loss.nodes[step.loss.inputs[name]].shape):
            if isinstance(size, str):
                found.setdefault(size, (i, axis))
    return tuple(found.values())
