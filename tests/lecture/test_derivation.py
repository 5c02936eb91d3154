"""The derivation by hand, as the slides write it: every chain rule spelled out, then each partial's value."""

from click.testing import CliRunner

import graphgrad as gg
from graphgrad.cli.main import group

PROGRAM = "y3 = x1*x2; y1 = log(y3); y2 = sin(x2); z = y1*y2"
LINES = {
    "dz/dx1": ["dy1/dx1 * ∂(y1 * y2)/∂y1 + dy2/dx1 * ∂(y1 * y2)/∂y2", "dy1/dx1 * y2 + dy2/dx1 * y1"],
    "dy1/dx1": ["dy3/dx1 * ∂log(y3)/∂y3", "dy3/dx1 * (1 / y3)"],
    "dy2/dx1": ["dx2/dx1 * ∂sin(x2)/∂x2", "0 * cos(x2)", "0"],
    "dy3/dx1": ["dx1/dx1 * ∂(x1 * x2)/∂x1 + dx2/dx1 * ∂(x1 * x2)/∂x2", "1 * x2 + 0 * x1", "x2"],
}


def test_every_step_of_the_slide():
    derived = gg.derive(PROGRAM, "x1", every_step=True)
    assert {line.text[0]: list(line.text[1:]) for line in derived.lines["x1"]} == LINES
    assert derived.result["x1"].text[-1] == "sin(x2) / x1"
    first = derived.lines["x1"][0].latex[1]
    assert r"\frac{\partial \left(y_{1} \cdot y_{2}\right)}{\partial y_{1}}" in first.replace(r"\,", r"\cdot")


def test_two_functions_in_one_line_and_two_names_of_one_value():
    told = gg.derive("g1(x, y) = g2(x, y) = x*y\nw = g1(log(g2(x1, x2)), sin(x2))\nz = w", "x1", every_step=True)
    assert told.program.endswith("w = v1 * v2\nz = w")
    assert told.lines["x1"][0].text[1] == "dv1/dx1 * ∂g1(v1, v2)/∂v1 + dv2/dx1 * ∂g1(v1, v2)/∂v2"
    assert told.result["x1"].text[-1] == "sin(x2) / x1"
    assert r"z &= w" in told.latex


def test_the_short_form_is_as_before():
    short, long = gg.derive(PROGRAM), gg.derive(PROGRAM, every_step=True)
    for name in ("x1", "x2"):
        for a, b in zip(short.lines[name], long.lines[name], strict=True):
            assert (b.text[0], *b.text[2:]) == a.text
            assert (b.latex[0], *b.latex[2:]) == a.latex


def test_no_name_of_a_function_stands_for_a_sign():
    for text in ("x1 - x2", "-x2", "-(x2 - x1)", "x1 - 3*x2"):
        told = str(gg.derive(text, "x2", every_step=True))
        assert "negative" not in told
        assert "∂" in told


def test_the_command_says_the_same():
    told = CliRunner().invoke(group, ["derive", PROGRAM, "--wrt", "x1", "--every-step"], catch_exceptions=False).output
    assert told.strip() == str(gg.derive(PROGRAM, "x1", every_step=True))
