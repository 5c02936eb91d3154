"""Every row at every operand pattern, as scalar programs: sum(row * G), so that each entry's own cotangent counts."""

from functools import cache
from typing import NamedTuple

from core.test_array_rows import CASES

from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.proof.equivalence import equivalent
from graphgrad.proof.gradients import verify
from graphgrad.proof.report import Verdict
from graphgrad.testing.programs import programs as programs_of, sides

NO_SYMBOLS = {"argmax", "argmin", "scatter"}  # no gradient passes; scatter has no text, and is index's own rule


class Proof(NamedTuple):
    text: str
    verdict: Verdict
    method: str


def programs(row):
    cases = [(text, dict(inputs)) for text, *inputs in CASES.get(row.name, [])]
    return cases or programs_of(row)


def weighed(text, shapes):
    """The scalar program sum(text * G), and times p again where the row gives conditions."""
    used = dict(shapes)
    graph = parse(text, used)
    out = graph.nodes[graph.output]
    if out.dtype == "bool":
        return parse(f"sum(number({text}) * G)", {**used, "G": out.shape})
    return parse(f"sum(({text}) * G)", {**used, "G": out.shape})


@cache
def row_proofs(name):
    """The findings on one row, all its patterns; one for a pattern, the weakest of its inputs'."""
    proofs = []
    for text, shapes in programs(OPS[name]):
        report = verify(weighed(text, shapes), timeout=300, sympy=False)
        worst = max(report.values(), key=lambda f: list(Verdict).index(f.verdict))
        proofs.append(Proof(text, worst.verdict, worst.reason))
    return proofs


@cache
def rewrite_proof(line):
    """The finding on one rewrite rule: both sides have the same value."""
    finding = equivalent(*sides(line), timeout=60)
    return Proof(line, finding.verdict, finding.reason)
