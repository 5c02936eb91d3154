"""The verdict on graphgrad's own gradients of a program, each input's in turn, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.cases import Examined, examine, source_of
from graphgrad.proof.functions import Array
from graphgrad.proof.judge import Case, has_value, judge
from graphgrad.proof.normal import Normal
from graphgrad.proof.report import Report
from graphgrad.proof.symbols import SymbolsLost
from graphgrad.proof.verdicts import Finding, Verdict
from graphgrad.proof.within import LATE, finding_within, found_in_time
from graphgrad.transform.grad import differentiable

TIMEOUT = 10.0  # seconds for a whole call
SHARED = 0.4  # of the time is at most spent on what all gradients share


def verify(graph: Graph | str, /, timeout: float = TIMEOUT) -> Report:
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
            examined = examine(graph)
        except (SymbolsLost, UsageError) as error:
            found |= dict.fromkeys(names, unsupported(error))
            return
        shapes.update({n: np.shape(v) for n, v in examined.inputs.items()})
        if not has_value(examined.true, examined.variables()):
            found |= dict.fromkeys(
                names, Finding(Verdict.UNDEFINED, "no point was found where the program has a value")
            )
            return
        values, normal = judge(_values(examined, deadline)), Normal(naming=True)
        for name, until in shares(names, deadline):
            finding = finding_within(until, findings_of, examined, name, examined.gradients[name], until, normal)
            found[name] = finding if values.verdict is Verdict.PROVED else _weaker(finding, values)

    findings = found_in_time(names, timeout, work)
    return Report(source_of(graph), findings, time.monotonic() - start, shapes)


def shares(names: Sequence[str], deadline: float) -> Iterator[tuple[str, float]]:
    """Each name with the time until which it may be looked at: its share of what is left.

    The first is given more: it does what all share, the derivative of the whole program.
    """
    for k, name in enumerate(names):
        share = max(1 / (len(names) - k), 0 if k else SHARED)
        yield name, time.monotonic() + (deadline - time.monotonic()) * share


def _values(examined: Examined, deadline: float) -> Case:
    """The case that both readings give the output the same value."""
    value = [examined.primal]
    return Case(value, [examined.true], value, [()], examined.variables(), deadline)


def _weaker(finding: Finding, values: Finding) -> Finding:
    """A gradient is as sure as the value that it is the gradient of."""
    if values.verdict is Verdict.REFUTED:
        return values.with_(reason="the graph does not compute what the text says")
    return finding if not finding.ok or finding.verdict is not Verdict.PROVED else finding.with_(
        verdict=values.verdict, reason=f"the gradient is proved, its value: {values.reason}")  # fmt: skip


def findings_of(
    examined: Examined, name: str, claimed: Array, deadline: float, normal: Normal | None = None
) -> Finding:
    """The finding on one input's gradient; UNSUPPORTED and UNKNOWN where the examination stops."""
    start = time.monotonic()
    if start > deadline:
        return LATE
    try:
        wanted = np.shape(examined.inputs[name])
        if np.shape(claimed) not in {wanted, ()}:
            raise UsageError(f"the claim has shape {np.shape(claimed)}, but '{name}' has {wanted}")
        return judge(examined.case(name, np.broadcast_to(claimed, wanted), deadline, normal))
    except SymbolsLost as error:
        return unsupported(error)
    except RecursionError:
        return Finding(Verdict.UNKNOWN, "nested too deeply", seconds=time.monotonic() - start)


def unsupported(error: Exception) -> Finding:
    """The finding on what cannot be examined."""
    said = error.message if isinstance(error, GraphgradError) else str(error)
    return Finding(Verdict.UNSUPPORTED, said)
