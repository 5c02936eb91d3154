"""Training steps of every target: the same steps, resumed to the same bits, from modules that run alone."""

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from installed import need
from stepping import ADAM, CONSTANTS, MLP, NAMES, OPTIMIZERS, SHAPES, STEPPED, by_hand, problem

from graphgrad.compiler.backend import TARGETS
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.errors import ShapeError, TargetError, UsageError
from graphgrad.frontend.parse import parse

XOR = "L = square(tanh(W2 @ tanh(W1 @ x + b1) + b2) - y)"
XOR_SHAPES = {"x": 2, "W1": (4, 2), "b1": 4, "W2": 4, "b2": (), "y": ()}
POINTS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
WANTED = np.array([0.0, 1, 1, 0])
ROOT = Path(__file__).parents[2]
STEPPING = [name for name, row in TARGETS.items() if row.steps]
ON_ARRAYS = [name for name in STEPPING if TARGETS[name].arrays]
MOMENTUM = "m = 0.9 * m + g; p -= lr * m"


@pytest.fixture(autouse=True)
def as_python(monkeypatch):
    """What numba compiles is run as the Python that it is, which takes no time to compile."""
    if importlib.util.find_spec("numba"):
        import numba

        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)


def cases(targets):
    """Every optimizer with every target; XLA compiles for seconds, so of JAX's all but one are slow."""
    slow = {text: [pytest.mark.slow] if text != ADAM else [] for text in OPTIMIZERS}
    return [pytest.param(t, text, marks=slow[text] if t == "jax" else []) for t in targets for text in OPTIMIZERS]


def tiny():
    rng = np.random.default_rng(3)
    return {k: rng.normal(size=XOR_SHAPES[k]) for k in NAMES}


@pytest.mark.parametrize("text", OPTIMIZERS)
@pytest.mark.parametrize("target", [t for t in STEPPING if t != "jax"])
def test_the_step_alone_is_the_step_of_the_run(target, text):
    need(target)
    step = compile_step(parse(XOR, XOR_SHAPES), NAMES, text, constants=CONSTANTS, target=target, dtype="float64")
    run, other = step.start(tiny()), step.start(tiny())
    bare = run.bare((0.0, 1.0), 1.0)
    for t, i in enumerate((0, 3, 1), 1):
        x, y = tuple(POINTS[i].tolist()), float(WANTED[i])
        assert bare(x, y, t, 0.05) == other(x, y, lr=0.05)
    assert run.t == 0
    for name, value in other.parameters.items():
        np.testing.assert_array_equal(run.parameters[name], value)
    run.restore(other.state())  # a bound step goes on from where its run does
    assert bare((1.0, 0.0), 1.0, 4, 0.05) == other((1.0, 0.0), 1.0, lr=0.05)


def test_a_step_alone_that_there_is_not():
    need("jax")
    run = compile_step(parse(XOR, XOR_SHAPES), NAMES, "p - lr * g", target="jax").start(tiny())
    with pytest.raises(UsageError, match="the target 'jax' has no step by itself"):
        run.bare((0.0, 1.0), 1.0)


