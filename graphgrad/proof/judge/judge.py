"""The judge: two lists of exact scalars, what is claimed and what is true; and one finding.

A counterexample is searched first, then a proof; where neither is found, agreement in digits counts only if the points
stood on both sides of every condition.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mpmath

from graphgrad.proof.judge.sympy_fallback import simplified_equal
from graphgrad.proof.normal_form.equality import plainly, proved_equal
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.report import Finding, Kink, Verdict, Witness
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.evaluate import DIGITS, Evaluation, evaluate
from graphgrad.proof.scalars.kinks import one_sided, take_sides
from graphgrad.proof.scalars.points import Point, exact, points
from graphgrad.proof.scalars.symbols import PIECES, Sym, numeric

FIRST, PROVED, MOST = 10, 20, 10_000  # points looked at: before a proof is tried; for kinks, after one; without one
UNMET = "an equality was never met"
NEARLY = 40  # digits in common from which two numbers are the same; with fewer, more digits decide
KINKS = 2  # kinks that are looked at closely
LONGEST = 4000  # digits beyond which a difference stays undecided
ENOUGH = 6  # points with a value on both sides, for agreement
WORK = 60_000  # nodes evaluated in one search
SAME = mpmath.mpf(10) ** -20


@dataclass
class Case:
    """Claimed and true values, entry by entry; `given` is graphgrad's own value, its convention at kinks."""

    claimed: list[Sym]
    true: list[Sym]
    given: list[Sym]
    entries: Sequence[tuple[int, ...]]
    variables: Sequence[str]
    deadline: float = float("inf")
    normal: Normal | None = None  # a reading to try first, shared by cases that are expected to be right
    primal: Sym | None = None  # what the derivatives are of: where it has no value, nothing is claimed

    def __post_init__(self) -> None:
        self.claimed, self.true, self.given = (
            [numeric(a) for a in side] for side in (self.claimed, self.true, self.given)
        )

    @property
    def pairs(self) -> list[tuple[Sym, Sym]]:
        """Claimed and true, entry by entry."""
        return list(zip(self.claimed, self.true, strict=True))


def judge(case: Case) -> Finding:
    """Give the finding of a case, in time."""
    start = time.monotonic()
    if all(a is b for a, b in case.pairs):
        found = Finding(Verdict.PROVED, "identical")
    elif case.normal and _smooth(case) and all(plainly(case.normal, pair, case.deadline) for pair in case.pairs):
        found = Finding(Verdict.PROVED, "normal form")
    else:
        found = search(case, FIRST)
        if found.verdict is not Verdict.REFUTED:
            found = _proof(case, found)
    if found.verdict is Verdict.PROVED and not found.region:
        found = found.with_(region="wherever both sides are defined" + _but_kinks(case))
    return found.with_(seconds=time.monotonic() - start)


def _proof(case: Case, found: Finding) -> Finding:
    """Prove, and look on where there may be kinks, or where no proof was found."""
    method = proved_equal(case.pairs, case.deadline, case.primal)
    if not (method and _smooth(case) and found.verdict is not Verdict.UNDEFINED):
        found = search(case, PROVED + looked_at(case) if method else MOST)
    if found.verdict in {Verdict.REFUTED, Verdict.UNDEFINED}:
        return found
    method = method or simplified_equal(case.pairs, case.deadline)
    if not method or found.reason == UNMET:
        return found
    kept = Verdict.NON_SMOOTH if found.verdict is Verdict.NON_SMOOTH else Verdict.PROVED
    return found.with_(verdict=kept, reason=method)


def _smooth(case: Case) -> bool:
    return not any(a.kinked for a in case.claimed + case.true)


def _but_kinks(case: Case) -> str:
    return ", away from kinks" if any(a.kinked for a in case.true) else ""


def looked_at(case: Case) -> int:
    """How many points stand exactly at a number of a condition."""
    roots = case.claimed + case.true
    return 2 * len(exact(case.variables, roots))


def search(case: Case, most: int) -> Finding:
    """Look for a point where claim and truth differ; else say how far they agree."""
    looked = Search(case)
    for count, point in enumerate(points(case.variables, looked.roots, rounds=4)):
        if count >= min(most, looked.budget) or (time.monotonic() > case.deadline and looked.tried):
            break
        if (found := looked.at(point)) is not None:
            return found
    return looked.result()


def has_value(root: Sym, variables: Sequence[str]) -> bool:
    """Whether a point is found where a scalar has a value."""
    ready = Evaluation([root])
    return any(ready.at(point)[0] is not None for point in points(variables, [root]))


