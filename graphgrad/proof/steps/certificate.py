"""The certificate of a compiled training step over arrays: its gradient, at the step's own size, and its update.

As in `certificate`, the text runs on residues, for the gradient that it leaves behind; for the update it runs on cells,
with that gradient as symbols. Where the parameters stand in the flat vector is read from the text too.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.core.errors import GraphgradError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.cases import labels, sizes_of, source_of
from graphgrad.proof.limits.deadline import found_in_time
from graphgrad.proof.modules.certificate import applied, bounded, dot, meanings, only, random_residues, with_digits
from graphgrad.proof.modules.interpreter import Module
from graphgrad.proof.modules.language import in_floats
from graphgrad.proof.modules.manifest import ParameterPlace
from graphgrad.proof.modules.pieces import cuts
from graphgrad.proof.modules.prime_field import PRIMES
from graphgrad.proof.modules.rounding import HELD, centred, drawn, kinds_of, long, raised, shared
from graphgrad.proof.modules.sweep import sweep
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.proof.steps.entrywise import updates_of
from graphgrad.proof.steps.program import of_arrays, with_program
from graphgrad.proof.steps.text import BIND, CALLS, Stepped, read_step
from graphgrad.proof.steps.update import both
from graphgrad.transform.grad import derivative_name, reverse
from graphgrad.transform.jvp import jvp

Array = np.ndarray[Any, Any]
RATE = 0.5


def step_digits(step: Stepped) -> dict[str, dict[str, int]]:
    """The fewest digits that a step keeps of each parameter's gradient and of its change, by the type it is run in.

    Nothing where the gradient has no value at the numbers that are drawn.
    """
    kinds = kinds_of(step.source)
    inputs = drawn(step.fixed, centred, kinds[-1])
    true = _true(step, dict(inputs))
    if not all(np.isfinite(gradient).all() for gradient in true.values()):
        return {}
    found: dict[str, dict[str, int]] = {}
    for kind in kinds:
        start = np.concatenate([_stored(place, inputs[place.name]).ravel() for place in step.places]).astype(kind)
        theta, states = start.copy(), [np.zeros_like(start) for _ in step.update.slots]
        call, gradient = step.bound(Module(step.source, in_floats(kind)), theta, states)
        for _ in range(CALLS):
            theta[...] = start
            for state in states:
                state[...] = 0
            data = {name: inputs[name] for name in step.data}
            step.called(call, data, 1, dict.fromkeys(step.update.rates, RATE))
        found[kind] = {}
        for place in step.places:
            part, wanted = place.part, _stored(place, true[place.name]).ravel()
            moved = _moved(step, start[part], gradient[part])
            kept = (shared(gradient[part], wanted, HELD[kind]), shared(theta[part] - start[part], moved, HELD[kind]))
            found[kind][place.name] = min(kept)
    return found


def _stored(place: ParameterPlace, value: Any) -> Array:
    """A parameter as it stands in the vector."""
    return np.asarray(value).T if place.transposed else np.asarray(value)


def _true(step: Stepped, inputs: dict[str, Any]) -> Mapping[str, Any]:
    names = tuple(place.name for place in step.places)
    derived, _ = reverse(step.fixed, names)
    output = next(iter(step.fixed.outputs))
    return dict(sweep(derived, inputs, long, {n: derived.outputs[derivative_name(output, n)] for n in names}))


def _moved(step: Stepped, old: Array, gradient: Array) -> Array:
    """By how much the stated update moves numbers in its first step, from no state."""
    graph = parse(f"{step.update.text}\np * 1", dict.fromkeys((*step.update.vectors, "g"), old.size))
    zeros = dict.fromkeys(step.update.slots, np.zeros(old.size))
    given = {"p": old, "g": gradient, "t": 1.0, **dict.fromkeys(step.update.rates, RATE), **zeros}
    ((_, new),) = sweep(graph, {name: given[name] for name in graph.inputs}, long, graph.outputs)
    return np.asarray(new - old)


def is_step(source: str) -> bool:
    """Whether a module is a training step of arrays, and not a gradient."""
    return f"\ndef {BIND}(" in source


def certify_step(source: str, /, sizes: Mapping[str, int] | None = None, timeout: float = float("inf")) -> Report:
    """Give the verdict on a compiled training step, by parameter: on the gradient that it takes, and on its update.

    Program and update are those that the module states; `sizes` gives named dimensions, 8 where it does
    not. CERTIFIED means that the gradient is right modulo every prime, and that the update is proved, of the parameter
    and of all that is kept for it. What is not decided after `timeout` seconds is UNKNOWN. Raises ParseError where the
    text is no such module.
    """
    start = time.monotonic()
    step = read_step(source, sizes or {})

    def work(found: dict[str, Finding], deadline: float) -> None:
        updates = updates_of(step, deadline)
        gradient = _gradient(step)
        findings = {name: both(gradient, update) for name, update in updates.items()}
        if all(f.ok for f in findings.values()):
            findings = _rounded(step, with_program(findings, source, of_arrays(step)))
            if problem := _of_other_rows(step, sizes or {}):
                findings = dict.fromkeys(findings, problem)
        found |= findings

    found = found_in_time([place.name for place in step.places], timeout, work)
    seconds = time.monotonic() - start
    shapes = {name: sizes_of(step.fixed, i) for name, i in step.fixed.inputs.items()}
    findings = {name: finding.with_(seconds=seconds) for name, finding in found.items()}
    return Report(source_of(step.fixed), findings, seconds, shapes)


def _of_other_rows(step: Stepped, sizes: Mapping[str, int]) -> Finding | None:
    """What is wrong with the gradient of as many rows as a number by which the step cuts an array, and one more."""
    named = {d for shape in step.manifest.shapes.values() for d in shape if isinstance(d, str)} - sizes.keys()
    tree = Module(step.source, {}).functions()[BIND]
    results = [r for r in tree.body if isinstance(r, ast.Return)]
    given = {name.id for r in results for name in ast.walk(r) if isinstance(name, ast.Name)}
    vectors = given | {a.arg for a in tree.args.args}
    for rows in sorted(k + 1 for k in cuts(tree, vectors)) if named else ():
        found = _gradient(read_step(step.source, {**sizes, **dict.fromkeys(named, rows)}))
        if not found.ok:
            return Finding(Verdict.UNSUPPORTED, f"of {rows} rows: {found.reason}")
    return None


def _rounded(step: Stepped, findings: dict[str, Finding]) -> dict[str, Finding]:
    """The findings on what is exactly right, with the digits that are left of it in floats."""
    try:
        left = step_digits(step)
    except SymbolsLost as error:
        return {
            name: Finding(Verdict.UNKNOWN, f"right in exact arithmetic, but in floats {error}") for name in findings
        }
    return {name: with_digits(found, {kind: kept[name] for kind, kept in left.items()})
            for name, found in findings.items()}  # fmt: skip


def _gradient(step: Stepped) -> Finding:
    """The finding on the gradients of all parameters together."""
    forward, bound = jvp(step.fixed, *(place.name for place in step.places)), 1.0
    for trial, p in enumerate(PRIMES):
        try:
            problem = _problem(step, Module(step.source, meanings(p)), forward, trial)
        except SymbolsLost as error:
            problem = raised(step.fixed, lambda numbers: _in_floats(step, numbers), error)
        except GraphgradError as error:
            problem = Finding(Verdict.UNSUPPORTED, str(error))
        if problem:
            return problem
        bound *= bounded(forward, p)
    said = f"the gradient modulo {len(PRIMES)} primes, in {CALLS} calls by each"
    return Finding(Verdict.CERTIFIED, f"{said}: the chance of an error is below {bound:.1e}")


def _in_floats(step: Stepped, inputs: Mapping[str, Any]) -> Any:
    """What a step gives on floats."""
    theta = np.concatenate([np.ravel(np.asarray(inputs[place.name])) for place in step.places])
    call, _ = step.bound(Module(step.source, in_floats("float64")), theta, [0 * theta for _ in step.update.slots])
    return step.called(call, {name: inputs[name] for name in step.data}, 1, dict.fromkeys(step.update.rates, 0.1))


def _problem(step: Stepped, module: Module, forward: Graph, trial: int) -> Finding | None:
    """What is wrong with the loss or the gradient that a step leaves behind, each time; None if nothing is."""
    p, dice, fixed = PRIMES[trial], np.random.default_rng(trial), step.fixed
    theta, *states = (random_residues((step.length,), p, dice) for _ in step.update.vectors)
    call, gradient = step.bound(module, theta, states)
    rates = {rate: random_residues((), p, dice) for rate in step.update.rates}
    for _ in range(CALLS):
        theta[...] = random_residues((step.length,), p, dice)
        direction = random_residues((step.length,), p, dice)
        data = {n: labels(fixed, i) if fixed.nodes[i].dtype == "int" else random_residues(sizes_of(fixed, i), p, dice)
                for n, i in step.data.items()}  # fmt: skip
        inputs = {**data, **{place.name: place.of(theta.copy()) for place in step.places}}
        dots = {f"{place.name}_dot": place.of(direction) for place in step.places}
        loss = step.called(call, data, 1, rates)
        if np.shape(gradient) != (step.length,):
            return Finding(Verdict.UNSUPPORTED, f"the gradient has shape {np.shape(gradient)}, not ({step.length},)")
        values = dict(sweep(forward, {**inputs, **dots}, applied(theta), forward.outputs))
        wanted, tangent = (only(values[name]) for name in forward.outputs)
        if wanted != only(theta.lift(loss)):
            return Finding(Verdict.UNKNOWN, "a mismatch over a prime field, of the value")
        if (dot(theta.lift(gradient), direction) - tangent) % p:
            return Finding(Verdict.UNKNOWN, "a mismatch over a prime field, of the gradient")
    return None
