"""Losses against NumPy written out, and the lecture's proof that negative log-likelihood is cross-entropy."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from graphgrad.core.errors import UsageError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.learn.networks.losses import LOSSES, loss_row, objective
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit

GENERATOR = np.random.default_rng(0)
NUMBERS = GENERATOR.normal(size=(6, 3))
LABELS = np.array([0, 2, 1, 1, 0, 2])


def softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


def huber(error):
    return np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5)


BY_HAND = {
    "squared_error": lambda r, y: ((r - y) ** 2).sum(),
    "half_mse": lambda r, y: ((r - y) ** 2).mean() / 2,
    "mse": lambda r, y: ((r - y) ** 2).mean(),
    "mae": lambda r, y: np.abs(r - y).mean(),
    "huber": lambda r, y: huber(r - y).mean(),
    "binary_cross_entropy": lambda r, y: (
        -(y * np.log(1 / (1 + np.exp(-r))) + (1 - y) * np.log(1 / (1 + np.exp(r)))).mean()
    ),
    "nll": lambda r, y: -np.log(softmax(r)[np.arange(len(y)), y]).sum(),
    "cross_entropy": lambda r, y: -np.log(softmax(r)[np.arange(len(y)), y]).mean(),
    "smoothed_cross_entropy": lambda r, y: -((0.9 * np.eye(3)[y] + 0.1 / 3) * np.log(softmax(r))).sum(axis=1).mean(),
}
TARGETS = {
    "numbers": GENERATOR.normal(size=(6, 3)),
    "labels": LABELS,
    "yes or no": GENERATOR.integers(2, size=(6, 3)).astype(float),
}


def value(net, loss, X, y, **penalties):
    aim = objective(net, loss, **penalties)
    return run(aim.graph, {net.data: X, aim.target: y, **net.values})[aim.graph.output]


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_by_hand(name):
    net = mlp(3, 3, seed=2)
    y = TARGETS[LOSSES[name].target]
    scores = NUMBERS @ net.values["W1"].T + net.values["b1"]
    assert value(net, name, NUMBERS, y) == pytest.approx(BY_HAND[name](scores, y), rel=1e-12)


def test_penalties_are_on_weights_and_not_on_biases():
    net = mlp(3, 4, 3, seed=2).starting(b1=np.ones(4))
    weights = [net.values["W1"], net.values["W2"]]
    plain = value(net, "mse", NUMBERS, TARGETS["numbers"])
    squares = value(net, "mse", NUMBERS, TARGETS["numbers"], l2=0.1) - plain
    sizes = value(net, "mse", NUMBERS, TARGETS["numbers"], l1=0.2) - plain
    assert squares == pytest.approx(0.1 * sum((w**2).sum() for w in weights))
    assert sizes == pytest.approx(0.2 * sum(np.abs(w).sum() for w in weights))


def test_a_loss_of_your_own():
    net = mlp(3, 3, seed=2)
    expected = np.abs(NUMBERS @ net.values["W1"].T + net.values["b1"] - TARGETS["numbers"]) ** 3
    assert value(net, "mean(abs(R - Y) ** 3)", NUMBERS, TARGETS["numbers"]) == pytest.approx(expected.mean())


def test_a_loss_that_speaks_of_parameters_and_hidden_values_is_measured_too():
    X, y = NUMBERS[:, :3], TARGETS["numbers"][:, :1]
    said = {"loss": "mean(square(R - Y)) + 0.1 * sum(square(W1)) + mean(square(t1))", "validation": (X, y), "epochs": 3}
    model, history = fit(mlp(3, 4, 1, seed=2), X, y, **said)
    hidden = np.tanh(X @ model.weights["W1"].T + model.weights["b1"])
    expected = ((model.predict(X) - y) ** 2).mean() + 0.1 * (model.weights["W1"] ** 2).sum() + (hidden**2).mean()
    assert history[-1].validation == pytest.approx(expected)


def test_names_that_the_network_has_taken():
    net = network("Y = X @ L.T; S = Y * 2", X=("N", 3), L=(3, 3))
    aim = objective(net, "mse")
    assert aim.target == "Y_"
    assert list(aim.graph.outputs) == ["L_"]
    expected = ((NUMBERS @ net.values["L"].T * 2 - TARGETS["numbers"]) ** 2).mean()
    assert value(net, "mse", NUMBERS, TARGETS["numbers"]) == pytest.approx(expected)


def test_an_output_without_a_name():
    net = network("X @ W1.T + b1", X=("N", 3), W1=(3, 3), b1=3)
    assert value(net, "mse", NUMBERS, TARGETS["numbers"]) > 0


scores = st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=5)


@given(scores, st.data())
def test_negative_log_likelihood_is_cross_entropy_against_one_hot(rows, data):
    """Numerically, on scores of any size: the lecture's two formulas, and ours from class indices."""
    R = np.array(rows)
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(R), max_size=len(R))))
    shapes = {"R": ("N", 3), "Y": ("N",)}
    ours, likelihood = (
        run(parse(text, shapes), {"R": R, "Y": labels})[-1]
        for text in ("cross_entropy(R, Y)", "nll(log_softmax(R), Y)")
    )
    one_hot = run(parse("soft_cross_entropy(R, T)", R=("N", 3), T=("N", 3)), {"R": R, "T": np.eye(3)[labels]})[-1]
    assert ours == pytest.approx(likelihood, rel=1e-12, abs=1e-12)
    assert ours == pytest.approx(one_hot, rel=1e-12, abs=1e-12)


