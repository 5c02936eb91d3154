"""What a module states for programs is read strictly, and is what its docstring tells people."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import graphgrad as gg
from graphgrad.api.graphs import hvp
from graphgrad.cli.verify import command
from graphgrad.compiler.source import manifest
from graphgrad.proof.modules.manifest import FORMAT, MARK, stated
from graphgrad.proof.saved import verify_module

SHAPES = {"X": ("N", 2), "w": (2, 3), "y": ("N", 3)}
STEP = gg.compile_step(
    gg.parse("mean((X @ w - y)**2)", SHAPES),
    {"w": (2, 3)},
    "adam",
    target="numpy",
    initial={"w": [[1, 2, 3], [4, 5, 6]]},
).source
HOSTILE = 'x*y  # """ \n# graphgrad: {"format": 1}\n# \\ coding: utf-7 "program": "z"'


def changed(**new):
    line = next(line for line in STEP.split("\n") if line.startswith(MARK))
    stated = json.loads(line.removeprefix(MARK)) | new
    stated = {key: value for key, value in stated.items() if value is not ...}
    return STEP.replace(line, MARK + json.dumps(stated))


def test_the_two_sides_know_one_format():
    assert (manifest.MARK, manifest.FORMAT) == (MARK, FORMAT)
    assert changed() == STEP


def test_what_a_step_states():
    found = stated(STEP)
    assert found.shapes == SHAPES
    assert found.initial == {"w": ("", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])}
    assert [(p.name, p.start, p.shape) for p in found.places] == [("w", 0, (2, 3))]
    assert (found.target, found.dtype, found.batch) == ("numpy", "float32", None)


def test_no_text_of_a_user_is_taken_for_the_line():
    graph = gg.parse(HOSTILE)
    source = gg.compile(gg.grad(graph)).source
    assert stated(source).program == graph.source
    assert verify_module(source).ok


@pytest.mark.parametrize("program", ["captured", "long"])
def test_programs_that_a_docstring_cuts_are_stated_whole(program):
    lines = "\n".join(f"a{k} = x{' + x' * (k % 3)} + {k}" for k in range(40)) + "\na3 * a39 + " + " + ".join(["x"] * 60)
    graph = gg.capture(lambda x: x * x + np.sin(x)) if program == "captured" else gg.parse(lines)
    source = gg.compile(gg.grad(graph)).source
    assert len(stated(source).graph()) > 2
    assert verify_module(source, timeout=60).ok


REFUSED = {
    "no line": (STEP.replace(MARK, "# graph: "), "does not state what it was made from"),
    "no JSON": (STEP.replace(MARK, "# graphgrad: ("), "is no JSON"),
    "a name twice": (STEP.replace('"batch"', '"dtype"'), "a name stands twice"),
    "deep": (STEP.replace(MARK, MARK + "[" * 100_000), "is no JSON"),
    "a list": (STEP.replace(MARK, MARK + "[]#"), "is no JSON"),
    "a later format": (changed(format=2), "a format that this version does not know"),
    "too much": (changed(more=1), "is not what a module states"),
    "too little": (changed(update=...), "is not what a module states"),
    "another type": (changed(dtype="float16"), "is not what a module states"),
    "a size that is none": (changed(shapes={"X": [-1]}), "is not what a module states"),
    "no place": (changed(places=[["w", "0", [2, 3], False]]), "is not what a module states"),
    "another place": (changed(places=[["w", 1, [2, 3], False]]), "no place of its own"),
    "two places": (changed(places=[["w", 0, [2, 3], False], ["w", 6, [2, 3], False]]), "twice"),
    "an input without a place": (changed(places=[]), "no parameter stands in the vector"),
    "another program": (changed(program="mean((X @ w + y)**2)"), "does not tell what the module states: mean"),
    "another update": (changed(update="p = p - lr * g"), "does not tell what the module states: p = p"),
    "another beginning": (changed(initial={"w": ["", 0.0]}), "does not tell what the module states: w = 0.0"),
    "another docstring": (
        STEP.replace("    mean((X @ w", "    mean((X @ 2*w"),
        "does not tell what the module states: mean",
    ),
    "no program": (changed(program=""), "states no program"),
    "no text of ours": (changed(program="import os"), "does not tell"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_line_is_refused(name):
    source, said = REFUSED[name]
    with pytest.raises(gg.ParseError, match=said.replace("(", r"\(")):
        verify_module(source)


@pytest.mark.parametrize("values", [lambda graph: graph, gg.jvp, hvp, gg.hessian])
def test_modules_without_a_gradient_are_said_not_to_be_judged(values, tmp_path):
    path = tmp_path / "made.py"
    path.write_text(gg.compile(values(gg.parse("x**2*y"))).source, encoding="utf-8")
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 3
    assert "UNSUPPORTED  it has no 'value_and_grad'" in result.output
