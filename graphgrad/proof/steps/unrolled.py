"""The proof of an unrolled training step: what its passes come to, in symbols.

One pass shows gradient and update; two that are one after the other show that it carries on what it should.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from graphgrad.core.errors import GraphgradError
from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.cases import source_of
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.limits.deadline import found_in_time
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.text import symbols_of
from graphgrad.proof.report import Finding, Report, Verdict, weakest
from graphgrad.proof.scalars.derivative import exchanged, order, substitute
from graphgrad.proof.scalars.evaluate import evaluate, known
from graphgrad.proof.scalars.points import points
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost, var
from graphgrad.proof.steps.program import of_numbers, with_program
from graphgrad.proof.steps.unrolled_text import Data, Outcome, Unrolled, Vectors, Way, read_unrolled
from graphgrad.proof.steps.update import JOINED, Changes, both, compared, judged_update

ALIKE = 30  # digits in which scalars that may be the same agree at a point
BEFORE = var("t") - 1  # steps that were taken before one
NOW = BEFORE + 1  # the number of a step, as code counts it
CARRIES_NOT = Finding(Verdict.UNKNOWN, "a second step does not go on where the first ended")


def verify_unrolled(source: str, /, timeout: float = float("inf")) -> Report:
    """Give the verdict on an unrolled training step, by parameter: on its gradient, and on its update.

    Program, update and batch are those that the module states. Raises
    ParseError where the text is no such module.
    """
    start = time.monotonic()
    try:
        step = read_unrolled(source)
    except SymbolsLost as error:
        return Report("an unrolled training step", {"module": Finding(Verdict.UNSUPPORTED, str(error))})
    names = list(dict.fromkeys(entry.name for entry in step.entries))

    def work(found: dict[str, Finding], deadline: float) -> None:
        try:
            found |= with_program(_judged(step, names, deadline), source, of_numbers(step))
        except (SymbolsLost, GraphgradError) as error:
            found |= dict.fromkeys(names, Finding(Verdict.UNSUPPORTED, str(error)))

    findings = found_in_time(names, timeout, work)
    shapes = {name: np.shape(array) for name, array in step.examined.inputs.items()}
    return Report(source_of(step.examined.graph), findings, time.monotonic() - start, shapes)


def _judged(step: Unrolled, names: list[str], deadline: float) -> dict[str, Finding]:
    """The findings on all parameters, the weakest of all ways to take a step."""
    if step.update.new(NOW) is None:
        return dict.fromkeys(names, JOINED)
    start, data, seen = step.start(), step.data(), list[Outcome]()
    found: dict[str, list[Finding]] = {name: [] for name in names}
    for way in step.ways():
        once = way(start, [data], BEFORE)
        if once not in seen:
            seen.append(once)
            for name, finding in _pass(step, names, once, deadline).items():
                found[name].append(finding)
        if all(f.ok for findings in found.values() for f in findings) and not _carries_on(way, start, once, data):
            return dict.fromkeys(names, CARRIES_NOT)
    return {name: weakest(findings, lambda finding: finding) for name, findings in found.items()}


def _pass(step: Unrolled, names: list[str], once: Outcome, deadline: float) -> dict[str, Finding]:
    """The findings on what one pass comes to; the loss is that of all."""
    true = step.examined.true
    known = {*step.examined.variables()}
    if strange := sorted(v.value for v in order(once.losses) if v.op == "var" and v.value not in known):
        return dict.fromkeys(names, Finding(Verdict.UNSUPPORTED, f"the loss depends on {strange[0]}"))
    loss = judge(Case(once.losses, [true], [true], [()], step.examined.variables(), deadline))
    found = {name: _parameter(step, name, once, deadline) for name in names}
    if loss.ok:
        return found
    other = loss.with_(reason=f"the loss is not what the module states: {loss.reason}")
    return {name: weakest((finding, other), lambda f: f) for name, finding in found.items()}


def _carries_on(way: Way, start: Vectors, once: Outcome, data: Data) -> bool:
    """Whether two passes are what a pass comes to that starts where another ended."""
    other = {n: symbols_of(f"{n}'", a.shape) if a.dtype == object else a for n, a in data.items()}
    twice, again = way(start, [data, other], BEFORE), way(once.vectors, [other], NOW)
    return twice.vectors == again.vectors and twice.losses == [*once.losses, *again.losses]


def _parameter(step: Unrolled, name: str, once: Outcome, deadline: float) -> Finding:
    """The finding on one parameter: its gradient is found among what the step computes, and proved; then its update.

    Where it is not found there, all that the step comes to is judged at once.
    """
    places = [k for k, entry in enumerate(step.entries) if entry.name == name]
    made = [tuple(values[k] for values in once.vectors.values()) for k in places]
    true = [step.examined.slopes[name][step.entries[k].place] for k in places]
    found = _among(order(v for news in made for v in news), true, step.examined.variables())
    if found:
        claimed = np.reshape(np.array([*found, None], dtype=object)[:-1], np.shape(step.examined.inputs[name]))
        gradient = judge(step.examined.case(name, claimed, deadline, Normal(naming=True)))
        update = _updates(step, places, made, found, deadline)
        if gradient.ok and update.ok:
            return both(gradient.with_(reason=f"the gradient: {gradient.reason}"), update)
    return _whole(step, name, made, places, deadline)


def _among(nodes: Sequence[Sym], true: Sequence[Sym], variables: Sequence[str]) -> list[Sym]:
    """The nodes that have the values of some scalars at a point, and may be the same; none where one has no such."""
    others = dict.fromkeys(node.value for node in nodes if node.op == "var")
    given = {name: Fraction(2 * k + 41, 3 * k + 67) for k, name in enumerate(others)}
    sides = ((evaluate(side, {**given, **point}) for side in (true, nodes)) for point in points(variables, true))
    wanted, values = next(((a, b) for a, b in sides if all(map(known, a))), ([], []))
    seen: dict[str, Sym] = {}
    for value, node in zip(values, nodes, strict=False):
        if known(value) and not isinstance(value, bool):
            seen.setdefault(numbers.digits(value, ALIKE), node)
    found = [seen.get(numbers.digits(value, ALIKE)) for value in wanted]
    return [node for node in found if node is not None] if None not in found else []


def _updates(
    step: Unrolled, places: list[int], made: list[tuple[Sym, ...]], gradients: list[Sym], deadline: float
) -> Finding:
    """The weakest finding on the new values of numbers and their state, the gradient in them being a symbol."""
    start, vectors = step.start(), step.update.vectors
    kinds = dict[tuple[Sym, ...], None]()
    for k, news, gradient in zip(places, made, gradients, strict=True):
        generic = {**{id(start[vector][k]): var(vector) for vector in vectors}, id(gradient): var("g")}
        kinds[tuple(exchanged(new, generic) for new in news)] = None
    judged = [judged_update(step.update, dict(zip(vectors, kind, strict=True)), NOW, deadline) for kind in kinds]
    return weakest(judged, lambda finding: finding)


def _whole(step: Unrolled, name: str, made: list[tuple[Sym, ...]], places: list[int], deadline: float) -> Finding:
    """The finding on all that a step makes of one parameter and its state, against the update by the true gradient."""
    start, examined = step.start(), step.examined
    olds = [{vector: values[k] for vector, values in start.items()} for k in places]
    entries = [step.entries[k] for k in places]
    new = step.update.new(NOW)
    assert new is not None

    def stated(gradients: Array) -> list[dict[str, Sym]]:
        given = [{**old, "g": gradients[entry.place]} for old, entry in zip(olds, entries, strict=True)]
        return [{vector: substitute(new[vector], values) for vector in new} for values in given]

    true, ours = stated(examined.slopes[name]), stated(examined.gradients[name])
    states = {slot: [old[slot].value for old in olds] for slot in step.update.slots}
    others = [name for names in states.values() for name in names]
    variables = [*examined.variables(), *others, *step.update.rates]
    emitted = [dict(zip(new, news, strict=True)) for news in made]
    found = compared(Changes(emitted, true, ours, states, variables), deadline)
    if found.witness is None:
        return found.with_(reason=f"by the true gradient, {found.reason}")
    return found.with_(witness=found.witness._replace(entry=entries[found.witness.entry[0]].place))
