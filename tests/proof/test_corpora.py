"""Thousands of wrong gradients, none of them believed; hundreds of right ones in disguise, none of them doubted."""

from collections import Counter
from fractions import Fraction

import mpmath
import pytest
from proof.corpus import ARRAYS, KINKED, SCALARS, disguised, gradients, spoiled

from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check
from graphgrad.proof.judge.cases import claimed_values, examine
from graphgrad.proof.report import GOOD, Verdict
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.sympy_witness.formulas import to_sympy

BASES = [*SCALARS, *KINKED, *ARRAYS]
WRONG = [(base, *rest) for base in BASES for rest in spoiled(base)]
RIGHT = [(base, *rest) for base in [*SCALARS, *KINKED, *ARRAYS] for rest in disguised(base)]


def judged(base, name, claim):
    return check(parse(base.program, base.shapes), {name: claim}, timeout=60, sympy=False)[name]


def test_right_gradients_are_proved():
    weak = [(base.program, name) for base in BASES for name, claim in gradients(base).items()
            if judged(base, name, claim).verdict is not Verdict.PROVED]  # fmt: skip
    assert weak == []


def replays(base, name, claim, witness):
    """Whether the witness's values come out again, in other digits, and differ."""
    examined = examine(parse(base.program, base.shapes))
    case = examined.case(name, claimed_values(claim, examined)[-1][1], 1e18)
    at = case.entries.index(witness.entry)
    point = {n: Fraction(v) for n, v in witness.point.items()}
    rounded = any(node.op == "near" for node in order([case.claimed[at], case.true[at]]))
    digits = 14 if rounded else 20  # of a ball those are shown that are known
    with mpmath.workdps(230):
        for aside in (0, Fraction(1, 10**25), Fraction(-1, 10**25)):  # at a kink, what is true on one side of it
            near = {n: v + aside for n, v in point.items()}
            claimed, true = by_sympy(case.claimed[at], point), by_sympy(case.true[at], near)
            if abs(claimed - true) > mpmath.mpf(10) ** -200 and all(
                abs(mpmath.mpf(said) - value) <= abs(value) * mpmath.mpf(10) ** -digits + mpmath.mpf(10) ** -24
                for said, value in ((witness.claimed, claimed), (witness.true, true))
            ):
                return True
    return False


def by_sympy(root, point):
    """A scalar's value in 230 digits, by sympy and mpmath."""
    import sympy as sp

    rounded = {node.value: Fraction(node.value) for node in order([root]) if node.op == "near"}
    values = {sp.Symbol(n, real=True): sp.Rational(v.numerator, v.denominator) for n, v in {**point, **rounded}.items()}
    return mpmath.mpf(str(sp.N(to_sympy(root).subs(values), 230)))


PARTS = [
    pytest.param(1, marks=pytest.mark.campaign),
    pytest.param(16, marks=pytest.mark.slow),
]  # of all, one in so many


@pytest.mark.parametrize("part", PARTS)
def test_no_wrong_gradient_is_believed(part, record_testsuite_property):
    assert len(WRONG) >= 2000
    counts, believed, lame, some = Counter(), [], [], WRONG[::part]
    for base, name, kind, claim in some:
        finding = judged(base, name, claim)
        counts[finding.verdict] += 1
        if kind == "rounded constant" and finding.verdict is Verdict.AGREED:
            continue  # which is what it claims: as far as its digits tell, it is the constant
        if finding.verdict in GOOD:
            believed.append((base.program, name, kind, claim, str(finding.verdict)))
        elif finding.verdict is Verdict.REFUTED and not replays(base, name, claim, finding.witness):
            lame.append((base.program, name, kind, claim, finding.witness))
    record_testsuite_property("wrong gradients", dict(counts))
    assert believed == []
    assert lame == []
    assert counts[Verdict.REFUTED] >= 0.99 * (len(some) - counts[Verdict.AGREED])


@pytest.mark.parametrize("part", PARTS)
def test_no_disguise_is_doubted(part, record_testsuite_property):
    findings = [
        (base.program, name, kind, claim, judged(base, name, claim).verdict)
        for base, name, kind, claim in RIGHT[::part]
    ]
    counts = Counter(f[-1] for f in findings)
    record_testsuite_property("disguises", dict(counts))
    assert [f for f in findings if f[-1] is Verdict.REFUTED] == []
    assert counts[Verdict.PROVED] >= 0.95 * len(findings)


KINKS = [
    (f"{f} * {w}", {}) for f in (
        "relu(x)", "abs(x)", "sign(x)", "leaky_relu(x)", "elu(x)", "maximum(x, 0)", "minimum(x, 1)", "clip(x, -1, 1)",
        "where(x > 0, x, -x)", "where(x >= 0, x**2, 0)", "abs(x - 1)", "relu(x - 3)", "maximum(x, -x)", "maximum(x, x)",
        "relu(-x)", "abs(x)**3", "relu(x)**2", "maximum(x, y)", "minimum(x, y)", "abs(x - y)", "relu(x*y)",
        "hypot(x, y)",
        "relu(x) - relu(-x)", "where(x == 0, 1, sin(x)/x)", "floor(x)",
    ) for w in ("1", "y", "exp(y)")
] + [
    (program, shapes) for shapes in ({"x": 3}, {"x": (2, 2)}) for program in (
        "max(x)", "min(x)", "sum(relu(x))", "sum(abs(x))", "norm(x)", "sum(clip(x, -1, 1))",
        "sum(where(x > 0, x, 2*x))",
        "max(x)**2", "max(x) - min(x)", "sum(maximum(x, 0.5))", "huber(x, 0)", "mae(x, 1)", "sum(x * sign(x))",
    )
]  # fmt: skip


@pytest.mark.parametrize(("program", "shapes"), KINKS)
def test_kinks_raise_no_alarm(program, shapes):
    report = check(*_own(program, shapes), timeout=60, sympy=False)
    assert [(n, str(f.verdict), f.witness) for n, f in report.items() if not f.ok] == []


def _own(program, shapes):
    from proof.corpus import Base

    return parse(program, shapes), gradients(Base(program, shapes))


def test_a_hundred_kinks():
    assert len(KINKS) >= 100
