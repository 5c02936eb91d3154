"""Training, from the front door: check everything, compile the step, and run the loop."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.compiler.compile_step import CompiledStep, compile_step
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.learn.checks import named, real, whole
from graphgrad.learn.data.examples import Examples, mostly_zero
from graphgrad.learn.models.model import Model
from graphgrad.learn.models.preparation import Preparation
from graphgrad.learn.models.scaling import Scaling, scaling
from graphgrad.learn.models.score import naive
from graphgrad.learn.models.tensors import check_tensors
from graphgrad.learn.networks.losses import objective
from graphgrad.learn.networks.network import Network
from graphgrad.learn.training.batches import Order
from graphgrad.learn.training.checkpoint import fingerprint
from graphgrad.learn.training.devices import DeviceStep, Machines
from graphgrad.learn.training.given import GivenRows, checked_examples, default_loss, given
from graphgrad.learn.training.history import History, Record
from graphgrad.learn.training.loop import Keeping, Stops, Task, TrainingLoop
from graphgrad.learn.training.progress import reporting, say
from graphgrad.learn.training.snapshots import Snapshots
from graphgrad.learn.training.verdicts import Look, some, verdicts
from graphgrad.learn.updates.lbfgs import LbfgsStep
from graphgrad.learn.updates.optimizers import OPTIMIZERS, Optimizer, optimizer as optimizer_row, optimizer_name
from graphgrad.learn.updates.schedules import UpdateProgram, update

BATCH = 32  # examples a step, where nothing else is said


def fit(  # noqa: PLR0913  (what a user may say about training)
    net: Network | Model,
    X: Any,
    y: Any,
    *,
    loss: str | None = None,
    optimizer: str | Optimizer = "adam",
    lr: float | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = BATCH,
    validation: float | tuple[Any, Any] | None = None,
    seed: int = 0,
    dtype: str | None = None,
    shuffle: bool = True,
    standardize: bool | None = None,
    l2: float = 0.0,
    l1: float = 0.0,
    schedule: str = "constant",
    settings: Mapping[str, float] | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    patience: int | None = None,
    tolerance: float | None = None,
    step_tolerance: float | None = None,
    record_every: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = 30.0,
    resume: bool = False,
    progress: bool | None = None,
    each: Callable[[Record], None] | None = None,
    film: bool = False,
    classes: tuple[str, ...] = (),
    target: str = "numpy",
    machines: Machines | int | None = None,
) -> tuple[Model, History]:
    """Train a network; gives the model and the history of the run.

    `X` holds examples, one a row, and `y` targets: class indices (N,), or numbers (N,) or (N, outputs); words are made
    classes. `loss` is a row of `LOSSES` or a text in R and Y (without one: cross-entropy for classes, binary
    cross-entropy for yes or no with one output, else mse), with penalties `l2` and `l1` on the weights. `optimizer` is
    a row of `OPTIMIZERS`, a text ("p - lr * g"), one made by `optimizer`, or "lbfgs" (on all examples; with SciPy).
    `schedule` is a row of `SCHEDULES`, or a text in base, t and T; `settings` are the optimizer's and the schedule's.

    Either `epochs`, passes over the data in a new order each, `batch_size` examples a step (None: all of them), or
    `steps`, each on as many random examples. It ends sooner where the validation loss has not become better for
    `patience` epochs (and then gives the best model), where the norm of the gradient over all examples falls below
    `tolerance`, or where an epoch (of random examples, a thousand steps) moves the parameters by less than
    `step_tolerance`. A run by `steps` is recorded every thousand of them, or `record_every` so many. `validation` is a
    pair (X, y), or the part of the examples to hold out.

    With `standardize` training sees every number of X, and of a y of numbers, in standard deviations from its mean (the
    losses too are in these units); the model takes and gives your own numbers, the means being lines of its program.

    A `checkpoint` (.safetensors) is written `every` so many seconds; with `resume` a run goes on from it to the same
    bits as one that was never interrupted. `each` is called with every record; `film` keeps snapshots of the parameters
    in the history, for `animate_training`. `dtype` is float64 or float32, that of X where X has one of these.
    `target` is what the step is compiled to: "numpy", "numba" or "jax", and for tiny networks "c" or "python".
    With "jax", `machines` says how many devices divide every batch among them, or `Machines` in how many processes.
    Raises DataError, before training, for data that do not fit, and DomainError, with the step and the node, where a
    value stops being a number.

    Source: each optimizer's paper stands at its row in learn/updates/optimizers.py.

    >>> from graphgrad.learn.networks.network import mlp
    >>> model, history = fit(mlp(1, 1), [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], optimizer="sgd", lr=0.1, steps=1000)
    >>> model.predict([[10.0]]).round(2)
    array([[21.]])
    """
    if not isinstance(net, Network | Model):
        raise UsageError(f"a network is wanted, not {type(net).__name__}", hint="make one by mlp or network")
    net = net.net if isinstance(net, Model) else net
    data = given(net, (X, y), validation, classes, whole(seed, "seed", 0))
    kind = _dtype(dtype or (data.X.dtype if data.X.dtype in (np.float32, np.float64) else "float64"))
    aim = objective(net, loss or default_loss(net, data.y, data.classes), l2=l2, l1=l1)
    learn, checked = checked_examples(net, aim.loss, data, kind, seed)
    scales, usual = None, naive(aim.loss, learn.Y, len(data.classes))
    if standardize or (standardize is None and data.sources):
        scales = scaling(net, learn, aim.loss.target)
        learn, checked = scales.of(learn), checked and scales.of(checked)
    if scales is not None and standardize is None and progress is not False:
        say("columns with names are standardized, and so are numbers that are learned; standardize=False leaves them")
    stops = _stops(patience, tolerance, step_tolerance, held=checked is not None)
    recorded = _recorded(record_every, steps)
    devices = machines if machines is None or isinstance(machines, Machines) else Machines(whole(machines, "machines"))
    optimizer = optimizer if isinstance(optimizer, Optimizer) else optimizer_name(optimizer)
    if optimizer == "lbfgs":
        refused = (lr, settings or None, clip_norm, clip_value, devices)
        if any(said is not None for said in refused) or (schedule, target) != ("constant", "numpy"):
            raise UsageError("L-BFGS has no rate, settings, clipping or targets", hint="it takes steps= alone")
        if batch_size not in {None, BATCH}:
            raise UsageError("L-BFGS takes all examples at every step", hint="leave batch_size out")
        length = (None, 1000) if epochs is steps is None else (epochs, steps)
        order, change = _order(len(learn), length, None, seed, shuffle=False), UpdateProgram("lbfgs", {})
        step: LbfgsStep | DeviceStep | CompiledStep = LbfgsStep(aim.graph, _shapes(net), kind)
    else:
        order = _order(len(learn), (epochs, steps), batch_size, seed, shuffle=shuffle)
        limits = {"clip_norm": clip_norm, "clip_value": clip_value}
        change = _change(optimizer, lr, schedule, settings or {}, limits, order.steps)
        step = _step(net, aim.graph, change, kind, order.batch, target, devices, (net.data,) * mostly_zero(learn.X))
    keeping = None
    if resume and checkpoint is None:
        raise UsageError(
            "to resume, a checkpoint must be named", hint="by checkpoint= or --checkpoint, the file that it was kept in"
        )
    if checkpoint is not None:
        check_tensors(Path(checkpoint))
        mark = _mark(net, (aim.graph.digest, kind, target), change, order, learn)
        writes = devices is None or devices.process == 0
        keeping = Keeping(Path(checkpoint), mark, real(every, "every"), resume=resume, writes=writes)
    task = Task(net, aim, step, learn, checked, order, stops, keeping, data.classes, recorded)
    reel = Snapshots(Model(net, aim.loss, kind, data.classes), learn, order.steps) if film else None
    with reporting(order, each, shown=progress) as report:
        loop = TrainingLoop(task, report, reel)
        model = loop.train()
    records = loop.standing.records
    look = Look(
        records, model, some(learn), checked and some(checked), tuple(n for row in data.sources for n in row.numbers)
    )
    return prepared(model, data, scales, usual), History(records, reel, partial(verdicts, look))


def prepared(model: Model, data: GivenRows, scales: Scaling | None, usual: tuple[float, ...]) -> Model:
    """Give the model of the user's own rows."""
    columns = tuple(row.name for row in data.sources)
    return replace(model, columns=columns, preparation=Preparation(data.sources, scales, data.targets, usual))


