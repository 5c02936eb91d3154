"""What a run came to, in a sentence each, with what to try next: a table of rules on records, model and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.numerals import general
from graphgrad.execute.run import run
from graphgrad.learn.data.examples import Examples
from graphgrad.learn.models.metrics import Answers, accuracy, r2
from graphgrad.learn.models.model import Model, decided
from graphgrad.learn.models.score import naive
from graphgrad.learn.training.history import Record

LOOKED = 2000  # examples that stand for all
ENTRIES = 250_000  # of these, that are looked at column by column
ROUNDS = 10  # that a curve has at least before anything is read from it
UP, OVER = 4.0, 1.15  # times its least value: a loss that diverged, and a validation loss that went up again
FALL = 0.03  # the part of the loss that the last fifth of a run takes away while it is still improving
DONE = 0.02  # the part of the first loss below which nothing is worth going on for
SLOW = 0.2  # the part of the loss that a whole run takes away at a rate that is too low
STEADY = 0.15  # the part of its fall that the last fifth of such a run still has, and of rounds that rise
ROUGH = 0.4  # the part of rounds after which the loss is greater, at a rate that is too high
SAME = 0.9999  # of a column's variance, that is the target's


@told(lambda verdict: f"{verdict.name}: {verdict.said}; {verdict.advice}")
class RunVerdict(NamedTuple):
    """What is found, in words, and what to try."""

    name: str
    said: str
    advice: str

    def __str__(self) -> str:
        return f"{self.said}; {self.advice}" if self.advice else self.said


class Look(NamedTuple):
    """What there is to look at: records, the model, examples as the network takes them, and what inputs are called."""

    records: Sequence[Record]
    model: Model
    learn: Examples
    held: Examples | None
    inputs: tuple[str, ...] = ()

    @property
    def losses(self) -> Any:
        """The loss of every round."""
        return np.array([record.loss for record in self.records])

    @property
    def validation(self) -> Any:
        """The loss on held-out examples after every round; none where nothing is held out."""
        return np.array([record.validation for record in self.records if record.validation is not None])


def some(given: Examples) -> Examples:
    """Give examples that stand for all, evenly taken.

    >>> len(some(Examples(np.zeros((5000, 2)), np.zeros(5000))))
    1667
    """
    step = -(-len(given) // LOOKED)
    return Examples(*[np.array(part[::step]) for part in given[:2]])


def quality(look: Look, given: Examples) -> tuple[float, float, str]:
    """Give how good the answers and the naive ones are: R² or accuracy, in the network's own units."""
    loss, outputs = look.model.loss, look.model.outputs(given.X)
    usual = np.array(naive(loss, look.learn.Y, len(look.model.classes)))
    if loss.target == "numbers":
        right = np.asarray(given.Y, float).reshape(len(outputs), -1)
        mean = np.broadcast_to(usual, right.shape)
        return r2(Answers(right, outputs.reshape(right.shape))), r2(Answers(right, mean)), "R²"
    wanted, found = (np.asarray(part).ravel() for part in (given.Y, decided(outputs, loss)))
    return accuracy(Answers(wanted, found)), float(np.mean(wanted == usual.argmax())), "accuracy"


def _diverged(look: Look) -> RunVerdict | None:
    losses = look.losses
    if len(losses) < 2 or losses[-1] <= UP * max(losses.min(), 1e-12) or losses[-1] <= losses[0]:
        return None
    said = f"diverged: the loss rose from {general(losses.min(), 4)} to {general(losses[-1], 4)}"
    return RunVerdict("diverged", said, "lower the rate (lr), or clip the gradient (clip_norm)")


def _no_better(look: Look) -> RunVerdict | None:
    found, usual, metric = quality(look, look.held or look.learn)
    if found > usual or found == 1 or np.isnan(found):
        return None
    where = f"{metric} {general(found, 3)} against {general(usual, 3)} {_where(look)}"
    said = f"no better than the naive answer ({'the mean' if metric == 'R²' else 'the commonest class'}): {where}"
    return RunVerdict("no better than naive", said, "more rows or other columns may help, and longer training")


def _where(look: Look) -> str:
    return "on held-out examples" if look.held else "on the examples that it was trained on"


