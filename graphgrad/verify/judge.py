"""The judge: two lists of exact scalars, what is claimed and what is true; and one finding.

A counterexample is searched first, then a proof; where neither is found, agreement in digits counts only if the points
stood on both sides of every condition.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath

from graphgrad.verify.derivative import order
from graphgrad.verify.digits import DIGITS, PIECES, evaluate
from graphgrad.verify.hard import simplified_equal
from graphgrad.verify.points import Point, points
from graphgrad.verify.symbols import Sym, numeric
from graphgrad.verify.verdicts import Finding, Kink, Verdict, Witness
from graphgrad.verify.zero import proved_equal

FIRST, MOST = 10, 10_000  # points looked at before a proof is tried, and after
ENOUGH = 6  # points with a value on both sides, for agreement
WORK = 60_000  # nodes evaluated in one search
SAME, TIE = mpmath.mpf(10) ** -20, mpmath.mpf(10) ** -40


@dataclass
class Case:
    """Claimed and true values, entry by entry; `given` is graphgrad's own value, its convention at kinks."""

    claimed: list[Sym]
    true: list[Sym]
    given: list[Sym]
    entries: Sequence[tuple[int, ...]]
    variables: Sequence[str]
    deadline: float = float("inf")
    right: list[Point] = field(default_factory=list)  # where claim and truth agreed
    wrong: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.claimed, self.true, self.given = (
            [numeric(a) for a in side] for side in (self.claimed, self.true, self.given)
        )

    @property
    def pairs(self) -> list[tuple[Sym, Sym]]:
        return list(zip(self.claimed, self.true, strict=True))


def judge(case: Case) -> Finding:
    """Give the finding of a case, in time."""
    start = time.monotonic()
    if all(a is b for a, b in case.pairs):
        found = Finding(Verdict.PROVED, "identical")
    else:
        found = search(case, FIRST)
        if found.verdict is not Verdict.REFUTED:
            found = _proof(case, found)
    if found.verdict is Verdict.PROVED and not found.region:
        found = found.with_(region="wherever both sides are defined" + _but_kinks(case))
    return found.with_(seconds=time.monotonic() - start)


def _proof(case: Case, found: Finding) -> Finding:
    """Prove, and look on where there may be kinks, or where no proof was found."""
    method = proved_equal(case.pairs, case.deadline)
    smooth = not any(n.op in PIECES for n in order(case.claimed + case.true))
    if not (method and smooth and found.verdict is not Verdict.UNDEFINED):
        found = search(case, MOST)
    if found.verdict in {Verdict.REFUTED, Verdict.UNDEFINED}:
        return found
    method = method or simplified_equal(case.pairs, case.deadline)
    if not method:
        return found
    kept = Verdict.NON_SMOOTH if found.verdict is Verdict.NON_SMOOTH else Verdict.PROVED
    return found.with_(verdict=kept, reason=method)


def _but_kinks(case: Case) -> str:
    return ", away from kinks" if any(n.op in PIECES for n in order(case.true)) else ""


