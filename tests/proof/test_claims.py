"""Claims: verdicts, witnesses, where a wrong one is right, first wrong lines, files of many, and hostile input."""

import json
import time

import pytest

from graphgrad.core.errors import DataError, UsageError
from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check
from graphgrad.proof.code import verify_function
from graphgrad.proof.equivalence import equivalent
from graphgrad.proof.gradients import verify
from graphgrad.proof.grading import grade, read_claims
from graphgrad.proof.report import Verdict, html, markdown, text, to_json


def one(program, claim, name="x", **shapes):
    return check(parse(program, shapes), {name: claim}, timeout=60, sympy=False)[name]


@pytest.mark.parametrize(("claim", "verdict"), [
    ("2*x", "PROVED"), ("x + x", "PROVED"), ("2*x + 1e-12", "REFUTED"), ("1/(x-x)", "REFUTED"), ("2*", "UNSUPPORTED"),
    ("2*y", "UNSUPPORTED"), ("__import__('os')", "UNSUPPORTED"), ("x.__class__", "UNSUPPORTED"), ("2**2**99",
    "UNSUPPORTED"),
    ("where(x == 7, 0, 2*x)", "REFUTED"), ("[1, 2]", "UNSUPPORTED"), ("", "UNSUPPORTED"), (2, "REFUTED"),
])  # fmt: skip
def test_verdicts(claim, verdict):
    assert str(one("x**2", claim).verdict) == verdict


@pytest.mark.parametrize(("program", "claim", "where"), [
    ("x * sqrt(x**2)", "2*x", "x > 0"), ("x**2", "where(x > 4, 0, 2*x)", "x < 4"), ("abs(x)**3", "-3*x**2", "x < 0"),
    ("x**2", "where(x == 0, 5, 2*x)", "x != 0"), ("maximum(x, y)", "1", "y < x"), ("maximum(x, y)", "0", "y > x"),
    ("where(x > 4, x**2, x)", "2*x", "x > 4"), ("tanh(x)", "where(x > 15, 0, 1 - tanh(x)**2)", "x < 15"),
    ("softplus(x)", "where(x > 30, 1, sigmoid(x))", "x < 30"), ("x**2", "2*x + maximum(0, x - 1e5)", "x < 100000"),
])  # fmt: skip
def test_where_a_wrong_claim_is_right(program, claim, where):
    assert one(program, claim).correct_where == where


def test_labels_that_sum_to_one():
    finding = one("soft_cross_entropy(s, t)", "(softmax(s) - t) / 2", "s", s=(2, 3), t=(2, 3))
    assert finding.verdict is Verdict.REFUTED
    assert finding.correct_where == "the entries of t sum to 1 along the last axis"
    one_hot = equivalent(
        "-mean(sum(t * log_softmax(s), axis=1))", "soft_cross_entropy(s, t)", {"s": (2, 3), "t": (2, 3)}
    )
    assert one_hot.verdict is Verdict.PROVED


def test_likelihood_is_cross_entropy_of_one_hot_labels():
    likelihood = "-log(softmax(s)[0, 1]) / 2 - log(softmax(s)[1, 1]) / 2"
    picked = equivalent(likelihood, "-mean(log(exp(s[:, 1]) / sum(exp(s), axis=1)))", {"s": (2, 3)})
    assert picked.verdict is Verdict.PROVED


@pytest.mark.parametrize(("lines", "wrong"), [
    ("dz_da = -cos(a)\ndz_dx = dz_da * y", 1), ("dz_da = cos(a)\ndz_dx = dz_da * x", 2),
    ("a_bar = cos(a)\nb = 3\na_bar * y + 1", 3),
])  # fmt: skip
def test_first_wrong_line(lines, wrong):
    finding = one("a = x*y; z = sin(a)", lines)
    assert finding.verdict is Verdict.REFUTED
    assert finding.line == wrong


def test_conventions_at_kinks():
    assert one("relu(x)", "x > 0").verdict is Verdict.PROVED
    assert one("relu(x)", "x >= 0").verdict is Verdict.NON_SMOOTH
    assert one("relu(x)", "where(x == 0, 5, x > 0)").verdict is Verdict.REFUTED
    (kink, *_) = verify("relu(x)")["x"].kinks
    assert (float(kink.left), float(kink.right), float(kink.given)) == (0, 1, 0)


def test_a_claim_may_be_a_function():
    import numpy as np

    assert one("sum(tanh(x))", lambda x: 1 - np.tanh(x) ** 2, x=3).verdict is Verdict.PROVED
    assert one("sum(tanh(x))", lambda x: 1 - np.tanh(x), x=3).verdict is Verdict.REFUTED


def test_unknown_names_are_said():
    with pytest.raises(UsageError, match="no input"):
        check("x**2", {"y": "2"})
    assert "it has x" in one("x**2", "2*q").reason


def test_sizes_that_a_claim_spells_are_kept():
    assert one("mean(x**2)", "2*x/40", x=40).verdict is Verdict.PROVED
    assert one("mean(x**2)", "2*x/2", x=40).verdict is Verdict.REFUTED
    assert one("mean(x**2)", "2*x/size(x)", x=40_000).verdict is Verdict.PROVED


