"""`docs/audit.md`: verdicts on other libraries' rules and on reported gradients; `--update-golden` writes it."""

import random
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from graphgrad.core.errors import DomainError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check

HERE, PAGE = Path(__file__).parent, Path(__file__).parents[2] / "docs" / "audit.md"
GOOD = {"PROVED", "NON-SMOOTH", "AGREED"}
HEAD = """\
# An audit

Made by `pytest tests/proof/test_audit_page.py --update-golden`: the derivative rules of other libraries, transcribed as
facts into the language, each with its verdict; then gradients that were reported as wrong in public trackers.

A rule is a claim about its function's gradient. What the language lacks is named, with the reason. A rule that is a
subgradient at a kink is NON-SMOOTH; a dimension N is any size. A literal of 15 digits or more stands for the reals that
round to it: AGREED where the true constant is one of them, REFUTED where it is not, as for log(10) with digits cut off.
"""
TRACKERS = """
## Gradients that were wrong

As reported, with what graphgrad says, and what a comparison with finite differences does at three random points, with
the tolerances that torch's `gradcheck` has by default (steps of 1e-6, absolutely 1e-5, relatively 1e-3).

| reported | program | given for | gradient | graphgrad | finite differences |
|---|---|---|---|---|---|
"""


def lines(name):
    return [line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("# ")]


def books():
    """Each book's title, source, and rows."""
    found = []
    for line in lines("rule_books.txt"):
        if line.startswith("## "):
            found.append((*line[3:].split(" | "), []))
        else:
            found[-1][2].append(line.split(" | "))
    return found


def reported():
    """Where, program, input, gradient, and what it was."""
    return [line.split(" | ") for line in lines("trackers.txt")]


def declared(names):
    """The input that is asked for, and shapes: x, or x[N] y[N], of which the first is."""
    shapes = {}
    for word in names.split():
        name, _, sizes = word.rstrip("]").partition("[")
        shapes[name] = tuple(int(n) if n.isdigit() else n for n in sizes.split(",") if n)
    return next(iter(shapes)), {name: shape for name, shape in shapes.items() if shape}


@cache
def judged(program, names, claim):
    name, shapes = declared(names)
    return check(parse(program, shapes), {name: claim}, timeout=60, sympy=False)[name]


def finite_differences(program, name, claim):
    """Whether finite differences at three random points, and tolerances as usual, see nothing wrong."""
    dice, graph, seen = random.Random(0), parse(program), 0  # noqa: S311  (a test, not a secret)
    claimed = parse(f"{claim} + 0*({program})")
    while seen < 3:
        at = {n: dice.gauss(0, 1) for n in graph.inputs}
        try:
            ahead, behind = (float(run(graph, {**at, name: at[name] + by})[graph.output]) for by in (1e-6, -1e-6))
            given = float(run(claimed, at)[claimed.output])
        except DomainError:
            continue
        seen += 1
        if not np.isclose((ahead - behind) / 2e-6, given, atol=1e-5, rtol=1e-3):
            return False
    return True


def cell(text):
    return f"`{text}`".replace("|", r"\|")


def audit_page():
    page, counts = [HEAD], Counter()
    for title, source, rows in books():
        page.append(f"\n## {title}\n\nFrom {source}.\n\n| rule | function | derivative | verdict |\n|---|---|---|---|")
        for name, *rest in rows:
            if len(rest) == 1:
                page.append(f"| {name} | | | not in the language: {rest[0]} |".replace("| * |", r"| \* |"))
                continue
            program, names, claim = rest
            verdict = str(judged(program, names, claim).verdict)
            counts[verdict] += 1
            page.append(f"| {name} | {cell(program)} | {cell(claim)} | {verdict} |".replace("| *", r"| \*"))
    page.append(TRACKERS.rstrip("\n"))
    for where, program, name, claim, what in reported():
        seen = "pass" if finite_differences(program, name, claim) else "fail"
        verdict = str(judged(program, name, claim).verdict)
        page.append(f"| [{what}](https://{where}) | {cell(program)} | {name} | {cell(claim)} | {verdict} | {seen} |")
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common())
    page.append(f"\nOf {counts.total()} rules in the language: {told}.")
    return "\n".join(page) + "\n"


def test_the_page_is_as_it_would_be_made(request):
    page = audit_page()
    if request.config.getoption("--update-golden"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def test_rules_in_the_language_are_right():
    found = {
        (title, name): str(judged(*rest).verdict)
        for title, _, rows in books()
        for name, *rest in rows
        if len(rest) == 3
    }
    doubted = {rule: verdict for rule, verdict in found.items() if verdict not in GOOD}
    assert len(found) > 180
    assert len(doubted) <= 0.02 * len(found), doubted


def test_gradients_that_were_wrong_are_refuted():
    harmless = {"sinc at 0: NaN": "PROVED", "abs at 0: 1, a subgradient": "NON-SMOOTH"}
    for _, program, name, claim, what in reported():
        assert str(judged(program, name, claim).verdict) == harmless.get(what, "REFUTED"), what
