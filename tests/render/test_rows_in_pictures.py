"""Every row of the table in films, LaTeX and derivations: nothing shows a word that only our gradients speak."""

import re

import pytest
from core.test_array_rows import CASES, PROGRAMS, filled
from programs import Program

from graphgrad.execute.trace import trace
from graphgrad.frontend.latex import latex
from graphgrad.frontend.parse import parse
from graphgrad.render.scene.scene import Math, text
from graphgrad.render.scene.script import scene
from graphgrad.transform.derive import derive
from graphgrad.transform.grad import grad

OURS = re.compile(
    r"spread|scatter|broadcast|squeeze|expand|untake|unpick|take|pick|swap|coprod|reshape.like|eye.mask|(ones|zeros).like"
    r"|axis|axes|keepdims"
)
LOOSE = re.compile(r"\+ -|= [^=]* (=|>|<|\\leq|\\geq|\\neq) .* = |cases\} \+")  # which no reader takes as it is meant
WITHIN = re.compile(r"\\left\[.*?\\right\]|_\{[^{}]*\}")


def shown(program, shapes):
    """Whatever pictures, LaTeX and a derivation say of a program and its gradient."""
    made = scene(trace(parse(program, shapes), filled(shapes)))
    phrases = [f.rule.phrase("both") for f in made.frames] + [f.said for f in made.frames]
    phrases += [p for c in made.cards for p in (c.title, c.forward.phrase("both"), c.backward.phrase("both"))]
    for phrase in phrases:
        yield text(phrase, made.values)
        yield "".join(piece.tex for piece in phrase if isinstance(piece, Math))
    graph = parse(program, shapes)
    for told in (latex(graph), latex(grad(graph)), str(derive(graph)), derive(graph).latex):
        yield from told.splitlines()


@pytest.mark.parametrize("row", CASES)
def test_a_row_speaks_mathematics(row):
    (program, *inputs), *_ = CASES[row]
    said = [*shown(f"y = {program}\nL = sum(y ** 2)", dict(inputs))]
    assert [line for line in said if OURS.search(line)] == []
    assert [line for line in said if "\\" in line and LOOSE.search(WITHIN.sub("", line))] == []


@pytest.mark.campaign
@pytest.mark.parametrize(("program", "shapes"), PROGRAMS)
def test_every_program_of_a_row_speaks_mathematics_and_says_what_is_so(program, shapes, tmp_path):
    from render.test_true_pictures import check, check_latex

    whole = f"y = {program}\nL = sum(y ** 2)"
    assert [line for line in shown(whole, shapes) if OURS.search(line)] == []
    check(Program(whole, shapes, filled(shapes)), tmp_path)
    check_latex(parse(whole, shapes), filled(shapes))
