"""Steps in machine code: what numba compiles, run as the Python that it is, and compiled where that shows more."""

import re

import numpy as np
import pytest
from hypothesis import given, strategies as st
from stepping import ADAM, CONSTANTS, NAMES, OPTIMIZERS, SHAPES, STEPPED, adam, by_hand, problem

numba = pytest.importorskip("numba")

from graphgrad.compiler.compile_step import compile_step  # noqa: E402
from graphgrad.compiler.library.machine_functions import sparse_dot  # noqa: E402
from graphgrad.core.errors import UsageError  # noqa: E402
from graphgrad.frontend.parse import parse  # noqa: E402


@pytest.fixture
def as_python(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)


@pytest.mark.parametrize("text", STEPPED)
@pytest.mark.usefixtures("as_python")
def test_loops_of_every_kind(text):
    words = set(re.findall(r"\w+", text))
    shapes = {k: tuple(8 if s == "N" else s for s in np.atleast_1d(np.array(v, object))) for k, v in SHAPES.items()}
    loss = parse(text.replace("(N, 5)", "(8, 5)"), {k: v for k, v in shapes.items() if k in words})
    start, X, y = problem(n=8)
    start = {k: v for k, v in start.items() if k in loss.inputs}
    data = {k: v for k, v in {"X": X, "y": y}.items() if k in loss.inputs}
    step = compile_step(loss, tuple(start), ADAM, constants=CONSTANTS, dtype="float64", target="numba")
    run = step.start(start)
    losses = [run(*[data[k] for k in step.data], lr=0.01) for _ in range(4)]
    wanted, values = by_hand(loss, start, [data] * 4, adam, 0.01)
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=1e-8, atol=1e-10, err_msg=k)


XOR = "L = mean(square(tanh(tanh(x @ W1.T + b1) @ W2 + b2) - y))"
XOR_SHAPES = {"x": ("N", 2), "W1": (4, 2), "b1": 4, "W2": 4, "b2": (), "y": "N"}
POINTS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.mark.usefixtures("as_python")
@pytest.mark.parametrize("text", OPTIMIZERS)
def test_tiny_networks_with_a_smaller_last_batch(text):
    start = {k: np.random.default_rng(3).normal(size=XOR_SHAPES[k]) for k in NAMES}
    runs = [
        compile_step(parse(XOR, XOR_SHAPES), NAMES, text, constants=CONSTANTS, batch=3, target=target).start(start)
        for target in ("numba", "numpy")
    ]
    assert [run.step.way for run in runs] == ["unrolled machine code", "unrolled"]
    for _ in range(3):
        losses = [run.epoch(POINTS, np.array([0.0, 1, 1, 0]), batch=3, lr=0.05) for run in runs]
        np.testing.assert_allclose(*losses, rtol=1e-10)
        np.testing.assert_allclose(*[run(POINTS[:3], np.array([0.0, 1, 1]), lr=0.05) for run in runs], rtol=1e-10)
    np.testing.assert_allclose(*[run.parameters["W1"] for run in runs], rtol=1e-10)
    assert runs[0].t == runs[1].t


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_machine_code(dtype):
    """Within 5 units in the last place, everywhere, and what NumPy gives where there is no number."""
    x = np.concatenate(
        [
            np.linspace(-100, 100, 20_001),
            np.logspace(-30, 2, 5000),
            np.linspace(700, 710, 5000),
            [np.nan, np.inf, -np.inf, 0, 1e4],
        ]
    )
    x = np.concatenate([x, -x]).astype(dtype)
    graph = parse(
        "L = sum(exp(x) * p) + sum(tanh(x) * q) + sum(sigmoid(x) * r)", x=len(x), p=len(x), q=len(x), r=len(x)
    )
    run = compile_step(graph, ["p", "q", "r"], "p - g", dtype=dtype, target="numba").start(
        dict.fromkeys("pqr", np.zeros(len(x)))
    )
    assert run.step.way == "loops"
    run(x)
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        wanted = {"p": np.exp(wide), "q": np.tanh(wide), "r": 1 / (1 + np.exp(-wide))}
        rounded = {name: exact.astype(dtype) for name, exact in wanted.items()}
    limits = np.finfo(dtype)
    for name, exact in wanted.items():
        found, near = run.gradient[name], rounded[name]
        normal = np.isfinite(near) & (np.abs(near) >= limits.tiny)
        error = np.abs(found[normal] - exact[normal]) / np.spacing(np.abs(near[normal]))
        assert error.max() < 5, name
        np.testing.assert_array_equal(np.isnan(found), np.isnan(near))
        assert np.all(np.abs(found[np.abs(near) < limits.tiny]) <= limits.tiny)
        np.testing.assert_array_equal(found[np.isinf(near)], near[np.isinf(near)])


