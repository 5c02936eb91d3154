"""One program, in every regime and on every target, beside the interpreter: the ways that size and target choose."""

import numpy as np
import pytest
from installed import need

from graphgrad.compiler.arrays.many_points import MANY
from graphgrad.compiler.backend import TARGETS
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.compiler.compile_step import compile_step
from graphgrad.compiler.steps import arrays
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

ERROR = "square(tanh(w * x + b) - y)"
SHAPES = {"x": ("N",), "y": ("N",)}
START = {"w": 0.75, "b": -0.25}
UPDATE = "m = 0.9 * m + g; p = p - lr * m"
ROWS, RATE = 6, 0.3
X, Y = np.linspace(-1, 2, ROWS), np.cos(np.arange(ROWS))
REGIMES = [  # the target, the rows that are known, whether the optimizer goes chunk by chunk, and the way
    ("numpy", ROWS, False, "unrolled"),
    ("python", ROWS, False, "unrolled"),
    ("numpy", None, False, "arrays"),
    ("numpy", None, True, "arrays"),
    ("numba", ROWS, False, "unrolled machine code"),
    ("numba", None, False, "loops"),
    ("jax", None, False, "jitted"),
    ("c", ROWS, False, "unrolled C"),
]


def interpreted(steps):
    """Losses and parameters, by the interpreter alone."""
    graph, p, m, losses = grad(parse(f"mean({ERROR})", SHAPES), *START), dict(START), dict.fromkeys(START, 0.0), []
    for _ in range(steps):
        values = run(graph, {"x": X, "y": Y, **p})
        losses.append(float(values[graph.output]))
        m = {k: 0.9 * m[k] + float(values[graph.outputs[f"dz_d{k}"]]) for k in p}
        p = {k: p[k] - RATE * m[k] for k in p}
    return losses, p


@pytest.mark.parametrize(("target", "batch", "chunked", "way"), REGIMES)
def test_a_step(target, batch, chunked, way, monkeypatch):
    if chunked:
        monkeypatch.setattr(arrays, "CHUNKED", 0)
        monkeypatch.setattr(arrays, "CHUNK", 8)
    need(target)
    step = compile_step(parse(f"mean({ERROR})", SHAPES), [*START], UPDATE, dtype="float64", batch=batch, target=target)
    assert step.way == way
    assert ("for theta_chunk" in step.source) == chunked
    running = step.start(START)
    losses, values = interpreted(4)
    np.testing.assert_allclose([running(X, Y, lr=RATE) for _ in range(4)], losses, rtol=1e-9)
    for name, value in values.items():
        np.testing.assert_allclose(running.parameters[name], value, rtol=1e-9)


def test_every_way_is_among_them():
    seen = {(target, way) for target, _, _, way in REGIMES} | {("numba", "arrays")}  # where there are no loops
    assert seen == {(row.name, way.name) for row in TARGETS.values() for way in row.steps}


@pytest.mark.parametrize("target", [name for name, row in TARGETS.items() if row.numbers and row.runs])
@pytest.mark.parametrize("count", [1, 7, MANY + 5])
def test_points(target, count):
    """Numbers one by one, arrays, and chunk by chunk; the interpreter takes arrays of points, too."""
    need(target)
    graph = grad(parse(ERROR))
    f = compile(graph, target=target)
    points = {"x": np.linspace(-1, 2, count), "y": np.linspace(0, 1, count), "w": 0.75, "b": -0.25}
    if count > 1 and not TARGETS[target].arrays:
        count, points = 1, {name: float(np.ravel(v)[-1]) for name, v in points.items()}
    if count == 1:
        points = {name: float(np.ravel(v)[0]) for name, v in points.items()}
    value, grads = f(**points)
    values = run(graph, {name: np.broadcast_to(v, np.shape(points["x"])) for name, v in points.items()})
    np.testing.assert_allclose(value, values[graph.output], rtol=1e-9, atol=1e-12)
    for name, got in grads.items():
        np.testing.assert_allclose(got, values[graph.outputs[f"dz_d{name}"]], rtol=1e-9, atol=1e-12, err_msg=name)
