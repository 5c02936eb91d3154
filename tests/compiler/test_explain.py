"""What the compiler says that it did, in words and in pictures."""

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from installed import need

import graphgrad as gg
from graphgrad.api.passes import pictures
from graphgrad.compiler.compile_step import compile_step
from graphgrad.compiler.passes.table import PASSES
from graphgrad.core.errors import UsageError

LOSS = gg.parse("h = tanh(X @ W1.T); L = cross_entropy(h @ W2.T, y)", X=("N", 6), W1=(5, 6), W2=(3, 5), y="N")
STEP = compile_step(LOSS, ["W1", "W2"], "p - lr * g")
TEXTS = {  # one for every pass of a program, and what it says that it did
    "constant folding": ("(2 * 3) * x", "whole numbers -> their result"),
    "stable forms": ("log(1 + exp(x))", "log(1 + x) -> log1p(x)"),
    "removable singularities": ("sin(x) / x", "sin(x) / x -> sinrel(x)"),
    "saturated forms": ("1 - tanh(x) ** 2", "1 - tanh(x) ** 2 -> sech2(x)"),
    "algebra": ("x * 1 + 0", "x * 1 -> x"),
    "matrices": ("(X @ W).T", "(A @ B).T -> B.T @ A.T"),
    "strength reduction": ("x ** 2", "x ** 2 -> square(x)"),
    "common sub-expressions": ("sin(x * y) + sin(y * x)", "y * x -> x * y"),
    "dead code": ("x * 1", "a node that nothing needs -> gone"),
}


WRITING = ["inlining", "buffers", "schedule"]


def busy(told):
    """The passes that had something to do, by name."""
    return {passed.name: passed for passed in told if passed.fired}


def on_graphs(told):
    """The passes, without what was decided in writing the code."""
    return [passed for passed in told if passed.name not in WRITING]


def decided(compiled):
    """What was decided in writing the code: by function, and then by name."""
    found = {}
    for one in gg.explain(compiled):
        if one.name in WRITING:
            found.setdefault(one.subject.removeprefix("the code of "), {})[one.name] = one
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_every_pass_tells_of_itself(name):
    text, rule = TEXTS[name]
    told = busy(gg.explain(gg.compile(gg.parse(text, X=(2, 3), W=(3, 4)) if "X" in text else text)))
    assert rule in dict(told[name].fired)
    assert told[name].before != told[name].after or name == "dead code"


def test_passes_that_had_nothing_to_do_are_named():
    told = gg.explain(gg.compile("x * sin(y)"))
    assert [p.name for p in told] == [*TEXTS, *WRITING, *WRITING]
    assert str(told).startswith(f"# the program\n\n== {', '.join(TEXTS)}: nothing to do\n\n# the code of value\n")
    assert all((p.old, p.new, p.before) == (frozenset(), frozenset(), p.after) for p in on_graphs(told))
    assert told.html().count("Nothing to do") == len([p for p in told if not p.fired])


def test_every_graph_is_the_one_before_the_next_pass():
    for told in (gg.explain(gg.compile("log(1 + exp(x)) ** 2 + sin(x * 1) * y + y * sin(x)")), gg.explain(STEP)):
        for one, other in pairwise(on_graphs(told)):
            assert one.after == other.before or one.subject != other.subject


def test_a_step_tells_of_all_its_passes():
    told = gg.explain(STEP)
    assert {p.subject for p in on_graphs(told)} == {"the loss", "the step"}
    assert {p.name for p in on_graphs(told)} == {*TEXTS, "write out", "layout"} - {
        "saturated forms",
        "removable singularities",
    }
    assert {*TEXTS, "write out"} <= {*PASSES}
    found = {rule: count for p in on_graphs(told) for rule, count in p.fired}
    assert found["cross_entropy -> the steps that NumPy takes"] == 1
    assert found["W1.T -> W1, which is stored so"] == 1  # W2 is used both ways


def test_what_changed_is_lit():
    passed = busy(gg.explain(gg.compile("log(1 + x) * y")))["stable forms"]
    before, after = pictures(passed).values()
    assert {passed.before.nodes[i].op for i in before.frame.lit} == {"log", "add", "const"}
    assert [passed.after.nodes[i].op for i in after.frame.lit] == ["log1p"]


