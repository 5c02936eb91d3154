"""Elementary functions of exact scalars, folded where their value is rational."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from graphgrad.proof.scalars.symbols import (
    ONE,
    ZERO,
    Sym,
    add,
    at_most,
    both,
    equal,
    leaf,
    less,
    lift,
    make,
    multiply,
    negation,
    number,
    numeric,
    power,
    where,
)  # fmt: skip


def function(name: str) -> Callable[..., Sym]:
    """Give an elementary function by name, folded at the numbers where its value is rational."""
    known = _AT.get(name, {})

    def applied(*args: Any) -> Sym:
        lifted = [numeric(lift(a)) for a in args]
        if len(lifted) == 1 and lifted[0].op == "const":
            x = Fraction(lifted[0].value)
            if x in known:
                return known[x]
            if name in _EXACT:
                return leaf("const", Fraction(_EXACT[name](x)))
        return make(name, *lifted)

    return applied


def sqrt(a: Any) -> Sym:
    """The square root."""
    return power(lift(a), leaf("const", Fraction(1, 2)))


def largest(*values: Any) -> Sym:
    """The largest of some scalars."""
    return _extreme("max", values)


def smallest(*values: Any) -> Sym:
    """The smallest of some scalars."""
    return _extreme("min", values)


def _extreme(op: str, values: tuple[Any, ...]) -> Sym:
    result, *rest = (numeric(lift(value)) for value in values)
    for value in rest:
        x, y = number(result), number(value)
        if x is not None and y is not None:
            result = leaf("const", max(x, y) if op == "max" else min(x, y))
        elif result is not value:
            result = make(op, result, value)
    return result


def rebuild(node: Sym, args: list[Sym]) -> Sym:
    """Apply a node's operation to other arguments, folding what can be folded now."""
    if all(a is b for a, b in zip(args, node.args, strict=True)):
        return node
    rule = _RULES.get(node.op)
    return rule(*args) if rule else function(node.op)(*args)


_RULES: dict[str, Callable[..., Sym]] = {
    "add": add, "mul": multiply, "pow": power, "lt": less, "le": at_most, "eq": equal, "and": both,
    "not": negation, "where": where, "max": largest, "min": smallest,
}  # fmt: skip


_EXACT: dict[str, Callable[[Fraction], Any]] = {
    "abs": abs,
    "sign": lambda x: (x > 0) - (x < 0),
    "floor": lambda x: x.numerator // x.denominator,
}
_ODD = ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf")
_AT: dict[str, dict[Fraction, Sym]] = {name: {Fraction(0): ZERO} for name in _ODD}
_AT |= {"exp": {Fraction(0): ONE}, "cos": {Fraction(0): ONE}, "cosh": {Fraction(0): ONE}, "log": {Fraction(1): ZERO}}

exp, log, erf, sign = map(function, ("exp", "log", "erf", "sign"))
