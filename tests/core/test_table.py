"""Every row of the table: its columns agree with each other, and its rule with its meaning, to fifty digits."""

import math
from itertools import product

import mpmath as mp
import numpy as np
import pytest
from oracle import DIGITS, evaluate, meaning

from graphgrad.core.errors import DomainError
from graphgrad.core.graph import Node
from graphgrad.core.ops import NAMES, OPS
from graphgrad.execute.kernels import kernel
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

# Ordinary, negative, large and saturated points; those outside a row's domain are left out by the row's own condition.
POINTS = [0.3701, -0.6203, 1.7011, -2.3007, 0.9043, 12.0301, -31.4013, 1e-5, -1e-7]
TOLERANCE = mp.mpf(10) ** -DIGITS
ROWS = [pytest.param(row, id=row.name) for row in OPS.values() if row.d]
FLOATS = [pytest.param(row, id=row.name) for row in OPS.values() if row.d and row.dtype == "float" and not row.boolean]


def graph_of(row):
    return parse(row.notation if row.precedence < 7 else f"{row.name}({', '.join(row.operands)})")


def points(row, among=POINTS):
    """Points of the row's domain that are no kinks, ties included where the row has none."""
    inside = row.domain and parse(row.domain)
    kinks = row.kinks and parse(row.kinks.replace("v", graph_of(row).label(0)) if row.kinks != "v" else "1")
    for values in product(among, repeat=len(row.operands)):
        point = dict(zip(row.operands, values, strict=True))
        if inside and not evaluate(inside, point)[inside.output]:
            continue
        if kinks and abs(evaluate(kinks, {"alpha": 1, **point})[kinks.output]) < 1e-9:
            continue
        yield point


def numbers(row, point):
    """The operands as the row wants them: conditions where it wants conditions."""
    return [value > 0 if name in row.boolean else value for name, value in point.items()]


@pytest.mark.parametrize("row", ROWS)
def test_columns_agree(row):
    node, tried = Node(row.name, (), tuple(row.attrs.items()), (), "float"), 0
    for point in points(row):
        given = numbers(row, point)
        with mp.workdps(10 * DIGITS), np.errstate(all="ignore"):
            try:
                exact = meaning(row.name)(*[v if isinstance(v, bool) else mp.mpf(v) for v in given])
            except (OverflowError, mp.libmp.NoConvergence):
                continue
            spoken = kernel(node, "numpy")(*[np.asarray(v)[()] for v in given])
            many = kernel(node, "numpy")(*[np.array([v, v]) for v in given])
        if isinstance(exact, mp.mpc) or abs(float(exact)) > 1e300:
            continue
        tried += 1
        close = pytest.approx(float(exact), rel=4e-14, abs=1e-300)
        assert float(spoken) == close, (point, "numpy")
        assert float(many[1]) == close, (point, "numpy, arrays")
        if row.python:
            assert (
                float(kernel(node, "python")(*[bool(v) if isinstance(v, np.bool_) else v for v in given])) == close
            ), (point, "python")
    assert tried


@pytest.mark.parametrize("row", FLOATS)
def test_rules_are_derivatives(row):
    graph = graph_of(row)
    gradient = grad(graph)
    for point in points(row, [0.3701, -0.6203, 1.7011, -2.3007]):
        with mp.workdps(3 * DIGITS):
            results = evaluate(gradient, point)
            for name, rule in zip(row.operands, row.d, strict=True):
                found = results[gradient.outputs[f"dz_d{name}"]]
                exact = {n: mp.mpf(value) for n, value in point.items()}
                expected = mp.diff(lambda x, n=name, p=exact: meaning(row.name)(*(p | {n: x}).values()), exact[name])
                assert mp.almosteq(found, expected, TOLERANCE, TOLERANCE), (point, name, rule)


@pytest.mark.parametrize("row", FLOATS)
def test_second_derivatives(row):
    gradient = grad(graph_of(row))
    for first, second in product(row.operands, repeat=2):
        again = grad(gradient, second, of=f"dz_d{first}")
        for point in points(row, [0.3701, -0.6203, 1.7011]):
            with mp.workdps(3 * DIGITS):
                found = evaluate(again, point)[again.outputs[f"d2z_d{first}_d{second}"]]

                def slope(x, first=first, point=point, second=second):
                    return evaluate(gradient, point | {second: x})[gradient.outputs[f"dz_d{first}"]]

                expected = mp.diff(slope, mp.mpf(point[second]))
                assert mp.almosteq(found, expected, TOLERANCE, TOLERANCE), (
                    point,
                    first,
                    second,
                )


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in OPS.values()])
def test_every_row_is_complete(row):
    assert row.numpy or row.composite
    assert row.tex
    assert row.glyph
    assert bool(row.d) + bool(row.vjp) + row.composite == 1
    rules = row.d or row.vjp
    assert row.composite or row.variadic or rules == ("by definition",) or len(rules) == len(row.operands)
    assert set(row.integer) | set(row.boolean) <= set(row.operands)
    assert set(row.required) <= set(row.attrs)
    assert all(NAMES[alias] is row for alias in row.aliases)


def test_no_two_rows_share_a_name():
    names = [name for row in OPS.values() for name in {row.name, *row.aliases}]
    assert len(set(names)) == len(names)


