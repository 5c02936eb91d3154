"""L-BFGS through SciPy, on the compiled gradient over all examples."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.core.errors import UsageError
from graphgrad.learn.blame import blame
from graphgrad.learn.evaluate import judge, measure
from graphgrad.learn.examples import Examples
from graphgrad.learn.history import History, Record
from graphgrad.learn.losses import Objective
from graphgrad.learn.model import Model
from graphgrad.learn.network import Network
from graphgrad.transform.grad import grad


def lbfgs(  # noqa: PLR0913
    net: Network,
    objective: Objective,
    learn: Examples,
    held: Examples | None = None,
    *,
    steps: int,
    dtype: str,
    classes: tuple[str, ...] = (),
    each: Callable[[Record], None] | None = None,
) -> tuple[Model, History]:
    """Minimise a loss over all examples, as Liu & Nocedal (1989); a record an iteration.

    Raises UsageError where SciPy is not installed.
    """
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise UsageError("L-BFGS comes with SciPy", hint="pip install 'graphgrad[scipy]'") from None
    value_and_grad = compiled(grad(objective.graph, *net.values), dtype=dtype)
    fixed = {net.data: np.asarray(learn.X), objective.target: learn.Y}
    history, began = History(), time.perf_counter()

    def parted(theta: Any) -> dict[str, Any]:
        """The parameters by name, of one vector."""
        ends = np.cumsum([value.size for value in net.values.values()])
        parts = np.split(theta, ends[:-1])
        return {name: part.reshape(net.values[name].shape) for name, part in zip(net.values, parts, strict=True)}

    def function(theta: Any) -> tuple[float, Any]:
        value, grads = value_and_grad(**fixed, **parted(theta))
        return float(value), np.concatenate([np.ravel(grads[name]) for name in net.values]).astype(np.float64)

    def check(theta: Any) -> None:
        """Where the line search starts, value and gradient must be numbers; it steps back from where they are not."""
        if not all(np.isfinite(part).all() for part in function(theta)):
            raise blame(objective.graph, {**fixed, **parted(theta)}, dtype, len(history) + 1)

    def record(intermediate_result: Any) -> None:
        step, loss, seconds = len(history) + 1, float(intermediate_result.fun), time.perf_counter() - began
        so_far = [*history["loss"], loss]
        rate = step * len(learn) / max(seconds, 1e-9)
        measured = measure(model(intermediate_result.x), judged, held) if held else ()
        history.records.append(Record(step, float(step), loss, sum(so_far) / len(so_far), seconds, rate, *measured))
        if each is not None:
            each(history[-1])

    def model(theta: Any) -> Model:
        return Model(net.starting(parted(theta)), objective.loss, dtype, classes)

    judged = judge(net, objective.loss, dtype)
    begin = np.concatenate([np.ravel(value) for value in net.values.values()])
    check(begin)
    options = {"maxiter": steps, "maxfun": 20 * steps, "ftol": 0.0, "gtol": 1e-10}
    found = minimize(function, begin, jac=True, method="L-BFGS-B", callback=record, options=options)
    check(found.x)
    return model(found.x), history
