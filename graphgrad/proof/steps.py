"""The certificate of a compiled training step over arrays: its gradient, at the step's own size, and its update.

As in `certificate`, the text runs on residues, for the gradient that it leaves behind; for the update it runs on cells,
with that gradient as symbols. Where the parameters stand in the flat vector is read from the text too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.core.errors import GraphgradError
from graphgrad.core.graph import Graph
from graphgrad.proof.allowed import in_floats
from graphgrad.proof.cases import labels, sizes_of, source_of
from graphgrad.proof.certificate import applied, bounded, dot, meanings, only, random_residues, with_digits
from graphgrad.proof.entries import updates_of
from graphgrad.proof.field import PRIMES
from graphgrad.proof.interpret import Module
from graphgrad.proof.raising import raised
from graphgrad.proof.report import Report
from graphgrad.proof.stepped import BIND, CALLS, Stepped, read_step
from graphgrad.proof.sweep import sweep
from graphgrad.proof.symbols import SymbolsLost
from graphgrad.proof.trial import step_digits
from graphgrad.proof.updates import both
from graphgrad.proof.verdicts import Finding, Verdict
from graphgrad.proof.within import found_in_time
from graphgrad.transform.jvp import jvp


def is_step(source: str) -> bool:
    """Whether a module is a training step of arrays, and not a gradient."""
    return f"\ndef {BIND}(" in source


def certify_step(source: str, /, sizes: Mapping[str, int] | None = None, timeout: float = float("inf")) -> Report:
    """Give the verdict on a compiled training step, by parameter: on the gradient that it takes, and on its update.

    Program and update are those that the module's docstring states; `sizes` gives named dimensions, 8 where it does
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
        found |= _rounded(step, findings) if all(f.ok for f in findings.values()) else findings

    found = found_in_time([place.name for place in step.places], timeout, work)
    seconds = time.monotonic() - start
    shapes = {name: sizes_of(step.fixed, i) for name, i in step.fixed.inputs.items()}
    findings = {name: finding.with_(seconds=seconds) for name, finding in found.items()}
    return Report(source_of(step.fixed), findings, seconds, shapes)


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
    said = f"the gradient modulo {len(PRIMES)} primes, the chance of an error is below {bound:.1e}"
    return Finding(Verdict.CERTIFIED, said)


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
