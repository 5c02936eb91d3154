"""Numbers beyond the numbers, and branches that are not taken: targets compute as IEEE arithmetic and NumPy do."""

import itertools
import json
import re
import shutil
import subprocess
import warnings
from functools import partial

import numpy as np
import pytest

from graphgrad.compiler.backends.javascript import javascript_body
from graphgrad.compiler.compile import compile as translate
from graphgrad.core.errors import UsageError
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

NODE = shutil.which("node")
inf, nan = np.inf, np.nan
NORMAL = (nan, inf, -inf, -0.0, 0.0, 0.5, -0.75, 1.0, -1.0, 2.0, 2.5, -3.0, 1e300, -1e-300, 40.0, -27.0, -745.5, 1e17)
SMALL = (5e-324, -5e-324, 1e-310, -720.0)  # below the smallest normal number, or its exponential is
ROWS = [name for name, row in OPS.items() if row.elementwise and not (row.required or row.variadic or row.composite)]
UNSIGNED = {"maximum", "minimum", "clip"}  # of zeros of two signs either is the larger
SCALARS_OF_NUMPY = {(-inf, 0.5), (-0.0, 0.5)}  # whose power of numbers is a square root there, and of arrays is not
SMALLEST = 2.3e-308  # what is less may be 0 where a target takes many at a time
FLUSHED = {"numba", "jax", "points"}
REMAINDERS = {"remainder", "floor_divide"}  # of which XLA has others where one of the two is infinite, or 0


def points(count, target):
    every = list(itertools.product(NORMAL if target == "jax" else NORMAL + SMALL, repeat=count))
    return every if count < 3 else every[::29]


def program_of(name):
    """An application of the row to inputs; conditions are comparisons."""
    row = OPS[name]
    operands = [f"({a} > 0)" if a in row.boolean else a for a in row.operands]
    if row.precedence == 7:
        return parse(f"{name}({', '.join(operands)})")
    return parse(re.sub(r"\b[ab]\b", lambda found: operands[row.operands.index(found[0])], row.notation))


def wanted(name, graph, given):
    """What NumPy says; of what it does not have, the table's column for it."""
    if callable(function := getattr(np, name, None)) and not OPS[name].boolean:
        return np.array([float(function(*map(np.float64, point))) for point in given])
    values = {}
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            values[i] = np.array([point[list(graph.inputs).index(node.value)] for point in given])
        else:
            operands = [values[o] for o in node.operands]
            values[i] = node.value if node.op == "const" else kernel(node, "numpy")(*operands)
    return np.asarray(values[graph.output], float)


def columns(graph, given):
    return {name: np.array(column) for name, column in zip(graph.inputs, zip(*given, strict=True), strict=True)}


def one_by_one(graph, given, target="numpy"):
    """Of numbers; the python target may raise, where there is no finite value."""
    compiled, found = translate(graph, target=target), []
    for point in given:
        try:
            found.append(float(compiled(*point)))
        except (ValueError, ArithmeticError):
            found.append(inf)
    return found


def at_many_points(graph, given):
    times = 40_000 // len(given) + 1
    found = translate(graph)(**{name: np.tile(column, times) for name, column in columns(graph, given).items()})
    return np.broadcast_to(found, times * len(given))[-len(given) :]


def of_arrays(graph, given, target):
    arrays = parse(graph.source, dict.fromkeys(graph.inputs, "N"))
    return translate(arrays, target=target)(**columns(graph, given))


def in_javascript(graphs, given):
    """The values of many programs, each at its own points, by one process."""
    jobs = [[[*g.inputs], javascript_body(g), g.output, [[spelled(v) for v in p] for p in many]]
            for g, many in zip(graphs, given, strict=True)]  # fmt: skip
    text = f"""const said = v => Object.is(v, -0) ? "-0.0" : String(Number(v)).replace("Infinity", "inf");
    const job = ([names, body, output, points]) => {{
      const f = new Function("x", body);
      return points.map(p => said(f(Object.fromEntries(names.map((n, k) => [n, Number(p[k])])))[output]));
    }};
    console.log(JSON.stringify({json.dumps(jobs)}.map(job)));"""
    done = subprocess.run([NODE, "-"], input=text, check=True, capture_output=True, text=True)
    return [[float(v) for v in values] for values in json.loads(done.stdout)]


def spelled(number):
    return str(number).replace("inf", "Infinity").replace("nan", "NaN")


WAYS = {
    "numpy": one_by_one,
    "python": partial(one_by_one, target="python"),
    "arrays": lambda graph, given: translate(graph)(**columns(graph, given)),
}
SLOW = {
    "points": at_many_points,
    "c": partial(one_by_one, target="c"),
    "numba": partial(of_arrays, target="numba"),
    "jax": partial(of_arrays, target="jax"),
}


