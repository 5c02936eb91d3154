"""Conditions in the normal form: 0, 1, or a generator that is its own square.

An order between two sums is a generator of their difference (or, in the deep reading, a choice of its sign); nothing is
claimed where the two are equal, unless they are equal everywhere. An equality is 0 only where the two sides are seen to
differ at a point and are analytic in between: then they meet on a set of measure zero.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any, Protocol

import mpmath

from graphgrad.proof.normal_form.generators import Generators
from graphgrad.proof.normal_form.signs import Signs
from graphgrad.proof.normal_form.sums import Sum, constant, content, generator, monomial, plus, scaled, times
from graphgrad.proof.scalars.symbols import Sym

PIECES = 4  # undecided orders that an equality is followed through


class Reader(Protocol):
    """Who reads the scalars that are compared."""

    atoms: Generators
    signs: Signs | None

    def read(self, node: Sym) -> Sum:
        """The sum of a scalar."""


def condition(normal: Reader, node: Sym) -> Sum:  # noqa: PLR0911  (one case for each kind of condition)
    """Give a condition as 0, 1, or a generator that is one of them."""
    match node.op:
        case "const":
            return constant(int(node.value))
        case "lt":
            a, b = map(normal.read, node.args)
            return indicator(normal, b, a)
        case "le":
            a, b = map(normal.read, node.args)
            return constant(1) if normal.atoms.same(a, b) else indicator(normal, b, a)
        case "eq":
            a, b = map(normal.read, node.args)
            return equality(normal.atoms, plus(a, scaled(b, -1)))
        case "not":
            return plus(constant(1), scaled(condition(normal, node.args[0]), -1))
        case "and":
            return times(*[condition(normal, a) for a in node.args])
        case "where":
            chosen, a, b = (condition(normal, a) for a in node.args)
            return plus(b, times(chosen, plus(a, scaled(b, -1))))
    raise AssertionError(node.op)


def indicator(normal: Reader, a: Sum, b: Sum) -> Sum:
    """Give 1 where a > b, else 0."""
    difference = plus(a, scaled(b, -1))
    if normal.atoms.zero(difference):
        return {}
    if normal.signs is not None:
        return constant(normal.signs.of(difference) > 0)
    number, common, rest = content(difference)
    if rest == constant(1) and all(normal.atoms.positive(g) for g, _ in common):
        return constant(number > 0)
    piece = generator(normal.atoms.of("piece", times({common: Fraction(1)}, rest)))
    return piece if number > 0 else plus(constant(1), scaled(piece, -1))


def equality(atoms: Generators, difference: Sum) -> Sum:
    """Give 1 where a difference is zero, else 0, following each undecided order in it."""
    if atoms.zero(difference):
        return constant(1)
    pieces = sorted({g for m in difference for g, _ in m if atoms.atoms[g].kind == "piece"})
    if len(pieces) > PIECES:
        return generator(atoms.of("tie", difference))
    total: Sum = {}
    for bits in product((0, 1), repeat=len(pieces)):
        there = _at(difference, dict(zip(pieces, bits, strict=True)))
        if atoms.zero(there):
            term = constant(1)
            for g, bit in zip(pieces, bits, strict=True):
                term = times(term, generator(g) if bit else plus(constant(1), scaled(generator(g), -1)))
            total = plus(total, term)
        elif not _differs(atoms, there):
            return generator(atoms.of("tie", difference))
    return total


def _at(a: Sum, bits: dict[int, int]) -> Sum:
    result: Sum = {}
    for m, c in a.items():
        if all(bits.get(g, 1) for g, _ in m):
            rest = monomial((g, e) for g, e in m if g not in bits)
            result[rest] = result.get(rest, Fraction(0)) + c
    return {m: c for m, c in result.items() if c}


def _differs(atoms: Generators, a: Sum) -> bool:
    """Whether an analytic sum is seen to be other than zero at some point."""
    with mpmath.workdps(40):
        for start in (0.37, 1.61, 0.083):
            try:
                value = _value(atoms, a, start, {})
            except (KeyError, ValueError, ZeroDivisionError, OverflowError):
                continue
            if isinstance(value, mpmath.mpf) and abs(value) > mpmath.mpf(10) ** -25:
                return True
    return False


def _value(atoms: Generators, a: Sum, start: float, known: dict[int, Any]) -> Any:
    total = mpmath.mpf(0)
    for m, c in a.items():
        term = mpmath.mpf(c.numerator) / c.denominator
        for g, e in m:
            if g not in known:
                known[g] = _generator(atoms, g, start, known)
            term *= known[g] ** (mpmath.mpf(Fraction(e).numerator) / Fraction(e).denominator)
        total += term
    return total


def _generator(atoms: Generators, g: int, start: float, known: dict[int, Any]) -> Any:
    atom = atoms.atoms[g]
    if atom.kind == "var":
        return mpmath.mpf(start) + mpmath.sqrt(g + 2) / 7
    if atom.kind == "pi":
        return +mpmath.pi
    if atom.kind == "prime":
        return mpmath.mpf(int(atom.name))
    args = [_value(atoms, b, start, known) for b in atom.args]
    return args[0] if atom.kind in {"factor", "value"} else _ANALYTIC[atom.kind](*args)


_ANALYTIC = {
    name: getattr(mpmath, name)
    for name in ["exp", "log", "sin", "cos", "tanh", "asin", "atan", "atan2", "asinh", "acosh", "atanh", "erf"]
}  # an order, a floor or a tie is in none of them: what holds one is not analytic
