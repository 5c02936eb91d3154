"""The player of a film of small arrays: an entry is dragged, and everything that is shown is computed anew."""

import re

import numpy as np
import pytest

from graphgrad.core.numerals import numeral
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.entries import entries
from graphgrad.render.backprop.film import film
from graphgrad.render.backprop.live import MOST, live
from graphgrad.render.drawing.shapes import Heat, Ink
from graphgrad.render.scene.scene import Value, text

pytestmark = pytest.mark.browser
SHAPES = {
    "xor": ("h = tanh(X @ W1 + b1)\np = h @ W2 + b2\nL = mean((p - y)**2)",
            {"X": (4, 2), "W1": (2, 4), "b1": 4, "W2": (4, 1), "b2": 1, "y": (4, 1)}),
    "softmax": ("p = softmax(W @ x + b)\nL = sum(p * t) * c", {"W": (3, 2), "x": 2, "b": 3, "t": 3, "c": ()}),
    "wide": ("sum(exp(M))", {"M": (3, 11)}),
}  # fmt: skip


def point(shapes, seed):
    draw = np.random.default_rng(seed)
    return {name: np.round(draw.normal(size=shape), 3) for name, shape in shapes.items()}


def made(name, seed=0):
    program, shapes = SHAPES[name]
    return film(trace(parse(program, shapes), point(shapes, seed)))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arrays")
    return {name: made(name).save(folder / f"{name}.html") for name in SHAPES}


@pytest.fixture
def opened(browser, files):
    """Opens films; whatever a page complains of fails the test."""
    complaints, pages = [], []

    def open_(name):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(files[name].as_uri())
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.close()
    assert complaints == []


NUMBERS = """() => [...seen].filter(s => FILM.shapes[s][0] === 'i').flatMap(s => {
    const sign = Object.fromEntries(Object.entries(FILM.digits).map(([c, [g]]) => ['#g' + g, c]));
    const drawn = [...shapes[s].querySelectorAll('use')].map(u => sign[u.getAttribute('href')] || ' ').join('');
    return FILM.shapes[s][1].filter(p => Array.isArray(p) && !Array.isArray(p[0]))
        .map(p => [p[0], p[2] ?? '', read(p, values), drawn.includes(numeral(read(p, values))[0])]);
})"""
HEATS = """() => Object.fromEntries([...seen].filter(s => FILM.shapes[s][0] === 'm').map(s => [FILM.shapes[s][7],
    [...shapes[s].children].slice(0, -1).map(r =>
        Number(r.getAttribute('fill-opacity')) * (r.getAttribute('fill') === 'var(--ink)' ? -1 : 1))]))"""


def pythons(picture, values):
    """The numbers and the heat maps of a frame."""
    pieces = {p for s in picture.shapes if isinstance(s, Ink) for p in s.phrase if isinstance(p, Value)}
    heats = {s.node: np.ravel(s.cells) for s in picture.shapes if isinstance(s, Heat)}
    return {(p.node, p.part): float(p.read(values)) for p in pieces}, heats


@pytest.mark.parametrize("name", SHAPES)
def test_every_frame_shows_what_a_film_at_the_dragged_entries_shows(opened, name):
    page, dragged = opened(name), made(name, seed=1)
    for entry in point(SHAPES[name][1], 1).items():
        values, field = np.ravel(entry[1]), f"input[type=number][aria-label^='{entry[0]},']"
        assert page.locator(field).count() == values.size
        for k, x in enumerate(values):
            page.locator(field).nth(k).fill(str(x))
    for k, picture in enumerate(dragged.frames):
        page.evaluate(f"go({k})")
        numbers, heats = pythons(picture, dragged.values)
        found = page.evaluate(NUMBERS)
        assert {(node, part): x for node, part, x, _ in found} == pytest.approx(numbers, rel=1e-9, abs=1e-12)
        assert all(drawn for *_, drawn in found)
        shown = page.evaluate(HEATS)
        assert {int(node) for node in shown} == set(heats)
        assert all(np.allclose(shown[str(node)], cells, atol=1.1e-3) for node, cells in heats.items())
        assert page.text_content("#said") == text(dragged.scene.frames[k].said, dragged.values)


