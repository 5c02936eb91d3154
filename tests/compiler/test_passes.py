"""No pass changes a value beyond rounding, each by itself: at float64, at fifty digits; a wrong rule is caught."""

import mpmath
import numpy as np
import oracle
import pytest
from compiler_programs import HEADS, POINTS, SCALARS, TENSORS, close, measured, reference, tensor_feeds, tensor_program
from hypothesis import given, settings, strategies as st

from graphgrad.compiler.passes import layout, table
from graphgrad.compiler.passes.by_rules import by_rules, folding
from graphgrad.compiler.passes.passed import Pass, Passed, composed, pipeline
from graphgrad.compiler.passes.table import PASSES, SIMPLER, STEPWISE, write_out
from graphgrad.core.lookup import Table
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad
from graphgrad.transform.rewrite import EXACT
from graphgrad.transform.rules import RULES, Rewrite

OF_NUMBERS = [name for name, row in PASSES.items() if not row.rules() or any("axis" not in r.text for r in row.rules())]


def keeps_values(change, graph, feeds):
    """Compare the graph after a pass with the graph before it, by the interpreter, at every node that is left."""
    wanted, tolerance = measured(graph, feeds)
    passed = change.run(graph)
    values = run(passed.graph, feeds)
    assert [*passed.graph.outputs] == [*graph.outputs]
    for name, i in passed.graph.outputs.items():
        close(values[i], wanted[name], tolerance)
    before = run(graph, feeds)
    for old, new in enumerate(passed.renaming):
        if new >= 0 and graph.nodes[old].dtype == "float" and np.isfinite(before[old]).all():
            close(values[new], before[old], tolerance)


def keeps_digits(change, graph, feeds):
    """Compare the outputs after a pass with those before it, of fifty digits, of which all but a few agree."""
    with mpmath.workdps(50):
        before, passed = oracle.evaluate(graph, feeds), change.run(graph)
        after = oracle.evaluate(passed.graph, feeds)
        scale = max(abs(v) for v in before if isinstance(v, mpmath.mpf))
        for name, i in graph.outputs.items():
            assert abs(before[i] - after[passed.graph.outputs[name]]) <= scale * mpmath.mpf("1e-44"), name


@pytest.mark.parametrize("name", OF_NUMBERS)
@settings(max_examples=25)
@given(SCALARS, POINTS)
def test_programs_of_numbers(name, text, feeds):
    gradient = grad(parse(f"{text} + 0 * (x + y + w)"))
    reference(gradient, feeds)
    keeps_values(PASSES[name], gradient, feeds)
    keeps_digits(PASSES[name], gradient, feeds)


@pytest.mark.parametrize("name", [*PASSES, "layout"])
@settings(max_examples=20)
@given(TENSORS, st.sampled_from(HEADS), st.integers(1, 5), st.integers(0, 3))
def test_programs_of_arrays(name, body, head, n, seed):
    loss = tensor_program(body, head)
    feeds, gradient = tensor_feeds(loss, n, seed), grad(loss)
    reference(gradient, feeds)
    if name == "layout":
        keeps_values_transposed(gradient, feeds)
    else:
        keeps_values(PASSES[name], gradient, feeds)


def keeps_values_transposed(gradient, feeds):
    """Layout: the outputs are the same, given the parameters as they are stored; so are gradients, turned back."""
    wanted, tolerance = measured(gradient, feeds)
    passed, turned = layout.store(gradient, [k for k in gradient.inputs if k in {"W", "V", "b", "c"}])
    values = run(passed.graph, {k: v.T if k in turned else v for k, v in feeds.items()})
    for name, i in passed.graph.outputs.items():
        stored = name.removeprefix("dz_d") in turned
        close(values[i].T if stored else values[i], wanted[name], tolerance)


@settings(max_examples=40)
@given(SCALARS, POINTS)
def test_passes_together(text, feeds):
    gradient = grad(parse(f"{text} + 0 * (x + y + w)"))
    wanted, tolerance = reference(gradient, feeds)
    for stages in ((SIMPLER,), (SIMPLER, STEPWISE)):
        done = pipeline(gradient, *stages)
        values = run(done[-1].graph, feeds)
        for name, i in done[-1].graph.outputs.items():
            close(values[i], wanted[name], tolerance)
        assert all(passed.idle for passed in pipeline(done[-1].graph, stages[-1]))  # nothing is left to do
        assert len(done) <= sum(map(len, stages)) * 4
        place = composed(done, len(gradient))
        assert {place[i] for i in gradient.outputs.values()} == {*done[-1].graph.outputs.values()}


