"""Nothing overlaps, nothing leaves its place, nothing moves."""

import json
import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from programs import Program, scalars

from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.data import film_json
from graphgrad.render.backprop.film import film
from graphgrad.render.backprop.picture import picture
from graphgrad.render.drawing.shapes import Box, Curve, Ink
from graphgrad.render.drawing.typeset import advance_of, line
from graphgrad.render.formats.svg import placed


def extent(ink, values):
    label = line(ink.phrase, values)
    x, scale = placed(ink, label)
    return x, ink.y - label.ascent * scale, x + label.width * scale, ink.y + label.descent * scale


def corners(box):
    return box.x, box.y, box.x + box.width, box.y + box.height


def meet(a, b, slack=0.3):
    return a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack


def within(inner, outer, slack=0.3):
    return all(i >= o - slack for i, o in zip(inner[:2], outer[:2], strict=True)) and all(
        i <= o + slack for i, o in zip(inner[2:], outer[2:], strict=True)
    )


def check_geometry(text, values):
    shapes = {name: np.shape(value) for name, value in values.items() if np.shape(value)}
    made = film(trace(parse(text, shapes), values))
    stage, shown = made.stage, made.scene.values
    page = (0, 0, stage.width, stage.height)
    nodes = {}
    for shot in made.frames:
        cards = {s.node: corners(s) for s in shot.shapes if isinstance(s, Box) and s.node >= 0}
        assert nodes in ({}, cards), "a node moved"
        nodes = cards
        inks = [(s, extent(s, shown)) for s in shot.shapes if isinstance(s, Ink)]
        assert all(within(place, page) for _, place in inks)
        labels = [place for s, place in inks if s.size == stage.style.wire_size]
        assert not any(meet(a, b) for a, b in combinations(labels, 2)), "two labels meet"
        assert not any(meet(label, card) for label in labels for card in cards.values()), "a label meets a node"
        for s, place in inks:
            if s.size != stage.style.wire_size:
                assert sum(meet(place, card) for card in cards.values()) <= 1
                assert all(within(place, card) for card in cards.values() if meet(place, card)), (
                    "a text leaves its card"
                )
    assert not any(meet(a, b) for a, b in combinations(nodes.values(), 2)), "two nodes meet"


@settings(max_examples=15)
@given(scalars())
def test_random_graphs(program):
    check_geometry(program.text, program.values)


@pytest.mark.campaign
@settings(max_examples=200)
@given(scalars(statements=6))
def test_two_hundred_random_graphs(program):
    check_geometry(program.text, program.values)


def mlp(sizes, activation):
    """A network's loss as a program, and values for it."""
    lines, values, name = [], {"x": np.linspace(-1, 1, sizes[0]), "y": np.ones(sizes[-1])}, "x"
    for k, (inner, outer) in enumerate(pairwise(sizes), 1):
        lines.append(f"t{k} = {activation}({name} @ W{k}.T + b{k})")
        values |= {f"W{k}": np.sin(np.arange(outer * inner)).reshape(outer, inner), f"b{k}": np.cos(np.arange(outer))}
        name = f"t{k}"
    return "\n".join([*lines, f"L = mean(({name} - y)**2)"]), values


NETWORKS = [((2, 4, 1), "tanh"), ((3, 2), "relu"), ((2, 3, 3, 2), "sigmoid"), ((5, 9, 4, 3, 1), "sin")]


@pytest.mark.parametrize(("sizes", "activation"), NETWORKS)
def test_networks_stand_in_rows_and_fit_a_screen(sizes, activation):
    text, values = mlp(sizes, activation)
    check_geometry(text, values)
    made = film(trace(parse(text, {name: np.shape(value) for name, value in values.items()}), values))
    layout, groups = made.stage.layout, made.scene.groups
    for name, members in groups.items():
        frame = layout.groups[name]
        outline = frame.x, frame.y, frame.x + frame.width, frame.y + frame.height
        for node, (x, y) in layout.nodes.items():
            wide, high = layout.sizes[node]
            box = x - wide / 2, y - high / 2, x + wide / 2, y + high / 2
            assert within(box, outline) if node in members else not meet(box, outline), "a node is in the wrong layer"
    if len(sizes) > 2:
        assert made.stage.width < 1.9 * made.stage.height
        tops = [frame.y for frame in layout.groups.values()]
        assert tops == sorted(tops) or len(set(tops)) < len(tops)


