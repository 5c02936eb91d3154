"""Which examples a step sees: a function of the seed and the step's place alone, so that a run resumes anywhere."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

DRAWN = 1000  # steps in a round of random examples


class Order(NamedTuple):
    """The rounds of a run, and the rows that each goes through, `batch` a step.

    `kind` is "shuffled" (every round an epoch in an order of its own), "drawn" (random rows, with replacement), or
    "given" (every round an epoch, in the order of the data).
    """

    kind: str
    rows: int
    batch: int
    seed: int
    steps: int  # in all

    @property
    def round_steps(self) -> int:
        """Steps in a round (the last may have fewer)."""
        return DRAWN if self.kind == "drawn" else -(-self.rows // self.batch)

    def of_round(self, number: int) -> Any:
        """Give the rows of a round.

        >>> order = Order("shuffled", rows=4, batch=2, seed=0, steps=10)
        >>> order.round_steps, sorted(order.of_round(3).tolist())
        (2, [0, 1, 2, 3])
        """
        if self.kind == "given":
            return np.arange(self.rows)
        generator = np.random.default_rng([self.seed, number])
        if self.kind == "shuffled":
            return generator.permutation(self.rows)
        return generator.integers(self.rows, size=DRAWN * self.batch)
