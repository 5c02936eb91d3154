"""The self-playing SVG, in a real browser: at every moment it shows the frame of that moment, and rests where asked."""

from itertools import accumulate

import pytest

from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.formats.animated_svg import presence
from graphgrad.render.formats.raster import milliseconds

pytestmark = pytest.mark.browser
SHOWN = """[...document.querySelectorAll('g.f')].filter(g => getComputedStyle(g).visibility === 'visible')
    .reduce((n, g) => n + g.children.length, 0)"""


@pytest.fixture(scope="module")
def made():
    return film(trace(parse("log(x1*x2)*sin(x2)"), x1=0.5, x2=0.75))


@pytest.fixture
def page(browser, made, tmp_path):
    page = browser.new_page()
    page.goto(made.save(tmp_path / "film.svg").as_uri())
    yield page
    page.close()


def test_every_moment_shows_its_frame(page, made):
    starts = [0, *accumulate(milliseconds(p) for p in made.frames)][:-1]
    always = elements_of(made, range(len(made)))
    counts = []
    for start in starts:
        page.evaluate("t => document.getAnimations().forEach(a => { a.pause(); a.currentTime = t; })", start + 20)
        counts.append(page.evaluate(SHOWN))
    assert counts == [elements_of(made, [k]) - always for k in range(len(made))]


def elements_of(made, frames):
    return sum(set(frames) <= set(shown) for shown in presence(made).values())


def test_it_rests_on_the_last_frame_where_motion_is_unwelcome(page, made):
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate(SHOWN) == elements_of(made, [len(made) - 1]) - elements_of(made, range(len(made)))
