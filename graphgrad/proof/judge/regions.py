"""Where a wrong claim is right, if that is found: for a sign, below or above a number, for labels that sum to 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graphgrad.proof.judge.judge import NEARLY, Case, agreement
from graphgrad.proof.normal_form.equality import proved_equal, proved_given
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.scalars.derivative import order, substitute
from graphgrad.proof.scalars.evaluate import evaluate
from graphgrad.proof.scalars.points import points, thresholds
from graphgrad.proof.scalars.symbols import PIECES, Sym, lift, var

VARIABLES, ENTRIES = 6, 12  # beyond, no region is looked for


def right_where(case: Case, inputs: Mapping[str, Array]) -> str:
    """Say where a refuted claim is right, or "".

    >>> from graphgrad.proof.scalars.elementary import sqrt
    >>> from graphgrad.proof.scalars.symbols import var
    >>> x = var("x")
    >>> right_where(Case([sqrt(x**2)], [x], [x], [()], ["x"]), {"x": np.asarray(x, dtype=object)})
    'x > 0'
    """
    if len(case.pairs) > ENTRIES:
        return _sums_to_one(case, inputs)
    return _by_condition(case) or _by_sign(case) or _sums_to_one(case, inputs)


def _by_sign(case: Case) -> str:
    names = case.variables if len(case.variables) <= VARIABLES else []
    for name in names:
        said = [word for sign, word in ((1, ">"), (-1, "<")) if proved_given(case.pairs, {name: sign}, case.deadline)]
        if said:
            return f"{name} {said[0] if len(said) == 1 else '!='} 0"
    if len(names) > 1 and proved_given(case.pairs, dict.fromkeys(names, 1), case.deadline):
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
    """A condition that parts the points where the claim is right from others: of two variables, or one and a number."""
    roots, sides = [*case.claimed, *case.true], list(_conditions(case))
    if not sides or len(case.variables) > VARIABLES:
        return ""
    found = []
    for point in points(case.variables, roots):
        values = evaluate([*roots, *(x for pair in sides for x in pair)], point)
        both = list(zip(values[: len(case.claimed)], values[len(case.claimed) : len(roots)], strict=True))
        if all(a is not None and b is not None for a, b in both):
            compared = list(zip(values[len(roots) :: 2], values[len(roots) + 1 :: 2], strict=True))
            found.append((compared, all(agreement(a, b) >= NEARLY for a, b in both)))
    for share in (0, 0.5):  # of the points outside at which the claim may be right by chance, or to all digits
        for k, (left, right) in enumerate(sides):
            parted = [(compared[k][0] - compared[k][1], fine) for compared, fine in found]
            for sign, said in ((1, ">"), (-1, "<")):
                inside = [fine for gap, fine in parted if gap * sign > 0]
                outside = [fine for gap, fine in parted if gap * sign < 0]
                if len(inside) > 2 and all(inside) and outside and sum(outside) <= share * len(outside):
                    return f"{left} {said} {right}"
    return ""


def _conditions(case: Case) -> Iterator[tuple[Sym, Sym]]:
    """What is compared where the claim or the truth changes its form."""
    roots = [*case.claimed, *case.true]
    for node in order(roots):
        if node.op in PIECES and len(node.args) == 2 and {a.op for a in node.args} == {"var"}:
            yield node.args[0], node.args[1]
    if len(case.variables) == 1:
        yield from ((var(case.variables[0]), lift(value)) for value in thresholds(roots))