EDGES = [0.0, 1.0, -1.0, 0.5, 2.0]
ALONE = {"pow": "a < 0", "xlogy": "b < 0"}  # points of the domain with none beside them in every direction


@pytest.mark.parametrize("row", FLOATS)
def test_a_slope_is_refused_where_it_is_infinite_and_nowhere_else(row):
    graph, steep, alone = graph_of(row), row.steep and parse(row.steep), row.name in ALONE and parse(ALONE[row.name])
    for values in product(EDGES, repeat=len(row.operands)):
        point = dict(zip(row.operands, values, strict=True))
        holds = [g and run(g, {n: point[n] for n in g.inputs})[g.output] for g in (parse(row.domain or "1 > 0"), alone)]
        if holds != [True, False]:
            continue
        for given in (point, {name: np.array([value, value]) for name, value in point.items()}):
            assert np.isfinite(run(graph, given)[graph.output]).all()
            if steep and run(steep, {n: point[n] for n in steep.inputs})[steep.output] == 0:
                with pytest.raises(DomainError, match="the slope of"):
                    trace(graph, given)
            else:
                assert all(np.isfinite(slope).all() for slope in trace(graph, given).grad.values()), point


def test_no_row_is_steep_where_a_convention_holds():
    for row in OPS.values():
        assert not (row.steep and row.kinks), row.name
        assert row.d or not row.steep, row.name


CONVENTIONS = [  # expression, values, partials by input
    ("relu(x)", {"x": 0.0}, {"x": 0}),
    ("abs(x)", {"x": 0.0}, {"x": 0}),
    ("sign(x)", {"x": 0.0}, {"x": 0}),
    ("leaky_relu(x)", {"x": 0.0}, {"x": 0.1}),
    ("leaky_relu(x, slope=0.2)", {"x": 0.0}, {"x": 0.2}),
    ("elu(x, alpha=2)", {"x": 0.0}, {"x": 2}),
    ("maximum(x, y)", {"x": 2.0, "y": 2.0}, {"x": 0.5, "y": 0.5}),
    ("minimum(x, y)", {"x": 2.0, "y": 2.0}, {"x": 0.5, "y": 0.5}),
    ("clip(x, a, b)", {"x": 1.0, "a": 1.0, "b": 2.0}, {"x": 1, "a": 0, "b": 0}),
    ("clip(x, a, b)", {"x": 2.0, "a": 1.0, "b": 2.0}, {"x": 1, "a": 0, "b": 0}),
    ("clip(x, a, b)", {"x": 3.0, "a": 1.0, "b": 2.0}, {"x": 0, "a": 0, "b": 1}),
    ("hypot(x, y)", {"x": 0.0, "y": 0.0}, {"x": 0, "y": 0}),
    ("floor(x)", {"x": 1.5}, {"x": 0}),
    ("x**2", {"x": 0.0}, {"x": 0}),
    ("x**1", {"x": 0.0}, {"x": 1}),
    ("x**0", {"x": 0.0}, {"x": 0}),
    ("x**3", {"x": -2.0}, {"x": 12}),
    ("x**-1", {"x": -2.0}, {"x": -0.25}),
    ("0**x", {"x": 2.0}, {"x": 0}),
    ("where(x > 0, log(x), x)", {"x": -1.0}, {"x": 1}),
    ("where(x > 0, sqrt(x), 0)", {"x": 0.0}, {"x": 0}),
    ("where(x != 0, sin(x) / x, 1)", {"x": 0.0}, {"x": 0}),
    ("where(x > 0, x * log(x), 0)", {"x": 0.0}, {"x": 0}),
    ("where(x > 1, exp(x), x)", {"x": -1e3}, {"x": 1}),
    ("where(x < 1, x, exp(exp(x)))", {"x": 0.5}, {"x": 1}),
    ("where(x > 0, where(x > 1, sqrt(x - 1), 3 * x), x)", {"x": 0.5}, {"x": 3}),
    ("where(x > 0, 1/x, x) + where(x <= 0, x, 1/x)", {"x": 0.0}, {"x": 2}),
    ("y = log(x); where(x > 0, y * y, x)", {"x": -2.0}, {"x": 1}),
    ("xlogy(x, y)", {"x": 0.0, "y": 2.0}, {"x": math.log(2), "y": 0}),
    ("sigmoid(x)", {"x": -800.0}, {"x": 0}),
    ("softplus(x)", {"x": 800.0}, {"x": 1}),
    ("tanh(x)", {"x": 800.0}, {"x": 0}),
    ("x - x", {"x": 1.0}, {"x": 0}),
    ("x * x", {"x": 3.0}, {"x": 6}),
]


@pytest.mark.parametrize(("text", "values", "partials"), CONVENTIONS)
def test_conventions(text, values, partials):
    found = trace(parse(text), values)
    assert math.isfinite(found.value)
    assert found.grad == pytest.approx(partials, rel=1e-12, abs=1e-12)
    scalar = dict(found.grad)
    arrays = trace(parse(text), {name: np.array([v, v]) for name, v in values.items()})  # NumPy's way, not math's
    assert {name: list(np.broadcast_to(v, 2)) for name, v in arrays.grad.items()} == {
        name: pytest.approx([v, v], rel=1e-12, abs=1e-12) for name, v in scalar.items()
    }
