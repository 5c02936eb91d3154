"""Exact scalars at points, and along rays from them, in rigorous arithmetic.

What has certainly no value (a logarithm of a negative number, a division by zero) is NONE, and what the precision does
not decide is UNDECIDED; either makes itself of everything that needs it. A branch of a condition that is not taken is
not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from typing import Any

from graphgrad.proof.arithmetic import numbers, series
from graphgrad.proof.arithmetic.numbers import NoValue, Number, Undecided
from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import PAIRS, PIECES, Sym, difference

SPEEDS = 3  # at which a ray is run through
BITS = 170  # some 50 digits

Point = Mapping[str, Any]  # name of a variable -> Fraction or int


class BorderPoint(dict[str, Any]):
    """A point on a border, which may be at no rational: some coordinates are balls, and what vanishes there is known.

    Such a coordinate is a function that gives its ball, with so many bits, or UNDECIDED where these do not tell it.
    """

    def __init__(self, coordinates: Point, vanishes: Callable[[Sym], bool], *, rational: bool = False) -> None:
        super().__init__(coordinates)
        self.vanishes, self.rational = vanishes, rational


def coordinates(point: Point, bits: int) -> dict[str, Any]:
    """The coordinates of a point as numbers, UNDECIDED where these bits do not tell them."""
    with numbers.precision(bits):
        return {name: at(bits) if callable(at) else numbers.rational(at) for name, at in point.items()}


class Lost(Enum):
    """What stands where there is no number."""

    NONE = "no value"
    UNDECIDED = "not decided"

    def __bool__(self) -> bool:
        return False


NONE, UNDECIDED = Lost.NONE, Lost.UNDECIDED


def evaluate(roots: Sequence[Sym], point: Point, bits: int = BITS) -> list[Any]:
    """Give every root's value at a point: a number, a bool, or why there is none.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> evaluate([var("x") / 3, 1 / var("x")], {"x": 1}), evaluate([1 / var("x")], {"x": 0})
    ([1/3, 1], [<Lost.NONE: 'no value'>])
    """
    return Evaluation(roots).at(point, bits)


def known(value: Any) -> bool:
    """Whether there is a value."""
    return not isinstance(value, Lost)


class Evaluation:
    """Some roots, made ready to be evaluated at many points."""

    def __init__(self, roots: Sequence[Sym]) -> None:
        self.nodes = order(roots)
        places = {id(node): k for k, node in enumerate(self.nodes)}
        self.roots = [places[id(root)] for root in roots]
        self.steps = [(node.op, node.value, [places[id(a)] for a in node.args]) for node in self.nodes]
        self.kinks = [k for k, node in enumerate(self.nodes) if may_tie(node)]
        self._zeros: tuple[Point, frozenset[int]] = {}, frozenset()

    def at(self, point: Point, bits: int = BITS) -> list[Any]:
        """Give every root's value at a point."""
        values = self.all_at(point, bits)
        return [values[k] for k in self.roots]

    def all_at(self, point: Point, bits: int = BITS) -> list[Any]:
        """Give every node's value at a point."""
        return self._all(coordinates(point, bits), bits, numbers.FUNCTIONS, self.zeros(point))

    def around(self, point: Point, radius: float, bits: int = BITS) -> list[Any]:
        """Give what is known of every root in a whole neighbourhood of a point."""
        start = coordinates(point, bits)
        with numbers.precision(bits):
            balls = {name: numbers.around(value, radius) if known(value) else value for name, value in start.items()}
        values = self._all(balls, bits, numbers.FUNCTIONS)
        return [values[k] for k in self.roots]

    def along(self, point: Point, direction: Mapping[str, Fraction], bits: int = BITS) -> list[Any]:
        """Give every root close to a point, in a direction: a number, a series, a bool, or why there is none."""
        start, speeds = coordinates(point, bits), {n: numbers.rational(v) for n, v in direction.items()}
        power = 1
        for _ in range(SPEEDS):
            rays = {n: series.ray(v, speeds.get(n, numbers.ZERO), power) if known(v) else v for n, v in start.items()}
            try:
                values = self._all(rays, bits, _ALONG, self.zeros(point))
            except series.Ramified as ramified:
                power *= ramified.power
                continue
            return [values[k] for k in self.roots]
        return [UNDECIDED] * len(self.roots)

    def tied(self, values: Sequence[Any]) -> bool:
        """Whether any node stands on an edge, or may, at a point where all nodes have these values."""
        return any(self.on_edge(k, values) for k in self.kinks)

    def on_edge(self, k: int, values: Sequence[Any]) -> bool:
        """Whether a node, by its place, stands on an edge, or may."""
        return side(self.nodes[k], [values[a] for a in self.steps[k][2]]) in {0, None}

    def zeros(self, point: Point) -> frozenset[int]:
        """The nodes, by their places, that are known to vanish at a point on a border, or whose arguments are equal."""
        if not isinstance(point, BorderPoint):
            return frozenset()
        if self._zeros[0] is not point:
            self._zeros = point, frozenset(self._vanishing_at(point))
        return self._zeros[1]

    def _vanishing_at(self, point: BorderPoint) -> set[int]:
        """What algebra knows to vanish, of what its ball does not tell from zero, each after its arguments."""
        start, zeros = coordinates(point, BITS), set[int]()
        values = self._all(start, BITS, numbers.FUNCTIONS)
        for k, node in enumerate(self.nodes):
            if _smooth(node) and self._open(k, values) and point.vanishes(_zero_of(node)):
                zeros.add(k)
                values = self._all(start, BITS, numbers.FUNCTIONS, zeros)
        return zeros

    def _open(self, k: int, values: Sequence[Any]) -> bool:
        """Whether numbers do not decide if a node vanishes, or if its arguments are equal."""
        value = values[k]
        if isinstance(value, bool | Lost):
            return value is UNDECIDED
        if self.nodes[k].op in PAIRS:
            return not numbers.apart(*(values[place] for place in self.steps[k][2]))
        return numbers.may_vanish(value)

    def _all(
        self,
        variables: Mapping[str, Any],
        bits: int,
        rules: Mapping[str, Callable[..., Any]],
        zeros: Container[int] = (),
    ) -> list[Any]:
        tick()
        values: list[Any] = []
        with numbers.precision(bits):
            for k, (op, value, places) in enumerate(self.steps):
                if not places:
                    values.append(variables[value] if op == "var" else _leaf(op, value))
                elif op == "where":
                    chosen = values[places[0]]
                    values.append(chosen if isinstance(chosen, Lost) else values[places[1 if chosen else 2]])
                elif k in zeros:
                    values.append(_applied(_vanishing(op, rules), op, [values[place] for place in places]))
                else:
                    values.append(_applied(rules[op], op, [values[place] for place in places]))
        return values


