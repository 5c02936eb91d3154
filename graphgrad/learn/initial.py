"""Initial values, a row each: a spread as text in the language, and what it is the spread of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.learn.fans import Fans


class Initial(NamedTuple):
    """How weights begin: uniform within ±scale, or normal of that standard deviation; and how offsets do."""

    name: str
    law: str  # uniform, normal
    scale: str  # of fan_in and fan_out
    offset: str = "0"  # biases: uniform within ± this


# Glorot & Bengio (2010), He et al. (2015), LeCun et al. (1998); PyTorch's nn.Linear: kaiming_uniform_ with a = sqrt(5)
INITIALS = {
    row.name: row
    for row in (
        Initial("glorot", "uniform", "sqrt(6 / (fan_in + fan_out))"),
        Initial("glorot_normal", "normal", "sqrt(2 / (fan_in + fan_out))"),
        Initial("he", "normal", "sqrt(2 / fan_in)"),
        Initial("he_uniform", "uniform", "sqrt(6 / fan_in)"),
        Initial("lecun", "normal", "sqrt(1 / fan_in)"),
        Initial("lecun_uniform", "uniform", "sqrt(3 / fan_in)"),
        Initial("pytorch", "uniform", "1 / sqrt(fan_in)", "1 / sqrt(fan_in)"),
    )
}


def initial_row(name: str) -> Initial:
    """Give a row; UsageError where there is none."""
    if name not in INITIALS:
        hint = did_you_mean(name, INITIALS) or f"there are {', '.join(INITIALS)}"
        raise UsageError(f"there is no initial value '{name}'", hint=hint)
    return INITIALS[name]


def draw(row: Initial, fans: Fans, shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    """Draw a parameter of that shape, in float64.

    >>> float(abs(draw(INITIALS["glorot"], Fans(2, 4, offset=False), (4, 2), np.random.default_rng(0))).max()) <= 1
    True
    """
    law, text = ("uniform", row.offset) if fans.offset else (row.law, row.scale)
    graph = parse(text)
    known = {"fan_in": fans.into, "fan_out": fans.out}
    scale = run(graph, {name: known[name] for name in graph.inputs})[graph.output]
    if not scale:
        return np.zeros(shape)
    return generator.uniform(-scale, scale, shape) if law == "uniform" else generator.normal(0, scale, shape)
