"""The player in a deck, under an address, on paper, in the dark, and in a hall."""

import html
import re
from itertools import pairwise

import numpy as np
import pytest

from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film

pytestmark = pytest.mark.browser

HOST = """<!doctype html><body><script>
const told = [];
addEventListener("message", event => told.push(event.data));
addEventListener("keydown", event => told.push({{ host: event.key }}));
</script><iframe id="film" width="900" height="600" {source}></iframe>"""


@pytest.fixture(scope="module")
def made():
    return film(trace(parse("x*x + sin(x)"), x=1.5))


@pytest.fixture(scope="module")
def file(made, tmp_path_factory):
    return made.save(tmp_path_factory.mktemp("embedded") / "film.html")


@pytest.fixture(params=["src", "srcdoc"])
def deck(browser, file, request):
    """A page with the film in a frame."""
    text = file.read_text(encoding="utf-8") if request.param == "srcdoc" else file.as_uri()
    host = file.parent / f"{request.param}.html"
    host.write_text(HOST.format(source=f'{request.param}="{html.escape(text)}"'), encoding="utf-8")
    page, complaints = browser.new_page(viewport={"width": 1280, "height": 800}), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(host.as_uri())
    page.wait_for_function("told.some(m => m.event === 'ready')")
    yield page
    page.close()
    assert complaints == []


def test_a_deck_is_told_and_tells(deck, made):
    frame = deck.frames[1]
    ready = deck.evaluate("told.find(m => m.event === 'ready')")
    assert ready == {"graphgrad": "film", "event": "ready", "frames": len(made)}
    assert deck.wait_for_function("told.find(m => m.event === 'height')").json_value()["height"] > 300
    said = 'document.getElementById("film").contentWindow.postMessage({}, "*")'
    for message, now in (
        ("{graphgrad: 'step'}", 2),
        ("{graphgrad: 'step', by: 3}", 5),
        ("{graphgrad: 'step', by: -1}", 4),
        ("{graphgrad: 'go', frame: 7}", 7),
        ("{graphgrad: 'go', frame: 'constructor'}", 1),
        ("{graphgrad: 'toString'}", 1),
        ("null", 1),
    ):
        deck.evaluate(said.replace("{}", message))
        frame.wait_for_function(f"state.k + 1 === {now}")
        assert deck.wait_for_function("told.filter(m => m.event === 'step').at(-1)").json_value()["frame"] == now


def test_at_the_ends_the_keys_go_back_to_the_deck(deck):
    frame, host = deck.frames[1], "told.filter(m => m.host).map(m => m.host)"
    frame.click("#stage", position={"x": 5, "y": 5})
    deck.keyboard.press("PageDown")
    frame.wait_for_function("state.k === 1")
    deck.keyboard.press("PageUp")
    frame.wait_for_function("state.k === 0")
    assert deck.evaluate(host) == []
    deck.keyboard.press("ArrowLeft")
    assert deck.wait_for_function("told.find(m => m.event === 'ended')").json_value() == {
        "graphgrad": "film", "event": "ended", "at": "first", "key": "ArrowLeft"}  # fmt: skip
    deck.keyboard.press("ArrowLeft")
    deck.wait_for_function(host + ".includes('ArrowLeft')")
    frame.evaluate("go(last)")
    frame.click("#stage", position={"x": 5, "y": 5})
    deck.keyboard.press("PageDown")
    assert deck.wait_for_function("told.find(m => m.at === 'last')").json_value()["key"] == "PageDown"


def test_the_address_the_system_and_paper(browser, file, made):
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    page.goto(file.as_uri() + "#3")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate("state.k") == 2
    assert page.evaluate(theme) == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_function(theme + " === 'light'")
    page.select_option("#theme", "dark")
    page.emulate_media(color_scheme="dark")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(theme) == "dark"  # what was chosen stays
    page.evaluate("location.hash = '#7'")
    page.wait_for_function("state.k === 6")
    page.evaluate("location.hash = '#nowhere'")
    page.wait_for_function("state.k === 0")
    page.evaluate("go(4)")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf())) == len(made)
    assert page.evaluate("[state.k, document.getElementById('pages').children.length]") == [4, 0]
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement")
    page.close()


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 800), (1366, 650), (390, 844)])
def test_rule_caption_and_bar_are_in_view(browser, file, size):
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(file.as_uri() + "#9")
    for part in ("#stage svg", "#said", "#bar"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= size[1], part
    page.close()


ATTENTION = "S = Q @ K.T / sqrt(3)\nA = softmax(S)\nO = A @ V\nL = sum(O * T)"
LETTERS = """() => Math.min(...[...document.querySelectorAll('#stage use, #statement use, #rule use')]
    .filter(u => u.checkVisibility()).map(u => 1000 * Math.abs(u.getScreenCTM().d)))"""


@pytest.fixture(scope="module")
def attention(tmp_path_factory):
    values = {name: np.sin(np.arange(12.0) + k).reshape(4, 3) for k, name in enumerate("QKVT")}
    made = film(trace(parse(ATTENTION, dict.fromkeys(values, (4, 3))), values))
    return made, made.save(tmp_path_factory.mktemp("hall") / "attention.html")


def test_in_a_hall_no_letter_is_under_twenty_pixels_and_the_work_is_in_view(browser, attention):
    made, file = attention
    page, places = browser.new_page(viewport={"width": 1920, "height": 1080}), []
    page.goto(file.as_uri())
    for k, frame in enumerate(made.scene.frames):
        page.evaluate(f"go({k})")
        assert page.evaluate(LETTERS) > 19.9, k
        window = page.locator("#stage").bounding_box()
        if frame.phase in {"forward", "vjp", "accumulate"}:
            box = page.locator(".hit").nth(frame.lit[0]).bounding_box()
            assert window["x"] - 1 <= box["x"] <= window["x"] + window["width"] - box["width"] + 1
            assert window["y"] - 1 <= box["y"] <= window["y"] + window["height"] - box["height"] + 1
            assert page.locator("#rule use").count()
            assert bool(page.locator("#statement use").count()) == bool(made.scene.places.get(frame.lit[0]))
        places.append(page.evaluate("[stage.scrollLeft, stage.scrollTop]"))
        bar = page.locator("#bar").bounding_box()
        assert bar["y"] + bar["height"] <= 1080
    assert sum(a == b for a, b in pairwise(places)) > len(places) / 4  # it stands still as long as it can
    page.keyboard.press("z")
    whole = page.locator("#stage svg").bounding_box()
    assert whole["width"] <= 1920
    assert whole["y"] + whole["height"] <= 1080
    assert page.is_hidden("#rule")
    page.set_viewport_size({"width": 390, "height": 844})
    page.keyboard.press("z")
    assert page.is_visible("#rule")
    page.close()
