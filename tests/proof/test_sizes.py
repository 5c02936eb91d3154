"""Sizes: a gradient that is wrong at some size is never proved; what is proved holds for every size."""

import pytest
from hypothesis import given, settings, strategies as st

from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check
from graphgrad.proof.equivalence import equivalent
from graphgrad.proof.gradients import verify
from graphgrad.proof.sizes.chosen import renumbered, sized

NK, V = ("N", 3), "N"
RIGHT = [  # a program, its input, the right gradient, shapes: proved for every size
    ("mean(square(X @ w - y))", "w", "2*X.T @ (X @ w - y)/size(y)", {"X": NK, "w": 3, "y": V}),
    ("mean(square(X @ w - y))", "X", "2*outer(X @ w - y, w)/size(y)", {"X": NK, "w": 3, "y": V}),
    ("mean(square(X @ w - y))", "X", "2*(X @ w - y)[:, None]*w/size(y)", {"X": NK, "w": 3, "y": V}),
    ("mse(x, y)", "x", "2*(x - y)/size(x)", {"x": V, "y": V}),
    ("var(x)", "x", "2*(x - mean(x))/size(x)", {"x": V}),
    ("std(x)", "x", "(x - mean(x))/size(x)/std(x)", {"x": V}),
    ("logsumexp(x)", "x", "softmax(x)", {"x": V}),
    ("sum(square(softmax(x)))", "x", "2*softmax(x)*(softmax(x) - sum(square(softmax(x))))", {"x": V}),
    ("norm(x)", "x", "x/norm(x)", {"x": V}),
    ("sum(x)/size(x)**2", "x", "1/size(x)**2", {"x": V}),
    ("mean(log(1 + exp(X @ w)) - y*(X @ w))", "w", "X.T @ (sigmoid(X @ w) - y)/size(y)", {"X": NK, "w": 3, "y": V}),
    ("sum(square(x - mean(x))*y)/std(x)", "y", "square(x - mean(x))/std(x)", {"x": V, "y": V}),
    ("mean(relu(x - c))", "c", "-mean(number(x > c))", {"x": V, "c": ()}),
    ("mean(logsumexp(S, axis=1) - sum(S*T, axis=1))", "S", "(softmax(S, axis=1) - T)/size(S, axis=0)",
     {"S": ("N", 4), "T": ("N", 4)}),
    ("sum(square(X @ W + b))", "b", "2*sum(X @ W + b, axis=0)", {"X": NK, "W": (3, 4), "b": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "name", "claim", "shapes"), RIGHT)
def test_a_right_gradient_is_proved_for_every_size(program, name, claim, shapes):
    finding = check(parse(program, shapes), {name: claim}, timeout=60, sympy=False)[name]
    assert (str(finding.verdict), finding.reason.rpartition(", ")[2]) == ("PROVED", "for every N")


WRONG_FACTORS = (
    "({0})*size({1})", "({0})/size({1})", "({0})*3", "({0})*size({1})/4", "({0})*(1 + (size({1}) - 4)*(size({1}) - 7))",
    "where(size({1}) > 8, 0, {0})", "where(size({1}) == 5, 0, {0})", "({0})*(1 + 1e-9*(size({1}) - 4))",
)  # fmt: skip


@settings(max_examples=20)
@given(st.sampled_from(RIGHT), st.sampled_from(WRONG_FACTORS))
def test_a_factor_that_is_one_at_some_sizes_only_is_refuted(base, factor):
    program, name, claim, shapes = base
    measured = next(f"{n}, axis=0" for n, shape in shapes.items() if "N" in str(shape))
    wrong = factor.format(claim, measured) + f" + 0*{name}"
    finding = check(parse(program, shapes), {name: wrong}, timeout=60, sympy=False)[name]
    assert str(finding.verdict) == "REFUTED", wrong


NO_CRITERION = [  # the entries along the dimension are not treated alike
    ("prod(x)", "x", "prod(x)/x", {"x": V}), ("max(x)*c", "c", "max(x)", {"x": V, "c": ()}),
    ("sum((X @ w)**2)", "w", "2*X.T @ (X @ w)", {"X": ("N", "D"), "w": "D"}),
    ("where(mean(x) > 1, sum(x), 2*sum(x))", "x", "where(mean(x) > 1, 1, 2)", {"x": V}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "name", "claim", "shapes"), NO_CRITERION)
def test_without_a_criterion_two_sizes_agree(program, name, claim, shapes):
    finding = check(parse(program, shapes), {name: claim}, timeout=60, sympy=False)[name]
    assert str(finding.verdict) == "AGREED"
    assert finding.reason.endswith(("N = 4 and 7", "D = 4 and 7, N = 7 and 4"))
    assert str(verify(parse(program, shapes), timeout=60, sympy=False)[name].verdict) == "AGREED"


def test_own_gradients_of_a_network_are_proved_for_every_number_of_examples():
    shapes = {"X": ("N", 2), "W1": (4, 2), "b1": 4, "W2": (3, 4), "b2": 3, "y": "N"}
    report = verify(parse("cross_entropy(tanh(X @ W1.T + b1) @ W2.T + b2, y)", shapes), timeout=60, sympy=False)
    assert {f"{f.verdict}: {f.reason}" for f in report.values()} == {"PROVED: normal form, for every N"}


@pytest.mark.parametrize(("claim", "verdict"), [
    ("2*(x - y)/1000", "PROVED"), ("2*(x - y)*0.001", "PROVED"),
    ("(x - y)/500", "PROVED"), ("x - y", "REFUTED"), ("2*(x - y)/size(x)", "PROVED"),
])  # fmt: skip
def test_a_large_size_is_shrunk_with_the_numbers_that_mean_it(claim, verdict):
    finding = check(parse("mean(square(x - y))", x=1000, y=1000), {"x": claim}, timeout=120, sympy=False)["x"]
    assert str(finding.verdict) == verdict, finding


@settings(max_examples=60)
@given(st.sets(st.integers(1, 20), max_size=6), st.integers(1, 3))
def test_sizes_are_of_both_parities_and_no_number_of_the_text(spelled, dimensions):
    names = "NCD"[:dimensions]
    graph = parse(" + ".join(f"sum({n.lower()})" for n in names), {n.lower(): n for n in names})
    first, second = sized(graph, spelled)
    for name in names:
        assert first.sizes[name] % 2 != second.sizes[name] % 2
    for at in (first, second):
        assert len({*at.sizes.values()}) == dimensions
        assert not {*at.sizes.values()} & {2, *spelled}


def test_numbers_are_changed_where_they_mean_a_size():
    assert renumbered("x/784 + 7840*y - 0.00127551020408163265*z + 78.4", {784: "4"}, {784, 10}) == (
        "x/4 + (4*10)*y - (1/4)*z + 78.4")  # fmt: skip
    assert renumbered("a = x/30\nb = 'é'\n30*a", {30: "5"}) == "a = x/5\nb = 'é'\n5*a"


@pytest.mark.parametrize(("a", "b", "verdict"), [
    ("sum(x)/size(x)", "mean(x)", "AGREED"), ("mean(x)", "sum(x)/2", "REFUTED"), ("mean(x)", "sum(x)/4", "REFUTED"),
])  # fmt: skip
def test_values_are_compared_at_two_sizes(a, b, verdict):
    assert str(equivalent(a, b, {"x": "N"}).verdict) == verdict


@pytest.mark.parametrize("factor", [
    "where(size(x) == 1, 2, 1)", "where(size(x) > 1e6, 2, 1)", "(1 + (size(x) % 11 == 0)*(size(x) % 3 == 0))",
    "where(floor(size(x)/100) > 0, 2, 1)",
])  # fmt: skip
def test_a_claim_that_decides_by_a_size_is_not_believed(factor):
    program = parse("sum(x*y)", {"x": "N", "y": "N"})
    assert not check(program, {"x": f"y*{factor}"}, timeout=60, sympy=False)["x"].ok
