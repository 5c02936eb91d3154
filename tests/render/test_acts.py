"""Films in symbols, which want no values, and films in which the values come in a second act."""

import re

import pytest

import graphgrad as gg
from graphgrad.core.errors import UsageError
from graphgrad.render.formats.table import FILM
from graphgrad.render.scene.scene import Equal, Value

SLIDE = "z = log(x1*x2)*sin(x2)"
PROGRAMS = [
    gg.parse(SLIDE),
    gg.parse("x * x + 3"),
    gg.parse("mean((tanh(X @ W.T) - Y)**2)", X=("N", 3), W=(1, 3), Y=("N", 1)),
    gg.parse("where(a > b, a**2, sqrt(b)) / maximum(a, 1)"),
    gg.parse("s = W @ x; cross_entropy(s, c)", W=(4, 3), x=3, c=(int,)),
    gg.parse("y = log(1 + exp(x)); y"),
]


def pieces(shapes):
    return [piece for shape in shapes for piece in getattr(shape, "phrase", ())]


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_film_in_symbols_shows_no_value(program):
    film = gg.animate(program, labels="symbols", proof=False)
    for frame in film.frames:
        assert not [p for p in pieces(frame.shapes) if isinstance(p, Value | Equal)]
    said = [re.sub(r"\[.*?\]|[^\W\d][\w\u0304]*", "", frame.caption) for frame in film.frames]
    written = set(re.findall(r"\d+", "".join(said)))
    assert written <= {"1", "2", "3", "0"}, written  # the numbers of the program and of its rules


@pytest.mark.parametrize("suffix", [s for s in FILM if s not in {".webm", ".mp4"}])
def test_every_format_holds_a_film_in_symbols(suffix, tmp_path):
    film = gg.animate(PROGRAMS[2], labels="symbols", proof=False, wrt="W")
    name = "f{}" if suffix in {".png", ".dot"} else "f"
    film.save(tmp_path / f"{name}{suffix}")
    assert list(tmp_path.iterdir())


def test_the_slide_in_symbols_ends_in_closed_forms_that_are_proved():
    film = gg.animate(SLIDE, labels="symbols")
    assert len(film) == 15
    assert film.frames[9].caption == "Backward: ∂z/∂x2 += v̄3 · ∂v3/∂x2 = v̄3 · cos(x2)."
    assert "∂z/∂x1 = sin(x2) / x1 ✓ PROVED." in film.frames[-1].alt


def test_the_second_act_computes_what_the_first_one_wrote():
    whole, alone = gg.animate(SLIDE, labels="acts", x1=0.5, x2=0.75), gg.animate(SLIDE, x1=0.5, x2=0.75)
    symbols = gg.animate(SLIDE, labels="symbols")
    first, second = whole.frames[:14], whole.frames[14:]
    assert [f.caption for f in first] == [f.caption for f in symbols.frames[:14]]
    assert [f.caption for f in second[1:]] == [f.caption for f in alone.frames[2:]]
    assert second[0].caption == "The values are put in. The inputs are given: x1 = 0.5, x2 = 0.75."
    assert not any(isinstance(p, Value | Equal) for frame in first for p in pieces(frame.shapes))
    wires = {w.partial.symbols for w in whole.scene.wires}
    assert wires <= {shape.phrase for shape in second[0].shapes if hasattr(shape, "phrase")}  # they stay


@pytest.mark.parametrize(("options", "said"), [
    ({"labels": "sybols"}, "labels are both, symbols, numbers or acts, not 'sybols'"),
    ({"labels": "symbols", "x1": 1}, "no value for 'x2'"), ({"labels": "acts"}, "no value for 'x1'"),
    ({"labels": "symbols", "wrt": "y"}, "no input 'y'"), ({"labels": "symbols", "of": "y"}, "no output 'y'"),
])  # fmt: skip
def test_what_is_no_film(options, said):
    with pytest.raises(UsageError, match=said):
        gg.animate(SLIDE, **options)


def test_an_array_has_no_film_in_symbols():
    with pytest.raises(UsageError, match="the gradient of"):
        gg.animate(gg.parse("W @ x", W=(2, 3), x=3), labels="symbols")
