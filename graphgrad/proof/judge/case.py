"""A case: what is claimed and what is true, entry by entry, as exact scalars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graphgrad.proof.judge.assumed import NOTHING, Assumed
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.scalars.derivative import Rules, gradient
from graphgrad.proof.scalars.symbols import ONE, ZERO, Sym, numeric, var


class Derivative(NamedTuple):
    """What is differentiated, and the speed of every variable that moves."""

    of: Sym
    along: Mapping[str, Sym]

    def chained(self, rules: Rules) -> Sym:
        """The derivative by some rules for kinks."""
        total = ZERO
        names = list(self.along)
        for name, slope in zip(names, gradient(self.of, [var(n) for n in names], rules), strict=True):
            total = total + slope * self.along[name]
        return total


@dataclass
class Case:
    """Claimed and true values, entry by entry; `given` is graphgrad's own value, its convention at kinks.

    Of derivatives, each entry has what is differentiated, and in which direction; at kinks truth is found along that.
    Without, values are compared. Where the primal has no value nothing is claimed.
    """

    claimed: list[Sym]
    true: list[Sym]
    given: list[Sym]
    entries: Sequence[tuple[int, ...]]
    variables: Sequence[str]
    deadline: float = float("inf")
    normal: Normal | None = None  # a reading to try first, shared by cases that are expected to be right
    primal: Sym | None = None
    derivatives: Sequence[Derivative] = ()
    assumed: Assumed = NOTHING

    def __post_init__(self) -> None:
        own = self.given is not self.true
        self.claimed, self.true = ([numeric(a) for a in side] for side in (self.claimed, self.true))
        self.given = [numeric(a) for a in self.given] if own else self.true

    @property
    def pairs(self) -> list[tuple[Sym, Sym]]:
        """Claimed and true, entry by entry."""
        return list(zip(self.claimed, self.true, strict=True))


def partials(of: Sym, variables: Iterable[Sym]) -> list[Derivative]:
    """The partial derivatives of a scalar."""
    return [Derivative(of, {v.value: ONE}) for v in variables]
