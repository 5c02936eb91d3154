"""The verdict on graphgrad's own gradients of a program, each input's in turn, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np

from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.case import Case, Derivative, partials
from graphgrad.proof.judge.cases import Examined, examine, source_of
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.judge.search import has_value
from graphgrad.proof.limits.deadline import LATE, TimeUp, finding_within, found_in_time, until
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.readings import table
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.text import symbols_of
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.derivative import gradient
from graphgrad.proof.scalars.symbols import ZERO, Sym, SymbolsLost
from graphgrad.proof.sizes.chosen import Sized, sized
from graphgrad.proof.sizes.verdict import for_every_size, quickly, settled
from graphgrad.proof.sympy_witness.asked import Asked, witnessed
from graphgrad.transform.grad import derivative_name, differentiable, reverse
from graphgrad.transform.hessian import hessian
from graphgrad.transform.jvp import jvp

TIMEOUT = 10.0  # seconds for a whole call
SHARED = 0.4  # of the time is at most spent on what all gradients share


def verify(graph: Graph | str, /, timeout: float = TIMEOUT, *, sympy: bool = True) -> Report:
    """Give the verdict on the gradient of a scalar program with respect to each of its float inputs.

    Truth comes from the program's text by a reading of its own, and is never derived from the graph. A program of
    arrays is examined entry by entry at small shapes, which the report states. `timeout` (seconds, for the whole call)
    is kept: what is not decided by then is UNKNOWN. Raises ParseError, and ShapeError where the output is no scalar.

    >>> report = verify("log(x1*x2) * sin(x2)")
    >>> report.ok, [str(finding.verdict) for finding in report.values()]
    (True, ['PROVED', 'PROVED'])
    """
    start = time.monotonic()
    graph = parse(graph) if isinstance(graph, str) else graph
    names = differentiable(graph)
    if not names:
        raise UsageError("the program has no input to differentiate with respect to")
    shapes: dict[str, tuple[int, ...]] = {}

    def work(found: dict[str, Finding], deadline: float) -> None:
        try:
            sizes = sized(graph)
            seen = cache(lambda k: examine(sizes[k].graph))
            first = seen(0)
            asked = Asked(source_of(first.graph), first.inputs, names, timeout) if sympy else None
        except (SymbolsLost, UsageError) as error:
            found |= dict.fromkeys(names, unsupported(error))
            return
        shapes.update({n: np.shape(v) for n, v in first.inputs.items()})
        if not has_value(first.true, first.variables()):
            found |= dict.fromkeys(
                names, Finding(Verdict.UNDEFINED, "no point was found where the program has a value")
            )
            return
        values = cache(lambda k: judge(_values(seen(k), deadline)))
        derived, _ = reverse(graph)
        normal = Normal(naming=True)
        for name, end in shares(names, deadline):
            node = derived.outputs[derivative_name(next(iter(graph.outputs)), name)]

            def looked_at(at: Sized, name: str = name, end: float = end) -> Finding:
                k = sizes.index(at)
                finding = findings_of(
                    seen(k), name, seen(k).gradients[name], end, None if k else normal, quickly if k else judge
                )
                return finding if values(k).verdict is Verdict.PROVED else _weaker(finding, values(k))

            def every(name: str = name, end: float = end, node: int = node) -> bool:
                return for_every_size(sizes[0], name, lambda setting: setting.run(derived, node), end)

            found[name] = finding_within(end, lambda: settled(looked_at(sizes[0]), sizes, looked_at, every))
        if asked:
            for name, end in shares(names, deadline):
                found[name] = beside_sympy(asked, found[name], first, name, end)

    findings = found_in_time(names, timeout, work)
    return Report(graph.source or source_of(graph), findings, time.monotonic() - start, shapes)


def beside_sympy(asked: Asked, finding: Finding, examined: Examined, name: str, deadline: float) -> Finding:
    """A finding with what sympy says of the truth that it rests on, if it is one that is trusted."""
    if not finding.ok:
        return finding
    answer = asked.answer(name)
    true = list(np.ravel(examined.slopes[name]))
    case = examined.case(name, np.array(answer.derivatives or true, dtype=object), deadline)
    try:
        with until(deadline):
            return witnessed(finding, answer, case)
    except TimeUp:
        return finding.with_(sympy="sympy's derivative was not compared in time")


def shares(names: Sequence[str], deadline: float) -> Iterator[tuple[str, float]]:
    """Each name with the time until which it may be looked at: its share of what is left.

    The first is given more: it does what all share, the derivative of the whole program.
    """
    for k, name in enumerate(names):
        share = max(1 / (len(names) - k), 0 if k else SHARED)
        yield name, time.monotonic() + (deadline - time.monotonic()) * share


def _values(examined: Examined, deadline: float) -> Case:
    """The case that both readings give the output the same value."""
    true = [examined.true]
    return Case([examined.primal], true, true, [()], examined.variables(), deadline)


def _weaker(finding: Finding, values: Finding) -> Finding:
    """A gradient is as sure as the value that it is the gradient of."""
    if values.verdict is Verdict.REFUTED:
        return values.with_(reason="the graph does not compute what the text says")
    return finding if not finding.ok or finding.verdict is not Verdict.PROVED else finding.with_(
        verdict=values.verdict, reason=f"the gradient is proved, its value: {values.reason}")  # fmt: skip


def findings_of(  # noqa: PLR0913, PLR0917  (whose, which and how)
    examined: Examined,
    name: str,
    claimed: Array,
    deadline: float,
    normal: Normal | None = None,
    look: Callable[[Case], Finding] = judge,
) -> Finding:
    """The finding on one input's gradient; UNSUPPORTED and UNKNOWN where the examination stops."""
    start = time.monotonic()
    if start > deadline:
        return LATE
    try:
        wanted = np.shape(examined.inputs[name])
        if np.shape(claimed) not in {wanted, ()}:
            raise UsageError(f"the claim has shape {np.shape(claimed)}, but '{name}' has {wanted}")
        return look(examined.case(name, np.broadcast_to(claimed, wanted), deadline, normal))
    except SymbolsLost as error:
        return unsupported(error)
    except RecursionError:
        return Finding(Verdict.UNKNOWN, "nested too deeply", seconds=time.monotonic() - start)


