"""Verdicts on second derivatives and tangents of a scalar program: graphgrad's own, or claimed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from graphgrad.core.errors import GraphgradError, UsageError, did_you_mean
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.gradients import TIMEOUT, stated, unsupported
from graphgrad.proof.judge.case import Case, Derivative, partials
from graphgrad.proof.judge.cases import Examined, claimed_values, examine, source_of
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.limits.deadline import finding_within, found_in_time
from graphgrad.proof.readings import table
from graphgrad.proof.readings.functions import Array, lifted
from graphgrad.proof.readings.text import symbols_of
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.derivative import gradient
from graphgrad.proof.scalars.symbols import ZERO, Sym, SymbolsLost
from graphgrad.proof.sizes.chosen import Sized, numbers, sized
from graphgrad.proof.sizes.verdict import settled
from graphgrad.transform.grad import derivative_name, differentiable
from graphgrad.transform.hessian import hessian
from graphgrad.transform.jvp import jvp

Claims = Mapping[str, Any]  # by the derivative's name: text, a number, or an array of numbers


def verify_hessian(
    graph: Graph | str,
    claims: Claims | None = None,
    /,
    timeout: float = TIMEOUT,
    *,
    given: Sequence[str] = (),
    atol: float = 0.0,
) -> Report:
    """Give the verdict on second derivatives of a scalar program, by name, d2z_dx_dy: all of its own, or those claimed.

    Programs of arrays are examined at small shapes, as by `verify`; errors and time as there.

    >>> [f"{name}: {finding.verdict}" for name, finding in verify_hessian("x**2 * y").items()]
    ['d2z_dx_dx: PROVED', 'd2z_dx_dy: PROVED', 'd2z_dy_dy: PROVED']
    >>> str(verify_hessian("x**2 * y", {"d2z_dx_dy": "2*y"})["d2z_dx_dy"].verdict)
    'REFUTED'
    """
    graph = parse(graph) if isinstance(graph, str) else graph
    names, output = differentiable(graph), next(iter(graph.outputs))
    pairs = {derivative_name(derivative_name(output, a), b): (a, b) for k, a in enumerate(names) for b in names[k:]}
    turned = {derivative_name(derivative_name(output, b), a): (b, a) for a, b in pairs.values()} | pairs
    own = {names: name for name, (a, b) in pairs.items() for names in ((a, b), (b, a))}

    def look(examined: Examined, name: str, claim: Any, deadline: float) -> Finding:
        first, second = turned[name]
        slopes = gradient(examined.true, list(np.ravel(examined.inputs[first])))
        wrt = list(np.ravel(examined.inputs[second]))
        true = [entry for slope in slopes for entry in gradient(slope, wrt)]
        shape = np.shape(examined.inputs[first]) + np.shape(examined.inputs[second])
        derived = hessian(examined.graph)
        given = table.values(derived, examined.inputs)[derived.outputs[own[first, second]]]
        if (first, second) != pairs[own[first, second]]:
            given = _turned(given, np.shape(examined.inputs[second]))
        claimed = given if claim is None else _value(claim, examined, {})
        derivatives = [derivative for slope in slopes for derivative in partials(slope, wrt)]
        return _finding(claimed, given, true, shape, examined, examined.variables(), derivatives, deadline)

    return _at_all_sizes(graph, _wanted(claims, turned, pairs), look, timeout, given, atol)


def verify_jvp(
    graph: Graph | str,
    claim: Any = None,
    /,
    timeout: float = TIMEOUT,
    *,
    given: Sequence[str] = (),
    atol: float = 0.0,
) -> Report:
    """Give the verdict on the tangent of a scalar program, z_dot, in the directions x_dot of all its float inputs.

    A claim is text in the inputs and their directions.

    >>> str(verify_jvp("sin(x) * y")["z_dot"].verdict)
    'PROVED'
    >>> str(verify_jvp("sin(x) * y", "cos(x)*y*x_dot + sin(x)*y_dot")["z_dot"].verdict)
    'PROVED'
    """
    graph = parse(graph) if isinstance(graph, str) else graph
    names, output = differentiable(graph), next(iter(graph.outputs))
    tangent = f"{output}_dot"

    def look(examined: Examined, name: str, claim: Any, deadline: float) -> Finding:
        dots = {f"{n}_dot": symbols_of(f"{n}_dot", np.shape(examined.inputs[n])) for n in names}
        derived = jvp(examined.graph)
        given = table.values(derived, {**examined.inputs, **dots})[derived.outputs[name]]
        claimed = given if claim is None else _value(claim, examined, dots)
        true: Sym = ZERO
        for n in names:
            slopes = gradient(examined.true, list(np.ravel(examined.inputs[n])))
            for slope, dot in zip(slopes, np.ravel(dots[f"{n}_dot"]), strict=True):
                true = true + slope * dot
        variables = [*examined.variables(), *(v.value for d in dots.values() for v in np.ravel(d))]
        speeds = {v.value: dots[f"{n}_dot"][place] for n in names for place, v in np.ndenumerate(examined.inputs[n])}
        derivatives = [Derivative(examined.true, speeds)]
        return _finding(claimed, given, [true], (), examined, variables, derivatives, deadline)

    if isinstance(claim, Mapping):
        if list(claim) != [tangent]:
            raise UsageError(f"the tangent is called {tangent}", hint=f"claim it alone, as {{'{tangent}': ...}}")
        claim = claim[tangent]
    return _at_all_sizes(graph, {tangent: claim}, look, timeout, given, atol)


def _wanted(claims: Claims | None, known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The claims, or None for every derivative of graphgrad's own; UsageError for a name that is no derivative."""
    if claims is None:
        return dict.fromkeys(own)
    for name in claims:
        if name not in known:
            raise UsageError(f"'{name}' is no second derivative", hint=did_you_mean(name, known) or ", ".join(own))
    return dict(claims)


