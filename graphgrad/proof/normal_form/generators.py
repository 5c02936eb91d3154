"""The generators of a normal form: what each stands for, which relations it obeys, and when two are one.

Two quantities share a generator only where their arguments are proved equal; fingerprints only say where to look.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import NamedTuple

from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.normal_form.sums import (
    LARGEST,
    PRIME,
    UNIT,
    Fingerprints,
    Sum,
    TooLarge,
    constant,
    generator,
    joined,
    plus,
    scaled,
    times,
)

POSITIVE = frozenset({"exp", "prime", "pi", "near"})  # kinds of generators that are positive whatever the variables are


class Atom(NamedTuple):
    """What a generator stands for: "factor" is its argument itself, others a function or a variable."""

    kind: str
    args: tuple[Sum, ...]
    name: str = ""


class Generators:
    """All generators of one normal form, and the test whether a sum of them is zero."""

    def __init__(self, place: int = 0) -> None:
        self.atoms: list[Atom] = []
        self.marks = Fingerprints(place)
        self._seen: dict[tuple[object, ...], list[int]] = {}

    def named(self, kind: str, name: str) -> int:
        """Give the generator of a variable or another name."""
        return self._find((kind, name), Atom(kind, (), name))

    def of(self, kind: str, *args: Sum) -> int:
        """Give the generator of a function of sums."""
        return self._find((kind, *map(self.marks.of, args)), Atom(kind, args))

    def _find(self, key: tuple[object, ...], atom: Atom) -> int:
        for g in self._seen.setdefault(key, []):
            if all(self.same(a, b) for a, b in zip(self.atoms[g].args, atom.args, strict=True)):
                return g
        self.atoms.append(atom)
        g = len(self.atoms) - 1
        self._seen[key].append(g)
        self._mark(g, atom)
        return g

    def _mark(self, g: int, atom: Atom) -> None:
        """Let the fingerprint obey the generator's relation."""
        if atom.kind == "factor":
            self.marks.whole[g] = self.marks.of(atom.args[0])
        elif atom.kind == "prime":
            self.marks.whole[g] = int(atom.name)
        elif atom.kind in {"piece", "tie"}:
            self.marks.idempotent.add(g)
        elif atom.kind == "sin":  # the cosine of the same angle is the next generator
            t = self.marks.dice.randrange(2, PRIME)
            scale = pow(1 + t * t, -1, PRIME)
            self.marks.whole[g] = 2 * t * scale % PRIME
            self.marks.whole[g + 1] = (1 - t * t) * scale % PRIME

    def circle(self, angle: Sum) -> tuple[int, int]:
        """Give the sine and the cosine of an angle."""
        sine = self.of("sin", angle)
        if sine == len(self.atoms) - 1:
            self.atoms.append(Atom("cos", (angle,)))
        return sine, sine + 1

    def positive(self, g: int) -> bool:
        """Whether a generator is positive whatever the variables are."""
        return self.atoms[g].kind in POSITIVE

    def same(self, a: Sum, b: Sum) -> bool:
        """Whether two sums are proved equal."""
        if a == b:
            return True
        if self.marks.of(a) != self.marks.of(b):
            return False
        try:
            return self.zero(plus(a, scaled(b, -1)))
        except TooLarge:
            return False

    def zero(self, a: Sum) -> bool:
        """Whether a sum is zero by the relations of its generators; False also means: not known."""
        if not a:
            return True
        if self.marks.of(a):
            return False
        related = {g for m in a for g, _ in m if self.atoms[g].kind in _RELATED}
        while a and related:
            g = max(related)
            related.remove(g)
            a = self._reduced(a, g)
            related |= {h for m in a for h, _ in m if h < g and self.atoms[h].kind in _RELATED}
        return not a

    def expanded(self, a: Sum) -> Sum:
        """A sum with its factors to whole positive powers multiplied out, so that equal sums look equal."""
        try:
            for g in sorted({g for m in a for g, _ in m if self.atoms[g].kind == "factor"}, reverse=True):
                exponents = [dict(m).get(g, 0) for m in a]
                if any(exponents) and all(e >= 0 and e == int(e) for e in exponents):
                    a = self._reduced(a, g)
        except TooLarge:
            pass
        return a

    def _reduced(self, a: Sum, g: int) -> Sum:
        """Replace whole powers of a generator by its relation, after clearing its denominators."""
        tick()
        exponents = [dict(m).get(g, 0) for m in a]
        shift = -min(0, *(floor(e) for e in exponents)) if self.atoms[g].kind not in {"piece", "tie"} else 0
        parts: dict[int, Sum] = {}
        for (m, c), exponent in zip(a.items(), exponents, strict=True):
            whole = floor(exponent) + shift
            rest = joined(m, ((g, -floor(exponent)),)) if floor(exponent) else m
            part = parts.setdefault(whole, {})
            part[rest] = part.get(rest, Fraction(0)) + c
        result: Sum = {}
        power, so_far = 0, constant(1)
        base, step = self._relation(g)
        for whole in sorted(parts):
            kept = whole % step if step == 2 else min(whole, 1) if step == 0 else 0
            wanted = whole // step if step else 0
            while power < wanted:
                so_far, power = times(so_far, base), power + 1
            part = {m: c for m, c in parts[whole].items() if c}
            term = times(part, so_far)
            result = plus(result, times(term, generator(g, kept)) if kept else term)
            if len(result) > LARGEST:
                raise TooLarge
        return result

    def _relation(self, g: int) -> tuple[Sum, int]:
        """The sum that a power of the generator equals, and which power: 0 for one that is its own square."""
        atom = self.atoms[g]
        match atom.kind:
            case "factor":
                return atom.args[0], 1
            case "prime":
                return constant(int(atom.name)), 1
            case "sin":
                return {UNIT: Fraction(1), ((g + 1, 2),): Fraction(-1)}, 2
        return constant(1), 0


_RELATED = frozenset({"factor", "prime", "sin", "piece", "tie"})
