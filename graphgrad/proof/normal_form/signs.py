"""The deep reading's choices: which variables are negative, and which sums.

Under one choice every variable is plus or minus a positive generator, so that powers, roots and logarithms split over
products without a doubt. A proof follows every choice; one under which a side has no value proves nothing and hides
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from graphgrad.proof.normal_form.generators import POSITIVE, Generators
from graphgrad.proof.normal_form.sums import (
    UNIT,
    Monomial,
    Sum,
    TooLarge,
    constant,
    content,
    generator,
    plus,
    primes,
    scaled,
    times,
)

MOST = 200  # inequalities beyond which nothing is said


def impossible(positive: Sequence[Sum]) -> bool:
    """Whether no values of the monomials make every sum positive; False also means: not known.

    >>> from fractions import Fraction
    >>> a, b = {((0, 1),): Fraction(1)}, {((0, 1),): Fraction(-1)}
    >>> impossible([a, b]), impossible([a])
    (True, False)
    """
    left = [dict(s) for s in positive]
    for m in {m for s in left for m in s if m != UNIT}:
        up, down = [s for s in left if s.get(m, 0) > 0], [s for s in left if s.get(m, 0) < 0]
        if len(up) * len(down) > MOST:
            return False
        left = [s for s in left if m not in s]
        left += [plus(scaled(a, -1 / b[m]), scaled(b, 1 / a[m])) for a in up for b in down]
        if any(not s or (set(s) == {UNIT} and s[UNIT] <= 0) for s in left):
            return True
    return any(not s or (set(s) == {UNIT} and s[UNIT] <= 0) for s in left)


DEGREE = 16  # of sums that are factored


class Undefined(Exception):  # noqa: N818  (what happened, not an error of the user)
    """No value under this choice of signs."""


class Open(Exception):  # noqa: N818  (what happened, not an error of the user)
    """The sign of a variable is wanted, and not chosen yet."""

    def __init__(self, variable: str) -> None:
        super().__init__(variable)
        self.variable = variable


class Signs:
    """One choice: signs of variables by name, and of other sums in the order in which they are asked for."""

    def __init__(self, variables: Mapping[str, int], script: tuple[int, ...] = ()) -> None:
        self.atoms, self.variables, self.script = Generators(), variables, list(script)
        self.asked: list[Sum] = []
        self.marks: list[int] = []  # of what was asked: unequal ones mean unequal sums

    def variable(self, name: str) -> Sum:
        """A variable as plus or minus its positive generator."""
        return scaled(generator(self.atoms.named("var", name)), self.variables.get(name, 1))

    def of(self, a: Sum) -> int:
        """The sign of a sum that is not zero."""
        number, common, rest = content(a)
        sign = 1 if number > 0 else -1
        for g, e in common:
            if e == int(e) and int(e) % 2:
                sign *= self._generator(g)
        return sign * (1 if rest == constant(1) else self._sum(rest))

    def _generator(self, g: int) -> int:
        atom = self.atoms.atoms[g]
        match atom.kind:
            case "var":
                if atom.name not in self.variables:
                    raise Open(atom.name)
                return 1
            case "exp" | "prime" | "pi" | "near":
                return 1
            case "tanh" | "atan" | "asin" | "erf" | "factor":
                return self.of(atom.args[0])
            case "log":
                below = plus(atom.args[0], constant(-1))
                return self.of(below) if below else 1
        return self._chosen(generator(g))

    def _sum(self, rest: Sum) -> int:
        if all(c > 0 for c in rest.values()) and all(self._certain(g, e) for m in rest for g, e in m):
            return 1
        exponents = self._exponents(rest)
        return self._chosen(rest) if exponents is None else self.of(exponents)

    def _exponents(self, rest: Sum) -> Sum | None:
        """Of a difference of two products of exponentials the difference of their exponents, which has its sign."""
        atoms, total = self.atoms.atoms, dict[Monomial, Fraction]()
        if len(rest) != 2 or sum(rest.values(), Fraction(0)) or any(atoms[g].kind != "exp" for m in rest for g, _ in m):
            return None
        for m, c in rest.items():
            for g, e in m:
                total = plus(total, scaled(atoms[g].args[0], Fraction(e) if c > 0 else -Fraction(e)))
        return total or None

    def _certain(self, g: int, exponent: int | Fraction) -> bool:
        atom = self.atoms.atoms[g]
        if exponent != int(exponent) or int(exponent) % 2 == 0 or atom.kind in POSITIVE:
            return True
        if atom.kind == "var":
            if atom.name not in self.variables:
                raise Open(atom.name)
            return True
        return False

    def _chosen(self, a: Sum) -> int:
        mark = self.atoms.marks.of(a)
        for i, known in enumerate(self.marks):
            if known == mark and self.atoms.same(self.asked[i], a):
                return self.script[i]
        self.asked.append(a)
        self.marks.append(mark)
        if len(self.asked) > len(self.script):
            self.script.append(1)
        return self.script[len(self.asked) - 1]

    def impossible(self) -> bool:
        """Whether no point has the signs chosen here."""
        chosen = [scaled(a, sign) for a, sign in zip(self.asked, self.script, strict=False)]
        positive = {g for g, atom in enumerate(self.atoms.atoms) if self._positive(atom.kind, atom.name)}
        monomials = {m for a in chosen for m in a if m and all(g in positive or e % 2 == 0 for g, e in m)}
        return impossible([*chosen, *({m: Fraction(1)} for m in monomials)])

    def _positive(self, kind: str, name: str) -> bool:
        return kind in POSITIVE or (kind == "var" and name in self.variables)

    def next_scripts(self, start: int) -> list[tuple[int, ...]]:
        """The scripts that differ first in a choice that was made here, not prescribed."""
        return [(*self.script[:i], -1) for i in range(start, len(self.asked))]

    def factors(self, a: Sum) -> tuple[Fraction, list[tuple[Sum, int | Fraction]]]:
        """Split a positive sum into a positive rational and positive factors; Undefined where it is negative."""
        number, common, rest = content(a)
        parts: list[tuple[Sum, int | Fraction]] = []
        sign = 1 if number > 0 else -1
        for g, e in common:
            own = 1 if e != int(e) else self._generator(g)
            sign *= own if e == int(e) and int(e) % 2 else 1
            parts.append((scaled(generator(g), own), e))
        for factor, e in self._factored(rest):
            own = self._sum(factor)
            sign *= own if e % 2 else 1
            parts.append((scaled(factor, own), e))
        if sign < 0:
            raise Undefined
        return abs(number), parts

    def root(self, a: Sum, q: Fraction, number_power: Callable[[Fraction, Fraction], Sum]) -> Sum:
        """A positive sum to a power that is not whole: factor by factor."""
        number, parts = self.factors(a)
        result = number_power(number, q)
        for part, e in parts:
            exponent = e * q
            if len(part) == 1:
                ((m, c),) = part.items()
                ((g, _),) = m
                if c < 0:  # a generator that is negative here
                    if exponent == int(exponent):
                        result = times(result, {((g, int(exponent)),): Fraction((-1) ** int(exponent))})
                        continue
                    g = self.atoms.of("factor", part)
                result = times(result, generator(g, int(exponent) if exponent == int(exponent) else exponent))
            else:
                g = self.atoms.of("factor", part)
                result = times(result, generator(g, int(exponent) if exponent == int(exponent) else exponent))
        return result

    def raised(self, a: Sum, b: Sum, positively: Callable[[Sum], Sum]) -> Sum:
        """A sum to a power that varies: of a negative one, to a whole exponent that is even or odd, one choice each."""
        if not a:
            raise Undefined
        if self.of(a) > 0:
            return positively(a)
        return scaled(positively(scaled(a, -1)), self._parity(b))

    def _parity(self, b: Sum) -> int:
        """-1 to the power of a sum that is whole, where a choice says of each part that varies whether it is even."""
        sign = 1
        for m, c in b.items():
            if c.numerator % 2 and m == UNIT and c.denominator == 1:
                sign = -sign
            elif c.numerator % 2:
                sign *= self._chosen(generator(self.atoms.of("turns", {m: Fraction(1, c.denominator)})))
        return sign

    def log(self, a: Sum) -> Sum:
        """The logarithm of a positive sum: the sum over its factors, and of an exponential its argument."""
        number, parts = self.factors(a)
        total: Sum = {}
        for base, sign in ((number.numerator, 1), (number.denominator, -1)):
            for prime, count in primes(base):
                total = plus(total, scaled(generator(self.atoms.of("log", constant(prime))), count * sign))
        for part, e in parts:
            total = plus(total, scaled(self._log(part), Fraction(e)))
        return total

    def _log(self, part: Sum) -> Sum:
        if len(part) == 1:
            ((m, c),) = part.items()
            atom = self.atoms.atoms[m[0][0]]
            if atom.kind == "exp" and c == 1:
                return atom.args[0]
            if atom.kind == "factor" and c == 1:
                return self.log(atom.args[0])
            if atom.kind == "prime":
                return generator(self.atoms.of("log", constant(int(atom.name))))
        return generator(self.atoms.of("log", part))

    def _factored(self, rest: Sum) -> list[tuple[Sum, int]]:
        """Factor a primitive sum of few generators over the integers."""
        if rest == constant(1):
            return []
        used = sorted({g for m in rest for g, _ in m})
        high = max((e for m in rest for _, e in m), default=0)
        if len(rest) > 12 or len(used) > 4 or high > DEGREE or any(e != int(e) for m in rest for _, e in m):
            return [(rest, 1)]
        from sympy import ZZ, ring

        domain, *_ = ring([f"g{g}" for g in used], ZZ)
        terms = {tuple(int(dict(m).get(g, 0)) for g in used): int(c) for m, c in rest.items()}
        _, found = domain.from_dict(terms).factor_list()
        if sum(e for _, e in found) > 6:
            raise TooLarge
        return [
            ({tuple((g, e) for g, e in zip(used, m, strict=True) if e): Fraction(int(c)) for m, c in f.items()}, count)
            for f, count in found
        ]