def test_a_step_alone_of_other_rows_than_it_takes():
    loss = parse("mean(square(X @ w - y))", {"X": ("N", 2), "w": 2, "y": "N"})
    run = compile_step(loss, ["w"], "p - lr * g", batch=2).start({"w": np.zeros(2)})
    assert run.bare([[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0])([[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0], 1, 0.1) == 0.5
    with pytest.raises(ShapeError, match="takes 2 rows, not 1"):
        run.bare([[1.0, 2.0]], [1.0])


def test_what_arithmetic_refuses_a_step_alone_raises_and_changes_nothing():
    run = compile_step(parse("exp(w * x)"), ["w"], "p - lr * g").start({"w": 1.0})
    with pytest.raises(OverflowError):
        run.bare(1.0)(1000.0, 1, 0.1)
    assert run.parameters["w"] == 1.0
    assert run(1000.0, lr=0.1) == np.inf


@pytest.mark.parametrize(("target", "text"), cases(STEPPING))
def test_tiny_networks(target, text):
    need(target)
    loss, order = parse(XOR, XOR_SHAPES), np.random.default_rng(0).integers(4, size=12)
    run = compile_step(loss, NAMES, text, constants=CONSTANTS, target=target, dtype="float64").start(tiny())
    losses = [*run.epoch(POINTS, WANTED, order=order, lr=0.05), run(POINTS[1], 1.0, lr=0.05)]
    data = [{"x": POINTS[i], "y": WANTED[i]} for i in (*order, 1)]
    wanted, values = by_hand(loss, tiny(), data, OPTIMIZERS[text], 0.05)
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=1e-9, err_msg=k)
    assert run.t == 13


@pytest.mark.parametrize(("target", "text"), cases(ON_ARRAYS))
def test_networks(target, text):
    need(target)
    loss, (start, X, y) = parse(MLP, SHAPES), problem()
    run = compile_step(loss, NAMES, text, constants=CONSTANTS, dtype="float64", target=target).start(start)
    losses = np.concatenate([run.epoch(X, y, batch=8, lr=0.05) for _ in range(2)])
    batches = [{"X": X[i : i + 8], "y": y[i : i + 8]} for _ in range(2) for i in range(0, 20, 8)]
    wanted, values = by_hand(loss, start, batches, OPTIMIZERS[text], 0.05)
    np.testing.assert_allclose(losses, wanted, rtol=1e-10)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=1e-10, atol=1e-12, err_msg=k)
    order = np.random.default_rng(1).permutation(20)
    run.epoch(X, y, order=order, batch=7, lr=0.01)
    assert run.t == 9


@pytest.mark.parametrize("text", STEPPED)
@pytest.mark.parametrize("target", [pytest.param("jax", marks=pytest.mark.slow)])
def test_steps_of_every_kind(target, text):
    need(target)
    shapes = {k: tuple(8 if s == "N" else s for s in np.atleast_1d(np.array(v, object))) for k, v in SHAPES.items()}
    text = text.replace("(N, 5)", "(8, 5)")
    loss = parse(text, {k: v for k, v in shapes.items() if k in text.replace("entropy", "")})
    start, X, y = problem(n=8)
    start = {k: v for k, v in start.items() if k in loss.inputs}
    data = {k: v for k, v in {"X": X, "y": y}.items() if k in loss.inputs}
    run = compile_step(loss, tuple(start), MOMENTUM, dtype="float64", target=target).start(start)
    losses = [run(*[data[k] for k in run.step.data], lr=0.01) for _ in range(3)]
    wanted, _ = by_hand(loss, start, [data] * 3, OPTIMIZERS[MOMENTUM], 0.01)
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)


@pytest.mark.parametrize("target", STEPPING)
def test_resume_to_the_same_bits(target):
    need(target)
    if target in ON_ARRAYS:
        (start, X, y), loss = problem(), parse(MLP, SHAPES)
    else:
        start, X, y, loss = tiny(), POINTS, WANTED, parse(XOR, XOR_SHAPES)
    step = compile_step(loss, NAMES, ADAM, constants=CONSTANTS, target=target)
    X = X.astype(np.float32)
    whole, first, second = (step.start(start) for _ in range(3))
    for run in (whole, whole, whole, first):
        run.epoch(X, y, batch=6, lr=0.01)
    second.restore(first.state())
    for _ in range(2):
        second.epoch(X, y, batch=6, lr=0.01)
    assert second.t == whole.t
    for name, value in whole.parameters.items():
        np.testing.assert_array_equal(second.parameters[name], value)


ALONE = """
import sys; sys.modules["graphgrad"] = None
import numpy as np, mlp_step
theta = np.random.default_rng(0).normal(size=53).astype("float32"); m = np.zeros_like(theta)
X, y = np.ones((4, 6), "float32"), np.zeros(4, "int64")
if hasattr(mlp_step, "bind"):
    step, _ = mlp_step.bind(theta, m, 4)
    losses = [step(X, y, t, 0.1) for t in range(1, 20)]
else:
    losses = []
    for t in range(1, 20):
        theta, m, loss = mlp_step.step(theta, m, X, y, t, 0.1)
        losses.append(float(loss))
print(losses[-1] < losses[0])
"""


