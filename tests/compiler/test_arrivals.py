"""Arrays given to a program of numbers: of the program's type, chunk by chunk, and without a warning."""

import numpy as np
import pytest

from graphgrad.compiler.arrays.many_points import MANY
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

TEXTS = ["1 / x", "sin(1 / x)", "x ** -1", "reciprocal(x) + y", "x * y", "square(x) - y", "log(x) + 1 / y", "x + 0 * y",
         "isfinite * x", "sqrt(x) / (x - y)"]  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("text", TEXTS)
def test_points_of_every_kind(text, dtype):
    graph = grad(parse(text))
    f = compile(graph, dtype=dtype)
    for points in ([0, 1, 2], [0.0, 1.0, 1e150 if dtype == "float64" else 1e18]):
        given = {name: np.array(points) for name in graph.inputs}
        value, grads = f(**given)
        assert np.asarray(value).dtype == dtype
        assert all(np.asarray(g).dtype.kind == "f" for g in grads.values())
        single = [f(**{name: float(p) for name in graph.inputs})[0] for p in np.ravel(points)]
        np.testing.assert_allclose(value, single, rtol=1e-6)


@pytest.mark.parametrize("text", ["x * y", "log(x) / y", "1 / x + y"])
def test_very_many_points_go_chunk_by_chunk(text, monkeypatch):
    f = compile(parse(text))
    module, called = f.__globals__, []
    whole = module["_value_of_points"]
    monkeypatch.setitem(module, "_value_of_points", lambda *points: called.append(1) or whole(*points))
    found = f(**{name: np.linspace(1, 2, MANY + 1) for name in f.graph.inputs})
    assert (len(called), np.shape(found)) == (1, (MANY + 1,))


def test_numbers_of_python_are_asked_only_where_nothing_else_does():
    assert "isfinite" not in compile(grad(parse("log(x1*x2)*sin(x2)"))).source
    assert "isfinite(x)" in compile(parse("x * log(y)")).source
