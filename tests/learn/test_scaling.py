"""Standardized data: training sees numbers near 1, the model and all it is exported to take and give the user's own."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st

from graphgrad.core.errors import UsageError
from graphgrad.learn.models.model import Model, accuracy, load
from graphgrad.learn.models.scaling import Scaling, Spread, scaled, spread
from graphgrad.learn.networks.losses import LOSSES
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 3)) * [5, 1e-7, 1e9] + [2000, 0, 1e9]
Y = 3e5 + 1e4 * (X[:, 0] - 2000) + 1e-5 * X[:, 2]
HOW = {"epochs": 20, "lr": 0.01, "batch_size": 16}
NETS = {
    "layers": mlp(3, 8, 1),
    "one layer": mlp(3, 1),
    "names taken": network(
        "V_mean = tanh(V @ A.T + V_scale)\nsum(V_mean, axis=1)", V=("N", 3), A=(4, 3), V_scale=4, seed=1
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_it_is_training_on_numbers_scaled_by_hand(net, dtype):
    X_, Y_ = X.astype(dtype), Y.astype(dtype)
    y = Y_[:, None] if net.sizes[1] else Y_
    by_x, by_y = spread(X_), spread(y)
    ours, history = fit(net, X, Y, standardize=True, dtype=dtype, **HOW)
    plain, by_hand = fit(net, by_x.of(X_), by_y.of(y), dtype=dtype, **HOW)
    assert history["loss"] == by_hand["loss"]
    found = plain.predict(by_x.of(X_)) * by_y.scale + by_y.mean
    np.testing.assert_allclose(ours.predict(X), found, rtol=1e-12 if dtype == "float64" else 1e-6)
    assert {*net.values} == {*ours.net.values}  # which may be trained again, and is standardized once
    assert {*net.values} < {*ours.whole.net.values}
    assert np.var(Y - ours.predict(X).ravel()) < np.var(Y)


@given(st.lists(st.lists(st.floats(-1e200, 1e200), min_size=2, max_size=2), min_size=1, max_size=9))
def test_what_is_standardized_has_mean_0_and_deviation_1_or_is_constant(rows):
    rows = np.array(rows)
    mean, scale = spread(rows)
    assert (scale > 0).all()
    assert np.isfinite(scale).all()
    seen = Spread(mean, scale).of(rows)
    constant = np.ptp(rows, axis=0) <= 1e-13 * np.abs(rows).max(axis=0)
    assert np.abs(seen[:, ~constant]).max(initial=0) <= len(rows)
    for column, flat in enumerate(np.ptp(rows, axis=0) == 0):
        assert not flat or (scale[column] == 1 and np.allclose(seen[:, column] / max(1, abs(mean[column])), 0))


def test_roundings_are_no_deviation():
    assert spread(np.array([[0.3], [0.1 + 0.2]])).scale == 1
    assert spread(np.array([[0.3], [0.3 + 1e-9]])).scale < 1


def test_scikit_learn_standardizes_alike():
    preprocessing = pytest.importorskip("sklearn.preprocessing", reason="scikit-learn is not installed")
    rows = np.column_stack([X, np.full(60, 0.1)])
    theirs = preprocessing.StandardScaler().fit(rows)
    np.testing.assert_allclose(spread(rows).of(rows), theirs.transform(rows), atol=1e-9)


def test_a_constant_column_changes_nothing():
    with_it = np.column_stack([X[:, :1], np.full(60, 0.1), X[:, 1:]])
    net = mlp(4, 8, 1)
    model, _ = fit(net, with_it, Y, standardize=True, **HOW)
    less = net.values["W1"][:, [0, 2, 3]]
    rest = network(net.text, X=("N", 3), W1=(8, 3), b1=8, W2=(1, 8), b2=1)
    rest = rest.starting({**net.values, "W1": less})
    np.testing.assert_allclose(model.predict(with_it), fit(rest, X, Y, standardize=True, **HOW)[0].predict(X))


def test_what_is_held_out_is_not_measured():
    far = 1e6 * X
    model, history = fit(mlp(3, 8, 1), X, Y, standardize=True, validation=(far, Y), **HOW)
    again, _ = fit(mlp(3, 8, 1), X, Y, standardize=True, **HOW)
    assert np.array_equal(model.preparation.scaling.X.mean, again.preparation.scaling.X.mean)
    wanted = (Y - Y.mean()) / Y.std()
    found = (model.predict(far).ravel() - Y.mean()) / Y.std()
    assert history["validation"][-1] == pytest.approx(np.mean((found - wanted) ** 2))


def test_classes_stay_classes_and_outputs_have_a_scale_each():
    words = np.where(X[:, 0] > 2000, "new", "old")
    model, _ = fit(mlp(3, 8, 2), X, words, standardize=True, **HOW)
    assert model.classes == ("new", "old")
    assert accuracy(model, X, words) > 0.9
    assert model.preparation.scaling.Y is None
    assert np.allclose(model.probabilities(X).sum(axis=1), 1)
    two = np.column_stack([Y, 1e-9 * Y[::-1]])
    model, _ = fit(mlp(3, 20, 2), X, two, standardize=True, optimizer="lbfgs", steps=300)
    assert (np.var(two - model.predict(X), axis=0) < 0.5 * np.var(two, axis=0)).all()


@pytest.mark.parametrize("net", NETS.values(), ids=NETS)
def test_files_and_modules_take_the_user_s_own_numbers(tmp_path, net):
    ours, _ = fit(net, X, Y, standardize=True, **HOW)
    ours.save(tmp_path / "model.safetensors")
    assert np.array_equal(load(tmp_path / "model.safetensors").predict(X), ours.predict(X))
    ours.export(tmp_path / "net.py")
    program = f"import json, net; print(json.dumps(net.predict({X[:5].tolist()}).tolist()))"
    said = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(said.stdout), ours.predict(X[:5]), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_takes_the_user_s_own_numbers(tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    ours, _ = fit(mlp(3, 8, 1), X, Y, standardize=True, **HOW)
    ours.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"X": X})[0], ours.predict(X), rtol=1e-9)


@pytest.mark.parametrize("sizes", [(3, 1), (3, 8, 1), (3, 8, 5, 2)])
def test_pytorch_takes_the_user_s_own_numbers(tmp_path, sizes):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from safetensors.torch import load_file

    y = Y if sizes[-1] == 1 else np.column_stack([Y, -2 * Y])
    ours, _ = fit(mlp(*sizes), X, y, standardize=True, **HOW)
    ours.export(tmp_path / "net.safetensors")
    layers = [
        layer for i in range(1, len(sizes)) for layer in (torch.nn.Linear(*sizes[i - 1 : i + 1]), torch.nn.Tanh())
    ]
    theirs = torch.nn.Sequential(*layers[:-1]).double()
    theirs.load_state_dict(load_file(tmp_path / "net.safetensors"))
    np.testing.assert_allclose(theirs(torch.from_numpy(X)).detach().numpy(), ours.predict(X), rtol=1e-9)


def test_a_program_of_your_own_keeps_its_names_in_the_state_dict():
    from graphgrad.learn.models.export import state_dict

    ones = Scaling(Spread(np.ones(3), np.ones(3)), None)
    skip = network(
        "h1 = X @ W1.T + b1\nt1 = tanh(h1) + X\nR = t1 @ W2.T + b2", X=("N", 3), W1=(3, 3), b1=3, W2=(1, 3), b2=1
    )
    names = list(state_dict(scaled(Model(skip, LOSSES["mse"]), ones)))
    assert names == ["X_mean", "X_scale", "W1", "b1", "W2", "b2"]
    ends = network("h1 = X @ W1.T + b1\nt1 = tanh(h1)", X=("N", 3), W1=(3, 3), b1=3)
    assert list(state_dict(Model(ends, LOSSES["mse"]))) == ["W1", "b1"]


def test_a_run_goes_on(tmp_path):
    whole, _ = fit(mlp(3, 8, 1), X, Y, standardize=True, **HOW)
    kept = {"checkpoint": tmp_path / "run.safetensors", "resume": True, "standardize": True}
    fit(mlp(3, 8, 1), X, Y, **kept, **HOW | {"epochs": 7})
    resumed, _ = fit(mlp(3, 8, 1), X, Y, **kept, **HOW)
    assert all(np.array_equal(resumed.weights[name], value) for name, value in whole.weights.items())
    with pytest.raises(UsageError, match="another run"):
        fit(mlp(3, 8, 1), X, Y, **kept | {"standardize": False}, **HOW)


def test_what_cannot_be_standardized_is_refused(tmp_path):
    np.save(tmp_path / "X.npy", X)
    with pytest.raises(UsageError, match="memory-mapped examples are not standardized"):
        fit(mlp(3, 1), np.load(tmp_path / "X.npy", mmap_mode="r"), Y, standardize=True, **HOW)
    words = network("reshape(take(E, X, axis=0), (-1, 6)) @ W.T", X=("N", 2), E=(5, 3), W=(1, 6))
    with pytest.raises(UsageError, match="'X' holds positions in a table"):
        fit(words, np.zeros((60, 2), int), Y, standardize=True, **HOW)
