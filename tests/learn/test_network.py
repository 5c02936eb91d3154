"""Networks are programs: what mlp writes, what initial values are, and what a program of one's own may be."""

import numpy as np
import pytest

from graphgrad.core.errors import DataError, GraphgradError, ParseError, ShapeError, UsageError
from graphgrad.execute.run import run
from graphgrad.learn.networks.initial import INITIALS, fans
from graphgrad.learn.networks.network import mlp, network
from graphgrad.learn.training.fit import fit

TEXT = """\
h1 = X @ W1.T + b1
t1 = relu(h1)
h2 = t1 @ W2.T + b2
t2 = relu(h2)
R = t2 @ W3.T + b3"""


def test_mlp_is_text_that_gives_itself_back():
    net = mlp(2, 4, 3, 1, activation="relu")
    assert str(net) == TEXT
    assert net.shapes == {"X": ("N", 2), "W1": (4, 2), "b1": (4,), "W2": (3, 4), "b2": (3,), "W3": (1, 3), "b3": (1,)}
    again = network(str(net), net.shapes)
    assert all(np.array_equal(again.values[name], net.values[name]) for name in net.values)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "leaky_relu", "gelu", "square"])
def test_activations_by_name(activation):
    X = np.linspace(-2, 2, 6).reshape(3, 2)
    net = mlp(2, 4, 1, activation=activation)
    W1, b1, W2, b2 = net.values.values()
    known = {
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "relu": lambda x: np.maximum(x, 0),
        "leaky_relu": lambda x: np.maximum(np.minimum(0, 0.1 * x), x),
        "square": np.square,
    }
    hidden = X @ W1.T + b1
    if activation in known:
        value = run(net.graph, {"X": X, **net.values})[net.graph.output]
        np.testing.assert_allclose(value, known[activation](hidden) @ W2.T + b2, atol=1e-12)
    assert f"t1 = {activation}(h1)" in str(net)


def test_an_activation_of_your_own():
    assert "t1 = h1 ** 2" in str(mlp(2, 4, 1, activation="x**2"))
    leaky, named = (mlp(2, 3, 1, activation=a) for a in ("maximum(minimum(0, 0.1*x), x)", "leaky_relu"))
    X = np.random.default_rng(0).normal(size=(5, 2))
    values = [run(net.graph, {"X": X, **net.values})[net.graph.output] for net in (leaky, named)]
    np.testing.assert_allclose(*values, atol=1e-12)


# Glorot & Bengio (2010) equation 16; He et al. (2015) equation 10; LeCun et al. (1998) section 4.6; torch.nn.Linear
VARIANCE = {
    "glorot": lambda i, o: 2 / (i + o),
    "glorot_normal": lambda i, o: 2 / (i + o),
    "he": lambda i, _: 2 / i,
    "he_uniform": lambda i, _: 2 / i,
    "lecun": lambda i, _: 1 / i,
    "lecun_uniform": lambda i, _: 1 / i,
    "pytorch": lambda i, _: 1 / (3 * i),
}


@pytest.mark.parametrize("name", INITIALS)
def test_initial_values_have_the_variance_of_their_paper(name):
    net = mlp(300, 200, 1, initial=name, seed=5)
    weights = net.values["W1"]
    assert weights.var() == pytest.approx(VARIANCE[name](300, 200), rel=0.02)
    assert abs(weights.mean()) < 5 * weights.std() / np.sqrt(weights.size)
    kurtosis = ((weights - weights.mean()) ** 4).mean() / weights.var() ** 2
    assert kurtosis == pytest.approx(1.8 if INITIALS[name].law == "uniform" else 3, rel=0.03)
    bias = net.values["b1"]
    assert (bias == 0).all() if name != "pytorch" else bias.var() == pytest.approx(1 / 900, rel=0.2)


def test_seeds():
    assert np.array_equal(mlp(2, 4, 1, seed=3).values["W2"], mlp(2, 4, 1, seed=3).values["W2"])
    assert not np.array_equal(mlp(2, 4, 1, seed=3).values["W2"], mlp(2, 4, 1, seed=4).values["W2"])
    generator = np.random.default_rng(3)
    assert np.array_equal(mlp(2, 4, 1, seed=generator).values["W1"], mlp(2, 4, 1, seed=3).values["W1"])


def test_fans_wherever_the_weight_stands():
    for text, shape in (("X @ A + b", (3, 5)), ("X @ A.T + b", (5, 3)), ("(A @ X.T).T + b", (5, 3))):
        net = network(f"tanh({text})", X=("N", 3), A=shape, b=5)
        assert fans(net.graph, "A")[:2] == (3, 5)
        assert not fans(net.graph, "A").offset
        assert fans(net.graph, "b").offset