def _leaf(op: str, value: Any) -> Any:
    """The value of a constant."""
    if op == "pi":
        return numbers.Pi(numbers.ONE)
    if op == "near":
        return numbers.decimal(value)
    return value if type(value) is bool else numbers.rational(value)


def _applied(rule: Callable[..., Any], op: str, args: list[Any]) -> Any:
    if op == "and" and False in args:
        return False
    for lost in (NONE, UNDECIDED):
        if any(a is lost for a in args):
            return lost
    try:
        return rule(*args)
    except NoValue:
        return NONE
    except series.Ramified:
        raise
    except Undecided:
        return UNDECIDED


def _smooth(node: Sym) -> bool:
    """Whether a node has the limit zero wherever it is zero, or, of a pair, where its arguments are equal."""
    if node.op in PAIRS:
        return not any(a.kinked for a in node.args)
    return bool(node.args) and not node.kinked and node.op not in {"and", "not", "where"}


def _zero_of(node: Sym) -> Sym:
    return difference(node) if node.op in PAIRS else node


def _vanishing(op: str, rules: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    """The rule of an operation where it is known that its value is zero, or that its arguments are equal."""
    if op not in PAIRS:
        return lambda *args: series.vanishing(rules[op](*args))

    def paired(a: Any, b: Any) -> Any:
        difference = series.vanishing(rules["add"](a, rules["mul"](numbers.MINUS_ONE, b)))
        if op in {"max", "min"}:
            return a if rules["le"](difference, numbers.ZERO) == (op == "min") else b
        return rules[op](difference, numbers.ZERO)

    return paired


def _chosen(op: str) -> Callable[..., Any]:
    """The rule of an operation for numbers, or for series where one of its arguments is."""
    plain, moving = numbers.FUNCTIONS[op], series.FUNCTIONS[op]
    return lambda *args: (moving if any(isinstance(a, series.Series) for a in args) else plain)(*args)


_ALONG = numbers.FUNCTIONS | {op: _chosen(op) for op in series.FUNCTIONS}


def may_tie(node: Sym) -> bool:
    """Whether a node may change its form: in pieces, at a root of zero, or where an angle starts again."""
    if node.op == "pow":
        exponent = node.args[1]
        return exponent.op != "const" or exponent.value.denominator != 1
    return node.op in PIECES or node.op == "atan2"


def side(node: Sym, args: Sequence[Any]) -> int | None:
    """On which side of its edge a node stands: -1, 0 (on it) or 1; None where that is not decided, 2 where it has none.

    `args` are the values of its arguments.
    """
    if any(a is NONE for a in args):
        return 2
    if any(a is UNDECIDED for a in args):
        return None
    try:
        return _sides(node.op, args)
    except Undecided:
        return None


def _sides(op: str, args: Sequence[Number]) -> int:
    if op in {"abs", "sign"}:
        return numbers.sign(args[0])
    if op == "floor":
        below = numbers.floor(args[0])
        return 0 if numbers.sign(numbers.subtract(args[0], below)) == 0 else 1
    if op == "pow":
        whole = isinstance(args[1], type(numbers.ONE)) and args[1].q == 1
        return 2 if whole else numbers.sign(args[0])
    if op == "atan2":
        return numbers.sign(args[0]) if numbers.sign(args[1]) < 0 else 1
    return numbers.sign(numbers.subtract(args[0], args[1]))
