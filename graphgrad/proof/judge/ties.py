"""Borders that are met at no rational number, as x**2 == 2 and x + exp(x) == 0 are: solved, or closed in.

Such a point has a coordinate that is known as a formula, or as a ball that holds exactly one zero. Which sums vanish
there is decided by algebra, so that ties are ties, and never by a small number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import islice, permutations, zip_longest
from math import pi
from typing import Any

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import Number, Undecided
from graphgrad.proof.normal_form.conditions import positive
from graphgrad.proof.normal_form.equality import plainly
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.normal_form.signs import Undefined
from graphgrad.proof.normal_form.sums import TooLarge, content
from graphgrad.proof.scalars.borders import Crossing, crossings
from graphgrad.proof.scalars.derivative import exchanged, gradient, order, substitute
from graphgrad.proof.scalars.elementary import function, sqrt
from graphgrad.proof.scalars.evaluate import BITS, BorderPoint, Evaluation, Lost, Point
from graphgrad.proof.scalars.points import points
from graphgrad.proof.scalars.symbols import (
    FALSE,
    MINUS_ONE,
    PI,
    PIECES,
    TRUE,
    ZERO,
    Sym,
    difference,
    lift,
    number,
    subtract,
    var,
)  # fmt: skip
from graphgrad.proof.scalars.words import factored, spelled, terms

VARIABLES, DEGREE, LONGEST = 3, 8, 60  # that a border is solved for, that is tried, and its nodes
STANDING, PAIRED = 2, 12  # points that give the other variables, and pairs of borders that may meet
FINEST = 1700  # bits to which a zero is closed in
SHOWN = 20  # digits of one that are shown
STRAIGHT = PIECES - {"floor"} | {"add", "mul", "where", "and", "not"}
MOST, BORDERS = 12, 24  # borders that are looked at where they meet, and unmet or curved ones
TIED = {"lt": FALSE, "le": TRUE, "eq": TRUE, "abs": ZERO, "sign": ZERO}
PARTS, NEAR = 24, 1e-14  # denominators of parts of half a turn, and how close a zero is to one that is taken for it


def factors(border: Sym) -> Iterator[Sym]:
    """The parts of a border that have its zeros.

    >>> x = var("x")
    >>> list(factors(abs(x) * (x + 1) ** 2))
    [x, add(x, 1)]
    """
    exponent = number(border.args[1]) if border.op == "pow" else None
    if (exponent is not None and exponent > 0) or border.op in {"abs", "sign"}:
        yield from factors(border.args[0])
    elif border.op == "mul":
        for factor in border.args:
            yield from factors(factor)
    elif border.args or border.op == "var":
        yield border


def on_borders(
    borders: Sequence[Sym], unmet: Sequence[Sym], own: Sequence[Sym], names: Sequence[str], deadline: float
) -> Iterator[tuple[Sym, BorderPoint]]:
    """Borders with points on them, rational ones too of those unmet; and points where several meet of a claim's own."""
    open_ = {id(border) for border in distinct(unmet)}
    every, alone = (list(islice(distinct(some), most)) for some, most in ((borders, BORDERS), (own, MOST)))
    for others in islice(points(names, []), STANDING if len(names) > 1 else 1):
        for row in zip_longest(*(on_border(border, others, deadline) for border in every)):  # each border first once
            met = ((border, point) for border, point in zip(every, row, strict=True) if point is not None)
            yield from ((border, point) for border, point in met if id(border) in open_ or not point.rational)
        for together in meeting(alone):
            yield from ((together[0], point) for point in on_all(together, others, deadline))


def meeting(borders: Sequence[Sym]) -> Iterator[Sequence[Sym]]:
    """Which borders are looked at together: those of a sum of squares; pairs; and all, from each one on."""
    for border in borders:
        yield from ([parts] if len(parts := squares(border)) > 1 else [])
    whole = [part for border in borders for part in squares(border)]
    yield from islice(permutations(whole, 2), PAIRED)
    for k in range(len(whole) if len(whole) > 2 else 0):
        yield [*whole[k:], *whole[:k]]


