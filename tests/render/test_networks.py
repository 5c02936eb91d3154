"""Networks: heat maps, layers, and single neurons."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from graphgrad.core.numerals import numeral
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.entries import entries
from graphgrad.render.backprop.film import film
from graphgrad.render.drawing.heat import LARGEST, cells, shown
from graphgrad.render.drawing.shapes import Box, Heat
from graphgrad.render.scene.layers import layers
from graphgrad.render.scene.scene import text

PROGRAM = "h = tanh(x @ W1.T + b1)\nR = h @ W2.T + b2\nL = sum((y - R)**2) / 2"
GIVEN = {  # the lecture's own network and example
    "W1": np.array([[0.2860, -0.2742], [0.4483, 0.4352], [0.2364, 0.1122], [-0.3820, -0.1753]]),
    "b1": np.array([0.2429, -0.2452, -0.1346, 0.0896]),
    "W2": np.array([[-0.2535, 0.4431, 0.1331, -0.2847]]),
    "b2": np.array([0.0600]),
    "x": np.array([2.0, 3.0]),
    "y": np.array([5.0]),
}


@pytest.fixture(scope="module")
def traced():
    return trace(parse(PROGRAM, {name: value.shape for name, value in GIVEN.items()}), GIVEN)


@given(arrays(float, array_shapes(max_dims=3, max_side=20), elements=st.floats(-1e6, 1e6)))
def test_a_heat_map_is_exact_up_to_eight_and_keeps_means_above(value):
    map_ = np.array(cells(value))
    assert map_.shape == shown(value)
    assert np.abs(map_).max() <= 1
    flat = value.reshape(-1, value.shape[-1])
    if max(flat.shape) <= LARGEST and np.abs(flat).max() > 0:
        assert np.allclose(map_, flat / np.abs(flat).max(), atol=5e-4)


def test_the_map_shows_the_lectures_weights(traced):
    made = film(traced)
    maps = [s for s in made.frames[-1].shapes if isinstance(s, Heat)]
    assert cells(GIVEN["W1"]) in [m.cells for m in maps if m.colour == "value"]
    assert cells(traced.grad["W1"]) in [m.cells for m in maps if m.colour == "adjoint"]
    first = [s for s in made.frames[0].shapes if isinstance(s, Heat)]
    assert first == []  # nothing is computed yet
    assert any(isinstance(s, Box) and s.dashed for s in made.frames[0].shapes)


def test_layers_are_told_from_the_parameters(traced):
    graph = traced.graph
    named = {name: {graph.label(i) for i in nodes} for name, nodes in layers(graph).items()}
    assert {"W1", "b1", "h"} <= named["layer 1"]
    assert {"W2", "b2", "R"} <= named["layer 2"]
    assert "L" in named["loss"]
    assert not any({"x", "y"} & members for members in named.values())
    groups = film(traced).stage.layout.groups
    assert list(groups) == ["layer 1", "layer 2", "loss"]


def test_every_entry_is_what_it_says(traced):
    told = entries(traced.graph, traced.values)
    assert len(told) >= 6
    for node, lines in told.items():
        value = np.asarray(traced.values[node])
        assert len(lines) == value.size
        for line, x in zip(lines, value.ravel(), strict=True):
            said, result = (
                text(line, traced.values).replace("−", "-").replace("×", "*").replace("≈", "=").split(" = ")[1:]
            )
            assert str(numeral(x)) == result.replace("-", "−")
            assert eval(said, {"tanh": np.tanh}) == pytest.approx(x, abs=2e-3)  # noqa: S307  (arithmetic of our own)


@pytest.mark.browser
def test_layers_fold_and_neurons_unfold_and_nothing_moves(browser, traced, tmp_path):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(film(traced).save(tmp_path / "net.html").as_uri())
    page.keyboard.press("End")
    places = "hits.map(h => [h.getAttribute('x'), h.getAttribute('y')])"
    before = page.evaluate(places)
    handle = page.locator("[aria-label='fold layer 1']")
    handle.focus()
    page.keyboard.press("Enter")
    assert page.get_attribute("[aria-label='unfold layer 1']", "aria-expanded") == "false"
    assert page.evaluate("folds.map(f => f.classList.contains('off'))") == [False, True, True]
    assert page.evaluate("hits.filter(h => h.classList.contains('off')).length") == len(layers(traced.graph)["layer 1"])
    page.locator("[aria-label='unfold layer 1']").click()
    assert page.evaluate("folds.every(f => f.classList.contains('off'))")
    h = traced.graph.names and next(i for i in range(len(traced.graph)) if traced.graph.label(i) == "h")
    page.evaluate(f"detail({h}, 2)")
    assert page.input_value("#entry") == "2"
    page.select_option("#entry", "3")
    assert page.locator("#lines svg").count() == 3
    assert page.evaluate(places) == before
    page.close()
    assert errors == []
