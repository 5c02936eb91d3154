"""Values and slopes at awkward places, in trace and on every target, against fifty digits and more."""

import math
import re

import mpmath as mp
import numpy as np
import pytest
from installed import need
from oracle import evaluate

from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.transform.grad import grad
from graphgrad.transform.stable import stabilised

ULPS = 16  # of float64, between a value or slope and the exact one
SIZES = [1e-300, 1e-160, 1e-17, 1e-9, 1e-3, 0.3, 1.0, 3.0, 20.0, 37.5, 705.0, 1e160, 1e300]
POINTS = [0.0, *SIZES, *(-x for x in SIZES)]
PROGRAMS = [
    "log(1 + x)", "log(1 - x)", "1 - exp(x)", "exp(x) - 1", "log(1 - exp(-x))", "log(1 - exp(x))", "(exp(x) - 1) / x",
    "(1 - exp(-x)) / x", "where(x == 0, 1, (exp(x) - 1) / x)", "log(1 + exp(x))", "1 / (1 + exp(-x))",
    "exp(x) / (1 + exp(x))", "1 - 1 / (1 + exp(-x))", "log(1 / (1 + exp(-x)))", "log(1 - sigmoid(x))",
    "log(exp(x) + exp(2))", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "1 - tanh(x) ** 2", "1 - sigmoid(x)",
    "tanh(x)", "sigmoid(x)", "softplus(x)", "atan(x)", "asinh(x)", "acosh(x)", "elu(x)", "log(exp(x))", "log1p(x)",
    "expm1(x)", "hypot(x, 2)", "cbrt(x)", "x ** 0", "x ** 1", "x ** 2", "x ** -1", "abs(x)", "relu(x)", "sqrt(x)",
    "log(x)", "exp(x)", "sin(x) / x", "1 - erf(x)", "erf(x) - 1",
    "log(1 + x) / x", "x / log(1 + x)", "x / (exp(x) - 1)", "x / (1 - exp(-x))", "(exp(2 * x) - 1) / x",
    "(1 - exp(-x * 3)) / x", "(exp(x) - 1) / (2 * x)", "sin(2 * x) / x", "sin(x) / (x * 3)", "x / sin(x)", "tan(x) / x",
    "x / tan(x)", "asin(x) / x", "atan(x) / x", "(1 - cos(x)) / x", "(1 - cos(x)) / x ** 2", "cos(x) - 1",
    "cosh(x) - 1", "sqrt(1 + x) - 1", "1 - sqrt(1 - x ** 2)", "exp(x) - exp(-x)", "exp(x) / (exp(x) - 1)",
]  # fmt: skip
SECOND = ["softplus(x)", "sigmoid(x)", "tanh(x)", "1 - tanh(x) ** 2", "(exp(x) - 1) / x", "log(1 + x)", "sin(x) / x"]
LIMIT = mp.mpf(10) ** -400  # beside 0, for programs that are 0 / 0 there
CASES = [pytest.param(text, POINTS[k % 4 :: 4], id=text) for k, text in enumerate(PROGRAMS)]
WAVES = re.compile(r"(?<!a)(sin|cos|tan)\(")
FAR = 1e100  # where differences of waves say nothing


