"""A logarithm with the constant weight 0 has the value 0, as in the cross-entropy of a one-hot target."""

import numpy as np
import pytest
from installed import need

import graphgrad as gg
from graphgrad.compiler.backend import TARGETS

ONE = gg.parse("-(1*log(p1) + 0*log(p2) + log(p3)*0)")
AT = {"p1": 0.25, "p2": 0.0, "p3": 0.0}
MANY = gg.parse("-sum([[1, 0, 0], [0, 0.5, 0]] * log(p) + log(p) * [0, 0, 1])", p=(2, 3))
P = np.array([[0.25, 0.0, 0.5], [0.0, 0.75, 1.0]])
WANTED = -(np.log(0.25) + 0.5 * np.log(0.75) + np.log(0.5))
SLOPES = [[-4, 0, -2], [0, -0.5 / 0.75, -1]]


@pytest.mark.parametrize("target", TARGETS)
def test_on_every_target(target):
    need(target)
    if target == "javascript":
        pytest.skip("its functions run in a browser")
    value, slopes = gg.compile(gg.grad(ONE), target=target)(**AT)
    assert float(value) == pytest.approx(-np.log(0.25))
    assert [float(slopes[n]) for n in AT] == pytest.approx([-4, 0, 0])
    if target in {"numpy", "numba", "jax"}:
        value, slopes = gg.compile(gg.grad(MANY), target=target)(p=P)
        assert float(value) == pytest.approx(WANTED)
        np.testing.assert_allclose(slopes["p"], SLOPES)


def test_in_a_trace_and_in_a_film():
    traced = gg.trace(ONE, AT)
    assert traced.value == pytest.approx(-np.log(0.25))
    assert dict(traced.grad) == pytest.approx({"p1": -4, "p2": 0, "p3": 0})
    assert gg.trace(MANY, p=P).value == pytest.approx(WANTED)
    np.testing.assert_allclose(gg.trace(MANY, p=P).grad["p"], SLOPES)
    film = gg.animate(MANY, p=P, proof=False)
    assert film.frames[-1].shapes
    assert "dz/dp2 = 0" in gg.animate(ONE, AT, proof=False).frames[-1].caption


def test_it_is_proved_and_a_variable_weight_is_what_it_was():
    assert gg.verify(ONE).ok
    assert gg.verify(MANY).ok
    with pytest.raises(gg.DomainError, match="log"):
        gg.trace("q * log(p)", q=0.0, p=0.0)
    with pytest.raises(gg.DomainError, match="log"):
        gg.trace("2 * log(p)", p=0.0)


def test_a_mask_of_constants_chooses_entry_by_entry():
    graph = gg.parse("sum(where([1, 0, 2] == 0, x, x**2))", x=3)
    x = np.array([3.0, 5.0, 7.0])
    assert gg.trace(graph, x=x).value == gg.compile(graph)(x=x) == 63
    for slopes in (gg.trace(graph, x=x).grad["x"], gg.compile(gg.grad(graph))(x=x)[1]["x"]):
        np.testing.assert_allclose(slopes, [6, 1, 14])


