"""The compiler's rewrite rules are proved, and fire; none fires where it must not."""

import pytest

from graphgrad.compiler.passes.passed import pipeline
from graphgrad.compiler.passes.rules import MATRICES, STRENGTH, WRITTEN_OUT
from graphgrad.compiler.passes.table import PASSES, SIMPLER
from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.proof.equivalence import equivalent
from graphgrad.transform.stable import SATURATED, STABLE

TABLES = {"stable forms": STABLE, "saturated forms": SATURATED, "strength reduction": STRENGTH, "matrices": MATRICES}
LINES = [(name, line) for name, table in TABLES.items() for line in table.splitlines()]
MATRIX = {"A": (2, 3), "B": (3, 4)}


def sides(line):
    """Both sides of a rule, with attributes written out, and the shapes of their names."""
    left, _, right = line.replace("axis=axis", "axis=1").replace("keepdims=keepdims", "keepdims=True").partition(" -> ")
    return (
        left,
        right,
        {"x": (2, 3)} if "axis" in line else {"vector": 3} if "vector" in line else MATRIX if "A" in line else {},
    )


@pytest.mark.parametrize(("name", "line"), LINES)
def test_both_sides_are_equal(name, line):
    left, right, shapes = sides(line)
    finding = equivalent(left, right, shapes)
    assert finding.verdict in {"PROVED", "CERTIFIED", "AGREED"}, (name, finding)


@pytest.mark.parametrize(("name", "line"), LINES)
def test_every_rule_fires(name, line):
    left, _, shapes = sides(line)
    fired = PASSES[name].run(parse(left, shapes)).fired
    assert line in [firing.rule for firing in fired], [firing.rule for firing in fired]


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_what_is_written_out_is_what_the_row_means(name):
    row = OPS[name]
    text = WRITTEN_OUT[name].replace("axis=axis", "axis=1")
    call = f"{name}({', '.join(row.operands)}{', axis=1' if row.attrs else ''})"
    shapes = {"a": (2, 3)} if row.operands == ("a",) else {"scores": (2, 3), "labels": 2}
    assert equivalent(call, text, shapes).verdict in {"PROVED", "CERTIFIED", "AGREED"}


ALIKE = {
    "log(2 + x)": {},
    "exp(x) - 2": {},
    "x ** 2.5": {},
    "exp(x) / sum(exp(y), axis=1, keepdims=True)": {"x": (2, 3), "y": (2, 3)},
    "(A @ b).T": {"A": (2, 3), "b": 3},
    "(A @ B).T": {"A": (5, 2, 3), "B": (5, 3, 4)},
}


@pytest.mark.parametrize("text", ALIKE)
def test_what_only_looks_alike_stays(text):
    assert not any(passed.fired for passed in pipeline(parse(text, ALIKE[text]), SIMPLER))
