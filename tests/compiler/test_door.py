"""What compiled functions say to values of the wrong type or shape, and what they take."""

import inspect
import warnings
from fractions import Fraction

import numpy as np
import pytest
from installed import need

from graphgrad.compiler.compile import compile as translate
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.op import ATOM
from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

LINEAR = grad(parse("mean(square(X @ w - y))", X=("N", 3), w=3, y="N"))
RNG = np.random.default_rng(4)
GOOD = {"X": RNG.normal(size=(5, 3)), "w": RNG.normal(size=3), "y": RNG.normal(size=5)}
WRONG = {  # one value, and what is said
    "a column for a vector": ("y", GOOD["y"][:, None], ShapeError, "'y' must have shape (N,), not (5, 1)"),
    "another N": ("y", np.ones(1), ShapeError, "'y' of shape (1,) has N = 1, but elsewhere N = 5"),
    "another size": ("w", np.ones(4), ShapeError, "'w' must have shape (3,), not (4,)"),
    "complex": ("w", np.ones(3) * 1j, UsageError, "the value of 'w' is no array of numbers"),
    "None": ("w", None, UsageError, "the value of 'w' is no array of numbers"),
    "None among numbers": ("w", np.array([1, None, 2]), UsageError, "the value of 'w' is no array of numbers"),
    "a matrix": ("X", "matrix", UsageError, "in a matrix of NumPy's * is a product"),
    "a word": ("w", "abc", UsageError, "the value of 'w' is no array of numbers"),
    "a masked array": ("w", np.ma.array(np.ones(3), mask=[0, 1, 0]), UsageError, "a masked array has entries"),
}


@pytest.mark.parametrize("target", ["numpy", "jax", "numba"])
@pytest.mark.parametrize("name", WRONG)
def test_arrays_are_looked_at(name, target):
    pytest.importorskip(target)
    given, value, error, said = WRONG[name]
    if name == "a matrix":
        with warnings.catch_warnings(action="ignore"):
            value = np.asmatrix(GOOD["X"])
    function = translate(LINEAR, target=target)
    with pytest.raises(error) as raised:
        function(**{**GOOD, given: value})
    assert said in str(raised.value)


def test_what_fits_goes_through():
    function, plain = translate(LINEAR), translate(LINEAR, checked=False)
    want, slopes = plain(**GOOD)
    as_lists = {name: value.tolist() for name, value in GOOD.items()}
    turned = {**GOOD, "X": np.asfortranarray(GOOD["X"])}
    for args, keywords in (((), GOOD), (tuple(GOOD.values()), {}), ((GOOD,), {}), ((), as_lists), ((), turned)):
        value, grads = function(*args, **keywords)
        np.testing.assert_allclose([value, *grads["w"]], [want, *slopes["w"]], rtol=1e-14)
    assert list(inspect.signature(function).parameters) == ["X", "w", "y"]
    assert np.isnan(function(**{**GOOD, "w": np.full(3, np.nan)})[0])


def test_the_door_is_not_in_the_module_and_can_be_left_out():
    function = translate(LINEAR)
    assert "looked_at" not in function.source
    wide = translate(LINEAR, checked=False)(**{**GOOD, "y": GOOD["y"][:, None]})[1]["y"]
    assert wide.shape != (5,)


RUNNING = ["numpy", "python", "c", pytest.param("numba", marks=pytest.mark.slow), "jax"]


