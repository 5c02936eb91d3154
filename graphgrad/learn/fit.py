"""Training, from the front door: check everything, compile the step, and run the loop."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.compiler.step import Step, compile_step
from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_writable
from graphgrad.core.graph import Graph
from graphgrad.learn.devices import DeviceStep, Machines
from graphgrad.learn.evaluate import parted
from graphgrad.learn.examples import array, examples
from graphgrad.learn.history import History, Record
from graphgrad.learn.lbfgs import lbfgs
from graphgrad.learn.loop import Keeping, Loop, Stops, Task
from graphgrad.learn.losses import objective
from graphgrad.learn.model import Model
from graphgrad.learn.network import Network
from graphgrad.learn.optimizers import Optimizer, optimizer as optimizer_row
from graphgrad.learn.orders import Order
from graphgrad.learn.progress import reporting
from graphgrad.learn.reel import Reel
from graphgrad.learn.schedules import Update, update
from graphgrad.learn.standing import fingerprint


def fit(  # noqa: PLR0913  (what a user may say about training)
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: str | None = None,
    optimizer: str | Optimizer = "adam",
    lr: float | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int | None = 32,
    validation: float | tuple[Any, Any] | None = None,
    seed: int = 0,
    dtype: str | None = None,
    shuffle: bool = True,
    l2: float = 0.0,
    l1: float = 0.0,
    schedule: str = "constant",
    settings: dict[str, float] | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    patience: int | None = None,
    tolerance: float | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = 30.0,
    resume: bool = False,
    progress: bool | None = None,
    each: Callable[[Record], None] | None = None,
    film: bool = False,
    classes: tuple[str, ...] = (),
    target: str = "numpy",
    machines: Machines | None = None,
) -> tuple[Model, History]:
    """Train a network; gives the model and the history of the run.

    `X` holds examples, one a row, and `y` targets: class indices (N,), or numbers (N,) or (N, outputs); words are made
    classes. `loss` is a row of `LOSSES` or a text in R and Y (cross-entropy for class indices, else mse), with
    penalties `l2` and `l1` on the weights. `optimizer` is a row of `OPTIMIZERS`, a text ("p - lr * g"), one made by
    `optimizer`, or "lbfgs" (on all examples; with SciPy). `schedule` is a row of `SCHEDULES`, or a text in base, t and
    T, with its `settings`.

    Either `epochs`, passes over the data in a new order each, `batch_size` examples a step (None: all of them), or
    `steps`, each on as many random examples. It ends sooner where the validation loss has not become better for
    `patience` epochs (and then gives the best model), or where the norm of the gradient over all examples falls below
    `tolerance`. `validation` is a pair (X, y), or the part of the examples to hold out.

    A `checkpoint` (.safetensors) is written `every` so many seconds; with `resume` a run goes on from it to the same
    bits as one that was never interrupted. `each` is called with every record; `film` keeps snapshots of the parameters
    in the history, for `animate_training`. `dtype` is float64 or float32, that of
    X where X has one of these. With `target` "jax", `machines` says how many devices divide every batch among them, in
    how many processes. Raises DataError, before training, for data that do not fit, and DomainError, with the
    step and the node, where a value stops being a number.

    Source: each optimizer's paper stands at its row in learn/optimizers.py.

    >>> from graphgrad.learn.network import mlp
    >>> model, history = fit(mlp(1, 1), [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], optimizer="sgd", lr=0.1, steps=1000)
    >>> model.predict([[10.0]]).round(2)
    array([[21.]])
    """
    X, y, classes = _named(X, y, classes)
    row = loss or ("cross_entropy" if np.ndim(y) == 1 and _integers(y) and net.sizes[1] not in {(), (1,)} else "mse")
    kind = dtype or (str(X.dtype) if getattr(X, "dtype", None) in (np.float32, np.float64) else "float64")
    aim = objective(net, row, l2=l2, l1=l1)
    held: Any = validation if isinstance(validation, tuple) else None
    if isinstance(validation, float | int) and validation is not None:
        if not 0 < validation < 1:
            raise UsageError(f"validation is a part of the examples, between 0 and 1, not {validation}")
        (X, y), held = parted(X, y, validation, seed)
    learn = examples(net, aim.loss, (X, y), kind)
    checked = None if held is None else examples(net, aim.loss, held, kind, "validation ")
    if patience and checked is None:
        raise UsageError("patience needs validation examples", hint="such as validation=0.1")
    if optimizer == "lbfgs":
        if film:
            raise UsageError("a run of L-BFGS cannot be filmed", hint="train with optimizer='adam'")
        if lr is not None or schedule != "constant" or checkpoint is not None or patience or clip_norm or clip_value:
            raise UsageError("L-BFGS has no rate, clipping, patience or checkpoints", hint="it takes steps= alone")
        return lbfgs(net, aim, learn, steps=steps or epochs or 1000, dtype=kind, classes=classes, each=each)
    if isinstance(optimizer, Optimizer) and lr is not None:
        raise UsageError("the optimizer has its rate already", hint=f"make it with lr={lr}")
    order = _order(len(learn), (epochs, steps), batch_size, seed, shuffle=shuffle)
    rate = {} if lr is None else {"lr": lr}
    row_of = optimizer if isinstance(optimizer, Optimizer) else optimizer_row(optimizer, rate)
    limits = {"clip_norm": clip_norm, "clip_value": clip_value}
    clipping = {name: limit for name, limit in limits.items() if limit is not None}
    change = update(row_of, schedule, order.steps, clipping=clipping, **(settings or {}))
    step = _step(net, aim.graph, change, kind, order.batch, target, machines)
    keeping = None
    if checkpoint is not None:
        check_writable(Path(checkpoint))
        mark = _mark(net, aim.graph.digest, change, order, kind)
        first = machines is None or machines.process == 0
        keeping = Keeping(Path(checkpoint), mark, every, resume=resume, writes=first)
    task = Task(net, aim, step, learn, checked, order, Stops(patience, tolerance), keeping, classes)
    reel = Reel(Model(net, aim.loss, kind, classes), learn, order.steps) if film else None
    with reporting(order, each, shown=progress) as report:
        loop = Loop(task, report, reel)
        return loop.train(), History(loop.standing.records, reel)


def _step(  # noqa: PLR0913, PLR0917
    net: Network, graph: Graph, change: Update, dtype: str, batch: int, target: str, machines: Machines | None
) -> Step | DeviceStep:
    if target == "jax":
        shapes = {name: np.shape(value) for name, value in net.values.items()}
        return DeviceStep(graph, shapes, change, dtype, machines or Machines())
    if machines is not None:
        raise UsageError(f"many devices need the target jax, not {target}")
    return compile_step(
        graph, net.values, change.text, constants=change.settings, dtype=dtype, batch=batch, target=target
    )


def _named(X: Any, y: Any, classes: tuple[str, ...]) -> tuple[Any, Any, tuple[str, ...]]:
    """Give arrays, and class indices for words."""
    X, y = array(X, "X"), array(y, "y")
    if y.dtype.kind == "U" and y.ndim == 1:
        words, indices = np.unique(y, return_inverse=True)
        return X, indices, classes or tuple(map(str, words))
    return X, y, classes


def _integers(y: Any) -> bool:
    return bool(y.dtype.kind in "iu")


def _order(rows: int, length: tuple[int | None, int | None], batch: int | None, seed: int, *, shuffle: bool) -> Order:
    epochs, steps = length
    if (epochs is None) == (steps is None):
        raise UsageError("say how long to train", hint="by epochs= or by steps=, not both")
    if seed < 0:
        raise UsageError(f"a seed is a whole number from 0 on, not {seed}")
    for name, value in (("epochs", epochs), ("steps", steps), ("batch_size", batch)):
        if value is not None and value < 1:
            raise UsageError(f"{name} must be 1 or more, not {value}")
    size = rows if batch is None else min(batch, rows)
    if steps is not None:
        return Order("drawn" if size < rows else "given", rows, size, seed, steps)
    assert epochs is not None
    return Order("shuffled" if shuffle and size < rows else "given", rows, size, seed, epochs * -(-rows // size))


def _mark(net: Network, graph: str, change: Update, order: Order, dtype: str) -> str:
    begin = [(name, value.tobytes()) for name, value in net.values.items()]
    return fingerprint(graph, change.text, sorted(change.settings.items()), order._replace(steps=0), dtype, begin)
