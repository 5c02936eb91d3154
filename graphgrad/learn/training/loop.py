"""The loop: rounds of compiled steps, with records, checkpoints and an eye on what goes wrong."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compile_step import CompiledStep
from graphgrad.compiler.compiled import Compiled
from graphgrad.core.errors import DomainError, GraphgradError
from graphgrad.core.graph import Graph
from graphgrad.execute.trace import trace
from graphgrad.frontend.printers import text
from graphgrad.learn.data.examples import Examples
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.losses import Objective
from graphgrad.learn.networks.network import Network
from graphgrad.learn.training.batches import Order
from graphgrad.learn.training.checkpoint import Mark, Standing, read_checkpoint, write_checkpoint
from graphgrad.learn.training.devices import DeviceStep
from graphgrad.learn.training.evaluate import Measured, judge, measure, sums
from graphgrad.learn.training.history import History, Record
from graphgrad.learn.training.progress import Report
from graphgrad.learn.training.snapshots import Snapshots
from graphgrad.learn.training.threads import threads_for
from graphgrad.learn.updates.lbfgs import LbfgsRun, LbfgsStep
from graphgrad.learn.updates.optimizers import OWN_RATE
from graphgrad.transform.grad import grad


def blame(graph: Graph, feeds: Mapping[str, Any], dtype: str, step: int) -> DomainError:
    """Give the error that names the first node whose value, or whose adjoint, is inf or nan at these values."""
    hint = "lower the learning rate, or clip the gradient"
    try:
        traced = trace(graph, feeds, dtype=dtype)
    except DomainError as error:
        return DomainError(f"step {step}: {error.message}", hint=hint, source=error.source, span=error.span)
    for i, node in enumerate(graph.nodes):
        if (found := _bad(traced.primal(i))) is not None:
            formula = f" = {text(graph, i, frozenset(range(len(graph))) - {i})}" if node.operands else ""
            said = f"step {step}: the first value that is no number is {found}, in {graph.label(i)}{formula}"
            return DomainError(said, hint=hint, source=graph.source, span=graph.span(i))
    for contribution in traced.adjoints.contributions:
        if (found := _bad(traced.values[contribution.total])) is not None:
            name = graph.label(contribution.receiver)
            said = f"step {step}: the first value that is no number is {found}, in the adjoint of {name}"
            return DomainError(said, hint=hint)
    return DomainError(f"step {step}: the update gives parameters that are no numbers", hint=hint)


def _bad(value: Any) -> str | None:
    """Say the first entry that is not finite, and where."""
    array = np.asarray(value)
    if np.isfinite(array).all():
        return None
    index = np.argwhere(~np.isfinite(array))[0]
    where = f" at {[int(i) for i in index]}" if index.size else ""
    return f"{array[tuple(index)]}{where}"


_MOMENT = 0.1  # seconds that a piece of a round takes, about: between pieces a run reports, and can be left


class Stops(NamedTuple):
    """When a run ends before its last step."""

    patience: int | None = None  # rounds without a better validation loss
    tolerance: float | None = None  # norm of the gradient over all examples
    step_tolerance: float | None = None  # norm of what a round does to the parameters


class Keeping(NamedTuple):
    """Where checkpoints go."""

    path: Path
    mark: Mark
    every: float  # seconds
    resume: bool
    writes: bool = True  # of many processes, the first


@dataclass(frozen=True)
class Task:
    """What is to be done: everything checked, nothing begun."""

    net: Network
    objective: Objective
    step: CompiledStep | DeviceStep | LbfgsStep
    learn: Examples
    held: Examples | None
    order: Order
    stops: Stops
    keeping: Keeping | None
    classes: tuple[str, ...] = ()
    record_every: int | None = None  # steps, where not a round
    rates: Any = None  # what the rate of every entry of the parameters is multiplied by, where that is said


class Interrupted(KeyboardInterrupt):
    """A run was stopped by ctrl-C or a signal: `model` and `history` are what it had come to."""

    def __init__(self, said: str, model: Model) -> None:
        super().__init__(*([said] if said else []))
        self.model, self.history = model, History()


class TrainingLoop:
    """A run of a task."""

    def __init__(self, task: Task, report: Report, reel: Snapshots | None = None) -> None:
        self.task, self.report, self.reel = task, report, reel
        self.run, self.standing = task.step.start(task.net.values), Standing()
        if task.rates is not None:
            self.run.restore({**self.run.state(), OWN_RATE: task.rates})
        self.best: dict[str, Any] = {}  # the parameters of the best validation loss
        self.before: dict[str, Any] = {}  # those that the round began with, where it matters
        self.judged = judge(task.net, task.objective.loss, task.step.dtype)
        self.sums = sums(self.judged, task.net, task.learn)
        if task.keeping and task.keeping.resume and task.keeping.path.is_file():
            self.standing, state, self.best, self.before = read_checkpoint(task.keeping.path, task.keeping.mark)
            self.run.restore(state)
        names = (task.net.data, task.objective.target, task.objective.weights)
        self.data = {name: part for name, part in zip(names, task.learn, strict=True) if part is not None}
        self.kept = time.monotonic()
        self.stopped = False  # by whoever is told of records
        self.hold()

    def hold(self) -> None:
        """Know where the run stands between two steps."""
        records = [*self.standing.records]
        self.whole = self.run.state(), replace(self.standing, records=records), self.best, self.before

    def train(self) -> Model:
        """Take all steps that are left, or as many as it needs; gives the model, the best where patience ended it."""
        with threads_for(self.task.objective.graph, self.task.order.batch):
            self.look(always=False)
            try:
                self.take_rounds()
            except KeyboardInterrupt:
                raise self.interrupted() from None
            self.look(always=True)
        self.keep(always=True)
        return self.model(self.best if self.task.stops.patience and self.best else self.now())

    def interrupted(self) -> Interrupted:
        """Go back to the last place between two steps, as an interrupt may come within one, and keep it."""
        keeping, (state, standing, best, before) = self.task.keeping, self.whole
        self.run.restore(state)
        self.standing = standing
        model = self.model(self.now())
        if keeping is None or not keeping.writes:
            return Interrupted("", model)
        write_checkpoint(keeping.path, keeping.mark, standing, state, best, before)
        return Interrupted(f"step {state['t']} is kept in '{keeping.path}', and resume goes on from there", model)

    def take_rounds(self) -> None:
        """Take rounds until there is reason to end."""
        task = self.task
        per_round = task.order.round_steps
        while self.run.t < task.order.steps and not self.done():
            rows = task.order.of_round(self.run.t // per_round)
            first = self.run.t // per_round * per_round
            end = min(task.order.steps, first + per_round)
            if task.stops.step_tolerance is not None and self.run.t == first:
                self.before = self.now()
            steady = task.step.block if isinstance(task.step, DeviceStep) else 0
            count = steady or 64
            while self.run.t < end and not self.stopped:
                near = self.reel.until(self.run.t) if self.reel else count
                due = (
                    end - self.run.t
                    if task.record_every is None
                    else task.record_every - self.run.t % task.record_every
                )
                took = self.piece(rows, self.run.t % per_round, min(count, near, due, end - self.run.t))
                count = steady or max(
                    1, count * 2 if took < _MOMENT / 2 else count // 2 if took > 2 * _MOMENT else count
                )
                if self.run.t == end if task.record_every is None else self.run.t % task.record_every == 0:
                    self.close_round()
                self.look(always=False)
                self.keep(always=False)
        if self.standing.round_count and not self.stopped:  # the last steps, where they are no whole round
            self.close_round()

    def piece(self, rows: Any, start: int, count: int) -> float:
        """Take some steps of a round; gives the seconds that it took."""
        self.hold()
        batch, before, began = self.task.order.batch, self.whole[0], time.perf_counter()
        places = rows[start * batch : (start + count) * batch]
        losses = self.steps(places)
        took = time.perf_counter() - began
        if not np.isfinite(losses).all() or not all(np.isfinite(p).all() for p in self.run.parameters.values()):
            raise self.blamed(before, places)
        sizes = np.full(len(losses), batch)
        sizes[-1] = len(places) - batch * (len(losses) - 1)
        total, standing = math.fsum(losses if self.sums else losses * sizes), self.standing
        standing.total, standing.count = standing.total + total, standing.count + len(places)
        standing.round_total, standing.round_count = standing.round_total + total, standing.round_count + len(places)
        standing.seconds += took
        self.report(self.run.t, standing.seconds, None)
        return took

    def steps(self, places: Any) -> Any:
        """Take a step for every `batch` rows."""
        task, data = self.task, [self.data[name] for name in self.task.step.data]
        if task.order.kind == "given":
            first, last = places[0], places[-1] + 1
            return self.run.epoch(*[d[first:last] for d in data], batch=task.order.batch)
        return self.run.epoch(*data, order=places, batch=task.order.batch)

    def close_round(self) -> None:
        """Record a round."""
        standing, order = self.standing, self.task.order
        measured = self.measured()
        before = standing.records[-1].seconds if standing.records else 0.0
        record = Record(
            self.run.t,
            standing.count / order.rows,
            standing.round_total / standing.round_count,
            standing.total / standing.count,
            standing.seconds,
            standing.round_count / max(standing.seconds - before, 1e-9),
            measured.loss if measured else None,
            measured.accuracy if measured else None,
        )
        standing.records.append(record)
        standing.round_total, standing.round_count = 0.0, 0
        if measured and self.task.stops.patience:
            standing.waited += 1
            if measured.loss < standing.best:
                standing.best, standing.waited, self.best = measured.loss, 0, self.now()
        self.stopped = self.report(self.run.t, standing.seconds, record)

    def look(self, *, always: bool) -> None:
        """Take a snapshot, where the run is filmed and one is due."""
        if self.reel is not None:
            self.reel.look(self.run.t, self.run.parameters, always=always)

    def done(self) -> bool:
        """Whether the run has reason to end."""
        stops = self.task.stops
        if isinstance(self.run, LbfgsRun) and self.run.converged:
            return True
        if self.stopped or (stops.patience and self.standing.waited >= stops.patience):
            return True
        whole = self.run.t % self.task.order.round_steps == 0
        if stops.step_tolerance is not None and self.before and whole and self.moved() < stops.step_tolerance:
            return True
        return stops.tolerance is not None and self.gradient_norm() < stops.tolerance

    def moved(self) -> float:
        """The norm of what the last round did to the parameters."""
        changes = (now - self.before[name] for name, now in self.run.parameters.items())
        return math.sqrt(sum(float(np.vdot(change, change)) for change in changes))

    def gradient_norm(self) -> float:
        """The norm of the gradient over all examples."""
        _, grads = self.gradient(**self.data, **self.run.parameters)
        return math.sqrt(sum(float(np.vdot(g, g)) for g in grads.values()))

    @cached_property
    def gradient(self) -> Compiled:
        """The gradient by itself, which a step uses up."""
        return compiled(grad(self.task.objective.graph, *self.task.net.values), dtype=self.task.step.dtype)

    def measured(self) -> Measured | None:
        """Loss and accuracy on the held-out examples."""
        if self.task.held is None:
            return None
        return measure(self.model(self.run.parameters), self.judged, self.task.held)

    def now(self) -> dict[str, Any]:
        """A copy of the parameters."""
        return {name: np.array(value) for name, value in self.run.parameters.items()}

    def model(self, values: dict[str, Any]) -> Model:
        """The model of these parameters."""
        task = self.task
        return Model(task.net.starting(values), task.objective.loss, task.step.dtype, task.classes)

    def keep(self, *, always: bool) -> None:
        """Write a checkpoint, where one is wanted and due."""
        keeping = self.task.keeping
        if keeping is not None and keeping.writes and (always or time.monotonic() - self.kept >= keeping.every):
            write_checkpoint(keeping.path, keeping.mark, self.standing, self.run.state(), self.best, self.before)
            self.kept = time.monotonic()

    def blamed(self, before: dict[str, Any], places: Any) -> GraphgradError:
        """Take the steps again, one by one, up to the one that went bad, and name its first bad node."""
        batch = self.task.order.batch
        self.run.restore(before)
        for start in range(0, len(places), batch):
            now = self.now()
            rows = places[start : start + batch]
            loss = self.steps(rows)
            if not np.isfinite(loss).all() or not all(np.isfinite(p).all() for p in self.run.parameters.values()):
                feeds = {name: np.asarray(d[rows]) for name, d in self.data.items()}
                return blame(self.task.objective.graph, {**feeds, **now}, self.task.step.dtype, self.run.t)
        raise AssertionError("the same steps gave other numbers")
