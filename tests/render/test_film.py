"""The film as data: which frames there are, what they say, and that nothing is shown before it is computed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from programs import scalars

import graphgrad as gg
from graphgrad.core.errors import UsageError
from graphgrad.execute.trace import trace
from graphgrad.frontend.capture import capture
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.drawing.draw import draw
from graphgrad.render.drawing.shapes import Box, Ink
from graphgrad.render.scene.scene import MODES, Value, text
from graphgrad.render.scene.script import scene

FORMULA = "log(x1*x2)*sin(x2)"
PROGRAM = "y3 = x1*x2\ny1 = log(y3)\ny2 = sin(x2)\nw = y1*y2\nz = w"
POINT = {"x1": 0.5, "x2": 0.75}


def numbers(shapes):
    return {piece.node for s in shapes if isinstance(s, Ink) for piece in s.phrase if isinstance(piece, Value)}


@pytest.mark.parametrize("source", [FORMULA, PROGRAM])
def test_the_lectures_film_is_the_lectures(source):
    made = scene(trace(parse(source), POINT))
    assert [f.phase for f in made.frames] == (
        ["start", "inputs", *["forward"] * 4, "seed", *["vjp"] * 6, "accumulate", "end"]
    )
    said = text(made.frames[-1].said, made.values)
    assert said == "The gradient is complete: dz/dx1 ≈ 1.363, dz/dx2 ≈ 0.1912."
    assert made.values[made.closing[0].value.node] == pytest.approx(math.sin(0.75) / 0.5, rel=1e-15)


def test_the_program_form_keeps_the_users_names(golden):
    made = scene(trace(parse(PROGRAM), POINT))
    lines = [text(card.title, made.values) for card in made.cards]
    lines += [
        f"{f.phase}: {text(f.rule.phrase('both'), made.values)} | {text(f.said, made.values)}" for f in made.frames
    ]
    golden("lecture-program.txt", "\n".join(lines) + "\n")


@settings(max_examples=25)
@given(scalars())
def test_nothing_is_shown_before_it_is_computed(program):
    traced = trace(parse(program.text), program.values)
    made = film(traced)
    computed: set[int] = set()
    adjoints = traced.adjoints
    for frame, picture in zip(made.scene.frames, made.frames, strict=True):
        if frame.phase == "inputs":
            computed |= {i for i, node in enumerate(traced.graph.nodes) if not node.operands}
        elif frame.phase == "forward":
            computed.add(frame.lit[0])
        elif frame.phase == "seed":
            computed.add(adjoints.seed)
            computed |= {c.partial for c in adjoints.contributions if c.partial is not None}
        for total in frame.sums:
            computed.add(total.total)
        computed |= {c.node for c in adjoints.contributions if any(s.node == c.receiver for s in frame.sums)}
        for mode in MODES:
            assert numbers(draw(made.stage, frame, mode)) <= computed, (frame, mode)
        empty = [s for s in picture.shapes if isinstance(s, Box) and s.dashed]
        if frame.phase == "start":
            slots = sum(bool(card.value) + (card.adjoint is not None) for card in made.scene.cards)
            assert len(empty) == slots
        if frame.phase == "end":
            assert not empty


@settings(max_examples=25)
@given(scalars())
def test_the_last_sums_are_the_gradient(program):
    traced = trace(parse(program.text), program.values)
    for by in ("contribution", "node"):
        end = scene(traced, by=by).frames[-1]
        sums = {s.node: s for s in end.sums}
        assert all(s.finished for s in end.sums)
        assert {name: traced.values[sums[traced.graph.inputs[name]].total] for name in traced.grad if
                traced.graph.inputs[name] in sums} == {name: value for name, value in traced.grad.items() if
                traced.graph.inputs[name] in sums}  # fmt: skip


def test_a_sum_unfolds_term_by_term():
    made = scene(trace(parse("x*x + sin(x)"), x=2.0))
    x = made.cards[0].node
    growth = [(s.total, s.finished) for f in made.frames for s in f.sums if s.node == x]
    assert [finished for _, finished in growth][-1]
    assert len(dict.fromkeys(total for total, _ in growth)) == 3
    assert sum(f.phase == "accumulate" for f in made.frames) == 2


def test_by_node_has_one_frame_a_node():
    made = scene(trace(parse(FORMULA), POINT), by="node")
    backward = [f for f in made.frames if f.phase in {"vjp", "accumulate"}]
    assert len(backward) == 5
    assert len({f.lit[0] for f in backward}) == 5


def test_the_source_lights_what_is_computed():
    made = film(trace(parse(FORMULA), POINT))
    lit = {f.lit[0]: s.lit for f, p in zip(made.scene.frames, made.frames, strict=True) if f.phase == "forward"
           for s in p.shapes if isinstance(s, Ink) and s.lit}  # fmt: skip
    assert set(lit) == {2, 3, 4, 5}
    assert lit[2] < lit[3] < lit[5]
    assert lit[3].isdisjoint(lit[4])


@pytest.mark.parametrize("wrong", [{"by": "nodes"}, {"labels": "number"}, {"theme": "drak"}])
def test_unknown_choices_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong.values()))):
        film(trace(parse(FORMULA), POINT), **wrong)


def test_what_doubles_line_by_line_has_no_formula():
    def doubling(x):
        for _ in range(25):
            x = x * 1.5 + np.sin(x)
        return x

    made = film(trace(capture(doubling), {"x": 1.0}))
    assert not made.scene.source
    assert film(trace(parse("x"), {"x": 1.0})).frames


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_an_array_without_entries_is_drawn(shape):
    made = film(trace(parse("sum(square(x))", x=shape), {"x": np.zeros(shape)}))
    assert all(picture.svg() for picture in made.frames)


def test_text_takes_the_shapes_of_the_values():
    assert gg.animate("L = sum(w * x)", {"w": [1, 2]}, x=1, proof=False).trace.value == 3
