"""NumPy functions as they are written: what is captured is what their text says."""

import functools
import sys

import numpy as np
import pytest

from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.frontend.capture import capture
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program

NUMBERS = [  # a function of numbers, and what it means
    (lambda x1, x2: np.log(x1 * x2) * np.sin(x2), "log(x1*x2) * sin(x2)"),
    (lambda x: 2**x + 1 / x - (-x) ** 2 + abs(x) + +x, "2**x + 1/x - (-x)**2 + abs(x) + x"),
    (lambda x: np.pi * x + np.e, "pi * x + e"),
    (lambda x: np.float64(0.5) * x + np.int64(3), "0.5 * x + 3"),
    (lambda x, y: np.maximum(x, y) - np.minimum(x, 0), "maximum(x, y) - minimum(x, 0)"),
    (lambda x: np.where((x > 0) & (x < 1) | ~(x >= 3), x, 0), "where((x > 0) & (x < 1) | ~(x >= 3), x, 0)"),
    (lambda x: np.where(x != 0, x, 1), "where(x != 0, x, 1)"),
    (
        lambda x: np.clip(x, -1, 1) + np.clip(x, a_min=0, a_max=2) + x.clip(0, 3),
        "clip(x, -1, 1) + clip(x, 0, 2) + clip(x, 0, 3)",
    ),
    (lambda x: np.arctan2(x, 2) + np.hypot(x, 1) + np.square(x), "atan2(x, 2) + hypot(x, 1) + square(x)"),
    (lambda x: x.relu() + x.sigmoid(), "relu(x) + sigmoid(x)"),
    (lambda x: x.leaky_relu(slope=0.2) + x.leaky_relu(0.3), "leaky_relu(x, slope=0.2) + leaky_relu(x, slope=0.3)"),
    (lambda x, n=3: x**n, "x ** 3"),
    (lambda x, /, y, *, w: x * y * w, "x * y * w"),
    (lambda x: functools.reduce(lambda a, b: a * x + b, [3, 2, 1]), "(3 * x + 2) * x + 1"),
    (lambda x: sum(x**k for k in range(3)), "0 + x**0 + x**1 + x**2"),
    (functools.partial(lambda x, y: x * y, y=2), "x * 2"),
    (np.sin, "sin(x)"),
]

A, B, u, i, X = ("A", (2, 3)), ("B", (3, 2)), ("u", (3,)), ("i", (2,)), ("X", ("N", 3))
ARRAYS = [  # a function of arrays, what it means, and its inputs
    (lambda A, B: A @ B + np.matmul(A, B), "A @ B + matmul(A, B)", A, B),
    (lambda A, u: A.dot(u) + np.dot(A, u), "dot(A, u) + dot(A, u)", A, u),
    (lambda A: A.T + np.transpose(A) + np.swapaxes(A, 0, 1) + A.mT, "A.T + A.T + A.T + A.T", A),
    (lambda A: A.reshape(3, 2) + np.reshape(A, (3, 2)), "reshape(A, shape=(3, 2)) + reshape(A, shape=(3, 2))", A),
    (lambda A: A.reshape(-1) + A.flatten() + np.ravel(A), "A.reshape(-1) + ravel(A) + ravel(A)", A),
    (
        lambda A: A.sum(axis=0) + np.sum(A, 0) + np.mean(A, axis=-2),
        "A.sum(axis=0) + A.sum(axis=0) + mean(A, axis=-2)",
        A,
    ),
    (lambda A: np.sum(A, axis=(0, 1), keepdims=True), "sum(A, axis=(0, 1), keepdims=True)", A),
    (lambda A: np.max(A, axis=1) - A.min(1), "max(A, axis=1) - min(A, axis=1)", A),
    (lambda u: np.prod(u) + np.var(u, ddof=1) + np.std(u), "prod(u) + var(u, ddof=1) + std(u)", u),
    (lambda u: np.linalg.norm(u) + np.linalg.norm(u, axis=0), "norm(u) + norm(u, axis=0)", u),
    (lambda A: A[0] + A[-1, :] + A[1, ...] + A[1][::-1], "A[0] + A[-1, :] + A[1, ...] + A[1][::-1]", A),
    (lambda A: A[:, None, 1:] * A[np.int64(0), 1], "A[:, None, 1:] * A[0, 1]", A),
    (lambda A, i: A[i] + np.take(A, i, axis=0), "A[i] + take(A, i, axis=0)", A, i),
    (lambda A, i: A[np.arange(2), i], "pick(A, i)", A, i),
    (
        lambda u: np.concatenate([u, u]) * np.concatenate((u, 2 * u), axis=0),
        "concatenate([u, u]) * concatenate([u, 2 * u])",
        u,
    ),
    (lambda u: np.stack([u, u], axis=1), "stack([u, u], axis=1)", u),
    (
        lambda u: np.expand_dims(u, 0) + np.squeeze(np.expand_dims(u, 0)),
        "expand_dims(u, axis=0) + squeeze(expand_dims(u, axis=0))",
        u,
    ),
    (lambda u: np.broadcast_to(u, (2, 3)) + np.outer(u, u)[:2], "broadcast_to(u, shape=(2, 3)) + outer(u, u)[:2]", u),
    (lambda A: A + np.ones_like(A) * np.zeros_like(A), "A + ones_like(A) * zeros_like(A)", A),
    (lambda u: u + np.ones((2, 3)), "u + broadcast_to(1.0, shape=(2, 3))", u),
    (lambda u: u * np.array([1, 2, 3]) + [4, 5, 6], "u * np.array([1, 2, 3]) + np.array([4, 5, 6])", u),
    (lambda u: u.size + u.ndim + len(u) + u.shape[0] * u, "8 + 3 * u".replace("8", "7"), u),
    (lambda A: sum(row * k for k, row in enumerate(A)), "0 + A[0] * 0 + A[1] * 1", A),
    (lambda X: X.sum() / X.shape[0] / X.shape[1], "sum(X) / size(X, axis=0) / 3", X),
    (lambda X: 1 / X.shape[0] * X.sum() / X.size, "1 / size(X, axis=0) * sum(X) / size(X)", X),
    (lambda X: X.reshape(X.shape[0], 3, 1), "reshape(X, shape=(N, 3, 1))", X),
    (lambda X: np.argmax(X, axis=1) * X[0, 0], "argmax(X, axis=1) * X[0, 0]", X),
    (lambda A: A.softmax(axis=0) - A.logsumexp(), "softmax(A, axis=0) - logsumexp(A)", A),
]


