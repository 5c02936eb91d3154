"""Hard cases: sympy's own simplification, of small expressions only, in a process that is ended in time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.limits.processes import SYMPY
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import LEAVES, Sym

NODES, PAIRS, SECONDS = 120, 4, 4.0


def simplified_equal(pairs: Sequence[tuple[Sym, Sym]], deadline: float) -> str:
    """Give "sympy" where sympy shows that all pairs are equal; "" where it does not, or not in time."""
    left = [(a, b) for a, b in pairs if a is not b]
    until = min(deadline - 0.2, time.monotonic() + SECONDS)
    nodes = [order(pair) for pair in left]
    small = len(left) <= PAIRS and all(len(n) <= NODES for n in nodes)
    if not small or until < time.monotonic() + 0.5 or any(node.op == "near" for n in nodes for node in n):
        return ""
    try:
        with SYMPY.lent() as worker:
            return "sympy" if worker.ask(all_zero, left, timeout=until - time.monotonic()) else ""
    except (TimeUp, RuntimeError, OSError):
        return ""


def all_zero(pairs: Sequence[tuple[Sym, Sym]]) -> bool:
    """Whether sympy simplifies every difference to zero. May take for ever: ask it in a process."""
    import sympy as sp

    return all(sp.simplify(to_sympy(a) - to_sympy(b)) == 0 for a, b in pairs)


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