def test_many_claims(tmp_path):
    rows = [("x**2", "x", "2*x"), ("x**2", "x", "3*x"), ("x**2", "x", "2*("), ("x*", "x", "1"), ("x", "y", "1")]
    lines = [json.dumps(dict(zip(("expression", "variable", "claim"), row, strict=True))) for row in rows]
    (tmp_path / "claims.jsonl").write_text("\n".join(lines))
    (tmp_path / "claims.csv").write_text("expression,variable,claim\n" + "\n".join(",".join(row) for row in rows))
    seen = []
    report = grade(
        tmp_path / "claims.jsonl", processes=2, timeout=60, progress=lambda done, total: seen.append((done, total))
    )
    assert [str(f.verdict) for f in report.values()] == [
        "PROVED",
        "REFUTED",
        "UNSUPPORTED",
        "UNSUPPORTED",
        "UNSUPPORTED",
    ]
    assert seen == [(k, 5) for k in range(1, 6)]
    assert [row[:3] for row in read_claims(tmp_path / "claims.csv")] == rows
    assert report.subject == "5 claims: 1 PROVED, 3 UNSUPPORTED, 1 REFUTED"
    (tmp_path / "bad.jsonl").write_text('{"expression": "x"}')
    with pytest.raises(DataError, match="line 1"):
        read_claims(tmp_path / "bad.jsonl")


def test_bad_rows_leave_the_others(tmp_path):
    lines = ['{"expression": "x**2", "variable": "x", "claim": "2*x"}', "{", "[1]", '{"expression": "x"}',
             '{"expression": "x**2", "variable": "x", "claim": "1/(x-x)"}']  # fmt: skip
    (tmp_path / "claims.jsonl").write_text("\n".join(lines))
    report = grade(tmp_path / "claims.jsonl", processes=1, timeout=60)
    assert [str(f.verdict) for f in report.values()] == ["PROVED", *["UNSUPPORTED"] * 3, "REFUTED"]
    assert ["line 2" in report["2"].reason, "keys" in report["3"].reason, report["4"].reason] == [
        True, True, "line 4: no variable"]  # fmt: skip
    (tmp_path / "claims.csv").write_text("expression,variable,claim\nx**2,x,2*x\nx**2,x\n")
    assert [str(f.verdict) for f in grade(tmp_path / "claims.csv", processes=1).values()] == ["PROVED", "UNSUPPORTED"]


@pytest.mark.parametrize(("program", "claim"), [
    ("log(x)", "1/abs(x)"), ("sqrt(x)", "abs(x)/(2*x*sqrt(x))"), ("acosh(x)", "1/sqrt(abs(x-1)*abs(x+1))"),
    ("log(x)*abs(x)", "1 + log(x)"), ("sqrt(x-1)", "sign(x)/(2*sqrt(x-1))"), ("exp(log(x))", "sign(x)"),
    ("log1p(x)", "1/abs(1+x)"), ("asin(x)", "1/sqrt(abs(1-x**2))"),
])  # fmt: skip
def test_only_the_domain_of_the_program_counts(program, claim):
    assert one(program, claim).verdict is Verdict.PROVED
    assert one(program, f"-({claim})").verdict is Verdict.REFUTED
    assert verify_function(program, lambda x: float(x) / 0, x=1.0)["x"].verdict is not Verdict.REFUTED


def test_a_program_without_a_value():
    assert one("log(-1 - x**2)", "1/x").verdict is Verdict.UNDEFINED
    assert verify("log(-1 - x**2)")["x"].verdict is Verdict.UNDEFINED


def test_time_is_kept():
    start = time.monotonic()
    hard = " + ".join(f"sin(x{i} * x{(i + 1) % 9})**3 / (1 + exp(x{i}))" for i in range(9))
    report = check(hard, {f"x{i}": f"cos(x{i}) * {hard}" for i in range(9)}, timeout=3)
    assert not report.ok
    assert time.monotonic() - start < 10


def test_other_columns_of_a_class_are_in_every_report():
    claim = {"expression": "x*y", "variable": "x", "claim": "y +", "student": "A|n<a"}
    report = grade([claim], processes=1)
    assert text(report).splitlines()[1].startswith("  1  A|n<a  UNSUPPORTED  an operand is missing here")
    assert markdown(report).splitlines()[2:] == [
        "| claim | student | verdict | reason |",
        "|---|---|---|---|",
        "| `1` | A\\|n\\<a | UNSUPPORTED | an operand is missing here: `y +` |",
    ]
    assert "<td>A|n&lt;a</td>" in html(report)
    assert json.loads(to_json(report))["findings"]["1"]["row"] == {"student": "A|n<a"}


def test_renderings():
    report = check("x1*x2", {"x1": "x2", "x2": "2*x1"})
    assert "x2  REFUTED" in text(report)
    assert markdown(report).count("\n| `x") == 2
    assert json.loads(to_json(report))["findings"]["x2"]["witness"]["point"].keys() == {"x1", "x2"}
    assert report.refuted
    assert not report.ok


@pytest.mark.parametrize(("derivation", "line"), [
    ("dz_dy = 3*y\ndz_dx = 4*x**3", 1), ("y_bar = 2*y\ny_bar = 3*y\nx_bar = 4*x**3", 2),
    ("dz_dy = 2*y\ndy_dx = 3*x\ndz_dx = dz_dy*2*x", 2), ("dz_dy = 2*y\ndy_dx = 2*x\ndz_dx = dz_dy*dy_dx", None),
])  # fmt: skip
def test_every_line_of_a_derivation_has_to_be_right(derivation, line):
    finding = check("y = x**2; z = y*y", {"x": derivation}, timeout=60, sympy=False)["x"]
    assert (finding.ok, finding.line) == (line is None, line)
