"""Exports give the same scores in their own worlds: PyTorch, bare NumPy in another process, ONNX's runtime."""

import subprocess
import sys

import numpy as np
import pytest

from graphgrad.core.errors import TargetError, UsageError
from graphgrad.learn.losses import LOSSES
from graphgrad.learn.model import Model
from graphgrad.learn.network import mlp, network

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
    (found,) = session.run(None, {"X": X})
    np.testing.assert_allclose(found, ours.scores(X), rtol=1e-4, atol=1e-5)
    (one,) = session.run(None, {"X": X[:1]})
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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_errors(tmp_path):
    with pytest.raises(UsageError, match="no known kind"):
        model().export(tmp_path / "net.pt")
    pytest.importorskip("onnx", reason="onnx is not installed")
    odd = Model(network("hypot(X, w)", X=("N", 4), w=4), LOSSES["mse"])
    with pytest.raises(TargetError, match="hypot"):
        odd.export(tmp_path / "net.onnx")