def exact(graph, x, order):
    """The value or a derivative, with digits enough to lose; None where there is none."""
    with mp.workdps(850 + 450 * order):
        if abs(x) > FAR and WAVES.search(graph.source):
            return None
        x = LIMIT if x == 0 and "/ x" in graph.source else mp.mpf(x)
        at = lambda t: evaluate(graph, {"x": t})[graph.output]  # noqa: E731
        h = (abs(x) or LIMIT) * mp.mpf(10) ** -40
        try:
            found = [at(x)] if order == 0 else [at(x + k * h) for k in range(-(order // 2), order // 2 + 1)]
            if order == 1:
                found = [(at(x + h) - at(x - h)) / (2 * h)]
            elif order == 2:
                found = [(found[0] - 2 * found[1] + found[2]) / h**2]
        except (OverflowError, ZeroDivisionError, ValueError):
            return None
        inside = not isinstance(found[0], mp.mpc) and mp.isfinite(found[0]) and abs(found[0]) < 1.7e308
        return found[0] if inside else None


def near(got, wanted):
    """Within `ULPS`, or both below the smallest normal number."""
    error = abs(mp.mpf(float(got)) - wanted)
    return error <= ULPS * mp.mpf(2) ** -52 * abs(wanted) or error <= mp.mpf(2) ** -1021


def right(graph, x, *got):
    """Check a value and its derivatives at a point, where they are numbers of that type."""
    for order, number in enumerate(got):
        wanted = exact(graph, x, order)
        if wanted is not None and not (x == 0 and order and graph.source in {"relu(x)", "abs(x)"}):
            assert near(number, wanted), (graph.source, x, order, float(number), mp.nstr(wanted, 17))


def steep(graph, x):
    return (x, graph.source) in {(0, "sqrt(x)"), (0, "cbrt(x)"), (1, "acosh(x)")}


def computed(graph, points):
    """The points at which value and slope are numbers of that type."""
    return [
        x for x in points if not steep(graph, x) and exact(graph, x, 0) is not None and exact(graph, x, 1) is not None
    ]


@pytest.mark.parametrize(("text", "points"), CASES)
def test_values_and_slopes(text, points):
    graph = parse(text)
    f = compile(grad(graph))
    for x in computed(graph, points):
        found = trace(graph, x=x)
        right(graph, x, found.value, found.grad["x"])
        value, grads = f(x=x)
        right(graph, x, value, grads["x"])
        values, slopes = f(x=np.array([x, x]))
        right(graph, x, np.broadcast_to(values, 2)[1], np.broadcast_to(slopes["x"], 2)[1])


@pytest.mark.campaign
@pytest.mark.parametrize("text", PROGRAMS)
@pytest.mark.parametrize("target", ["python", "jax", "c", "numba"])
def test_on_every_target(text, target):
    need(target)
    graph = parse(text)
    f = compile(grad(graph), target=target)
    for x in computed(graph, POINTS):
        try:
            value, grads = f(x=x)
        except ArithmeticError:  # a branch that is not taken
            assert target == "python"
            continue
        right(graph, x, value, grads["x"])


@pytest.mark.parametrize("text", SECOND)
def test_second_derivatives(text):
    from graphgrad.transform.hessian import hessian

    graph = parse(text)
    f = compile(hessian(graph))
    for x in [x for x in POINTS if abs(x) not in {1e160, 1e300}][::3]:
        if exact(graph, x, 2) is not None:
            found = f(x=x)
            right(graph, x, found["z"], found["dz_dx"], found["d2z_dx_dx"])


ARRAYS = [  # text, a point, value, gradient
    ("log(sum(exp(x)))", [1000.0, 1000.0], 1000 + math.log(2), [0.5, 0.5]),
    ("log(sum(exp(x)))", [-1000.0, -1000.0], -1000 + math.log(2), [0.5, 0.5]),
    ("log(softmax(x))[0]", [-1000.0, 0.0], -1000, [1, -1]),
    ("log(exp(x) / sum(exp(x)))[0]", [-1000.0, 0.0], -1000, [1, -1]),
    ("sum(log(sigmoid(x)))", [-1000.0, 0.0], -1000 - math.log(2), [1, 0.5]),
    ("sum(x ** 0)", [0.0, 2.0], 2, [0, 0]),
    ("sum(x ** 0.0)", [0.0, -2.0], 2, [0, 0]),
]


@pytest.mark.parametrize(("text", "x", "value", "slope"), ARRAYS)
def test_arrays(text, x, value, slope):
    graph = parse(text, x=2)
    for got, grads in (compile(grad(graph))(x=np.array(x)), ((t := trace(graph, x=x)).value, t.grad)):
        np.testing.assert_allclose(got, value, rtol=1e-15)
        np.testing.assert_allclose(grads["x"], slope, rtol=1e-15)


def test_powers():
    for x, n in ((0.0, 0.0), (-3.0, 2.0), (0.0, 2.0), (2.0, 0.0)):
        graph = grad(parse("x ** n"), "x")
        wanted = n * x ** (n - 1) if n else 0
        assert compile(graph)(x=x, n=n)[1]["x"] == wanted
        assert list(compile(graph)(x=np.array([x]), n=np.array([n]))[1]["x"]) == [wanted]
    assert compile(grad(parse("atan2(y, x)")))(y=1e-200, x=1e-200)[1]["y"] == pytest.approx(5e199, rel=1e-15)


def test_the_lesson_keeps_its_nodes_and_says_how_they_are_computed():
    graph = parse("s = w * x; f = 1 / (1 + exp(-s))")
    found = trace(graph, w=2.0, x=-400.0)
    assert {graph.label(i): form for i, (form, _) in found.forms.items()} == {"f": "sigmoid(s)"}
    assert [graph.label(step.node) for step in found if step.phase == "forward"] == ["s", "v1", "v2", "v3", "f"]
    assert found.grad == {"w": 0, "x": 0}
    scene = film(trace(graph, w=2.0, x=-1.0)).scene
    said = ["".join(p for p in frame.said if isinstance(p, str)) for frame in scene.frames]
    assert (
        [text for text in said if "computed as" in text]
        == [text for text in said if text.startswith("Forward: f = 1 / v3, computed as sigmoid(s)")]
        != []
    )
    assert [card.label for card in scene.cards if card.title[-1].text == " *"] == ["f"]


FILLED = {  # a point that is set apart with the value that is there anyway, and its slope
    "where(x == 1, 1, x ** 2)": (1.0, 2.0),
    "where(x != 1, x ** 2, 1)": (1.0, 2.0),
    "where(2 == x, 9, x ** 3 + 1)": (2.0, 12.0),
    "where(x == 0, 1, exp(x) * cos(x))": (0.0, 1.0),
    "where(x == 1, 2, x ** 2)": (1.0, 0.0),
    "where(x == 0, 0, sqrt(x))": (0.0, 0.0),
    "where(x == 0, 5, 5 + log1p(sin(x)))": (0.0, 1.0),
    "where(x == 0, 0, abs(x))": (0.0, 0.0),
}


@pytest.mark.parametrize("text", FILLED)
def test_a_point_that_is_set_apart_for_nothing(text):
    point, slope = FILLED[text]
    graph = parse(text)
    assert trace(graph, x=point).grad["x"] == slope
    assert compile(grad(graph))(point)[1]["x"] == slope
    assert compile(grad(graph))(np.array([point, point]))[1]["x"].tolist() == [slope, slope]


def test_as_written():
    graph = parse("log(1 + x)")
    assert trace(graph, x=1e-17, as_written=True).value == 0
    assert not trace(graph, x=1e-17, as_written=True).forms
    assert compile(grad(graph, as_written=True), as_written=True)(x=1e-17)[0] == 0
    assert compile(grad(graph))(x=1e-17)[0] == 1e-17
    assert stabilised(graph).fired
