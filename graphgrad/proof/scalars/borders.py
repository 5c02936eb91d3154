"""Where a formula may change: the functions whose zeros are its borders, and rational points on them and beside them.

Every comparison names a border, and so does every kink, pole, root, end of a domain, period, and number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import Undecided
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.evaluate import BITS, Evaluation, known
from graphgrad.proof.scalars.symbols import PI, Sym, lift, number, subtract

FLOORS = (0, 1, -1, 2, -2, 3)
TURNS = (1, -1, 3)
SCALES = tuple(Fraction(10) ** k for k in (-8, -4, -2, -1, 0, 1, 2, 3, 4, 6, 8))
GRID = sorted({s * k for s in SCALES for k in (1, -1, 2, -2, 5, -5)} | {Fraction(0)})
CELLS = sorted(pairwise(GRID), key=lambda cell: min(map(abs, cell)))
HALVINGS, CLOSE = 60, 8  # of a cell, and values beside a border that are found


def borders(roots: Sequence[Sym]) -> list[Sym]:
    """The functions whose zeros are borders, those of equalities first, then of other conditions.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> borders([abs(var("x")), 1 / (var("y") - 2)])
    [x, add(y, -2)]
    """
    found: dict[int, tuple[int, Sym]] = {}
    for node in order(roots):
        for border in _named(node):
            if border.args or border.op == "var":
                rank = min(_RANKS.get(node.op, 2), found.get(id(border), (2, border))[0])
                found[id(border)] = rank, border
    ranked = sorted(found.values(), key=lambda item: item[0])
    return [border for _, border in ranked if any(n.op == "var" for n in order([border]))]


_RANKS = {"eq": 0, "lt": 1, "le": 1, "max": 1, "min": 1, "abs": 1, "sign": 1, "floor": 1}
_OWN: dict[str, Callable[..., list[Sym]]] = {
    **dict.fromkeys(("lt", "le", "eq", "max", "min"), lambda a, b: [subtract(a, b)]),
    **dict.fromkeys(("abs", "sign", "log"), lambda a: [a]),
    "floor": lambda a: [subtract(a, lift(k)) for k in FLOORS],
    "asin": lambda a: [a - 1, a + 1, *_turns(a, {"sin": (1, -1, 3), "cos": (0, 2, -2)})],
    "acos": lambda a: [a - 1, a + 1, *_turns(a, {"sin": (1, -1, 3), "cos": (0, 2, -2)})],
    "atan": lambda a: _turns(a, {"tan": (1, -1)}),
    "atan2": lambda a, b: [a, b],
    "acosh": lambda a: [a - 1],
    "atanh": lambda a: [a - 1, a + 1],
}


def _named(node: Sym) -> Iterator[Sym]:
    if node.op in _OWN:
        yield from _OWN[node.op](*node.args)
    elif node.op == "add" and any(a.op in {"const", "near"} for a in node.args):
        yield node
    elif node.op == "pow":
        exponent = number(node.args[1])
        if exponent is None or exponent < 0 or exponent.denominator != 1:
            yield node.args[0]
            yield from _even(node.args[0])


def _even(a: Sym) -> Iterator[Sym]:
    """What stands squared under a root: an absolute value is hidden there."""
    for node in order([a]):
        exponent = number(node.args[1]) if node.op == "pow" else None
        squared = node.op == "mul" and node.args[0] is node.args[1]
        if squared or (exponent is not None and exponent.numerator % 2 == 0):
            yield node.args[0]


def _turns(a: Sym, places: Mapping[str, Sequence[int]]) -> list[Sym]:
    """Where a periodic function under its inverse turns: the inverse hides a floor."""
    inner = [node for node in order([a]) if node.op in places]
    return [subtract(node.args[0], lift(Fraction(k, 2)) * PI) for node in inner for k in places[node.op]]


class Crossing(NamedTuple):
    """Values of one variable: on a border exactly, and closely on both sides of one."""

    exact: list[Fraction]
    beside: list[Fraction]


def crossings(border: Sym, name: str, others: Mapping[str, Fraction]) -> Crossing:
    """Where a border is met when one variable moves: exactly where that is linear in it, else between two floats."""
    ready = Evaluation([border])

    def at(value: Fraction) -> object:
        return ready.at({**others, name: value}, BITS)[0]

    first: list[Any] = [at(Fraction(v)) for v in (0, 1, 3)]
    if all(isinstance(v, type(numbers.ONE)) for v in first):
        start, one, three = map(numbers.fraction, first)
        if start + (one - start) * 3 == three:
            return Crossing([-start / (one - start)] if one != start else [], [])
    return _bracketed(at)


def _bracketed(at: Callable[[Fraction], object]) -> Crossing:
    """Zeros between neighbours of a grid, those closest to 0 first."""
    exact, beside = list[Fraction](), list[Fraction]()
    sides = cache(lambda value: _side(at(value)))
    for low, high in CELLS:
        exact += [value for value in (low, high) if sides(value) == 0 and value not in exact]
        if len(beside) < CLOSE and (sides(low) or 0) * (sides(high) or 0) < 0:
            left, right = _halved(at, (low, sides(low)), high)
            simple = (left + (right - left) / 2).limit_denominator(10**6)
            if left <= simple <= right and _side(at(simple)) == 0:
                exact.append(simple)
            if left == right:
                exact.append(left)
            else:
                beside += [left, right]
    return Crossing(list(dict.fromkeys(exact))[:6], beside)


def _side(value: object) -> int | None:
    try:
        return numbers.sign(value) if known(value) else None
    except Undecided:
        return None


def _halved(
    at: Callable[[Fraction], object], start: tuple[Fraction, int | None], high: Fraction
) -> tuple[Fraction, Fraction]:
    low, side = start
    for _ in range(HALVINGS):
        middle = Fraction(float((low + high) / 2))
        now = _side(at(middle)) if low < middle < high else None
        if now is None:
            break
        if now == 0:
            return middle, middle
        low, high = (middle, high) if now == side else (low, middle)
    return low, high
