"""Exact scalars as sympy's expressions: for formulas that a verdict shows."""

from __future__ import annotations

from typing import Any

from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import LEAVES, Sym


def to_sympy(root: Sym) -> Any:
    """Give an exact scalar as a sympy expression of real symbols."""
    import sympy as sp

    done: dict[int, Any] = {}
    special = {
        "add": lambda a, b: a + b, "mul": lambda a, b: a * b, "pow": lambda a, b: a**b, "abs": sp.Abs, "max": sp.Max,
        "min": sp.Min, "lt": sp.Lt, "le": sp.Le, "eq": sp.Eq, "and": sp.And, "not": sp.Not,
        "where": lambda c, a, b: sp.Piecewise((a, c), (b, True)), "sigmoid": lambda a: 1 / (1 + sp.exp(-a)),
    }  # fmt: skip
    for node in order([root]):
        if node.op == "const":
            value = node.value
            done[id(node)] = sp.true if value is True else sp.false if value is False else sp.Rational(
                value.numerator, value.denominator)  # fmt: skip
        elif node.op in LEAVES:
            done[id(node)] = sp.pi if node.op == "pi" else sp.Symbol(node.value, real=True)
        else:
            rule = special.get(node.op) or getattr(sp, node.op)
            done[id(node)] = rule(*(done[id(a)] for a in node.args))
    return done[id(root)]
