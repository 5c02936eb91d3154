"""Training, from the front door: check everything, compile the step, and run the loop."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from graphgrad.compiler.compile_step import CompiledStep, compile_step
from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.files import alone
from graphgrad.core.graph import Graph
from graphgrad.learn.checks import named, real, whole
from graphgrad.learn.data.examples import Examples, mostly_zero
from graphgrad.learn.models.model import Model
from graphgrad.learn.models.preparation import Preparation
from graphgrad.learn.models.scaling import Scaling, scaling, uneven
from graphgrad.learn.models.score import naive
from graphgrad.learn.models.tensors import check_tensors
from graphgrad.learn.networks.losses import Objective, loss_said, objective
from graphgrad.learn.networks.network import Network
from graphgrad.learn.networks.weights import weighed
from graphgrad.learn.training.batches import Order
from graphgrad.learn.training.checkpoint import Mark, check_new, digest, fingerprint
from graphgrad.learn.training.devices import DeviceStep, Machines
from graphgrad.learn.training.given import GivenRows, checked_examples, default_loss, given, weighted
from graphgrad.learn.training.history import History
from graphgrad.learn.training.loop import Interrupted, Keeping, Stops, Task, TrainingLoop
from graphgrad.learn.training.parameters import PARAMETERS, FitOptions, Said, settled, signature
from graphgrad.learn.training.progress import reporting, say
from graphgrad.learn.training.snapshots import Snapshots
from graphgrad.learn.training.verdicts import FAILED, Look, some, verdicts
from graphgrad.learn.updates.lbfgs import LbfgsStep
from graphgrad.learn.updates.optimizers import (
    OPTIMIZERS,
    Optimizer,
    optimizer as optimizer_row,
    optimizer_name,
    with_rates,
)
from graphgrad.learn.updates.schedules import UpdateProgram, update

AnyStep = LbfgsStep | DeviceStep | CompiledStep


def fit(net: Network | Model, X: Any, y: Any, **how: Unpack[FitOptions]) -> tuple[Model, History]:
    """Train a network; gives the model and the history of the run.

    A model goes on from where it is, with its own preparation. `X` holds examples, one a row, and `y` targets:
    class indices (N,), or numbers (N,) or (N, outputs); words are made classes. `loss` is a row of `LOSSES` or a
    text in R and Y (without one: cross-entropy for classes, binary cross-entropy for yes or no with one output,
    else mse), with penalties `l2` and `l1` on the weights. `optimizer` is a row of `OPTIMIZERS`, a text ("p - lr *
    g"), one made by `optimizer`, or "lbfgs" (on all examples; with SciPy). `schedule` is a row of `SCHEDULES`, or a
    text in base, t and T; `settings` are the optimizer's and the schedule's.

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
    before, said = net if isinstance(net, Model) else None, settled(how)
    net, known = (net.net, net.preparation) if isinstance(net, Model) else (net, None)
    classes = said.classes or (before.classes if before else ())
    data = given(net, X, y, said.sample_weight, said.validation, classes, said.seed, known.sources if known else ())
    kind = _dtype(said.dtype or (data.X.dtype if data.X.dtype in (np.float32, np.float64) else "float64"))
    loss = said.loss or (loss_said(before.loss) if before else default_loss(net, data.y, data.classes))
    aim = objective(net, loss, l2=said.l2, l1=said.l1)
    learn, checked = checked_examples(net, aim.loss, data, kind, said.seed)
    usual = naive(aim.loss, learn.Y, len(data.classes))
    if learn.weights is not None or said.class_weight is not None:
        learn = weighted(learn, aim.loss, data.classes, said.class_weight, kind)
        aim = weighed(aim) if learn.weights is not None else aim
    scales = _scaling(net, known, said, data, learn, aim.loss.target)
    if scales is not None:
        learn, checked = scales.of(learn), checked and scales.of(checked)
    for note in _notes(net, aim.loss.name, said, data, scales):
        say(note)
    if said.patience is not None and checked is None:
        raise UsageError("patience needs validation examples", hint="such as validation=0.1")
    order, step, update = _compiled(net, aim, learn, said, kind)
    keeping = None
    if said.checkpoint is not None:
        keeping = _keeping(
            said, _mark(net, (aim.graph.digest, kind, said.target), update, order, (learn, checked), said.rates)
        )
    stops = Stops(said.patience, said.tolerance, said.step_tolerance)
    task = Task(
        net, aim, step, learn, checked, order, stops, keeping, data.classes, said.record_every, _rates(said.rates, net)
    )
    reel = Snapshots(Model(net, aim.loss, kind, data.classes), learn, order.steps) if said.film else None

    def told(loop: TrainingLoop, model: Model) -> tuple[Model, History]:
        names = tuple(name for row in data.sources for name in row.numbers)
        records = loop.standing.records
        look = Look(records, model, some(learn), checked and some(checked), names)
        return prepared(model, data, scales, usual), History(records, reel, partial(verdicts, look))

    held = alone(keeping.path) if keeping is not None and keeping.writes else nullcontext()
    with reporting(order, said.each, shown=said.progress) as report, held:
        loop = TrainingLoop(task, report, reel)
        try:
            model = loop.train()
        except Interrupted as stop:
            stop.model, stop.history = told(loop, stop.model)
            raise
    model, history = told(loop, model)
    if said.progress is None:
        _say_failures(history)
    return model, history


fit.__signature__ = signature(inspect.signature(fit))  # type: ignore[attr-defined]  # functions take any attribute


def _scaling(  # noqa: PLR0913, PLR0917
    net: Network, known: Preparation | None, said: Said, data: GivenRows, learn: Examples, target: str
) -> Scaling | None:
    """Give the standardization: that of a model that goes on, or one by what is learned; None where there is none."""
    wanted = bool(data.sources) if said.standardize is None else said.standardize
    if known is not None and known.scaling is not None and said.standardize is not False:
        return known.scaling
    return scaling(net, learn, target) if wanted else None


TWICE = {  # losses that apply it themselves to what a network gives, by what it ends in
    "softmax": {"cross_entropy", "smoothed_cross_entropy", "nll"},
    "log_softmax": {"cross_entropy", "smoothed_cross_entropy", "nll"},
    "sigmoid": {"binary_cross_entropy"},
}


def _notes(net: Network, loss: str, said: Said, data: GivenRows, scales: Scaling | None) -> Iterator[str]:
    """What was decided for a user, and what was not."""
    if said.progress is False:
        return
    if loss in TWICE.get(last := net.graph.nodes[net.graph.output].op, ()):
        yield f"the network ends in {last}, and the loss {loss} applies it, too: leave it out of the network"
    if scales is None and said.standardize is None and (times := uneven(data.X)):
        yield f"columns of X differ {times} times in size, and learn badly so; standardize=True makes them alike"
    if data.sources and scales is not None and said.standardize is None:
        yield "columns with names are standardized, and so are numbers that are learned; standardize=False leaves them"
    if data.sources and said.validation is None and data.held is not None:
        out = len(data.held[1])
        yield f"{out} of {out + len(data.y)} rows are held out; validation=0 learns from all"


def _say_failures(history: History) -> None:
    """Say where a run came to nothing."""
    for verdict in history.verdicts:
        if verdict.name in FAILED:
            say(f"{verdict}; all that was found: history.verdicts")


def prepared(model: Model, data: GivenRows, scales: Scaling | None, usual: tuple[float, ...]) -> Model:
    """Give the model of the user's own rows."""
    columns = tuple(row.name for row in data.sources)
    return replace(model, columns=columns, preparation=Preparation(data.sources, scales, data.targets, usual))


def _compiled(
    net: Network, aim: Objective, learn: Examples, said: Said, kind: str
) -> tuple[Order, AnyStep, UpdateProgram]:
    """Give the order of the examples, the compiled step, and the program of its update."""
    row = said.optimizer if isinstance(said.optimizer, Optimizer) else optimizer_name(said.optimizer)
    if row == "lbfgs":
        order = _lbfgs_order(len(learn), said)
        return order, _within(LbfgsStep(aim.graph, _shapes(net), kind), len(learn)), UpdateProgram("lbfgs", {})
    order = _order(len(learn), (said.epochs, said.steps), said.batch_size, said.seed, shuffle=said.shuffle)
    limits = {"clip_norm": said.clip_norm, "clip_value": said.clip_value}
    update = _change(row, said, limits, order.steps)
    many = said.machines
    devices = many if many is None or isinstance(many, Machines) else Machines(whole(many, "machines"))
    sparse = (net.data,) * mostly_zero(learn.X)
    step = _step(net, aim.graph, update, kind, order.batch, said.target, devices, sparse)
    return order, _within(step, order.batch), update


def _within(step: AnyStep, rows: int) -> AnyStep:
    """The step, where the bound of memory has room for it; ShapeError otherwise."""
    step.refuse_large(rows)
    return step


def _lbfgs_order(rows: int, said: Said) -> Order:
    """Give the order of L-BFGS, which is the data's own; UsageError for what it has not."""
    refused = (said.lr, said.settings or None, said.rates or None, said.clip_norm, said.clip_value, said.machines)
    if any(value is not None for value in refused) or (said.schedule, said.target) != ("constant", "numpy"):
        raise UsageError("L-BFGS has no rate, settings, clipping or targets", hint="it takes steps= alone")
    if said.batch_size not in {None, PARAMETERS["batch_size"].default}:
        raise UsageError("L-BFGS takes all examples at every step", hint="leave batch_size out")
    length = (None, 1000) if said.epochs is said.steps is None else (said.epochs, said.steps)
    return _order(rows, length, None, said.seed, shuffle=False)


def _keeping(said: Said, mark: Mark) -> Keeping:
    """Give where checkpoints go; UsageError for a file that a new run would write over."""
    path, devices = Path(said.checkpoint), said.machines
    check_tensors(path)
    writes = not isinstance(devices, Machines) or devices.process == 0
    if writes and not said.resume:
        check_new(path)
    return Keeping(path, mark, said.every, resume=said.resume, writes=writes)


def _rates(said: Mapping[str, float] | None, net: Network) -> Any:
    """Give what the learning rate of every entry of the parameters is multiplied by; None where nothing is said."""
    if not said:
        return None
    for name, rate in said.items():
        if name not in net.values:
            hint = did_you_mean(name, net.values) or f"its parameters are {', '.join(net.values)}"
            raise UsageError(f"rates has '{name}', which is no parameter of the network", hint=hint)
        real(rate, f"the rate of {name}")
    return np.concatenate([np.full(np.size(value), said.get(name, 1.0)) for name, value in net.values.items()])


def _change(given: str | Optimizer, said: Said, limits: Mapping[str, float | None], steps: int) -> UpdateProgram:
    """Put optimizer, schedule and clipping together; a setting is the optimizer's where its text speaks of it."""
    settings: Mapping[str, float] = said.settings or {}
    if isinstance(given, Optimizer):
        if said.lr is not None:
            raise UsageError("the optimizer has its rate already", hint=f"make it with lr={said.lr}")
        row, rest = given, dict(settings)
    else:
        words = set(re.findall(r"\w+", OPTIMIZERS[given].text if given in OPTIMIZERS else given))
        own = {name: value for name, value in settings.items() if name in words}
        row = optimizer_row(given, own if said.lr is None else {"lr": said.lr, **own})
        rest = {name: value for name, value in settings.items() if name not in words}
    clipping = {name: limit for name, limit in limits.items() if limit is not None}
    return update(with_rates(row) if said.rates else row, said.schedule, steps, clipping=clipping, **rest)


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
    return compile_step(
        graph,
        net.values,
        change.text,
        constants=change.settings,
        dtype=dtype,
        batch=batch,
        target=target,
        sparse=sparse,
    )


def _order(rows: int, length: tuple[int | None, int | None], batch: int | None, seed: int, *, shuffle: bool) -> Order:
    epochs, steps = length
    size = rows if batch is None else min(int(batch), rows)
    if epochs is None:
        return Order("drawn" if size < rows else "given", rows, size, int(seed), int(steps or 0))
    return Order(
        "shuffled" if shuffle and size < rows else "given", rows, size, int(seed), int(epochs) * -(-rows // size)
    )


def _mark(  # noqa: PLR0913, PLR0917  (all that a run depends on)
    net: Network,
    what: tuple[str, ...],
    update: UpdateProgram,
    order: Order,
    seen: tuple[Examples, Examples | None],
    rates: Mapping[str, float] | None,
) -> Mark:
    begin = [(name, value.tobytes()) for name, value in net.values.items()]
    some = [np.asarray(d[:: max(1, len(d) // 1000)]).tobytes() for d in seen[0].arrays]
    own = [sorted(rates.items())] if rates else []
    run = fingerprint(what, update.text, sorted(update.settings.items()), order._replace(steps=0), begin, some, *own)
    return Mark(run, digest(part for given in seen if given is not None for part in given.arrays))