def test_negative_log_likelihood_is_cross_entropy_in_symbols():
    """Exactly: sum of one-hot times log, with symbols for the scores, is the log of the class's own probability."""
    import sympy

    r = sympy.symbols("r1:6")
    logs = [sympy.log(sympy.exp(s) / sum(map(sympy.exp, r))) for s in r]
    for c in range(5):
        cross_entropy = -sum((1 if i == c else 0) * log for i, log in enumerate(logs))
        assert cross_entropy == -logs[c]


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("mes", "did you mean 'mse'"),
        ("mean(R)", "the output R and the target Y"),
        ("square(R - Y)", "no single number"),
    ],
)
def test_errors(loss, said):
    with pytest.raises(UsageError, match=said):
        objective(mlp(2, 1), loss)


LABELS = [
    "cross_entropy(R, Y) + mean(square(R)) * 0.1",
    "cross_entropy(R, Y) + 0.1*soft_cross_entropy(R, softmax(R))",
    "-mean(take(log_softmax(R), Y, axis=1))",
    "q = log_softmax(R); k = Y; -mean(pick(q, k))",
    "nll(log_softmax(R), Y) + 0.01 * sum(square(W1))",
    "cross_entropy(R, Y) + binary_cross_entropy(R, sigmoid(R))",
]


@pytest.mark.parametrize("loss", LABELS)
def test_a_target_is_labels_where_the_graph_takes_it_for_indices(loss):
    if ";" not in loss:
        X, y = np.random.default_rng(0).normal(size=(6, 2)), np.array([0, 1, 2, 2, 1, 0])
        aim = objective(mlp(2, 3), loss)
        assert aim.loss.target == "labels"
        assert aim.graph.nodes[aim.graph.inputs[aim.target]].shape == ("N",)
        assert np.isfinite(run(aim.graph, {**mlp(2, 3).values, "X": X, aim.target: y})[aim.graph.output])
    assert loss_row(loss).target == "labels"


def test_what_a_text_wants_as_target():
    assert loss_row("soft_cross_entropy(R, Y)").target == "numbers"
    assert loss_row("binary_cross_entropy(R, Y)").target == "numbers"
    assert objective(mlp(2, 3), "cross_entropy(R, Y) + sum(W1.T @ W1)").loss.target == "labels"
    assert objective(mlp(2, 3), "mean((R - Y) @ W1)").loss.target == "numbers"
    with pytest.raises(UsageError, match="no weights to penalise"):
        objective(network("X @ w", X=("N", 2), w=2), "mse", l1=0.1)
    with pytest.raises(UsageError, match="0 or more, not -1"):
        objective(mlp(2, 1), "mse", l2=-1.0)