def search(case: Case, most: int) -> Finding:
    """Look for a point where claim and truth differ; else say how far they agree."""
    left = [i for i, (a, b) in enumerate(case.pairs) if a is not b]
    roots = [case.claimed[i] for i in left] + [case.true[i] for i in left]
    nodes = order(roots)
    forks = [n for n in nodes if n.op in PIECES]
    sides: dict[int, set[int]] = {id(n): set() for n in forks}
    watched = roots + [a for n in forks for a in n.args]
    tried, budget, digits = 0, min(most, max(12, WORK // max(len(nodes), 1))), DIGITS
    kinks: list[Kink] = []
    unlike, hollow = False, None
    for count, point in enumerate(points(case.variables, roots, rounds=4)):
        if count >= budget or (time.monotonic() > case.deadline and tried):
            break
        values = evaluate(watched, point)
        seen = iter(values[len(roots) :])
        tied = _take_sides(forks, seen, sides)
        some = False
        for k, i in enumerate(left):
            claimed, true = values[k], values[len(left) + k]
            if claimed is None or true is None:
                hollow = hollow or (point if claimed is None and true is not None else None)
                continue
            some = True
            same = agreement(claimed, true)
            digits = min(digits, same) if same >= NEARLY else digits
            if same >= NEARLY or not differs(case.claimed[i], case.true[i], point):
                continue
            if not tied:
                case.wrong.append(point)
                return _refuted(case, i, point)
            around = one_sided(case.true[i], point)
            if not around or (min(around) - SAME <= claimed <= max(around) + SAME and max(around) - min(around) > SAME):
                if around:
                    (given,) = evaluate([case.given[i]], point)
                    unlike = unlike or (given is not None and agreement(claimed, given) < NEARLY)
                    kinks.append(Kink(_shown(point), _number(min(around)), _number(max(around)), _number(claimed)))
                continue
            if agreement(claimed, around[0]) < NEARLY - 10 and abs(claimed - around[0]) > SAME:
                return _refuted(case, i, point, around)
        if some:
            tried += 1
            case.right.append(point)
    if not tried:
        return Finding(Verdict.UNDEFINED, "no point was found where both sides have a value")
    found = Finding(
        Verdict.NON_SMOOTH if unlike else Verdict.AGREED, "", kinks=tuple(kinks[:4]), digits=digits, points=tried
    )
    if hollow is not None:
        there = ", ".join(f"{name} = {value}" for name, value in list(_shown(hollow).items())[:4])
        found = found.with_(assumptions=(f"where the claim has a value (it has none at {there})",))
    covered = all(len(s) > 1 for s in sides.values())
    if tried < ENOUGH or not covered:
        why = "too few points have a value" if tried < ENOUGH else "a condition was seen from one side only"
        return found.with_(verdict=Verdict.UNKNOWN, reason=why)
    return found.with_(reason=f"{digits} digits at {tried} points")


NEARLY = 25


def _take_sides(forks: Sequence[Sym], seen: Any, sides: dict[int, set[int]]) -> bool:
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


def agreement(a: Any, b: Any) -> int:
    """How many digits two numbers share."""
    if isinstance(a, bool) or isinstance(b, bool):
        return DIGITS if bool(a) == bool(b) else 0
    gap, size = abs(a - b), max(abs(a), abs(b))
    if gap == 0:
        return DIGITS
    return max(0, min(DIGITS, int(mpmath.floor(-mpmath.log10(gap / size)))))


def differs(claimed: Sym, true: Sym, point: Point) -> bool:
    """Whether a difference stays when the digits grow: cancellation does not."""
    gaps, size = [], mpmath.mpf(0)
    for digits in (200, 500):
        a, b = evaluate([claimed, true], point, digits)
        if a is None or b is None:
            return False
        with mpmath.workdps(digits):
            gaps.append(abs(a - b))
            size = max(abs(a), abs(b))
    if gaps[1] == 0 or gaps[0] == 0:
        return False
    return bool(abs(gaps[0] / gaps[1] - 1) < SAME * 10**10 and gaps[1] / size > mpmath.mpf(10) ** -150)


def one_sided(true: Sym, point: Point) -> list[Any]:
    """The values of a derivative closely around a point, in several directions."""
    step = mpmath.mpf(10) ** -30
    found = []
    with mpmath.workdps(120):
        for k in range(8):
            near = {}
            for j, (name, value) in enumerate(point.items()):
                direction = (-1) ** (k >> (j % 3)) * (1 + mpmath.mpf((k * 7 + j * 3) % 11) / 13)
                near[name] = mpmath.mpf(value.numerator) / value.denominator + step * direction
            (value,) = evaluate([true], near, 120)
            if value is not None:
                found.append(value)
    return found


def _refuted(case: Case, i: int, point: Point, around: Sequence[Any] = ()) -> Finding:
    claimed, computed = evaluate([case.claimed[i], case.true[i]], point, DIGITS)
    more = DIGITS
    while agreement(claimed, computed) > DIGITS - 15 and more < 200:
        more *= 2
        claimed, computed = evaluate([case.claimed[i], case.true[i]], point, more)
    reason = "a counterexample"
    if around and max(around) - min(around) > SAME:
        reason = f"at a kink, outside the derivatives around it: {_number(min(around))} to {_number(max(around))}"
    witness = Witness(_shown(point), case.entries[i], _number(claimed), _number(computed))
    return Finding(Verdict.REFUTED, reason, witness=witness)


def _shown(point: Point) -> dict[str, str]:
    return {name: str(value) for name, value in point.items()}


def _number(value: Any) -> str:
    return str(mpmath.nstr(value, DIGITS)) if not isinstance(value, bool) else str(value)


__all__ = ["Case", "agreement", "differs", "judge", "search"]
