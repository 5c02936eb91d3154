"""Verdicts on gradients that somebody wrote as code: in symbols where it is NumPy, else by many digits at points."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import declared_shape, parse
from graphgrad.proof.execution import as_it_runs, function_as_it_runs, in_words
from graphgrad.proof.gradients import TIMEOUT, stated
from graphgrad.proof.judge.assumed import NOTHING, Assumed, assumed as assume
from graphgrad.proof.judge.case import Case, partials
from graphgrad.proof.judge.cases import examine, slopes
from graphgrad.proof.judge.floats import Code, Comparison, compared
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.limits.deadline import TimeUp, found_in_time, within
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.numpy_arrays import CastToSingle, plain, symbolic, wrapped
from graphgrad.proof.readings.numpy_module import of_symbols
from graphgrad.proof.readings.text import symbols_of
from graphgrad.proof.report import NO_VALUE, Finding, Report, Verdict, Witness
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost
from graphgrad.proof.sizes.chosen import sized

Function = Callable[..., Any]
Call = Callable[[Function, Mapping[str, Array]], Mapping[str, Any]]
ROUNDING = 1e-13  # relatively: a smaller difference may be that of a rounded constant
SLOW = Finding(Verdict.UNKNOWN, "time was up: the code did not return")
MOST = 200_000  # entries of one argument
VALUE = "value"  # the name of the function's own value, where the code gives that too


def verify_function(  # noqa: PLR0913, PLR0917  (options come by name)
    f: Function | Graph | str,
    grad_f: Function,
    arguments: Mapping[str, Any] | None = None,
    /,
    timeout: float = TIMEOUT,
    given: Sequence[str] = (),
    atol: float = 0.0,
    **x: Any,
) -> Report:
    """Give the verdict on hand-written gradient code of a scalar function.

    `x`, or the mapping, names the arguments in order and gives for each an array, a float, or a shape as `parse` takes
    it. `f` is NumPy code of them, or a program as text or Graph; `grad_f` takes the same arguments and gives the
    gradient, for several arguments a tuple or a mapping, or the value and the gradient, as jax.value_and_grad does.
    NumPy code is run on arrays of symbols; a `grad_f` that takes none (any other library's) is run on floats and
    compared with 50-digit truth at many points. Code that does not return in time is UNKNOWN, code that raises an error
    UNSUPPORTED. Raises UsageError where `f` gives no single number, or `grad_f` not one gradient for each argument.

    >>> report = verify_function(lambda x: np.sum(x**2), lambda x: 2 * x, x=(3,))
    >>> str(report["x"].verdict)
    'PROVED'
    """
    start = time.monotonic()
    inputs = {name: symbols_of(name, shape_of(name, value)) for name, value in {**(arguments or {}), **x}.items()}
    terms = assume(given, inputs, atol)
    shapes = {name: a.shape for name, a in inputs.items()}

    def work(found: dict[str, Finding], deadline: float) -> None:
        output = _forward(deadline, _value, f, inputs)
        if isinstance(output, Finding):
            found |= dict.fromkeys(inputs, output)
            return
        true = {VALUE: np.asarray(output, dtype=object), **slopes(output, inputs)}
        truth = Truth(inputs, true, output, terms)
        judge_it = partial(judged, grad_f, lambda code, values: by_name(code(*values.values()), shapes), truth)
        if isinstance(f, str | Graph):
            found |= judge_it(deadline)
        else:
            found |= _of_function(f, truth, judge_it, deadline)

    findings = stated(found_in_time(inputs, timeout, work), given, atol)
    return Report(_name(grad_f), findings, time.monotonic() - start, shapes)


def verify_vjp(  # noqa: PLR0913, PLR0917  (options come by name)
    forward: Function,
    vjp: Function,
    shapes: Mapping[str, Any],
    /,
    timeout: float = TIMEOUT,
    given: Sequence[str] = (),
    atol: float = 0.0,
) -> Report:
    """Give the verdict on a hand-written vector-Jacobian product: `vjp(g, *inputs)` of `forward(*inputs)`.

    `shapes` names the inputs in order, each with its sizes, or its one size; g has the shape of forward's result. The
    product has the inputs' order.

    >>> str(verify_vjp(lambda a, b: a @ b, lambda g, a, b: (g @ b.T, a.T @ g), {"a": (2, 3), "b": (3, 2)})["a"].verdict)
    'PROVED'
    """
    start = time.monotonic()
    inputs = {name: symbols_of(name, shape_of(name, shape)) for name, shape in shapes.items()}
    terms = assume(given, inputs, atol)
    sizes = {name: a.shape for name, a in inputs.items()}
    cotangent = "g" if "g" not in inputs else "g_"

    def work(found: dict[str, Finding], deadline: float) -> None:
        result = _forward(deadline, _result, forward, inputs)
        if isinstance(result, Finding):
            found |= dict.fromkeys(inputs, result)
            return
        g = symbols_of(cotangent, np.shape(result))
        output = Sym.__radd__(plain(np.sum(np.ravel(result) * np.ravel(g)))[()], 0)
        every = {cotangent: g, **inputs}
        truth = Truth(every, slopes(output, inputs), output, terms)
        judge_it = partial(judged, vjp, lambda code, values: by_name(code(*values.values()), sizes), truth)
        found |= _of_function(forward, Truth(inputs, {VALUE: result}, output, terms), judge_it, deadline)

    findings = stated(found_in_time(inputs, timeout, work), given, atol)
    return Report(_name(vjp), findings, time.monotonic() - start, sizes)


def variables(inputs: Mapping[str, Array]) -> list[str]:
    """The names of all symbols."""
    return [v.value for a in inputs.values() if a.dtype == object for v in np.ravel(a)]


def _wanted(true: Mapping[str, Array], inputs: Mapping[str, Array]) -> list[str]:
    return [name for name in true if name in inputs]


def _name(code: Function) -> str:
    return str(getattr(code, "__qualname__", code))


def shape_of(name: str, value: Any) -> tuple[int, ...]:
    """The shape of an argument: given as `parse` takes it (3 is a vector of three), or by an array or a float."""
    named = value if isinstance(value, tuple) or (isinstance(value, list) and value) else (value,)
    if not all(type(n) is int or isinstance(n, str) for n in named):
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise UsageError(f"'{name}' has no shape: {value!r} is no number, array or shape")
        return array.shape
    sizes = declared_shape(name, value)
    if not all(isinstance(n, int) for n in sizes):
        raise UsageError(f"'{name}' has the shape {value}", hint="code is verified at sizes that are numbers")
    if prod(map(int, sizes)) > MOST:
        raise UsageError(f"'{name}' of shape {value} is too large to be verified", hint="give a smaller shape")
    return tuple(map(int, sizes))


def _forward(deadline: float, read: Function, f: Any, inputs: Mapping[str, Array]) -> Any:
    """What the function itself gives on symbols, or the finding that it gives nothing."""
    try:
        return within(deadline, read, f, inputs, stop=True)
    except TimeUp:
        return SLOW
    except GraphgradError:
        raise
    except Exception as error:  # noqa: BLE001  (code that takes no symbols says so in its own way)
        said = str(error).partition("\n")[0]
        return Finding(
            Verdict.UNSUPPORTED, f"the function itself takes no symbols ({said}): give it as text or in NumPy"
        )


def _of_function(
    f: Function, truth: Truth, judge_it: Callable[[float], dict[str, Finding]], deadline: float
) -> dict[str, Finding]:
    """The findings on code of a function's gradient, where the function is on floats what it is on symbols."""

    def code(given: Mapping[str, Array]) -> Mapping[str, Any]:
        return {VALUE: f(*given.values())}

    inputs, value = truth.inputs, {VALUE: truth.gradients[VALUE]}
    ran = function_as_it_runs(Comparison(code, inputs, value, deadline, None, truth.assumed))
    if not ran.ok:
        return dict.fromkeys(inputs, ran)
    return {n: g.with_(assumptions=(*g.assumptions, *ran.assumptions)) for n, g in judge_it(deadline).items()}


def _result(f: Function, inputs: Mapping[str, Array]) -> Array:
    return plain(of_symbols(f)(*[wrapped(a.copy()) for a in inputs.values()]))


def _value(f: Function | Graph | str, inputs: Mapping[str, Array]) -> Sym:
    if isinstance(f, str | Graph):
        graph = parse(f, {n: a.shape for n, a in inputs.items()}) if isinstance(f, str) else f
        examined = examine(sized(graph)[0].graph)
        if any(np.shape(examined.inputs[n]) != a.shape for n, a in inputs.items()):
            raise UsageError("the shapes are too large for a proof", hint="give smaller ones")
        return examined.true
    result = _result(f, inputs)
    if result.size != 1:
        raise UsageError(f"the function gives an array of shape {result.shape}, not one number", hint="use verify_vjp")
    value = result.reshape(-1)[0]
    assert isinstance(value, Sym)
    return value


class Truth(NamedTuple):
    """What code is held against: the symbols of all inputs, the true gradients by input, and the function's value."""

    inputs: Mapping[str, Array]
    gradients: Mapping[str, Array]
    value: Sym
    assumed: Assumed = NOTHING


def judged(function: Function, call: Call, truth: Truth, deadline: float) -> dict[str, Finding]:
    """The finding on every gradient that a function gives, in symbols where it takes them, else in floats.

    `call` gives it all inputs and has gradients by name, and may have the value of the function, too, as "value".
    """
    inputs, true, primal, assumed = truth
    code = partial(call, function)
    try:
        gradients = within(deadline, call, of_symbols(function), symbolic(inputs), stop=True)
        claimed = {n: plain(g) for n, g in gradients.items()}
    except TimeUp:
        return dict.fromkeys(_wanted(true, inputs), SLOW)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  (code that takes no symbols says so in its own way)
        lost = str(error) if isinstance(error, SymbolsLost) else "the code takes no symbols"
        return _in_floats(code, truth, deadline, lost, single=isinstance(error, CastToSingle))
    findings = {}
    for name, values in claimed.items():
        _same_shape(name, values, true[name])
        entries = list(np.ndindex(*true[name].shape))
        wanted = list(np.ravel(true[name]))
        case = Case(list(np.ravel(values)), wanted, wanted, entries, variables(inputs), deadline, assumed=assumed)
        if name in inputs:
            case.primal, case.derivatives = primal, partials(primal, np.ravel(inputs[name]))
        findings[name] = judge(case)
        witness = findings[name].witness
        if witness and _close(witness):
            why = "a constant in the code is rounded"
            findings[name] = _in_floats(code, truth, deadline, why)[name]
    return as_it_runs(Comparison(code, inputs, true, deadline, primal, assumed), findings)


def _close(witness: Witness) -> bool:
    """Whether two values are as close as a rounded constant may bring them."""
    if witness.claimed == NO_VALUE:
        return False
    claimed, true = float(witness.claimed), float(witness.true)
    return abs(claimed - true) < ROUNDING * max(abs(claimed), abs(true))


def _in_floats(code: Code, truth: Truth, deadline: float, why: str, *, single: bool = False) -> dict[str, Finding]:
    inputs, true, primal, assumed = truth
    raised: list[Exception] = []

    def shaped(given: Mapping[str, Array]) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = within(deadline, code, given, stop=True)
        except (TimeUp, UsageError):
            raise
        except Exception as error:  # noqa: BLE001  (somebody's code may raise anything; here it gives no number)
            raised.append(error)
            return {name: np.full(true[name].shape, np.nan) for name in _wanted(true, inputs)}
        for name, values in found.items():
            _same_shape(name, values, true[name])
        return found

    try:
        comparison = Comparison(shaped, inputs, true, deadline, primal, assumed)
        findings = compared(comparison, f"compared in floating point: {why}")
        if single and any(f.verdict is Verdict.UNKNOWN for f in findings.values()):
            rounded = Comparison(shaped, inputs, true, deadline, primal, assumed)
            rounded.single = True
            findings = compared(rounded, f"compared in floating point, as computed in float32: {why}")
    except TimeUp:
        return dict.fromkeys(_wanted(true, inputs), SLOW)
    if raised and not any(f.points or f.witness for f in findings.values()):
        nothing = Finding(Verdict.UNSUPPORTED, f"the code raises {in_words(raised[0])}")
        return dict.fromkeys(_wanted(true, inputs), nothing)
    return findings


def _same_shape(name: str, values: Any, wanted: Array) -> None:
    if np.shape(values) != wanted.shape:
        raise UsageError(f"the gradient of '{name}' has shape {np.shape(values)}, not {wanted.shape}")


def _alone(found: Any, shape: tuple[int, ...]) -> bool:
    """Whether a tuple holds the one gradient, as JAX and PyTorch want it of a backward pass."""
    return len(found) == 1 and np.shape(found) != shape and np.shape(found[0]) == shape


def by_name(found: Any, shapes: Mapping[str, tuple[int, ...]]) -> Mapping[str, Any]:
    """What a gradient function gives, by name: gradients in order, or a value and them, as a value-and-grad does."""
    names = list(shapes)
    if isinstance(found, tuple) and len(found) == 2 and not isinstance(found[0], Mapping):
        value, rest = found
        alone = len(names) == 1 and np.shape(rest) == shapes[names[0]]
        if alone or isinstance(rest, Mapping | tuple | list):
            return {VALUE: value, **by_name(rest, shapes)}
    if isinstance(found, Mapping):
        parts = [found[n] for n in names if n in found]
    else:
        several = isinstance(found, tuple | list) and (len(names) > 1 or _alone(found, shapes[names[0]]))
        parts = list(found) if several else [found] if len(names) == 1 else []
    if len(parts) != len(names):
        raise UsageError(f"one gradient for each of {', '.join(names)} is wanted")
    filled = [np.zeros(shapes[n]) if part is None else part for n, part in zip(names, parts, strict=True)]
    return dict(zip(names, filled, strict=True))