SQUARE = {"X": (3, 3), "W": (3, 3), "b": 3, "y": 3}
CORPUS = [  # for every pass a program that a wrong rule would change
    parse("(2 + 3) * x - (4 - 1) * y"),
    parse("log(1 + x**2) + 1 / (1 + exp(-x)) + x * (1 / w) + w - -y"),
    parse("(1 - tanh(x) ** 2) * (1 - sigmoid(y))"),
    parse("w**3 + w**-0.5 + x * y + y * x + (x - w) * (w - x)"),
    parse("(x - y) + 2 * (y - x) + sin(w) / w"),
    parse("cross_entropy(X @ W.T + b, y) + norm(X @ W) + sum((W @ X).T @ b)", SQUARE),
    parse("sum(softmax(X @ W.T)[:, 0]) + sum(logsumexp(X @ W, axis=1))", {k: SQUARE[k] for k in "XW"}),
]


def wrong_outputs(graph):
    """The dead code goes, and an output goes to another's place."""
    made = PASSES["dead code"].run(graph)
    names = [*made.graph.outputs]
    turned = dict(zip(names, [made.graph.outputs[n] for n in names[1:] + names[:1]], strict=True))
    return Passed(made.name, graph, type(graph)(made.graph.nodes, made.graph.inputs, turned), made.renaming)


def ruled(text):
    return by_rules("", Table("rule", [Rewrite(text, text, "")]))


def written(op, mutated):
    """The pass that writes one row out, by its rule with another right side."""
    left, right = next(
        r.text for r in RULES.values() if r.of.startswith("write") and r.text.startswith(f"{op}(")
    ).split(" -> ")
    return write_out("", table=Table("rule", [Rewrite("", f"{left} -> {mutated(right)}", "")]))


MUTANTS = {
    "constant folding": folding("", {**EXACT, "sub": lambda a, b: b - a}),
    "removable singularities": ruled("sin(x) / x -> cos(x)"),
    "stable forms": ruled("log(1 + x) -> log(x)"),
    "stable forms, a sign": ruled("1 / (1 + exp(-x)) -> sigmoid(-x)"),
    "algebra": ruled("x * (1 / y) -> y / x"),
    "algebra, a sign": ruled("x - -y -> x - y"),
    "matrices": ruled("(A @ B).T -> A.T @ B.T"),
    "strength reduction": ruled("x ** 3 -> square(x)"),
    "strength reduction, a root": ruled("x ** -0.5 -> sqrt(x)"),
    "dead code": Pass("", wrong_outputs),
    "write out": written("softmax", lambda _: "exp(a) / sum(exp(a), axis=axis)"),
    "write out, a mean": written("cross_entropy", lambda text: text.replace(" / size(labels)", "")),
    "write out for loops": written("norm", lambda text: text.rpartition(" * ")[0]),
    "write out for loops, a sum": written("logsumexp", lambda text: text.rpartition(" + ")[0]),
}
AT = {"x": 0.75, "y": -1.25, "w": 2.5}


def corpus_holds(change):
    for graph in CORPUS:
        numbers = not any(node.shape for node in graph.nodes)
        feeds = {k: AT[k] for k in graph.inputs} if numbers else tensor_feeds(graph, 3, 0)
        change(grad(graph, as_written=True), feeds)


@pytest.mark.parametrize("name", PASSES)
def test_right_passes_hold_on_the_corpus(name):
    corpus_holds(lambda graph, feeds: keeps_values(PASSES[name], graph, feeds))
    assert any(not PASSES[name].run(grad(graph, as_written=True)).idle for graph in CORPUS)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_rule_is_caught(name):
    with pytest.raises((AssertionError, ValueError)):
        corpus_holds(lambda graph, feeds: keeps_values(MUTANTS[name], graph, feeds))


def test_a_difference_is_no_sum(monkeypatch):
    monkeypatch.setitem(table.COMMUTING, "sub", "y - x -> x - y")
    with pytest.raises(AssertionError):
        corpus_holds(lambda graph, feeds: keeps_values(PASSES["common sub-expressions"], graph, feeds))


def test_a_matrix_used_both_ways_is_not_stored_transposed(monkeypatch):
    corpus_holds(keeps_values_transposed)
    monkeypatch.setattr(layout, "_transposes", lambda *_: True)
    with pytest.raises(AssertionError):
        corpus_holds(keeps_values_transposed)