def _change(  # noqa: PLR0913, PLR0917
    said: str | Optimizer,
    lr: float | None,
    schedule: str,
    settings: Mapping[str, float],
    limits: Mapping[str, float | None],
    steps: int,
) -> UpdateProgram:
    """Put optimizer, schedule and clipping together; a setting is the optimizer's where its text speaks of it."""
    if isinstance(said, Optimizer):
        if lr is not None:
            raise UsageError("the optimizer has its rate already", hint=f"make it with lr={lr}")
        row, rest = said, dict(settings)
    else:
        words = set(re.findall(r"\w+", OPTIMIZERS[said].text if said in OPTIMIZERS else said))
        own = {name: value for name, value in settings.items() if name in words}
        row = optimizer_row(said, own if lr is None else {"lr": lr, **own})
        rest = {name: value for name, value in settings.items() if name not in words}
    clipping = {name: limit for name, limit in limits.items() if limit is not None}
    return update(row, schedule, steps, clipping=clipping, **rest)


def _stops(patience: int | None, tolerance: float | None, step_tolerance: float | None, *, held: bool) -> Stops:
    """Give when a run ends before its last step."""
    if patience is not None and whole(patience, "patience") and not held:
        raise UsageError("patience needs validation examples", hint="such as validation=0.1")
    for name, value in (("tolerance", tolerance), ("step_tolerance", step_tolerance)):
        if value is not None:
            real(value, name)
    return Stops(patience, tolerance, step_tolerance)


