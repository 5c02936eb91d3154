"""Themes: readable for every eye, and safe against typing errors."""

from dataclasses import replace
from itertools import product

import pytest

from graphgrad.core.errors import UsageError
from graphgrad.render.drawing.style import THEMES, Style, style


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
