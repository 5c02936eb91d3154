"""Right gradients in disguise and wrong ones, one a line: program | input | claim | where a wrong one is right."""

import re
from collections import Counter
from pathlib import Path

import pytest
from proof.test_corpora import replays

from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check
from graphgrad.proof.report import GOOD, Verdict

SHAPES = {"v": 3, "w": 3, "A": (3, 3), "B": (3, 3), "S": (2, 3), "T": (2, 3)}


class Base:
    """A program and its shapes, as the corpora have them."""

    def __init__(self, program):
        names = set(re.findall(r"(?<!\.)\b[A-Za-z]\w*", program))
        self.program, self.shapes = program, {n: shape for n, shape in SHAPES.items() if n in names}
        if "cross_entropy(S, y)" in program or "cross_entropy(S,y)" in program:
            self.shapes["y"] = 2


def rows(name):
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [[*(part.strip() for part in line.split("|")), "", ""][:4] for line in lines]


def judged(base, name, claim):
    return check(parse(base.program, base.shapes), {name: claim}, timeout=60, sympy=False)[name]


@pytest.mark.slow
def test_right_gradients_in_disguise():
    found = [(*row, judged(Base(row[0]), *row[1:3]).verdict) for row in rows("right.txt")]
    counts = Counter(row[-1] for row in found)
    assert len(found) >= 200
    assert [row for row in found if row[-1] not in GOOD] == []
    assert counts[Verdict.PROVED] + counts[Verdict.NON_SMOOTH] >= 0.97 * len(found)


@pytest.mark.parametrize(("program", "name", "claim", "where"), rows("wrong.txt"))
def test_wrong_gradients(program, name, claim, where):
    base = Base(program)
    finding = judged(base, name, claim)
    assert finding.verdict is Verdict.REFUTED
    assert replays(base, name, claim, finding.witness)
    assert finding.correct_where.startswith(where)
