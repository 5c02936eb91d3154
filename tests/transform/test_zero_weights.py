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
