"""Every row of the table and every rewrite rule proved; the elementary derivatives behind that held to sympy."""

import pytest
import sympy as sp
from proof.proofs import NO_SYMBOLS, rewrite_proof, row_proofs
from proof.rules_page import PAGE, REWRITES, operation_line, rewrite_line

from graphgrad.compiler.passes.by_rules import by_rules
from graphgrad.compiler.passes.table import PASSES
from graphgrad.core.lookup import Table
from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.proof.report import GOOD, Verdict
from graphgrad.proof.scalars.derivative import PARTIALS
from graphgrad.proof.scalars.symbols import make, var
from graphgrad.proof.sympy_witness.formulas import to_sympy
from graphgrad.transform.rules import RULES, Rewrite

SAID = PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", [n for n in OPS if n not in NO_SYMBOLS])
def test_row_is_proved(name):
    proofs = row_proofs(name)
    assert proofs
    assert Verdict.PROVED in {p.verdict for p in proofs}
    undefined = [p for p in proofs if p.verdict is Verdict.UNDEFINED]  # remainder(p, p) is on a jump everywhere
    assert [p for p in proofs if p.verdict is not Verdict.PROVED and p not in undefined] == []
    assert not undefined or name == "remainder"
    assert operation_line(name, proofs) in SAID, "pytest --update-golden tests/proof/test_rules_page.py writes it"


PASSING = {rule.text: rule.of for row in PASSES.values() for rule in row.rules()}  # what some pass does by rules


LONG = [pytest.mark.campaign]  # norm's own form takes as long as all others


@pytest.mark.parametrize("line", [
    pytest.param(line, marks=LONG * line.startswith("norm("))
    for line in {**{row.text: row.of for row in RULES.values()}, **PASSING}
])  # fmt: skip
def test_a_rule_is_proved_because_it_is_one(line):
    finding = rewrite_proof(line)
    assert finding.verdict in GOOD, finding
    assert line not in REWRITES or rewrite_line(line, finding) in SAID


def test_a_wrong_rule_of_a_new_pass_is_no_proof():
    """Whatever a pass calls its rules, they are proved by the test above: none can be left out."""
    wrong = Rewrite("", "sin(x + y) -> sin(x) + sin(y)", "sums")
    change = by_rules("sums", Table("rule", [wrong]))
    assert change.rules() == [wrong]
    assert change.run(parse("sin(x + y)")).fired
    assert rewrite_proof(change.rules()[0].text).verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", PASSES)
def test_no_pass_rewrites_but_by_its_rules(name):
    """What fires is a rule of the pass, arithmetic on whole numbers, or a pass that has none."""
    row = PASSES[name]
    assert all(rule.of in PASSES for rule in row.rules())
    if row.rules():
        assert {rule.of for rule in RULES.values() if rule.of == name} == {name}


SMOOTH = [op for op in PARTIALS if op not in {"where", "max", "min", "abs", "sign", "floor"}]


@pytest.mark.parametrize("op", SMOOTH)
def test_partial_is_sympys(op):
    variables = [var(name) for name in "ab"[: PARTIALS[op].__code__.co_argcount - 1]]
    value = make(op, *variables)
    for argument, partial in zip(variables, PARTIALS[op](value, *variables), strict=True):
        theirs = sp.diff(to_sympy(value), to_sympy(argument))
        above_one = {sp.Symbol("a", real=True): 1 + sp.Symbol("t", positive=True)} if op == "acosh" else {}
        assert sp.simplify((to_sympy(partial) - theirs).subs(above_one)) == 0
