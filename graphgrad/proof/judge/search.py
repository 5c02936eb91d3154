"""The search for a counterexample, in rigorous arithmetic: a difference that is found is a theorem.

At exact rational points claim and truth are numbers or balls; disjoint ones refute. What is not decided is looked at
again with more bits. A claim without a value in a whole neighbourhood where the truth has one is refuted, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_UP, Context
from typing import Any, NamedTuple

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import Number
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.kinks import OneSided, Rays
from graphgrad.proof.judge.simplest import simpler
from graphgrad.proof.judge.ties import BORDERS, curved, harmless, on_borders
from graphgrad.proof.normal_form.equality import proved_given
from graphgrad.proof.report import NO_VALUE, Finding, Kink, Verdict, Witness
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.domains import NONZERO, demands
from graphgrad.proof.scalars.evaluate import NONE, UNDECIDED, BorderPoint, Evaluation, Lost, evaluate, side
from graphgrad.proof.scalars.points import Point, points, varying_powers
from graphgrad.proof.scalars.symbols import PAIRS, PIECES, ZERO, Sym, difference
from graphgrad.proof.scalars.words import equation


class Level(NamedTuple):
    """How closely is looked: bits tried one after the other, and the difference that still counts as none."""

    bits: Sequence[int]
    near: float


PLAIN = Level((128, 400, 1600, 6400), 1e-30)  # where a proof stands behind
CLOSE = Level((1700, 6800), 1e-300)  # where none does
ROUGH = 1e-12  # the difference that counts as none where a formula holds rounded numbers
SHOWN = 50  # digits of a witness
VISIBLE = 1e-20  # a truth that is larger is told apart from zero
NEIGHBOURHOODS = (1e-6, 1e-12, 1e-20)  # relatively: where a claim has no value all around
FOLLOWED = 64  # entries that are followed to their kinks
KINKS = 2  # that are told
ENOUGH = 6  # points with a value on both sides, for agreement
WORK = {True: 60_000, False: 300_000}  # nodes evaluated in one search, where a proof stands behind and where none does
FEW = 3  # variables up to which graphgrad's own value and gradient are looked at where borders are met at no rational
TIED_WORK = 20_000  # nodes evaluated where borders are met at no rational, and for each that was met nowhere else
RAY = 20  # as many times the work of a point is that of a ray
NOWHERE = "the claim has no value there, and all around"
UNMET = "a condition was never met with equality, and may be somewhere"
UNDECIDABLE = "whether two numbers in a condition are equal is not decided"
BLIND = "the claim says something of its own where it is not decided what is true, at"
FRACTIONS = "a power of a negative base was not met with exponents that are even and odd"
ONE_SIDE = "a condition was seen from one side only"


def glance(case: Case, most: int) -> Finding:
    """Look at a few simple points, and not at borders."""
    looked = Search(case, PLAIN)
    return looked.at_points(most, WORK[True]) or looked.result()


def search(case: Case, most: int, level: Level = PLAIN, *, proved: bool = False) -> Finding:
    """Look for a point where claim and truth differ; else say how far they agree."""
    looked = Search(case, level)
    work = WORK[proved] if any(a is not b for a, b in case.pairs) else WORK[proved] // 10
    return looked.at_points(most, work) or looked.at_ties() or looked.result()


def _points(case: Case, roots: Sequence[Sym]) -> Iterator[Point]:
    """Where to look: points at which what is assumed holds."""
    assumed = case.assumed
    for point in points(case.variables, [*roots, *assumed.held], rounds=4):
        if (met := assumed.met(point)) is not None:
            yield met


def _to_look_at(case: Case) -> list[int]:
    """The entries that may be wrong: those that differ, and all that an equality joins, where no formula is the truth.

    Of the others, which are the truth itself, a few with kinks, so that these are told.
    """
    joined: set[int] = set()
    for node in order(case.true) if case.derivatives else ():
        if node.op == "eq" or any(id(a) in joined for a in node.args):
            joined.add(id(node))
    found = [i for i, (a, b) in enumerate(case.pairs) if a is not b or id(b) in joined]
    kinked = [i for i, (a, b) in enumerate(case.pairs) if a is b and b.kinked and id(b) not in joined]
    return [*found, *kinked[:KINKS]]


def has_value(root: Sym, variables: Sequence[str]) -> bool:
    """Whether a point is found where a scalar has a value."""
    ready = Evaluation([root])
    return any(ready.at(point)[0] is not NONE for point in points(variables, [root]))


class Wrong(NamedTuple):
    """What refutes an entry at a point."""

    claimed: Number | None  # None: it has no value
    true: Number
    reason: str


class KnownPoint(NamedTuple):
    """A point, and what is known there: all values, with so many bits, and the kinks at which it stands, as bits."""

    point: Point
    bits: int
    values: Sequence[Any]
    tied: int


class Search:
    """What a search has seen so far."""

    def __init__(self, case: Case, level: Level) -> None:
        self.case = case
        self.left = _to_look_at(case)
        self.roots = [case.claimed[i] for i in self.left] + [case.true[i] for i in self.left]
        primal = [] if case.primal is None else [case.primal]
        primal += [case.derivatives[i].of for i in self.left if case.derivatives]
        self.ready = Evaluation([*self.roots, *primal])
        nodes = self.ready.nodes
        self.rough = any(n.op == "near" for n in nodes)
        self.level = Level(level.bits[:1], ROUGH) if self.rough else level
        self.places = {id(n): k for k, n in enumerate(nodes)}
        self.masks = self._masks([*(case.true[i] for i in self.left), *primal])
        formulas = order(self.roots)
        self.forks = [n for n in formulas if n.op in PIECES]
        self.choices = list({id(n.args[0]): n.args[0] for n in formulas if n.op == "where"}.values())
        self.powers = varying_powers(self.roots)
        self.negative: dict[int, set[int]] = {}  # powers whose base was so, and whether exponents were even or odd
        self.sides: dict[int, set[int]] = {id(n): set() for n in self.forks}
        self.chosen: dict[int, set[Any]] = {id(n): set() for n in self.choices}
        known = {id(n) for n in order([*case.true, *case.given, *primal])}
        self.shared = known
        self.lent = not case.derivatives and case.given is not case.true  # values that take derivatives in: no kinks
        self.outside: set[int] = set()  # conditions that are met where the program has no value
        self.rays: dict[int, Rays] = {}
        self.tried, self.unsure, self.work, self.worst = 0, 0, 0, 0.0
        self.bits = self.level.bits[0]
        self.unlike = False
        self.kinks: list[Kink] = []
        self.asked: set[int] = set()  # entries of which algebra was asked whether the claim has a value at all
        self.blurred = 0  # points at which something was not decided
        self.blind: Point | None = None  # one that a claim singles out, where what is true is not decided
        self.hollow: Point | None = None  # a point where the claim alone has no value
        wanted, granted = demands(case.claimed), self._nonzero()
        self.poles = [a for (kind, k), a in wanted.items() if kind == NONZERO and k not in granted]
        self.holes: dict[str, None] = {}  # the equations of such points

    def _masks(self, roots: Sequence[Sym]) -> Mapping[int, int]:
        """Of every node of the truth, its kinks and those below it as bits."""
        own = {self.ready.nodes[k]: 1 << k for k in self.ready.kinks}
        masks: dict[int, int] = {}
        for node in order(roots):
            mask = own.get(node, 0)
            for a in node.args:
                mask |= masks[id(a)]
            masks[id(node)] = mask
        return masks

    def at_points(self, most: int, work: int) -> Finding | None:
        """Look at so many points, the most telling first, with so much work at most."""
        case = self.case
        for count, point in enumerate(_points(case, self.roots)):
            if count >= most or self.work > work or (time.monotonic() > case.deadline and self.tried):
                break
            if (found := self.at(point)) is not None:
                return found
        return None

    def at(self, point: Point) -> Finding | None:
        """Look at a point; gives the refutation if there is one."""
        waiting, some, place = self.left, False, None
        for bits in self.level.bits:
            place = self._place(point, bits)
            if place is None:
                return None
            undecided = []
            for i in waiting:
                found = self._entry(i, place)
                if isinstance(found, Wrong):
                    return self._refuted(i, place, found)
                some = some or found is True
                if found is UNDECIDED:
                    undecided.append(i)
            waiting = undecided
            if not waiting:
                break
            self.bits = max(self.bits, bits)
        if place is None:
            return None
        if len(waiting) < len(self.left):
            self._note(place)
        self.blurred += bool(waiting)
        self.blind = self.blind or next((place.point for i in waiting if self._names(i, place)), None)
        self.tried += some
        self.unsure += bool(waiting) and self._open_equality(place)
        return None

    def _names(self, i: int, place: KnownPoint) -> bool:
        """Whether a point where an entry is not decided is one that its claim singles out by a condition of its own."""
        claimed, given = self.case.claimed[i], self.case.given[i]
        if claimed is given or not self.case.derivatives:
            return False
        below = {id(n) for n in order([claimed])}
        tied = any(id(n) in below and found == 0 for n, found in self._sides(place.point, place.values))
        value = self._value(claimed, place)
        return tied and value is not NONE and (value is UNDECIDED or not self._ours(i, place, value))

    def at_ties(self) -> Finding | None:
        """Look where conditions and kinks are met at no rational, those first that were met nowhere else."""
        case, start, unmet = self.case, self.work, self.unmet()
        ours = all(a is b or a is case.primal for a, b in zip(case.claimed, case.given, strict=True))
        if ours and len(case.variables) > FEW:
            return None
        forks = [*unmet, *(n for n in self.forks if n not in unmet and n.op != "floor")]
        own = [difference(n) for n in forks if id(n) not in self.shared or n.op == "eq" or not case.derivatives]
        borders = [*map(difference, unmet), *filter(curved, [*map(difference, forks), *self.poles])]
        most = TIED_WORK * (1 + len(unmet[:BORDERS]))
        for border, point in on_borders(borders, [difference(n) for n in unmet], own, case.variables, case.deadline):
            if self.work - start > most or time.monotonic() > case.deadline:
                return None
            if case.assumed.met(point) is None:
                self.outside |= {id(n) for n, side in self._sides(point, self.ready.all_at(point)) if side == 0}
            elif (found := self.at(point)) is not None:
                return found.with_(correct_where=equation(border, "!="))
        return None

    def unmet(self) -> list[Sym]:
        """The conditions and kinks that no point met."""
        return [n for n in self.forks if n.op != "floor" and 0 not in self.sides[id(n)] and id(n) not in self.outside]

    def wrong(self, i: int, point: Point, bits: int) -> tuple[KnownPoint, Wrong] | None:
        """What refutes an entry at a point, with these bits."""
        met = self.case.assumed.met(point)
        place = None if met is None else self._place(met, bits)
        found = None if place is None else self._entry(i, place)
        return (place, found) if place is not None and isinstance(found, Wrong) else None

    def right(self, point: Point) -> bool | None:
        """Whether all entries agree at a point; None where there is nothing to compare, or it is not decided."""
        met = self.case.assumed.met(point)
        place = None if met is None else self._place(met, self.level.bits[-2:][0])
        if place is None:
            return None
        found = [self._entry(i, place) for i in self.left]
        if any(isinstance(f, Wrong) for f in found):
            return False
        seen = all(f is True and self._visible(i, place) for i, f in zip(self.left, found, strict=True))
        return True if found and seen else None

    def _visible(self, i: int, place: KnownPoint) -> bool:
        """Whether the truth is large beside the difference that counts as none, or zero."""
        true = self._value(self.case.true[i], place)
        return isinstance(true, Lost) or numbers.is_zero(true) or bool(abs(numbers.ball(true)) > VISIBLE)

    def _place(self, point: Point, bits: int) -> KnownPoint | None:
        """A point with all values there; None where the program has none."""
        self.work += len(self.ready.nodes) * (1 + bits // 1000)
        values = self.ready.all_at(point, bits)
        for node in self.powers:
            base, exponent = (values[self.places[id(a)]] for a in node.args)
            if not isinstance(base, Lost) and numbers.ball(base) < 0:
                whole = isinstance(exponent, type(numbers.ONE)) and exponent.q == 1
                self.negative.setdefault(id(node), set()).update([int(exponent.p) % 2] if whole else [])
        if self.case.primal is not None and values[self.places[id(self.case.primal)]] is NONE:
            self.outside |= {id(node) for node, found in self._sides(point, values) if found == 0}
            return None
        tied = 0
        for k in self.ready.kinks if self.case.derivatives or self.lent else ():
            if self.ready.on_edge(k, values):
                tied |= 1 << k
        return KnownPoint(point, bits, values, tied)

    def _note(self, place: KnownPoint) -> None:
        """On which sides of all conditions a point stands."""
        for node, found in self._sides(place.point, place.values):
            if found in {-1, 0, 1}:
                self.sides[id(node)].add(found)
        for node in self.choices:
            value = self._value(node, place)
            if not isinstance(value, Lost):
                self.chosen[id(node)].add(value)

    def _value(self, node: Sym, place: KnownPoint) -> Any:
        return place.values[self.places[id(node)]]

    def _sides(self, point: Point, values: Sequence[Any]) -> Iterator[tuple[Sym, int | None]]:
        """On which side of each condition a point stands where all nodes have these values."""
        zeros = self.ready.zeros(point)
        for node in self.forks:
            known = node.op in PAIRS and self.places[id(node)] in zeros
            yield node, 0 if known else side(node, [values[self.places[id(a)]] for a in node.args])

    def _open_equality(self, place: KnownPoint) -> bool:
        """Whether two numbers are not known to be equal, nor to differ."""
        return any(
            node.op in {"eq", "lt", "le"} and self._value(node, place) is UNDECIDED
            and all(self._value(a, place) is not UNDECIDED for a in node.args)
            for node in self.forks
        )  # fmt: skip

    def _entry(self, i: int, place: KnownPoint) -> Any:
        """What is found of one entry: Wrong, True (agreement), UNDECIDED, or NONE (nothing to compare)."""
        case = self.case
        claimed, true = (self._value(side[i], place) for side in (case.claimed, case.true))
        with numbers.precision(place.bits):
            if self._tied(i, place):
                return self._at_kink(i, place, claimed) if case.derivatives else NONE
            if isinstance(true, Lost):
                return true
            if isinstance(claimed, Lost):
                return self._without(i, place, true) if claimed is NONE else UNDECIDED
            return self._compared(claimed, true)

    def _tied(self, i: int, place: KnownPoint) -> int:
        """The kinks of an entry at which a point stands."""
        of = self.case.derivatives[i].of if self.case.derivatives else None
        below = 0 if of is None else self.masks[id(of)]
        return place.tied & (self.masks[id(self.case.true[i])] | below)

    def _compared(self, claimed: Number, true: Number) -> Any:
        tolerated = self._tolerated(claimed, true)
        if numbers.apart(claimed, true) and not tolerated:
            return Wrong(claimed, true, "a counterexample")
        gap = (numbers.relative_gap if self.rough else numbers.gap)(claimed, true)
        if gap > self.level.near and not tolerated:
            return UNDECIDED
        self.worst = max(self.worst, gap)
        return True

    def _tolerated(self, claimed: Number, true: Number) -> bool:
        """Whether a difference is one that is allowed."""
        allowed = self.case.assumed.tolerance
        return bool(allowed and abs(numbers.ball(claimed) - numbers.ball(true)) <= numbers.rational(allowed))

    def _without(self, i: int, place: KnownPoint, true: Number) -> Any:
        """A claim without a value where the truth has one: wrong where that is so all around."""
        if self.case.derivatives and self.case.primal is not None:
            ready = Evaluation([self.case.claimed[i], self.case.primal])
            for radius in NEIGHBOURHOODS:
                claimed, primal = ready.around(place.point, radius, place.bits)
                if claimed is NONE and not isinstance(primal, Lost):
                    return Wrong(None, true, NOWHERE)
            if i not in self.asked:
                self.asked.add(i)
                if self._never(i, place):
                    return Wrong(None, true, NOWHERE)
        self._hole(place)
        return NONE

    def _hole(self, place: KnownPoint) -> None:
        """Note a point where the claim alone has no value, and the equation that such points satisfy."""
        self.hollow = self.hollow or place.point
        for pole in self.poles:
            if numbers.is_zero(self._value(pole, place)):
                self.holes.setdefault(equation(pole))
                return

    def _nonzero(self) -> set[int]:
        """What is zero nowhere where the program has a derivative."""
        primal = [] if self.case.primal is None else [self.case.primal]
        return {k for kind, k in demands([*self.case.true, *primal]) if kind == NONZERO}

    def _never(self, i: int, place: KnownPoint) -> bool:
        """Whether what must not be zero, and is, is so by algebra wherever all variables keep their signs."""
        node, conditions = self.case.claimed[i], list[Sym]()
        while below := [a for a in self._needed(node, place, conditions) if self._value(a, place) is NONE]:
            node = below[0]
        inner = node.args[0] if node.op in {"log", "pow"} else None
        if inner is None or not numbers.is_zero(self._value(inner, place)):
            return False
        signs = {n.value: numbers.sign(self._value(n, place)) for n in order([inner]) if n.op == "var"}
        primal = [] if self.case.primal is None else [self.case.primal]
        around = Evaluation([*primal, *conditions]).around(place.point, NEIGHBOURHOODS[-1], place.bits)
        stays = not any(isinstance(v, Lost) for v in around)
        return stays and all(signs.values()) and proved_given([(inner, ZERO)], signs, self.case.deadline)

    def _needed(self, node: Sym, place: KnownPoint, conditions: list[Sym]) -> Sequence[Sym]:
        """The arguments that a value needs: of a condition the branch that is taken; conditions are noted."""
        if node.op != "where" or isinstance(self._value(node.args[0], place), Lost):
            return node.args
        conditions.append(node.args[0])
        return [node.args[1 if self._value(node.args[0], place) else 2]]

    def _at_kink(self, i: int, place: KnownPoint, claimed: Any) -> Any:
        """Judge a value at a kink by the derivatives on both sides."""
        here = self._value(self.case.derivatives[i].of, place)
        if isinstance(here, Lost) or (i not in self.rays and len(self.rays) == FOLLOWED):
            return here if isinstance(here, Lost) else NONE
        self.work += RAY * len(self.ready.nodes)
        rays = self.rays.setdefault(i, Rays(self.case, i))
        sides = rays.one_sided(place.point, here, place.bits)
        if claimed is NONE and isinstance(sides, OneSided):
            self._hole(place)
        if isinstance(sides, Lost) or isinstance(claimed, Lost):
            return sides if isinstance(sides, Lost) else claimed
        found = self._compared(claimed, sides.before) if sides.smooth else None
        if found is True or found is UNDECIDED:
            return found
        nearest = sides.beside(claimed)
        if nearest is None or self._tolerated(claimed, nearest) or self._excused(i, place, claimed, sides):
            self._kink(i, place, claimed, sides)
            return True
        low, high = sorted((numbers.digits(s, 8) for s in sides), key=float)
        return found or Wrong(claimed, nearest, f"at a kink, outside the derivatives around it: {low} to {high}")

    def _excused(self, i: int, place: KnownPoint, claimed: Number, sides: OneSided) -> bool:
        """Whether a value at a kink is what one convention gives; where an equality singles the point out none does."""
        if sides.smooth and self.rays[i].touches(place.point, place.bits):
            return False
        return self._ours(i, place, claimed) or self.rays[i].by_convention(claimed, place.point, place.bits)

    def _ours(self, i: int, place: KnownPoint, claimed: Number) -> bool:
        (own,) = evaluate([self.case.given[i]], place.point, place.bits)
        return not isinstance(own, Lost) and not numbers.apart(own, claimed)

    def _kink(self, i: int, place: KnownPoint, claimed: Number, sides: OneSided) -> None:
        low, high = sorted((numbers.digits(s, SHOWN) for s in sides), key=float)
        own = self.case.claimed[i] is self.case.given[i]
        self.unlike = self.unlike or (sides.smooth and not own) or not self._ours(i, place, claimed)
        if len(self.kinks) < KINKS or (sides.smooth and not any(k.left == k.right for k in self.kinks)):
            self.kinks.append(Kink(_shown(place.point), low, high, numbers.digits(claimed, SHOWN)))

    def _refuted(self, i: int, place: KnownPoint, found: Wrong) -> Finding:
        """The finding, at the simplest point that is found to refute."""
        known = isinstance(place.point, BorderPoint)
        best = None if known else simpler(place.point, lambda other: self.wrong(i, other, place.bits))
        place, found = (place, found) if best is None else best[1]
        with numbers.precision(place.bits):
            claimed = NO_VALUE if found.claimed is None else numbers.digits(found.claimed, SHOWN)
            point = {n: place.point[n] for n in self.case.variables if n in place.point} | dict(place.point)
            witness = Witness(_shown(point), self.case.entries[i], claimed, numbers.digits(found.true, SHOWN))
        return Finding(Verdict.REFUTED, found.reason, witness=witness)

    def _open(self) -> bool:
        """Whether a claim has a condition or a kink that was never met, and may be wrong where it is."""
        case, unmet = self.case, self.unmet()
        claims = [(a, b) for a, b in zip(case.claimed, case.given, strict=True) if a is not b] if unmet else []
        below = [(pair, {id(n) for n in order(pair[: 1 if case.derivatives else 2])}) for pair in claims]
        return any(id(n) in ids and not harmless(n, *pair, case.deadline) for n in unmet for pair, ids in below)

    def result(self) -> Finding:
        """What a search without a refutation comes to."""
        if not self.tried and self.blurred:
            return Finding(Verdict.UNKNOWN, "the values are too large, or known too roughly, to be told apart")
        if not self.tried:
            return Finding(Verdict.UNDEFINED, "no point was found where both sides have a value")
        assumptions: tuple[str, ...] = ()
        if self.hollow is not None:
            where = f"where {' or '.join(list(self.holes)[:4])}" if self.holes else f"at {_listed(self.hollow)}"
            assumptions = (f"where the claim has a value (it has none {where})",)
        within = _above(self.worst) + (", relatively," if self.rough and self.worst else "")
        agreed = Verdict.NON_SMOOTH if self.unlike else Verdict.AGREED
        doubt = self._doubt()
        verdict, reason = (
            (Verdict.UNKNOWN, doubt)
            if doubt
            else (agreed, f"within {within} at {self.tried} points, with {self.bits} bits")
        )
        return Finding(verdict, reason, None, tuple(self.kinks), assumptions, digits=self.digits, points=self.tried)

    def _doubt(self) -> str:
        """What was not seen, or not decided, so that agreement at points says too little; "" where that is nothing."""
        given, parities = bool(self.case.assumed.texts), self.negative.values()
        if self.unsure:
            return UNDECIDABLE
        if self.blind is not None:
            return f"{BLIND} {_listed(self.blind)}"
        if self.tried < ENOUGH:
            return "too few points have a value"
        if self._open():
            return UNMET
        if not all(len(seen) >= (1 if given else 2) for seen in parities):
            return FRACTIONS
        seen = () if given else (*self.sides.values(), *self.chosen.values())
        return "" if all(len(sides) > 1 for sides in seen) else ONE_SIDE

    @property
    def digits(self) -> int:
        """How many digits claim and truth share."""
        return min(SHOWN, max(0, -int(f"{self.worst:e}".partition("e")[2]))) if self.worst else SHOWN


def _above(bound: float) -> str:
    """A bound with one digit, rounded up.

    >>> _above(2.06e-9), _above(0.0)
    ('3e-09', '0')
    """
    return f"{float(Context(prec=1, rounding=ROUND_UP).create_decimal_from_float(bound)):.0e}" if bound else "0"


def _listed(point: Point) -> str:
    return ", ".join(f"{name} = {value}" for name, value in list(point.items())[:4])


def _shown(point: Point) -> dict[str, str]:
    return {name: str(value) for name, value in point.items()}
