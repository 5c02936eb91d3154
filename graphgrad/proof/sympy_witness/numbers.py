"""sympy's expressions carried over into the proof's exact scalars."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp

from graphgrad.proof.scalars import elementary as f, symbols as s
from graphgrad.proof.scalars.symbols import Sym


class AnotherConvention(Exception):  # noqa: N818  (what happened, not an error of the user)
    """An expression holds what the language has not: generalized functions, derivatives left open, complex parts."""


def carried(root: Any) -> Sym:
    """The exact scalar of an expression of real symbols; AnotherConvention where there is none."""
    done: dict[Any, Sym] = {}
    stack = [root]
    while stack:
        top = stack[-1]
        parts = _parts(top)
        waiting = [part for part in parts if part not in done]
        if top in done or not waiting:
            stack.pop()
            done.setdefault(top, _one(top, [done[part] for part in parts]))
        else:
            stack += waiting
    return done[root]


def _parts(node: Any) -> list[Any]:
    if isinstance(node, sp.Piecewise):
        return [part for pair in node.args for part in pair]
    if isinstance(node, sp.Pow) and node.exp == sp.Rational(1, 2):
        return [node.base]
    return [] if node.is_Atom else list(node.args)


def _one(node: Any, args: list[Sym]) -> Sym:
    match node:
        case sp.Rational():
            return s.lift(Fraction(int(node.p), int(node.q)))
        case sp.Symbol():
            return s.var(node.name)
        case sp.Piecewise():
            return _pieces(args)
        case sp.Pow() if len(args) == 1:
            return f.sqrt(args[0])
        case _ if node in CONSTANTS:
            return CONSTANTS[node]
    rule = RULES.get(type(node).__name__)
    if rule is None:
        raise AnotherConvention(type(node).__name__)
    return rule(*args)


def _pieces(args: list[Sym]) -> Sym:
    """The first value whose condition holds; the last one's holds always."""
    *others, (last, always) = list(zip(args[::2], args[1::2], strict=True))
    if always is not s.TRUE:
        raise AnotherConvention("a piece is missing")
    for value, condition in reversed(others):
        last = s.where(condition, value, last)
    return last


def _joined(rule: Callable[[Sym, Sym], Sym]) -> Callable[..., Sym]:
    def applied(first: Sym, *rest: Sym) -> Sym:
        for other in rest:
            first = rule(first, other)
        return first

    return applied


CONSTANTS: dict[Any, Sym] = {sp.pi: s.PI, sp.E: f.exp(1), sp.true: s.TRUE, sp.false: s.FALSE}
ONE = s.ONE
RULES: dict[str, Callable[..., Sym]] = {
    "Add": _joined(s.add), "Mul": _joined(s.multiply), "Pow": s.power, "Abs": f.function("abs"),
    **{name: f.function(name) for name in (
        "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh",
        "atanh", "erf", "sign", "floor")},
    "ceiling": lambda a: -f.function("floor")(-a),
    "sec": lambda a: ONE / f.function("cos")(a), "csc": lambda a: ONE / f.function("sin")(a),
    "cot": lambda a: ONE / f.function("tan")(a), "sech": lambda a: ONE / f.function("cosh")(a),
    "csch": lambda a: ONE / f.function("sinh")(a), "coth": lambda a: ONE / f.function("tanh")(a),
    "Max": f.largest, "Min": f.smallest, "And": _joined(s.both), "Or": _joined(s.either), "Not": s.negation,
    "StrictLessThan": s.less, "LessThan": s.at_most, "StrictGreaterThan": lambda a, b: s.less(b, a),
    "GreaterThan": lambda a, b: s.at_most(b, a), "Equality": s.equal, "ITE": s.where,
    "Unequality": lambda a, b: s.negation(s.equal(a, b)),
}  # fmt: skip
