"""What becomes infinite or NaN from finite operands is said, with its size; what comes in so passes through."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import graphgrad as gg
from graphgrad.api.pictures import animate
from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.core.errors import DomainError
from graphgrad.core.ops import OPS
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

REFUSED = [  # text, values, what is said
    ("exp(x)", {"x": 1000.0}, "exp(x) ≈ 1.97e434 is beyond float64, with x = 1000"),
    ("y = exp(x); y * x", {"x": 1000.0}, "exp(x) ≈ 1.97e434 is beyond float64, with x = 1000"),
    ("x * y", {"x": 1e200, "y": -1e200}, "x * y = -1.0e400 is beyond float64, with x = 1e+200, y = -1e+200"),
    ("x ** y", {"x": 10.0, "y": 400.0}, "x ** y = 1.0e400 is beyond float64, with x = 10, y = 400"),
    ("cosh(x)", {"x": -800.0}, "cosh(x) ≈ 1.36e347 is beyond float64, with x = -800"),
    ("sum(exp(x))", {"x": [1.0, 1000.0]}, "exp(x) ≈ 1.97e434 is beyond float64 at entry [1], with x = 1000"),
    ("sum(x)", {"x": [1e308, 1e308]}, "sum(x) is beyond float64"),
    (
        "1 / x",
        {"x": 1e-200},
        "the value is finite here, but the gradient is not: 1 / x / x = 1.0e400 is beyond float64",
    ),
    ("log(x)", {"x": [math.nan, -1.0]}, "log(x) needs x > 0 at entry [1], but x = -1"),
]


def program(text, values):
    return parse(text, {name: np.shape(value) for name, value in values.items()})


@pytest.mark.parametrize(("text", "values", "said"), REFUSED)
def test_what_is_said(text, values, said):
    graph = program(text if "[" not in repr(values) or "sum" in text else f"sum({text})", values)
    with pytest.raises(DomainError) as caught:
        trace(graph, values)
    assert caught.value.message.startswith(said)
    if "beyond" in said:
        found = trace(graph, values, allow_nonfinite=True)
        assert not all(np.isfinite(v).all() for v in found.values)
        assert "--allow-nonfinite" in caught.value.hint


def test_the_type_is_named():
    with pytest.raises(DomainError, match=r"exp\(x\) ≈ 2.69e43 is beyond float32"):
        trace(parse("exp(x)"), x=100.0, dtype=np.float32)
    assert trace(parse("exp(x)"), x=100.0).value == pytest.approx(math.exp(100))


@pytest.mark.parametrize("text", [f"{name}(x)" for name in ("tanh", "atan", "sin", "exp", "abs", "sigmoid", "cosh")])
def test_nan_comes_through(text):
    found = trace(parse(text), x=math.nan)
    assert math.isnan(found.value)
    assert math.isnan(found.grad["x"])


def test_nan_comes_through_arrays():
    for text in ("max(x)", "min(x)", "norm(x)", "logsumexp(x)"):
        found = trace(parse(text, x=3), x=[1.0, math.nan, 2.0])
        assert math.isnan(found.value)
        assert np.isnan(found.grad["x"]).any()
    assert trace(parse("exp(x)"), x=math.inf).value == math.inf
    assert trace(parse("where(x > 0, x, exp(-x))"), x=1000.0).value == 1000  # a branch that nobody takes


def test_nothing_is_proved_of_it():
    words = [c.verdict for c in animate("exp(x)", x=1000.0, allow_nonfinite=True).scene.closing]
    assert words == [""]
    assert [c.verdict for c in animate("exp(x)", x=1.0).scene.closing] == ["PROVED"]


UNARY = sorted(n for n, row in OPS.items() if row.elementwise and row.d and len(row.operands) == 1 and not row.boolean
               and row.dtype == "float" and row.precedence == 7)  # fmt: skip
POINTS = st.sampled_from([0.0, -0.0, 1e-300, 1e-160, 1e-8, 0.3, 1.0, 3.0, 30.0, 710.0, 1e8, 1e160, 1e300])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(UNARY), min_size=1, max_size=2), POINTS, st.booleans())
def test_refused_exactly_where_compiled_code_is_not_finite(names, x, negative):
    """Of the nodes that the compiled gradient computes; a refusal of domain or slope is its own affair."""
    text = "x"
    for name in names:
        text = f"{name}({text})"
    graph, x = parse(text), -x if negative else x
    try:
        found = trace(graph, x=x)
    except DomainError as error:
        if "beyond" in error.message:
            values = run(grad(graph), {"x": np.array([x])})
            assert not all(np.isfinite(v).all() for v in values), (text, x)
        return
    with np.errstate(all="ignore"):
        value, grads = compile(grad(graph))(x=x)
    assert np.isfinite([float(value), float(grads["x"])]).all(), (text, x)
    assert float(value) == pytest.approx(float(found.value), rel=1e-12, abs=1e-300)


CONSTANT = {"maximum(x, -inf) * y": r"-\infty", "where(True, x, 0) * y": r"\mathrm{True}", "x * True + y": "",
            "minimum(x, inf) + where(x > 5, nan, y)": r"\mathrm{nan}", "where(x > 0, y, inf)": r"\infty",
            "sum(x * np.array([[[1, 2]], [[3, inf]]]) * y)": r"\infty"}  # fmt: skip


@pytest.mark.parametrize("text", CONSTANT)
def test_constants_that_are_no_numbers_are_drawn_written_and_derived(text):
    graph = parse(text, x=(2, 1, 2)) if "sum" in text else parse(text)
    assert CONSTANT[text] in gg.latex(graph)
    assert gg.derive(graph)
    point = {"x": np.full((2, 1, 2), 0.0) + 2 if "sum" in text else 2.0, "y": 1.0}
    if "sum" not in text:
        assert gg.animate(graph, point)
    assert gg.show(grad(graph)).svg()


def test_a_large_constant_is_told_by_its_set():
    array = np.linspace(0, 1, 30).reshape(10, 3)
    graph = gg.capture(lambda x: np.sum(x * array), x=(10, 3))
    assert r"v_{1} &\in \mathbb{R}^{10 \times 3}" in gg.latex(graph)
