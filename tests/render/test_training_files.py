"""Training films in every format, and the gradients that they show."""

import json
import re
from itertools import accumulate

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.render.drawing.shapes import Ink
from graphgrad.render.formats.raster import milliseconds
from graphgrad.render.scene.scene import Value
from graphgrad.render.training.film import TRAINING

XOR = gg.datasets.xor()


@pytest.fixture(scope="module")
def filmed():
    """A run of the lecture's network, its film cut to a few frames."""
    _, history = gg.fit(gg.mlp(2, 4, 1), XOR.X, XOR.y, loss="squared_error", steps=60, film=True, progress=False)
    del history.reel.snapshots[5:-1]
    return history, gg.animate_training(history)


def test_the_gradients_are_those_of_the_loss(filmed):
    """Against differences of the very loss that the curve shows."""
    history, film = filmed
    for k, snapshot in enumerate(history.reel.snapshots):
        shown = {f"W{i + 1}": part for i, part in enumerate(film.scene.gradients[k])}
        shown |= {f"b{i + 1}": part for i, part in enumerate(film.scene.bias_gradients[k])}
        assert shown.keys() == snapshot.values.keys()
        for name, gradient in shown.items():
            for place in np.ndindex(gradient.shape):
                ends = []
                for step in (1e-6, -1e-6):
                    moved = {n: np.array(v) for n, v in snapshot.values.items()}
                    moved[name][place] += step
                    model = history.reel.at(moved)
                    ends.append(float(np.sum((model.scores(XOR.X).ravel() - XOR.y.ravel()) ** 2)))
                assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-7)
        flat = np.concatenate([part.ravel() for part in shown.values()])
        assert film.scene.norms[k] == pytest.approx(np.linalg.norm(flat))


def test_every_sheet_shows_its_own_numbers(filmed):
    for k, picture in enumerate(filmed[1].frames):
        texts = [p.node for s in picture.shapes if isinstance(s, Ink) for p in s.phrase if isinstance(p, Value)]
        assert sorted(texts) == [3 * k, 3 * k + 1, 3 * k + 2]


def test_the_json_is_the_scene(filmed, tmp_path):
    scene = filmed[1].scene
    data = json.loads(filmed[1].save(tmp_path / "film.json").read_text())
    assert data["format"] == "graphgrad-training"
    assert data["steps"] == list(scene.steps)
    assert data["losses"] == list(scene.losses)
    assert np.allclose(data["gradients"][2][0], scene.gradients[2][0], rtol=0, atol=0)
    assert set(np.ravel(data["field"]["owners"])) <= {"value", "adjoint"}
    assert np.shape(data["field"]["strengths"]) == np.shape(scene.field.strengths)


def test_the_pdf_has_a_page_a_snapshot(filmed, tmp_path):
    assert filmed[1].save(tmp_path / "film.pdf").read_bytes().count(b"/Type/Page/") == len(filmed[1])


def test_every_format_is_the_same_twice(filmed):
    for kind in TRAINING.keys() - {".mp4"}:
        write = TRAINING[kind].load()
        assert write(filmed[1]) == write(filmed[1])


@pytest.mark.browser
def test_the_player_steps_through_the_training(browser, filmed, tmp_path):
    film, complaints, requests = filmed[1], [], []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    file = film.save(tmp_path / "film.html")
    page.goto(file.as_uri())
    for picture in film.frames:
        assert page.text_content("#said") == picture.caption
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    for key in "psp":  # labels and predictions are a graph's
        page.keyboard.press(key)
    assert page.is_hidden("#mode")
    assert page.is_hidden("#predict")
    assert page.is_hidden("#inputs")
    assert page.is_hidden("#quiz")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.get_attribute("#stage svg", "aria-label") == film.title
    page.keyboard.press("Space")
    while page.evaluate("state.k") < 2:
        page.wait_for_timeout(50)
    page.close()
    assert complaints == []
    assert requests == [file.as_uri()]


@pytest.mark.browser
def test_the_svg_plays_the_training(browser, filmed, tmp_path):
    page = browser.new_page()
    page.goto(filmed[1].save(tmp_path / "film.svg").as_uri())
    texts = set()
    for start in [0, *accumulate(milliseconds(p) for p in filmed[1].frames)][:-1]:
        page.evaluate("t => document.getAnimations().forEach(a => { a.pause(); a.currentTime = t; })", start + 20)
        seen = "[...document.querySelectorAll('g.f')].filter(g => getComputedStyle(g).visibility === 'visible')"
        texts.add(page.evaluate(seen + ".map(g => g.outerHTML).join('')"))
    assert len(texts) == len(filmed[1])
    page.close()


def test_a_notebook_gets_the_player(filmed):
    bundle = filmed[1]._repr_mimebundle_()
    assert re.match(r'<iframe title="Training of 2-4-1"', bundle["text/html"])
    assert bundle["text/plain"].startswith("Step 60")
