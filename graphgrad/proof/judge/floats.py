"""Code in floating point against the truth in 50 digits: wrong, right, or right as far as its rounding lets one see.

A difference is rounding where the true expression, evaluated in the code's own precision, could be as far off, or where
it changes from one neighbouring point to the next. One that stays the same is the code's.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from graphgrad.core.numerals import equation
from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.judge.assumed import NOTHING, Assumed
from graphgrad.proof.judge.kinks import around
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.report import Finding, Kink, Verdict, Witness
from graphgrad.proof.scalars.evaluate import BITS, NONE, Evaluation, Point, evaluate, known
from graphgrad.proof.scalars.points import points
from graphgrad.proof.scalars.rounding import rounding
from graphgrad.proof.scalars.symbols import Sym

Code = Callable[[Mapping[str, Array]], Mapping[str, Any]]  # inputs by name -> gradients by name
PLACES, LARGE, FEWER = 60, 2000, 15  # points looked at; entries from which on only so many are
SLACK = 64  # how many times more an honest evaluation may round than the true expression's bound says
SINGLE = 1e-5  # relative differences below may be those of code that computes in float32 inside
CONSTANT = 1e-13  # relative differences below may be those of a rounded constant
NEAR = (2.0**-49, 2.0**-18)  # how far neighbouring points are apart, relatively: bits of float64, bits of float32
TYPICAL, ORDINARY = 2, 10  # the largest numbers at points where digits are counted; where few are a doubt
WORST = 3  # entries of one gradient that are looked at closely at one point
STEADY = 0.05  # a difference that changes less from point to point is no rounding


@dataclass
class Seen:
    """What was seen of one gradient."""

    tried: int = 0
    shared: list[int] = field(default_factory=list)  # digits at typical points
    refuted: Witness | None = None
    doubt: str = ""
    noise: str = ""
    kinks: list[Kink] = field(default_factory=list)
    levels: list[Any] = field(default_factory=list)  # differences that were rounding
    suspects: list[tuple[Any, Witness, bool]] = field(
        default_factory=list
    )  # and those that stay, closely or everywhere

    @property
    def digits(self) -> int:
        """How many digits are right at half of the typical points, beside the largest entry."""
        return sorted(self.shared)[len(self.shared) // 2] if self.shared else 0

    def settle(self) -> None:
        """A suspect is a counterexample if the code's rounding elsewhere, and other suspects, do not come near it."""
        for apart, witness, everywhere in self.suspects:
            others = max((other for other, _, _ in self.suspects if other < apart), default=0)
            level = max(self.levels, default=0)
            if apart > (level if everywhere else SLACK * max(level, others)):
                self.refuted = self.refuted or witness