def equal(got, want, *, signed, least):
    if np.isnan(want) or np.isnan(got):
        return np.isnan(want) == np.isnan(got)
    if got == want:
        return want != 0 or np.signbit(got) == np.signbit(want) or not signed
    return abs(got - want) <= 1e-12 * max(abs(got), abs(want)) + least


def check_special_values(name, way, graph, given, got):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = wanted(name, graph, given)
    least, signed = SMALLEST if way in FLUSHED else 1e-322, name not in UNSIGNED and way != "jax"
    for point, one, other in zip(given, map(float, np.broadcast_to(got, len(given))), want.tolist(), strict=True):
        if name == "pow" and point in SCALARS_OF_NUMPY:
            continue
        if (way == "python" and one == inf and not np.isfinite(other)) or (way == "jax" and name in REMAINDERS):
            continue
        assert equal(one, other, signed=signed, least=least), (name, point, one, other)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ROWS)
def test_special_values(name, way):
    graph = program_of(name)
    given = points(len(graph.inputs), way)
    with np.errstate(all="ignore"):
        check_special_values(name, way, graph, given, (WAYS | SLOW)[way](graph, given))


@pytest.mark.skipif(NODE is None, reason="no node")
def test_special_values_in_javascript():
    graphs = {name: program_of(name) for name in ROWS}
    given = [points(len(graph.inputs), "javascript") for graph in graphs.values()]
    for (name, graph), many, got in zip(graphs.items(), given, in_javascript(graphs.values(), given), strict=True):
        check_special_values(name, "javascript", graph, many, got)


@pytest.mark.campaign
@pytest.mark.parametrize("way", SLOW)
@pytest.mark.parametrize("name", ROWS)
def test_special_values_in_machine_code(name, way):
    test_special_values(name, way)


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


OF_CONSTANTS = [
    f"{name}({', '.join(['pi', 'e', '2'][: len(OPS[name].operands)])})" for name in ROWS
    if OPS[name].precedence == 7 and not OPS[name].boolean and name not in {"asin", "acos", "atanh", "log1mexp"}
]  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "numba", "jax"])
def test_what_is_made_of_constants_alone_is_computed_among_arrays(target):
    pytest.importorskip(target)
    alone = [parse(text) for text in OF_CONSTANTS]
    want = [float(translate(graph)()) for graph in alone]
    found = translate(parse("sum(x) * " + " + sum(x) * ".join(OF_CONSTANTS), x=3), target=target)(x=np.ones(3))
    np.testing.assert_allclose(float(found), 3 * sum(want), rtol=1e-6)
    clash = translate(
        parse(f"floored = sum(x); floored * {' * sign * '.join(OF_CONSTANTS)}", x=3, sign=()), target=target
    )
    assert np.isfinite(float(clash(x=np.ones(3), sign=0.5)))


@pytest.mark.parametrize("text", ["exp(x * 0 / y)", "sin(0 * x + y * 0) * x", "(x - x * 1) ** 2 + exp(0 * y)"])
def test_what_folds_has_a_name(text):
    graph = grad(parse(text))
    for target in ("numpy", "python"):
        value, grads = translate(graph, target=target)(**dict.fromkeys(graph.inputs, 2.0))
        assert np.isfinite([float(value), *map(float, grads.values())]).all()


def test_the_slope_of_what_overflows_is_infinite():
    value, grads = translate(grad(parse("(exp(x) - 1) / x")))(x=800.0)
    assert (value, grads["x"]) == (inf, inf)


def test_a_program_of_constants_takes_nothing():
    function = translate(parse("2.0 ** 0.5"))
    assert function() == function({}) == 2**0.5
    with pytest.raises(UsageError, match="has no inputs"):
        function(x=1.0)


def test_an_index_of_nothing_is_the_number_itself():
    assert translate(parse("sum(x)[()]", x=3))(np.ones(3)) == 3.0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", ["mean(x)", "std(x) * 2", "sum(x) * log(size(x))", "sum(x) / (2 * size(x))"])
def test_the_mean_of_nothing_is_nan_and_keeps_its_type(text, dtype):
    function = translate(grad(parse(text, x="N")), dtype=dtype)
    for rows in (0, 3):
        value, grads = function(np.arange(rows, dtype=dtype))
        assert np.isnan(value) == (rows == 0)
        assert (value.dtype, grads["x"].dtype, grads["x"].shape) == (dtype, dtype, (rows,))
