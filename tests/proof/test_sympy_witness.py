"""sympy as a third witness: it agrees or says why not, and what is wrong in both of our readings is caught by it."""

import json
import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from proof.random_gradients.programs import scalar

from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check
from graphgrad.proof.gradients import verify
from graphgrad.proof.readings import functions
from graphgrad.proof.report import html, markdown, text, to_json
from graphgrad.proof.scalars import derivative
from graphgrad.proof.scalars.elementary import function

PHYSICS = [line.split(" | ") for line in (Path(__file__).parent / "physics.txt").read_text().splitlines()]
REASONS = ("sympy has no derivative", "sympy has another convention (", "sympy gives no answer ", "sympy has no '")


def said(program, shapes=None, timeout=30):
    report = verify(parse(program, shapes or {}), timeout=timeout)
    return {name: (str(finding.verdict), finding.sympy) for name, finding in report.items()}


@pytest.mark.parametrize("first", [0, *(pytest.param(k, marks=pytest.mark.campaign) for k in range(1, 5))])
def test_a_hundred_formulas_of_physics(first):
    assert len(PHYSICS) == 100
    for formula, names in PHYSICS[first::5]:
        found = said(formula, timeout=120)  # on a busy machine, too
        for name in names.split():
            verdict, sympy = found[name]
            assert verdict in {"PROVED", "AGREED", "NON-SMOOTH"}, (formula, name, verdict)
            assert ", equal" in sympy, (formula, name, sympy)


def random_programs(count):
    dice = random.Random(16)  # noqa: S311  (a test, not a secret)
    return [scalar(dice).program for _ in range(count)]


def agrees(program):
    for name, (verdict, sympy) in said(program).items():
        assert verdict != "REFUTED", (program, name, sympy)
        if verdict in {"PROVED", "AGREED", "NON-SMOOTH"}:
            assert ", equal" in sympy or sympy.startswith(REASONS), (program, name, sympy)


def test_random_programs():
    for program in random_programs(30):
        agrees(program)


@pytest.mark.campaign
def test_five_hundred_random_programs():
    for program in random_programs(500):
        agrees(program)


ARRAYS = [
    ("mean(square(X @ w - y))", {"X": ("N", 3), "w": 3, "y": "N"}), ("cross_entropy(S, y)", {"S": ("N", 3), "y": "N"}),
    ("sum(softmax(S, axis=0)*T)", {"S": (2, 3), "T": (2, 3)}), ("std(x) + norm(x) + logsumexp(x)", {"x": 3}),
    ("max(x)*sum(relu(x))", {"x": 3}), ("u @ A @ v", {"u": 2, "A": (2, 3), "v": 3}), ("prod(x) + var(x)", {"x": 3}),
    ("sum(where(x > y, x, y)[1:])", {"x": 3, "y": 3}),
    ("sum(concatenate([x, y]).reshape(2, 3)[:, ::-1])", {"x": 3, "y": 3}),
    ("huber(x, y) + mae(x, y) + mse(x, y)", {"x": 3, "y": 3}),
    ("h = tanh(X @ W.T + b); sum(h**2)", {"X": (2, 3), "W": (2, 3), "b": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "shapes"), ARRAYS)
def test_arrays_are_compared_entry_by_entry(program, shapes):
    assert {", equal" in sympy for _, sympy in said(program, shapes).values()} == {True}


def test_every_function_of_the_language_is_read_or_named():
    from graphgrad.proof.sympy_witness.functions import FUNCTIONS
    from graphgrad.proof.sympy_witness.text import SPELLED

    unread = {n for n in functions.FUNCTIONS if n not in FUNCTIONS}
    assert unread == {
        "coprod",
        "eye_mask",
        "spread",
        "untake",
        "unpick",
        "exprel",
        "sinrel",
        "argmax",
        "argmin",
    }  # of gradients, or integers
    assert SPELLED == functions.ALIASES


PLANTED = [  # a function, and a wrong rule in the table and in our reading
    ("tanh", "1 + v ** 2", lambda v, _: (1 + v**2,)), ("sin", "-cos(a)", lambda _, a: (-function("cos")(a),)),
    ("exp", "v * 1.000001", lambda v, _: (v * Fraction(1000001, 1000000),)),
    ("erf", "exp(-a**2)", lambda _, a: (function("exp")(-(a**2)),)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "partials"), PLANTED)
def test_what_is_wrong_in_the_table_and_in_our_reading_is_caught(name, rule, partials, monkeypatch):
    monkeypatch.setitem(OPS, name, replace(OPS[name], d=(rule,)))
    monkeypatch.setitem(derivative.PARTIALS, name, partials)
    blind, seeing = (verify(f"{name}(x)*y", timeout=30, sympy=asked)["x"] for asked in (False, True))
    assert str(blind.verdict) == "PROVED"
    assert str(seeing.verdict) == "REFUTED"
    assert "sympy's derivative is" in seeing.reason
    assert seeing.witness is not None


def test_a_wrong_meaning_is_caught(monkeypatch):
    monkeypatch.setitem(functions.FUNCTIONS, "sinh", functions.each(function("cosh")))
    blind, seeing = (check("sinh(x)*y", {"y": "sinh(x)"}, timeout=30, sympy=asked)["y"] for asked in (False, True))
    assert (str(blind.verdict), str(seeing.verdict)) == ("PROVED", "REFUTED")
    assert "sympy's derivative is sinh(x), and ours is cosh(x)" in seeing.reason


@pytest.mark.parametrize(("program", "name", "why"), [
    ("floor(x)*x", "x", "sympy has no derivative"), ("sign(x)*x", "x", ", equal"),
])  # fmt: skip
def test_why_sympy_gives_none(program, name, why):
    verdict, sympy = said(program)[name]
    assert verdict == "PROVED"
    assert why in sympy


def test_it_is_left_out_where_it_is_not_wanted():
    report = verify("x**2", sympy=False)
    assert report["x"].sympy == ""
    assert "sympy" not in text(report)


def test_it_stands_in_every_report():
    report = verify("log(x1*x2)*sin(x2)", timeout=30)
    for written in (text(report), markdown(report), html(report)):
        assert "sympy: sin(x2)/x1, equal" in written.replace("\\*", "*")
    assert json.loads(to_json(report))["findings"]["x1"]["sympy"] == "sympy: sin(x2)/x1, equal"
