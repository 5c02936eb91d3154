"""Gradients written as NumPy code, as other libraries' functions."""

import math

import numpy as np
import pytest

from graphgrad.core.errors import UsageError
from graphgrad.proof.code import verify_function, verify_vjp
from graphgrad.proof.report import Verdict
from graphgrad.testing import assert_gradient


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def layer(x, gain):
    centred = x - x.mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


def layer_vjp(g, x, gain):
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    unit, h = centred / scale, g * gain
    return (h - h.mean(-1, keepdims=True) - unit * (h * unit).mean(-1, keepdims=True)) / scale, (g * unit).sum(0)


def filled(x):
    g = np.zeros(x.shape)
    for i in range(len(x)):
        g[i] = 2 * x[i]
    return g


def one_wrong(x):
    g = 2 * x
    g[7777] *= 1.0001
    return g


F, V, N, R, K = Verdict.PROVED, Verdict.REFUTED, Verdict.AGREED, Verdict.UNSUPPORTED, Verdict.NON_SMOOTH
CASES = [
    (lambda x: -np.log(softmax(x)[1]), lambda x: softmax(x) - np.array([0, 1, 0]), (3,), F),
    (lambda x: -np.log(softmax(x)[1]), lambda x: softmax(x) - np.array([0, 1, 0]) * 1.000001, (3,), V),
    (lambda x: np.sum(np.where(x > 0, x, 0.1 * x) ** 2), lambda x: np.where(x > 0, 2 * x, 0.02 * x), (3,), F),
    (lambda x: np.sum(np.abs(x)), np.sign, (3,), F),
    (lambda x: np.sum(np.exp(-(x**2) / 2)) / math.sqrt(2 * math.pi),
    lambda x: -x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi), (2,), F),
    (lambda x: np.sum(x**2), filled, (3,), F),
    (lambda x: np.sum(x**2), lambda x: filled(x) * (1 + 1e-6), (3,), V),
    (lambda x: np.sum(x**2), lambda x: np.asarray(x, float) * np.where(np.asarray(x, float) > 30, 2.1, 2.0), (3,), V),
    (lambda x: np.sum(x**2), one_wrong, (10_000,), V),
    (lambda x: math.sin(float(x[0])), np.cos, (1,), R),
    (lambda x: np.mean((x @ x.T) ** 2), lambda x: 4 * (x @ x.T) @ x / 4, (2, 3), F),
    (lambda x: np.max(x) * np.prod(x), lambda x: (x == np.max(x)) * np.prod(x) + np.max(x) * np.prod(x) / x, (3,), K),
    ("sum(tanh(x))", lambda x: 1 - np.tanh(x) ** 2, (3,), F),
]  # fmt: skip


@pytest.mark.parametrize(("f", "grad_f", "shape", "verdict"), CASES)
def test_functions(f, grad_f, shape, verdict):
    assert verify_function(f, grad_f, timeout=60, x=shape)["x"].verdict is verdict


def test_products():
    assert verify_vjp(layer, layer_vjp, {"x": (2, 3), "gain": (3,)}).ok
    wrong = verify_vjp(lambda a, b: a * b, lambda g, _, b: (g * b, g), {"a": (2,), "b": (2,)})
    assert [str(f.verdict) for f in wrong.values()] == ["PROVED", "REFUTED"]
    with pytest.raises(UsageError, match="shape"):
        verify_vjp(lambda a, b: a * b, lambda g, a, b: (g * b, g * a), {"a": (2, 3), "b": (3,)})


def test_assertion():
    assert_gradient(lambda w: np.sum(w**3), lambda w: 3 * w**2, w=(2,))
    with pytest.raises(AssertionError, match=r"w +REFUTED .*entry \[0\] claimed .*, true "):
        assert_gradient(lambda w: np.sum(w**3), lambda w: 3 * w, w=(2,))


def test_what_a_backward_pass_returns():
    """A tuple of one, as other libraries want it, a size alone for a shape, and no gradient at all."""
    assert str(verify_vjp(np.sin, lambda g, x: (g * np.cos(x),), {"x": 3})["x"].verdict) == "PROVED"
    add = np.add
    assert str(verify_vjp(add, lambda g, *_: (g, np.sum(g, axis=0)), {"x": (3, 2), "b": 2})["b"].verdict) == "PROVED"
    assert str(verify_vjp(add, lambda g, *_: (g, None), {"x": (3, 2), "b": 2})["b"].verdict) == "REFUTED"
    assert verify_vjp(lambda x, _: x, lambda g, *_: (g, None), {"x": (3, 2), "b": 2}).ok
