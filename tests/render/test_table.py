"""Every row of the table is drawn: as a card, with its partials, in the film of a program of its own."""

import pytest

from graphgrad.core.ops import OPS
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.drawing.typeset import font, line
from graphgrad.render.formats.table import FILM

ROWS = [row for row in OPS.values() if row.elementwise and not row.boolean and not row.integer and row.d]
POINT = {"a": 0.61, "b": 0.83, "low": 0.2, "high": 0.9}
INSIDE = {"acosh": {"a": 1.5}, "log1mexp": {"a": -0.5}}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_drawn(row):
    attrs = ", ".join(f"{k}={v}" for k, v in row.attrs.items())
    call = row.notation if row.precedence < 7 else f"{row.name}({', '.join([*row.operands, *filter(None, [attrs])])})"
    text = f"z = where({call}, a, 2 * a)" if row.dtype == "bool" else f"z = {call} * a"
    point = {
        name: value for name, value in {**POINT, **INSIDE.get(row.name, {})}.items() if name in (*row.operands, "a")
    }
    made = film(trace(parse(text), point))
    missing = font().glyphindex("\uffff")
    for card in made.scene.cards:
        assert missing not in {glyph.number for glyph in line(card.title, made.scene.values).glyphs}
    assert all(picture.svg() and picture.caption for picture in (made.frames[0], made.frames[-1]))
    for suffix in (".html", ".tex", ".dot", ".json", ".pdf"):
        assert FILM[suffix].load()(made)


def test_names_of_every_kind(tmp_path):
    names = [
        "alpha",
        "loss_1",
        "x_bar",
        "lambda_",
        "I",
        "E",
        "S",
        "dz_dx",
        "longname",
        "W_in_2",
        "x10",
        "class_",
        "gamma",
    ]
    text = "z = " + " * ".join(names)
    made = film(trace(parse(text), {name: 1.0 + k / 7 for k, name in enumerate(names)}))
    for suffix in (".html", ".tex", ".dot", ".json", ".pdf", ".svg"):
        assert made.save(tmp_path / f"names{suffix}").stat().st_size > 1000


@pytest.mark.parametrize("text", ["x1[1] * a_b[0]", "softmax(x1)[1]", "(x1 + a_b)[1]", "x1.T[0]", "sigmoid(x1)[0]"])
def test_an_entry_of_what_has_a_subscript_itself(text):
    graph = parse(text, {name: 2 for name in ("x1", "a_b") if name in text})
    made = film(trace(graph, {name: [0.3, 0.5] for name in graph.inputs}))
    assert all(picture.svg() for picture in made.frames)
