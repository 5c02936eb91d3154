"""Pictures of what is rare: empty arrays, names of all alphabets, what is not proved, what leaves its domain."""

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

import graphgrad as gg
from graphgrad.execute.trace import trace
from graphgrad.frontend.notation.names import CONSTANTS
from graphgrad.frontend.parse import parse
from graphgrad.proof.report import GOOD, Finding, Verdict
from graphgrad.render.backprop.film import film
from graphgrad.render.drawing.shapes import Ink
from graphgrad.render.drawing.typeset import line, typeset
from graphgrad.render.scene.scene import text

EMPTY, ONE = {"A": np.zeros((0, 3)), "c": np.zeros(0)}, {"C": np.array([[-1 / 3]]), "c": np.array([2.0])}
CASES = {  # a program with its values, verdicts, and texts that the last picture has or has not
    "empty": ("L = sum(A * 2) + sum(c)", EMPTY, {},
              ["0 × 3", "0", "empty", "∂L/∂A of shape 0 × 3"], ["undefined", "nan"]),
    "one entry": ("L = sum(C ** 2) * sum(c)", ONE, {}, ["≈ −0.3333", "1 × 1", "∂L/∂c of shape 1"], ["…"]),
    "verdicts": ("L = x * y * w", {"x": 2.0, "y": 0.5, "w": -0.0},
                 {"x": ("UNKNOWN", None), "y": ("REFUTED", False), "w": ("PROVED", True)},
                 ["? UNKNOWN", "✗ REFUTED", "✓ PROVED", "∂L/∂x = 0"], ["✗ UNKNOWN", "−0"]),
    "alphabets": ("z = 变量 * שלום + скорость", {"变量": 2.0, "שלום": 3.0, "скорость": 1.5}, {},
                  ["v1 = 变量 * שלום"], []),
}  # fmt: skip


@pytest.mark.parametrize("constant", ["pi", "e", "inf", "nan"])
def test_every_constant_is_drawn_and_written(constant, tmp_path):
    program = f"y = where(x > 2, {constant}, where(x == {constant}, 1, 2 * x)); z = y + maximum(x, -1) / {constant}"
    made = gg.animate(program, x=1.5, allow_nonfinite=True)
    for suffix in ("html", "svg", "json", "tex", "dot", "txt", "md"):
        made.save(tmp_path / f"film.{suffix}")
    assert gg.show(program).svg()
    assert CONSTANTS[constant] in gg.latex(program)
    assert "put together" in str(gg.derive(program, "x"))


@pytest.mark.parametrize("verdict", Verdict)
def test_only_what_is_refuted_is_bad_news(verdict):
    assert Finding(verdict).news is (True if verdict in GOOD else False if verdict is Verdict.REFUTED else None)


def last(name):
    program, values, verdicts, *_ = CASES[name]
    shapes = {n: np.shape(v) for n, v in values.items() if np.shape(v)}
    return film(trace(parse(program, shapes), values), verdicts=verdicts).frames[-1]


@pytest.mark.parametrize("name", CASES)
def test_a_picture_says_what_there_is(name):
    picture = last(name)
    said = [text(shape.phrase, picture.values).strip() for shape in picture.shapes if isinstance(shape, Ink)]
    *_, has, has_not = CASES[name]
    assert [wanted for wanted in has if not any(wanted in line for line in said)] == [], said
    assert [wrong for wrong in has_not if any(wrong in line for line in said)] == [], said


def test_no_picture_has_an_empty_box_for_a_letter():
    picture = last("alphabets")
    inks = [line(shape.phrase, picture.values) for shape in picture.shapes if isinstance(shape, Ink)]
    assert all(glyph.number for label in inks for glyph in label.glyphs)


@settings(max_examples=20)
@given(st.lists(st.from_regex(r"[^\W\d_]\w{0,12}", fullmatch=True), min_size=2, max_size=2, unique=True))
def test_names_of_any_alphabet_are_drawn_and_differ(names):
    try:
        graph = parse(f"{names[0]} + 2 * {names[1]}")
    except gg.ParseError:
        graph = None
    assume(graph and len(graph.inputs) == 2)
    shown = gg.show(graph)
    titles = [card.title for card in shown.stage.scene.cards if card.kind == "input"]
    labels = [typeset(title[0].tex) for title in titles]
    assert all(glyph.number for label in labels for glyph in label.glyphs)
    assert labels[0] != labels[1]


@pytest.mark.browser
def test_what_is_dragged_out_of_its_domain_blanks_what_depends_on_it(browser, tmp_path):
    verdicts = {"x1": ("PROVED", True), "x2": ("UNKNOWN", None)}
    made = film(trace(parse("log(x1*x2)*sin(x2)"), x1=0.5, x2=0.75), verdicts=verdicts)
    page = browser.new_page()
    page.goto(made.save(tmp_path / "drag.html").as_uri())
    page.keyboard.press("End")
    badges = "FILM.badges.filter(s => shapes[s].style.visibility !== 'hidden' && seen.has(s)).length"
    assert page.evaluate(badges) == 4
    page.fill("input[type=number][data-input=x1]", "-1")
    assert page.evaluate(badges) == 0
    values = [float("nan") if v is None else v for v in page.evaluate("values.map(v => Number.isNaN(v) ? null : v)")]
    graph = made.trace.graph
    fine = {i for i, v in enumerate(values[: len(graph)]) if not np.isnan(v)}
    assert {graph.label(i) for i in fine} == {"x1", "x2", "v1", "v3"}
    assert page.evaluate("slopes.every(Number.isNaN)")
    page.fill("input[type=number][data-input=x1]", "0.5")
    assert page.evaluate(badges) == 4
    page.close()


@pytest.mark.browser
def test_without_a_value_there_is_no_slope_and_conditions_stay_conditions(browser, tmp_path):
    page, last = browser.new_page(), "sentence(FILM.frames.at(-1))"
    page.goto(film(trace(parse("1 / x + y"), x=2.0, y=3.0)).save(tmp_path / "slope.html").as_uri())  # dz/dy is the 1
    page.keyboard.press("End")
    page.fill("input[type=number][data-input=x]", "0")
    assert page.evaluate(last) == "The gradient is complete: dz/dx = undefined, dz/dy = undefined."
    page.fill("input[type=number][data-input=x]", "4")
    assert page.evaluate(last) == "The gradient is complete: dz/dx = −0.0625, dz/dy = 1."
    page.goto(film(trace(parse("where(x > 0, x, x**2) * y"), x=0.5, y=3.0)).save(tmp_path / "when.html").as_uri())
    assert page.evaluate("sentence(FILM.frames[2])") == "Forward: v1 = x > 0 = true."
    page.fill("input[type=number][data-input=x]", "-1")
    assert page.evaluate("sentence(FILM.frames[2])") == "Forward: v1 = x > 0 = false."
    page.close()