def _dead(look: Look) -> RunVerdict | None:
    graph = look.model.net.graph
    units = [i for i, node in enumerate(graph.nodes) if node.op == "relu" and len(node.shape) == 2]
    if not units:
        return None
    values = run(graph, {look.model.net.data: look.learn.X, **look.model.weights})
    dead = sum(int(np.sum(np.all(np.asarray(values[i]) == 0, axis=0))) for i in units)
    count = sum(np.shape(values[i])[1] for i in units)
    if dead <= count / 2:
        return None
    said = f"dead units: {dead} of {count} units of relu are zero for all examples"
    return RunVerdict("dead units", said, "lower the rate (lr), begin by initial='he', or take leaky_relu or tanh")


def _leak(look: Look) -> RunVerdict | None:
    thin = -(-look.learn.X.size // ENTRIES) or 1
    X, Y = (np.asarray(part[::thin], float) for part in look.learn[:2])
    if X.ndim != 2 or len(X) < ROUNDS or (look.model.loss.target == "numbers" and Y[0].size != 1):
        return None
    y: Any = Y.ravel() - Y.mean()
    centred = X - X.mean(axis=0)
    with np.errstate(all="ignore"):
        same = (centred * y[:, None]).sum(axis=0) ** 2 / ((centred**2).sum(axis=0) * (y**2).sum())
    if not (same > SAME).any():
        return None
    place = int(np.nanargmax(same))
    name = look.inputs[place] if look.inputs else f"column {place}"
    said = f"a leak is suspected: '{name}' says the target by itself"
    return RunVerdict("leak suspected", said, "leave it out (--leave-out) if it is not known when the model is asked")


def _overfitting(look: Look) -> RunVerdict | None:
    held = look.validation
    if len(held) < ROUNDS or held[-1] <= OVER * held.min() or look.losses[-1] > look.losses[held.argmin()]:
        return None
    best = look.records[int(held.argmin())]
    least, last = general(held.min(), 4), general(held[-1], 4)
    said = f"overfitting: the validation loss was {least} at step {best.step}, and is {last}"
    return RunVerdict("overfitting", said, "stop there (patience), add l2, or make the network smaller")


def _rough(look: Look) -> RunVerdict | None:
    losses = look.losses
    if len(losses) < ROUNDS or np.mean(np.diff(losses) > 0) < ROUGH or np.ptp(losses[-ROUNDS:]) < 0.5 * losses.min():
        return None
    return RunVerdict("rate too high", "the loss goes up and down", "the rate may be too high: lower lr")


def _improving(look: Look) -> RunVerdict | None:
    losses, held = look.losses, look.validation
    if len(losses) < ROUNDS or (len(held) and held[-1] > held[-len(held) // 5 :].min() * (1 + FALL)):
        return None
    before = losses[-1 - len(losses) // 5]
    whole, last = losses[0] - losses[-1], before - losses[-1]
    said = f"still improving: the last fifth took the loss from {general(before, 4)} to {general(losses[-1], 4)}"
    if 0 < whole < SLOW * losses[0] and last > STEADY * whole and np.mean(np.diff(losses) < 0) > 1 - STEADY:
        return RunVerdict("rate too low", f"{said}, slowly", "the rate may be too low: raise lr, or train longer")
    if last < FALL * before or losses[-1] < DONE * losses[0]:
        return None
    return RunVerdict("still improving", said, "train longer (epochs)")


RULES: tuple[Callable[[Look], RunVerdict | None], ...] = (
    *(_diverged, _no_better, _dead, _leak, _overfitting, _rough, _improving),
)

FAILED = frozenset({"diverged", "no better than naive", "dead units"})  # which nobody should have to ask for


def verdicts(look: Look) -> tuple[RunVerdict, ...]:
    """Give all that is found, what matters most first; where nothing is, that the model is better than the naive one.

    Source: the rules of this table, each a comparison with a number that stands above.
    """
    if not look.records:
        return ()
    found = tuple(verdict for rule in RULES if (verdict := rule(look)) is not None)
    if found:
        return found
    value, usual, metric = quality(look, look.held or look.learn)
    said = f"better than the naive answer: {metric} {general(value, 3)} against {general(usual, 3)} {_where(look)}"
    return (RunVerdict("better than naive", said, ""),)