FANS = {  # a parameter A: its program, its shape, what enters and leaves, and whether it is an offset
    "slices of a kernel": ("tanh(X[:, :-1] * A[0] + X[:, 1:] * A[1])", 2, (2, 2, False)),
    "slices of matrices": ("X @ A[0].T + X @ A[1].T", (2, 4, 3), (6, 8, False)),
    "a matrix out of a vector": ("X @ reshape(A, (3, 4))", 12, (3, 4, False)),
    "rows of two kinds": ("X @ A[:3] + A[3]", (4, 2), (3, 2, False)),
    "a scale": ("X / A", 3, (1, 1, False)),
    "a shift": ("X - A", 3, (1, 1, True)),
    "a shift with an axis more": ("X + expand_dims(A, axis=0)", 3, (1, 1, True)),
}


@pytest.mark.parametrize(("text", "shape", "found"), FANS.values(), ids=FANS)
def test_fans_of_what_is_sliced_and_reshaped(text, shape, found):
    assert fans(network(f"R = ({text}) * u", X=("N", 3), A=shape, u=()).graph, "A") == found


def test_a_convolution_written_by_slices_learns():
    """A kernel that begins at zero before relu would stay there."""
    text = """
    c = relu(X[:, :-2] * k[0] + X[:, 1:-1] * k[1] + X[:, 2:] * k[2] + b)
    R = sum(c, axis=1)[:, None] * w + d
    """
    net = network(text, X=("N", 12), k=3, b=(), w=2, d=2, seed=2)
    assert (net.values["k"] != 0).all()
    X = np.random.default_rng(0).normal(size=(200, 12))
    slope = np.abs(np.diff(X, axis=1)).sum(axis=1)
    model, _ = fit(net, X, (slope > np.median(slope)).astype(int), epochs=60, lr=0.02)
    assert np.mean(model.predict(X) == (slope > np.median(slope))) > 0.75


def test_a_table_of_vectors_learns_from_words_by_number():
    net = network("R = reshape(take(E, X, axis=0), (-1, 6)) @ W.T", X=("N", 2), E=(5, 3), W=(2, 6))
    X = np.array([[i, j] for i in range(5) for j in range(5)])
    model, _ = fit(net, X, (X[:, 0] > X[:, 1]).astype(int), epochs=200, lr=0.05)
    assert np.mean(model.predict(X) == (X[:, 0] > X[:, 1])) > 0.9
    for bad, said in (([[0, 5]], r"X\[0, 1\] .* is 5, .* places 0 to 4"), ([[0.5, 0]], "whole numbers")):
        with pytest.raises(DataError, match=said):
            model.predict(bad)


def test_skip_connections_and_shared_weights_train_alike():
    text = """
    h = tanh(X @ W.T + b)
    k = tanh(h @ W.T + b) + h * s
    R = (k + X) @ w
    """
    net = network(text, X=("N", 3), W=(3, 3), b=3, s=(), w=3, seed=1)
    X = np.random.default_rng(0).normal(size=(64, 3))
    y = np.sin(X).sum(axis=1)
    model, history = fit(net, X, y, loss="mse", optimizer="adam", lr=0.01, epochs=200, batch_size=16)
    assert history[-1].loss < 0.05 < history[0].loss
    assert model.predict(X).shape == (64,)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: mlp(2), UsageError, "two or more"),
        (lambda: mlp(2, 0, 1), UsageError, "1 or more"),
        (lambda: mlp(2, 3.5, 1), UsageError, "whole number"),
        (lambda: mlp(2, 1, seed=-1), UsageError, "seed must be a whole number, 0 or more"),
        (lambda: mlp(2, 1, activation="tahn"), UsageError, "did you mean"),
        (lambda: mlp(2, 3, 1, activation="tahn"), UsageError, "did you mean 'tanh'"),
        (lambda: mlp(2, 3, 1, activation="x + y"), UsageError, "expression in x"),
        (lambda: mlp(2, 3, 1, activation="x +"), ParseError, "operand"),
        (lambda: mlp(2, 3, 1, initial="golrot"), UsageError, "did you mean 'glorot'"),
        (lambda: network("X @ W", X=("N", 2), W=(3, 1)), ShapeError, "@"),
        (lambda: network("X @ W", X=(4, 2), W=(2, 1)), ShapeError, "named first dimension"),
        (lambda: network("X + Z", X=("N", 2), Z=("N", 2)), ShapeError, "one input must be the data"),
        (lambda: network("sum(X @ W)", X=("N", 2), W=(2, 1)), ShapeError, "the examples"),
        (lambda: network("tanh(X)", X=("N", 2)), UsageError, "no parameters"),
        (lambda: mlp(2, 1).starting(W2=1), UsageError, "no parameter 'W2'"),
        (lambda: mlp(2, 1).starting(W1=[1.0, 2.0]), ShapeError, "must have shape"),
    ],
)
def test_errors(make, error, said):
    with pytest.raises(error, match=said) as found:
        make()
    assert isinstance(found.value, GraphgradError)
