"""Training steps against steps taken by hand with the interpreter's gradient."""

import re
import subprocess
import sys

import numpy as np
import pytest
from stepping import ADAM, CONSTANTS, MLP, NAMES, OPTIMIZERS, SHAPES, STEPPED, adam, by_hand, problem, sgd

from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.errors import DataError, ParseError, ShapeError, UsageError
from graphgrad.frontend.parse import parse


@pytest.mark.parametrize("text", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_optimizers_step_by_step(text, dtype, target):
    if target == "numba":
        pytest.importorskip("numba")
    loss, (start, X, y) = parse(MLP, SHAPES), problem()
    step = compile_step(loss, NAMES, text, constants=CONSTANTS, dtype=dtype, target=target)
    run = step.start(start)
    batches = [{"X": X[i : i + 8], "y": y[i : i + 8]} for _ in range(10) for i in range(0, 20, 8)]
    wanted, values = by_hand(loss, start, batches, OPTIMIZERS[text], 0.05)
    data = X.astype(dtype), y
    losses = np.concatenate([run.epoch(*data, batch=8, lr=0.05) for _ in range(10)])
    tolerance = 1e-11 if dtype == "float64" else 2e-3
    np.testing.assert_allclose(losses, wanted, rtol=tolerance, atol=tolerance)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=tolerance, atol=tolerance)
    assert run.t == 30
    assert run.theta.dtype == dtype


def test_norm_is_of_the_whole_gradient():
    loss, (start, X, y) = parse(MLP, SHAPES), problem()
    clipped = compile_step(
        loss, NAMES, "g = g * minimum(1, c / norm(g)); p - g", constants={"c": 1e-3}, dtype="float64"
    )
    run = clipped.start(start)
    before = run.theta.copy()
    run(X, y)
    assert np.linalg.norm(run.theta - before) == pytest.approx(1e-3)


def test_orders_batches_and_examples():
    loss, (start, X, y) = parse(MLP, SHAPES), problem()
    step = compile_step(loss, NAMES, "p - lr * g", dtype="float64")
    order = np.random.default_rng(1).permutation(20)
    one, two = step.start(start), step.start(start)
    np.testing.assert_allclose(
        one.epoch(X, y, order=order, batch=7, lr=0.1), two.epoch(X[order], y[order], batch=7, lr=0.1)
    )
    example = parse(MLP, SHAPES | {"X": 6, "y": ()})
    run = compile_step(example, NAMES, "p - lr * g", dtype="float64").start(start)
    losses = run.epoch(X, y, order=order[:5], lr=0.1)
    wanted, values = by_hand(example, start, [{"X": X[i], "y": y[i]} for i in order[:5]], sgd, 0.1)
    np.testing.assert_allclose(losses, wanted, rtol=1e-11)
    np.testing.assert_allclose(run.parameters["W1"], values["W1"], rtol=1e-11)


def test_resume_to_the_same_bits():
    loss, (start, X, y) = parse(MLP, SHAPES), problem()
    step = compile_step(loss, NAMES, ADAM, constants=CONSTANTS)
    X = X.astype(np.float32)
    whole = step.start(start)
    for _ in range(4):
        whole.epoch(X, y, batch=6, lr=0.01)
    first = step.start(start)
    first.epoch(X, y, batch=6, lr=0.01)
    second = step.start(start)
    second.restore(first.state())
    for _ in range(3):
        second.epoch(X, y, batch=6, lr=0.01)
    assert second.t == whole.t
    np.testing.assert_array_equal(second.theta, whole.theta)


def test_names_of_the_users_that_the_step_uses_too():
    loss = parse("theta * t - m + gradient * lr + step + N; L = (theta - t) ** 2 + m * m * gradient + lr + step + N")
    run = compile_step(loss, ["theta", "m"], "m = 0.5 * m + g; p - lr * m", dtype="float64").start(
        {"theta": 1.0, "m": 2.0}
    )
    assert run.step.data == ("t", "gradient", "lr", "step", "N")
    assert run(0.5, 1.0, 0, 0, 0, lr=0.25) == pytest.approx(4.25)
    assert float(run.parameters["theta"]) == pytest.approx(1 - 0.25 * 1.0)
    assert float(run.parameters["m"]) == pytest.approx(2 - 0.25 * 4.0)