class Comparison:
    """Compares code with the truth, point by point, where the primal, if there is one, has a value."""

    def __init__(  # noqa: PLR0913, PLR0917  (what is compared, and where)
        self,
        code: Code,
        inputs: Mapping[str, Array],
        true: Mapping[str, Array],
        deadline: float,
        primal: Sym | None,
        assumed: Assumed = NOTHING,
    ) -> None:
        self.assumed = assumed
        self.code, self.inputs, self.deadline = code, inputs, deadline
        self.true: dict[str, list[Sym]] = {name: list(np.ravel(roots)) for name, roots in true.items()}
        self.shapes = {name: np.shape(roots) for name, roots in true.items()}
        self.variables = [v.value for a in inputs.values() if a.dtype == object for v in np.ravel(a)]
        self.roots = [root for roots in self.true.values() for root in roots]
        self.ready = Evaluation([*self.roots, *([] if primal is None else [primal])])
        self.seen = {name: Seen() for name in true}
        self.single, self.primal = False, primal
        self.ordinary: dict[str, Array] | None = None  # floats at a point of everyday's size, where all has a value
        self.given_names: set[str] = set()

    def anew(self) -> Comparison:
        """The same comparison, of which nothing was seen yet."""
        other = copy(self)
        other.seen = {name: Seen() for name in self.seen}
        return other

    def run(self, most: int = PLACES) -> dict[str, Seen]:
        """Look at as many points as there is time for."""
        places = most if len(self.roots) < LARGE else min(most, FEWER)
        every = (self.assumed.met(point) for point in points(self.variables, self.assumed.held))
        for count, point in enumerate(point for point in every if point is not None):
            if count >= places or (time.monotonic() > self.deadline and any(s.tried for s in self.seen.values())):
                break
            self._at(point)
        return self.seen

    def floats(self, point: Point) -> dict[str, Array]:
        """The inputs at a point."""
        return {
            n: np.array([float(point[v.value]) for v in np.ravel(a)]).reshape(a.shape) if a.dtype == object else a
            for n, a in self.inputs.items()
        }

    def given(self, point: Point) -> dict[str, Array]:
        """What the code gives at a point, as float64 arrays; in float32 from then on where that is what it gives."""
        with np.errstate(all="ignore"):
            found = {n: np.asarray(g) for n, g in self.code(self.floats(point)).items()}
        self.single = self.single or any(g.dtype.itemsize < 8 and g.dtype.kind == "f" for g in found.values())
        self.given_names |= set(found)
        return {n: g.astype(float) for n, g in found.items()}

    def held(self, point: Point) -> dict[str, Fraction]:
        """The point, at numbers that the code's floats hold exactly."""
        kind = np.float32 if self.single else np.float64
        return {n: Fraction(float(kind(float(v)))) for n, v in point.items()}

    def _at(self, point: Point) -> None:
        before, at = self.single, self.held(point)
        found = self.given(at)
        if self.single != before:
            at = self.held(point)
            found = self.given(at)
        every = self.ready.all_at(at)
        values = iter([every[k] for k in self.ready.roots])
        if self.primal is not None and every[self.ready.roots[-1]] is NONE:
            return
        tied = self.ready.tied(every)
        if self.ordinary is None and not tied and _within(at, ORDINARY):
            self.ordinary = self.floats(at)
        for name, roots in self.true.items():
            truth = [next(values) for _ in roots]
            if name not in found:
                continue
            given = np.ravel(found[name]).tolist()
            if self.seen[name].refuted or not all(map(known, truth)):
                continue
            if np.isfinite(given).all():
                with numbers.precision(BITS):
                    self._compare(name, at, given, [numbers.ball(v) for v in truth], tied)
            elif not tied:
                self._note(name, at, "no number")

    def _compare(self, name: str, at: Mapping[str, Fraction], given: list[float], truth: list[Any], tied: bool) -> None:  # noqa: FBT001
        seen, unit = self.seen[name], 2.0**-24 if self.single else 2.0**-53
        apart = [abs(b - a) for a, b in zip(given, truth, strict=True)]
        largest = max([abs(b) for b in truth], default=0)
        floor = SLACK * unit * max(1, largest)
        far = [k for k, d in enumerate(apart) if d > 8 * unit * abs(truth[k]) and d > floor * 2.0**-200]
        bounds = rounding([self.true[name][k] for k in far], at, unit)
        far = [k for k, bound in zip(far, bounds, strict=True) if bound is not None and apart[k] > SLACK * bound]
        for k in sorted(far, key=apart.__getitem__, reverse=True)[:WORST]:
            if apart[k] <= floor or (tied and self._at_kink(name, k, at, given[k])):
                continue
            relative = apart[k] / max(abs(truth[k]), floor)
            close, wide = (relative > CONSTANT and self._same_around(name, k, at, by) for by in NEAR)
            self._note(name, at, f"{_shared(apart[k], abs(truth[k]))} digits")
            if not close or not (wide or relative > SINGLE):
                seen.levels.append(apart[k])
                continue
            place = list(np.ndindex(*self.shapes[name]))[k]
            shown = {n: str(v) for n, v in at.items()}
            witness = Witness(shown, place, repr(given[k]), numbers.digits(truth[k], 20))
            seen.suspects.append((apart[k], witness, wide))
            if wide and relative > SINGLE and _within(at, TYPICAL):
                seen.refuted = witness
                return
        seen.tried += 1
        if _within(at, TYPICAL) and largest and not tied:
            seen.shared.append(_shared(max(apart), largest))

    def _note(self, name: str, at: Mapping[str, Fraction], said: str) -> None:
        """What rounding leaves at a point: a doubt where that is an ordinary one."""
        seen = self.seen[name]
        said = f"{said} at {', '.join(equation(n, float(v), 3) for n, v in at.items())}"
        if _within(at, ORDINARY):
            seen.doubt = seen.doubt or said
        else:
            seen.noise = seen.noise or said

    def _same_around(self, name: str, k: int, at: Mapping[str, Fraction], by: float) -> bool:
        dice, differences = random.Random(3), []  # noqa: S311  (a search, not a secret)
        for _ in range(5):
            near = self.held({n: v * Fraction(1 + by * dice.uniform(-1, 1)) for n, v in at.items()})
            (true,) = evaluate([self.true[name][k]], near)
            if known(true):
                differences.append(float(numbers.ball(true) - np.ravel(self.given(near)[name])[k].item()))
        return bool(differences) and max(differences) - min(differences) <= STEADY * max(map(abs, differences))

    def _at_kink(self, name: str, k: int, at: Mapping[str, Fraction], given: float) -> bool:
        """Whether a value on an edge lies between the derivatives around it."""
        ends = sorted((numbers.digits(value, 20) for value in around(self.true[name][k], at)), key=float)
        if not ends or not float(ends[0]) - 1e-6 <= given <= float(ends[-1]) + 1e-6:
            return False
        low, high = ends[0], ends[-1]
        self.seen[name].kinks.append(Kink({n: str(v) for n, v in at.items()}, low, high, repr(given)))
        return True


