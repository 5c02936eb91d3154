"""Numbers of as many digits as are wanted: the value of exact scalars at a point, by mpmath.

A value that does not exist (a logarithm of a negative number, a division by zero, an overflow beyond all use) is None,
and makes None of everything that needs it; a branch of a condition that is not taken is not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath

from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import PIECES, Sym

DIGITS = 50
BIG = 10**30  # arguments beyond are not evaluated: exp of them has more digits than there is memory

Point = Mapping[str, Any]  # name of a variable -> Fraction, int or mpf


def evaluate(roots: Sequence[Sym], point: Point, digits: int = DIGITS) -> list[Any]:
    """Give every root's value at a point: an mpf, a bool, or None where it has none."""
    return Evaluation(roots).at(point, digits)


class Evaluation:
    """Some roots, made ready to be evaluated at many points."""

    def __init__(self, roots: Sequence[Sym]) -> None:
        self.nodes = order(roots)
        places = {id(node): k for k, node in enumerate(self.nodes)}
        self.roots = [places[id(root)] for root in roots]
        self.steps = [(node, node.op, [places[id(a)] for a in node.args]) for node in self.nodes]
        self.constants: dict[int, dict[int, Any]] = {}  # by digits

    def at(self, point: Point, digits: int = DIGITS) -> list[Any]:
        """Give every root's value at a point."""
        values = self.all_at(point, digits)
        return [values[k] for k in self.roots]

    def all_at(self, point: Point, digits: int = DIGITS) -> list[Any]:
        """Give every node's value at a point."""
        tick()
        values: list[Any] = []
        with mpmath.workdps(digits):
            known = self.constants.setdefault(digits, {})
            for k, (node, op, places) in enumerate(self.steps):
                if not places:
                    if op == "var":
                        value = mpf(point[node.value])
                    elif k not in known:
                        value = known[k] = _leaf(node)
                    else:
                        value = known[k]
                elif op == "where":
                    chosen = values[places[0]]
                    value = None if chosen is None else values[places[1 if chosen else 2]]
                else:
                    args = [values[place] for place in places]
                    lost = args[0] is None or args[-1] is None
                    value = _decided(op, args) if lost else _applied(op, args)
                values.append(value)
        return values


def rounding(roots: Sequence[Sym], point: Point, unit: float) -> list[Any]:
    """Bound, to first order, how far every root may be off when each operation rounds by `unit`, relatively.

    None where a rounded argument has no value. What constants and inputs are rounded by is no part of it.
    """
    ready = Evaluation(roots)
    nodes, values = ready.nodes, {id(n): v for n, v in zip(ready.nodes, ready.all_at(point), strict=True)}
    bounds: dict[int, Any] = {}
    with mpmath.workdps(DIGITS):
        for node in nodes:
            bounds[id(node)] = _rounded(node, values, bounds, unit)
        return [bounds[id(root)] for root in roots]


def _rounded(node: Sym, values: Mapping[int, Any], bounds: Mapping[int, Any], unit: float) -> Any:
    value = values[id(node)]
    if not node.args or isinstance(value, bool) or value is None:
        return mpmath.mpf(0)
    if node.op == "where":
        return bounds[id(node.args[1 if values[id(node.args[0])] else 2])]
    total, args = unit * abs(value), [values[id(a)] for a in node.args]
    for k, argument in enumerate(node.args):
        bound = bounds[id(argument)]
        if bound is None:
            return None
        for off in (bound, -bound) if bound else ():
            moved = _applied(node.op, [a + off if i == k else a for i, a in enumerate(args)])
            if moved is None:
                return None
            total += abs(moved - value) / 2
    return total


def conditions(roots: Sequence[Sym]) -> list[Sym]:
    """All comparisons, and all places where the expression changes its form."""
    return [node for node in order(roots) if node.op in PIECES]


def _leaf(node: Sym) -> Any:
    """The value of a constant."""
    if node.op == "pi":
        return +mpmath.pi
    return node.value if type(node.value) is bool else mpf(node.value)


def _applied(op: str, args: list[Any]) -> Any:
    """A function's value: an mpf, a bool, or None where it has none."""
    try:
        result = _FUNCTIONS[op](*args)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    if isinstance(result, bool):
        return result
    return result if isinstance(result, mpmath.mpf) and mpmath.isfinite(result) else None


def _decided(op: str, args: list[Any]) -> bool | None:
    """False and anything is False."""
    return False if op == "and" and any(a is False for a in args) else None


def mpf(value: Any) -> Any:
    """Give a rational at the digits in force."""
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return mpmath.mpf(value)


def _power(a: Any, b: Any) -> Any:
    if abs(b) > BIG or (a and abs(mpmath.mag(a)) * abs(b) > BIG):
        return None
    if a < 0 and b != int(b):
        return None
    return a ** int(b) if b == int(b) else a**b


def _bounded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda a: function(a) if abs(a) <= BIG else None


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "pow": _power,
    **{name: _bounded(getattr(mpmath, name)) for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf")},
    **{name: getattr(mpmath, name) for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")},
    "sigmoid": _bounded(lambda a: 1 / (1 + mpmath.exp(-a))),
    "log": lambda a: mpmath.log(a) if a > 0 else None,
    "abs": abs,
    "sign": lambda a: mpmath.mpf((a > 0) - (a < 0)),
    "floor": mpmath.floor,
    "max": max,
    "min": min,
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
    "eq": lambda a, b: bool(a == b),
    "and": lambda a, b: a and b,
    "not": lambda a: not a,
}