def test_saved_step_trains_alone(tmp_path):
    compile_step(parse(MLP, SHAPES), NAMES, ADAM, constants=CONSTANTS).save(tmp_path / "mlp_step.py")
    alone = """
import sys; sys.modules["graphgrad"] = None
import numpy as np, mlp_step
theta = np.random.default_rng(0).normal(size=53).astype("float32"); m = np.zeros_like(theta); v = np.zeros_like(theta)
step, gradient = mlp_step.bind(theta, m, v, 4)
X, y = np.ones((4, 6), "float32"), np.zeros(4, "int64")
losses = [step(X, y, t, 0.1) for t in range(1, 20)]
print(losses[-1] < losses[0])
"""
    done = subprocess.run([sys.executable, "-c", alone], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_refusals():
    loss = parse(MLP, SHAPES)
    with pytest.raises(UsageError, match="W3"):
        compile_step(loss, ["W3"], "p - g")
    with pytest.raises(ShapeError, match="fixed"):
        compile_step(loss, ["X"], "p - g")
    with pytest.raises(ParseError):
        compile_step(loss, NAMES, "p - lr ** * g")
    with pytest.raises(UsageError, match="no new parameter"):
        compile_step(loss, NAMES, "m = m + g")
    with pytest.raises(UsageError, match="one number"):
        compile_step(loss, NAMES, "p = norm(g)")
    step = compile_step(loss, NAMES, "p - g")
    with pytest.raises(UsageError, match="W1"):
        step.start({})
    with pytest.raises(ShapeError, match=r"\(5, 6\)"):
        step.start(dict.fromkeys(NAMES, np.zeros(3)))
    with pytest.raises(UsageError, match="not lr"):
        step.start(problem()[0])(*problem()[1:], lr=0.1)
    with pytest.raises(DataError, match="rows"):
        step.start(problem()[0]).epoch(np.zeros((3, 6)), np.zeros(2, int))


def test_data_that_come_whole():
    loss = parse("L = mean(square(X @ w - y)) + sum(square(A @ w))", X=("N", 2), w=2, y="N", A=(3, 2))
    run = compile_step(loss, ["w"], "p - lr * g", dtype="float64").start({"w": [1.0, 2.0]})
    assert run.step.data == ("X", "y", "A")
    losses = run.epoch(np.ones((5, 2)), np.zeros(5), np.eye(3, 2), batch=2, lr=0.0)
    np.testing.assert_allclose(losses, [9 + 5] * 3)


@pytest.mark.parametrize("text", STEPPED)
@pytest.mark.parametrize("n", [8, None])
def test_steps_of_every_kind(text, n):
    shapes = {
        k: tuple(n if s == "N" and n else s for s in (v if isinstance(v, tuple) else (v,))) for k, v in SHAPES.items()
    }
    if "concatenate" in text and n is None:
        pytest.skip("concatenating wants sizes")
    words = set(re.findall(r"\w+", text))
    text = text.replace("(N, 5)", f"({n or 'N'}, 5)")
    loss = parse(text, {k: v for k, v in shapes.items() if k in words})
    names = [k for k in NAMES if k in loss.inputs]
    start, X, y = problem(n=8)
    start = {k: start[k] for k in names}
    rows = {"X": X[:8], "y": y[:8]}
    data = {k: v for k, v in rows.items() if k in loss.inputs}
    step = compile_step(loss, names, ADAM, constants=CONSTANTS, dtype="float64")
    run = step.start(start)
    losses = [run(*[data[k] for k in step.data], lr=0.01) for _ in range(6)]
    wanted, values = by_hand(loss, start, [data] * 6, adam, 0.01)
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=1e-8, atol=1e-10, err_msg=k)


def test_large_vectors_go_in_chunks():
    loss, rng = parse("L = sum(square(W @ x - y))", W=(1000, 1001), x=1001, y=1000), np.random.default_rng(0)
    start, x, y = {"W": rng.normal(size=(1000, 1001))}, rng.normal(size=1001), rng.normal(size=1000)
    step = compile_step(loss, ["W"], ADAM, constants=CONSTANTS, dtype="float64")
    assert "for theta_chunk, gradient_chunk" in step.source
    run = step.start(start)
    losses = [run(x, y, lr=0.01) for _ in range(4)]
    wanted, values = by_hand(loss, start, [{"x": x, "y": y}] * 4, adam, 0.01)
    np.testing.assert_allclose(losses, wanted, rtol=1e-10)
    np.testing.assert_allclose(run.parameters["W"], values["W"], rtol=1e-10)


def test_data_and_parameters_are_left_alone():
    loss, (start, X, y) = parse(MLP, SHAPES), problem()
    step = compile_step(loss, NAMES, "p - lr * g", dtype="float64")
    kept = X.copy(), y.copy(), {k: v.copy() for k, v in start.items()}
    step.start(start).epoch(X, y, batch=5, lr=1.0)
    np.testing.assert_array_equal(X, kept[0])
    np.testing.assert_array_equal(y, kept[1])
    for k, v in start.items():
        np.testing.assert_array_equal(v, kept[2][k])


XOR = "L = square(tanh(W2 @ tanh(W1 @ x + b1) + b2) - y)"
XOR_SHAPES = {"x": 2, "W1": (4, 2), "b1": 4, "W2": 4, "b2": (), "y": ()}


def test_modules_pass_a_linter_and_a_strict_type_checker(tmp_path):
    compile_step(parse(MLP, SHAPES), NAMES, ADAM, constants=CONSTANTS).save(tmp_path / "arrays.py")
    compile_step(parse("square(tanh(w * x + b) - y)"), ["w", "b"], "p - lr * g").save(tmp_path / "unrolled.py")
    compile_step(parse("square(w * x[0])", x=1), ["w"], "p - lr * g").save(tmp_path / "single.py")
    compile_step(parse(XOR, XOR_SHAPES), ["W1", "b1", "W2", "b2"], ADAM, constants=CONSTANTS).save(tmp_path / "xor.py")
    for tool in (
        ["ruff", "check", "--isolated", "--line-length=120"],
        ["ruff", "format", "--check", "--isolated", "--line-length=120"],
        ["mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache")],
    ):
        files = [str(tmp_path / name) for name in ("arrays.py", "unrolled.py", "single.py", "xor.py")]
        done = subprocess.run([sys.executable, "-m", *tool, *files], check=False, capture_output=True, text=True)
        if "No module named" in done.stderr:
            pytest.skip(f"{tool[0]} is not installed")
        assert done.returncode == 0, done.stdout