@pytest.mark.parametrize(("function", "text"), NUMBERS, ids=[text for _, text in NUMBERS])
def test_functions_of_numbers(function, text):
    assert capture(function) == parse(text)


@pytest.mark.parametrize(
    ("function", "text", "shapes"), [(f, t, dict(s)) for f, t, *s in ARRAYS], ids=[a[1] for a in ARRAYS]
)
def test_functions_of_arrays(function, text, shapes):
    assert capture(function, shapes) == parse(text, shapes)


def test_local_variables_name_the_nodes():
    def lecture(x1, x2):
        y3 = x1 * x2
        y1 = np.log(y3)
        y2 = np.sin(x2)
        w = y1 * y2
        z = w
        return z  # noqa: RET504

    text = "y3 = x1 * x2\ny1 = log(y3)\ny2 = sin(x2)\nw = y1 * y2\nz = w"
    graph = capture(lecture)
    assert program(graph) == text
    assert graph == parse(text)
    assert graph.names == parse(text).names


def test_parameters_are_inputs_in_order():
    assert list(capture(lambda b, a, c: a + c * b).inputs) == ["b", "a", "c"]


def test_a_number_changes_by_assignment_and_an_array_never():
    def grow(x):
        x = x * 2
        x += 1
        return x

    assert capture(grow) == parse("x = x * 2; x += 1")

    def change(x):
        x += 1
        return x

    with pytest.raises(UsageError, match="in place"):
        capture(change, x=3)


def test_a_profiler_is_left_alone():
    seen = []

    def profiler(*event):
        seen.append(event)

    sys.setprofile(profiler)
    try:
        capture(lambda x: x * 2)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def test_errors_of_the_function_are_its_own():
    def broken(x):
        raise KeyError(x.shape)

    before = sys.getprofile()
    with pytest.raises(KeyError):
        capture(broken)
    assert sys.getprofile() is before


def test_handles_stay_in_their_function():
    kept = []
    capture(lambda x: kept.append(x) or x)
    with pytest.raises(UsageError, match="another captured function"):
        capture(lambda y: y * kept[0])


@pytest.mark.parametrize("shapes", [{"y": 3}, {"x": (2.5,)}, {"x": -1}, {"x": "no name"}])
def test_bad_shapes(shapes):
    with pytest.raises(Exception, match=r"parameter|shape"):
        capture(lambda x: x, shapes)


def test_a_parameter_that_is_a_list_of_arrays():
    graph = capture(lambda p, x: np.sum(np.tanh(x @ p[0] + p[1])), p=[(2, 4), (4,)], x=("N", 2))
    assert str(graph) == "sum(tanh(x @ p_0 + p_1))"
    assert [graph.nodes[i].shape for i in graph.inputs.values()] == [(2, 4), (4,), ("N", 2)]
    with pytest.raises(ShapeError, match=r"declare its shape, as in p=\(2, 3\), or p=\[\(2, 3\), \(3,\)\] of a list"):
        capture(lambda p, x: x @ p[0], x=(3, 2))


def put(x):
    parts = np.zeros(3)
    for k in range(3):
        parts[k] = np.sum(x[k])
    return np.sum(parts)


def test_what_is_put_into_an_array_of_numpys():
    with pytest.raises(UsageError, match=r"cannot be put into a NumPy array; collect the parts in a list"):
        capture(put, x=(3, 2))
    with pytest.raises(ValueError, match="invalid literal"):  # the function's own
        capture(lambda x: x * int("three"))
    assert str(capture(lambda x: x.copy() * 2)) == "x * 2"
