"""The verdict on graphgrad's own gradients of a program, each input's in turn, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache

import numpy as np

from graphgrad.core.errors import GraphgradError, UsageError, did_you_mean
from graphgrad.core.graph import Graph, normal as normal_name
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.assumed import Assumed, ConditionError
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.cases import Examined, examine, source_of
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.judge.search import has_value
from graphgrad.proof.limits.deadline import LATE, TimeUp, finding_within, found_in_time, until
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.report import Finding, Report, Verdict
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.proof.sizes.chosen import Sized, sized
from graphgrad.proof.sizes.verdict import for_every_size, quickly, settled
from graphgrad.proof.sympy_witness.asked import Asked, witnessed
from graphgrad.transform.grad import derivative_name, differentiable, reverse

TIMEOUT = 10.0  # seconds for a whole call
SHARED = 0.4  # of the time is at most spent on what all gradients share


def verify(  # noqa: PLR0913  (each is given by name)
    graph: Graph | str,
    /,
    timeout: float = TIMEOUT,
    *,
    wrt: Sequence[str] = (),
    given: Sequence[str] = (),
    atol: float = 0.0,
    sympy: bool = True,
) -> Report:
    """Give the verdict on the gradient of a scalar program with respect to each of its float inputs.

    Truth comes from the program's text by a reading of its own, and is never derived from the graph. A program of
    arrays is examined entry by entry at small shapes, which the report states. `timeout` (seconds, for the whole call)
    is kept: what is not decided by then is UNKNOWN. `wrt` names some of the inputs; `given` are conditions on inputs,
    and `atol` is the difference that is allowed. Raises ParseError, ShapeError where the output is no scalar, and
    UsageError for a name that is no input, or a condition that cannot be used.

    >>> report = verify("log(x1*x2) * sin(x2)")
    >>> report.ok, [str(finding.verdict) for finding in report.values()]
    (True, ['PROVED', 'PROVED'])
    """
    start = time.monotonic()
    graph = parse(graph) if isinstance(graph, str) else graph
    names = [known_input(graph, name) for name in wrt] or differentiable(graph)
    if not names:
        raise UsageError("the program has no input to differentiate with respect to")
    shapes: dict[str, tuple[int, ...]] = {}

    def work(found: dict[str, Finding], deadline: float) -> None:
        try:
            sizes = sized(graph)
            seen = cache(lambda k: examine(sizes[k].graph, [sizes[k].of(text) for text in given], atol))
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

    findings = stated(found_in_time(names, timeout, work), given, atol)
    return Report(graph.source or source_of(graph), findings, time.monotonic() - start, shapes)


def known_input(graph: Graph, name: str) -> str:
    """The name of an input with a gradient; UsageError where it is none."""
    name = normal_name(name)
    if name not in differentiable(graph):
        raise UsageError(f"'{name}' is no input with a gradient", hint=did_you_mean(name, graph.inputs))
    return name


def stated(findings: Mapping[str, Finding], given: Sequence[str], atol: float) -> dict[str, Finding]:
    """Findings that say what was assumed."""
    said = Assumed(tuple(given), tolerance=Fraction(repr(float(atol)))).stated
    return {name: found.with_(assumptions=(*found.assumptions, *said)) for name, found in findings.items()}


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
    return Case([examined.primal], true, true, [()], examined.variables(), deadline, primal=examined.primal)


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
    """The finding on what cannot be examined; a condition that cannot be used is no finding, and raised."""
    if isinstance(error, ConditionError):
        raise error
    said = error.message if isinstance(error, GraphgradError) else str(error)
    return Finding(Verdict.UNSUPPORTED, said)
