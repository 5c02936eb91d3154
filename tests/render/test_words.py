"""Words for those who do not see: alt texts and transcripts, by the writer of the pictures."""

import re

import pytest
from commandline import graphgrad

import graphgrad as gg

FORMULA, POINT = "log(x1*x2)*sin(x2)", {"x1": 0.5, "x2": 0.75}


@pytest.fixture(scope="module")
def made():
    return gg.animate(FORMULA, POINT)


def test_a_transcript_tells_every_frame(made):
    lines = made.transcript.splitlines()
    assert lines[0] == "Backpropagation of z"
    assert len(lines) == 2 + len(made)
    assert "v3 = sin(x2)" in made.transcript
    assert "∂z/∂x1 = sin(x2) / x1 ≈ 1.363 ✓ PROVED." in lines[-1]


@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_transcript_is_a_file(made, tmp_path, suffix):
    text = made.save(tmp_path / f"film{suffix}").read_text()
    assert len(re.findall(r"^\d+\. ", text, re.MULTILINE)) == len(made)


def test_the_command_prints_it_and_writes_nothing_else(made, tmp_path):
    result = graphgrad("animate", FORMULA, "x1=0.5", "x2=0.75", "--transcript", folder=tmp_path)
    assert result.stdout == made.transcript
    assert not list(tmp_path.iterdir())


def test_a_graphs_alt_text_names_its_nodes():
    assert gg.show("y = x1*x2; z = log(y)").alt == "Graph of z: 4 nodes. x1. x2. y = x1 * x2. z = log(y)."


@pytest.mark.parametrize(
    ("text", "told"),
    [("sum(x[1:])", True), ("sum(x * argmax(x))", True), ("concatenate((X, X), 1)[0, 0]", True), ("sum(x)", False),
     ("sum(softmax(X, 0) * X)", True), ("sum(softmax(X, 1) * X)", False)],
)  # fmt: skip
def test_a_picture_says_that_formulas_count_from_1_where_they_count(text, told):
    shown = gg.show(gg.parse(text, **({"X": (2, 3)} if "X" in text else {"x": 3}))).dot()
    assert ("entries count from 1 in formulas, from 0 in programs and in words" in shown) == told


def test_a_card_says_where_its_number_is_rounded(made):
    last = made.frames[-1].dot()
    assert "≈ −0.9808" in last
    assert "≈ 0.375" not in last


def test_alt_text_stands_in_the_picture(made):
    svg = made.frames[-1].svg()
    assert 'role="img"' in svg
    assert "✓ PROVED" in svg.partition("<desc>")[2].partition("</desc>")[0]