def unsupported(error: Exception) -> Finding:
    """The finding on what cannot be examined."""
    said = error.message if isinstance(error, GraphgradError) else str(error)
    return Finding(Verdict.UNSUPPORTED, said)


def verify_hessian(graph: Graph | str, /, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on every second derivative of a scalar program, by its name: d2z_dx_dy.

    Programs of arrays are examined at small shapes, as by `verify`; errors and time as there.

    >>> [f"{name}: {finding.verdict}" for name, finding in verify_hessian("x**2 * y").items()]
    ['d2z_dx_dx: PROVED', 'd2z_dx_dy: PROVED', 'd2z_dy_dy: PROVED']
    """
    graph = parse(graph) if isinstance(graph, str) else graph
    names, output = differentiable(graph), next(iter(graph.outputs))
    pairs = {derivative_name(derivative_name(output, a), b): (a, b) for k, a in enumerate(names) for b in names[k:]}

    def look(examined: Examined, name: str, deadline: float) -> Finding:
        first, second = pairs[name]
        derived = hessian(examined.graph)
        slopes = gradient(examined.true, list(np.ravel(examined.inputs[first])))
        wrt = list(np.ravel(examined.inputs[second]))
        true = [entry for slope in slopes for entry in gradient(slope, wrt)]
        shape = np.shape(examined.inputs[first]) + np.shape(examined.inputs[second])
        claimed = table.values(derived, examined.inputs)[derived.outputs[name]]
        own = [derivative for slope in slopes for derivative in partials(slope, wrt)]
        return _finding(claimed, true, shape, examined.variables(), deadline, examined.true, own)

    return _at_all_sizes(graph, list(pairs), look, timeout)


def verify_jvp(graph: Graph | str, /, timeout: float = TIMEOUT) -> Report:
    """Give the verdict on the tangent of a scalar program, z_dot, in the directions x_dot of all its float inputs.

    >>> str(verify_jvp("sin(x) * y")["z_dot"].verdict)
    'PROVED'
    """
    graph = parse(graph) if isinstance(graph, str) else graph
    names, output = differentiable(graph), next(iter(graph.outputs))
    tangent = f"{output}_dot"

    def look(examined: Examined, name: str, deadline: float) -> Finding:
        dots = {f"{n}_dot": symbols_of(f"{n}_dot", np.shape(examined.inputs[n])) for n in names}
        derived = jvp(examined.graph)
        claimed = table.values(derived, {**examined.inputs, **dots})[derived.outputs[name]]
        true: Sym = ZERO
        for n in names:
            slopes = gradient(examined.true, list(np.ravel(examined.inputs[n])))
            for slope, dot in zip(slopes, np.ravel(dots[f"{n}_dot"]), strict=True):
                true = true + slope * dot
        variables = [*examined.variables(), *(v.value for d in dots.values() for v in np.ravel(d))]
        speeds = {v.value: dots[f"{n}_dot"][place] for n in names for place, v in np.ndenumerate(examined.inputs[n])}
        along = [Derivative(examined.true, speeds)]
        return _finding(claimed, [true], (), variables, deadline, examined.true, along)

    return _at_all_sizes(graph, [tangent], look, timeout)


def _at_all_sizes(
    graph: Graph, names: Sequence[str], look: Callable[[Examined, str, float], Finding], timeout: float
) -> Report:
    """Findings at the sizes that a program is examined at; without a criterion, what holds at two agrees at two."""
    start, sizes = time.monotonic(), sized(graph)
    first = examine(sizes[0].graph)

    def work(found: dict[str, Finding], deadline: float) -> None:
        for name in names:

            def at(size: Sized, name: str = name) -> Finding:
                return look(first if size is sizes[0] else examine(size.graph), name, deadline)

            found[name] = settled(at(sizes[0]), sizes, at, lambda: False)

    findings = found_in_time(names, timeout, work)
    shapes = {n: np.shape(v) for n, v in first.inputs.items()}
    return Report(graph.source or source_of(graph), findings, time.monotonic() - start, shapes)


def _finding(  # noqa: PLR0913, PLR0917  (what a case is made of)
    claimed: np.ndarray,
    true: list[Sym],
    shape: tuple[int, ...],
    variables: list[str],
    deadline: float,
    primal: Sym,
    derivatives: Sequence[Derivative],
) -> Finding:
    entries = list(np.ndindex(*shape))
    values = list(np.ravel(np.broadcast_to(claimed, shape)))
    return judge(Case(values, true, values, entries, variables, deadline, primal=primal, derivatives=derivatives))