@pytest.mark.parametrize("target", ON_ARRAYS)
def test_saved_steps_train_alone(target, tmp_path):
    need(target)
    compile_step(parse(MLP, SHAPES), NAMES, MOMENTUM, target=target).save(tmp_path / "mlp_step.py")
    command, known = [sys.executable, "-c", ALONE], {"NUMBA_DISABLE_JIT": "1", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, cwd=tmp_path, env=known, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"


SOURCES = """
import importlib.util
spec = importlib.util.spec_from_file_location("steps", {file!r})
steps = importlib.util.module_from_spec(spec)
spec.loader.exec_module(steps)
print([steps.source_of(target) for target in steps.STEPPING])
"""


def source_of(target):
    """A mark of the sources of a target's steps."""
    text = compile_step(parse(XOR, XOR_SHAPES), NAMES, ADAM, constants=CONSTANTS, target=target).source
    if target in ON_ARRAYS:
        text += compile_step(parse(MLP, SHAPES), NAMES, ADAM, constants=CONSTANTS, target=target).source
    return hashlib.sha256(text.encode()).hexdigest()


def test_same_bytes_from_run_to_run():
    for target in STEPPING:
        need(target)
    for seed in "12":
        known = {"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"}
        command = [sys.executable, "-c", SOURCES.format(file=__file__)]
        done = subprocess.run(command, env=known, check=True, capture_output=True, text=True)
        assert done.stdout == f"{[source_of(target) for target in STEPPING]}\n"


def test_what_a_target_cannot_step(monkeypatch):
    for target in ("python", "c"):
        need(target)
        with pytest.raises(TargetError, match="no steps of this program"):
            compile_step(parse(MLP, SHAPES), NAMES, "p - g", target=target)
    with pytest.raises(TargetError, match="takes no steps"):
        compile_step(parse(XOR, XOR_SHAPES), NAMES, "p - g", target="javascript")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for name, row in TARGETS.items():
        if row.package:
            with pytest.raises(TargetError, match=rf"pip install 'graphgrad\[{row.extra}\]'"):
                compile_step(parse(XOR, XOR_SHAPES), NAMES, "p - g", target=name)


def test_scipy_is_another_name_of_numpy():
    """Its products once added to the parameters, which brought nothing: no module and no checkpoint is refused."""
    steps = [compile_step(parse(MLP, SHAPES), NAMES, "p - lr * g", target=target) for target in ("scipy", "numpy")]
    assert steps[0].source == steps[1].source
    assert compile(parse("x"), target="scipy").target == "numpy"


STEP = "mean(square(tanh(X @ W + step) * train + bind))"


@pytest.mark.parametrize("target", STEPPING)
def test_parameters_called_as_the_functions_of_a_module(target):
    need(target)
    shapes = {"X": ("N", 3), "W": (3, 2), "step": 2, "train": 2, "bind": ()}
    loss, rng = parse(STEP, shapes), np.random.default_rng(0)
    start = {name: rng.normal(size=shapes[name]) for name in shapes if name != "X"}
    X = rng.normal(size=(4, 3))
    run = compile_step(loss, [*start], "p - 0.1 * g", dtype="float64", target=target, batch=4).start(start)
    wanted, values = by_hand(loss, start, [{"X": X}] * 5, lambda p, g, *_: p - 0.1 * g, 0)
    losses = [*(run(X) for _ in range(3)), *run.epoch(np.vstack([X, X]), batch=4)]
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)
    for name, value in values.items():
        np.testing.assert_allclose(run.parameters[name], value, rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("target", ON_ARRAYS)
def test_names_of_the_users_that_modules_use_too(target, dtype):
    need(target)
    text = "exp = X @ W; log = log(1 + square(exp)) * np; L = sum(tanh(log) * real) + i * sum(exp(np)) + work * theta"
    shapes = {"X": ("N", 3), "W": (3, 2), "np": 2, "real": (), "i": (), "work": (), "theta": ()}
    loss = parse(text, shapes)
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=shapes[name]) for name in ("W", "np")}
    data = {"X": rng.normal(size=(4, 3)), "real": 0.5, "i": 2.0, "work": 1.0, "theta": 3.0}
    run = compile_step(loss, ["W", "np"], "p - 0.1 * g", dtype=dtype, target=target).start(values)
    losses = [run(*[data[name] for name in run.step.data]) for _ in range(3)]
    wanted, _ = by_hand(loss, values, [data] * 3, lambda p, g, *_: p - 0.1 * g, 0)
    np.testing.assert_allclose(losses, wanted, rtol=1e-10 if dtype == "float64" else 1e-5)
