"""Rows, classes and parameters that count more or less than others."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.learn.networks.losses import LOSSES, objective
from graphgrad.learn.networks.weights import weighed
from graphgrad.learn.updates.optimizers import OPTIMIZERS

GENERATOR = np.random.default_rng(1)
X = GENERATOR.normal(size=(21, 3))
TARGETS = {
    "numbers": GENERATOR.normal(size=(21, 2)),
    "labels": GENERATOR.integers(0, 4, 21),
    "yes or no": GENERATOR.integers(0, 2, 21).astype(float),
}
OUTPUTS = {"numbers": 2, "labels": 4, "yes or no": 1}
COUNTS = GENERATOR.integers(0, 4, 21)


def of(loss):
    return LOSSES[loss].target if loss in LOSSES else "numbers"


@pytest.mark.parametrize("loss", [*LOSSES, "sqrt(mean(square(R - Y)))", "mean(logsumexp(abs(R - Y), axis=1))"])
def test_a_weight_is_how_often_a_row_is_there(loss):
    """The whole gradient: a step on weighted rows is one on rows that are repeated."""
    target, net = of(loss), gg.mlp(3, 5, OUTPUTS[of(loss)], seed=3)
    y = TARGETS[target]
    how = {"loss": loss, "optimizer": "sgd", "lr": 0.01, "steps": 5, "batch_size": None, "l2": 0.01}
    one, _ = gg.fit(net, X, y, sample_weight=COUNTS, **how)
    two, _ = gg.fit(net, np.repeat(X, COUNTS, axis=0), np.repeat(y, COUNTS, axis=0), **how)
    if loss in {"squared_error", "nll"}:  # sums, whose weights are 1 on average over the rows that count
        share = np.count_nonzero(COUNTS) / COUNTS.sum()
        two, _ = gg.fit(
            net,
            np.repeat(X, COUNTS, axis=0),
            np.repeat(y, COUNTS, axis=0),
            **how | {"lr": 0.01 * share, "l2": 0.01 / share},
        )
    for name, value in one.net.values.items():
        assert np.allclose(value, two.net.values[name], rtol=1e-9, atol=1e-12)


def test_a_loss_that_takes_rows_together_is_refused():
    with pytest.raises(gg.UsageError, match="'max' takes rows together"):
        weighed(objective(gg.mlp(3, 2), "max(abs(R - Y))"))


def test_equal_weights_change_no_bit():
    net, how = gg.mlp(3, 5, 2), {"epochs": 3, "batch_size": 4}
    plain, _ = gg.fit(net, X, TARGETS["numbers"], **how)
    same, _ = gg.fit(net, X, TARGETS["numbers"], sample_weight=np.full(21, 7.5), **how)
    assert all(np.array_equal(plain.weights[name], same.weights[name]) for name in plain.weights)


def test_classes_that_are_balanced_are_found():
    X = GENERATOR.normal(size=(400, 2))
    y = np.where(X[:, 0] + 0.8 * GENERATOR.normal(size=400) > 1.9, "rare", "usual")
    how = {"epochs": 30, "lr": 0.01}
    found = {}
    for said in (None, "balanced", {"rare": 20.0}):
        model, _ = gg.fit(gg.mlp(2, 8, 2), X, y, class_weight=said, **how)
        found[str(said)] = np.mean(model.predict(X)[y == "rare"] == model.classes.index("rare"))
    assert found["None"] < 0.6 < min(found["balanced"], found["{'rare': 20.0}"])


REFUSED = {
    "no class": ({"class_weight": {"tulip": 2}}, "'tulip', which is no class; there are lily, rose"),
    "too many": ({"sample_weight": np.ones(20)}, r"shape \(20,\) of float64, where 21 have a number each"),
    "negative": ({"sample_weight": np.arange(21.0) - 3}, "counts less than nothing"),
    "no number": ({"sample_weight": [*np.ones(20), np.nan]}, "sample_weight.20.*no number"),
    "nothing": ({"sample_weight": np.zeros(21)}, "no example counts anything"),
    "a word": ({"class_weight": "balance"}, "class_weight must be 'balanced', or a mapping"),
    "no parameter": ({"rates": {"W3": 0}}, "'W3', which is no parameter of the network; its parameters are W1, b1"),
    "no rate": ({"rates": {"W1": -1}}, "the rate of W1 must be a finite number, 0 or more"),
}


@pytest.mark.parametrize(("how", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_weighed(how, said):
    y = np.where(TARGETS["labels"] > 1, "rose", "lily")
    with pytest.raises((gg.UsageError, gg.DataError), match=said):
        gg.fit(gg.mlp(3, 5, 2), X, y, epochs=1, **how)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_rate_of_zero_freezes(optimizer, tmp_path):
    net = gg.mlp(3, 9, 2)
    how = {"epochs": 3, "optimizer": optimizer, "rates": {"W1": 0, "b2": 0}, "batch_size": 5}
    model, _ = gg.fit(net, X, TARGETS["numbers"], **how)
    moved = {name: not np.array_equal(net.values[name], value) for name, value in model.net.values.items()}
    assert moved == {"W1": False, "b1": True, "W2": True, "b2": False}
    again = {"checkpoint": tmp_path / "run.safetensors", "resume": True}
    gg.fit(net, X, TARGETS["numbers"], **how | {"epochs": 1}, **again)
    resumed, _ = gg.fit(net, X, TARGETS["numbers"], **how, **again)
    assert all(np.array_equal(model.weights[name], resumed.weights[name]) for name in model.weights)
    with pytest.raises(gg.UsageError, match="another run"):
        gg.fit(net, X, TARGETS["numbers"], **how | {"rates": {"W1": 0.5}}, **again)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_rate_multiplies_the_step(target):
    """Of plain descent, exactly: the step of W1 is three times as long."""
    net, how = gg.mlp(3, 2), {"optimizer": "sgd", "lr": 0.1, "steps": 1, "batch_size": 1, "target": target}
    (plain, _), (fast, _) = (gg.fit(net, X, TARGETS["numbers"], **how, **more) for more in ({}, {"rates": {"W1": 3}}))
    step = plain.net.values["W1"] - net.values["W1"]
    assert np.allclose(fast.net.values["W1"] - net.values["W1"], 3 * step)
    assert np.allclose(fast.net.values["b1"], plain.net.values["b1"])
