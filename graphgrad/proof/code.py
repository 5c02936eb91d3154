"""Verdicts on gradients that somebody wrote as code: in symbols where it is NumPy, else by many digits at points."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import mpmath
import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.arrays import plain, wrapped
from graphgrad.proof.cases import examine
from graphgrad.proof.derivative import gradient
from graphgrad.proof.digits import evaluate
from graphgrad.proof.functions import Array
from graphgrad.proof.graphs import TIMEOUT
from graphgrad.proof.judge import Case, agreement, judge
from graphgrad.proof.points import points
from graphgrad.proof.reading import symbols_of
from graphgrad.proof.symbols import Sym, SymbolsLost
from graphgrad.proof.verdicts import Finding, Report, Verdict, Witness

Function = Callable[..., Any]
ROUNDING = 13  # digits: with as many in common, a difference may be that of a rounded constant
CLOSE = 8  # digits that float64 code must share with the truth, relative to its largest entry
PLACES, LARGE = 60, 2000  # points at which code that loses the symbols is compared; entries from which fewer are


def verify_function(f: Function | Graph | str, grad_f: Function, /, timeout: float = TIMEOUT, **x: Any) -> Report:
    """Give the verdict on hand-written gradient code of a scalar function.

    `x` names the arguments in order and gives for each an array, a number, or a shape as a tuple of ints. `f` is NumPy
    code of them, or a program as text or Graph; `grad_f` takes the same arguments and gives the gradient, for several
    arguments a tuple or a mapping. NumPy code is run on arrays of symbols; a `grad_f` that loses the symbols (any other
    library's) is run on floats and compared with 50-digit truth at many points. Raises UsageError where `f` gives no
    single number, or `grad_f` not one gradient for each argument.

    >>> report = verify_function(lambda x: np.sum(x**2), lambda x: 2 * x, x=(3,))
    >>> str(report["x"].verdict)
    'PROVED'
    """
    start = time.monotonic()
    inputs = {name: symbols_of(name, _shape(value)) for name, value in x.items()}
    try:
        output = _value(f, inputs)
    except SymbolsLost as error:
        lost = Finding(Verdict.UNSUPPORTED, f"the function itself: {error}")
        return Report(_name(grad_f), dict.fromkeys(x, lost), time.monotonic() - start)
    true = {name: gradient(output, list(np.ravel(a))) for name, a in inputs.items()}
    return _judged(_name(grad_f), lambda given: grad_f(*given), inputs, true, start + timeout)


def verify_vjp(
    forward: Function, vjp: Function, shapes: Mapping[str, Sequence[int]], /, timeout: float = TIMEOUT
) -> Report:
    """Give the verdict on a hand-written vector-Jacobian product: `vjp(g, *inputs)` of `forward(*inputs)`.

    `shapes` names the inputs in order; g has the shape of forward's result. The product has the inputs' order.

    >>> str(verify_vjp(lambda a, b: a @ b, lambda g, a, b: (g @ b.T, a.T @ g), {"a": (2, 3), "b": (3, 2)})["a"].verdict)
    'PROVED'
    """
    start = time.monotonic()
    inputs = {name: symbols_of(name, tuple(shape)) for name, shape in shapes.items()}
    try:
        result = plain(forward(*[wrapped(a.copy()) for a in inputs.values()]))
    except SymbolsLost as error:
        lost = Finding(Verdict.UNSUPPORTED, f"the forward function itself: {error}")
        return Report(_name(vjp), dict.fromkeys(shapes, lost), time.monotonic() - start)
    cotangent = symbols_of("g" if "g" not in inputs else "g_", np.shape(result))
    output = Sym.__radd__(plain(np.sum(np.ravel(result) * np.ravel(cotangent)))[()], 0)
    true = {name: gradient(output, list(np.ravel(a))) for name, a in inputs.items()}
    every = {"g" if "g" not in inputs else "g_": cotangent, **inputs}
    return _judged(_name(vjp), lambda given: vjp(*given), every, true, start + timeout)


def _name(code: Function) -> str:
    return str(getattr(code, "__qualname__", code))


def _shape(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) and all(isinstance(n, int) for n in value) else np.shape(value)


def _value(f: Function | Graph | str, inputs: Mapping[str, Array]) -> Sym:
    if isinstance(f, str | Graph):
        graph = parse(f, {n: a.shape for n, a in inputs.items()}) if isinstance(f, str) else f
        examined = examine(graph)
        if any(np.shape(examined.inputs[n]) != a.shape for n, a in inputs.items()):
            raise UsageError("the shapes are too large for a proof", hint="give smaller ones")
        return examined.true
    result = plain(f(*[wrapped(a.copy()) for a in inputs.values()]))
    if result.size != 1:
        raise UsageError(f"the function gives an array of shape {result.shape}, not one number", hint="use verify_vjp")
    value = result.reshape(-1)[0]
    assert isinstance(value, Sym)
    return value


def _judged(
    subject: str, code: Callable[[list[Any]], Any], inputs: Mapping[str, Array],
    true: Mapping[str, list[Sym]], deadline: float,
) -> Report:  # fmt: skip
    start, names = time.monotonic(), list(true)
    variables = [v.value for a in inputs.values() for v in np.ravel(a)]
    try:
        found = _by_name(code([wrapped(a.copy()) for a in inputs.values()]), names)
        claimed = {name: plain(found[name]) for name in names}
    except (SymbolsLost, TypeError, AttributeError, ValueError) as error:
        reason = f"compared in float64, for {str(error) or 'it takes no symbols'}"
        findings = _numerically(code, inputs, true, variables, deadline, reason)
        return Report(subject, findings, time.monotonic() - start, {n: a.shape for n, a in inputs.items()})
    findings = {}
    for name in names:
        if claimed[name].shape != inputs[name].shape:
            raise UsageError(f"the gradient of '{name}' has shape {claimed[name].shape}, not {inputs[name].shape}")
        entries = list(np.ndindex(*inputs[name].shape))
        case = Case(list(np.ravel(claimed[name])), true[name], true[name], entries, variables, deadline)
        findings[name] = judge(case)
        witness = findings[name].witness
        if witness and agreement(mpmath.mpf(witness.claimed), mpmath.mpf(witness.true)) >= ROUNDING:
            rounded = "a constant in the code is rounded: compared in float64"
            again = _numerically(code, inputs, true, variables, deadline, rounded)
            findings[name] = again[name]
    return Report(subject, findings, time.monotonic() - start, {n: a.shape for n, a in inputs.items()})


def _by_name(found: Any, names: list[str]) -> Mapping[str, Any]:
    if isinstance(found, Mapping):
        return found
    parts = found if isinstance(found, tuple | list) and len(names) > 1 else (found,) if len(names) == 1 else None
    if parts is None or len(parts) != len(names):
        raise UsageError(f"one gradient for each of {', '.join(names)} is wanted")
    return dict(zip(names, parts, strict=True))


def _numerically(  # noqa: C901, PLR0913, PLR0917  (one comparison, told in one piece)
    code: Callable[[list[Any]], Any], inputs: Mapping[str, Array], true: Mapping[str, list[Sym]],
    variables: list[str], deadline: float, reason: str,
) -> dict[str, Finding]:  # fmt: skip
    """Compare float64 results with 50-digit truth at points that float64 holds exactly."""
    roots = [r for values in true.values() for r in values]
    findings: dict[str, Finding] = {}
    places = PLACES if len(roots) < LARGE else PLACES // 4
    tried, digits = dict.fromkeys(true, 0), dict.fromkeys(true, 16)
    for count, point in enumerate(points(variables, [])):
        if count >= places or (time.monotonic() > deadline and any(tried.values())):
            break
        held = {n: Fraction(float(v)) for n, v in point.items()}
        floats = [np.array([float(held[v.value]) for v in np.ravel(a)]).reshape(a.shape) for a in inputs.values()]
        with np.errstate(all="ignore"):
            found = _by_name(code(floats), list(true))
        values = iter(evaluate(roots, held))
        for name in true:
            truth = [next(values) for _ in true[name]]
            given = np.ravel(np.asarray(found[name], dtype=float))
            if len(given) != prod(inputs[name].shape):
                raise UsageError(f"the gradient of '{name}' has {len(given)} entries, not {prod(inputs[name].shape)}")
            if name in findings or any(t is None for t in truth) or not np.isfinite(given).all():
                continue
            size = max([abs(t) for t in truth], default=0)
            for k, (a, b) in enumerate(zip(given, truth, strict=True)):
                same = agreement(mpmath.mpf(float(a)), b)
                if same < CLOSE and abs(a - b) > size * mpmath.mpf(10) ** -12 and not _underflows(b, size):
                    at = list(np.ndindex(*inputs[name].shape))[k]
                    shown = {n: str(v) for n, v in held.items()}
                    witness = Witness(shown, at, repr(float(a)), str(mpmath.nstr(b, 20)))
                    findings[name] = Finding(Verdict.REFUTED, f"a counterexample, {reason}", witness=witness)
                    break
                if abs(a - b) > size * mpmath.mpf(10) ** -12:
                    digits[name] = min(digits[name], same)
            else:
                tried[name] += 1
    for name in true:
        if name not in findings:
            fine = tried[name] >= places // 4
            verdict = Verdict.AGREED if fine else Verdict.UNKNOWN
            said = f"{digits[name]} digits at {tried[name]} points, {reason}"
            findings[name] = Finding(verdict, said, digits=digits[name], points=tried[name])
    return findings


def _underflows(b: Any, size: Any) -> bool:
    return bool(max(abs(b), size) < mpmath.mpf(10) ** -290)
