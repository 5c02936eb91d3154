"""The normal form of exact scalars: rational functions, with rational exponents, of independent generators.

Two readings. The plain one keeps every function of an argument whole and writes a condition as a generator that is its
own square; if it also names the sums that it multiplies, its cost is linear in the nodes of a network. The deep one
writes hyperbolic functions in exponentials, splits exponentials, logarithms, sines and powers over sums, products and
multiples, and follows each choice of signs in turn (`Signs`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor

from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.normal_form import functions
from graphgrad.proof.normal_form.conditions import condition, indicator, positive
from graphgrad.proof.normal_form.generators import Generators
from graphgrad.proof.normal_form.signs import Signs, Undefined
from graphgrad.proof.normal_form.sums import (
    UNIT,
    Exponent,
    Monomial,
    Sum,
    constant,
    content,
    generator,
    monomial,
    plus,
    powered,
    primes,
    raised,
    scaled,
    times,
)  # fmt: skip
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import Sym

MULTIPLIED = 24  # terms of a power that is multiplied out
SMALL = 4  # integer powers of sums that are multiplied out at once


class Normal:
    """Reads exact scalars into sums. With `signs` the reading is deep, and for that choice of signs."""

    def __init__(self, signs: Signs | None = None, *, naming: bool = False, place: int = 0) -> None:
        self.atoms = signs.atoms if signs else Generators(place)
        self.signs, self.naming = signs, naming
        self.primes: dict[int, int] = {}  # generators that are primes under a root
        self._read: dict[int, Sum] = {}
        self._alive: list[Sym] = []

    def of(self, root: Sym) -> Sum:
        """Give the sum of a scalar; Undefined where it has no value for these signs."""
        self._alive.append(root)
        if self.signs is None:
            for node in order([root], self._read):
                if node.op not in _CONDITIONS:
                    self._read[id(node)] = self._node(node)
            return self._read[id(root)]
        return self.read(root)

    def read(self, node: Sym) -> Sum:
        """Read a scalar, and of a condition's branches only the one that is taken."""
        if id(node) not in self._read:
            if node.op == "where" and self.signs is not None and (chosen := self._chosen(node)) is not None:
                self._read[id(node)] = self.read(chosen)
            else:
                self._read[id(node)] = self._node(node)
        return self._read[id(node)]

    def _chosen(self, node: Sym) -> Sym | None:
        """The branch that a condition takes; None where that is not decided."""
        taken = condition(self, node.args[0])
        return node.args[1] if taken == constant(1) else None if taken else node.args[2]

    def product(self, a: Sum, b: Sum) -> Sum:
        """The product; the naming reading names a sum that is a factor rather than multiply it out."""
        if self.naming and a and b:
            a, b = (self._named(a) if len(b) > 1 or UNIT not in b else a,
                    self._named(b) if len(a) > 1 or UNIT not in a else b)  # fmt: skip
        return self.tidy(times(a, b))

    def _named(self, a: Sum) -> Sum:
        if len(a) == 1 or not (a := self.atoms.expanded(a)):
            return a
        number, common, rest = content(a)
        return times({common: number}, generator(self.atoms.of("value", rest)))

    def tidy(self, a: Sum) -> Sum:
        """Write whole powers of primes as numbers."""
        if not self.primes or not any(g in self.primes and floor(e) for m in a for g, e in m):
            return a
        result: Sum = {}
        for m, c in a.items():
            left, number = list[tuple[int, Exponent]](), c
            for g, e in m:
                whole = floor(e) if g in self.primes else 0
                number *= raised(Fraction(self.primes[g]), whole) if whole else 1
                left.append((g, e - whole))
            result = plus(result, {monomial(left): number})
        return result

    def _node(self, node: Sym) -> Sum:  # noqa: PLR0911  (one case for each kind of node)
        tick()
        match node.op:
            case "const":
                return constant(node.value)
            case "var":
                return self.signs.variable(node.value) if self.signs else generator(self.atoms.named("var", node.value))
            case "pi" | "near":
                return generator(self.atoms.named(node.op, node.value))
            case "pow":
                return self._pow(*node.args)
            case "max" | "min":
                a, b = map(self.read, node.args)
                first = indicator(self, a, b) if node.op == "max" else indicator(self, b, a)
                return plus(b, times(first, plus(a, scaled(b, -1))))
            case "where":
                chosen, a, b = condition(self, node.args[0]), *map(self.read, node.args[1:])
                return plus(b, times(chosen, plus(a, scaled(b, -1))))
        args = [self.read(a) for a in node.args]
        rule = _RULES.get(node.op)
        return rule(self, *args) if rule else generator(self.atoms.of(node.op, *args))

    # Powers

    def _pow(self, base: Sym, exponent: Sym) -> Sum:
        a, b = self.read(base), self.read(exponent)
        if not b or set(b) == {UNIT}:
            return self.power(a, b.get(UNIT, Fraction(0)))
        if self.signs is not None:
            return self.signs.raised(a, b, lambda positive: self.exp(times(b, self.log(positive))))
        return self.exp(times(b, self.log(a))) if positive(self.atoms, a) else self._formal(a, b)

    def _formal(self, a: Sum, b: Sum) -> Sum:
        """A power of what may be negative: what it says holds for the complex power, too, so no root undoes it."""
        result = constant(1)
        for m, c in b.items():
            part = self.power(a, c) if m == UNIT else generator(self.atoms.of("power", a, {m: Fraction(1)}), c)
            result = times(result, part)
        return result

    def power(self, a: Sum, q: Fraction) -> Sum:
        """A sum to a rational power."""
        whole = q.denominator == 1
        if whole and len(a) == 1:
            return self._power_of_term(a, int(q))
        if whole and 0 < q <= SMALL and len(a) ** int(q) <= MULTIPLIED:
            return self._multiplied(a, int(q))
        if not (a := self._clean(a)):
            return _zero_to(q)
        number, common, rest = content(a)
        if roots := self._roots(rest):
            without = self.power(self.tidy(times({powered(roots, -1): Fraction(1)}, a)), q)
            return self.tidy(times({powered(roots, q): Fraction(1)}, without))
        if whole:
            return self._join(raised(number, q.numerator), powered(common, int(q)), rest, int(q))
        return self.signs.root(a, q, self._number_power) if self.signs else self._root(number, common, rest, q)

    def _clean(self, a: Sum) -> Sum:
        """A sum in which all that can be multiplied out is, so that what is zero, or one term, is seen to be."""
        a = self.atoms.expanded(a)
        while a:
            number, common, rest = content(a)
            clean = self.atoms.expanded(rest)
            if clean == rest:
                break
            a = times({common: number}, clean)
        return a

    def _root(self, number: Fraction, common: Monomial, rest: Sum, q: Fraction) -> Sum:
        """A root in the plain reading, which takes only numbers and positive factors out of it."""
        scale = self._number_power(abs(number), q)
        body = times({common: Fraction(1 if number > 0 else -1)}, rest)
        if len(body) == 1 and number > 0 and all(self.atoms.positive(g) for g, _ in common):
            return times(scale, {powered(common, q): Fraction(1)})
        return times(scale, generator(self.atoms.of("factor", body), q))

    def _roots(self, a: Sum) -> Monomial:
        """The roots of primes in the first term, by which a sum is divided, so that multiples by roots are one."""
        if not self.primes or len(a) == 1:
            return UNIT
        first = max(a, key=lambda m: ([(g, e) for g, e in m if g not in self.primes], -len(m)))
        return tuple((g, e) for g, e in first if g in self.primes)

    def _multiplied(self, a: Sum, n: int) -> Sum:
        result = a
        for _ in range(n - 1):
            result = times(result, a)
        return result

    def _power_of_term(self, a: Sum, n: int) -> Sum:
        ((m, c),) = a.items()
        return self.tidy({powered(m, n): raised(c, n)})

    def _join(self, number: Fraction, common: Monomial, rest: Sum, q: Exponent) -> Sum:
        term = {common: number}
        if rest == constant(1):
            return term
        return times(term, generator(self.atoms.of("factor", rest), q))

    def _number_power(self, number: Fraction, q: Fraction) -> Sum:
        """A positive rational to a rational power, by its prime factors."""
        result = constant(1)
        for base, sign in ((number.numerator, 1), (number.denominator, -1)):
            for prime, count in primes(base):
                exponent = count * q * sign
                whole = exponent.numerator // exponent.denominator
                result = scaled(result, raised(Fraction(prime), whole))
                if part := exponent - whole:
                    g = self.atoms.named("prime", str(prime))
                    self.primes[g] = prime
                    result = times(result, generator(g, part))
        return result

    # Functions

    def exp(self, a: Sum) -> Sum:
        """The exponential: of a logarithm its argument, of a sum the product, of a multiple the power."""
        result, left = constant(1), dict[Monomial, Fraction]()
        for m, c in a.items():
            if len(m) == 1 and m[0][1] == 1 and self.atoms.atoms[m[0][0]].kind == "log":
                result = times(result, self.power(self.atoms.atoms[m[0][0]].args[0], c))
            else:
                left[m] = c
        if not left:
            return result
        if self.signs is not None:
            for m, c in left.items():
                result = times(result, generator(self.atoms.of("exp", {m: Fraction(1)}), c))
            return result
        number, common, rest = content(left)
        return times(result, generator(self.atoms.of("exp", times({common: Fraction(1)}, rest)), number))

    def log(self, a: Sum) -> Sum:
        """The logarithm: of an exponential its argument; in the deep reading the sum over the factors."""
        if not a:
            raise Undefined
        if self.signs is not None:
            return self.signs.log(a)
        if len(a) == 1:
            ((m, c),) = a.items()
            if c == 1 and m and all(self.atoms.atoms[g].kind == "exp" for g, _ in m):
                total: Sum = {}
                for g, e in m:
                    total = plus(total, scaled(self.atoms.atoms[g].args[0], Fraction(e)))
                return total
        return {} if a == constant(1) else generator(self.atoms.of("log", a))

    def odd(self, kind: str, a: Sum) -> Sum:
        """An odd function, of the argument with the agreed sign."""
        if not a:
            return {}
        number, common, rest = content(a)
        positive = times({common: abs(number)}, rest)
        return scaled(generator(self.atoms.of(kind, positive)), 1 if number > 0 else -1)

    def circle(self, a: Sum) -> tuple[Sum, Sum]:
        """Sine and cosine."""
        return functions.circle(self, a)

    def sign(self, a: Sum) -> Sum:
        """The sign, by a condition."""
        if self.atoms.zero(a):
            return {}
        return plus(scaled(indicator(self, a, {}), 2), constant(-1))

    def acos(self, a: Sum) -> Sum:
        """By the inverse sine."""
        return plus(scaled(generator(self.atoms.named("pi", "pi")), Fraction(1, 2)), scaled(self.odd("asin", a), -1))


def _zero_to(q: Fraction) -> Sum:
    if q <= 0:
        raise Undefined
    return {}


_CONDITIONS = frozenset({"lt", "le", "eq", "and", "not"})
_RULES: dict[str, Callable[..., Sum]] = {
    "add": lambda _, a, b: plus(a, b),
    "mul": Normal.product,
    "exp": Normal.exp,
    "log": Normal.log,
    "sin": lambda n, a: n.circle(a)[0],
    "cos": lambda n, a: n.circle(a)[1],
    "tan": lambda n, a: times(n.circle(a)[0], n.power(n.circle(a)[1], Fraction(-1))),
    "asin": lambda n, a: n.odd("asin", a),
    "acos": Normal.acos,
    "atan": lambda n, a: n.odd("atan", a),
    **functions.RULES,
    "erf": lambda n, a: n.odd("erf", a),
    "sign": Normal.sign,
    "abs": lambda n, a: times(n.sign(a), a),
}
