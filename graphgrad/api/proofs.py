"""Verdicts on gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphgrad.api.source import Source, as_graph

if TYPE_CHECKING:
    from graphgrad.verify.verdicts import Finding, Report


def verify(graph: Source, /, *, timeout: float = 10.0) -> Report:
    """Give the verdict on every gradient of a scalar program, with its reason; `report.ok`, `report["x1"].verdict`.

    `timeout` (seconds, for the whole call) is kept; what is not decided by then is UNKNOWN, never wrong.

    >>> verify("log(x1*x2)*sin(x2)").ok
    True
    """
    from graphgrad.verify.graphs import verify as examine

    return examine(as_graph(graph), timeout=timeout)


def check(graph: Source, claims: Mapping[str, Any] | None = None, /, *, timeout: float = 10.0, **more: Any) -> Report:
    """Give the verdict on somebody's gradient: an expression, a derivation as lines, a number, or a function.

    A wrong one is REFUTED with a witness: a point, the claimed and the true value there.

    >>> report = check("log(x1*x2)*sin(x2)", x1="sin(x2)/x1", x2="cos(x2)")
    >>> [str(finding.verdict) for finding in report.values()]
    ['PROVED', 'REFUTED']
    """
    from graphgrad.verify.claims import check as judge

    return judge(as_graph(graph), {**(claims or {}), **more}, timeout=timeout)


def equivalent(
    one: Source, other: Source, shapes: Mapping[str, Any] | None = None, /, *, timeout: float = 10.0
) -> Finding:
    """Give the verdict on whether two expressions have the same value.

    >>> str(equivalent("log(x*y)", "log(x) + log(y)").verdict)
    'PROVED'
    """
    from graphgrad.verify.equivalence import equivalent as judge

    return judge(one, other, dict(shapes or {}), timeout=timeout)


def grade(claims: Any, /, **options: Any) -> Report:
    """Judge many claims at once, in parallel processes: a .csv or .jsonl file, or a list of mappings.

    Each claim has the keys expression, variable and claim; findings come by number. `timeout` (seconds) is for each
    claim, `processes` how many run at a time, `progress` is called with (done, total).

    >>> grade([{"expression": "x**2", "variable": "x", "claim": "2*x"}], processes=1).ok
    True
    """
    from graphgrad.verify.grading import grade as judge

    return judge(claims, **options)
