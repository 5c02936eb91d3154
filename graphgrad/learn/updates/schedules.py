"""Learning-rate schedules and gradient clipping: rows of text that stand before an optimizer's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from graphgrad.core.constants import CONSTANTS
from graphgrad.core.display import told
from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.lookup import Table
from graphgrad.frontend.parse import parse
from graphgrad.learn.checks import finite, named, real
from graphgrad.learn.updates.optimizers import Optimizer


@told(lambda row: f"{row.name}: {row.text}")
class Schedule(NamedTuple):
    """A learning rate in terms of `base`, the optimizer's own; of the step t = 1, 2, ...; of their number T; and more.

    A setting without a value, NaN, must be given.
    """

    name: str
    text: str
    settings: Mapping[str, float]
    aliases: tuple[str, ...] = ()


SCHEDULES = Table(
    "schedule",
    (
        Schedule("constant", "base", {}),
        Schedule("step", "base * factor ** floor((t - 1) / every)", {"factor": 0.1, "every": math.nan}),
        Schedule("exponential", "base * factor ** (t - 1)", {"factor": 0.999}),
        Schedule("cosine", "base * (1 + cos(pi * minimum((t - 1) / T, 1))) / 2", {}),  # Loshchilov & Hutter (2017)
        Schedule("linear", "base * maximum(1 - (t - 1) / T, 0)", {}),
        Schedule("warmup", "base * minimum(t / warmup, 1)", {"warmup": math.nan}),
        Schedule(
            "warmup_cosine",
            "base * minimum(t / warmup, 1) * (1 + cos(pi * clip((t - warmup) / (T - warmup), 0, 1))) / 2",
            {"warmup": math.nan},
        ),
    ),
    otherwise="or a text in base, t and T",
)

# Pascanu, Mikolov, Bengio (2013), as PyTorch's clip_grad_norm_ and clip_grad_value_
CLIPPINGS = {
    "clip_norm": "g = g * minimum(1, clip_norm / (norm(g) + 1e-6))",
    "clip_value": "g = clip(g, -clip_value, clip_value)",
}


class UpdateProgram(NamedTuple):
    """The whole update of one step, as a program in the language, and the values of its settings."""

    text: str
    settings: Mapping[str, float]


def update(
    optimizer: Optimizer,
    schedule: str = "constant",
    steps: int = 1,
    *,
    clipping: Mapping[str, float] | None = None,
    **settings: float,
) -> UpdateProgram:
    """Put clipping, schedule and optimizer together.

    `schedule` is a name of the table, or a text in `base`, `t` and `T`; `steps` is T. Raises UsageError for unknown
    names and missing settings.

    >>> from graphgrad.learn.updates.optimizers import optimizer
    >>> print(update(optimizer("sgd"), "warmup", warmup=10, clipping={"clip_norm": 1.0}).text)
    g = g * minimum(1, clip_norm / (norm(g) + 1e-6))
    lr = base * minimum(t / warmup, 1)
    p - lr * g
    """
    constants = {name: float(value) for name, value in CONSTANTS.items() if name not in optimizer.slots}
    lines, values = [], {**constants, **optimizer.settings}
    for name, limit in (clipping or {}).items():
        if not real(limit, name):
            raise UsageError(f"{name} must be above 0, not {limit}")
        lines.append(CLIPPINGS[name])
        values[name] = limit
    _check(settings)
    if schedule != "constant":
        _, text, known, _ = _schedule(schedule)
        if unknown := [name for name in settings if name not in known and schedule in SCHEDULES.spellings]:
            raise UsageError(
                f"the schedule {schedule} has no setting '{unknown[0]}'", hint=f"it has {', '.join(known)}"
            )
        given = {**known, **settings}
        if missing := [name for name, value in given.items() if math.isnan(value)]:
            raise UsageError(f"the schedule {schedule} needs {missing[0]}=, a number of steps")
        if "lr" not in values:
            raise UsageError("the optimizer has no lr to schedule")
        if unknown := [name for name in parse(text).inputs if name not in {"base", "t", "T", *given}]:
            hint = f"give settings={{'{unknown[0]}': 1}}, or the like"
            raise UsageError(f"the schedule needs a value for '{unknown[0]}'", hint=hint)
        lines.append(f"lr = {text}")
        values = {**{k: v for k, v in values.items() if k != "lr"}, "base": values["lr"], **given}
        if "T" in text:
            values["T"] = float(steps)
    elif settings:
        odd = next(iter(settings))
        hint = did_you_mean(odd, optimizer.settings) or f"it has {', '.join(optimizer.settings)}"
        raise UsageError(f"'{odd}' is no setting of the optimizer {optimizer.name}, nor of a schedule", hint=hint)
    return UpdateProgram("\n".join([*lines, optimizer.text]), values)


def _check(settings: Mapping[str, float]) -> None:
    for name, value in settings.items():
        if not finite(value):
            raise UsageError(f"the setting {name} must be a finite number, not {value!r}")


def _schedule(schedule: str) -> Schedule:
    if named(schedule, "schedule") in SCHEDULES.spellings or schedule.isidentifier():
        return SCHEDULES.row(schedule)
    return Schedule("own", schedule, {})
