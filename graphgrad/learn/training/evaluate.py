"""Loss and accuracy on examples that are not learned from."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compiled import Compiled
from graphgrad.frontend.parse import parse
from graphgrad.learn.data.examples import Examples
from graphgrad.learn.models.model import ROWS, Model, decided
from graphgrad.learn.networks.losses import Loss, objective
from graphgrad.learn.networks.network import Network


class Measured(NamedTuple):
    """The mean loss without penalties, and the part of examples that a classifier gets right."""

    loss: float
    accuracy: float | None


def judge(net: Network, loss: Loss, dtype: str) -> Compiled:
    """Compile a loss as a function of outputs R and targets Y, or, where it speaks of more, as all of the program."""
    if set(re.findall(r"[A-Za-z_]\w*", loss.text)) & ({*net.graph.inputs, *net.graph.first_named} - {"R", "Y"}):
        return compiled(objective(net, loss.text).graph, dtype=dtype)
    shape = net.graph.nodes[net.graph.output].shape
    return compiled(parse(loss.text, R=shape, Y=shape[:1] if loss.target == "labels" else shape), dtype=dtype)


def sums(judged: Compiled, net: Network, given: Examples) -> bool:
    """Whether a loss adds up what its rows lose, and does not take their mean: two equal rows then lose twice as much.

    The row is a random one where the loss is a function of outputs and targets alone, for the first example may be
    answered without a loss.
    """
    row = {**net.values, net.data: given.X[:1]}
    if {*judged.graph.inputs} <= {"R", "Y"}:
        outputs = [size if isinstance(size, int) else 1 for size in net.sizes[1]]
        row = {"R": np.random.default_rng(0).normal(size=(1, *outputs))}
    fed = {name: row.get(name, given.Y[:1]) for name in judged.graph.inputs}
    twice = {name: value if name in net.values else np.repeat(value, 2, axis=0) for name, value in fed.items()}
    with np.errstate(all="ignore"):
        once, both = float(judged(**fed)), float(judged(**twice))
    return abs(both - 2 * once) < abs(both - once)


def measure(model: Model, judged: Compiled, held: Examples) -> Measured:
    """Measure a model on examples, in parts: the mean over examples, of a loss that is a sum over its rows, too."""
    total, right, adds = 0.0, 0, sums(judged, model.net, held)
    for start in range(0, len(held), ROWS):
        X, Y = held.X[start : start + ROWS], held.Y[start : start + ROWS]
        scores = model.scores(X)
        known = {**model.weights, model.net.data: X}
        fed = {name: known.get(name, Y) for name in judged.graph.inputs}
        lost = float(judged(R=scores, Y=Y) if set(fed) <= {"R", "Y"} else judged(**fed))
        total += lost if adds else lost * len(X)
        if model.loss.target != "numbers":
            right += int(np.sum(decided(scores, model.loss).reshape(np.shape(Y)) == Y))
    return Measured(total / len(held), None if model.loss.target == "numbers" else right / np.size(held.Y))


def parted(X: Any, part: float, seed: int) -> tuple[Any, Any]:
    """Hold out a random part of the examples (of memory-mapped ones the last, which needs no copy).

    Gives the places of those to learn from, and of those that are held out.

    >>> learn, held = parted(np.arange(10), 0.2, seed=0)
    >>> len(learn), len(held)
    (8, 2)
    """
    count = max(1, round(part * len(X)))
    if isinstance(X, np.memmap):
        return slice(None, -count), slice(-count, None)
    places = np.random.default_rng([seed]).permutation(len(X))
    return np.sort(places[count:]), np.sort(places[:count])
