"""Whether a step's update is the one that its module states: shown for one entry in symbols, and so for every entry.

A state may be kept times a constant, as compiled steps keep Adam's: from zero on, the parameters are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ParseError
from graphgrad.proof.cases import free_names
from graphgrad.proof.derivative import exchanged, order, substitute
from graphgrad.proof.judge import FIRST, Case, judge, search
from graphgrad.proof.reading import read, symbols_of
from graphgrad.proof.symbols import Sym, lift, number, var
from graphgrad.proof.verdicts import Finding, Verdict, weakest
from graphgrad.proof.zero import Pair, proved_equal

TIMES = (1, 2, 3, 10, 1000)  # numbers of a step at which a counterexample is looked for
ZEROS = (Fraction(3), Fraction(-2, 7))  # gradients that show by what a state is kept, where it was zero


@dataclass(frozen=True)
class Update:
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


def stated_update(docstring: str) -> Update:
    r"""The update that a training step's docstring states; ParseError where there is none.

    >>> update = stated_update("...\n\nand the update\n\n    m = 0.9 * m + g\n    p = p - lr * m\n\nx: a number.")
    >>> update.slots, update.rates, update.new(var("t"))["m"]
    (('m',), ('lr',), add(mul(9/10, m), g))
    """
    found = re.search(r"\n\nand the update\n\n((?:    .*\n)+)", docstring + "\n")
    if found is None:
        raise ParseError(
            "the module's docstring states no update", hint="a training step's states one after its program"
        )
    text = "\n".join(line[4:] for line in found[1].splitlines())
    names = [name for name in free_names(text) if name not in CONSTANTS]
    assigned = dict.fromkeys(re.findall(r"^(\w+) = ", text, re.MULTILINE))
    if "p" not in assigned:
        raise ParseError("the update that the docstring states gives no new p")
    slots = tuple(name for name in assigned if name in names and name != "p")
    return Update(text, slots, tuple(n for n in names if n not in {"p", "g", "t", *slots}))


def judged_update(update: Update, emitted: Mapping[str, Sym], t: Sym, deadline: float = float("inf")) -> Finding:
    """The finding on the new entries that code gives, in the symbols of `Update.new`, against those that are stated."""
    stated = update.new(t)
    assert stated is not None
    units = {name: _unit(emitted[name], stated[name], update) for name in update.slots}
    kept = {name: lift(unit) * var(name) for name, unit in units.items()}
    claimed = [substitute(emitted[name], kept) for name in update.vectors]
    true = [lift(units.get(name, 1)) * stated[name] for name in update.vectors]
    method = _proved(list(zip(claimed, true, strict=True)), deadline)
    times = TIMES if any(n.op == "var" and n.value == "t" for n in order([*claimed, *true])) else TIMES[:1]
    seen = []
    for step in times:
        case = _at(update, claimed, true, step, deadline)
        seen.append(search(case, FIRST) if method else judge(case))
        if seen[-1].verdict is Verdict.REFUTED:
            return _told(seen[-1], update, step)
    worst = weakest(seen, key=lambda found: found)
    names = " and ".join(filter(None, [", ".join(update.vectors[:-1]), update.vectors[-1]]))
    scales = ", ".join(f"{name} is kept times {unit}" for name, unit in units.items() if unit != 1)
    said = f"the update of {names}{f' ({scales})' if scales else ''}"
    if method and worst.verdict is not Verdict.UNDEFINED:
        return Finding(Verdict.PROVED, f"{said} at every step")
    return worst.with_(reason=f"{said}: {worst.reason}, at the steps {', '.join(map(str, times))}")


def _told(found: Finding, update: Update, step: int) -> Finding:
    """A refutation, with the number of the step, and with the vector that is wrong."""
    witness = found.witness
    assert witness is not None
    wrong = update.vectors[witness.entry[0]]
    witness = witness._replace(point={**witness.point, "t": str(step)}, entry=())
    return found.with_(reason=f"the update of {wrong} is not what the module states", witness=witness)


def _at(update: Update, claimed: list[Sym], true: list[Sym], step: int, deadline: float) -> Case:
    """The case of all vectors at one step."""
    now = {"t": lift(step)}
    made, wanted = ([substitute(side, now) for side in both] for both in (claimed, true))
    entries = [(k,) for k in range(len(claimed))]
    return Case(made, wanted, wanted, entries, [*update.vectors, "g", *update.rates], deadline)


def _proved(pairs: list[Pair], deadline: float) -> str:
    """The method by which pairs are proved equal at every step, c ** t being any number in the place of each."""
    powers: dict[int, Sym] = {}
    for node in order(a for pair in pairs for a in pair):
        if node.op == "pow" and (base := number(node.args[0])) and 0 < base < 1 and number(node.args[1]) is None:
            powers[id(node)] = 1 - var(f"1 - {node!r}")
    return proved_equal([(exchanged(a, powers), exchanged(b, powers)) for a, b in pairs], deadline)


def _unit(emitted: Sym, stated: Sym, update: Update) -> Fraction:
    """The constant that a state is kept times: what is kept by what is stated, where all state was zero before."""
    found = set()
    for gradient in ZEROS:
        values = {**dict.fromkeys(update.slots, Fraction(0)), **dict.fromkeys(update.rates, Fraction(1, 7))}
        point = {name: lift(value) for name, value in {**values, "g": gradient, "p": Fraction(5), "t": 3}.items()}
        kept, wanted = (number(substitute(side, point)) for side in (emitted, stated))
        found.add(kept / wanted if kept and wanted else Fraction(1))
    return found.pop() if len(found) == 1 else Fraction(1)
