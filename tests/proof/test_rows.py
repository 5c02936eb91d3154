"""Every row of the table and every rewrite rule proved; the elementary derivatives behind that held to sympy."""

import pytest
import sympy as sp
from proof.proofs import NO_SYMBOLS, rewrite_proof, rewrites, row_proofs

from graphgrad.core.ops import OPS
from graphgrad.proof.judge.sympy_fallback import to_sympy
from graphgrad.proof.report import Verdict
from graphgrad.proof.scalars.derivative import PARTIALS
from graphgrad.proof.scalars.symbols import make, var


@pytest.mark.parametrize("name", [n for n in OPS if n not in NO_SYMBOLS])
def test_row_is_proved(name):
    proofs = row_proofs(name)
    assert proofs
    assert [p for p in proofs if p.verdict is not Verdict.PROVED] == []


@pytest.mark.parametrize("line", rewrites())
def test_rewrite_is_proved(line):
    assert rewrite_proof(line).verdict is Verdict.PROVED


SMOOTH = [op for op in PARTIALS if op not in {"where", "max", "min", "abs", "sign", "floor"}]


@pytest.mark.parametrize("op", SMOOTH)
def test_partial_is_sympys(op):
    variables = [var(name) for name in "ab"[: PARTIALS[op].__code__.co_argcount - 1]]
    value = make(op, *variables)
    for argument, partial in zip(variables, PARTIALS[op](value, *variables), strict=True):
        theirs = sp.diff(to_sympy(value), to_sympy(argument))
        above_one = {sp.Symbol("a", real=True): 1 + sp.Symbol("t", positive=True)} if op == "acosh" else {}
        assert sp.simplify((to_sympy(partial) - theirs).subs(above_one)) == 0
