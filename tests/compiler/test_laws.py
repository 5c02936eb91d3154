"""Laws, on random programs: passes and targets change no value beyond rounding, at float64 and at fifty digits."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.compiler.explain import explain
from graphgrad.compiler.layout import store
from graphgrad.compiler.passes import pipeline, rewrite, write_out
from graphgrad.compiler.step import compile_step
from graphgrad.core.errors import DomainError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad

NAMES = ("x", "y", "w")
UNARY = ("sin({})", "tanh({})", "exp(-abs({}))", "log(1 + exp({}))", "sqrt(1 + {} ** 2)", "sigmoid({})", "relu({})",
         "({}) ** 3", "1 / (1 + exp(-({})))", "log(1 + ({}) ** 2)", "abs({})", "erf({})", "-({})", "({}) ** 2",
         "softplus({})", "(exp({}) - 1)", "cbrt({})", "leaky_relu({})")  # fmt: skip
BINARY = ("({} + {})", "({} - {})", "({} * {})", "({} / (2 + {} ** 2))", "maximum({}, {})", "where({} > {}, x, y)")
SCALARS = st.recursive(
    st.sampled_from([*NAMES, "2", "0.5", "1", "0", "3", "pi"]),
    lambda inner: (
        st.builds(str.format, st.sampled_from(UNARY), inner)
        | st.builds(str.format, st.sampled_from(BINARY), inner, inner)
    ),
    max_leaves=9,
)
NUMBERS = st.sampled_from([-3.0, -1.5, -1.0, -0.1, 0.0, 0.25, 0.5, 1.0, 2.0, 5.0])
POINTS = st.fixed_dictionaries(dict.fromkeys(NAMES, NUMBERS))


def reference(graph, feeds):
    """The interpreter's outputs; none where a value lies outside a domain or is not finite."""
    try:
        values = run(graph, feeds)
    except DomainError:
        assume(condition=False)
    found = {name: np.asarray(values[i], float) for name, i in graph.outputs.items()}
    assume(all(np.isfinite(v).all() and (np.abs(v) < 1e12).all() for v in found.values()))
    scale = max(
        1.0, *(float(np.max(np.abs(np.asarray(v, float)))) for v in values if np.isfinite(np.asarray(v, float)).all())
    )
    return found, scale * 1e-12


def close(got, want, tolerance):
    np.testing.assert_allclose(np.broadcast_to(got, np.shape(want)), want, rtol=1e-9, atol=tolerance)


@settings(max_examples=60)
@given(SCALARS, POINTS)
def test_passes_and_targets_keep_values(text, feeds):
    graph = parse(f"{text} + 0 * (x + y + w)")
    gradient = grad(graph)
    wanted, tolerance = reference(gradient, feeds)
    for made in (rewrite(gradient).graph, pipeline(gradient, (rewrite, write_out))[-1].graph):
        values = run(made, feeds)
        for name, i in made.outputs.items():
            close(values[i], wanted[name], tolerance)
    for target in ("numpy", "python"):
        value, grads = compile(gradient, target=target)(**feeds)
        close(value, wanted[next(iter(wanted))], tolerance)
        for name, got in grads.items():
            close(got, wanted[f"{next(iter(wanted))[:0]}dz_d{name}"], tolerance)
    value, grads = compile(gradient)(**{k: np.array([v, v]) for k, v in feeds.items()})
    for name, got in grads.items():
        close(got, np.broadcast_to(wanted[f"dz_d{name}"], np.shape(got)), tolerance)


def in_fifty_digits(text, feeds):
    """The program's value by mpmath, of the text alone: no graph, no compiler."""
    functions = {
        "sin": mpmath.sin, "tanh": mpmath.tanh, "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "abs": abs,
        "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)), "relu": lambda a: max(a, mpmath.mpf(0)), "erf": mpmath.erf,
        "softplus": lambda a: mpmath.log(1 + mpmath.exp(a)), "maximum": max, "pi": mpmath.pi,
        "where": lambda c, a, b: a if c else b, "leaky_relu": lambda a: a if a > 0 else a / 10,
        "cbrt": lambda a: mpmath.sign(a) * mpmath.cbrt(abs(a)),
    }  # fmt: skip
    return eval(text, {"__builtins__": {}}, functions | feeds)  # noqa: S307  (a text that this file made)


