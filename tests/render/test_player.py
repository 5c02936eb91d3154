"""The player, in a real browser: it steps, recomputes, asks, dresses, speaks, and asks nothing of the network."""

import re

import pytest

from graphgrad.core.numerals import numeral
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.scene.scene import text

pytestmark = pytest.mark.browser
POINT = {"x1": 0.5, "x2": 0.75}


@pytest.fixture(scope="module")
def made():
    return film(trace(parse("log(x1*x2)*sin(x2)"), POINT))


@pytest.fixture(scope="module")
def file(made, tmp_path_factory):
    return made.save(tmp_path_factory.mktemp("player") / "film.html")


@pytest.fixture
def page(browser, file):
    """The page on its first frame; whatever it complained of or asked for fails the test."""
    complaints, requests = [], []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert complaints == []
    assert requests == [file.as_uri()]


def shown(page):
    """The numbers of the gradient graph that are in the picture."""
    return page.evaluate("[...seen].flatMap(s => carried[s])")


def test_the_file_is_small_and_whole(file):
    source = file.read_text(encoding="utf-8")
    assert len(source.encode()) <= 200_000
    assert "{{" not in source
    assert not re.search(r"(?:src|href)=\"(?!#)", source)


def test_stepping_by_keys_buttons_and_slider(page, made):
    said = [text(f.said, made.scene.values) for f in made.scene.frames]
    for k in range(len(made)):
        assert page.text_content("#said") == said[k]
        assert page.evaluate("count.value") == f"{k + 1} / {len(made)}"
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    assert page.text_content("#said") == said[0]
    page.click("#next")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.text_content("#said") == said[-2]
    page.evaluate("where.value = 4; where.dispatchEvent(new Event('input'))")
    assert page.text_content("#said") == said[4]


def test_every_frame_shows_what_pythons_shows(page, made):
    for k, picture in enumerate(made.frames):
        page.evaluate(f"go({k})")
        ours = {p.node for s in picture.shapes if hasattr(s, "phrase") for p in s.phrase if hasattr(p, "node")}
        assert set(shown(page)) == ours


def test_nothing_moves(page, made):
    places = "hits.map(h => { const b = h.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })"
    first = page.evaluate(places)
    for k in range(len(made)):
        page.evaluate(f"go({k})")
        assert page.evaluate(places) == first


def test_it_plays_and_pauses(page):
    page.select_option("#speed", "4")
    page.keyboard.press("Space")
    while page.evaluate("state.k") < 3:
        page.wait_for_timeout(50)
    page.click("#play")
    stopped = page.evaluate("state.k")
    page.wait_for_timeout(700)
    assert page.evaluate("state.k") == stopped
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_numbers_are_written_as_python_writes_them(page):
    numbers = [
        0.5,
        -0.98083,
        1 / 3,
        12345.6,
        1.5e-7,
        -2e30,
        1.0625,
        0.0,
        999999.6,
        0.00099996,
        9.99995,
        123456.0,
        5e-324,
    ]
    numbers += [(-1) ** k * 1.2345678**k * 1e-6 for k in range(1, 200)]
    assert page.evaluate("xs => xs.map(written)", numbers) == [str(numeral(x)) for x in numbers]


def test_lines_are_set_as_python_sets_them(page, made):
    from graphgrad.render.drawing.typeset import line

    page.evaluate("go(last)")
    widths = page.evaluate("FILM.shapes.filter(s => s[0] === 'i').map(s => lineLabel(s[1], values)[0])")
    pool = dict.fromkeys(s for p in made.frames for s in p.shapes if hasattr(s, "phrase"))
    assert {round(line(s.phrase, made.scene.values).width) for s in pool} <= {
        round(w) + d for w in widths for d in (-1, 0, 1)
    }


def test_dragging_an_input_recomputes_everything(page):
    page.keyboard.press("End")
    slider = page.locator("input[type=range][data-input=x1]")
    slider.evaluate("s => { s.value = 1.25; s.dispatchEvent(new Event('input')); }")
    expected = trace(parse("log(x1*x2)*sin(x2)"), x1=1.25, x2=0.75)
    computed = page.evaluate("values")
    assert computed == pytest.approx([float(v) for v in expected.values], rel=1e-12)
    assert page.text_content("#said").startswith(f"The gradient is complete: dz/dx1 ≈ {numeral(expected.grad['x1'])}")
    box = page.locator(".hit.drag").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 20, steps=5)
    page.mouse.up()
    dragged = page.evaluate("inputs.x1")
    assert dragged > 1.3
    again = trace(parse("log(x1*x2)*sin(x2)"), x1=dragged, x2=0.75)
    assert page.evaluate("values") == pytest.approx([float(v) for v in again.values], rel=1e-12)
    page.fill("input[type=number][data-input=x1]", "-1")
    assert "undefined" in page.text_content("#said")


def test_a_click_tells_the_whole_sum(page):
    page.keyboard.press("End")
    page.locator(".hit").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.text_content("#which") == "x2"
    assert page.locator("#lines svg").count() == 3  # the value; the sum in symbols; in numbers
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")
    page.locator(".hit").nth(3).click()
    assert page.text_content("#which") == "v2"


