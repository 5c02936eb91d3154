"""Compiled functions against the interpreter, over the table and on programs of every kind."""

import itertools
import math
import os
import subprocess
import sys

import numpy as np
import pytest

from graphgrad.compiler.backends import numpy
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.ops import OPS
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.proof.modules.symbolic import verify_source
from graphgrad.transform.grad import grad, vjp

LECTURE = "y3 = x1*x2; y1 = log(y3); y2 = sin(x2); w = y1*y2; z = w"
MLP = "h = tanh(X @ W1.T + b1); cross_entropy(h @ W2.T + b2, y)"
SHAPES = {"X": ("N", 6), "W1": (5, 6), "b1": 5, "W2": (3, 5), "b2": 3, "y": "N"}
TENSORS = [
    MLP,
    MLP.replace("tanh", "gelu"),
    MLP.replace("tanh", "leaky_relu"),
    "mean((relu(X @ W1.T) + sigmoid(b1))**2)",
    "sum(maximum(X, 0.5) + (X > 0))",
    "sum(where(X > 0, 1, 0.1) * log(2) * X / sqrt(2))",
    "sum(max(X, axis=1) * size(X))",
    "huber(X @ W1.T, b1) + norm(X) + logsumexp(X)",
    "sum(concatenate([W1, 2 * W1])[1:, 0])",
]


def outputs(graph, feeds, dtype=np.float64):
    values = run(graph, feeds, dtype)
    return {name: values[i] for name, i in graph.outputs.items()}


def arrays(seed=0, n=7):
    rng = np.random.default_rng(seed)
    feeds = {k: rng.normal(size=[n if s == "N" else s for s in (v if isinstance(v, tuple) else (v,))])
             for k, v in SHAPES.items()}  # fmt: skip
    return feeds | {"y": rng.integers(3, size=n)}


def test_lecture():
    value, grads = compile(grad(parse(LECTURE)))(x1=0.5, x2=0.75)
    assert (value, grads["x1"]) == pytest.approx((math.log(0.375) * math.sin(0.75), math.sin(0.75) / 0.5))
    assert compile(parse(LECTURE))(0.5, 0.75) == value


def test_source_is_a_golden_page(golden):
    golden("lecture.txt", compile(grad(parse(LECTURE))).source.replace("graphgrad 0.1.0", "graphgrad VERSION"))
    golden("mlp.txt", compile(grad(parse(MLP, SHAPES), "W1", "b1", "W2", "b2"), dtype="float32").source)


ELEMENTWISE = [name for name, row in OPS.items() if row.elementwise and row.dtype == "float" and (row.d or row.vjp)]


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_every_elementwise_row(name, target):
    row = OPS[name]
    places = ["abc"[i] for i in range(len(row.operands))]
    texts = {p: f"({p} > 1)" if o in row.boolean else p for p, o in zip(places, row.operands, strict=True)}
    graph = parse(f"{name}({', '.join(texts.values())})" if row.precedence == 8 - 1 else _operator(row, texts))
    point = dict(zip(places, (1.25, 2.5, 3.5), strict=False))
    if row.domain.startswith("abs(a)"):
        point["a"] = 0.25
    if row.domain == "a < 0":
        point["a"] = -1.25
    graph = grad(graph, *[n for n, i in graph.inputs.items() if graph.nodes[i].dtype == "float"])
    wanted = outputs(graph, point)
    value, grads = compile(graph, target=target)(**point)
    got = {"z": value} | {f"dz_d{k}": v for k, v in grads.items()}
    for k, v in wanted.items():
        assert got[k] == pytest.approx(v, rel=1e-13, abs=1e-15), k
    if target == "numpy":
        many = {k: np.array([v, v * 0.9]) for k, v in point.items()}
        value, grads = compile(graph)(**many)
        got = {"z": value} | {f"dz_d{k}": v for k, v in grads.items()}
        for k, v in outputs(graph, many).items():
            np.testing.assert_allclose(got[k], v, rtol=1e-12, atol=1e-15, err_msg=k)


def _operator(row, texts):
    return row.notation.replace("a", texts["a"], 1) if len(texts) == 1 else f"a {row.notation.split()[1]} b"


def test_where_math_raises_numpy_goes_on():
    f = compile(parse("log(x) + exp(y)"))
    assert math.isnan(f(-1.0, 0.0))
    assert f(1.0, 1000.0) == math.inf
    assert f(0.0, 0.0) == -math.inf
    assert math.isinf(compile(parse("1 / x"))(0.0))


