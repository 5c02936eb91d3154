"""Vectors as columns: the same numbers, the same gradients, and A x + b as textbooks write it."""

import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from programs import tensors

import graphgrad as gg
from graphgrad.cli.main import group
from graphgrad.frontend.columns import in_columns, shape_of_column


def column(value):
    return np.reshape(value, shape_of_column(np.shape(value)))


def same(graph, values):
    """The two forms have the same values and gradients."""
    turned, rows = in_columns(graph), gg.trace(graph, values, allow_nonfinite=True)
    given_as = {n: column(v) if turned.nodes[turned.input(n)].shape != np.shape(v) else v for n, v in values.items()}
    columns = gg.trace(turned, given_as, allow_nonfinite=True)
    np.testing.assert_allclose(columns.value, column(rows.value), rtol=1e-9, atol=1e-12)
    assert list(columns.grad) == list(rows.grad)
    for name, gradient in rows.grad.items():
        np.testing.assert_allclose(columns.grad[name], np.reshape(gradient, np.shape(columns.grad[name])),
                                   rtol=1e-9, atol=1e-12)  # fmt: skip
    assert gg.parse(turned.source, {n: turned.nodes[i].shape for n, i in turned.inputs.items()}) == turned
    return turned


@given(tensors())
def test_columns_are_the_rows_turned(p):
    same(gg.parse(p.text, p.shapes), p.values)


D = np.random.default_rng(5).normal(size=(5, 3))
VALUES = {
    "X": D, "x": D[0], "w": D[1], "v": D[:, 0], "A": np.random.default_rng(1).normal(size=(4, 3)),
    "b": np.array([0.3, -1, 2, 0.7]), "y": D[:, 1],
}  # fmt: skip
FORMS = [
    "sum(tanh(A @ x + b)**2)", "sum((X @ A.T + b)**2)", "mean((X @ w - y)**2)", "sum(softmax(A @ x) * b)",
    "sum(log_softmax(X @ A.T, axis=1) * b)", "x @ w + norm(x) + prod(x)", "sum((x @ A.T)[1:]) + b[2] + b[-1]",
    "sum(sum(X, axis=0) * x) + sum(sum(X, axis=1) * y) + sum(max(X, axis=1, keepdims=True)) + std(x)",
    "sum(concatenate([x, b])**2) + sum(stack([sum(x), b[0]])**2)", "sum(outer(b, x) * A) + mean(x, keepdims=True)[0]",
    "sum((X.T @ X) @ w * x) + sum(reshape(A, -1)) + sum(x.T * [1, 2, 3])", "sum(where(x > 0, x, [0, 0, 0]) * w)",
    "sum(pick(log_softmax(X @ A.T), [0, 1, 2, 3, 0]))", "sum(X[1] * x) + sum(X[:, 1] * y) + sum(x[None] @ A.T)",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_every_form_of_a_product_a_sum_and_a_part(text):
    known = {name: value for name, value in VALUES.items() if name in gg.parse(text, **shapes(text)).inputs}
    same(gg.parse(text, {n: np.shape(v) for n, v in known.items()}), known)
    if "X" in known and ":" not in text and "pick" not in text:
        same(gg.parse(text, {n: named(n, v) for n, v in known.items()}), known)


def shapes(text):
    return {n: np.shape(v) for n, v in VALUES.items() if re.search(rf"\b{n}\b", text)}


def named(name, value):
    return ("N", 3) if name == "X" else "N" if name == "y" else np.shape(value)


def test_a_network_of_rows_is_the_one_that_is_written_with_columns():
    text, net = gg.mlp(3, 4, 2).text, gg.mlp(3, 4, 2, columns=True)
    read = gg.parse(text, gg.mlp(3, 4, 2).shapes, columns=True)
    assert read == net.graph
    assert str(read).startswith("x = X.T\nh1 = W1 @ x + b1\nt1 = tanh(h1)")
    own = gg.network("tanh(X @ W.T + b)", X=("N", 3), W=(4, 3), b=4, columns=True)
    assert own.text == "x = X.T\nz = tanh(W @ x + b).T"
    assert own.starting(b=[[1.0], [2], [3], [4]])(D[0]).shape == (4,)


def test_a_loss_over_a_set_is_one_of_columns():
    text = "T = {((0, 1), 1), ((1, 1), 0)}; L = mean([mean(square(y - (A @ x + b))/2) for (x, y) in T])"
    values = {"A": [[0.5, -2.0]], "b": [0.3]}
    rows = gg.trace(gg.parse(text, A=(1, 2), b=1), values)
    columns = gg.trace(gg.parse(text, A=(1, 2), b=1, columns=True), {**values, "b": [[0.3]]})
    assert columns.value == pytest.approx(rows.value)
    assert columns.grad["A"] == pytest.approx(rows.grad["A"])
    assert gg.parse("x = [2, 3]; A = [[1, 0]]; y = A @ x", columns=True).given["x"] == [[2], [3]]


def test_an_input_may_be_called_columns():
    assert gg.parse("sum(columns)", columns=3).nodes[0].shape == (3,)


def test_the_derivation_in_columns():
    program = "y = A @ x + b; L = sum((y - t)**2)"
    told = gg.derive(gg.parse(program, A=(3, 2), x=2, b=3, t=3), columns=True)
    assert [line.text[-1] for line in told.lines["A"]][-1] == "dL/dv2 @ x.T"
    assert [line.text[-1] for line in told.lines["x"]][-1] == "A.T @ dL/dv2"
    shaped = [f"--shape={name}" for name in ("A=3,2", "x=2", "b=3", "t=3")]
    said = CliRunner().invoke(group, ["derive", program, *shaped, "--column-vectors"], catch_exceptions=False).output
    assert said.strip() == str(told)
