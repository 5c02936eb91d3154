"""Whether a step's update is the one that its module states: shown for one entry in symbols, and so for every entry.

A state may be kept times a constant, as compiled steps keep Adam's: from zero on, the parameters are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

import numpy as np

from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ParseError
from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import NoValue, Undecided
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.judge import FIRST, judge
from graphgrad.proof.judge.names import free_names
from graphgrad.proof.judge.search import glance
from graphgrad.proof.modules.prime_field import SIMPLE
from graphgrad.proof.normal_form.equality import Pair, proved_equal
from graphgrad.proof.readings.text import read, symbols_of
from graphgrad.proof.report import Finding, Verdict, weakest
from graphgrad.proof.scalars.derivative import exchanged, order, substitute
from graphgrad.proof.scalars.evaluate import BITS, evaluate, known
from graphgrad.proof.scalars.points import points
from graphgrad.proof.scalars.symbols import Sym, lift, number, var

TIMES = (1, 2, 3, 10, 1000)  # numbers of a step at which a counterexample is looked for
POINTS = 4  # that show by what a state is kept
SHOWN, ALIKE = 45, 1e-40  # digits of a ratio that is taken for a rational, and how far it may be from it
JOINED = Finding(Verdict.UNSUPPORTED, "the update joins the entries of a vector, as a norm does, and is not read")
News = Mapping[str, Sym]  # new entries, by vector


@dataclass(frozen=True)
class StatedUpdate:
    """The program of an update: new values of p and of the state, from p, its gradient g, the state, t and rates."""

    text: str
    slots: tuple[str, ...]
    rates: tuple[str, ...]

    @property
    def vectors(self) -> tuple[str, ...]:
        """What is kept from step to step, the parameters first."""
        return ("p", *self.slots)

    def new(self, t: Sym) -> dict[str, Sym] | None:
        """The new entry of every vector, in symbols of the old ones; None where entries are joined, as in a norm."""
        pairs = {name: symbols_of(name, (2,)) for name in (*self.vectors, "g")}
        numbers = {
            name: np.asarray(value, dtype=object) for name, value in {**{r: var(r) for r in self.rates}, "t": t}.items()
        }
        found = {target: value for target, value, _ in read(self.text, {**pairs, **numbers})}
        firsts = {a[0].value: var(name) for name, a in pairs.items()}
        new = {name: substitute(np.ravel(found[name])[0], firsts) for name in self.vectors}
        seconds = {a[1] for a in pairs.values()}
        return None if seconds & set(order(new.values())) else new


def stated_update(text: str) -> StatedUpdate:
    r"""The update that a training step states, read; ParseError where it is none.

    >>> update = stated_update("m = 0.9 * m + g\np = p - lr * m")
    >>> update.slots, update.rates, update.new(var("t"))["m"]
    (('m',), ('lr',), add(mul(9/10, m), g))
    """
    names = [name for name in free_names(text) if name not in CONSTANTS]
    assigned = dict.fromkeys(re.findall(r"^(\w+) = ", text, re.MULTILINE))
    if "p" not in assigned:
        raise ParseError("the update that the module states gives no new p")
    slots = tuple(name for name in assigned if name in names and name != "p")
    return StatedUpdate(text, slots, tuple(n for n in names if n not in {"p", "g", "t", *slots}))


def judged_update(update: StatedUpdate, emitted: Mapping[str, Sym], t: Sym, deadline: float = float("inf")) -> Finding:
    """The finding on the new entries that code gives, in the symbols of `Update.new`, against those that are stated."""
    stated = update.new(t)
    assert stated is not None
    known = [*update.vectors, *update.rates, "g"]
    if strange := {n.value for n in order(emitted.values()) if n.op == "var"} - {*known, "t"}:
        return Finding(Verdict.UNKNOWN, f"the update of an entry takes {min(strange)}")
    changes = Changes([emitted], [stated], [stated], {slot: [slot] for slot in update.slots}, known)
    return compared(changes, deadline)


class Changes(NamedTuple):
    """What code makes of some entries of all vectors, what is stated, and graphgrad's own, which holds at kinks."""

    emitted: Sequence[News]
    stated: Sequence[News]
    ours: Sequence[News]
    states: Mapping[str, Sequence[str]]  # the variables that stand for the old entries of every state
    variables: Sequence[str]  # all but the number of the step


