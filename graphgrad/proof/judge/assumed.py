"""What is given of the inputs: conditions that points satisfy, that algebra uses, and that a verdict repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isfinite

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.frontend.parse import parse
from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.judge.names import names_known
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.text import read
from graphgrad.proof.scalars.derivative import exchanged, gradient, order, substitute
from graphgrad.proof.scalars.evaluate import BorderPoint, Evaluation
from graphgrad.proof.scalars.points import Point
from graphgrad.proof.scalars.symbols import FALSE, TRUE, ZERO, Sym, number, subtract, var
from graphgrad.proof.scalars.words import linear


class ConditionError(UsageError):
    """What is given cannot be used."""


ORDERS = frozenset({"lt", "le", "not"})


@dataclass(frozen=True)
class Assumed:
    """Conditions on inputs, and by how much a claim may be off.

    `solved` are variables that equalities determine, by the others; `held` are conditions that every point satisfies.
    """

    texts: tuple[str, ...] = ()
    solved: tuple[tuple[str, Sym], ...] = ()
    held: tuple[Sym, ...] = ()
    tolerance: Fraction = Fraction(0)

    @cached_property
    def _ready(self) -> Evaluation:
        return Evaluation([value for _, value in self.solved])

    @cached_property
    def _holding(self) -> Evaluation:
        return Evaluation(self.held)

    def met(self, point: Point) -> Point | None:
        """A point moved to where the equalities hold, if the other conditions hold there."""
        if self.solved:
            if isinstance(point, BorderPoint):
                return None
            values = self._ready.at(point)
            if not all(isinstance(value, type(numbers.ONE)) for value in values):
                return None
            point = {**point, **{n: numbers.fraction(v) for (n, _), v in zip(self.solved, values, strict=True)}}
        return point if not self.held or all(value is True for value in self._holding.at(point)) else None

    def applied(self, a: Sym) -> Sym:
        """A scalar where the conditions hold."""
        known = exchanged(a, {id(condition): TRUE for condition in self.held})
        return substitute(known, dict(self.solved))

    @cached_property
    def signs(self) -> dict[str, int]:
        """The signs of variables that follow from conditions on one variable each."""
        found: dict[str, int] = {}
        for condition in self.held:
            line = linear(subtract(condition.args[1], condition.args[0])) if condition.op in {"lt", "le"} else None
            if line is not None:
                name, slope, constant = line
                if (slope > 0) == (-constant / slope >= 0) or constant == 0:
                    found[name] = 1 if slope > 0 else -1
        return found

    @property
    def stated(self) -> tuple[str, ...]:
        """What a verdict says of it."""
        given = (f"given {', '.join(self.texts)}",) if self.texts else ()
        return given + ((f"differences up to {float(self.tolerance):.6g} are allowed",) if self.tolerance else ())


NOTHING = Assumed()


def assumed(texts: Sequence[str], inputs: Mapping[str, Array], tolerance: float = 0.0) -> Assumed:
    """Read conditions on inputs; ConditionError where one is no condition, can never hold, or is not solved.

    >>> from graphgrad.proof.readings.text import symbols_of
    >>> y = symbols_of("y", (2,))
    >>> assumed(["sum(y) == 1", "y[0] > 0"], {"y": y}).met({"y[0]": Fraction(2), "y[1]": Fraction(3)})
    {'y[0]': Fraction(2, 1), 'y[1]': Fraction(-1, 1)}
    """
    places = {v.value: k for k, v in enumerate(v for a in inputs.values() if a.dtype == object for v in np.ravel(a))}
    solved: dict[str, Sym] = {}
    held: list[Sym] = []
    for text in texts:
        for condition in _conditions(text, inputs):
            known = substitute(condition, solved)
            if known is FALSE:
                raise ConditionError(f"'{text}' can never hold")
            if known.op == "eq":
                name, value = _solved(known, text, places)
                solved = {n: substitute(v, {name: value}) for n, v in solved.items()} | {name: value}
            elif known is not TRUE:
                held.append(condition)
    if not isfinite(tolerance) or tolerance < 0:
        raise ConditionError(f"a tolerance of {tolerance} is none", hint="give a number that is not negative")
    return Assumed(tuple(texts), tuple(solved.items()), tuple(held), Fraction(repr(float(tolerance))))


def _conditions(text: str, inputs: Mapping[str, Array]) -> list[Sym]:
    try:
        used = names_known(text, inputs, "the condition")
    except UsageError as error:
        raise ConditionError(error.message, hint=error.hint) from None
    parse(text, {name: np.shape(inputs[name]) for name in used if name in inputs})
    waiting = [a for a in np.ravel(read(text, inputs)[-1][1]) if isinstance(a, Sym)]
    found: list[Sym] = []
    while waiting:
        top = waiting.pop(0)
        if top.op == "and":
            waiting[:0] = top.args
        elif top.op in {"eq", *ORDERS} or top in {TRUE, FALSE}:
            found.append(top)
        else:
            raise ConditionError(f"'{text}' is no condition", hint="write a comparison, as in x > 0")
    return found


def _solved(condition: Sym, text: str, places: Mapping[str, int]) -> tuple[str, Sym]:
    """The last variable in which an equality is linear, and what it is equal to."""
    difference = subtract(*condition.args)
    names = sorted((node.value for node in order([difference]) if node.op == "var"), key=places.__getitem__)
    slopes = gradient(difference, [var(name) for name in names])
    for name, slope in reversed(list(zip(names, slopes, strict=True))):
        if factor := number(slope):
            return name, substitute(difference, {name: ZERO}) * (-1 / factor)
    raise ConditionError(f"'{text}' is solved for no input", hint="write an equation that is linear in one of them")
