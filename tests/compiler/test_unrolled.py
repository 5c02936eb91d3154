"""Tiny networks: the whole loop in one function of plain Python."""

import numpy as np
import pytest
from installed import need
from stepping import ADAM, CONSTANTS, NAMES, OPTIMIZERS, by_hand

from graphgrad.compiler.compile_step import compile_step
from graphgrad.compiler.steps.unrolled import MOST
from graphgrad.frontend.parse import parse

XOR = "L = square(tanh(W2 @ tanh(W1 @ x + b1) + b2) - y)"
XOR_SHAPES = {"x": 2, "W1": (4, 2), "b1": 4, "W2": 4, "b2": (), "y": ()}
POINTS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([0.0, 1, 1, 0])


def tiny(seed=3):
    rng = np.random.default_rng(seed)
    return {k: rng.normal(size=XOR_SHAPES[k]) for k in NAMES}


@pytest.mark.parametrize("text", OPTIMIZERS)
def test_unrolled_steps(text):
    loss = parse(XOR, XOR_SHAPES)
    step = compile_step(loss, NAMES, text, constants=CONSTANTS)
    assert step.unrolled
    order = np.random.default_rng(0).integers(4, size=30)
    run = step.start(tiny())
    losses = run.epoch(POINTS, TARGETS, order=order, lr=0.05)
    float32 = {k: v.astype(np.float32) for k, v in tiny().items()}
    wanted, values = by_hand(loss, float32, [{"x": POINTS[i], "y": TARGETS[i]} for i in order], OPTIMIZERS[text], 0.05)
    np.testing.assert_allclose(losses, wanted, rtol=1e-10)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=1e-10)
    again = step.start(tiny())
    one_by_one = [again(POINTS[i], TARGETS[i], lr=0.05) for i in order]
    np.testing.assert_array_equal(one_by_one, losses)
    assert again.t == run.t == 30


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_unrolled_batches_and_a_smaller_last_one(batch):
    batched = XOR.replace("W1 @ x", "x @ W1.T").replace("W2 @ tanh(x @ W1.T + b1)", "tanh(x @ W1.T + b1) @ W2")
    loss = parse(f"{batched}; L = mean(L)", XOR_SHAPES | {"x": ("N", 2), "y": "N"})
    small = compile_step(loss, NAMES, ADAM, constants=CONSTANTS, batch=batch, dtype="float64")
    large = compile_step(loss, NAMES, ADAM, constants=CONSTANTS, dtype="float64")
    assert (small.unrolled, large.unrolled) == (True, False)
    one, two = small.start(tiny()), large.start(tiny())
    for _ in range(3):
        np.testing.assert_allclose(
            one.epoch(POINTS, TARGETS, batch=batch, lr=0.1), two.epoch(POINTS, TARGETS, batch=batch, lr=0.1), rtol=1e-10
        )
    np.testing.assert_allclose(one.parameters["W1"], two.parameters["W1"], rtol=1e-10)
    assert one.t == two.t


def test_unrolled_resume_to_the_same_bits():
    step = compile_step(parse(XOR, XOR_SHAPES), NAMES, ADAM, constants=CONSTANTS)
    whole, first, second = step.start(tiny()), step.start(tiny()), step.start(tiny())
    for run in (whole, whole, first):
        run.epoch(POINTS, TARGETS, lr=0.1)
    second.restore(first.state())
    second.epoch(POINTS, TARGETS, lr=0.1)
    np.testing.assert_array_equal(second.parameters["W1"], whole.parameters["W1"])


def test_what_math_refuses_numpy_computes():
    run = compile_step(parse("exp(w * x)"), ["w"], "p - lr * g").start({"w": 800.0})
    assert run.step.unrolled
    assert run(1.0, lr=0.0) == np.inf
    assert run.t == 1


def test_entries_that_share_names_with_the_step():
    loss = parse("L = (W * x + b - m_W_0 + new_W_0) ** 2; sum(L)", W=1)
    run = compile_step(loss, ["W", "b"], "m = 0.5 * m + g; p - lr * m").start({"W": [1.0], "b": 2.0})
    assert run.step.unrolled
    assert run(1.0, 0.0, 0.0, lr=0.25) == 9.0
    assert (run.parameters["W"].tolist(), float(run.parameters["b"])) == ([1 - 0.25 * 6], 2 - 0.25 * 6)


def test_an_input_with_the_name_of_an_entry_keeps_its_own_value():
    loss = parse("L = (W * x + W_0) ** 2; sum(L)", W=1)
    run = compile_step(loss, ["W", "W_0"], "p - lr * g").start({"W": [1.0], "W_0": 2.0})
    assert run(1.0, lr=0.25) == 9.0


UPDATES = {  # where a new vector is another one, or an old one; and the third W_0 from 1, of the loss sum(W * W) + v
    "p = g": 8.0, "m = 0.5 * m + g; p = m": 12.5, "q = m; m = g; p = q": 0.0, "m = p; p = p - 0.25 * g": 0.125,
}  # fmt: skip


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("size", [2, MOST + 1])
@pytest.mark.parametrize("target", ["numpy", "python", pytest.param("numba", marks=pytest.mark.slow)])
def test_new_vectors_that_are_others(update, size, target):
    need(target)
    if target == "python" and size > MOST:
        return
    step = compile_step(parse("sum(W * W) + v", W=size), ["W", "v"], update, dtype="float64", target=target)
    assert step.unrolled == (size == 2)
    run = step.start({"W": np.ones(size), "v": 3.0})
    assert run() == size + 3
    run()
    run()
    assert run.parameters["W"][0] == UPDATES[update]


def test_a_loss_that_is_a_parameter_or_its_gradient():
    run = compile_step(parse("w"), ["w"], "p - lr * g").start({"w": 1.0})
    assert (run(lr=0.25), run(lr=0.25)) == (1.0, 0.75)
    run = compile_step(parse("exp(w)"), ["w"], "p = g").start({"w": 0.0})
    assert (run(), float(run.parameters["w"])) == (1.0, 1.0)


def test_what_math_refuses_of_no_data():
    run = compile_step(parse("exp(w)"), ["w"], "p = g").start({"w": 800.0})
    assert (run(), run.t) == (np.inf, 1)
    assert run.parameters["w"] == np.inf