class Search:
    """What a search has seen so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.left = [i for i, (a, b) in enumerate(case.pairs) if a is not b]
        self.roots = [case.claimed[i] for i in self.left] + [case.true[i] for i in self.left]
        nodes = order(self.roots)
        self.forks = [n for n in nodes if n.op in PIECES]
        self.choices = list({id(n.args[0]): n.args[0] for n in nodes if n.op == "where"}.values())
        self.sides: dict[int, set[int]] = {id(n): set() for n in self.forks}
        self.chosen: dict[int, set[Any]] = {id(n): set() for n in self.choices}
        known = {id(n) for n in order(case.true + case.given)}
        self.own = [n for n in self.forks if n.op == "eq" and id(n) not in known]  # equalities of the claim alone
        sides, primal = [a for n in self.forks for a in n.args], [] if case.primal is None else [case.primal]
        self.ready = Evaluation([*self.roots, *sides, *self.choices, *primal])
        self.given = {i: Evaluation([case.given[i]]) for i in self.left}
        self.budget = max(12, WORK // max(len(nodes), 1))
        self.tried, self.digits, self.unlike = 0, DIGITS, False
        self.kinks: list[Kink] = []
        self.hollow: Point | None = None  # a point where the claim alone has no value

    def at(self, point: Point) -> Finding | None:
        """Look at a point; gives the refutation if there is one."""
        values = self.ready.at(point)
        if self.case.primal is not None and values.pop() is None:
            return None
        tied = take_sides(self.forks, iter(values[len(self.roots) :]), self.sides)
        for node, value in zip(self.choices, values[-len(self.choices) :] if self.choices else (), strict=True):
            self.chosen[id(node)].add(value)
        some = False
        for k, i in enumerate(self.left):
            claimed, true = values[k], values[len(self.left) + k]
            if claimed is None or true is None:
                self.hollow = self.hollow or (point if claimed is None and true is not None else None)
                continue
            same = agreement(claimed, true)
            if same < NEARLY and tied and len(self.kinks) >= KINKS and self.ours(i, point, claimed):
                some = True
                continue
            apart = same < NEARLY and differs(self.case.claimed[i], self.case.true[i], point)
            some = some or apart is not None
            if same >= NEARLY:
                self.digits = min(self.digits, same)
            elif apart:
                found = self.at_kink(i, point, claimed) if tied else _refuted(self.case, i, point)
                if found is not None:
                    return found
        self.tried += some
        return None

    def ours(self, i: int, point: Point, claimed: Any) -> bool:
        """Whether a value is graphgrad's own."""
        (given,) = self.given[i].at(point)
        return given is not None and agreement(claimed, given) >= NEARLY

    def at_kink(self, i: int, point: Point, claimed: Any) -> Finding | None:
        """Judge a value on an edge by the derivatives around it, and by graphgrad's own."""
        ours = self.ours(i, point, claimed)
        around = one_sided(self.case.true[i], point)
        if not around:
            return None
        low, high = min(around), max(around)
        smooth = high - low <= SAME * max(1, abs(high))
        if smooth and abs(claimed - low) <= SAME * max(1, abs(high)):
            return None
        if ours or (not smooth and low - SAME <= claimed <= high + SAME):
            self.unlike = self.unlike or smooth or not ours
            self.kinks.append(Kink(_shown(point), _number(low), _number(high), _number(claimed)))
            return None
        return _refuted(self.case, i, point, around)

    def result(self) -> Finding:
        """What a search without a refutation comes to."""
        if not self.tried:
            return Finding(Verdict.UNDEFINED, "no point was found where both sides have a value")
        assumptions: tuple[str, ...] = ()
        if self.hollow is not None:
            there = ", ".join(f"{name} = {value}" for name, value in list(self.hollow.items())[:4])
            assumptions = (f"where the claim has a value (it has none at {there})",)
        verdict, reason = Verdict.AGREED, f"{self.digits} digits at {self.tried} points"
        if self.tried < ENOUGH:
            verdict, reason = Verdict.UNKNOWN, "too few points have a value"
        elif any(0 not in self.sides[id(n)] for n in self.own):
            verdict, reason = Verdict.UNKNOWN, UNMET
        elif not all(len(s - {None}) > 1 for s in [*self.sides.values(), *self.chosen.values()]):
            verdict, reason = Verdict.UNKNOWN, "a condition was seen from one side only"
        elif self.unlike:
            verdict = Verdict.NON_SMOOTH
        return Finding(verdict, reason, None, tuple(self.kinks), assumptions, digits=self.digits, points=self.tried)


def agreement(a: Any, b: Any) -> int:
    """How many digits two numbers share."""
    if isinstance(a, bool) or isinstance(b, bool):
        return DIGITS if bool(a) == bool(b) else 0
    gap, size = abs(a - b), max(abs(a), abs(b))
    if gap == 0:
        return DIGITS
    return max(0, min(DIGITS, int(mpmath.floor(-mpmath.log10(gap / size)))))


def differs(claimed: Sym, true: Sym, point: Point) -> bool | None:
    """Whether a difference stays when there are more digits than can cancel; None where that takes too many."""
    nodes = order([claimed, true])
    values = {id(n): v for n, v in zip(nodes, evaluate(nodes, point), strict=True)}
    terms = [abs(v) for n in nodes if n.op == "add" for a in n.args if (v := values[id(a)])]
    size = max(abs(values[id(claimed)]), abs(values[id(true)]))
    digits = 200 + max(0, int(mpmath.log10(max(terms) / size)) if terms else 0)
    if digits > LONGEST:
        return None
    gaps = []
    for more in (digits, 2 * digits):
        a, b = evaluate([claimed, true], point, more)
        if a is None or b is None:
            return None
        with mpmath.workdps(more):
            gaps.append(abs(a - b))
    return bool(gaps[1] != 0 and abs(gaps[0] / gaps[1] - 1) < SAME * 10**10)


def _refuted(case: Case, i: int, point: Point, around: Sequence[Any] = ()) -> Finding:
    claimed, computed = evaluate([case.claimed[i], case.true[i]], point, DIGITS)
    more = DIGITS
    while agreement(claimed, computed) > DIGITS - 15 and more < 200:
        more *= 2
        claimed, computed = evaluate([case.claimed[i], case.true[i]], point, more)
    reason = "a counterexample"
    if around and max(around) - min(around) > SAME:
        low, high = (mpmath.nstr(end(around), 8) for end in (min, max))
        reason = f"at a kink, outside the derivatives around it: {low} to {high}"
    witness = Witness(_shown(point), case.entries[i], _number(claimed), _number(computed))
    return Finding(Verdict.REFUTED, reason, witness=witness)


def _shown(point: Point) -> dict[str, str]:
    return {name: str(value) for name, value in point.items()}


def _number(value: Any) -> str:
    return str(mpmath.nstr(value, DIGITS)) if not isinstance(value, bool) else str(value)


__all__ = ["Case", "agreement", "differs", "judge", "search"]