def test_a_step_says_what_does_not_fit():
    start, X, y = problem()
    run = compile_step(parse("L = cross_entropy(X @ W2.T, y)", X=("N", 5), W2=(3, 5), y="N"), ["W2"], "p - lr * g",
                       dtype="float64", target="numba").start({"W2": start["W2"]})  # fmt: skip
    X = X[:, :5]
    before = run.theta.copy()
    with pytest.raises(IndexError, match="below 3"):
        run(X, y + 1, lr=0.1)
    with pytest.raises(ValueError, match=r"X must have shape \(N, 5\)"):
        run(X, y[:-1], lr=0.1)
    with pytest.raises(IndexError, match="not there"):
        run.epoch(X, y, order=[99], lr=0.1)
    np.testing.assert_array_equal(run.theta, before)
    losses = run.epoch(X, y, order=np.arange(20), batch=8, lr=0.1)
    assert len(losses) == 3 and losses[0] > 0  # noqa: PT018


@pytest.mark.parametrize("size", [0.0, 1e-3, 1e30])
def test_norms_of_large_gradients_do_not_overflow(size):
    loss = parse("sum(x @ W)", x=("N", 3), W=(3, 2))
    runs = [
        compile_step(loss, ["W"], "p - g * minimum(1, 1 / (norm(g) + 1e-6))", target=target).start(
            {"W": np.ones((3, 2))}
        )
        for target in ("numba", "numpy")
    ]
    assert runs[0].step.way == "loops"
    for run in runs:
        run(np.full((4, 3), size, np.float32))
    np.testing.assert_allclose(runs[0].theta, runs[1].theta, rtol=1e-5)
    assert size < 1 or np.linalg.norm(runs[0].theta - 1) == pytest.approx(1, rel=1e-5)


SPARSE = "h = relu(X @ W1.T + b1); L = cross_entropy(h @ W2.T + b2, y)"
SPARSE_SHAPES = {"X": ("N", 7), "W1": (5, 7), "b1": 5, "W2": (3, 5), "b2": 3, "y": "N"}


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_products_that_skip_zeros_are_products(seed, density):
    rng = np.random.default_rng(seed)
    rows, inner, columns = rng.integers(1, 20, size=3)
    a = rng.normal(size=(rows, inner)) * (rng.random((rows, inner)) < density)
    b, out = rng.normal(size=(inner, columns)), np.full((rows, columns), np.nan)
    sparse_dot(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-12, atol=1e-12)
    turned = np.full((inner, columns), np.nan)
    sparse_dot(a.T, d := rng.normal(size=(rows, columns)), turned)
    np.testing.assert_allclose(turned, a.T @ d, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("as_python")
@pytest.mark.parametrize("target", ["numba", "numpy"])
def test_steps_on_data_that_are_mostly_zeros(target):
    loss, rng = parse(SPARSE, SPARSE_SHAPES), np.random.default_rng(0)
    start = {name: rng.normal(size=SPARSE_SHAPES[name]) for name in ("W1", "b1", "W2", "b2")}
    X = rng.normal(size=(24, 7)) * (rng.random((24, 7)) < 0.2)
    y = rng.integers(3, size=24)
    runs = []
    for sparse in ((), ("X",)):
        step = compile_step(loss, start, "p - lr * g", dtype="float64", batch=8, target=target, sparse=sparse)
        assert step.source.count("sparse_dot(X") == (2 if sparse and target == "numba" else 0)
        runs.append(step.start(start))
    np.testing.assert_allclose(*[run.epoch(X, y, batch=8, lr=0.3) for run in runs], rtol=1e-12)
    for name in start:
        np.testing.assert_allclose(*[run.parameters[name] for run in runs], rtol=1e-12)


def test_only_data_can_be_mostly_zeros():
    with pytest.raises(UsageError, match="'W1' is none of the data"):
        compile_step(parse(SPARSE, SPARSE_SHAPES), ["W1", "b1", "W2", "b2"], "p - lr * g", sparse=["X", "W1"])