@pytest.mark.parametrize("name", ["xor", "softmax"])
def test_the_lines_of_entries_are_computed_anew(opened, name):
    page, traced = opened(name), made(name, seed=1).trace
    page.evaluate("x => { Object.assign(inputs, x); recompute(inputs); refresh(); }", scalars(name, 1))
    for node, lines in entries(traced.graph, traced.values).items():
        ours = [[str(numeral(p.read(traced.values))) for p in line if isinstance(p, Value)] for line in lines]
        told = """n => FILM.cards[n].cells.map(l => l.filter(p => Array.isArray(p) && !Array.isArray(p[0]))
            .map(p => written(read(p, values))))"""
        assert page.evaluate(told, node) == ours


def scalars(name, seed):
    names = live(made(name).trace).names
    given = point(SHAPES[name][1], seed)
    inputs = made(name).trace.graph.inputs
    return {e: float(x) for n, i in inputs.items() for e, x in zip(names[i], np.ravel(given[n]), strict=True)}


def test_a_cell_of_a_heat_map_is_dragged(opened):
    page = opened("softmax")
    page.keyboard.press("End")
    card = next(c for c in page.evaluate("FILM.cards") if c["label"] == "W")
    x, y, width, height = card["map"]
    to_pixels = (
        "([x, y]) => { const p = new DOMPoint(x, y).matrixTransform(picture.getScreenCTM()); return [p.x, p.y]; }"
    )
    px, py = page.evaluate(to_pixels, [x + 0.25 * width, y + 0.5 * height])  # row 2 of 3, column 1 of 2
    before = page.evaluate("inputs")
    page.mouse.move(px, py)
    page.mouse.down()
    page.mouse.move(px + 60, py, steps=3)
    page.mouse.up()
    after = page.evaluate("inputs")
    assert after["W_1_0"] == pytest.approx(before["W_1_0"] + 0.3 * max(1, abs(before["W_1_0"])), abs=0.01)
    assert {n for n in after if after[n] != before[n]} == {"W_1_0"}
    assert page.locator("input[type=range][aria-label='W, row 2, column 1']").count() == 1
    assert page.is_hidden("#details")
    page.mouse.click(px, py)  # no drag: the entry's story
    assert page.text_content("#which") == "W"


def test_entries_are_reached_by_keyboard_and_have_names(opened):
    page = opened("softmax")
    page.locator("[aria-label='W, row 3, column 2, exact value']").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "W, row 3, column 1, exact value"
    slider = page.locator("input[type=range][aria-label='W, row 3, column 1']")
    slider.focus()
    before = page.evaluate("values[0][4]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("values[0][4]") > before
    assert float(page.input_value("[aria-label='W, row 3, column 1, exact value']")) > before
    assert page.locator("[aria-label='x, entry 2, exact value']").count() == 1
    nameless = "[...document.querySelectorAll('input, button, select')].filter(e => !e.ariaLabel && !e.labels?.length && !e.textContent.trim()).length"  # noqa: E501
    assert page.evaluate(nameless) == 0
    page.evaluate("go(last)")
    spoken = page.get_attribute(".hit", "aria-label")
    low, high = (numeral(page.evaluate(f"Math.{of}(...values[0])")) for of in ("min", "max"))
    assert spoken.startswith(f"W, value {low} to {high}, norm ")


def test_a_number_is_typed_as_it_comes(opened):
    page = opened("softmax")
    field = page.locator("[aria-label='W, row 1, column 2, exact value']")
    field.click(click_count=3)
    page.keyboard.type("-0.0512345678")
    assert field.input_value() == "-0.0512345678"
    assert page.evaluate("values[0][1]") == -0.0512345678


def test_beside_the_heat_map_the_chosen_entry_is_dragged(opened):
    page = opened("softmax")
    page.locator("[aria-label='W, row 2, column 2, exact value']").focus()
    page.locator(".hit.drag").first.scroll_into_view_if_needed()
    before, box = page.evaluate("inputs"), page.locator(".hit.drag").first.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40, steps=3)
    page.mouse.up()
    after = page.evaluate("inputs")
    assert {n for n in after if after[n] != before[n]} == {"W_1_1"}
    assert float(page.input_value("[aria-label='W, row 2, column 2, exact value']")) == after["W_1_1"]


def test_the_chosen_entry_of_a_nodes_story_stays(opened):
    page = opened("softmax")
    page.keyboard.press("End")
    node = next(c["id"] for c in page.evaluate("FILM.cards") if c["cells"])
    page.evaluate(f"detail({node}, 2)")
    page.fill("[aria-label='W, row 3, column 1, exact value']", "1.5")
    assert page.input_value("#entry") == "2"
    page.keyboard.press("Escape")


