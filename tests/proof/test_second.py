"""Order two, verified as order one is; and graphs whose rules are spoiled are found out."""

import numpy as np
import pytest
from proof.corpus import SCALARS

from graphgrad.frontend.parse import parse
from graphgrad.proof import derivatives
from graphgrad.proof.derivatives import verify_hessian, verify_jvp
from graphgrad.proof.gradients import verify
from graphgrad.proof.readings import table
from graphgrad.proof.report import Verdict

ARRAYS = [
    ("sum(tanh(X @ w)**2)", {"X": (2, 3), "w": 3}), ("logsumexp(s)", {"s": 3}), ("prod(x) * norm(x)", {"x": 3}),
    ("cross_entropy(S, y)", {"S": (2, 3), "y": 2}), ("sum(x[1:] * x[:2]) + max(x)", {"x": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "shapes"), [*((b.program, {}) for b in SCALARS), *ARRAYS])
def test_second_derivatives(program, shapes):
    report = verify_hessian(parse(program, shapes), timeout=60)
    assert [(n, str(f.verdict), f.reason) for n, f in report.items() if f.verdict is not Verdict.PROVED] == []


@pytest.mark.parametrize(("program", "shapes"), [*((b.program, {}) for b in SCALARS), *ARRAYS])
def test_tangents(program, shapes):
    report = verify_jvp(parse(program, shapes), timeout=60)
    assert {str(f.verdict) for f in report.values()} == {"PROVED"}


def test_a_wrong_column_is_refuted(monkeypatch):
    wrong = lambda op, attrs, column: lambda a: a * 2  # noqa: ARG005, E731
    right = table.rule_of
    monkeypatch.setattr(table, "rule_of", lambda op, *rest: wrong(op, *rest) if op == "sin" else right(op, *rest))
    report = verify("sin(x) * y", timeout=60)
    assert {str(f.verdict) for f in report.values()} == {"REFUTED"}
    assert "does not compute" in report["x"].reason


@pytest.mark.parametrize(
    ("program", "claim", "verdict"),
    [
        ("abs(x)**3", "6*abs(x) + where(x == 0, 1, 0)", "REFUTED"),
        ("relu(x)**2", "2*(x > 0) + where(x == 0, 5, 0)", "REFUTED"),
        ("relu(x)**2", "2*(x >= 0)", "NON-SMOOTH"),
    ],
)
def test_second_derivatives_at_kinks(program, claim, verdict):
    assert str(verify_hessian(program, {"d2z_dx_dx": claim})["d2z_dx_dx"].verdict) == verdict


def test_a_tangent_is_claimed_by_its_name():
    assert str(verify_jvp("sin(x)", {"z_dot": "cos(x)*x_dot"})["z_dot"].verdict) == "PROVED"


def test_a_wrong_hessian_is_refuted(monkeypatch):
    right = table.values

    def spoiled(graph, *terms):
        values = right(graph, *terms)
        at = graph.outputs.get("d2z_dx_dy")
        return [v * 1.000001 if i == at else v for i, v in enumerate(values)]

    monkeypatch.setattr(derivatives.table, "values", spoiled)
    report = verify_hessian("x**2 * y + sin(y)")
    assert [str(f.verdict) for f in report.values()] == ["PROVED", "REFUTED", "PROVED"]
    assert np.isclose(float(report["d2z_dx_dy"].witness.claimed) / float(report["d2z_dx_dy"].witness.true), 1.000001)
