"""The compiler's rewrite rules are proved, and fire; none fires where it must not."""

import pytest

from graphgrad.compiler.passes import rewrite
from graphgrad.compiler.rules import STABLE, STRENGTH, WRITTEN_OUT
from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.proof.equivalence import equivalent

LINES = [*STABLE.splitlines(), *STRENGTH.splitlines()]


def sides(line):
    """Both sides of a rule, with attributes written out, and the shapes of their names."""
    left, _, right = line.replace("axis=axis", "axis=1").replace("keepdims=keepdims", "keepdims=True").partition(" -> ")
    return left, right, {"x": (2, 3)} if "axis" in line else {}


@pytest.mark.parametrize("line", LINES)
def test_both_sides_are_equal(line):
    left, right, shapes = sides(line)
    finding = equivalent(left, right, shapes)
    assert finding.verdict in {"PROVED", "CERTIFIED", "AGREED"}, finding


@pytest.mark.parametrize("line", LINES)
def test_every_rule_fires(line):
    left, _, shapes = sides(line)
    fired = rewrite(parse(left, shapes)).fired
    assert line in [firing.rule for firing in fired], [firing.rule for firing in fired]


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_what_is_written_out_is_what_the_row_means(name):
    row = OPS[name]
    text = WRITTEN_OUT[name].replace("axis=axis", "axis=1")
    call = f"{name}({', '.join(row.operands)}{', axis=1' if row.attrs else ''})"
    shapes = {"a": (2, 3)} if row.operands == ("a",) else {"scores": (2, 3), "labels": 2}
    assert equivalent(call, text, shapes).verdict in {"PROVED", "CERTIFIED", "AGREED"}


@pytest.mark.parametrize(
    "text", ["log(2 + x)", "exp(x) - 2", "exp(x) / sum(exp(y), axis=1, keepdims=True)", "x ** 2.5"]
)
def test_what_only_looks_alike_stays(text):
    graph = parse(text, {k: (2, 3) for k in ("x", "y") if "axis" in text})
    assert not rewrite(graph).fired
