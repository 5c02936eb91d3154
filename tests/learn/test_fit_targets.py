"""Training on every target learns the same, and goes on from a checkpoint to the same bits."""

import importlib.util

import numpy as np
import pytest
from installed import need

from graphgrad.compiler.backend import TARGETS
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit

X = np.random.default_rng(0).normal(size=(50, 3))
Y = np.sin(X.sum(axis=1))
TINY = (mlp(3, 4, 1), {"steps": 300, "batch_size": 1, "optimizer": "momentum", "lr": 0.01})
SMALL = (mlp(3, 20, 1), {"epochs": 4, "batch_size": 16, "optimizer": "sgd", "lr": 0.05, "dtype": "float32"})
CASES = [
    (target, *case)
    for target, row in TARGETS.items()
    for case in (TINY, SMALL)
    if row.steps and target not in {"numpy", "jax"} and (case is TINY or row.arrays)
]


@pytest.fixture(autouse=True)
def as_python(monkeypatch):
    if importlib.util.find_spec("numba"):
        import numba

        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)


@pytest.mark.parametrize(("target", "net", "options"), CASES)
def test_fit(target, net, options, tmp_path):
    need(target)
    whole, history = fit(net, X, Y, target=target, **options)
    _, by_numpy = fit(net, X, Y, **options)
    np.testing.assert_allclose(history["loss"], by_numpy["loss"], rtol=1e-9 if options is TINY[1] else 1e-4)
    kept = {"checkpoint": tmp_path / "run.safetensors", "every": 0, "resume": True}
    shorter = options | {"steps": 150} if "steps" in options else options | {"epochs": 2}
    fit(net, X, Y, target=target, **kept, **shorter)
    resumed, _ = fit(net, X, Y, target=target, **kept, **options)
    assert all(np.array_equal(resumed.weights[name], value) for name, value in whole.weights.items())
    with pytest.raises(UsageError, match="another run"):
        fit(net, X, Y, **kept, **options)


def test_a_network_that_is_too_large_for_a_target():
    with pytest.raises(TargetError, match="takes no steps of this program"):
        fit(mlp(3, 50, 1), X, Y, epochs=1, target="python")


def test_examples_that_are_mostly_zeros_are_found_whatever_their_name():
    pytest.importorskip("numba")
    net = network("h = tanh(pixels @ W.T + b); R = h @ V.T", pixels=("N", 6), W=(4, 6), b=4, V=(2, 4))
    rng = np.random.default_rng(0)
    X, y = np.eye(6)[rng.integers(6, size=50)], rng.integers(2, size=50)
    ends = [fit(net, X, y, epochs=3, target=target)[1][-1].loss for target in ("numba", "numpy")]
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)