def squares(border: Sym) -> list[Sym]:
    """What vanishes where a sum of squares and absolute values does; a border that is none is alone.

    >>> x, y = var("x"), var("y")
    >>> squares((x - 1) ** 2 + 3 * abs(y)), squares(x + y**2)
    ([add(x, -1), y], [add(x, pow(y, 2))])
    """
    found = list[Sym]()
    for term in terms(border):
        factor, inner = factored(term)
        exponent = number(inner.args[1]) if inner is not None and inner.op == "pow" else None
        even = exponent is not None and exponent > 0 and exponent.numerator % 2 == 0
        if inner is None or factor <= 0 or not (even or inner.op == "abs"):
            return [border]
        found += factors(inner)
    return found


def curved(border: Sym) -> bool:
    """Whether a border may be met at no rational where all but one variable are rational: one of products is.

    >>> x, y = var("x"), var("y")
    >>> curved(x * y - 2), curved(x**2 - 2)
    (False, True)
    """
    nodes = order([border])
    return any(n.args and (n.op not in STRAIGHT or (n.op == "mul" and n.args[0] is n.args[1])) for n in nodes)


def distinct(borders: Iterable[Sym]) -> Iterator[Sym]:
    """The factors of some borders, those that are multiples of each other once."""
    normal, seen = Normal(), list[Any]()
    for factor in dict.fromkeys(f for border in borders for f in factors(border)):
        if len(order([factor])) <= LONGEST and (found := _up_to_a_number(normal, factor)) not in seen:
            seen.append(found)
            yield factor


def on_border(border: Sym, others: Point, deadline: float) -> Iterator[BorderPoint]:
    """The points that are found where a border is met, one variable moving and the others standing still."""
    for name in _variables(border):
        line = OneVariable(border, others, name, deadline)
        found = [point for value in line.solutions() if (point := line.at_value(value)) is not None]
        yield from found or [*line.at_zeros(), *line.at_rationals()]


def on_all(borders: Sequence[Sym], others: Point, deadline: float) -> Iterator[BorderPoint]:
    """Points where several borders meet: one is solved for a variable, which follows the rest, and so on.

    A border that cannot be met together with those before it is left out.
    """
    first, *rest = borders
    for name in _variables(first):
        standing = {n: v for n, v in others.items() if n != name}
        for value in _values(first, name):
            left = [border for border in (substitute(b, {name: value}) for b in rest) if _variables(border)]
            found = on_all(left, standing, deadline) if left else [_still(standing, deadline)]
            yield from (there for point in found if (there := _followed(point, name, value)) is not None)
            if len(rest) > 1 and left:
                return
    if not rest:
        for line in (OneVariable(first, others, name, deadline) for name in _variables(first)):
            yield from () if line.solutions() else [*line.at_zeros(), *line.at_rationals()]


def _still(point: Point, deadline: float) -> BorderPoint:
    """A point of which all coordinates are rational."""
    known, normal = {n: lift(v) for n, v in point.items()}, Normal()
    return BorderPoint(point, lambda a: plainly(normal, (substitute(a, known), ZERO), deadline))


def _followed(point: BorderPoint, name: str, value: Sym) -> BorderPoint | None:
    """A point with one more coordinate, which follows from the others, if it has a value there."""
    there, follower = {name: value}, Formula(value, point)
    if isinstance(follower(BITS), Lost):
        return None
    return BorderPoint({**point, name: follower}, lambda a: point.vanishes(substitute(a, there)))


def _variables(border: Sym) -> list[str]:
    return [node.value for node in order([border]) if node.op == "var"][:VARIABLES]


