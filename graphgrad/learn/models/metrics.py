"""How good answers are, in the user's own units, beside the naive answer: a mean, or the commonest class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

DRAWS, SURE, LEAST = 200, 0.9, 10  # of the bootstrap: samples, the part that an interval holds, and examples
TINY = 1e-15  # a probability that is no smaller, for its logarithm


class Answers(NamedTuple):
    """What is right, what was answered, and, of classes, the probabilities (N, classes); one example a row."""

    wanted: Any
    found: Any
    chances: Any = None

    def take(self, rows: Any) -> Answers:
        """Give some of them."""
        return Answers(*(None if part is None else part[rows] for part in self))


def r2(given: Answers) -> float:
    """Give the part of the variance that is explained: 1 at best, 0 for the mean of these very rows.

    >>> r2(Answers(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])))
    0.5
    """
    about = np.sum((given.wanted - np.mean(given.wanted, axis=0)) ** 2)
    return float(1 - np.sum((given.wanted - given.found) ** 2) / about) if about else float("nan")


def mae(given: Answers) -> float:
    """Give the mean size of an error."""
    return float(np.mean(np.abs(given.wanted - given.found)))


def rmse(given: Answers) -> float:
    """Give the root of the mean square of an error."""
    return float(np.sqrt(np.mean((given.wanted - given.found) ** 2)))


def accuracy(given: Answers) -> float:
    """Give the part of examples that are right."""
    return float(np.mean(given.wanted == given.found))


def _by_class(given: Answers) -> tuple[Any, Any, Any]:
    """Of each class that is there: how many examples are its own, are answered so, and are both."""
    classes = np.unique(given.wanted)
    own = np.array([np.sum(given.wanted == c) for c in classes], float)
    said = np.array([np.sum(given.found == c) for c in classes], float)
    both = np.array([np.sum((given.wanted == c) & (given.found == c)) for c in classes], float)
    return own, said, both


def balanced_accuracy(given: Answers) -> float:
    """Give the mean over classes of the part of each that is right."""
    own, _, both = _by_class(given)
    return float(np.mean(both / own))


def f1(given: Answers) -> float:
    """Give the mean over classes of each one's F1, the harmonic mean of precision and recall."""
    own, said, both = _by_class(given)
    return float(np.mean(2 * both / (own + said)))


def auc(given: Answers) -> float:
    """Give the chance that of two examples the one of the second class has the greater probability of it.

    >>> auc(Answers(np.array([0, 1, 1]), None, np.array([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05]])))
    0.5
    """
    yes = given.wanted == 1
    _, places, counts = np.unique(given.chances[:, 1], return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places.reshape(-1)]  # those that tie share theirs
    count = int(yes.sum())
    if count in {0, len(yes)}:
        return float("nan")
    return float((ranks[yes].sum() - count * (count + 1) / 2) / (count * (len(yes) - count)))


def log_loss(given: Answers) -> float:
    """Give the mean of minus the logarithm of the probability of what is right."""
    own = given.chances[np.arange(len(given.wanted)), given.wanted]
    return float(-np.mean(np.log(np.maximum(own, TINY))))


Metric = Callable[[Answers], float]
NUMBERS: Mapping[str, Metric] = {"R²": r2, "MAE": mae, "RMSE": rmse}
CLASSES: Mapping[str, Metric] = {
    "accuracy": accuracy, "balanced accuracy": balanced_accuracy, "F1": f1, "AUC": auc, "log loss": log_loss
}  # fmt: skip
TWO = frozenset({"AUC"})  # of two classes alone


class Score(NamedTuple):
    """A metric's name, the model's value, and the naive answer's; of the first, an interval by bootstrap."""

    name: str
    value: float
    naive: float
    interval: tuple[float, float] | None = None


def scores(given: Answers, naive: Answers, seed: int = 0) -> list[Score]:
    """Give every metric of the kind of answers that these are.

    >>> y = np.array([1.0, 2.0, 3.0, 4.0])
    >>> [(s.name, s.value, s.naive) for s in scores(Answers(y, y + 1), Answers(y, np.full(4, 2.5)))][:2]
    [('R²', 0.19999999999999996, 0.0), ('MAE', 1.0, 1.0)]
    """
    table = NUMBERS if given.chances is None else CLASSES
    found: list[Score] = []
    for name, metric in table.items():
        if name in TWO and given.chances.shape[1] != 2:
            continue
        interval = None if found else _interval(given, metric, seed)
        found.append(Score(name, metric(given), metric(naive), interval))
    return found


def _interval(given: Answers, metric: Metric, seed: int) -> tuple[float, float] | None:
    """The middle of a metric over examples drawn again and again. Efron (1979)."""
    generator, count = np.random.default_rng(seed), len(given.wanted)
    if count < LEAST:
        return None
    values = [metric(given.take(generator.integers(count, size=count))) for _ in range(DRAWS)]
    low, high = np.nanquantile(values, [(1 - SURE) / 2, (1 + SURE) / 2])
    return float(low), float(high)
