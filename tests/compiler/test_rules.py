"""The compiler's rewrite rules fire; none fires where it must not. That they are right is proved with the rows."""

import pytest

from graphgrad.compiler.passes.passed import pipeline
from graphgrad.compiler.passes.table import PASSES, SIMPLER
from graphgrad.frontend.parse import parse
from graphgrad.testing.programs import sides

LINES = [
    (row.name, rule.text)
    for row in PASSES.values()
    for rule in row.rules()
    if rule.of == row.name and " if " not in rule.text
]


@pytest.mark.parametrize(("name", "line"), LINES)
def test_every_rule_fires(name, line):
    left, _, shapes = sides(line)
    zero = "[0, 1, 2]" if shapes.get("weights") else "0"  # a constant with a zero in it
    constants = left.replace("weights", zero)
    fired = [
        firing.rule
        for firing in PASSES[name].run(parse(constants, {n: s for n, s in shapes.items() if n != "weights"})).fired
    ]
    assert line in fired or f"{left.partition('(')[0]} -> the steps that NumPy takes" in fired, fired


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
