"""A saved step trains by itself: its loop gives what a run of the step gives, and is believed as it stands alone."""

import random

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.compiler.compiled import load
from graphgrad.core.errors import DataError, GraphgradError, ShapeError, UsageError
from graphgrad.proof.report import Finding, Verdict
from graphgrad.proof.saved import verify_module
from graphgrad.proof.steps.program import of_arrays, of_numbers, with_program
from graphgrad.proof.steps.text import read_step
from graphgrad.proof.steps.unrolled_text import is_unrolled, read_unrolled

NET = gg.parse("mean((tanh(X @ A.T + b) @ W - y)**2)", {"X": ("N", 2), "A": (4, 2), "b": 4, "W": (4, 1), "y": ("N", 1)})
HIDDEN = gg.parse("losses = mean((np @ Random - fit)**2)", np=("N", 2), Random=2, fit="N")  # names of the module's own
CUBE = gg.parse("mean((sum(T * x[:, None, None, :]) - y)**2)", T=(2, 2, 3), x=("N", 3), y="N")
GIVEN = {"b": [1, 2, 3, 4.5]}
X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([[0], [1], [1], [0.0]])
STEPS = {
    "all": gg.compile_step(NET, ["A", "b", "W"], "momentum", dtype="float64", initial=GIVEN),
    "drawn": gg.compile_step(NET, ["A", "b", "W"], "adam", dtype="float64", batch=100),
    "one of arrays": gg.compile_step(gg.parse("sum(square(W @ x - y))", W=(30, 20), x=20, y=30), ["W"], "sgd"),
    "unrolled": gg.compile_step(NET, ["A", "b", "W"], "adam", batch=2, initial="he"),
    "number": gg.compile_step("w, x, y = 0.5, 1, 2; square(w * x - y)", ["w"], "momentum"),
    "names": gg.compile_step(HIDDEN, ["Random"], "sgd"),
    "names, unrolled": gg.compile_step(HIDDEN, ["Random"], "sgd", batch=1),
    "cube": gg.compile_step(CUBE, ["T"], "sgd", batch=1, initial={"T": "pytorch"}),
}


def loaded(source):
    return load(source, "step")


def believed(source):
    """Whether what a module trains with is believed, where its step is."""
    try:
        written = of_numbers(read_unrolled(source)) if is_unrolled(source) else of_arrays(read_step(source, {}))
    except GraphgradError:
        return False
    return with_program({"w": Finding(Verdict.PROVED, "")}, source, written)["w"].ok


@pytest.mark.parametrize("name", STEPS)
def test_what_it_says_is_certified(name):
    report = verify_module(STEPS[name].source, timeout=60)
    assert report.ok, report
    assert all("it trains from the initial values that it states" in f.reason for f in report.values())


@pytest.mark.parametrize("name", ["all", "drawn"])
def test_the_loop_over_arrays_is_a_run_of_steps(name):
    step, module = STEPS[name], loaded(STEPS[name].source)
    data = (X, Y) if name == "all" else (np.tile(X, (50, 1)), np.tile(Y, (50, 1)))
    found, losses = module["fit"](*data, 30, 0.01, seed=5)
    dice = np.random.default_rng(5)
    run = step.start(module["initial"](dice))
    for loss in losses:
        rows = dice.integers(200, size=100) if name == "drawn" else slice(None)
        assert run(*(d[rows] for d in data), lr=0.01) == loss
    assert all(np.array_equal(found[n], value) for n, value in run.parameters.items())
    assert losses[-1] < losses[0]


def test_the_unrolled_loop_is_an_epoch_on_rows_that_are_drawn():
    step = gg.compile_step(NET, ["A", "b", "W"], "adam", dtype="float64", batch=2, initial="he")
    module = loaded(step.source)
    found, losses = module["fit"](np.hstack([X, Y]).tolist(), 40, 0.01, seed=7)
    dice = random.Random(7)  # noqa: S311  (no secret)
    run = step.start(module["initial"](dice))
    order = [dice.randrange(4) for _ in range(80)]
    assert run.epoch(X, Y, order=order, batch=2, lr=0.01).tolist() == losses
    assert {name: value.tolist() for name, value in run.parameters.items()} == found


