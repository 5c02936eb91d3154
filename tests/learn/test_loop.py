"""How a run ends, what it says meanwhile, and what it keeps in memory."""

import tracemalloc

import numpy as np
import pytest

from graphgrad.core.errors import DomainError
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(50, 3))
Y = np.sin(X.sum(axis=1))


def same(one, two):
    assert all(np.array_equal(one.weights[name], two.weights[name]) for name in one.weights)


def test_patience_gives_the_best_model():
    X, y = GENERATOR.normal(size=(40, 5)), GENERATOR.normal(size=40)  # noise: validation gets worse soon
    held = (GENERATOR.normal(size=(40, 5)), GENERATOR.normal(size=40))
    model, history = fit(mlp(5, 30, 1), X, y, epochs=500, lr=0.02, validation=held, patience=5)
    assert len(history) < 500
    best = min(history["validation"])
    assert history["validation"].index(best) == len(history) - 6
    assert np.mean((model.predict(held[0]).ravel() - held[1]) ** 2) == pytest.approx(best)


@pytest.mark.parametrize(
    ("net", "options", "said"),
    [
        (
            mlp(3, 4, 1, activation="square"),
            {"optimizer": "sgd", "lr": 10.0},
            r"step \d+: square\(R - Y\) [=≈] .* is beyond float64",
        ),
        (
            mlp(3, 30, 1, activation="exp"),
            {"optimizer": "sgd", "lr": 1e4},
            r"step \d+: exp\(h1\) [=≈] .* is beyond float64",
        ),
        (network("log(X @ w)", X=("N", 3), w=3), {}, r"step 1: .*log"),
        (mlp(3, 20, 1), {"optimizer": "p - lr * g / (g - g)", "lr": 0.1}, "step 1: the update gives"),
    ],
    ids=["square", "exp", "log", "update"],
)
def test_divergence_names_the_first_node_that_went_bad(net, options, said):
    with pytest.raises(DomainError, match=said):
        fit(net, X, Y, loss="mse", epochs=100, **options)


def test_divergence_of_lbfgs():
    pytest.importorskip("scipy", reason="scipy is not installed")
    with pytest.raises(DomainError, match=r"step 1: .*log"):
        fit(network("log(X @ w)", X=("N", 3), w=3), X, Y, optimizer="lbfgs", steps=9)


def test_a_progress_bar_goes_to_standard_error_and_changes_nothing(capsys):
    shown, _ = fit(mlp(3, 20, 1), X, Y, epochs=3, progress=True)
    said = capsys.readouterr()
    assert not said.out
    assert "examples/s" in said.err
    quiet, _ = fit(mlp(3, 20, 1), X, Y, epochs=3, progress=False)
    assert not capsys.readouterr().err
    same(shown, quiet)


def test_a_tiny_network_takes_only_the_rows_it_needs():
    """All 200 000 of them as Python's numbers would be 20 MB, and that for every few steps."""
    many = np.random.default_rng(0).normal(size=(200_000, 3))
    truth = many.sum(axis=1)
    tracemalloc.start()
    _, history = fit(mlp(3, 3, 1), many, truth, steps=100, batch_size=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert history[-1].step == 100
    assert peak < 6e6


def test_memory_stays_flat():
    """A thousand epochs; the peak of Python's and NumPy's allocations after the first ten is the peak of all."""
    peaks = []

    def each(record):
        if record.epoch in {10, 1000}:
            peaks.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    fit(mlp(3, 20, 1), X, Y, epochs=1000, batch_size=25, each=each)
    tracemalloc.stop()
    assert peaks[1] - peaks[0] < 600_000  # a thousand records, and nothing else
