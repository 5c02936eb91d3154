"""Laws, on random programs: passes and targets change no value beyond rounding, at float64 and at fifty digits."""

import mpmath
import numpy as np
import pytest
from compiler_programs import GENERIC, HEADS, POINTS, SCALARS, TENSORS, close, reference, tensor_feeds, tensor_program
from hypothesis import assume, given, settings, strategies as st

from graphgrad.compiler.compile import compile  # noqa: A004
from graphgrad.compiler.compile_step import compile_step
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad


@settings(max_examples=60)
@given(SCALARS, POINTS)
def test_targets_keep_values(text, feeds):
    graph = parse(f"{text} + 0 * (x + y + w)")
    gradient = grad(graph)
    wanted, tolerance = reference(gradient, feeds)
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


@settings(max_examples=40)
@given(SCALARS, GENERIC)
def test_gradients_in_fifty_digits(text, feeds):
    """At points without a tie: there the difference quotient is the derivative."""
    gradient = grad(parse(f"{text} + 0 * (x + y + w)"))
    _, tolerance = reference(gradient, feeds)
    with mpmath.workdps(100):
        at = {k: mpmath.mpf(v) for k, v in feeds.items()}
        exact = {k: mpmath.diff(lambda v, k=k: in_fifty_digits(text, {**at, k: v}), at[k]) for k in feeds}
    for target in ("numpy", "python"):
        for name, got in compile(gradient, target=target)(**feeds)[1].items():
            close(got, float(exact[name]), tolerance * 100)


@settings(max_examples=60)
@given(TENSORS, st.sampled_from(HEADS), st.integers(1, 5), st.integers(0, 3))
def test_tensor_programs_and_their_steps(body, head, n, seed):
    loss = tensor_program(body, head)
    feeds = tensor_feeds(loss, n, seed)
    gradient = grad(loss)
    wanted, tolerance = reference(gradient, feeds)
    value, grads = compile(gradient)(**feeds)
    close(value, wanted["z"], tolerance)
    for name, got in grads.items():
        close(got, wanted[f"dz_d{name}"], tolerance * 10)
    names = [k for k in loss.inputs if k in {"W", "V", "b", "c"}]
    assume(names)
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
