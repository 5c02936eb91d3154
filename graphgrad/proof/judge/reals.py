"""Which conditions floating point may decide otherwise than the real numbers, which a verdict is about."""

from __future__ import annotations

from graphgrad.proof.judge.case import Case
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.evaluate import evaluate, side
from graphgrad.proof.scalars.symbols import Sym, number
from graphgrad.proof.scalars.words import spelled

EXACT = frozenset({"add", "mul", "abs", "sign", "floor", "max", "min", "where", "lt", "le", "eq", "and", "not"})


def over_the_reals(case: Case) -> tuple[str, ...]:
    """What a verdict says of conditions that hold for real numbers with an equality that float64 may miss.

    Looked at are those of the program, and those that a claim has written itself.
    """
    own = [a for a, b in zip(case.claimed, case.given, strict=True) if a is not b]
    primal = [] if case.primal is None else [case.primal]
    said = dict.fromkeys(spelled(node) for node in order([*own, *primal]) if _rounded(node))
    return (f"over the real numbers: float64 may decide {' and '.join(list(said)[:2])} otherwise",) if said else ()


def _rounded(node: Sym) -> bool:
    """Whether a condition is an equality of what floats round, or, without variables, stands on its edge."""
    if node.op not in {"lt", "le", "eq"} or not any(_inexact(below) for below in order(node.args)):
        return False
    varies = any(below.op == "var" for below in order(node.args))
    return node.op == "eq" if varies else side(node, evaluate(node.args, {})) == 0


def _inexact(node: Sym) -> bool:
    """Whether floats round a value that is irrational almost everywhere."""
    if node.op == "pow":
        exponent = number(node.args[1])
        return exponent is None or exponent.denominator != 1
    return node.op == "pi" or bool(node.args and node.op not in EXACT)
