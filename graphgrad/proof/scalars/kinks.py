"""Kinks: on which side of its conditions a point stands, and the derivatives closely around it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import mpmath

from graphgrad.proof.scalars.evaluate import Evaluation, Point, evaluate, mpf
from graphgrad.proof.scalars.symbols import Sym

AROUND = 120  # digits of derivatives around a kink
TIE = mpmath.mpf(10) ** -40


def on_edge(forks: Sequence[Sym], point: Point) -> bool:
    """Whether a point stands exactly on the edge of a condition."""
    seen = iter(evaluate([a for n in forks for a in n.args], point))
    return take_sides(forks, seen, {id(n): set() for n in forks})


def take_sides(forks: Sequence[Sym], seen: Any, sides: dict[int, set[int]]) -> bool:
    """Note on which side of every condition a point stands; tell whether it stands on an edge."""
    tied = False
    for node in forks:
        args = [next(seen) for _ in node.args]
        if any(a is None for a in args):
            continue
        offset = args[0] - args[1] if len(args) == 2 else args[0]
        if node.op == "floor":
            offset -= mpmath.nint(offset)
        on_edge = abs(offset) <= TIE * max(1, *(abs(a) for a in args))
        tied = tied or on_edge
        sides[id(node)].add(0 if on_edge else 1 if offset > 0 else -1)
    return tied


def one_sided(true: Sym, point: Point) -> list[Any]:
    """The values of a derivative closely around a point, in many directions."""
    dice = random.Random(2)  # noqa: S311  (a search, not a secret)
    found, ready = [], Evaluation([true])
    with mpmath.workdps(AROUND):
        step = mpmath.mpf(10) ** -30
        for _ in range(min(24, 8 + 4 * len(point))):
            near = {n: mpf(value) + step * dice.uniform(-1, 1) for n, value in point.items()}
            (value,) = ready.at(near, AROUND)
            if value is not None:
                found.append(value)
    return found