def test_arrays_point_by_point():
    graph = grad(parse(LECTURE))
    feeds = {"x1": np.linspace(0.5, 2, 9), "x2": np.linspace(1, 3, 9)}
    value, grads = compile(graph)(**feeds)
    wanted = outputs(graph, feeds)
    np.testing.assert_allclose(value, wanted["z"], rtol=1e-14)
    np.testing.assert_allclose(grads["x2"], wanted["dz_dx2"], rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", TENSORS)
def test_tensors(text, dtype):
    feeds = arrays()
    graph = grad(parse(text, {k: v for k, v in SHAPES.items() if k in text.replace("relu", "").replace("sigmoid", "")}))
    feeds = {k: v for k, v in feeds.items() if k in graph.inputs}
    value, grads = compile(graph, dtype=dtype)(**feeds)
    wanted = outputs(graph, feeds)
    tolerance = 1e-12 if dtype == "float64" else 2e-4
    np.testing.assert_allclose(value, wanted[next(iter(graph.outputs))], rtol=tolerance)
    assert np.asarray(value).dtype == dtype
    for name, got in grads.items():
        np.testing.assert_allclose(got, wanted[f"dz_d{name}"], rtol=tolerance, atol=tolerance, err_msg=name)
        assert got.dtype == dtype, name


def test_names_that_hide_functions():
    text = "log(log_) * sin(np) + exp(math) * sigmoid(exp) + pi_ * pi + erf(erf) + value_and_grad + Array"
    graph = grad(parse(text))
    feeds = {name: 0.25 + i / 8 for i, name in enumerate(graph.inputs)}
    f = compile(graph)
    for given in (feeds, {k: np.array([v, v]) for k, v in feeds.items()}):
        value, grads = f(**given)
        wanted = outputs(graph, given)
        np.testing.assert_allclose(value, wanted.pop(next(iter(wanted))), rtol=1e-13)
        for name, v in grads.items():
            np.testing.assert_allclose(v, np.broadcast_to(wanted.get(f"dz_d{name}"), np.shape(v)), rtol=1e-13)


def test_several_outputs_and_vjp():
    graph = vjp(parse("x ** 2", x=3), "u")
    value, grads = compile(graph)(x=[1, 2, 3], u=[1, 1, 2])
    np.testing.assert_array_equal(value, [1, 4, 9])
    np.testing.assert_array_equal(grads["x"], [2, 4, 12])


def test_saved_module_runs_alone(tmp_path):
    f = compile(grad(parse("gelu(x1) * erf(x2) + sigmoid(x1)")))
    path = tmp_path / "step.py"
    f.save(path)
    assert path.read_text(encoding="utf-8") == f.source
    assert list(tmp_path.iterdir()) == [path]
    alone = "import sys; sys.modules['graphgrad'] = None; import step; print(step.value_and_grad(0.5, 0.75)[0])"
    done = subprocess.run([sys.executable, "-c", alone], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert float(done.stdout) == f(0.5, 0.75)[0]


def test_same_graph_same_bytes():
    program = f"from graphgrad.compiler.compile import compile as c; from graphgrad.transform.grad import grad; \
from graphgrad.frontend.parse import parse; print(c(grad(parse('{LECTURE} + erf(x1) * sigmoid(x2)'))).source)"
    runs = {
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                       env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(runs) == 1


def test_source_is_formatted(tmp_path):
    for i, graph in enumerate(
        [grad(parse(LECTURE)), grad(parse(MLP, SHAPES)), parse("erf(x) * sigmoid(long_name_" + "x" * 16 + ")")]
    ):
        (tmp_path / f"m{i}.py").write_text(compile(graph).source, encoding="utf-8")
    command = ["ruff", "format", "--check", "--isolated", "--diff", "--line-length=120", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", *command], check=False, capture_output=True, text=True)
    if "No module named ruff" in done.stderr:
        pytest.skip("ruff is not installed")
    assert done.returncode == 0, done.stdout


def test_refusals():
    with pytest.raises(TargetError, match="did you mean 'numpy'"):
        compile(parse("x"), target="numpi")
    with pytest.raises(UsageError, match="float32"):
        compile(parse("x"), dtype="float16")
    with pytest.raises(TargetError, match="arrays"):
        compile(parse("sum(x)", x=3), target="python")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "text",
    [
        LECTURE,
        "relu(x) + erf(y) * sigmoid(x) + pi",
        "where(x > y, x, y) ** 2 + part * size",
        "x + x",
        "maximum(x, 0.5) * gelu(y)",
    ],
)
def test_many_points_go_in_chunks(text, dtype):
    graph = grad(parse(text))
    rng = np.random.default_rng(0)
    feeds = {name: rng.uniform(0.5, 3, (5, 8000)).astype(dtype) for name in graph.inputs}
    first = next(iter(feeds))
    feeds |= {name: v[0] for name, v in feeds.items() if name == "part"}
    assert feeds[first].size > 32_768
    value, grads = compile(graph, dtype=dtype)(**feeds)
    wanted = outputs(graph, {k: np.broadcast_to(v, (5, 8000)) for k, v in feeds.items()})
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    np.testing.assert_allclose(value, wanted.pop(next(iter(wanted))), rtol=tolerance, atol=tolerance)
    assert value.dtype == dtype
    for name, got in grads.items():
        want = np.broadcast_to(wanted[f"dz_d{name}"], np.shape(got))
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
        assert np.shape(got) == () or got.dtype == dtype


def test_a_known_batch():
    graph, feeds = grad(parse("mean(square(X @ w))", X=("N", 2), w=2)), {"X": np.ones((3, 2)), "w": np.ones(2)}
    known = compile(graph, batch=3)
    assert "size" not in known.source
    np.testing.assert_allclose(known(**feeds)[1]["w"], compile(graph)(**feeds)[1]["w"])
    with pytest.raises(UsageError, match="there are 0"):
        compile(parse("x"), batch=3)


def test_sine_and_cosine_by_half_angle():
    graph = grad(parse("sin(x)"))
    x = np.concatenate(
        [np.linspace(-50, 50, 40_000), np.pi * np.arange(-9, 10) / 2, [0.0, -0.0, 1e-300, 1e5, np.inf, np.nan]]
    )
    value, grads = compile(graph)(x)
    assert "np.tan(" in compile(graph).source
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(value, np.sin(x), rtol=4e-16, atol=4e-16)
        np.testing.assert_allclose(grads["x"], np.cos(x), rtol=4e-16, atol=4e-16)
    assert "np.tan(" not in compile(graph, dtype="float32").source


@pytest.mark.parametrize(
    "text",
    ["(x > 0) * 2.5", "(x > 0) / 3 + x", "where(x > 0, x > 1, 0.5) * x", "relu(x) * (x > 1)", "maximum(x > 0, x) - pi",
     "1.0 * (x > 0) + (x > 1)"],
)  # fmt: skip
def test_conditions_that_count_as_numbers_stay_in_their_type(text):
    gradient = grad(parse(text))
    for dtype, x in itertools.product(("float32", "float64"), ([-1.0, 0.5, 2.0], np.linspace(-1, 3, 40_000))):
        value, grads = compile(gradient, dtype=dtype)(np.array(x, dtype))
        found = [v for v in (value, grads["x"]) if v is not grads["x"] or type(v) is not float]  # a constant is one
        assert [(v.dtype, v.shape) for v in found] == [(dtype, np.shape(x))] * len(found)
    value, grads = compile(gradient)(2.0)
    assert type(value) is type(grads["x"]) is float


@pytest.mark.parametrize("more", ["", " + (x > 1) * y", " + pi * x"])
def test_large_programs_share_their_lines_where_they_can(more):
    lines = ["a0 = sin(x) * y", *(f"a{k} = sin(a{k - 1}) * y + x" for k in range(1, 400)), f"a399 * 0.5{more}"]
    graph = grad(parse("; ".join(lines)))
    f = compile(graph)
    assert ("math.sin" in f.source) == (not more)  # given to lines that serve numbers and arrays
    value, grads = f(0.3, 0.9)
    values = run(graph, {"x": 0.3, "y": 0.9})
    assert value == pytest.approx(values[graph.output], rel=1e-12)
    assert grads["x"] == pytest.approx(values[graph.outputs["dz_dx"]], rel=1e-9)
    many, slopes = f(np.full(3, 0.3), np.full(3, 0.9))
    np.testing.assert_allclose([many, slopes["x"]], [[value] * 3, [grads["x"]] * 3], rtol=1e-12)


@pytest.mark.parametrize(
    "text", ["tanh(x) * sin(y) + tanh(sech2 * x)", "sigmoid(x) * softplus(y) * math", "x + exp(np) * y + isfinite * x"]
)
def test_the_lines_of_a_large_program_stand_once(text, monkeypatch):
    """With functions of ours among them, as in the slope of tanh; and the module is read by the proof."""
    gradient = grad(parse(text))
    point = {name: 0.3 + 0.4 * k for k, name in enumerate(gradient.inputs)}
    expected = compile(gradient)(**point)[1]
    monkeypatch.setattr(numpy, "LARGE", 1)
    function = compile(gradient)
    assert "_of_points" not in function.source
    assert function(**point)[1] == expected
    many = function(**{name: np.array([value, 400.0]) for name, value in point.items()})[1]
    assert {name: slope[0] for name, slope in many.items()} == pytest.approx(expected)
    assert verify_source(function.source).ok
