"""The slides of an introductory lecture: what each writes, in its own notation, and what it prints."""

import math

import numpy as np
import pytest

import graphgrad as gg

W1 = [[0.2860, -0.2742], [0.4483, 0.4352], [0.2364, 0.1122], [-0.3820, -0.1753]]
B1, W2, B2 = [0.2429, -0.2452, -0.1346, 0.0896], [[-0.2535, 0.4431, 0.1331, -0.2847]], [0.0600]
FORMS = pytest.mark.parametrize("columns", [False, True])


def network(*, columns):
    b1, b2 = (np.reshape(B1, (4, 1)), np.reshape(B2, (1, 1))) if columns else (B1, B2)
    return gg.mlp(2, 4, 1, columns=columns).starting(W1=W1, b1=b1, W2=W2, b2=b2)


def test_a_linear_function_row_by_row():
    A, b, x = np.arange(12.0).reshape(4, 3), np.array([1.0, 2, 3, 4]), np.array([1.0, -2, 0.5])
    y = gg.trace(gg.parse("y = A @ x + b", A=(4, 3), x=3, b=4), A=A, x=x, b=b).value
    assert y == pytest.approx([sum(A[p, k] * x[k] for k in range(3)) + b[p] for p in range(4)])


def test_an_elementary_activation_of_a_matrix():
    assert gg.trace("η(x) = x**2; η(M)", M=[[1.0, 2], [3, 4]]).value.tolist() == [[1, 4], [9, 16]]


@pytest.mark.parametrize(("written", "name"), [
    ("tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)); tanh(y)", "tanh(y)"),
    ("σ(x) = 1 / (1 + exp(-x)); σ(y)", "sigmoid(y)"), ("ReLU(x) = max(0, x); ReLU(y)", "relu(y)"),
    ("LReLU(x) = max(min(0, 0.1*x), x); LReLU(y)", "leaky_relu(y)"),
])  # fmt: skip
def test_activations_as_they_are_defined(written, name):
    for y in (-2.0, -0.3, 0.7, 3.0):
        assert gg.trace(written, y=y).value == pytest.approx(gg.trace(name, y=y).value)
        assert gg.trace(written, y=y).grad["y"] == pytest.approx(gg.trace(name, y=y).grad["y"])
    assert gg.verify(written, sympy=False).ok


@FORMS
def test_the_example_network(columns):
    net, x = network(columns=columns), np.array([2.0, 3.0])
    h1 = net.l1.weight @ x + np.ravel(net.l1.bias)
    assert h1 == pytest.approx([-0.0076, 1.9571, 0.6748, -1.2003], abs=2e-4)
    assert np.tanh(h1) == pytest.approx([-0.0076, 0.9609, 0.5881, -0.8337], abs=2e-4)
    assert net(x) == pytest.approx([0.8033], abs=2e-4)


@FORMS
def test_its_layers_are_functions_and_its_parameters_a_list(columns):
    net, x = network(columns=columns), np.array([2.0, 3.0])
    h1 = net.l1(x)
    assert net.l2(np.tanh(h1)) == pytest.approx(net(x))
    assert net.l1(np.array([x, 2 * x])).shape == (2, 4)
    assert [np.size(p) for p in net.parameters()] == [8, 4, 4, 1]


def test_what_was_trained_is_called_as_the_network_is():
    model, history = gg.fit(
        gg.mlp(2, 4, 1, activation="max(0, x)"), [[0.0, 0], [0, 1], [1, 0], [1, 1]], [0.0, 1, 1, 0], lr=0.1, steps=10,
        record_every=3, progress=False,
    )  # fmt: skip
    assert model([0.0, 1.0]) == pytest.approx(model([[0.0, 1.0], [1.0, 1.0]])[0])
    assert [record.step for record in history] == [3, 6, 9, 10]


def test_the_larger_of_a_number_and_an_array():
    told = gg.trace("sum(max(0, X)) + sum(max(min(0, 0.1*X), X))", X=[[1.0, -2.0, 3.0]])
    assert told.value == pytest.approx(4 + 3.8)
    with pytest.raises(gg.ParseError, match="ambiguous"):
        gg.parse("sum(max(X, 0))", X=(2, 3))


