"""What the compiler says that it did, in words and in pictures."""

import xml.etree.ElementTree as ET

import pytest

import graphgrad as gg
from graphgrad.api.passes import pictures
from graphgrad.compiler.explain import KINDS, table_of
from graphgrad.compiler.step import compile_step
from graphgrad.core.errors import UsageError

LOSS = gg.parse("h = tanh(X @ W1.T); L = cross_entropy(h @ W2.T, y)", X=("N", 6), W1=(5, 6), W2=(3, 5), y="N")
STEP = compile_step(LOSS, ["W1", "W2"], "p - lr * g")
TEXTS = {  # one for every kind of change
    "log(1 + exp(x)) ** 2": ("stable forms", "strength reduction"),
    "x * 1 + 0": ("algebra", "dead code"),
    "(2 * 3) * x": ("constant folding",),
    "sin(x * 1) + sin(x)": ("common sub-expressions",),
}


@pytest.mark.parametrize("text", TEXTS)
def test_every_change_is_of_a_kind(text):
    (passed,) = gg.explain(gg.compile(text))
    kinds = {kind for _, _, kind in passed.changes}
    assert kinds >= {*TEXTS[text]}
    assert kinds <= {*KINDS, "common sub-expressions", "dead code"}


def test_a_step_tells_of_all_its_passes():
    told = gg.explain(STEP)
    assert [p.name for p in told] == ["rewrite", "rewrite", "write out", "layout"]
    assert ("cross_entropy -> the steps that NumPy takes", 1) in told[2].fired
    assert {table_of(rule) for passed in told for rule, _ in passed.fired} <= {*KINDS}
    assert str(told).count("== ") == 4


def test_nothing_changed_is_nothing_lit():
    (passed,) = gg.explain(gg.compile("x * sin(y)"))
    assert (passed.old, passed.new, passed.changes) == (frozenset(), frozenset(), ())
    assert "Nothing to do" in gg.explain(gg.compile("x * sin(y)")).html()


def test_what_changed_is_lit():
    (passed,) = gg.explain(gg.compile("log(1 + x) * y"))
    before, after = pictures(passed)
    assert {passed.before.nodes[i].op for i in before.frame.lit} == {"log", "add", "const"}
    assert [passed.after.nodes[i].op for i in after.frame.lit] == ["log1p"]


def test_a_page_needs_nothing_else(tmp_path):
    path = gg.explain(STEP).save(tmp_path / "passes.html")
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 8
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert gg.explain(STEP).html() == page


def test_pictures_of_every_pass(tmp_path):
    gg.explain(gg.compile("x ** 2")).save(tmp_path / "p-{}.svg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p-1-rewrite-after.svg", "p-1-rewrite-before.svg"]
    ET.parse(tmp_path / "p-1-rewrite-after.svg")  # noqa: S314  (a file that we wrote)


def test_refusals(tmp_path):
    with pytest.raises(UsageError, match=r"passes-\{\}\.svg"):
        gg.explain(STEP).save(tmp_path / "passes.svg")
    with pytest.raises(UsageError, match="folder"):
        gg.explain(STEP).save(tmp_path / "nowhere" / "passes.html")


def test_notebooks_show_the_page():
    assert {*gg.explain(STEP)._repr_mimebundle_()} == {"text/html", "text/plain"}
