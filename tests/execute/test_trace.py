"""Runs and their steps: the lecture's numbers, every step of a trace, and where values may come from."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from programs import PIECEWISE, SMOOTH, scalars, tensors

from graphgrad.core.errors import DomainError, ShapeError, UsageError
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad, vjp
from graphgrad.transform.hessian import hessian, jacobian

LECTURE = "y3 = x1*x2\ny1 = log(y3)\ny2 = sin(x2)\nw = y1*y2\nz = w"


def test_the_lectures_graph_step_by_step():
    graph = parse(LECTURE)
    found = trace(graph, x1=0.5, x2=0.75)
    x1, x2, y3, y1, y2, z = 0.5, 0.75, 0.375, math.log(0.375), math.sin(0.75), math.log(0.375) * math.sin(0.75)
    label = graph.label
    told = [(s.phase, label(s.node), tuple(map(label, s.operands)), s.values, s.value) for s in found]
    assert told == [
        ("forward", "y3", ("x1", "x2"), (x1, x2), y3),
        ("forward", "y1", ("y3",), (y3,), y1),
        ("forward", "y2", ("x2",), (x2,), y2),
        ("forward", "z", ("y1", "y2"), (y1, y2), z),
        ("seed", "z", (), (), 1),
        ("vjp", "y1", ("z",), (1, y2), y2),
        ("vjp", "y2", ("z",), (1, y1), y1),
        ("vjp", "x2", ("y2",), (y1, math.cos(x2)), y1 * math.cos(x2)),
        ("vjp", "y3", ("y1",), (y2, 1 / y3), y2 * (1 / y3)),
        ("vjp", "x1", ("y3",), (y2 * (1 / y3), x2), y2 * (1 / y3) * x2),
        ("vjp", "x2", ("y3",), (y2 * (1 / y3), x1), y2 * (1 / y3) * x1),
        ("accumulate", "x2", ("y3",), (y1 * math.cos(x2), y2 * (1 / y3) * x1), found.grad["x2"]),
    ]
    assert [s.index for s in found] == list(range(12))
    assert found.value == pytest.approx(-0.6685712358, abs=1e-10)
    assert found.grad["x1"] == pytest.approx(math.sin(x2) / x1, rel=1e-15)
    assert found.grad["x2"] == pytest.approx(y2 / x2 + y1 * math.cos(x2), rel=1e-15)


W1 = [[0.2860, -0.2742], [0.4483, 0.4352], [0.2364, 0.1122], [-0.3820, -0.1753]]
NETWORK = {"W1": W1, "b1": [0.2429, -0.2452, -0.1346, 0.0896], "W2": [[-0.2535, 0.4431, 0.1331, -0.2847]], "b2": [0.06],
           "x": [2, 3], "y": [5]}  # fmt: skip
SHAPES = {"W1": (4, 2), "b1": 4, "W2": (1, 4), "b2": 1, "x": 2, "y": 1}


def test_the_lectures_network():
    graph = parse("h1 = W1 @ x + b1\nt1 = tanh(h1)\nR = W2 @ t1 + b2\nL = sum((y - R)**2 / 2)", SHAPES)
    found = trace(graph, NETWORK)
    values = {graph.label(i): found.primal(i) for i in range(len(graph))}
    np.testing.assert_allclose(values["h1"], [-0.0076, 1.9571, 0.6748, -1.2003], atol=1.01e-4)
    np.testing.assert_allclose(values["t1"], [-0.0076, 0.9609, 0.5881, -0.8337], atol=1.01e-4)
    assert values["R"] == pytest.approx(0.8033, abs=1e-4)
    assert found.value == pytest.approx(8.8063, abs=5e-4)
    np.testing.assert_allclose(
        found.grad["W1"], [[2.1277, 3.1915], [-0.2854, -0.4281], [-0.7308, -1.0962], [0.7284, 1.0926]], atol=5e-4
    )
    stepped = np.array(W1) - 0.001 * found.grad["W1"]
    np.testing.assert_allclose(
        stepped, [[0.2839, -0.2774], [0.4486, 0.4356], [0.2371, 0.1133], [-0.3827, -0.1764]], atol=5.1e-5
    )
    assert trace(graph, {**NETWORK, "W1": stepped}).value == pytest.approx(8.7879, abs=5e-4)


@given(scalars(rows=SMOOTH + PIECEWISE))
def test_numbers_and_arrays_of_points_agree(p):
    """The same program through `math`, number by number, and through NumPy, point by point."""
    gradient = grad(parse(p.text))
    alone = run(gradient, p.values)
    many = run(gradient, {name: np.array([value, value]) for name, value in p.values.items()})
    assert all(isinstance(value, int | float) for value in alone)
    for node in gradient.outputs.values():
        np.testing.assert_allclose(np.broadcast_to(many[node], 2), alone[node], rtol=1e-9, atol=1e-9)


@given(tensors())
def test_steps_explain_every_value(p):
    graph = parse(p.text, p.shapes)
    found = trace(graph, p.values)
    steps, adjoint = list(found), {}
    assert [s.index for s in steps] == list(range(len(steps)))
    for s in steps:
        if s.phase == "forward":
            assert s.operands == graph.nodes[s.node].operands
            assert np.shape(s.value) == graph.nodes[s.node].shape
        elif s.phase == "accumulate":
            np.testing.assert_array_equal(s.values[0], adjoint[s.node])
            np.testing.assert_allclose(np.add(*s.values), s.value)
        if s.phase in {"seed", "accumulate"} or (s.phase == "vjp" and s.node not in adjoint):
            adjoint[s.node] = s.value
    for name, node in graph.inputs.items():
        np.testing.assert_array_equal(adjoint.get(node, 0), found.grad[name])
        np.testing.assert_array_equal(found.adjoint(node) if node in adjoint else 0, found.grad[name])


def test_names_of_variables_are_free():
    graph = parse("g * m + graph + values + dtype")
    values = {"g": 9.81, "m": 2.0, "graph": 1.0, "values": 2.0, "dtype": 3.0}
    assert trace(graph, values).value == 9.81 * 2 + 6


def test_arrays_of_points_for_programs_of_numbers():
    found = trace(parse("x**2 * y"), x=np.array([1.0, 2.0, 3.0]), y=2.0)
    assert found.grad["x"].tolist() == [4, 8, 12]
    assert trace(parse("x + 2"), x=np.ones((2, 2))).grad["x"].tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ShapeError, match="one shape"):
        trace(parse("x * y"), x=np.ones(2), y=np.ones(3))
    with pytest.raises(ShapeError, match="declare"):
        trace(parse("sum(x, axis=None)"), x=np.ones(3))


def test_labels_are_integers_and_have_no_gradient():
    graph = parse("cross_entropy(S, c)", S=("N", 3), c="N")
    found = trace(graph, S=[[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]], c=[2.0, 0])
    assert list(found.grad) == ["S"]
    assert found.primal(graph.inputs["c"]).dtype == np.int64
    with pytest.raises(UsageError, match="no gradient"):
        grad(graph, "c")


def test_an_array_output_is_seeded_with_ones():
    with pytest.raises(UsageError, match="no single row"):
        _ = trace(parse("x ** 2", x=3), x=[1.0, 2.0, 3.0]).grad
    with pytest.raises(ShapeError, match="no single number"):
        grad(parse("x ** 2", x=3))
    product = vjp(parse("x ** 2", x=3), "u")
    results = run(product, {"x": [1.0, 2.0, 3.0], "u": [1.0, 0.0, -1.0]})
    np.testing.assert_array_equal(results[product.outputs["dz_dx"]], [2, 0, -6])


@pytest.mark.parametrize("text", ["exp(1000 * x)", "x * 1e308 * 10", "(x * 1e200) ** 2", "cosh(x * 1000)"])
def test_overflow_is_infinity_as_in_numpy(text):
    assert trace(parse(text), x=1.0, allow_nonfinite=True).value == math.inf
    many = trace(parse(text), x=np.array([1.0]), allow_nonfinite=True)
    assert many.value.tolist() == [math.inf]


OUTSIDE = {"log(x)": -1, "1 / x": 0, "sqrt(x)": -1, "x ** 0.5": -1, "x ** -1": 0, "acosh(x)": 0.5, "atanh(x)": 1,
           "reciprocal(x)": 0, "log1p(x)": -1, "asin(x)": 2, "log2(x)": 0, "xlogy(2, x)": 0}  # fmt: skip


@pytest.mark.parametrize(("text", "x"), OUTSIDE.items())
def test_outside_a_domain(text, x):
    for value in (float(x), np.array([0.75, x])):
        with pytest.raises(DomainError) as caught:
            run(parse(text), {"x": value})
        assert "^" in str(caught.value)


def test_nan_goes_through():
    assert math.isnan(trace(parse("x * 2"), x=math.nan).value)


NUMBERS = [True, 3, np.float32(0.5), np.array(2), Fraction(1, 3), Decimal("0.25"), 2**70]
NO_NUMBERS = [1j, None, "3", "one", [1, "a"], [[1], [1, 2]], {}, object(), 10**400, np.datetime64("2020-01-01"), [None]]


@pytest.mark.parametrize("value", NUMBERS, ids=repr)
def test_numbers_of_many_kinds(value):
    found = trace(parse("floor(x) + x"), x=value)
    assert found.value == pytest.approx(math.floor(value) + float(value))
    assert type(found.value) is float


@pytest.mark.parametrize("value", NO_NUMBERS, ids=range(len(NO_NUMBERS)))  # an object's repr differs between workers
def test_what_is_no_number(value):
    with pytest.raises(UsageError, match=r"the value of 'x' is no array of numbers"):
        trace(parse("x + 1"), {"x": value})


@pytest.mark.parametrize("labels", [[0.5], [math.nan], ["a"], [1e30]])
def test_what_is_no_label(labels):
    with pytest.raises(UsageError, match="'i'"):
        trace(parse("take(x, i)", x=3, i=1), {"x": [1, 2, 3], "i": labels})


@pytest.mark.parametrize("dtype", [np.float16, int, bool, complex])
def test_other_types_are_refused(dtype):
    with pytest.raises(UsageError, match="float64 or float32"):
        trace(parse("x"), {"x": 1}, dtype=dtype)


def test_less_and_other_things_are_asked_for():
    assert trace(parse("x ** n"), x=-3.0, n=2.0, wrt="x").grad == {"x": -6}
    assert trace(hessian(parse("x ** 3")), x=2.0, of="dz_dx").grad == {"x": 12}
    condition = trace(parse("x > 0"), x=2.0)
    assert condition.value
    assert [step.phase for step in condition] == ["forward"]
    array = trace(parse("log(1 + x) * y", x=2), x=[1e-17, 1.0], y=2.0)
    np.testing.assert_allclose(array.value, [2e-17, 2 * math.log(2)], rtol=1e-15)
    for found, said in ((array, "no single row"), (condition, "no number that varies")):
        with pytest.raises(UsageError, match=said):
            _ = found.grad


def test_jacobian():
    graph = jacobian(parse("x ** 2 * y", x=2))
    values = run(graph, {"x": [1.0, 2.0], "y": 3.0})
    np.testing.assert_array_equal(values[graph.outputs["dz_dx"]], [[6, 0], [0, 12]])
    np.testing.assert_array_equal(values[graph.outputs["dz_dy"]], [1, 4])
    with pytest.raises(ShapeError, match="named dimension"):
        jacobian(parse("x * 2", x="N"))


def test_slopes_that_are_defined_alone():
    with pytest.raises(DomainError, match=r"dz/dx is defined: ask with wrt=\['x'\]"):
        trace(parse("x ** n"), x=-3.0, n=2.0)
    assert trace(parse("x ** n"), x=-3.0, n=2.0, wrt="x").grad == {"x": -6.0}