@FORMS
def test_one_example_its_gradient_and_a_step(columns):
    net = network(columns=columns)
    loss = gg.parse(f"{net.text}\nL = sum(square(5. - R)) / 2", net.shapes)
    told = gg.trace(loss, net.values, X=[[2.0, 3.0]])
    assert told.value == pytest.approx(8.8063, abs=1e-3)
    wanted = [[2.1277, 3.1915], [-0.2854, -0.4281], [-0.7308, -1.0962], [0.7284, 1.0926]]
    np.testing.assert_allclose(told.grad["W1"], wanted, atol=3e-4)
    moved = net.values["W1"] - 0.001 * told.grad["W1"]
    new = [[0.2839, -0.2774], [0.4486, 0.4356], [0.2371, 0.1133], [-0.3827, -0.1764]]
    np.testing.assert_allclose(moved, new, atol=1e-4)
    assert gg.trace(loss, {**net.values, "W1": moved}, X=[[2.0, 3.0]]).value == pytest.approx(8.7879, abs=1e-3)


def test_the_mean_squared_error_and_its_gradient():
    assert gg.trace("E = 1/n * sum(1/2 * (f - R)**2)", n=3.0, f=[1.0, 2, 4], R=[0.0, 1, 2]).value == pytest.approx(1)
    assert gg.check("1/2 * (y - R)**2", R="R - y", sympy=False).ok


def test_likelihood_and_cross_entropy_line_by_line():
    scores = np.array([0.3, -1.2, 2.0, 0.1])
    p = np.exp(scores) / np.exp(scores).sum()
    assert gg.trace(gg.parse("exp(R[c]) / sum(exp(R))", R=4, c=(int,)), R=scores, c=2).value == pytest.approx(p[2])
    at = dict(zip(("p0", "p1", "p2", "p3"), p, strict=True))
    lines = [
        "-sum([0, 0, 1, 0] * log(stack([p0, p1, p2, p3])))",
        "-1*log(p2) - (0*log(p0) + 0*log(p1) + 0*log(p3))",
        "-log(p2)",
    ]
    for line in lines:
        used = {name: at[name] for name in gg.parse(line).inputs}
        assert gg.trace(line, used).value == pytest.approx(-math.log(p[2]))
    sure = {"p0": 0.0, "p1": 0.0, "p2": 1.0, "p3": 0.0}
    assert gg.trace(lines[1], sure).value == 0
    assert gg.trace(gg.parse("cross_entropy(R, c)", R=4, c=(int,)), R=scores, c=2).value == pytest.approx(
        -math.log(p[2])
    )


def test_three_examples_of_ten_numbers_and_five_classes():
    net, inputs = gg.mlp(10, 8, 5), np.random.default_rng(0).random((3, 10))
    assert net(inputs).shape == (3, 5)
    loss = gg.parse(f"{net.text}\nL = cross_entropy(R, c)", {**net.shapes, "c": ("N", int)})
    scores = net(inputs)
    wanted = np.mean([np.log(np.exp(s).sum()) - s[c] for s, c in zip(scores, [0, 2, 1], strict=True)])
    assert gg.trace(loss, net.values, X=inputs, c=[0, 2, 1]).value == pytest.approx(wanted)


SLIDE = "x1, x2 = 0.5, 0.75\ny3 = x1 * x2\ny1 = log(y3)\ny2 = sin(x2)\nw = y1 * y2\nz = w"


def test_the_computation_in_both_of_its_forms():
    for text in (SLIDE, "x1, x2 = 0.5, 0.75\nz = log(x1 * x2) * sin(x2)"):
        told = gg.trace(text)
        assert told.value == pytest.approx(math.log(0.375) * math.sin(0.75))
        assert told.grad["x1"] == pytest.approx(math.sin(0.75) / 0.5)
        assert gg.verify(text, sympy=False).ok
    assert gg.show(SLIDE).alt.endswith("z = w = y1 * y2.")


def test_the_graph_is_coloured_back_one_node_a_slide():
    film = gg.animate(SLIDE, by="node", proof=False)
    backward = [frame for frame in film.scene.frames if frame.phase in {"seed", "vjp", "accumulate"}]
    names = [film.scene.cards[frame.lit[0]].label for frame in backward]
    assert names == ["z", "y1", "y2", "y3", "x1", "x2"]


def test_the_derivation_with_functions_of_ones_own():
    text = "g1(x, y) = x*y; g2(x, y) = x*y\ny1 = log(g2(x1, x2)); y2 = sin(x2)\nz = g1(y1, y2)"
    told = gg.derive(text, "x1", every_step=True)
    assert told.result["x1"].text[-1] == "sin(x2) / x1"
    assert told.lines["x1"][0].text[-1] == "dy1/dx1 * y2 + dy2/dx1 * y1"
    assert told.lines["x1"][2].text[-1] == "0"


def test_the_cost_is_linear_in_the_depth():
    costs = [gg.cost("y = x\n" + "y = sin(y)*cos(y)\n" * length) for length in (20, 200)]
    assert costs[1].gradient / costs[0].gradient == pytest.approx(10, rel=0.1)
