"""Where a wrong claim is right, if that is found: for a sign, below or above a number, for labels that sum to 1."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

import numpy as np

from graphgrad.proof.arithmetic import numbers
from graphgrad.proof.arithmetic.numbers import Undecided
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.search import PLAIN, Search
from graphgrad.proof.normal_form.equality import proved_equal, proved_given
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.scalars.borders import borders
from graphgrad.proof.scalars.derivative import substitute
from graphgrad.proof.scalars.evaluate import Evaluation, known
from graphgrad.proof.scalars.points import points, thresholds
from graphgrad.proof.scalars.symbols import Sym, lift, subtract, var
from graphgrad.proof.scalars.words import equation

VARIABLES, ENTRIES = 6, 12  # beyond, no region is looked for
POINTS, BORDERS = 200, 12  # points looked at, and borders that may part them
INSIDE = 40  # points looked at where variables have signs for which a claim is proved


def right_where(case: Case, inputs: Mapping[str, Array], wrong_at: Mapping[str, str]) -> str:
    """Say where a claim is right that is refuted at a point, or "".

    >>> from graphgrad.proof.scalars.elementary import sqrt
    >>> from graphgrad.proof.scalars.symbols import var
    >>> x = var("x")
    >>> right_where(Case([sqrt(x**2)], [x], [x], [()], ["x"]), {"x": np.asarray(x, dtype=object)}, {"x": "-1"})
    'x > 0'
    """
    if len(case.pairs) > ENTRIES:
        return _sums_to_one(case, inputs)
    return _by_condition(case) or _by_sign(case, wrong_at) or _sums_to_one(case, inputs)


def _by_sign(case: Case, wrong_at: Mapping[str, str]) -> str:
    names = case.variables if len(case.variables) <= VARIABLES else []
    looked = Search(case, PLAIN)

    def right(signs: Mapping[str, int]) -> bool:
        if all(Fraction(wrong_at.get(name, 0)) * sign > 0 for name, sign in signs.items()):
            return False
        inside = (p for p in points(names, looked.roots) if all(p[name] * sign > 0 for name, sign in signs.items()))
        return proved_given(case.pairs, signs, case.deadline, case.primal) and all(
            looked.right(point) is not False for point in islice(inside, INSIDE)
        )

    for name in names:
        if said := [word for sign, word in ((1, ">"), (-1, "<")) if right({name: sign})]:
            return f"{name} {said[0] if len(said) == 1 else '!='} 0"
    if len(names) > 1 and right(dict.fromkeys(names, 1)):
        return " and ".join(f"{name} > 0" for name in names)
    return ""


def _sums_to_one(case: Case, inputs: Mapping[str, Array]) -> str:
    """Try, for every array, entries along the last axis that sum to 1."""
    for name, array in inputs.items():
        if array.dtype != object or not np.ndim(array) or np.shape(array)[-1] < 2:
            continue
        rows = array.reshape(-1, np.shape(array)[-1])
        last: dict[str, Sym] = {}
        for row in rows:
            rest = lift(1)
            for entry in row[:-1]:
                rest = rest - entry
            last[row[-1].value] = rest
        if proved_equal([(substitute(a, last), substitute(b, last)) for a, b in case.pairs], case.deadline):
            return f"the entries of {name} sum to 1" + (" along the last axis" if np.ndim(array) > 1 else "")
    return ""


def _by_condition(case: Case) -> str:
    """A condition that parts the points where the claim is right from others: an equation, an order, or a number."""
    if len(case.variables) > VARIABLES:
        return ""
    looked, sides = Search(case, PLAIN), list(_conditions(case))
    ready, found = Evaluation(sides), []
    for point in islice(points(case.variables, looked.roots), POINTS):
        if time.monotonic() > case.deadline:
            return ""
        fine = looked.right(point)
        if fine is not None:
            found.append(([_side(v) for v in ready.at(point)], fine))
    return _parted(sides, found, 0) or _parted(sides, found, 0.5)


def _parted(sides: Sequence[Sym], found: Sequence[tuple[list[int | None], bool]], share: float) -> str:
    """The condition that holds at most points where a claim is right, and at none where it is wrong.

    Of the points where it does not hold the claim may be right at a share, by chance, or to all digits.
    """
    best: tuple[int, str] = (2, "")
    for k, border in enumerate(sides):
        for said, holds in _PARTS:
            inside = [fine for places, fine in found if places[k] in holds]
            outside = [fine for places, fine in found if places[k] is not None and places[k] not in holds]
            if len(inside) > best[0] and all(inside) and outside and sum(outside) <= share * len(outside):
                best = len(inside), equation(border, said)
    return best[1]


_PARTS = (("!=", {1, -1}), (">", {1}), ("<", {-1}))


def _side(value: object) -> int | None:
    try:
        return numbers.sign(value) if known(value) else None
    except Undecided:
        return None


def _conditions(case: Case) -> Iterator[Sym]:
    """Differences at which the claim or the truth changes its form: as they stand, and of one variable and a number."""
    roots = [*case.claimed, *case.true]
    single = var(case.variables[0]) if len(case.variables) == 1 else None
    if single is not None:
        yield from (subtract(single, lift(value)) for value in thresholds(roots))
    yield from borders(roots)[:BORDERS]
