"""How far floating point may be off: a bound, to first order, on the rounding of an expression at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import NoValue, Undecided
from graphgrad.proof.scalars.evaluate import BITS, Evaluation, Lost, Point
from graphgrad.proof.scalars.symbols import Sym


def rounding(roots: Sequence[Sym], point: Point, unit: float) -> list[Any]:
    """Bound, to first order, how far every root may be off when each operation rounds by `unit`, relatively.

    None where a rounded argument has no value. What constants and inputs are rounded by is no part of it.
    """
    ready = Evaluation(roots)
    nodes, values = ready.nodes, {id(n): v for n, v in zip(ready.nodes, ready.all_at(point), strict=True)}
    bounds: dict[int, Any] = {}
    with numbers.precision(BITS):
        for node in nodes:
            bounds[id(node)] = _rounded(node, values, bounds, unit)
        return [bounds[id(root)] for root in roots]


def _rounded(node: Sym, values: Mapping[int, Any], bounds: Mapping[int, Any], unit: float) -> Any:
    value = values[id(node)]
    if not node.args or isinstance(value, bool | Lost):
        return numbers.ball(numbers.ZERO)
    if node.op == "where":
        return bounds[id(node.args[1 if values[id(node.args[0])] else 2])]
    total, args = abs(numbers.ball(value)) * unit, [values[id(a)] for a in node.args]
    for k, argument in enumerate(node.args):
        bound = bounds[id(argument)]
        if bound is None:
            return None
        for off in (bound, -bound) if bound.mid() else ():
            try:
                moved = numbers.FUNCTIONS[node.op](
                    *((numbers.ball(a) + (off if i == k else 0)).mid() for i, a in enumerate(args)))  # fmt: skip
            except (NoValue, Undecided):
                return None
            total += abs(numbers.ball(moved) - numbers.ball(value)) / 2
    return total.mid()