class OneVariable:
    """A border as a function of one variable, the others standing still."""

    def __init__(self, border: Sym, others: Point, name: str, deadline: float) -> None:
        self.others, self.name, self.deadline = others, name, deadline
        self.beside = {n: lift(v) for n, v in others.items() if n != name}
        self.border = substitute(border, self.beside)

    def solutions(self) -> list[Sym]:
        """The values at which the border is met, where they are formulas."""
        return _values(self.border, self.name)

    def at_value(self, value: Sym) -> BorderPoint | None:
        """The point where the variable has a value, if the border is met there."""
        normal, there, solution = Normal(), {**self.beside, self.name: value}, Formula(value, {})

        def vanishes(a: Sym) -> bool:
            return plainly(normal, (substitute(a, there), ZERO), self.deadline)

        if isinstance(solution(BITS), Lost) or not vanishes(self.border):
            return None
        return BorderPoint({**self.others, self.name: solution}, vanishes, rational=number(value) is not None)

    def at_zeros(self) -> Iterator[BorderPoint]:
        """Points where the border has a simple zero between two floats, some of which are parts of a turn."""
        for low, high in self._brackets():
            zero = Zero(self.border, self.name, low, high)
            turns = Fraction(float(low) / pi).limit_denominator(PARTS)
            known = self.at_value(lift(turns) * PI) if abs(float(turns) * pi / float(low) - 1) < NEAR else None
            yield known or self._closed_in(zero)

    def at_rationals(self) -> Iterator[BorderPoint]:
        """Points where the border is met at a rational."""
        found = (self.at_value(lift(value)) for value in self._crossings.exact)
        yield from (point for point in found if point is not None)

    @cached_property
    def _crossings(self) -> Crossing:
        """Where the border is met, exactly or closely; nowhere where it has another variable."""
        alone = all(node.value == self.name for node in order([self.border]) if node.op == "var")
        return crossings(self.border, self.name, {}) if alone else Crossing([], [])

    def _brackets(self) -> list[tuple[Fraction, Fraction]]:
        """Two rationals each between which the border has a zero, and only one."""
        beside = self._crossings.beside
        if not beside:
            return []
        ready = Evaluation([self.border, *gradient(self.border, [var(self.name)])])
        pairs = zip(beside[::2], beside[1::2], strict=True)
        return [(low, high) for low, high in pairs if _simple(ready, self.name, low, high)]

    def _closed_in(self, zero: Zero) -> BorderPoint:
        normal = Normal()
        wanted = _up_to_a_number(normal, self.border)

        def vanishes(a: Sym) -> bool:
            found = _up_to_a_number(normal, substitute(a, self.beside))
            return found is not None and found in (wanted, {})

        return BorderPoint({**self.others, self.name: zero}, vanishes)


def harmless(node: Sym, a: Sym, b: Sym, deadline: float) -> bool:
    """Whether it does not matter to two scalars where a condition or a kink is met: never, or they are equal there."""
    return _never(difference(node)) or _alike(node, a, b, deadline)


def _never(border: Sym) -> bool:
    """Whether a scalar is zero nowhere, since all that it adds up has one sign."""
    normal = Normal()
    found = _up_to_a_number(normal, border)
    if not found:
        return False
    common, rest = found
    return all(normal.atoms.positive(g) for g, _ in common) and positive(normal.atoms, rest)


def _alike(node: Sym, a: Sym, b: Sym, deadline: float) -> bool:
    """Whether two scalars are proved equal where a condition or kink stands on its edge."""
    normal = Normal()
    wanted = _up_to_a_number(normal, difference(node))
    at_edge = {
        id(n): TIED[n.op] if n.op in TIED else n.args[0]
        for n in order([a, b])
        if n.op in TIED.keys() | {"max", "min"} and _up_to_a_number(normal, difference(n)) == wanted
    }
    return plainly(normal, (exchanged(a, at_edge), exchanged(b, at_edge)), deadline)


def _up_to_a_number(normal: Normal, a: Sym) -> Any:
    """The sum of a scalar without the number in front of it: equal ones have the same zeros; None where it has none."""
    try:
        found = normal.atoms.expanded(normal.of(a))
    except (TooLarge, Undefined, RecursionError):
        return None
    return content(found)[1:] if found else {}


class Formula:
    """A coordinate that is known as a formula: of numbers, or of the other coordinates, which it follows."""

    def __init__(self, value: Sym, point: Point) -> None:
        self.value, self.point = value, point
        self._ready = Evaluation([value])
        self._known: dict[int, Any] = {}

    def __call__(self, bits: int) -> Any:
        """Its ball."""
        if bits not in self._known:
            (self._known[bits],) = self._ready.at(self.point, bits)
        return self._known[bits]

    def __str__(self) -> str:
        if not self.point:
            return spelled(self.value)
        with numbers.precision(BITS):
            found = self(BITS)
            exact = isinstance(found, type(numbers.ONE))
            return str(numbers.fraction(found)) if exact else f"{numbers.digits(found, SHOWN)}..."


class Zero:
    """The only zero of a function of one variable between two rationals, where it grows or falls."""

    def __init__(self, border: Sym, name: str, low: Fraction, high: Fraction) -> None:
        self.border, self.name = border, name
        self._ready = Evaluation([border])
        self._low, self._high, self._side = low, high, _side(self._ready, name, low)

    def __call__(self, bits: int) -> Number:
        """Its ball."""
        fine = (abs(self._low) + 1) / 2 ** min(bits, FINEST)
        while self._high - self._low > fine:
            middle = (self._low + self._high) / 2
            side = _side(self._ready, self.name, middle)
            if not side:
                break
            self._low, self._high = (middle, self._high) if side == self._side else (self._low, middle)
        with numbers.precision(bits):
            return numbers.between(self._low, self._high)

    def __str__(self) -> str:
        with numbers.precision(128):
            return f"{numbers.digits(self(128), SHOWN)}..., where {spelled(self.border)} == 0"


