"""Conditions in the normal form: 0, 1, or a generator that is its own square.

An order between two sums is a generator of their difference (or, in the deep reading, a choice of its sign), followed
through each order in it, since on some piece the two may be equal; nothing is claimed where they meet on a set without
inside. An equality is 0 only where the two sides are seen to differ at a point and are analytic in between.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from itertools import product
from typing import Protocol

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import NoValue, Number, Undecided
from graphgrad.proof.normal_form.generators import Generators
from graphgrad.proof.normal_form.signs import Signs
from graphgrad.proof.normal_form.sums import Exponent, Sum, constant, content, generator, monomial, plus, scaled, times
from graphgrad.proof.scalars.symbols import Sym

PIECES = 4  # undecided orders that a comparison is followed through
BITS = 170


class Reader(Protocol):
    """Who reads the scalars that are compared."""

    atoms: Generators
    signs: Signs | None

    def read(self, node: Sym) -> Sum:
        """The sum of a scalar."""


def condition(normal: Reader, node: Sym) -> Sum:
    """Give a condition as 0, 1, or a generator that is one of them."""
    match node.op:
        case "const":
            return constant(int(node.value))
        case "lt" | "le":
            a, b = map(normal.read, node.args)
            return indicator(normal, b, a, tied=int(node.op == "le"))
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


def indicator(normal: Reader, a: Sum, b: Sum, tied: int = 0) -> Sum:
    """Give 1 where a > b, `tied` where they are equal on an open set, else 0."""
    difference = plus(a, scaled(b, -1))
    if normal.atoms.zero(difference):
        return constant(tied)
    if normal.signs is not None:
        return constant(normal.signs.of(difference) > 0)
    found = by_pieces(normal.atoms, difference, lambda there: _order(normal.atoms, there), tied)
    return _unread(normal.atoms, difference, tied) if found is None else found


def _order(atoms: Generators, difference: Sum) -> Sum:
    """Give 1 where a sum that is nowhere zero on an open set is positive, else 0."""
    number, common, rest = content(difference)
    if rest == constant(1) and all(atoms.positive(g) for g, _ in common):
        return constant(number > 0)
    piece = generator(atoms.of("piece", times({common: Fraction(1)}, rest)))
    return piece if number > 0 else plus(constant(1), scaled(piece, -1))


def _unread(atoms: Generators, difference: Sum, tied: int) -> Sum:
    """An order that is not followed: `<` and `<=` stay two things, since the difference may vanish on an open set."""
    number, common, rest = content(difference)
    unsigned = times({common: Fraction(1)}, rest)
    if number > 0:
        return generator(atoms.of("piece", unsigned, constant(tied)))
    return plus(constant(1), scaled(generator(atoms.of("piece", unsigned, constant(1 - tied))), -1))


def equality(atoms: Generators, difference: Sum) -> Sum:
    """Give 1 where a difference is zero, else 0, following each undecided order in it."""
    if atoms.zero(difference):
        return constant(1)
    found = by_pieces(atoms, difference, lambda _: {}, 1)
    return generator(atoms.of("tie", difference)) if found is None else found


def by_pieces(atoms: Generators, difference: Sum, rule: Callable[[Sum], Sum], tied: int) -> Sum | None:
    """Follow a difference through each undecided order in it: `tied` where it vanishes, else what the rule gives.

    None where there are too many, or where it is not seen whether it vanishes on an open set.
    """
    pieces = sorted({g for m in difference for g, _ in m if atoms.atoms[g].kind == "piece"})
    if len(pieces) > PIECES:
        return None
    total: Sum = {}
    for bits in product((0, 1), repeat=len(pieces)):
        there = _at(difference, dict(zip(pieces, bits, strict=True)))
        vanishes = atoms.zero(there)
        if not vanishes and not _differs(atoms, there):
            return None
        term = constant(tied) if vanishes else rule(there)
        for g, bit in zip(pieces, bits, strict=True):
            term = times(term, generator(g) if bit else plus(constant(1), scaled(generator(g), -1)))
        total = plus(total, term)
    return total


def _at(a: Sum, bits: dict[int, int]) -> Sum:
    result: Sum = {}
    for m, c in a.items():
        if all(bits.get(g, 1) for g, _ in m):
            rest = monomial((g, e) for g, e in m if g not in bits)
            result[rest] = result.get(rest, Fraction(0)) + c
    return {m: c for m, c in result.items() if c}


def _differs(atoms: Generators, a: Sum) -> bool:
    """Whether an analytic sum is seen to be other than zero at a point: then it vanishes on no open set.

    That is so only where its domain is in one piece: sums of meromorphic functions, and roots and logarithms of single
    variables, whose domain is convex.
    """
    if len(a) == 1:
        return all(_nonzero(atoms, g) for m in a for g, _ in m)
    return _seen(atoms, a)


def _seen(atoms: Generators, a: Sum) -> bool:
    if not all(_one_piece(atoms, g, e) for m in a for g, e in m):
        return False
    with numbers.precision(BITS):
        for start in STARTS:
            with suppress(NoValue, Undecided):
                if numbers.sign(_value(atoms, a, start, {})):
                    return True
    return False


def _nonzero(atoms: Generators, g: int) -> bool:
    """Whether a generator is seen to vanish on no open set."""
    atom = atoms.atoms[g]
    if atom.kind in {"factor", "value"} | _ODD:
        return _differs(atoms, atom.args[0])
    if atom.kind == "log":
        return _differs(atoms, plus(atom.args[0], constant(-1)))
    return atom.kind == "var" or atoms.positive(g) or _seen(atoms, generator(g))


def _one_piece(atoms: Generators, g: int, exponent: Exponent) -> bool:
    atom = atoms.atoms[g]
    if atom.kind in {"var", "pi", "prime", "near"}:
        return True
    if exponent != int(exponent) and atom.kind != "exp":
        return atom.kind == "factor" and positive(atoms, atom.args[0])
    if atom.kind == "log":
        return _variable(atoms, atom.args[0]) or positive(atoms, atom.args[0])
    return atom.kind in _WHOLE and all(_one_piece(atoms, h, e) for b in atom.args for m in b for h, e in m)


def _variable(atoms: Generators, a: Sum) -> bool:
    return len(a) == 1 and all(len(m) <= 1 and all(atoms.atoms[g].kind == "var" for g, _ in m) for m in a)


def positive(atoms: Generators, a: Sum) -> bool:
    """Whether a sum is positive at all real points: a positive number, and squares and exponentials."""

    def certain(g: int) -> bool:
        return atoms.positive(g) or (atoms.atoms[g].kind == "factor" and positive(atoms, atoms.atoms[g].args[0]))

    even = all(c > 0 and all(certain(g) or (e == int(e) and int(e) % 2 == 0) for g, e in m) for m, c in a.items())
    return even and any(all(certain(g) for g, _ in m) for m in a)


def _value(atoms: Generators, a: Sum, start: Number, known: dict[int, Number]) -> Number:
    total = numbers.ZERO
    for m, c in a.items():
        term = numbers.rational(c)
        for g, e in m:
            if g not in known:
                known[g] = _generator(atoms, g, start, known)
            term = numbers.multiply(term, numbers.power(known[g], numbers.rational(Fraction(e))))
        total = numbers.add(total, term)
    return total


def _generator(atoms: Generators, g: int, start: Number, known: dict[int, Number]) -> Number:
    atom = atoms.atoms[g]
    if atom.kind == "var":
        return start + numbers.rational(Fraction(g * g + 2, 7 * g + 11))
    if atom.kind == "pi":
        return numbers.Pi(numbers.ONE)
    if atom.kind == "prime":
        return numbers.rational(int(atom.name))
    if atom.kind == "near":
        return numbers.decimal(atom.name)
    args = [_value(atoms, b, start, known) for b in atom.args]
    return args[0] if atom.kind in {"factor", "value"} else numbers.FUNCTIONS[atom.kind](*args)


# Functions without a pole or an end on the real line; an order, a floor or a tie is in no sum that is analytic.
_ODD = frozenset({"tanh", "atan", "asin", "erf", "asinh", "atanh"})  # zero where their argument is
_WHOLE = frozenset({"exp", "sin", "cos", "tanh", "atan", "asinh", "erf", "factor", "value"})
STARTS = tuple(numbers.rational(Fraction(text)) for text in ("0.37", "1.61", "0.083"))
