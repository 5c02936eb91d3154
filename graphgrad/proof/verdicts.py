"""Verdicts, and the findings that carry them. Plain data: no proof happens here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Verdict(StrEnum):
    """What is known about a gradient, strongest first; REFUTED always carries a witness, and time up is UNKNOWN."""

    PROVED = "PROVED"  # equal wherever both sides are defined and differentiable
    CERTIFIED = "CERTIFIED"  # an exact random test over a prime field passed, with a bound on its error
    AGREED = "AGREED"  # equal to that many digits at that many points, on every side of every condition
    NON_SMOOTH = "NON-SMOOTH"  # equal but at kinks, where it lies between the one-sided derivatives
    UNDEFINED = "UNDEFINED"  # no point was found where both sides have a value
    UNSUPPORTED = "UNSUPPORTED"  # outside what can be examined
    UNKNOWN = "UNKNOWN"  # time was up, or nothing was decided
    REFUTED = "REFUTED"  # a point where the two differ


GOOD = frozenset({Verdict.PROVED, Verdict.CERTIFIED, Verdict.AGREED, Verdict.NON_SMOOTH})


class Witness(NamedTuple):
    """A point at which a claim is wrong: values of variables as exact text, and both values to many digits."""

    point: Mapping[str, str]
    entry: tuple[int, ...]
    claimed: str
    true: str


class Kink(NamedTuple):
    """A point without a derivative: the smallest and largest derivative around it, and the value given there."""

    point: Mapping[str, str]
    left: str
    right: str
    given: str


@dataclass(frozen=True)
class Finding:
    """What is known about one gradient, with the reason."""

    verdict: Verdict
    reason: str = ""
    witness: Witness | None = None
    kinks: tuple[Kink, ...] = ()
    assumptions: tuple[str, ...] = ()
    region: str = ""
    correct_where: str = ""  # of a refuted claim: where it is right, if that was found
    line: int | None = None  # of a refuted derivation: its first wrong line
    digits: int | None = None
    points: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the gradient can be trusted."""
        return self.verdict in GOOD

    def with_(self, **changes: Any) -> Finding:
        """The finding with some fields changed."""
        return replace(self, **changes)


def weakest(items: Iterable[T], key: Callable[[T], Finding]) -> T:
    """The item whose finding can be trusted least."""
    return max(items, key=lambda item: list(Verdict).index(key(item).verdict))
