"""Exports give the same scores in their own worlds: PyTorch, bare NumPy in another process, ONNX's runtime."""

import subprocess
import sys

import numpy as np
import pytest

from graphgrad.core.errors import TargetError, UsageError
from graphgrad.learn.models.export import state_dict
from graphgrad.learn.models.model import Model
from graphgrad.learn.networks.losses import LOSSES
from graphgrad.learn.networks.network import mlp, network

X = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)


def model(activation="tanh", loss="cross_entropy", dtype="float32"):
    net = mlp(4, 6, 5, 3, activation=activation, seed=1)
    return Model(net.starting(b1=np.arange(6.0), b3=[0.1, 0.2, 0.3]), LOSSES[loss], dtype)


def test_pytorch_loads_the_state_dict(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from safetensors.torch import load_file

    ours = model("relu")
    ours.export(tmp_path / "net.safetensors")
    nn = torch.nn
    theirs = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    theirs.load_state_dict(load_file(tmp_path / "net.safetensors"))
    found = theirs(torch.from_numpy(X)).detach().numpy()
    np.testing.assert_allclose(found, ours.scores(X), rtol=1e-5, atol=1e-6)


def test_the_state_dict_has_pytorch_s_names_and_shapes(tmp_path):
    from safetensors.numpy import load_file

    model().export(tmp_path / "net.safetensors")
    shapes = {name: array.shape for name, array in load_file(tmp_path / "net.safetensors").items()}
    assert shapes == {
        "0.weight": (6, 4), "0.bias": (6,), "2.weight": (5, 6), "2.bias": (5,), "4.weight": (3, 5), "4.bias": (3,),
    }  # fmt: skip


def test_the_state_dict_of_another_program_keeps_its_names():
    net = network("h = tanh(X @ W1 + b1); R = h @ W2.T + b2", X=("N", 4), W1=(4, 6), b1=6, W2=(3, 6), b2=3)
    assert list(state_dict(Model(net, LOSSES["mse"]))) == ["W1", "b1", "W2", "b2"]


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "binary_cross_entropy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_module_runs_without_graphgrad(tmp_path, loss, dtype):
    ours = model("gelu", loss, dtype)
    ours.export(tmp_path / "net.py")
    np.save(tmp_path / "X.npy", X)
    program = (
        "import sys; sys.modules['graphgrad'] = None; sys.path.insert(0, '.')\n"
        "import net, numpy as np; X = np.load('X.npy')\n"
        "np.savez('found.npz', scores=net.scores(X), predictions=net.predict(X))"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, cwd=tmp_path)
    with np.load(tmp_path / "found.npz") as found:
        np.testing.assert_array_equal(found["scores"], ours.scores(X))
        np.testing.assert_array_equal(found["predictions"], ours.predict(X))


ACTIVATIONS = ["tanh", "sigmoid", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "square", "x**3 / 10", "sin"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # onnx's own, of ml_dtypes and protobuf
def test_onnx_s_runtime_gives_the_same_scores(tmp_path, activation):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    ours = model(activation)
    ours.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    found, *_ = session.run(None, {"X": X})
    np.testing.assert_allclose(found, ours.scores(X), rtol=1e-4, atol=1e-5)
    one, *_ = session.run(None, {"X": X[:1]})
    np.testing.assert_allclose(one, ours.scores(X[:1]), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_of_a_program_of_your_own(tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    text = "h = tanh(X @ W.T) + X; s = softmax(h); R = s / sum(s * s, axis=1, keepdims=True) + where(h > 0, h, -h)"
    ours = Model(network(text, X=("N", 4), W=(4, 4), seed=2), LOSSES["mse"], "float32")
    ours.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"X": X})[0], ours.scores(X), rtol=1e-4, atol=1e-5)


PROGRAMS = {  # of operations that change shapes, from examples of shape (N, 4)
    "kernel": ("c = relu(X[:, :-2] * k[0] + X[:, 1:-1] * k[1] + X[:, 2:] * k[2]); R = sum(c, axis=1)[:, None] * w",
               {"k": 3, "w": 2}),
    "slices": ("R = (X[:, ::-1] + X[:, -1][:, None] * X)[:, ::2] @ w", {"w": (2, 3)}),
    "kernel of two axes": ("P = reshape(X, (-1, 2, 2)); R = reshape(P[:, 1:, :] * k[0, 0] + P[:, :1, :], (-1, 2))",
                           {"k": (1, 1)}),
    "attention": ("S = expand_dims(X, axis=2) * q; A = softmax(S @ swap(S) / 2); R = (A @ S @ C)[:, 0, :]",
                  {"q": 3, "C": (3, 2)}),
    "normal": ("h = X @ W.T; n = (h - mean(h, axis=1, keepdims=True)) / std(h, axis=1, keepdims=True); R = n * s",
               {"W": (5, 4), "s": 5}),
    "extremes": ("R = max(X, axis=1, keepdims=True) * v + clip(X, -1, 1)[:, :2] - min(X, axis=1)[:, None]", {"v": 2}),
    "side by side": ("R = concatenate([tanh(X @ W.T), X], axis=1) @ V.T", {"W": (5, 4), "V": (1, 9)}),
    "stacked": ("R = sum(stack([tanh(X @ W.T), X], axis=1), axis=1)", {"W": (4, 4)}),
    "broadcast": ("R = X @ W.T + broadcast_to(b, (3,)) + ones_like(b) + prod(X, axis=1, keepdims=True)",
                  {"W": (3, 4), "b": 1}),
    "squeezed": ("R = squeeze(expand_dims(X, axis=1) @ W, axis=1) + argmax(X, axis=1)[:, None]", {"W": (4, 2)}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "shapes"), PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_of_operations_that_change_shapes(tmp_path, text, shapes):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    ours = Model(network(text, X=("N", 4), **shapes, seed=2), LOSSES["mse"], "float32")
    ours.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    found, *_ = session.run(None, {"X": X})
    assert found.shape == ours.scores(X).shape
    np.testing.assert_allclose(found, ours.scores(X), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_onnx_takes_words_by_number(tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    ours = Model(network("reshape(take(E, X, axis=0), (-1, 6)) @ W.T", X=("N", 2), E=(5, 3), W=(2, 6)), LOSSES["mse"])
    ours.export(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    words = np.array([[0, 4], [3, 1]])
    np.testing.assert_allclose(session.run(None, {"X": words})[0], ours.scores(words), rtol=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_errors(tmp_path):
    with pytest.raises(UsageError, match="no known kind"):
        model().export(tmp_path / "net.pt")
    pytest.importorskip("onnx", reason="onnx is not installed")
    odd = Model(network("hypot(X, w)", X=("N", 4), w=4), LOSSES["mse"])
    with pytest.raises(TargetError, match="hypot"):
        odd.export(tmp_path / "net.onnx")
