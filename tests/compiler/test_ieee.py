"""Numbers beyond the numbers, and branches that are not taken: targets compute as IEEE arithmetic and NumPy do."""

import itertools
import warnings

import numpy as np
import pytest

from graphgrad.compiler.compile import compile as translate
from graphgrad.core.ops import NAMES
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

inf, nan = np.inf, np.nan
SPECIAL = (nan, inf, -inf, -0.0, 0.0, 0.5, -0.75, 1.0, -1.0, 2.0, -3.0, 1e300, -1e-300, 40.0)
ROWS = [name for name, row in NAMES.items()
        if row.name == name and row.elementwise and not (row.boolean or row.required or row.variadic or row.composite)
        and callable(getattr(np, name, None)) and not isinstance(getattr(np, name), type)]  # fmt: skip
UNSIGNED = {"maximum", "minimum", "clip"}  # of zeros of two signs either is the larger
SCALARS_OF_NUMPY = {(-inf, 0.5), (-0.0, 0.5)}  # whose power of numbers is a square root there, and of arrays is not


def points(count):
    every = list(itertools.product(SPECIAL, repeat=count))
    return every if count < 3 else every[::29]


def equal(got, want, *, signed):
    if np.isnan(want) or np.isnan(got):
        return np.isnan(want) == np.isnan(got)
    if got == want:
        return want != 0 or np.signbit(got) == np.signbit(want) or not signed
    return abs(got - want) <= 1e-14 * max(abs(got), abs(want))


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_special_values(name, target):
    """The python target may raise where there is no finite value."""
    row, function = NAMES[name], getattr(np, name)
    compiled = translate(parse(f"{name}({', '.join(row.operands)})"), target=target)
    for point in points(len(row.operands)):
        if name == "pow" and point in SCALARS_OF_NUMPY:
            continue
        with np.errstate(all="ignore"):
            want = float(function(*map(np.float64, point)))
        try:
            got = float(compiled(*point))
        except (ValueError, ArithmeticError):
            assert target == "python", point
            assert not np.isfinite(want), point
            continue
        assert equal(got, want, signed=name not in UNSIGNED), (point, got, want)


@pytest.mark.campaign
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("target", ["numba", "c"])
def test_special_values_in_machine_code(name, target):
    test_special_values(name, target)


BRANCHES = [
    "where(x > 0, log(x), 0)", "where(x > 0, sqrt(x), x)", "where(x == 0, 1, sin(x) / x)", "where(x < 700, exp(x), 0)",
    "where(x > 0, x * log(x), 0)", "where(abs(x) < 1, asin(x), 0)", "where(y < -1, 1 / x, where(y <= 1, x, 1 / x))",
    "a = log(x); where(x > 0, a * a, 3)", "a = 1 / x; b = a * a; where(x == 0, y, b + where(y > 0, b / y, a))",
    "where(x > 0, where(y > 0, log(x) / y, sqrt(x)), 1 / (x - 1))", "where((x > 0) & (y > 0), log(x * y), x)",
    "where(x > 0, 0, log(-x)) + where(x > 0, log(x), 0)", "c = log(y); where(y > 0, where(c > 0, 1 / c, c), 0)",
    "where(~(x > 0), 1, x ** 0.5)", "where(x > 0, 1 / x, 1 / (x - 0.5)) * exp(x)",
]  # fmt: skip


@pytest.mark.parametrize("text", BRANCHES)
def test_python_computes_only_the_branch_that_is_taken(text):
    gradient = grad(parse(text))
    plain, arrays = translate(gradient, target="python"), translate(gradient)
    for values in itertools.product((-2.0, -0.5, 0.0, 1.5, 3.0), (-1.5, 0.0, 1.0, 2.0)):
        point = dict(zip("xy", values, strict=True))
        point = {name: point[name] for name in gradient.inputs}
        want, slopes = arrays(**point)
        try:
            value, grads = plain(**point)
        except (ValueError, ArithmeticError):  # the branch that is taken has no value, or no slope
            assert not np.isfinite([float(want), *map(float, slopes.values())]).all(), point
            continue
        np.testing.assert_allclose(float(value), float(want), rtol=1e-14)
        np.testing.assert_allclose([float(v) for v in grads.values()], [float(v) for v in slopes.values()], rtol=1e-14)


def test_a_value_that_is_needed_anyway_is_no_ones_branch():
    source = translate(parse("a = log(x); where(x > 0, a, 0) + a"), target="python").source
    assert "a = log(x)  #" in source


CONSTANTS = {"x * log(0.0)": -inf, "x + 1 / 0.0": inf, "sqrt(-1.0) * x": nan, "exp(1000.0) * x": inf,
             "x - 2 / -0.0": inf, "where(x > 5, x, -inf)": -inf, "x * nan": nan, "0 / 0 + x": nan, "x / inf": 0.0,
             "-inf + x": -inf}  # fmt: skip


@pytest.mark.parametrize("text", CONSTANTS)
@pytest.mark.parametrize("target", ["numpy", "python", "numba", "c", "jax"])
def test_constants_fold_as_ieee_says(text, target):
    pytest.importorskip({"c": "cffi"}.get(target, target)) if target != "python" else None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, _ = translate(grad(parse(text)), target=target)(x=1.0)
    np.testing.assert_equal(float(value), CONSTANTS[text])


@pytest.mark.parametrize("text", ["exp(x * 0 / y)", "sin(0 * x + y * 0) * x", "(x - x * 1) ** 2 + exp(0 * y)"])
def test_what_folds_has_a_name(text):
    graph = grad(parse(text))
    for target in ("numpy", "python"):
        value, grads = translate(graph, target=target)(**dict.fromkeys(graph.inputs, 2.0))
        assert np.isfinite([float(value), *map(float, grads.values())]).all()


def test_an_index_of_nothing_is_the_number_itself():
    assert translate(parse("sum(x)[()]", x=3))(np.ones(3)) == 3.0