def test_the_parameters_begin_as_a_network_does():
    begun = loaded(STEPS["drawn"].source)["initial"](np.random.default_rng(3))
    drawn = gg.network("tanh(X @ A.T + b) @ W", {"X": ("N", 2), "A": (4, 2), "b": 4, "W": (4, 1)}, seed=3).values
    assert all(np.array_equal(begun[name], value) for name, value in drawn.items())


def test_pack_and_unpack_are_inverse():
    for name in ("all", "unrolled", "cube", "number"):
        module, dice = loaded(STEPS[name].source), np.random.default_rng(1)
        values = {n: dice.normal(size=shape).tolist() for n, shape in STEPS[name].shapes.items()}
        again = module["unpack"](module["pack"](**values))
        assert all(np.array_equal(again[n], value) for n, value in values.items())


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("all", "range(1, steps + 1)", "range(1, min(steps, 1000) + 1)"),
        ("all", "pack(**initial(dice))", "0 * pack(**initial(dice))"),
        ("all", "4.5]),\n", "4.25]),\n"),
        ("all", "    b = [1.0, 2.0", "    b = [1.0, 2.5"),
        ("all", "np.zeros_like(theta)\n    step", "np.ones_like(theta)\n    step"),
        ("all", "step(X, y, t, lr))", "step(X, y, t, lr / 2))"),
        ("all", "return unpack(theta), losses", "return unpack(m), losses"),
        ("all", "def initial(", "def pack_(A, b, W):\n    return 0\n\n\ndef initial("),
        ("all", "def initial(", "def len(a):\n    return 4\n\n\ndef initial("),
        ("all", "theta[8:12].reshape((4,))", "theta[8:12].reshape((4,)) * 2"),
        ("all", ".reshape((2, 4)).T", ".reshape((4, 2))"),
        ("all", "    W = uniform(", "    V = uniform("),
        ("all", "def fit(", "def other("),
        ("drawn", "rows = dice.integers(len(X), size=100)", "rows = dice.integers(len(X), size=99)"),
        ("drawn", "default_rng(seed)", "default_rng(0)"),
        ("drawn", "bind(theta, m, v, 100)", "bind(theta, v, m, 100)"),
        ("drawn", "np.asarray(y)[rows]", "np.asarray(y)[:100]"),
        ("drawn", "A = uniform(-1.0, 1.0)", "A = open('x')"),
        ("drawn", "    W = uniform(", "    W = uniform(nan + "),
        ("unrolled", "gauss(0, 1.0)", "gauss(0, 1.1)"),
        ("unrolled", "randrange(len(rows))", "randrange(2)"),
        ("unrolled", "order, 0, lr)", "order, 1, lr)"),
        ("unrolled", "from random import Random", "from random import SystemRandom as Random"),
        ("unrolled", "from random import Random", "from math import floor as Random"),
        ("unrolled", "range(0, 8, 2)]", "range(0, 8, 4)]"),
        ("number", '"w": 0.5', '"w": 0.25'),
        ("names", "range(1, steps + 1)", "range(steps)"),
        ("cube", "for k3 in k2", "for k3 in k1"),
    ],
)
def test_another_loop_or_beginning_is_not_believed(name, right, wrong):
    source = STEPS[name].source
    assert right in source
    assert believed(source)
    assert not believed(source.replace(right, wrong))


def test_a_step_without_a_loop_is_a_step():
    source = STEPS["number"].source
    head, _, _ = source.partition("\n\ndef initial(")
    stated = head.replace('"initial": {"w": ["", 0.5]}', '"initial": {}')
    assert stated != head
    assert verify_module(stated).ok
    assert not verify_module(head).ok


@pytest.mark.parametrize(
    ("initial", "error", "said"),
    [
        ({"x": 1}, UsageError, "'x' is no parameter, which could have an initial value"),
        ("glorrot", UsageError, "glorrot"),
        ({"w": [1, 2]}, ShapeError, "'w' must have shape (), not (2,)"),
        ({"w": float("nan")}, DataError, "the initial value of 'w' is not finite"),
        ({"w": [1, [2]]}, DataError, "the initial value of 'w' is no array of numbers"),
        ({"w": "no"}, UsageError, "no"),
    ],
)
def test_what_is_no_initial_value(initial, error, said):
    with pytest.raises(error, match=said.replace("(", r"\(").replace(")", r"\)")):
        gg.compile_step("square(w * x - y)", ["w"], initial=initial)