def test_predict_mode_hides_asks_and_judges(page):
    page.keyboard.press("p")
    page.evaluate("go(2)")
    assert page.text_content("#question") == "v1 = x1 * x2 ="
    assert 2 not in shown(page)
    page.fill("#guess", "0.4")
    page.keyboard.press("Enter")
    assert page.text_content("#judged").startswith("0.4 is not right")
    assert 2 not in shown(page)
    page.fill("#guess", "x1 * nonsense")
    page.keyboard.press("Enter")
    assert "nonsense" in page.text_content("#judged")
    page.fill("#guess", "x1*x2")
    page.keyboard.press("Enter")
    assert page.text_content("#judged") == "Right: 0.375."
    assert 2 in shown(page)
    page.evaluate("go(10)")
    assert page.text_content("#question") == "∂v2/∂v1 ="
    page.fill("#guess", "1/v1")
    page.keyboard.press("Enter")
    page.fill("#guess", "v2_bar / v1")
    page.keyboard.press("Enter")
    assert page.is_hidden("#quiz")
    page.evaluate("go(11)")
    page.click("#reveal")
    assert page.text_content("#judged").startswith("It is")


@pytest.mark.parametrize(
    ("guess", "value"),
    [("2 + 3*4", 14), ("-2**2", -4), ("2**-1", 0.5), ("2^3^2", 512), ("sin(pi/2)", 1), ("(1+2)/4", 0.75),
     ("1e-3", 0.001), (".5", 0.5), ("x1 + x2", 1.25), ("−1 × 2", -2)],
)  # fmt: skip
def test_the_calculator(page, guess, value):
    assert page.evaluate("g => calculate(g, nameable())", guess) == pytest.approx(value)


@pytest.mark.parametrize(
    "guess", ["", "2 +", "alert(1)", "constructor", "x1.y", "(1", "1)", "fetch", "__proto__", "1;2"]
)
def test_the_calculator_refuses_what_is_no_formula(page, guess):
    assert page.evaluate("g => { try { calculate(g, nameable()); return ''; } catch (e) { return e.message; } }", guess)


def test_symbols_numbers_and_themes(page):
    page.evaluate("go(5)")
    assert shown(page)
    page.keyboard.press("s")
    assert page.input_value("#mode") == "symbols"
    assert not shown(page)
    page.keyboard.press("s")
    assert page.input_value("#mode") == "numbers"
    assert shown(page)
    grounds = set()
    for _ in range(3):
        page.keyboard.press("t")
        grounds.add(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds == {"rgb(255, 255, 255)", "rgb(11, 18, 32)"}
    page.select_option("#theme", "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.is_hidden("#bar")


def test_everything_is_reached_by_keyboard_and_has_a_name(page):
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label') || ''")
        )
    assert {"first", "back", "play", "next", "last", "where", "speed", "mode", "theme", "predict"} <= reached
    assert any(name.startswith("x1, value not computed") for name in reached)
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, [role=button]')]"
        ".filter(e => !e.getAttribute('aria-label') && !e.labels?.length && !e.textContent.trim()).length"
    )
    assert nameless == 0
    assert page.get_attribute("#said", "aria-live") == "polite"


def test_a_swipe_steps(browser, file):
    context = browser.new_context(viewport={"width": 420, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(file.as_uri())
    box = page.locator("#stage").bounding_box()
    middle = box["y"] + box["height"] - 30
    swipe = """([x, y, dx]) => {
        const at = (type, clientX) =>
            picture.dispatchEvent(new PointerEvent(type, { clientX, clientY: y, bubbles: true }));
        at('pointerdown', x);
        at('pointerup', x + dx);
    }"""
    page.evaluate(swipe, [300, middle, -120])
    assert page.evaluate("state.k") == 1
    page.evaluate(swipe, [100, middle, 120])
    assert page.evaluate("state.k") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_a_narrow_screen_stays_legible_and_follows_the_work(browser, file, made):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(file.as_uri())
    for k, frame in enumerate(made.scene.frames):
        page.evaluate(f"go({k})")
        assert page.evaluate("picture.getBoundingClientRect().width / width") >= 0.79
        if frame.lit:
            box = page.locator(".hit").nth(frame.lit[0]).bounding_box()
            assert box["x"] + box["width"] > 0
            assert box["x"] < 390
    bar = page.locator("#bar").bounding_box()
    assert bar["y"] + bar["height"] <= 844  # the controls are always in sight
    page.close()


def test_a_film_of_arrays_plays(browser, tmp_path):
    shown = film(trace(parse("sum((W @ x)**2)", W=(3, 2), x=2), W=[[1, 2], [3, 4], [5, 6]], x=[1, -1]))
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(shown.save(tmp_path / "arrays.html").as_uri())
    assert page.is_visible("#inputs")
    for _ in range(len(shown)):
        page.keyboard.press("ArrowRight")
    assert page.locator("#stage g[shape-rendering], #stage rect[shape-rendering]").count() > 6
    page.close()
    assert errors == []
