"""What a model is worth on some examples, beside the naive answer of those that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.learn.data.examples import examples
from graphgrad.learn.data.frames import class_indices, target_of
from graphgrad.learn.models.metrics import Answers, Score, scores
from graphgrad.learn.models.model import Model, decided
from graphgrad.learn.networks.losses import Loss


class Scores(NamedTuple):
    """How many examples were answered, and every metric: the first is the one that counts."""

    rows: int
    metrics: list[Score]
    naive: str  # what it answers

    @property
    def better(self) -> bool:
        """Whether the model is better than the naive answer, by the metric that counts."""
        return self.metrics[0].value > self.metrics[0].naive

    @property
    def doubt(self) -> str:
        """What is to be said where the model is not better than the naive answer, or not surely; else nothing."""
        first = self.metrics[0]
        if not self.better:
            return f"no better than the naive answer, {self.naive}"
        if first.interval is None:
            return f"{self.rows} examples are too few to tell it from the naive answer, {self.naive}"
        if first.interval[0] > first.naive:
            return ""
        low, high = map(_short, first.interval)
        return f"hardly better than the naive answer, {self.naive}: {first.name} is {low} to {high} in 90 % of samples"

    def __str__(self) -> str:
        lines = [f"{'':17}  {'model':>10}  {'naive':>10}   ({self.naive})"]
        for name, value, naive_value, interval in self.metrics:
            between = "" if interval is None else f"   90 % of samples: {_short(interval[0])} to {_short(interval[1])}"
            lines.append(f"{name:17}  {_short(value):>10}  {_short(naive_value):>10}{between}")
        return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:.3f}" if 1e-3 <= abs(value) < 1e3 or value == 0 else f"{value:.4g}"


def naive(loss: Loss, Y: Any, classes: int) -> tuple[float, ...]:
    """Give what is known without any input: the mean of each target, or the part of examples of each class."""
    Y = np.asarray(Y)
    if loss.target == "numbers":
        return tuple(np.mean(Y.reshape(len(Y), -1), axis=0, dtype=float).tolist())
    whole = Y.ravel().astype(np.int64)
    count = max(classes, 2 if loss.target == "yes or no" else int(whole.max()) + 1)
    return tuple((np.bincount(whole, minlength=count) / len(whole)).tolist())


class Compared(NamedTuple):
    """A model's answers for some examples, the naive ones, and what these are, in words."""

    model: Answers
    naive: Answers
    said: str


def score(model: Model, X: Any, y: Any) -> Scores:
    """Score a model on examples; UsageError for one that does not know its naive answer.

    X has a row an example, y (N,) or (N, outputs), in the user's units. Source: the metrics' own definitions.
    """
    found = compared(model, X, y)
    return Scores(len(found.model.wanted), scores(found.model, found.naive), found.said)


def cross_score(train: Callable[[Any, Any], Model], X: Any, y: Any, seed: int = 0) -> Scores:
    """Score what training gives, on rows that it did not see: each of some parts by a model of all the others.

    Source: Stone (1974), cross-validation.
    """
    parts = np.array_split(np.random.default_rng(seed).permutation(len(X)), min(PARTS, len(X)))
    found = []
    for held in parts:
        learn = np.setdiff1d(np.arange(len(X)), held)
        found.append(compared(train(X[learn], y[learn]), X[held], y[held]))
    model, naive_one = (_joined(part) for part in zip(*((c.model, c.naive) for c in found), strict=True))
    return Scores(len(X), scores(model, naive_one), found[0].said)


PARTS = 5  # of a cross-validation


def _joined(parts: Sequence[Answers]) -> Answers:
    return Answers(*(None if column[0] is None else np.concatenate(column) for column in zip(*parts, strict=True)))


def compared(model: Model, X: Any, y: Any) -> Compared:
    """Give a model's answers, and the naive ones of the examples that it was trained on."""
    prepared = model.preparation
    if prepared is None or not prepared.usual:
        raise UsageError("the model does not know the naive answer", hint="it was saved before models kept it")
    labels = class_indices(target_of(y)[0], model.classes, "y")
    given = examples(model.net, model.loss, (model.taken(X), labels), model.dtype)
    outputs, usual = model.outputs(given.X), np.array(prepared.usual)
    if model.loss.target == "numbers":
        wanted = np.asarray(labels, float).reshape(len(outputs), -1)
        answers = Answers(wanted, model.back(outputs).reshape(wanted.shape))
        said = f"always {', '.join(f'{value:.6g}' for value in usual[:3])}, the mean"
        return Compared(answers, Answers(wanted, np.broadcast_to(usual, wanted.shape)), said)
    right = np.asarray(given.Y).ravel().astype(np.int64)
    chances: Any = model.chances(outputs)
    if model.loss.target == "yes or no":
        yes = chances.ravel()
        chances = np.stack([1 - yes, yes], axis=1)
    most = int(usual.argmax())
    always = Answers(right, np.full(len(right), most), np.tile(usual, (len(right), 1)))
    said = f"always {model.classes[most] if model.classes else most}, the commonest class"
    found = np.asarray(decided(outputs, model.loss)).ravel()
    return Compared(Answers(right, found, chances), always, said)