def test_what_is_not_defined_is_said_to_be_so(browser, tmp_path):
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(film(trace(parse("sum(log(x))", x=2), x=[1.0, 2.0])).save(tmp_path / "log.html").as_uri())
    page.keyboard.press("End")
    page.fill("[aria-label='x, entry 1, exact value']", "-1")
    assert "undefined to undefined" in page.locator(".hit").nth(1).get_attribute("aria-label")
    assert page.evaluate(HEATS)["1"] == [0, 1]
    page.close()
    assert errors == []


TABLE = {
    "norm(A)": {"A": (2, 3)},
    "sum(max(A, axis=0) * v)": {"A": (2, 3), "v": 3},
    "logsumexp(A @ v)": {"A": (3, 2), "v": 2},
    "mean(relu(A) * sigmoid(A)) + min(A)": {"A": (2, 2)},
    "prod(v) + sum(v[1:] * v[:-1])": {"v": 3},
    "sum(A.T @ A)": {"A": (2, 3)},
    "sum(softplus(A) / (1 + A**2))": {"A": (2, 2, 2)},
    "sum(where(v > 0, v, exp(v)))": {"v": 4},
    "mean((X @ w)**2)": {"X": ("n", 2), "w": 2},
}


@pytest.mark.parametrize("program", TABLE)
def test_the_program_computes_every_entry_of_every_node(opened, program):
    shapes = {name: (3, 2) if name == "X" else shape for name, shape in TABLE[program].items()}
    traced = trace(parse(program, TABLE[program]), point(shapes, 3))
    computed = live(traced)
    assert computed.program != "null", "not emitted"
    given = {e: float(x) for i, names in computed.names.items()
             for e, x in zip(names, np.ravel(traced.values[i]), strict=True)}  # fmt: skip
    found = np.array(opened("softmax").evaluate(f"x => ({computed.program})(x).map(Number)", given))
    for value, places in zip(traced.values, computed.places, strict=True):
        assert np.allclose(found[places], np.ravel(value) if np.ndim(value) else value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("program", "given"),
    [("sum((A @ B)**2)", {"A": np.ones((20, 20)), "B": np.ones((20, 20))}),
     ("sum(x**2)", {"x": np.ones(MOST)}),
     ("W_0 * sum(W)", {"W": np.ones(2), "W_0": 1.0})],
)  # fmt: skip
def test_a_film_whose_entries_no_page_computes_plays_without_inputs(browser, tmp_path, program, given):
    shown = film(trace(parse(program, {n: np.shape(v) for n, v in given.items()}), given))
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(shown.save(tmp_path / "large.html").as_uri())
    assert page.is_hidden("#inputs")
    page.keyboard.press("End")
    assert page.locator("#stage rect[shape-rendering]").count() > 1
    assert page.locator(".hit[aria-label*='value an array, adjoint an array']").count() >= 1
    page.close()
    assert errors == []


def test_a_label_is_no_number_to_drag(browser, tmp_path):
    program = "sum(pick(log_softmax(Z), t))"
    traced = trace(parse(program, {"Z": (2, 3), "t": 2}), {"Z": np.eye(2, 3), "t": np.array([0, 2])})
    page = browser.new_page()
    page.goto(film(traced).save(tmp_path / "labels.html").as_uri())
    assert page.locator("#inputs .input").count() == 1
    page.fill("[aria-label='Z, row 1, column 1, exact value']", "3")
    again = trace(traced.graph, {"Z": np.array([[3.0, 0, 0], [0, 1, 0]]), "t": np.array([0, 2])})
    output = traced.adjoints.output
    assert page.evaluate(f"values[{output}]") == pytest.approx(float(again.value), rel=1e-12)
    page.close()


def test_files_stay_small(files):
    sizes = {name: file.stat().st_size for name, file in files.items()}
    assert max(sizes.values()) <= 200_000, sizes
    assert all(re.search(r"const compute = function", file.read_text(encoding="utf-8")) for file in files.values())


def test_a_number_at_many_points_is_not_dragged():
    assert live(trace(parse("x ** 2"), x=np.array([1.0, 2.0]))).program == "null"


def test_what_is_infinite_from_the_start_is_written_so(browser, tmp_path):
    page = browser.new_page()
    page.goto(film(trace(parse("exp(x)"), x=1000.0, allow_nonfinite=True)).save(tmp_path / "far.html").as_uri())
    assert page.evaluate("values.map(written)") == ["1000", "∞", "1", "∞"]
    page.close()