SPELLINGS = [
    "0*log(p)", "log(p)*0", "0*ln(p)", "0*log2(p)", "log2(p)*0", "0*log10(p)", "log10(p)*0", "0*log(p, 2)",
    "0*log(p, 7)", "0*log1p(p - 1)", "log1p(p - 1)*0", "xlogy(0, p)", "0*-log(p)", "-log(p)*0", "0*(2*log(p))",
    "0*(log(p)*q)", "q*log(p)*0", "log(p)*q*0", "0*(log(p)/q)", "log(p)/3*0", "0*log(p)/q", "0*2*log(p)", "0/2*log(p)",
    "-1*0*log(p)", "0*log(sqrt(p))", "0*log(p**2)", "0*log(3*p)", "q*(0*log(p))",
]  # fmt: skip
MASKED = [
    "sum([0, 1, 0]*log(p))", "[0, 1, 0] @ log(p)", "log(p) @ [0, 1, 0]", "dot([0, 1, 0], log(p))",
    "1/3*[0, 3, 0] @ log(p)", "sum(1/3*[0, 3, 0]*log(p))", "q = [0, 1, 0]; sum(q*log(p))", "sum(xlogy([0, 1, 0], p))",
    "sum([0, 1, 0]*log2(p))*log(2)", "-sum([0, 1, 0]*-log(p))",
]  # fmt: skip


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_the_weight_0(text):
    graph = gg.parse(f"{text} + log(r)")
    at = {name: {"p": 0.0, "q": 1.5, "r": 0.25}[name] for name in graph.inputs}
    told = gg.trace(graph, at)
    assert told.value == pytest.approx(np.log(0.25))
    assert dict(told.grad) == pytest.approx({name: 4.0 if name == "r" else 0.0 for name in at})
    value, slopes = gg.compile(gg.grad(graph))(**at)
    assert (value, slopes["r"], slopes["p"]) == pytest.approx((np.log(0.25), 4, 0))


@pytest.mark.parametrize("text", MASKED)
def test_every_spelling_of_a_one_hot_target(text):
    graph, p = gg.parse(text, p=3), np.array([0.0, 0.25, 0.0])
    told = gg.trace(graph, p=p)
    assert told.value == pytest.approx(np.log(0.25))
    np.testing.assert_allclose(told.grad["p"], [0, 4, 0])
    value, slopes = gg.compile(gg.grad(graph))(p=p)
    assert value == pytest.approx(np.log(0.25))
    np.testing.assert_allclose(slopes["p"], [0, 4, 0])


@pytest.mark.parametrize(
    "text", ["p**2 + 0*log(p)", "0*log2(p)", "log10(p)*0", "0*-log(p)", "0*log1p(p)", "0*(2*log(p))"]
)
def test_a_logarithm_of_what_is_negative_has_no_value_whatever_its_weight(text):
    with pytest.raises(gg.DomainError, match="needs"):
        gg.trace(text, p=-2.0)


WITHOUT_SLOPES = [
    ("CE = -sum(q*log(p))", {"q": (2, int), "p": 2}, {"q": [1, 0], "p": [1.0, 0.0]}, [-1, 0]),
    ("CE = -sum((k == c)*log(p))", {"k": (2, int), "c": int, "p": 2}, {"k": [0, 1], "c": 0, "p": [1.0, 0.0]}, [-1, 0]),
    ("-t*log(p) - (1 - t)*log(1 - p)", {"t": int}, {"t": 1, "p": 1.0}, -1),
]


@pytest.mark.parametrize(("text", "shapes", "at", "slopes"), WITHOUT_SLOPES)
def test_weights_without_slopes_may_be_data(text, shapes, at, slopes):
    graph = gg.parse(text, shapes)
    told = gg.trace(graph, at)
    assert told.value == 0
    np.testing.assert_allclose(told.grad["p"], slopes)
    arrays = {name: np.asarray(value) for name, value in at.items()}
    value, found = gg.compile(gg.grad(graph))(**arrays)
    assert value == 0
    np.testing.assert_allclose(found["p"], slopes)
    assert gg.verify(graph, sympy=False).ok


def test_a_weight_with_a_slope_is_told_of():
    with pytest.raises(gg.DomainError, match=r"declared as q=\(3, int\)"):
        gg.trace("-sum(q*log(p))", q=[1.0, 0.0], p=[1.0, 0.0])


def test_no_film_multiplies_0_by_what_is_infinite():
    told = gg.animate("0*log(p) + 0*-log2(q)", p=0.0, q=0.0, proof=False).transcript
    assert "passes to p 0: a term of the weight 0 counts for nothing." in told
    assert not [line for line in told.splitlines() if "×" in line and "∞" in line]


def test_constants_are_written_as_people_write_them():
    told = gg.animate(MASKED[0], p=np.array([0.5, 0.25, 1]), proof=False).transcript
    assert "[0, 1, 0] * v1" in told