def compared(comparison: Comparison, why: str, places: int = PLACES) -> dict[str, Finding]:
    """The finding on every gradient that code gives in floating point, at that many points; `why` it is judged so."""
    seen = comparison.run(places)
    few = "time was up" if time.monotonic() > comparison.deadline else "too few points have a value"
    return {name: _finding(seen[name], why, few) for name in seen if name in comparison.given_names}


def _finding(seen: Seen, why: str, few: str) -> Finding:
    seen.settle()
    if seen.refuted:
        return Finding(Verdict.REFUTED, f"a counterexample, {why}", seen.refuted)
    facts: dict[str, Any] = {"kinks": tuple(seen.kinks), "digits": seen.digits, "points": seen.tried,
             "assumptions": (f"rounding leaves {seen.noise}",) if seen.noise else ()}  # fmt: skip
    if seen.doubt:
        return Finding(Verdict.UNKNOWN, f"only {seen.doubt}: more is lost than rounding explains, {why}", **facts)
    if seen.tried < FEWER:
        return Finding(Verdict.UNKNOWN, f"{few}, {why}", **facts)
    verdict = Verdict.NON_SMOOTH if seen.kinks else Verdict.AGREED
    return Finding(verdict, f"{seen.digits} digits at {seen.tried} points, {why}", **facts)


def _within(at: Mapping[str, Fraction], highest: int) -> bool:
    """Whether no variable is large, and none small; of many, most."""
    sizes = sorted(abs(v) for v in at.values())
    low = sizes[0 if len(sizes) <= FEWER else len(sizes) // 2] if sizes else Fraction(1)
    return low >= Fraction(1, 20) and (not sizes or sizes[-1] <= highest)


def _shared(apart: Any, size: Any) -> int:
    """How many digits two numbers share, at most 16."""
    share = float(apart / size) if size else math.inf * bool(apart)
    return max(0, min(16, math.floor(-math.log10(share)))) if 0 < share < math.inf else 0 if share else 16
