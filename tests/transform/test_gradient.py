"""Gradients against numerical differentiation with 50 digits, against finite differences, and against tangents."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from oracle import DIGITS, NUMPY, derivative, evaluate, finite_difference
from programs import PIECEWISE, SMOOTH, arrays, scalars, tensors

from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad, reverse, vjp
from graphgrad.transform.hessian import hessian
from graphgrad.transform.jvp import jvp
from graphgrad.transform.rewrite import simplify
from graphgrad.transform.scalarize import entry_name, scalarize


def close(one, other, rel, abs_=0.0):
    return mp.almosteq(one, other, rel, abs_ or rel)


@given(scalars(rows=SMOOTH + PIECEWISE))
def test_gradient_of_scalars_to_fifty_digits(p):
    graph = parse(p.text)
    gradient = grad(graph)
    with mp.workdps(3 * DIGITS):
        results = evaluate(gradient, p.values)
        for name in graph.inputs:
            expected = derivative(graph, p.values, name)
            found = results[gradient.outputs[f"dz_d{name}"]]
            assert close(found, expected, mp.mpf(10) ** -DIGITS), (name, mp.nstr(found, 10), mp.nstr(expected, 10))


@given(scalars(rows=SMOOTH, statements=2), st.data())
def test_second_derivatives_of_scalars(p, data):
    graph = parse(p.text)
    first, second = (data.draw(st.sampled_from(list(graph.inputs))) for _ in "ab")
    slope = grad(graph, first)
    twice = grad(slope, second, of=f"dz_d{first}")
    with mp.workdps(3 * DIGITS):
        found = evaluate(twice, p.values)[twice.outputs[f"d2z_d{first}_d{second}"]]
        alone = parse(p.text)
        gradient = grad(alone, first)

        def function(x):
            return evaluate(gradient, {**p.values, second: x})[gradient.outputs[f"dz_d{first}"]]

        assert close(found, mp.diff(function, mp.mpf(p.values[second])), mp.mpf(10) ** -40)


@given(tensors())
def test_gradient_of_tensors_is_the_finite_difference(p):
    graph = parse(p.text, p.shapes)
    gradient = grad(graph)
    results = run(gradient, p.values)

    def meant(values):
        known = dict(values)
        exec(p.text, dict(NUMPY), known)  # noqa: S102  (the language is NumPy's; the text is our own)
        return known["z"]

    for name in graph.inputs:
        found = np.asarray(results[gradient.outputs[f"dz_d{name}"]])
        assert found.shape == p.shapes[name]
        expected = finite_difference(meant, p.values, name)
        assume(
            np.allclose(expected, finite_difference(meant, p.values, name, h=5e-4), rtol=1e-5, atol=1e-6)
        )  # no kink near
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@given(st.one_of(scalars(rows=SMOOTH + PIECEWISE), tensors()))
def test_simplifying_keeps_values(p):
    gradient = grad(parse(p.text, p.shapes))
    simple = simplify(gradient)
    found, expected = run(simple, p.values), run(gradient, p.values)
    assert list(simple.outputs) == list(gradient.outputs)
    for name in gradient.outputs:
        one, other = np.asarray(found[simple.outputs[name]]), np.asarray(expected[gradient.outputs[name]])
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@given(tensors(), st.data())
def test_tangents_and_cotangents_agree(p, data):
    """<u, J v> = <J^T u, v>, for the last array before the sum."""
    lines = p.text.splitlines()[:-1]
    assume(lines)
    text = "\n".join([*lines, f"out = {lines[-1].partition(' = ')[0]}"])
    graph = parse(text, {name: shape for name, shape in p.shapes.items() if name in parse(p.text, p.shapes).inputs})
    shape = graph.nodes[graph.outputs["out"]].shape
    u = data.draw(arrays(shape))
    v = {f"{name}_dot": data.draw(arrays(p.shapes[name])) for name in graph.inputs}
    pushed, pulled = jvp(graph), vjp(graph, "cotangent")
    forward = run(pushed, {**p.values, **v})[pushed.outputs["out_dot"]]
    backward = run(pulled, {**p.values, "cotangent": u})
    left = np.sum(u * forward)
    right = sum(np.sum(backward[pulled.outputs[f"dout_d{name}"]] * v[f"{name}_dot"]) for name in graph.inputs)
    assert left == pytest.approx(right, rel=1e-8, abs=1e-8)


@given(scalars(rows=SMOOTH, statements=2))
def test_hessian_is_symmetric_and_its_upper_half_is_the_second_derivative(p):
    graph = parse(p.text)
    second = hessian(graph)
    with mp.workdps(3 * DIGITS):
        results = evaluate(second, p.values)
        for name in graph.inputs:
            found = results[second.outputs[f"d2z_d{name}_d{name}"]]
            assert close(found, derivative(graph, p.values, name, 2), mp.mpf(10) ** -30)


@given(tensors(steps=3))
def test_the_scalar_graph_has_the_gradient_of_the_tensor_graph(p):
    graph = parse(p.text, p.shapes)
    entries = scalarize(graph)
    values = {
        entry_name(name, place): np.asarray(v)[place] for name, v in p.values.items() for place in np.ndindex(v.shape)
    }
    whole = trace(graph, p.values)
    parts = trace(entries, {name: values[name] for name in entries.inputs})
    assert parts.value == pytest.approx(whole.value, rel=1e-9, abs=1e-9)
    for name in graph.inputs:
        for place in np.ndindex(p.shapes[name]):
            entry = entry_name(name, place)
            expected = np.asarray(whole.grad[name])[place]
            assert parts.grad.get(entry, 0) == pytest.approx(expected, rel=1e-7, abs=1e-9)


@given(st.one_of(scalars(rows=SMOOTH + PIECEWISE), tensors()))
def test_contributions_add_up_to_the_adjoints(p):
    graph = parse(p.text, p.shapes)
    gradient, adjoints = reverse(graph)
    values = run(gradient, p.values)
    sums = {adjoints.output: values[adjoints.seed]}
    for c in adjoints.contributions:
        assert graph.nodes[c.consumer].operands[c.slot] == c.receiver
        sums[c.receiver] = sums.get(c.receiver, 0) + values[c.node]
    assert set(sums) == set(adjoints.total)
    for node, total in adjoints.total.items():
        np.testing.assert_allclose(sums[node], values[total], rtol=1e-9, atol=1e-12)
    assert gradient.nodes[: len(graph)] == graph.nodes


@given(tensors())
def test_float32_runs_are_float32_and_near_the_float64_ones(p):
    graph = parse(p.text, p.shapes)
    single, double = trace(graph, p.values, dtype=np.float32), trace(graph, p.values)
    for step in single:
        assert np.asarray(step.value).dtype in {np.dtype(np.float32), np.dtype(bool), np.dtype(np.int64)}, step
    for name in graph.inputs:
        scale = 1 + np.max(np.abs(double.grad[name]))
        np.testing.assert_allclose(single.grad[name], double.grad[name], atol=2e-4 * scale, rtol=2e-3)