def _side(ready: Evaluation, name: str, value: Fraction) -> int:
    """On which side of zero a function is; 0 where it is zero, or that is not decided."""
    for bits in (256, 2 * FINEST):
        (found,) = ready.at({name: value}, bits)
        if isinstance(found, Lost):
            return 0
        try:
            return numbers.sign(found)
        except Undecided:
            continue
    return 0


def _simple(ready: Evaluation, name: str, low: Fraction, high: Fraction) -> bool:
    """Whether a function has values all between two rationals, and grows or falls there."""
    value, slope = ready.at({name: lambda _: numbers.between(low, high)}, 256)
    try:
        return not isinstance(value, Lost) and not isinstance(slope, Lost) and bool(numbers.sign(slope))
    except Undecided:
        return False


INVERSES: dict[str, Callable[[Sym], Sym]] = {
    "exp": function("log"), "log": function("exp"), "sinh": function("asinh"), "asinh": function("sinh"),
    "tanh": function("atanh"), "atanh": function("tanh"), "atan": function("tan"),
    "sigmoid": lambda v: function("log")(v / (1 - v)),
}  # fmt: skip


def _values(border: Sym, name: str) -> list[Sym]:
    """The zeros of a function of one variable, where it is undone step by step, or a polynomial that is solved.

    >>> x = var("x")
    >>> [spelled(a) for a in _values(x**2 - 2, "x")], [spelled(a) for a in _values(2 * function("exp")(x) - 3, "x")]
    (['sqrt(2)', '-sqrt(2)'], ['log(3/2)'])
    """
    moving, standing = list[Sym](), ZERO
    for term in terms(border):
        if any(node.op == "var" and node.value == name for node in order([term])):
            moving.append(term)
        else:
            standing = standing + term
    if len(moving) == 1:
        factor, inner = factored(moving[0])
        value = _opposite(standing) / lift(factor)
        exponent = number(inner.args[1]) if inner is not None and inner.op == "pow" else None
        if inner is not None and inner.op in INVERSES:
            return _values(subtract(inner.args[0], INVERSES[inner.op](value)), name)
        if inner is not None and exponent is not None and exponent.denominator != 1:
            return _values(subtract(inner.args[0], value ** lift(1 / exponent)), name)
    return _polynomial(border, name)


def _polynomial(border: Sym, name: str) -> list[Sym]:
    """The zeros of a polynomial of degree 1 or 2, or of a pure power: its coefficients are its derivatives at zero."""
    taylor, slope, factor = list[Sym](), border, 1
    for k in range(DEGREE + 1):
        taylor.append(substitute(slope, {name: ZERO}) / factor)
        if all(node.value != name for node in order([slope]) if node.op == "var"):
            break
        (slope,) = gradient(slope, [var(name)])
        factor *= k + 1
    else:
        return []
    *lower, highest = taylor
    if len(lower) == 1:
        return [lower[0] if highest is MINUS_ONE else _opposite(lower[0]) / highest]
    return _roots(lower, highest) if lower else []


def _opposite(a: Sym) -> Sym:
    negative = a.op == "mul" and MINUS_ONE in a.args
    return a.args[a.args[0] is MINUS_ONE] if negative else -a


def _roots(lower: list[Sym], highest: Sym) -> list[Sym]:
    """The roots of a polynomial of degree 2, or of one that is a power and a number."""
    if len(lower) == 2:
        c, b = lower
        if number(b) == 0:
            root = sqrt(_opposite(c) / highest)
            return [root, -root]
        root = sqrt(b * b - 4 * highest * c)
        return [(-b + root) / (2 * highest), (-b - root) / (2 * highest)]
    power, degree = number(-lower[0] / highest), len(lower)
    if power is None or any(number(a) != 0 for a in lower[1:]):
        return []
    root = lift(abs(power)) ** lift(Fraction(1, degree))
    return [root, -root] if degree % 2 == 0 and power >= 0 else [root if power >= 0 else -root] if degree % 2 else []
