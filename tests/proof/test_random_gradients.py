"""Random gradients, wrong and right: who tells them apart here can be trusted."""

import random
from itertools import islice

import numpy as np
import pytest
from proof.random_gradients import evaluator, judged
from proof.random_gradients.programs import ARRAYS, points, scalar
from proof.random_gradients.right import rights
from proof.random_gradients.wrong import SPOILERS, wrongs

from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse


def programs():
    dice = random.Random(5)  # noqa: S311  (a test, not a secret)
    return [base for base, _ in ARRAYS] + [scalar(dice) for _ in range(60)]


def test_the_evaluator_gives_what_the_interpreter_gives():
    dice, compared = random.Random(6), 0  # noqa: S311  (a test, not a secret)
    for base in programs():
        graph = parse(base.program, base.shapes)
        for at in islice(points(dice, base, tuple(graph.inputs)), 3):
            exact = evaluator.value(base.program, at)[()]
            if exact is None:
                continue
            floats = {n: np.vectorize(float)(a) for n, a in at.items()}
            given = float(run(graph, floats)[graph.output])
            assert given == pytest.approx(float(evaluator.number(exact)), rel=1e-6, abs=1e-9), base.program
            compared += 1
    assert compared > 100


@pytest.mark.parametrize(("program", "claim", "at", "is_wrong"), [
    ("relu(x)", "0.3", 0, False), ("relu(x)", "1 + 1e-20", 0, True), ("relu(x)", "where(x >= 0, 1, 0)", 0, False),
    ("x**2", "2*x + 1e-30*x", -3, True), ("x**2", "2*x", -3, False), ("x**2", "2*exp(log(x))", -3, True),
    ("x**2", "x**3*2/x**2", 0, False), ("floor(x)", "0", 1, False), ("cbrt(x)", "5", 0, False),
    ("sqrt((x - 1970)**2)", "-1", 1969, False), ("sqrt((x - 1970)**2)", "-1", 1971, True),
    ("where(relu(1 - x/30) > 0, x**2, 0)", "where(relu(1 - x/30) >= 0, 2*x, 0)", 40, True),
    ("sin(x)", "cos(x) + ((exp(500) + exp(-100)) - exp(500))*1e40", 1, True),
])  # fmt: skip
def test_the_evaluator_knows_wrong_from_right(program, claim, at, is_wrong):
    point = {"x": np.asarray(evaluator.Fraction(at), dtype=object)}
    assert bool(evaluator.wrong(program, claim, point, "x")) is is_wrong


def test_claims_are_the_same_for_a_seed():
    first, again = ([(c.kind, c.base.program, c.name, c.claim) for c in wrongs(3, 20)] for _ in range(2))
    assert first == again
    assert len({kind for kind, *_ in first} & {*SPOILERS, "array", "kink"}) > 5
    assert len({c.kind for c in rights(3, 20)}) > 5


def test_a_sample_of_the_campaign(monkeypatch):
    monkeypatch.setattr(judged, "OPTIONS", {"timeout": 60, "sympy": False})
    wrong, right = judged.judge_wrong(11, 20), judged.judge_right(11, 10)
    assert (wrong.share({"REFUTED"}), right.share(judged.ACCEPTED)) == (1, 1)
