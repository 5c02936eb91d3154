"""Themes: readable for every eye, and safe against typing errors."""

import base64
import hashlib
import re
from dataclasses import replace
from itertools import product

import pytest
import tinycss2 as css

from graphgrad.core.errors import UsageError
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.drawing.style import THEMES, Style, style
from graphgrad.render.player.page import page as player_page


def luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen(colour, blind):
    """A colour as a dichromat sees it (Viénot, Brettel & Mollon 1999), in linear light."""
    r, g, b = ((int(colour[k : k + 2], 16) / 255) ** 2.2 for k in (1, 3, 5))
    rg = {"protan": 0.11238 * r + 0.88762 * g, "deutan": 0.29275 * r + 0.70725 * g}[blind]
    return rg, b


@pytest.mark.parametrize("look", THEMES.values(), ids=THEMES)
def test_text_meets_wcag_aa(look):
    grounds = {
        "ink": ("ground", "card", "value_glow", "adjoint_glow"),
        "value": ("ground", "card", "value_glow", "adjoint_glow"),
        "adjoint": ("ground", "card", "adjoint_glow"),
        "faint": ("ground", "card", "group"),
        "good": ("ground", "card"),
        "bad": ("ground", "card"),
    }
    for text, grounds_of in grounds.items():
        for ground in grounds_of:
            assert contrast(getattr(look, text), getattr(look, ground)) >= 4.5, (text, ground)


@pytest.mark.parametrize("look", THEMES.values(), ids=THEMES)
def test_outlines_that_carry_meaning_meet_three_to_one(look):
    for line, ground in product(("value", "adjoint"), ("ground", "card")):
        assert contrast(getattr(look, line), getattr(look, ground)) >= 3


@pytest.mark.parametrize(("look", "blind"), [*product(THEMES.values(), ("protan", "deutan"))])
def test_forward_and_backward_differ_for_the_colour_blind(look, blind):
    a, b = seen(look.value, blind), seen(look.adjoint, blind)
    assert max(abs(x - y) for x, y in zip(a, b, strict=True)) > 0.2


def test_a_file_changes_what_it_names(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('base = "dark"\nadjoint = "#ffcc00"\ntitle_size = 20\n')
    assert style(path) == replace(THEMES["dark"], name="mine", adjoint="#ffcc00", title_size=20)
    assert style(str(path)) == style(path)
    assert style(Style()) == THEMES["light"]


@pytest.mark.parametrize(
    ("content", "message"),
    [("adjiont = '#ffcc00'", "did you mean 'adjoint'"), ("ink = 'red'", "is a colour like"),
     ("title_size = -1", "size in points"), ("ink = ", "cannot read"),
     ("base = 'drak'", "there is no theme 'drak'; did you mean 'dark'?")],
)  # fmt: skip
def test_a_wrong_file_says_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        style(path)
    assert message in str(caught.value)


HOSTILE = {
    'name = "x\\"]{}</style><script>alert(1)</script>"': 1,
    "name = 5": "name of a theme",
    'name = ""': "name of a theme",
    'name = "a\\u0000b"': "name of a theme",
    "base = 5": "is a name or a file",
    "base = [1]": "is a name or a file",
    'base = "t.toml"': "a base of itself",
    'base = "other.toml"': "a base of itself",
    'base = "nowhere.toml"': "cannot read",
    'base = "nothing"': "there is no theme",
    'ground = "#12345"': "is a colour",
    'ground = "#１２３４５６"': "is a colour",
    'ground = "red;}*{"': "is a colour",
    "line = inf": "size in points",
    "line = nan": "size in points",
    "line = true": "size in points",
    "line = -1": "size in points",
    "line = 1e300": "size in points",
    "nmae = 1": "no field",
    "= =": "cannot read",
}


@pytest.mark.parametrize(("text", "wrong"), HOSTILE.items())
def test_a_theme_is_a_style_or_refused(text, wrong, tmp_path):
    (tmp_path / "t.toml").write_text(text, encoding="utf-8")
    (tmp_path / "other.toml").write_text('base = "t.toml"')
    if wrong == 1:
        assert "script" in style(tmp_path / "t.toml").name
        return
    with pytest.raises(UsageError, match=wrong):
        style(tmp_path / "t.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00", b"a = " + b"[" * 100_000, b"name = '\xed\xa0\x80'"])
def test_a_theme_that_is_no_text_is_refused(content, tmp_path):
    (tmp_path / "t.toml").write_bytes(content)
    with pytest.raises(UsageError, match="cannot read"):
        style(tmp_path / "t.toml")


@pytest.mark.parametrize("theme", [5, b"dark", None, ["dark"]])
def test_a_theme_is_a_name_or_a_file(theme):
    with pytest.raises(UsageError, match="a theme is a name or a file"):
        style(theme)


def test_a_style_of_ones_own_is_checked_too():
    for wrong in ({"ground": "red;}"}, {"line": "1"}, {"name": 5}):
        with pytest.raises(UsageError):
            replace(Style(), **wrong)


NAMES = ['"]{}</style><script>alert(1)</script>', "\\", '"', "a'b", "]]", "*/", "<!--", "{{TITLE}}", "{{DATA}}", "a b",
         "é", "🦊", "-->", "&quot;", "}", "@import 'x'", "url(x)", "${x}", "`", "\\22 ", "data-theme"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_themes_name_is_a_string_in_the_page(name):
    page = player_page("t", replace(Style(), name=name), {"theme": name}).decode()
    assert page.count("<script") == page.count("</script") == page.count("<style") == page.count("</style") == 1
    sheet = css.parse_stylesheet(
        page.partition("<style>")[2].partition("</style>")[0], skip_comments=True, skip_whitespace=True
    )
    first = next(rule for rule in sheet if rule.type == "qualified-rule")
    (selector,) = [token for token in first.prelude if token.type == "[] block"]
    assert [token.value for token in selector.content if token.type == "string"] == [name]
    assert "error" not in {rule.type for rule in sheet}


def test_the_policy_names_the_pages_own_script_and_style():
    page = player_page("t", Style(), {"theme": "light"}).decode()
    policy = re.search('Policy" content="(.*?)"', page)[1]
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        text = page.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        mark = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{mark}'" in policy


@pytest.mark.browser
def test_a_browser_runs_the_pages_own_script_and_no_other(browser, tmp_path):
    look = replace(Style(), name='"]{}</style><script>document.title="ran"</script>')
    made = film(trace(parse("x*y"), {"x": 2.0, "y": 3.0}), theme=look).save(tmp_path / "film.html")
    page = browser.new_page()
    page.goto(made.as_uri())
    assert page.title() != "ran"
    assert page.evaluate("document.documentElement.dataset.theme") == look.name
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ground')") == look.ground
    page.evaluate("const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s)")
    assert page.evaluate("window.ran") is None
    page.close()
