"""Every row at every operand pattern, as scalar programs: sum(row * G), so that each entry's own cotangent counts."""

from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
from core.test_array_rows import CASES

from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.frontend.parse import parse
from graphgrad.proof.equivalence import equivalent
from graphgrad.proof.gradients import verify
from graphgrad.proof.report import Verdict
from graphgrad.transform.rules import RULES

BROADCAST = (((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2,)), ((2,), ()), ((), ()))
UNARY = (((),), ((3,),), ((2, 2),))
NO_SYMBOLS = {"argmax", "argmin", "scatter"}  # no gradient passes; scatter has no text, and is index's own rule


class Proof(NamedTuple):
    text: str
    verdict: Verdict
    method: str


def elementwise(row):
    """Programs of an elementwise row: all broadcasts, one operand twice, its attributes."""
    names = ["p", "q", "r"][: len(row.operands)]
    written = [f"({n} > 0)" if o in row.boolean else n for n, o in zip(names, row.operands, strict=True)]
    shapes = {1: UNARY, 2: BROADCAST, 3: [(a, b, a) for a, b in BROADCAST]}[len(names)]
    attributes = ["", *(f", {k}={1 if k == 'order' else 0.3}" for k in row.attrs)]
    for given, more in product(shapes, attributes):
        yield f"{row.name}({', '.join(written)}{more})", dict(zip(names, given, strict=True))
    if len(names) > 1:
        same = "(p > 0)" if row.boolean == row.operands else "p"
        yield f"{row.name}({', '.join([same] * len(names))})", {"p": (2,)}


def programs(row):
    if row.elementwise and row.d:
        return list(elementwise(row))
    return [(text, dict(inputs)) for text, *inputs in CASES.get(row.name, [])]


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
        report = verify(weighed(text, shapes), timeout=60)
        worst = max(report.values(), key=lambda f: list(Verdict).index(f.verdict))
        proofs.append(Proof(text, worst.verdict, worst.reason))
    return proofs


def rewrites():
    return RULES.strip().splitlines()


@cache
def rewrite_proof(line):
    """The finding on one rewrite rule: both sides have the same value."""
    left, _, right = line.partition(" -> ")
    right = right.partition(" if ")[0]
    for attribute in ("axis", "keepdims"):
        left, right = (
            side.replace(f"{attribute}={attribute}", f"{attribute}={_VALUES[attribute]}") for side in (left, right)
        )
    left, right = (_condition(side) for side in (left, right))
    matrix = (2, 3) if any(word in line for word in ("sum", ".T", "swap", "reshape")) else ()
    shapes = {"x": (2, 2, 3) if "swap" in line or ".T" in line else matrix}
    if "c" in left and right == "(u > w)":
        left, right = f"number({left})", f"number({right})"
    finding = equivalent(left, right, shapes)
    return Proof(line, finding.verdict, finding.reason)


_VALUES = {"axis": "1", "keepdims": "True"}


def _condition(side):
    """The letter c, a condition, written out."""
    import re

    return re.sub(r"\bc\b", "(u > w)", side)


__all__ = ["NO_SYMBOLS", "inline", "np", "programs", "rewrite_proof", "rewrites", "row_proofs"]