@pytest.mark.parametrize(("sizes", "activation"), NETWORKS)
def test_no_edge_goes_around_the_picture_and_labels_stand_at_theirs(sizes, activation):
    text, values = mlp(sizes, activation)
    made = film(trace(parse(text, {name: np.shape(value) for name, value in values.items()}), values))
    layout, graph = made.stage.layout, made.trace.graph
    frames = [(g.x, g.y, g.x + g.width, g.y + g.height) for g in layout.groups.values()]
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(layout.nodes.values(),
             layout.sizes.values(), strict=True)]  # fmt: skip
    lowest, highest = max(box[3] for box in frames + boxes), min(box[1] for box in frames + boxes)
    ends = [(o, i) for i, node in enumerate(graph.nodes) for o in node.operands]
    for (tail, head), route in zip(ends, layout.routes, strict=True):
        curve = np.array([*sampled(route.points), route.tip])
        assert highest - 25 < curve[:, 1].min()
        assert curve[:, 1].max() < lowest + 25
        if route.label:
            assert np.hypot(*(curve - route.label).T).min() < 45, (tail, head)


def sampled(points):
    """Places on a chain of cubic curves."""
    for k in range(0, len(points) - 1, 3):
        p = np.array(points[k : k + 4])
        for t in np.linspace(0, 1, 20):
            yield tuple(np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ p)


def test_every_format_has_the_same_places():
    made = film(trace(parse("x*x + sin(x)"), x=2.0))
    data = json.loads(film_json(made))
    for node in data["nodes"]:
        x, y = node["center"]
        pinned = re.compile(rf'^\t{node["id"]} \[.*pos="{x:.2f},{stage_y(made, y)}!"', re.MULTILINE)
        for shot in made.frames:
            assert pinned.search(shot.dot())
            left = x - node["size"][0] / 2
            assert f'<rect x="{left:.2f}"'.rstrip('0"').rstrip(".") in shot.svg()


def stage_y(made, y):
    return f"{made.stage.height - y:.2f}"


def test_multiple_edges_stay_apart():
    made = film(trace(parse("x*x"), x=2.0))
    first, second = (s for s in made.frames[-1].shapes if isinstance(s, Curve))
    assert first.points != second.points


def test_a_large_graph_is_drawn_in_groups_and_says_so():
    names, lines = ["a", "b"], []
    for i in range(3000):
        lines.append(f"t{i} = sin({names[-1]}) * {names[-2]}")
        names.append(f"t{i}")
    shown = picture(parse("\n".join(lines)))
    assert shown.caption == "Graph of t2999: 6002 nodes, drawn as 20 groups."
    assert len(shown.svg()) < 100_000


def test_a_static_picture_shows_no_value():
    shown = picture(parse("tanh(W @ x + b)", W=(4, 2), x=2, b=4))
    assert "[4×2]" not in shown.svg()  # glyphs, not text
    assert not [s for s in shown.shapes if isinstance(s, Box) and s.dashed]
    assert 'label="' not in shown.dot()
    assert "4 × 2" in shown.dot()


@settings(max_examples=6)
@given(scalars())
@example(Program("z = x / (x + y) + x * x / y", {}, {"x": 1.0, "y": 2.0}))
@example(Program("z = x * (x / y)", {}, {"x": 1.0, "y": 2.0}))
@example(Program("z = sqrt(x) / x", {}, {"x": 2.0}))
def test_a_highlight_covers_what_it_means_and_nothing_else(program):
    made = film(trace(parse(program.text), program.values))
    lines = {(written,) for written in made.scene.source}
    for told, frame in zip(made.scene.frames, made.frames, strict=True):
        if told.phase in {"start", "inputs", "end"}:
            continue
        lit = made.scene.places.get(told.lit[0], frozenset())
        glows = [corners(b) for b in frame.shapes if isinstance(b, Box) and b.fill.endswith("_glow") and b.node < 0]
        for ink in [shape for shape in frame.shapes if isinstance(shape, Ink) and shape.phrase in lines]:
            label = line(ink.phrase, ())
            left, scale = placed(ink, label)
            middles = [(g.tag, g.x + advance_of(g.number) * g.scale / 2, g.y - 250 * g.scale) for g in label.glyphs]
            middles += [(b.tag, b.x + b.width / 2, b.y + b.height / 2) for b in label.bars if b.tag in lit]
            for tag, across, down in middles:
                x, y = left + across * scale, ink.y + down * scale
                rim = 0.0 if tag in lit else 3.5  # a highlight's own, which what stands beside it may be in
                inside = any(a + rim < x < c - rim and b + rim < y < d - rim for a, b, c, d in glows)
                assert inside == (tag in lit), (told.lit, ink.phrase)
