"""The training step: gradient and optimizer in one compiled function, working in place on one flat vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphgrad.compiler.backend import TARGETS, Way, target_row
from graphgrad.compiler.passes.passed import pipeline
from graphgrad.compiler.passes.specialise import check_rows
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.steps.emitted import Emitted
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.program import Start
from graphgrad.compiler.steps.run import Run
from graphgrad.compiler.steps.unrolled import MOST, fits
from graphgrad.compiler.steps.update import read_update
from graphgrad.compiler.steps.vectors import flat
from graphgrad.core.builder import uncollected
from graphgrad.core.errors import ShapeError, TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.memory import ENTRY, refuse_step
from graphgrad.core.shapes import Shape, show

_CALLED = frozenset({"bind", "train", "len", "range"})  # what the loop of a module calls, and no input may hide


@uncollected
def compile_step(  # noqa: PLR0913  (all but two are keywords with defaults)
    loss: Graph,
    /,
    parameters: Iterable[str],
    update: str,
    *,
    constants: Mapping[str, float] | None = None,
    dtype: str = "float32",
    batch: int | None = None,
    target: str = "numpy",
    sparse: Iterable[str] = (),
    initial: Mapping[str, Start] | None = None,
) -> CompiledStep:
    """Compile a training step: the gradient of a scalar loss, and the update of all parameters by an optimizer.

    `parameters` names inputs of the loss, of fixed shape; its other inputs are data. `update` is a program in the
    language, as `read_update` says: "p - lr * g", or "m = b * m + g; p = p - lr * m", with the values of some of its
    names in `constants`; the others (`lr`) are given at every step. Where the data have a named dimension, a step takes
    any number of rows, `batch` being the number to prepare for; else it takes one example. A tiny network is unrolled
    into plain Python, which computes in float64 whatever `dtype` says of arrays. `target` names a row of the targets,
    whose ways to take steps are tried in order. `sparse` names data that are mostly zeros, which numba's products skip.
    Given `initial` values of all parameters, a module of Python trains by itself: it has them, and a loop.
    Raises UsageError for unknown names, ShapeError for shapes that are not known, and TargetError for a target that is
    not installed or takes no steps of such a program.

    >>> from graphgrad.frontend.parse import parse
    >>> step = compile_step(parse("square(w * x - y)"), ["w"], "p - lr * g")
    >>> run = step.start({"w": 0.0})
    >>> run(1.0, 3.0, lr=0.25), run(1.0, 3.0, lr=0.25), float(run.parameters["w"])
    (9.0, 2.25, 2.25)
    """
    if dtype not in {"float64", "float32"}:
        raise UsageError(f"dtype must be float64 or float32, not {dtype}")
    check_rows(batch)
    shapes = {name: fixed(name, loss.nodes[loss.input(name)].shape) for name in parameters}
    rule = read_update(update, constants or {})
    zeros = frozenset(sparse)
    if strange := zeros - (loss.inputs.keys() - shapes.keys()):
        raise UsageError(f"'{min(strange)}' is none of the data, which could be mostly zeros")
    row, passed = target_row(target), pipeline(loss, SIMPLER)
    starts = {} if _CALLED & loss.inputs.keys() else initial or {}
    return step_of(StepPlan(loss, passed, shapes, rule, row, dtype, batch, zeros, starts))


@dataclass(frozen=True, repr=False)
class CompiledStep(Emitted):
    """A compiled training step: its source, and how to start it."""

    taken: Way

    @property
    def way(self) -> str:
        """What the way is called that its target takes such steps in."""
        return self.taken.name

    @property
    def unrolled(self) -> bool:
        """Whether every number is a variable of its own."""
        return self.taken.fits is fits

    def refuse_large(self, rows: int) -> None:
        """Raise ShapeError where a step of so many rows, parameters and states included, exceeds the bound."""
        vectors = ENTRY * self.plan.size * (2 + len(self.update.slots))
        arrays = sum(code.memory(dict.fromkeys(self.dimensions, rows)) for code in self.code())
        refuse_step((vectors + arrays) * np.dtype(self.dtype).itemsize // ENTRY, rows)

    def start(self, values: Mapping[str, Any]) -> Run:
        """Give a run that begins at these parameters, which are copied; ShapeError where one does not fit."""
        theta = flat(values, self.shapes, self.transposed, self.dtype)
        return self.taken.run(self, theta)


def step_of(plan: StepPlan) -> CompiledStep:
    """Write a step in the first of its target's ways that the program allows."""
    ways = plan.target.steps
    if not ways:
        raise TargetError(f"the target '{plan.target.name}' computes functions, and takes no steps")
    for way in ways:
        if way.fits(plan):
            with suppress(*(() if way is ways[-1] else (UsageError, TargetError))):
                return _written(plan, way)
    hint = f"numbers alone: at most {MOST} parameters times examples, of a known batch; or compile it for numpy"
    raise TargetError(f"the target '{plan.target.name}' takes no steps of this program", hint=hint)


def _written(plan: StepPlan, way: Way) -> CompiledStep:
    """Write a step in one way; where arithmetic refuses its numbers, it is taken again on arrays of float64."""
    writer = way.write(plan)
    wider = replace(plan, target=TARGETS["numpy"], dtype="float64")
    known = (writer.passes, writer.code, writer.transposed)
    return CompiledStep(writer.source(), plan, *known, lambda: _written(wider, TARGETS["numpy"].steps[-1]), way)


def fixed(name: str, shape: Shape) -> tuple[int, ...]:
    """Give the shape of a parameter; ShapeError where one of its sizes is not known."""
    sizes = tuple(size for size in shape if isinstance(size, int))
    if len(sizes) < len(shape):
        raise ShapeError(f"the parameter '{name}' of shape {show(shape)} has no fixed size")
    return sizes