def _value(claim: Any, examined: Examined, more: Mapping[str, Array]) -> Array:
    return claimed_values(claim, examined, more)[-1][1] if isinstance(claim, str) else lifted(claim)


def _at_all_sizes(  # noqa: PLR0913, PLR0917  (what is examined, how, and on what terms)
    graph: Graph,
    claims: Mapping[str, Any],
    look: Callable[[Examined, str, Any, float], Finding],
    timeout: float,
    given: Sequence[str],
    atol: float,
) -> Report:
    """Findings at the sizes that a program is examined at; without a criterion, what holds at two agrees at two."""
    start = time.monotonic()
    spelled = {n for claim in claims.values() if isinstance(claim, str) for n in numbers(claim)}
    sizes = sized(graph, spelled)
    examined = cache(lambda k: examine(sizes[k].graph, [sizes[k].of(text) for text in given], atol))
    first = examined(0)

    def work(found: dict[str, Finding], deadline: float) -> None:
        for name, claim in claims.items():

            def at(size: Sized, name: str = name, claim: Any = claim) -> Finding:
                known = examined(sizes.index(size)) if size in sizes else examine(size.graph)
                try:
                    return look(known, name, size.of(claim) if isinstance(claim, str) else claim, deadline)
                except GraphgradError as error:
                    return Finding(Verdict.UNSUPPORTED, str(error))
                except SymbolsLost as error:
                    return unsupported(error)

            found[name] = finding_within(deadline, lambda at=at: settled(at(sizes[0]), sizes, at, lambda: False))

    findings = stated(found_in_time(claims, timeout, work), given, atol)
    shapes = {n: np.shape(v) for n, v in first.inputs.items()}
    return Report(source_of(graph), findings, time.monotonic() - start, shapes)


def _finding(  # noqa: PLR0913, PLR0917  (what a case is made of)
    claimed: Array,
    given: Array,
    true: list[Sym],
    shape: tuple[int, ...],
    examined: Examined,
    variables: list[str],
    derivatives: Sequence[Derivative],
    deadline: float,
) -> Finding:
    if np.shape(claimed) not in {shape, ()}:
        raise UsageError(f"the claim has shape {np.shape(claimed)}, and the derivative has {shape}")
    values, own = (list(np.ravel(np.broadcast_to(side, shape))) for side in (claimed, given))
    entries = list(np.ndindex(*shape))
    return judge(
        Case(values, true, own, entries, variables, deadline, None, examined.true, derivatives, examined.assumed)
    )


def _turned(given: Array, last: tuple[int, ...]) -> Array:
    """Second derivatives with the axes of the first variable before those of the second."""
    return np.moveaxis(given, range(len(last)), range(-len(last), 0))
