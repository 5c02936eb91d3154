"""DOT of frames is drawn by `dot` itself as the frame is: places, routes, sizes and the cells of matrices."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.render.drawing.shapes import Curve, Heat, Ink
from graphgrad.render.formats.dot import sheet_dot
from graphgrad.render.scene.scene import text

DOT = shutil.which("dot")
pytestmark = pytest.mark.skipif(DOT is None, reason="there is no dot of Graphviz's")

FILMS = {
    "numbers": lambda: gg.animate("log(x1*x2)*sin(x2)", x1=0.5, x2=0.75, proof=False),
    "arrays": lambda: gg.animate("mean(square(tanh(W @ x + b)))", W=np.arange(12).reshape(3, 4) / 9 - 0.5,
                                 x=np.array([1.0, -2, 0.5, 3]), b=np.zeros(3), proof=False),
}  # fmt: skip


@pytest.fixture(scope="module", params=FILMS)
def made(request):
    return FILMS[request.param]()


def drawn(source, kind="json", engine="dot"):
    ran = subprocess.run([shutil.which(engine), f"-T{kind}"], input=source, capture_output=True, text=True, check=True)
    assert "too small" not in ran.stderr
    return json.loads(ran.stdout) if kind == "json" else ran.stdout


@pytest.mark.parametrize("number", [0, 3, -1])
def test_plain_dot_keeps_every_place_and_route(made, number):
    frame = made.frames[number]
    told = drawn(frame.dot())
    places = {node["name"]: tuple(map(float, node["pos"].rstrip("!").split(","))) for node in told["objects"]}
    for card in made.scene.cards:
        x, y = made.stage.layout.nodes[card.node]
        assert places[str(card.node)] == pytest.approx((x, made.stage.height - y), abs=0.02)
    routes = [edge["pos"] for edge in told["edges"]]
    curves = [shape for shape in frame.shapes if isinstance(shape, Curve)]
    assert len(routes) == len(curves) == len(made.scene.wires)
    kept = [[tuple(map(float, p.split(","))) for p in re.sub("[es],", "", route).split()][2:] for route in routes]
    wanted = [[(x, made.stage.height - y) for x, y in curve.points[1:]] for curve in curves]
    for route, curve in zip(sorted(kept), sorted(wanted), strict=True):
        assert np.abs(np.subtract(route, curve)).max() < 0.06  # Graphviz tells five digits


@pytest.mark.parametrize("number", [0, 3, -1])
def test_every_line_of_a_box_stands_as_high_as_in_the_frame(made, number):
    frame = made.frames[number]
    svg = drawn(frame.dot(), "svg").replace("&#160;", " ").replace("&#45;", "-")
    lines = [s for s in frame.shapes if isinstance(s, Ink) and s.colour in {"ink", "value"} and s.centred]
    told = re.findall(r'<text [^>]*\bx="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]*)</text>', svg)
    for ink in lines:
        said = text(ink.phrase, made.scene.values)
        off = [abs(made.size.height + float(y) - ink.y) for x, y, written in told if said == html.unescape(written)
               and abs(float(x) - ink.x) < ink.room]  # fmt: skip
        assert off, said
        assert min(off) < 0.25 * ink.size, said


def test_other_engines_of_graphviz_draw_the_same(made):
    source = made.frames[-1].dot()
    for engine in ("neato", "fdp", "twopi"):
        assert drawn(source, engine=engine) == drawn(source)


def test_the_page_has_the_size_of_the_frame(made):
    svg = drawn(made.frames[-1].dot(), "svg")
    width, height = map(float, re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups())
    assert width == pytest.approx(made.size.width, abs=1)
    assert height == pytest.approx(made.size.height, abs=1)


def test_the_graphviz_package_draws_it_too(made, tmp_path):
    import graphviz

    source = graphviz.Source(made.frames[-1].dot())
    svg = Path(source.render(tmp_path / "x", format="svg")).read_text(encoding="utf-8")
    assert float(re.search(r'width="([\d.]+)pt"', svg)[1]) == pytest.approx(made.size.width, abs=1)


def test_matrices_keep_their_cells():
    frame = FILMS["arrays"]().frames[-1]
    source = frame.dot()
    heats = [shape for shape in frame.shapes if isinstance(shape, Heat)]
    assert source.count('<td fixedsize="true"') == sum(len(row) for heat in heats for row in heat.cells)
    strongest = next(heat for heat in heats if heat.node == 0)
    assert len(re.findall(r"<table[^>]*><tr><td fixedsize", source)) == len(heats) > 5
    assert made_of(strongest) <= set(re.findall(r'bgcolor="(#\w{6})"', source))


def made_of(heat):
    """The colour of the cell with the largest magnitude: its role's, whole."""
    from graphgrad.render.drawing.style import style

    look = style("light")
    return {getattr(look, colour) for *_, colour, strength in heat.squares() if strength == 1}


def test_training_films_are_drawn(tmp_path):
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    _, history = gg.fit(gg.mlp(2, 3, 1), X, y, steps=50, film=True, progress=False)
    film = gg.animate_training(history)
    film.save(tmp_path / "t.dot")
    whole = (tmp_path / "t.dot").read_text(encoding="utf-8")
    assert whole.count("digraph") == len(film.frames)
    told = drawn(sheet_dot(film.frames[-1]))
    curves = [shape for shape in film.frames[-1].shapes if isinstance(shape, Curve)]
    assert len(told["edges"]) == len(curves) > 9
