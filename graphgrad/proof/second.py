"""Verdicts of order two: Hessians and tangents, against derivatives of the second reading's own derivatives."""

from __future__ import annotations

import time

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof import ours, reading
from graphgrad.proof.cases import examine, source_of
from graphgrad.proof.derivative import gradient
from graphgrad.proof.graphs import TIMEOUT
from graphgrad.proof.judge import Case, judge
from graphgrad.proof.report import Report
from graphgrad.proof.symbols import ZERO, Sym
from graphgrad.proof.verdicts import Finding
from graphgrad.proof.within import found_in_time
from graphgrad.transform.grad import derivative_name, differentiable
from graphgrad.transform.hessian import hessian
from graphgrad.transform.jvp import jvp


def verify_hessian(graph: Graph | str, /, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on every second derivative of a scalar program, by its name: d2z_dx_dy.

    Programs of arrays are examined at small shapes, as by `verify`; errors and time as there.

    >>> [f"{name}: {finding.verdict}" for name, finding in verify_hessian("x**2 * y").items()]
    ['d2z_dx_dx: PROVED', 'd2z_dx_dy: PROVED', 'd2z_dy_dy: PROVED']
    """
    start = time.monotonic()
    examined = examine(parse(graph) if isinstance(graph, str) else graph)
    names, output = differentiable(examined.graph), next(iter(examined.graph.outputs))
    pairs = {derivative_name(derivative_name(output, a), b): (a, b) for k, a in enumerate(names) for b in names[k:]}

    def work(found: dict[str, Finding], deadline: float) -> None:
        derived = hessian(examined.graph)
        values = ours.values(derived, examined.inputs)
        for name, (first, second) in pairs.items():
            slopes = gradient(examined.true, list(np.ravel(examined.inputs[first])))
            wrt = list(np.ravel(examined.inputs[second]))
            true = [entry for slope in slopes for entry in gradient(slope, wrt)]
            shape = np.shape(examined.inputs[first]) + np.shape(examined.inputs[second])
            claimed = values[derived.outputs[name]]
            found[name] = _finding(claimed, true, shape, examined.variables(), deadline, examined.true)

    findings = found_in_time(pairs, timeout, work)
    shapes = {n: np.shape(v) for n, v in examined.inputs.items()}
    return Report(source_of(examined.graph), findings, time.monotonic() - start, shapes)


def verify_jvp(graph: Graph | str, /, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on the tangent of a scalar program, z_dot, in the directions x_dot of all its float inputs.

    >>> str(verify_jvp("sin(x) * y")["z_dot"].verdict)
    'PROVED'
    """
    start = time.monotonic()
    examined = examine(parse(graph) if isinstance(graph, str) else graph)
    names, output = differentiable(examined.graph), next(iter(examined.graph.outputs))
    tangent = f"{output}_dot"

    def work(found: dict[str, Finding], deadline: float) -> None:
        dots = {f"{n}_dot": reading.symbols_of(f"{n}_dot", np.shape(examined.inputs[n])) for n in names}
        derived = jvp(examined.graph)
        claimed = ours.values(derived, {**examined.inputs, **dots})[derived.outputs[tangent]]
        true: Sym = ZERO
        for n in names:
            slopes = gradient(examined.true, list(np.ravel(examined.inputs[n])))
            for slope, dot in zip(slopes, np.ravel(dots[f"{n}_dot"]), strict=True):
                true = true + slope * dot
        variables = [*examined.variables(), *(v.value for d in dots.values() for v in np.ravel(d))]
        found[tangent] = _finding(claimed, [true], (), variables, deadline, examined.true)

    findings = found_in_time([tangent], timeout, work)
    shapes = {n: np.shape(v) for n, v in examined.inputs.items()}
    return Report(source_of(examined.graph), findings, time.monotonic() - start, shapes)


def _finding(  # noqa: PLR0913, PLR0917  (what a case is made of)
    claimed: np.ndarray, true: list[Sym], shape: tuple[int, ...], variables: list[str], deadline: float, primal: Sym
) -> Finding:
    entries = list(np.ndindex(*shape))
    values = list(np.ravel(np.broadcast_to(claimed, shape)))
    return judge(Case(values, true, values, entries, variables, deadline, primal=primal))