def test_a_page_needs_nothing_else(tmp_path):
    told = gg.explain(STEP)
    path = told.save(tmp_path / "passes.html")
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == sum(2 - (passed.name in WRITING) for passed in told if passed.fired)
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_pictures_of_every_pass(tmp_path):
    gg.explain(gg.compile("x ** 2")).save(tmp_path / "p-{}.svg")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *(f"p-{name}-{when}.svg" for name in ("1-strength-reduction", "2-dead-code") for when in ("after", "before")),
        *(f"p-{name}.svg" for name in ("3-schedule", "4-buffers", "5-schedule")),
    ]
    ET.parse(tmp_path / "p-2-dead-code-after.svg")


def test_what_stands_in_whose_line():
    found = decided(gg.compile(gg.grad("log(x1*x2)*sin(x2)")))["value_and_grad"]
    assert found["inlining"].said == ("v1 -> in the line of v2", "v4, v5, v6 -> in the line of dz_dx2")
    assert not found["buffers"].fired
    source = gg.compile(gg.grad("log(x1*x2)*sin(x2)")).source
    assert all(line.partition(". ")[2].partition("   (")[0] in source for line in found["schedule"].said)


@pytest.mark.parametrize("target", ["numpy", "numba", "jax"])
def test_every_line_of_a_step_is_told(target):
    need(target)
    step = compile_step(LOSS, ["W1", "W2"], "m = 0.9 * m + g; p = p - lr * m", target=target)
    for name, found in decided(step).items():
        said = [line for line in found["schedule"].said if not line.startswith("before")]
        lines = [line.partition(". ")[2].rpartition("   (")[0].strip() for line in said]
        assert lines
        assert all(line in step.source for line in lines), (name, lines)
        held = [value for line in found["buffers"].said for value in line.partition(": ")[2].split(", ")]
        assert len(held) == len({*held})  # no value lies in two arrays


@pytest.mark.parametrize("target", ["c", "javascript", "numba", "jax", "python"])
def test_every_line_of_a_function_is_told(target):
    need(target)
    f = gg.compile(gg.grad("log(x1*x2)*sin(x2)"), target=target)
    for found in decided(f).values():
        lines = [line.partition(". ")[2].rpartition("   (")[0] for line in found["schedule"].said]
        assert lines
        assert all(line in f.source for line in lines if not line.startswith("np.")), lines


def test_what_is_alive_needs_no_more_arrays_than_there_are():
    found = decided(STEP)["forward and backward"]
    most = int(re.search(r"at most (\d+)", found["schedule"].counts)[1])
    assert len(found["buffers"].said) >= most - 3  # three numbers lie in no array
    reused = [line for line in found["buffers"].said if "," in line]
    assert reused


def test_an_unrolled_step_leaves_new_values_where_old_ones_were():
    found = decided(compile_step(gg.parse("square(w*x + b - y)"), ["w", "b"], "p - lr * g"))["step"]
    assert found["buffers"].said == ("1. w: new w", "2. b: new b")


def test_passes_as_data(tmp_path):
    found = json.loads(gg.explain(gg.compile("x ** 2")).save(tmp_path / "p.json").read_text(encoding="utf-8"))
    assert [p["name"] for p in found][: len(TEXTS)] == [*TEXTS]
    assert {p["on"] for p in found} == {"the program", "the code of value", "the code of value, of very many points"}
    (strength,) = [p for p in found if p["name"] == "strength reduction"]
    assert strength == {
        "name": "strength reduction",
        "on": "the program",
        "fired": [{"rule": "x ** 2 -> square(x)", "count": 1}],
        "operations": {"before": 1, "after": 1},
        "before": "x ** 2",
        "after": "square(x)",
    }


def test_refusals(tmp_path):
    with pytest.raises(UsageError, match=r"passes-\{\}\.svg"):
        gg.explain(STEP).save(tmp_path / "passes.svg")
    with pytest.raises(UsageError, match="folder"):
        gg.explain(STEP).save(tmp_path / "nowhere" / "passes.html")


def test_notebooks_show_the_page():
    assert {*gg.explain(gg.compile("x ** 2"))._repr_mimebundle_()} == {"text/html", "text/plain"}
