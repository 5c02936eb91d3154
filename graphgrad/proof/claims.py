"""Verdicts on somebody's gradient: an expression, or a derivation line by line."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.code import VALUE, Truth, by_name, judged
from graphgrad.proof.gradients import TIMEOUT, beside_sympy, findings_of, known_input, shares, stated, unsupported
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.cases import Examined, claimed_values, examine, source_of
from graphgrad.proof.judge.joint import no_subgradient
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.judge.regions import right_where
from graphgrad.proof.limits.deadline import finding_within, found_in_time
from graphgrad.proof.readings.functions import Array, lifted
from graphgrad.proof.readings.numpy_arrays import plain, symbolic
from graphgrad.proof.readings.numpy_module import of_symbols
from graphgrad.proof.readings.text import read, statements
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.derivative import gradient
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.proof.sizes.chosen import Sized, dimensions, numbers, sized
from graphgrad.proof.sizes.decides import decides_by_size
from graphgrad.proof.sizes.verdict import for_every_size, quickly, settled
from graphgrad.proof.sympy_witness.asked import Asked

Claim = str | float | Callable[..., Any] | Any  # text, a number, an array of numbers, or a function of the inputs


def check(  # noqa: PLR0913  (each is given by name)
    graph: Graph | str,
    claims: Mapping[str, Claim],
    /,
    timeout: float = TIMEOUT,
    *,
    given: Sequence[str] = (),
    atol: float = 0.0,
    sympy: bool = True,
) -> Report:
    """Give the verdict on claimed gradients of a scalar program, by name of the input.

    A claim is text in the program's inputs and named values (an expression, or a derivation as lines of assignments), a
    number or an array of them, or a function that takes the inputs by name, as NumPy arrays, and gives the gradient. A
    scalar claim stands for every entry. Nothing in a text is evaluated as Python. A claim that cannot be read is
    UNSUPPORTED with the error as its reason; the others are judged. `given` are conditions on inputs, which all points
    satisfy, and `atol` is the difference that a claim may have. Raises UsageError for an unknown input, and for a
    condition that cannot be used.

    >>> report = check("log(x1*x2) * sin(x2)", {"x1": "sin(x2) / x1", "x2": "cos(x2)"})
    >>> [str(finding.verdict) for finding in report.values()]
    ['PROVED', 'REFUTED']
    """
    start = time.monotonic()
    graph = parse(graph) if isinstance(graph, str) else graph
    claims = {known_input(graph, name): claim for name, claim in claims.items()}
    shapes: dict[str, tuple[int, ...]] = {}

    def work(found: dict[str, Finding], deadline: float) -> None:
        try:
            sizes = _sizes(graph, claims)
            examined = cache(lambda k: _examined(sizes[k], given, atol))
            first = examined(0)
            look_up = lambda at: examined(sizes.index(at)) if at in sizes else _examined(at, given, atol)  # noqa: E731
            shapes.update({n: np.shape(v) for n, v in first.inputs.items()})
            asked = Asked(source_of(first.graph), first.inputs, list(claims), timeout) if sympy else None
        except (SymbolsLost, UsageError) as error:
            found |= dict.fromkeys(claims, unsupported(error))
            return
        for name, until in shares(list(claims), deadline):
            found[name] = finding_within(until, _at_sizes, sizes, look_up, name, claims[name], until)
        found |= _together(first, claims, found)
        if asked:
            for name, until in shares(list(claims), deadline):
                found[name] = beside_sympy(asked, found[name], first, name, until)

    findings = stated(found_in_time(claims, timeout, work), given, atol)
    return Report(graph.source or source_of(graph), findings, time.monotonic() - start, shapes)


def _together(examined: Examined, claims: Mapping[str, Claim], found: Mapping[str, Finding]) -> dict[str, Finding]:
    """Findings on several inputs, with the kink where what is claimed of them together is no subgradient."""
    if len(claims) < 2 or all(finding.verdict is not Verdict.NON_SMOOTH for finding in found.values()):
        return dict(found)
    claimed = [
        entry
        for name, claim in claims.items() if not callable(claim)
        for entry in np.ravel(np.broadcast_to(value_of(claim, examined), np.shape(examined.inputs[name])))
    ]  # fmt: skip
    true = [entry for name in claims for entry in np.ravel(examined.slopes[name])]
    said = no_subgradient(list(found.values()), claimed, true) if len(claimed) == len(true) else ""
    return {n: f.with_(assumptions=(*f.assumptions, said)) if said and f.kinks else f for n, f in found.items()}


def _examined(at: Sized, given: Sequence[str], atol: float) -> Examined:
    return examine(at.graph, [at.of(text) for text in given], atol)


def _sizes(graph: Graph, claims: Mapping[str, Claim]) -> list[Sized]:
    """The sizes at which claims are examined: the program's own where one is an array of numbers, which has a shape."""
    texts = [claim for claim in claims.values() if isinstance(claim, str)]
    arrays = any(np.ndim(claim) for claim in claims.values() if not isinstance(claim, str) and not callable(claim))
    if arrays and not any(isinstance(n, str) for n in dimensions(graph)):
        return [Sized(graph, {})]
    return sized(graph, {n for text in texts for n in numbers(text)})