def _recorded(every: int | None, steps: int | None) -> int | None:
    """Give the steps between two records, where it is not a round."""
    if every is not None and steps is None:
        raise UsageError("record_every counts steps, and this run goes by epochs", hint="every epoch is recorded")
    return None if every is None else whole(every, "record_every")


def _dtype(said: Any) -> str:
    """Give the name of a type; UsageError for one that is not trained in."""
    with suppress(TypeError):
        said = np.dtype(said).name
    if said not in {"float64", "float32"}:
        raise UsageError(f"dtype must be float64 or float32, not {said}")
    return str(said)


def _shapes(net: Network) -> dict[str, tuple[int, ...]]:
    return {name: np.shape(value) for name, value in net.values.items()}


def _step(  # noqa: PLR0913, PLR0917
    net: Network,
    graph: Graph,
    change: UpdateProgram,
    dtype: str,
    batch: int,
    target: str,
    machines: Machines | None,
    sparse: tuple[str, ...],
) -> CompiledStep | DeviceStep:
    if named(target, "target") == "jax":
        return DeviceStep(graph, _shapes(net), change, dtype, batch, machines or Machines())
    if machines is not None:
        raise UsageError(f"many devices need the target jax, not {target}")
    step = compile_step(
        graph,
        net.values,
        change.text,
        constants=change.settings,
        dtype=dtype,
        batch=batch,
        target=target,
        sparse=sparse,
    )
    step.refuse_large(batch)
    return step


def _order(rows: int, length: tuple[int | None, int | None], batch: int | None, seed: int, *, shuffle: bool) -> Order:
    epochs, steps = length
    if (epochs is None) == (steps is None):
        raise UsageError("say how long to train", hint="by epochs= or by steps=, not both")
    seed, batch = whole(seed, "seed", 0), None if batch is None else whole(batch, "batch_size")
    size = rows if batch is None else min(batch, rows)
    if epochs is None:
        return Order("drawn" if size < rows else "given", rows, size, seed, whole(steps, "steps"))
    count = whole(epochs, "epochs") * -(-rows // size)
    return Order("shuffled" if shuffle and size < rows else "given", rows, size, seed, count)


def _mark(net: Network, what: tuple[str, ...], change: UpdateProgram, order: Order, learn: Examples) -> str:
    begin = [(name, value.tobytes()) for name, value in net.values.items()]
    seen = [np.asarray(d[:: max(1, len(d) // 1000)]).tobytes() for d in learn]  # a thousand rows stand for all
    return fingerprint(what, change.text, sorted(change.settings.items()), order._replace(steps=0), begin, seen)
