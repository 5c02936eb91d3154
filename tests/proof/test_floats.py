"""Gradients that are functions of floats: other libraries' are judged up to rounding, wrong ones found out."""

import importlib.util
import math

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.proof.report import Verdict

PROGRAMS = {  # text, and the same in a library's own functions
    "sum(tanh(x))": lambda n, x: n.sum(n.tanh(x)),
    "sum(1 / (1 + exp(-x)))": lambda n, x: n.sum(1 / (1 + n.exp(-x))),
    "log(sum(exp(x)))": lambda n, x: n.log(n.sum(n.exp(x))),
    "sum(sin(x) / x)": lambda n, x: n.sum(n.sin(x) / x),
    "sum((1 - cos(x)) / x)": lambda n, x: n.sum((1 - n.cos(x)) / x),
    "sum(abs(x))": lambda n, x: n.sum(n.abs(x)),
    "max(x)": lambda n, x: n.max(x),
    "sum(x**3 - 2*x)": lambda n, x: n.sum(x**3 - 2 * x),
}


def torch_gradient(f):
    import torch

    def gradient(x):
        leaf = torch.tensor(np.asarray(x, dtype=float), requires_grad=True)
        f(torch, leaf).backward()
        return leaf.grad.numpy()

    return gradient


def jax_gradient(f):
    import jax
    import jax.numpy as jnp

    return jax.grad(lambda x: f(jnp, x))


def autograd_gradient(f):
    import autograd
    import autograd.numpy as anp

    return autograd.grad(lambda x: f(anp, x))


LIBRARIES = {"torch": torch_gradient, "jax": jax_gradient, "autograd": autograd_gradient}


def installed(library):
    return pytest.param(library, marks=pytest.mark.skipif(
        importlib.util.find_spec(library) is None, reason=f"{library} is not installed"))  # fmt: skip


@pytest.mark.parametrize("library", [installed(library) for library in LIBRARIES])
@pytest.mark.parametrize("program", PROGRAMS)
def test_other_libraries(library, program):
    gradient = LIBRARIES[library](PROGRAMS[program])
    for report in (
        gg.verify_function(program, gradient, x=(3,), timeout=60),
        gg.check(gg.parse(program, x=3), x=gradient, timeout=60),
    ):
        assert report["x"].verdict in {Verdict.AGREED, Verdict.NON_SMOOTH}, report
        assert report["x"].digits >= 5
    wrong = gg.verify_function(program, lambda x: np.asarray(gradient(x)) * 1.001, x=(3,), timeout=60)
    assert wrong["x"].verdict is Verdict.REFUTED


@pytest.mark.parametrize("library", [installed("jax"), installed("autograd")])
def test_a_value_and_a_gradient(library):
    module = importlib.import_module(library)
    numpy = importlib.import_module(f"{library}.numpy")
    both = getattr(module, "value_and_grad")(lambda x: numpy.sum(numpy.tanh(x)))  # noqa: B009
    report = gg.verify_function("sum(tanh(x))", both, x=(3,))
    assert {n: str(f.verdict) for n, f in report.items()} == {"x": "AGREED", "value": "AGREED"}
    report = gg.verify_function("sum(tanh(x)) + 1e-3", both, x=(3,))
    assert {n: str(f.verdict) for n, f in report.items()} == {"x": "AGREED", "value": "REFUTED"}


def test_a_function_of_another_library_is_no_truth():
    report = gg.verify_function(lambda x: math.sin(float(x)), np.cos, x=1.0)
    assert report["x"].verdict is Verdict.UNSUPPORTED
    assert "give it as text or in NumPy" in report["x"].reason


def floats(rule):
    """A gradient that takes no symbols."""
    return lambda x: np.array([rule(float(v)) for v in np.ravel(np.asarray(x, dtype=float))]).reshape(np.shape(x))


R, A, U = Verdict.REFUTED, Verdict.AGREED, Verdict.UNKNOWN
TANH = "sum(tanh(x))"
CODES = [  # program, gradient of one entry, verdict
    (TANH, lambda v: 1 - math.tanh(v) ** 2, A), (TANH, lambda v: 1 / math.cosh(min(abs(v), 300.0)) ** 2, A),
    (TANH, lambda v: (1 - math.tanh(v) ** 2) * (1 + 1e-6), R), (TANH, lambda v: 1 - math.tanh(v) ** 2 + 1e-12, R),
    (TANH, lambda v: 1e-3 if v > 15 else 1 - math.tanh(v) ** 2, R),
    (TANH, lambda v: 1e-9 if abs(v) > 30 else 1 - math.tanh(v) ** 2, R),
    (TANH, lambda v: (1 - math.tanh(v) ** 2 + 1e9) - 1e9, U),  # right, but not in floating point
    (TANH, lambda v: math.nan if 0 < v < 1 else 1 - math.tanh(v) ** 2, U),
    ("sum(x**2)", lambda v: 3 * v if abs(v) > 4 else 2 * v, R), ("sum(x**2)", lambda v: v + v, A),
    ("sum(x**2)", lambda v: float(np.float32(2 * v)), U),  # seven digits where there should be sixteen
    ("sum(abs(x))", lambda v: (v > 0) - (v < 0), A), ("sum(abs(x))", lambda v: 1 if v >= 0 else -1, Verdict.NON_SMOOTH),
    ("sum(abs(x))", lambda v: 2 if v == 0 else (v > 0) - (v < 0), R), ("sum(exp(x))", math.exp, A),
    ("sum(exp(x))", lambda v: math.exp(v) if v < 20 else 1.01 * math.exp(v), R),
    ("sum(sqrt(1 + x**2))", lambda v: v / math.hypot(1, v), A), ("sum(x)", lambda v: v / 0, Verdict.UNSUPPORTED),
]  # fmt: skip


@pytest.mark.parametrize(("program", "rule", "verdict"), CODES)
def test_code_of_floats(program, rule, verdict):
    finding = gg.verify_function(program, floats(rule), x=(2,), timeout=60)["x"]
    assert finding.verdict is verdict, finding
    assert (finding.witness is not None) == (verdict is R)


def test_any_name_may_be_an_argument():
    report = gg.verify_function("timeout * value", lambda t, v: (v, t), {"timeout": 1.0, "value": 2.0})
    assert report.ok


def test_claims_are_called_with_what_they_name():
    program = gg.parse("sum(x * y)", x=3, y=3)
    assert gg.check(program, x=lambda y: 1 * y, y=lambda x, y: 0 * y + x).ok
    assert gg.check(program, x=lambda *both: both[1]).ok
    refused = gg.check(program, x=lambda y: y[:2], y=lambda x: x)
    assert [str(f.verdict) for f in refused.values()] == ["UNSUPPORTED", "PROVED"]
    assert "shape (2,), not (3,)" in refused["x"].reason
