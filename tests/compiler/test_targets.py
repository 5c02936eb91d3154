"""Every target passes the tests of NumPy: the table, the tensors, the refusals."""

import importlib.util

import numpy as np
import pytest
from installed import need

from graphgrad.compiler.backend import TARGETS
from graphgrad.compiler.compile import compile, write  # noqa: A004
from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.errors import TargetError, UsageError
from graphgrad.core.ops import OPS
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

SHAPES = {"X": ("N", 6), "W1": (5, 6), "b1": 5, "W2": (3, 5), "b2": 3, "y": "N"}
RUNNING = [name for name, row in TARGETS.items() if row.runs]
CALLED = [
    r.name for r in OPS.values() if r.elementwise and r.d and r.dtype == "float" and not r.boolean and r.precedence == 7
]


@pytest.mark.parametrize("target", RUNNING)
def test_every_row_at_once(target):
    need(target)
    first = {"a >= 1": "b", "a < 0": "-a"}
    operands = {n: [first.get(OPS[n].domain, "a"), "b", "c"][: len(OPS[n].operands)] for n in CALLED}
    texts = [f"{n}({', '.join(operands[n])})" for n in CALLED]
    text = " + ".join(texts) + " + where(a > b, a, b) ** c / 2 - -a * (b >= c)"
    graph, feeds = grad(parse(text)), {"a": 0.25, "b": 2.5, "c": 3.5}
    values = run(graph, feeds)
    value, grads = compile(graph, target=target)(**feeds)
    assert float(value) == pytest.approx(values[graph.output], rel=1e-13)
    for name, got in grads.items():
        assert float(got) == pytest.approx(values[graph.outputs[f"dz_d{name}"]], rel=1e-12), name


@pytest.mark.parametrize("target", [n for n in RUNNING if TARGETS[n].arrays])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "text",
    [
        "h = tanh(X @ W1.T + b1); cross_entropy(h @ W2.T + b2, y)",
        "mean(pick(log_softmax(gelu(X @ W1.T)), y)) + prod(b1) + norm(b2) + sum(W1[1:, 0])",
        "sum(W1[0]) + sum(concatenate([b1, b2])) * max(X) + sum(maximum(X, 0.5) / 3)",
    ],
)
def test_tensors(target, dtype, text):
    need(target)
    rng = np.random.default_rng(0)
    graph = parse(text, {k: v for k, v in SHAPES.items() if k in text.replace("entropy", "")})
    feeds = {n: rng.normal(size=[7 if s == "N" else s for s in graph.nodes[i].shape]) for n, i in graph.inputs.items()}
    feeds |= {"y": rng.integers(3, size=7)} if "y" in feeds else {}
    graph = grad(graph)
    values = run(graph, feeds)
    value, grads = compile(graph, target=target, dtype=dtype)(**feeds)
    tolerance = 1e-11 if dtype == "float64" else 1e-3
    np.testing.assert_allclose(value, values[graph.output], rtol=tolerance)
    for name, got in grads.items():
        np.testing.assert_allclose(got, values[graph.outputs[f"dz_d{name}"]], rtol=tolerance, atol=tolerance)
        assert np.asarray(got).dtype == dtype


def test_c_in_pieces():
    need("c")
    lines = ["v0 = sin(x)"] + [f"v{k} = v{k - 1} * sin(v{k - 1}) + y" for k in range(1, 300)]
    graph = grad(parse("\n".join(lines)))
    f = compile(graph, target="c")
    assert "part2(" in f.source
    value, grads = f(0.3, y=0.1)
    values = run(graph, {"x": 0.3, "y": 0.1})
    assert (value, grads["x"]) == pytest.approx((values[graph.output], values[graph.outputs["dv299_dx"]]), rel=1e-9)
    for given, named in (((0.3,), {}), ((0.3,), {"x": 1.0}), ((0.3,), {"q": 1.0}), ((1.0, 2.0, 3.0), {}), ((), {})):
        with pytest.raises((TypeError, UsageError), match=r"x, y|no value for '[xy]'"):
            f(*given, **named)


@pytest.mark.parametrize("batch", [0, -1, 2.5, True, "3"])
def test_a_batch_is_a_number_of_rows(batch):
    loss = parse("mean(square(x * w))", x="N")
    for make in (lambda: compile(loss, batch=batch), lambda: compile_step(loss, ["w"], "p - g", batch=batch)):
        with pytest.raises(UsageError, match="whole number of rows"):
            make()


def test_a_missing_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    for name, row in TARGETS.items():
        if row.package:
            with pytest.raises(TargetError, match=rf"pip install 'graphgrad\[{row.extra}\]'"):
                compile(parse("x"), target=name)
            assert "x" in write(parse("x"), name).source  # which takes nothing that only running it does


def test_javascript_is_text():
    f = compile(parse("x * 2"), target="javascript")
    assert "export function value(inputs)" in f.source
    with pytest.raises(TargetError, match="node"):
        f(x=1.0)


@pytest.mark.parametrize("target", RUNNING)
@pytest.mark.parametrize("text", ["log(a * b) * sin(b)", "a = x ** 2; b = exp(a) - x; c = 3 * y", "tanh(x)"])
def test_a_flat_tuple_has_the_same_results(target, text):
    need(target)
    graph = parse(text)
    graph = grad(graph) if len(graph.outputs) == 1 else graph
    feeds = {name: 0.5 + k for k, name in enumerate(graph.inputs)}
    named, flat = (compile(graph, target=target, returns=returns)(**feeds) for returns in ("names", "tuple"))
    wanted = [named[0], *named[1].values()] if isinstance(named, tuple) else [*named.values()]
    assert flat == tuple(wanted)


def test_a_flat_tuple_of_arrays_of_points_and_where_math_refuses():
    f = compile(grad(parse("log(x1*x2)*sin(x2)")), returns="tuple")
    for x in (np.array([1.0, 2.0]), np.linspace(1, 2, 40_000)):
        got = f(x, 2 * x)
        np.testing.assert_allclose(got[1], np.sin(2 * x) / x, rtol=1e-14)
        assert [type(part) for part in got] == [np.ndarray] * 3
    assert all(np.isnan(f(-1.0, 2.0)[k]) for k in (0, 2))
    assert compile(parse("x + 1"), returns="tuple")(1.0) == 2.0
    with pytest.raises(UsageError, match="returns must be names or tuple, not list"):
        compile(parse("x"), returns="list")