@settings(max_examples=60)
@given(SCALARS, POINTS)
def test_values_in_fifty_digits(text, feeds):
    graph = parse(f"{text} + 0 * (x + y + w)")
    _, tolerance = reference(graph, feeds)
    with mpmath.workdps(50):
        exact = in_fifty_digits(text, {k: mpmath.mpf(v) for k, v in feeds.items()})
    for target in ("numpy", "python"):
        close(compile(graph, target=target)(**feeds), float(exact), tolerance)


TENSORS = st.recursive(
    st.sampled_from(["(X @ W.T + b)", "(X @ V)", "b", "(X @ W.T)", "c"]),
    lambda inner: (
        st.builds(
            str.format,
            st.sampled_from(
                ["tanh({})", "relu({})", "sigmoid({})", "({}) ** 2", "softplus({})", "gelu({})", "abs({})"]
            ),
            inner,
        )
        | st.builds(
            str.format, st.sampled_from(["({} + {})", "({} * {})", "maximum({}, {})", "({} - {})"]), inner, inner
        )
    ),
    max_leaves=6,
)
HEADS = ("mean({} * (X @ W.T))", "cross_entropy({} + X @ W.T, y)", "sum(logsumexp({} + X @ V, axis=1))",
         "mean(square({}))", "sum(softmax({} + X @ V)[:, 0])", "sum(max({} + X @ W.T, axis=0)) / 3",
         "mean(std({} + X @ V, axis=0))", "norm({} + X @ W.T)")  # fmt: skip
SHAPES = {"X": ("N", 3), "W": (4, 3), "V": (3, 4), "b": 4, "c": (), "y": "N"}


def tensor_program(body, head):
    text = head.format(body)
    return parse(
        text, {k: v for k, v in SHAPES.items() if k in set("".join(c if c.isalnum() else " " for c in text).split())}
    )


@settings(max_examples=60)
@given(TENSORS, st.sampled_from(HEADS), st.integers(1, 5), st.integers(0, 3))
def test_tensor_programs_and_their_steps(body, head, n, seed):
    loss, rng = tensor_program(body, head), np.random.default_rng(seed)
    feeds = {k: rng.normal(size=[n if s == "N" else s for s in loss.nodes[i].shape]) for k, i in loss.inputs.items()}
    feeds |= {"y": rng.integers(4, size=n)} if "y" in feeds else {}
    gradient = grad(loss)
    wanted, tolerance = reference(gradient, feeds)
    value, grads = compile(gradient)(**feeds)
    close(value, wanted["z"], tolerance)
    for name, got in grads.items():
        close(got, wanted[f"dz_d{name}"], tolerance * 10)
    names = [k for k in loss.inputs if k in {"W", "V", "b", "c"}]
    assume(names)
    stored = store(rewrite(gradient).graph, names)
    values = run(stored.passed.graph, {k: v.T if k in stored.transposed else v for k, v in feeds.items()})
    close(values[stored.passed.graph.output], wanted["z"], tolerance)
    step = compile_step(loss, names, "p - lr * g", dtype="float64", batch=n if seed % 2 else None)
    run_ = step.start({k: feeds[k] for k in names})
    close(run_(*[feeds[k] for k in step.data], lr=0.5), wanted["z"], tolerance)
    for name in names:
        close(run_.parameters[name], feeds[name] - 0.5 * wanted[f"dz_d{name}"], tolerance * 10)


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [("relu(x)", 0.0, 0.0), ("abs(x)", 0.0, 0.0), ("leaky_relu(x)", 0.0, 0.1), ("maximum(x, 0)", 0.0, 0.5),
     ("clip(x, 0, 1)", 1.0, 1.0), ("hypot(x, 0)", 0.0, 0.0), ("max(x * 1, 0)", 0.0, 1.0)],
)  # fmt: skip
def test_conventions_at_kinks(text, at, slope):
    graph = grad(parse(text.replace("max(x * 1, 0)", "x + relu(x)")))
    for target in ("numpy", "python"):
        assert compile(graph, target=target)(at)[1]["x"] == slope
    assert compile(graph)(np.array([at, at]))[1]["x"] == pytest.approx([slope, slope])


def test_explain_tells_which_rule_fired():
    told = explain(compile(grad(parse("log(1 + exp(x)) ** 2"))))
    assert [p.name for p in told] == ["rewrite"]
    assert ("log1p(exp(x)) -> softplus(x)", 1) in told[0].fired
    assert "softplus(x)" in str(told)
    loss = parse("cross_entropy(X @ W.T, y)", X=("N", 3), W=(4, 3), y="N")
    told = explain(compile_step(loss, ["W"], "p - lr * g"))
    assert [p.name for p in told] == ["rewrite", "rewrite", "write out", "layout"]