def _at_sizes(
    sizes: Sequence[Sized], examined: Callable[[Sized], Examined], name: str, claim: Claim, deadline: float
) -> Finding:
    first = sizes[0]

    def looked_at(at: Sized) -> Finding:
        known = examined(at)
        look = judge if at is first else quickly
        return _check(known, name, at.of(claim) if isinstance(claim, str) else claim, deadline, look)

    def every() -> bool:
        return isinstance(claim, str) and for_every_size(
            first, name, lambda setting: setting.read(first.meant(claim)), deadline
        )

    spelled = numbers(claim) if isinstance(claim, str) and "size" in claim else set()
    finding = settled(looked_at(first), sizes, looked_at, every, spelled)
    if finding.verdict is Verdict.AGREED and first.sizes and isinstance(claim, str) and decides_by_size(claim):
        return finding.with_(verdict=Verdict.UNKNOWN, reason=f"the claim decides by a size: {finding.reason}")
    return finding


def _check(examined: Examined, name: str, claim: Claim, deadline: float, look: Callable[[Case], Finding]) -> Finding:
    if callable(claim):
        return _called(examined, name, claim, deadline)
    try:
        claimed = value_of(claim, examined)
        finding = findings_of(examined, name, claimed, deadline, look=look)
    except GraphgradError as error:
        return Finding(Verdict.UNSUPPORTED, str(error))
    except SymbolsLost as error:
        return unsupported(error)
    if finding.verdict is Verdict.REFUTED:
        finding = _where_right(finding, examined, name, claimed, deadline)
    if isinstance(claim, str) and (finding.ok or finding.verdict is Verdict.REFUTED):
        return _by_lines(finding, examined, name, claim, deadline)
    return finding


def _by_lines(finding: Finding, examined: Examined, name: str, claim: str, deadline: float) -> Finding:
    """The finding on a derivation, of which every line has to be right, from that on its last line."""
    if sum(1 for _ in statements(claim.strip())) < 2:
        return finding
    line, wrong = first_wrong_line(examined, name, claim, deadline)
    if line is None or not finding.ok:
        return finding.with_(line=line)
    return wrong.with_(reason=f"the last line is right, and another is not: {wrong.reason}", line=line)


def _where_right(finding: Finding, examined: Examined, name: str, claimed: Array, deadline: float) -> Finding:
    if finding.correct_where:
        return finding
    case = examined.case(name, np.broadcast_to(claimed, np.shape(examined.inputs[name])), deadline)
    return finding.with_(
        correct_where=right_where(case, examined.inputs, finding.witness.point if finding.witness else {})
    )


def value_of(claim: Claim, examined: Examined) -> Array:
    """A claim's value in symbols."""
    if isinstance(claim, str):
        return claimed_values(claim, examined)[-1][1]
    return lifted(claim)


def _called(examined: Examined, name: str, claim: Callable[..., Any], deadline: float) -> Finding:
    """The finding on a function of the inputs, called with those that it names, or with all, in order."""
    names = _parameters(claim, examined.inputs)
    wanted = {name: examined.slopes[name]}
    shapes = {name: np.shape(examined.inputs[name])}

    def call(code: Callable[..., Any], given: Mapping[str, Array]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = by_name(code(*[given[n] for n in names]), shapes)
        return found

    true = {VALUE: np.asarray(examined.true, dtype=object), **wanted}
    try:
        finding = judged(claim, call, Truth(examined.inputs, true, examined.true, examined.assumed), deadline)[name]
    except UsageError as error:
        return Finding(Verdict.UNSUPPORTED, str(error))
    if finding.verdict is Verdict.REFUTED and "floating point" not in finding.reason:
        claimed = plain(call(of_symbols(claim), symbolic(examined.inputs))[name])
        finding = _where_right(finding, examined, name, claimed, deadline)
    return finding


def _parameters(claim: Callable[..., Any], inputs: Mapping[str, Array]) -> list[str]:
    try:
        parameters = inspect.signature(claim).parameters.values()
    except (TypeError, ValueError):
        return list(inputs)
    named = [
        p.name for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD} and p.default is p.empty
    ]
    return named if named and set(named) <= set(inputs) else list(inputs)


def first_wrong_line(examined: Examined, name: str, text: str, deadline: float) -> tuple[int | None, Finding]:
    """The first line of a derivation that says something false of a value or a derivative that it names, if any."""
    steps = claimed_values(text, examined)
    known = {target: value for target, value, _ in read(source_of(examined.graph), examined.inputs) if target}
    places: dict[str, Array] = {**examined.inputs, **known}
    finding = Finding(Verdict.UNKNOWN)
    for k, (target, value, line) in enumerate(steps, 1):
        true = _truth(examined, target, places)
        if k == len(steps) and true is None:
            true = np.array(gradient(examined.true, list(np.ravel(examined.inputs[name]))), dtype=object)
            true = true.reshape(np.shape(value))
        if true is None or np.shape(true) != np.shape(value):
            continue
        claimed, wanted = list(np.ravel(value)), list(np.ravel(true))
        entries = list(np.ndindex(*np.shape(value)))
        case = Case(claimed, wanted, wanted, entries, examined.variables(), deadline, assumed=examined.assumed)
        finding = judge(case)
        if finding.verdict is Verdict.REFUTED:
            return line, finding
    return None, finding


def _truth(examined: Examined, target: str, places: Mapping[str, Array]) -> Array | None:
    """What a line's name says it is: a value of the program, or a derivative of one (dz_dv, v_bar, du_dv)."""
    if target in places:
        return places[target]
    output = next(iter(examined.graph.outputs))
    found = re.fullmatch(r"d(\w+)_d(\w+)|(\w+)_bar", target)
    of, by = (found[1] or output, found[2] or found[3]) if found else ("", "")
    root: Array = examined.true if of == output else places.get(of)
    place = places.get(by)
    if root is None or place is None or np.size(root) != 1:
        return None
    derivatives = np.empty(np.size(place), dtype=object)
    derivatives[:] = gradient(np.ravel(root)[0], list(np.ravel(place)))
    return derivatives.reshape(np.shape(place))
