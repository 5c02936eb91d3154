"""Certificates: compiled modules at their true size, and single wrong entries among hundreds of thousands."""

import tracemalloc

import numpy as np
import pytest

from graphgrad.compiler.compile import compile as compiled
from graphgrad.frontend.parse import parse
from graphgrad.proof.modules.certificate import certify
from graphgrad.proof.modules.prime_field import PRIMES, power, product
from graphgrad.proof.report import Verdict
from graphgrad.transform.grad import grad

NETWORK = parse("h = tanh(X @ W1.T + b1); s = h @ W2.T + b2; L = cross_entropy(s, y)",
                {"X": ("N", 784), "W1": (128, 784), "b1": 128, "W2": (10, 128), "b2": 10, "y": "N"})  # fmt: skip


@pytest.fixture(scope="module")
def source():
    return compiled(grad(NETWORK, "W1", "b1", "W2", "b2")).source


def test_a_network_of_true_size(source):
    report = certify(source, NETWORK)
    assert list(report) == ["W1", "b1", "W2", "b2"]
    assert {str(f.verdict) for f in report.values()} == {"CERTIFIED"}


def test_memory(source):
    certify(source, NETWORK, {"N": 64})
    tracemalloc.start()
    report = certify(source, NETWORK, {"N": 64})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.ok
    assert all("15 digits in float64" in f.reason for f in report.values())
    assert peak < 4 * 8 * (785 * 128 + 129 * 10)


def test_a_gradient_of_the_wrong_shape(source):
    wrong = source.replace("dL_dW1 = v3_bar.T @ X", "dL_dW1 = X.T @ v3_bar")
    assert {f.verdict for f in certify(wrong, NETWORK).values()} == {Verdict.UNSUPPORTED}
    broken = source.replace("dL_dW1 = v3_bar.T @ X", "dL_dW1 = v3_bar @ X")
    finding = certify(broken, NETWORK)["W1"]
    assert finding.verdict is Verdict.REFUTED
    assert "raises ValueError" in finding.witness.claimed
    assert finding.witness.point["X"] == "0.5 everywhere"
    assert float(finding.witness.true) == pytest.approx(np.log(10))


def test_an_error_without_a_value_is_no_counterexample():
    module = "def value_and_grad(x):\n    return 1 / 0, {'x': x}"
    assert certify(module, parse("log(-square(x))"))["x"].verdict is not Verdict.REFUTED
    assert certify(module, parse("log(x)"))["x"].verdict is Verdict.REFUTED


@pytest.mark.parametrize(("right", "wrong"), [
    ("* sech2(v3)", "* (1 - h)"), ("np.sum(v3_bar, axis=0)", "np.sum(v3_bar[1:], axis=0)"),
    ("dL_dW1 = v3_bar.T @ X", "dL_dW1 = v3_bar.T @ X\n        dL_dW1[57, 3] = dL_dW1[57, 3] * 1.000001"),
    ("dL_dW1 = v3_bar.T @ X", "dL_dW1 = v3_bar.T @ X\n        dL_dW1[127, 783] += 1e-12"),
    ("h_bar = s_bar @ W2", "h_bar = s_bar @ W2 * 0.999999"),
    ("L = cross_entropy(s, y)", "L = cross_entropy(s, y) + 1e-9"),
])  # fmt: skip
def test_one_wrong_entry(source, right, wrong):
    assert right in source
    report = certify(source.replace(right, wrong), NETWORK)
    assert {f.verdict for f in report.values()} == {Verdict.UNKNOWN}
    assert not report.ok


@pytest.mark.parametrize(("program", "shapes"), [
    ("log(x1*x2) * sin(x2)", {}), ("relu(x)*maximum(x, y) + sigmoid(x)/where(x > 0, x, 2) + logsumexp(v)", {"v": 3}),
    ("mse(relu(X @ W.T + b) @ V, t)", {"X": ("N", 6), "W": (5, 6), "b": 5, "V": 5, "t": "N"}),
    ("sum(softmax(S, axis=0) * T) + norm(S) + max(T)", {"S": (30, 4), "T": (30, 4)}),
])  # fmt: skip
def test_other_programs(program, shapes):
    graph = parse(program, shapes)
    assert certify(compiled(grad(graph)).source, graph).ok


@pytest.mark.parametrize("p", PRIMES)
def test_arithmetic(p):
    dice = np.random.default_rng(0)
    a, b = dice.integers(0, p, (7, 500)), dice.integers(0, p, (500, 3))
    exact = (a.astype(object) @ b.astype(object)) % p
    assert (product(a, b, p) == exact.astype(np.int64)).all()
    assert (power(a, p - 2, p) * a % p == (a != 0)).all()
    assert all(p % k for k in range(2, 46342))
