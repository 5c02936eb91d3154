"""What graphgrad says of the random claims, and what of it does not hold."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from proof.random_gradients import evaluator
from proof.random_gradients.right import rights
from proof.random_gradients.wrong import wrongs

import graphgrad as gg

ACCEPTED = {"PROVED", "CERTIFIED", "NON-SMOOTH", "AGREED"}
TIMEOUT = 10.0
OPTIONS = {"timeout": TIMEOUT}


@dataclass
class Tally:
    """Verdicts counted by kind, and a line for every one that does not hold."""

    counts: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)

    def __add__(self, other):
        return Tally(self.counts + other.counts, self.faults + other.faults)

    def share(self, wanted):
        """The share of the verdicts that are among those wanted."""
        return sum(n for (_, said), n in self.counts.items() if said in wanted) / max(1, self.counts.total())


def finding_on(claim):
    program = gg.parse(claim.base.program, claim.base.shapes)
    return gg.verify(program, {claim.name: claim.claim}, **OPTIONS)[claim.name]


def line(claim, said, more=""):
    """A fault as a line from which it can be made again."""
    shapes = f"  shapes {claim.base.shapes}" if claim.base.shapes else ""
    at = {n: v.tolist() for n, v in (claim.point or {}).items()}
    at = (
        re.sub(r"Fraction\((-?\d+), (\d+)\)", lambda m: m[1] + (f"/{m[2]}" if m[2] != "1" else ""), str(at))
        if at
        else ""
    )
    return f"{said} [{claim.kind}] {claim.base.program!r}  {claim.name} = {claim.claim!r}{shapes}  {at} {more}".rstrip()


def replays(claim, witness):
    """Whether the evaluator finds the claim wrong at a witness's point; None where the point is no list of numbers."""
    held = {}
    for name, said in witness.point.items():
        array, _, place = name.partition("[")
        try:
            held.setdefault(array, {})[tuple(map(int, place[:-1].split(","))) if place else ()] = Fraction(said)
        except ValueError:
            return None
    point = {}
    for array, entries in held.items():
        shape = tuple(1 + max(ks) for ks in zip(*entries, strict=True))
        point[array] = np.empty(shape, dtype=object)
        for place, value in entries.items():
            point[array][place] = value
    if evaluator.wrong(claim.base.program, claim.claim, point, claim.name):
        return True
    with evaluator.MP.workdps(evaluator.FINE):
        return bool(evaluator.wrong(claim.base.program, claim.claim, point, claim.name))


def judge_wrong(seed, count):
    """The verdicts on that many wrong claims: those that are accepted, and witnesses that do not replay, are faults."""
    tally = Tally()
    for claim in wrongs(seed, count):
        start, found = time.monotonic(), finding_on(claim)
        said = str(found.verdict)
        if said == "REFUTED" and found.witness is not None:
            replayed = replays(claim, found.witness)
            said = {True: "REFUTED", None: "REFUTED, not replayed", False: "REFUTED, falsely"}[replayed]
        elif said == "REFUTED":
            said = "REFUTED, no witness"
        tally.counts[claim.kind, said] += 1
        if said in ACCEPTED:
            tally.faults.append(line(claim, f"{said} but wrong at", f"({found.reason})"))
        elif said != "REFUTED":
            tally.faults.append(line(claim, f"{said}, wrong at", f"({found.reason} {found.witness or ''})"))
        if time.monotonic() - start > TIMEOUT + 2:
            tally.faults.append(line(claim, f"took {time.monotonic() - start:.0f} s"))
    return tally


def judge_right(seed, count):
    """The verdicts on that many right claims: all that are not accepted are faults."""
    tally = Tally()
    for claim in rights(seed, count):
        found = finding_on(claim)
        said = str(found.verdict)
        tally.counts[claim.kind, said] += 1
        if said not in ACCEPTED:
            tally.faults.append(line(claim, f"{said} but right", f"({found.reason} {found.witness or ''})"))
        elif said == "AGREED" and claim.kind not in {"rounded", "array"}:
            tally.faults.append(line(claim, f"{said}, not proved", f"({found.reason})"))
    return tally