def compared(changes: Changes, deadline: float) -> Finding:
    """The finding on changes; a witness has as its entry the number of one of the entries."""
    emitted, stated, ours, states, variables = changes
    old = [name for names in states.values() for name in names]
    units = {slot: _unit(emitted[0][slot], stated[0][slot], old, variables) for slot in states}
    kept = {name: lift(units[slot]) * var(name) for slot, names in states.items() for name in names}
    claimed = [substitute(new, kept) for news in emitted for new in news.values()]
    true, given = ([lift(units.get(vector, 1)) * new for news in side for vector, new in news.items()]
                   for side in (stated, ours))  # fmt: skip
    entries = [(k, j) for k, news in enumerate(emitted) for j in range(len(news))]
    counted = any(n.op == "var" and n.value == "t" for n in order([*claimed, *true]))
    cases = {}
    for step in TIMES if counted else TIMES[:1]:
        now = {"t": lift(step)}
        sides = [[substitute(a, now) for a in side] for side in (claimed, true, given)]
        cases[step] = Case(sides[0], sides[1], sides[2], entries, variables, deadline)
    scales = ", ".join(f"{slot} is kept times {unit}" for slot, unit in units.items() if unit != 1)
    names = list(emitted[0])
    said = f"the update of {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}{scales and f' ({scales})'}"
    if claimed == true:
        return Finding(Verdict.PROVED, f"{said} at every step")
    seen = {step: glance(case, FIRST) for step, case in cases.items()}
    if all(found.ok or found.verdict is Verdict.UNKNOWN for found in seen.values()) and not _hollow(seen):
        if _proved(list(zip(claimed, true, strict=True)), deadline):
            return Finding(Verdict.PROVED, f"{said} at every step")
        seen = {step: judge(case) for step, case in cases.items()}
    step, worst = weakest(seen.items(), lambda item: item[1])
    if worst.witness is not None:
        k, j = worst.witness.entry
        witness = worst.witness._replace(point={**worst.witness.point, "t": str(step)}, entry=(k,))
        return worst.with_(reason=f"the update of {names[j]} is not what the module states", witness=witness)
    if hollow := _hollow(seen):
        return Finding(Verdict.UNKNOWN, f"{said} {hollow}")
    return worst.with_(reason=f"{said}: {worst.reason}, at the steps {', '.join(map(str, cases))}")


def _hollow(seen: Mapping[int, Finding]) -> str:
    """Where a step gives no number, and what is stated does; empty where no such point was seen."""
    return next((found.assumptions[0].replace("claim", "step") for found in seen.values() if found.assumptions), "")


def _proved(pairs: list[Pair], deadline: float) -> str:
    """The method by which pairs are proved equal at every step, c ** t being any number in the place of each."""
    powers: dict[int, Sym] = {}
    for node in order(a for pair in pairs for a in pair):
        if node.op == "pow" and (base := number(node.args[0])) and 0 < base < 1 and number(node.args[1]) is None:
            powers[id(node)] = 1 - var(f"1 - power {len(powers)}")
    return proved_equal([(exchanged(a, powers), exchanged(b, powers)) for a, b in pairs], deadline)


def _unit(emitted: Sym, stated: Sym, old: Sequence[str], variables: Sequence[str]) -> Fraction:
    """The positive constant that a state is kept times: what is kept by what is stated, where it was zero before."""
    found = set()
    for point in islice(points([*variables, "t"], [stated]), POINTS):
        kept, wanted = evaluate([emitted, stated], {**point, **dict.fromkeys(old, 0)})
        with numbers.precision(BITS), suppress(NoValue, Undecided):
            if known(kept) and known(wanted):
                ratio = numbers.multiply(kept, numbers.inverse(wanted))
                simple = Fraction(numbers.digits(ratio, SHOWN)).limit_denominator(SIMPLE)
                alike = simple > 0 and numbers.relative_gap(numbers.rational(simple), ratio) < ALIKE
                found.add(simple if alike else Fraction(1))
    return found.pop() if len(found) == 1 else Fraction(1)


def both(gradient: Finding, update: Finding) -> Finding:
    """The weaker of two findings, which tells of both."""
    weaker = weakest((gradient, update), key=lambda found: found)
    return weaker.with_(reason=f"{gradient.reason}; {update.reason}" if weaker.ok else weaker.reason)
