"""A network is used as the slide uses its class: called, its layers looked into, traced, named in files."""

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.learn.models.export import state_dict

NET = gg.mlp(3, 5, 2, activation="tanh", seed=4)
ROWS = np.random.default_rng(1).normal(size=(7, 3))


def test_a_call_is_the_forward_pass():
    hidden = np.tanh(ROWS @ NET.l1.weight.T + NET.l1.bias)
    np.testing.assert_allclose(NET(ROWS), hidden @ NET.l2.weight.T + NET.l2.bias, rtol=1e-13)
    np.testing.assert_allclose(NET(ROWS[2]), NET(ROWS)[2], rtol=1e-13)
    assert NET(ROWS[:0]).shape == (0, 2)
    for wrong in (ROWS.T, 1.0, ROWS[None], [1.0, 2.0]):
        with pytest.raises(gg.ShapeError, match=r"an example has shape \(3,\)"):
            NET(wrong)


def test_layers_are_those_of_the_slide():
    assert NET.l2.weight is NET.values["W2"]
    for name in ("l3", "l", "l0", "weight", "_l1"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(NET, name)
    assert gg.network("X @ W1.T", X=("N", 3), W1=(2, 3)).l1.bias is None


def test_it_is_traced_as_it_is():
    traced = gg.trace(NET, X=ROWS)
    np.testing.assert_allclose(traced.value, NET(ROWS), rtol=1e-13)
    model, _ = gg.fit(NET, ROWS, ROWS[:, :2], epochs=2)
    np.testing.assert_allclose(gg.trace(model, X=ROWS).value, model.predict(ROWS), rtol=1e-13)


def test_every_hidden_layer_may_have_its_own_activation():
    net = gg.mlp(2, 4, 3, 1, activation=["relu", "x**2"])
    assert net.text.splitlines()[1::2][:2] == ["t1 = relu(h1)", "t2 = h2 ** 2"]
    assert gg.mlp(2, 1, activation=[]).text == "R = X @ W1.T + b1"
    for wrong in (["relu"], ["relu"] * 3, []):
        with pytest.raises(gg.UsageError, match="2 hidden layers have an activation each"):
            gg.mlp(2, 4, 3, 1, activation=wrong)
    with pytest.raises(gg.UsageError, match="there is no activation 'rleu'"):
        gg.mlp(2, 4, 3, 1, activation=["relu", "rleu"])


def test_names_are_kept_in_files(tmp_path):
    net = gg.mlp(3, 5, 2, names="l{}")
    model, _ = gg.fit(net, ROWS, ROWS[:, :2], epochs=2, standardize=True)
    wanted = ["l1.weight", "l1.bias", "l2.weight", "l2.bias"]
    assert sorted(state_dict(model)) == sorted(wanted)
    model.save(tmp_path / "m.safetensors")
    from safetensors.numpy import load_file

    assert set(wanted) <= set(load_file(tmp_path / "m.safetensors"))
    again = gg.load(tmp_path / "m.safetensors")
    assert again.net.names == model.net.names
    assert np.array_equal(again.predict(ROWS), model.predict(ROWS))
    for wrong in ("l", "l{}{}", "{"):
        with pytest.raises(gg.UsageError, match="names of layers have their number"):
            gg.mlp(2, 1, names=wrong)


@pytest.mark.parametrize("initial", ["glorot", "he", "pytorch"])
@pytest.mark.parametrize(("sizes", "activation", "loss"), [
    ((3, 2), "tanh", "mse"), ((3, 5, 2), "relu", "cross_entropy"), ((3, 5, 4, 2), ["tanh", "x**2"], "half_mse"),
])  # fmt: skip
def test_columns_are_rows_turned(sizes, activation, loss, initial):
    how = {"activation": activation, "initial": initial, "seed": 4}
    rows, columns = gg.mlp(*sizes, **how), gg.mlp(*sizes, **how, columns=True)
    assert all(f"W{k} @ " in columns.text and f"+ b{k}" in columns.text for k in range(1, len(sizes)))
    target = np.arange(7) % 2 if loss == "cross_entropy" else ROWS[:, :2] ** 2
    for inputs in (ROWS, ROWS[3], ROWS[:0]):
        np.testing.assert_allclose(columns(inputs), rows(inputs), rtol=1e-12)
    (first, told), (second, again) = (
        gg.fit(net, ROWS, target, loss=loss, lr=0.05, steps=9, dtype="float64", progress=False)
        for net in (rows, columns)
    )
    np.testing.assert_allclose(told["loss"], again["loss"], rtol=1e-9)
    for name, value in first.weights.items():
        np.testing.assert_allclose(second.weights[name].reshape(value.shape), value, rtol=1e-9, atol=1e-12)


def test_a_column_has_its_derivatives_by_outer_products():
    net = gg.mlp(3, 5, 2, columns=True, seed=4)
    loss = gg.parse(f"{net.text}\nL = half_mse(R, Y)", {**net.shapes, "Y": ("N", 2)})
    assert gg.verify(loss).ok
    told = gg.trace(loss, {**net.values, "X": ROWS, "Y": ROWS[:, :2]}).grad["W1"]
    np.testing.assert_allclose(told, gg.trace(
        gg.parse(f"{NET.text}\nL = half_mse(R, Y)", {**NET.shapes, "Y": ("N", 2)}),
        {**NET.values, "X": ROWS, "Y": ROWS[:, :2]}).grad["W1"], rtol=1e-12)  # fmt: skip


def test_columns_have_no_names_of_files():
    with pytest.raises(gg.UsageError, match="examples are rows"):
        gg.mlp(2, 1, columns=True, names="l{}")


def test_a_network_is_verified_as_it_is():
    for net in (gg.mlp(2, 1), gg.network("tanh(X @ W.T) + X", X=("N", 2), W=(2, 2))):
        report = gg.verify(net, sympy=False)
        assert report.ok
        assert {*net.values, net.data, f"{net.output}_bar"} == {*report}