@pytest.mark.parametrize("target", RUNNING)
@pytest.mark.parametrize("text", ["x * y", "exp(x) + y", "x * 0 + 1 + y"])
def test_numbers_are_looked_at_where_they_leave_their_quick_path(text, target):
    need(target)
    function = translate(parse(text), target=target)
    words = ("a",) * (target != "numba")  # which numba leaves to Python's and NumPy's own errors, as huge numbers
    for value in (1j, None, np.array([1j, 2]), *words) + (10**400,) * (target not in {"python", "numba"}):
        with pytest.raises(UsageError, match="the value of 'x' is no array of numbers"):
            function(value, 2.0)
    with pytest.raises(UsageError, match="no value for 'y'; give one"):
        function(2.0)
    with pytest.raises(UsageError, match="'w'"):
        function({"x": 1.0, "y": 2.0, "w": 3.0})
    with pytest.raises(ShapeError, match=r"points must come in arrays of one shape, not \(2,\) and \(3,\)"):
        function(np.ones(2), np.ones(3))
    assert float(function({"y": 3.0, "x": 2.0})) == float(function(x=2.0, y=3.0))
    assert float(function(Fraction(1, 2), 3)) == float(function(0.5, 3.0))


@pytest.mark.parametrize("target", RUNNING)
def test_results_have_the_shape_of_the_points(target):
    need(target)
    for text in ("x * 0 + 1", "x + 2 * y", "exp(x)", "where(x > 0, 1, 2)", "x * y - x * y", "y"):
        graph = grad(parse(text))
        function = translate(graph, target=target)
        for points in (np.array([1.0, 2.0, 3.0]), np.ones((2, 3)), np.ones(40_000), [1.0, 2.0])[
            : 4 if target == "numpy" else 2
        ]:
            value, grads = function(**dict.fromkeys(graph.inputs, points))
            assert {np.shape(v) for v in (value, *grads.values())} == {np.shape(points)}
        assert np.shape(function(*[np.float64(2.0)] * len(graph.inputs))[0]) == ()


ENTRYWISE = [row for row in OPS.values() if row.elementwise and row.python and row.name != "where"]


def applied(row):
    """A row of inputs a, b, c, as a text."""
    given = [
        f"({name} > 0)" if operand in row.boolean else name for operand, name in zip(row.operands, "abc", strict=False)
    ]
    given += [f"{name}={0 if value is None else value}" for name, value in row.attrs.items()]
    words = row.notation.split()
    if row.precedence == ATOM:
        return f"{row.name}({', '.join(given)})"
    return f"({given[0]} {words[1]} {given[1]})" if len(words) > 1 else f"({row.notation[0]}{given[0]})"


@pytest.mark.parametrize("row", ENTRYWISE, ids=lambda row: row.name)
def test_an_array_of_one_number_is_an_array(row):
    """It has a truth and an order, as numbers have, so that only a function of `math` tells it from one."""
    text = applied(row)
    for program in (text, f"{text} * 0 + 1", f"where(a > 0, {text}, 3)", f"where(a < 0, {text}, 3)"):
        for graph in (parse(program), grad(parse(f"2.0 * {program}"))):
            function = translate(graph)
            for shape in ((1,), (1, 1), (0,), (3, 1)):
                found = function(*[np.full(shape, 0.5)] * len(graph.inputs))
                value, grads = found if isinstance(found, tuple) else (found, {})
                assert {np.shape(part) for part in (value, *grads.values())} == {shape}, (program, shape)


@pytest.mark.parametrize("target", [*RUNNING[:-1], pytest.param("jax", marks=pytest.mark.slow)])
def test_every_target_takes_arrays_of_one_number_for_arrays(target):
    need(target)
    spelled = [row for row in ENTRYWISE if not row.domain and (target != "c" or row.c)]
    graph = grad(parse(" + ".join(f"2.0 * {applied(row)}" for row in spelled)))
    function = translate(graph, target=target)
    for shape in ((1,), (1, 1), (0,), (3, 1)):
        value, grads = function(*[np.full(shape, 0.5)] * len(graph.inputs))
        assert {np.shape(part) for part in (value, *grads.values())} == {shape}


def test_no_points_have_a_result_where_the_function_has_none():
    function = translate(grad(parse("acosh(x) + asin(x)")), target="python")
    value, grads = function(np.empty((0, 2)))
    assert value.shape == grads["x"].shape == (0, 2)
