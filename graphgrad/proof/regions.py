"""Where a wrong claim is right, if that is found: for a sign, below or above a number, for labels that sum to 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from graphgrad.proof.derivative import substitute
from graphgrad.proof.digits import evaluate
from graphgrad.proof.functions import Array
from graphgrad.proof.judge import NEARLY, Case, agreement
from graphgrad.proof.points import points, thresholds
from graphgrad.proof.symbols import Sym, lift
from graphgrad.proof.zero import proved_equal, proved_given

VARIABLES, ENTRIES = 6, 12  # beyond, no region is looked for


def right_where(case: Case, inputs: Mapping[str, Array]) -> str:
    """Say where a refuted claim is right, or "".

    >>> from graphgrad.proof.elementary import sqrt
    >>> from graphgrad.proof.symbols import var
    >>> x = var("x")
    >>> right_where(Case([sqrt(x**2)], [x], [x], [()], ["x"]), {"x": np.asarray(x, dtype=object)})
    'x > 0'
    """
    if len(case.pairs) > ENTRIES:
        return _sums_to_one(case, inputs)
    return _by_threshold(case) or _by_sign(case) or _sums_to_one(case, inputs)


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


def _by_threshold(case: Case) -> str:
    """For one variable, a number in a condition that parts the points where the claim is right from the others."""
    if len(case.variables) != 1:
        return ""
    (name,) = case.variables
    roots, found = [*case.claimed, *case.true], []
    for point in points([name], roots):
        values = evaluate(roots, point)
        both = [(a, b) for a, b in zip(values, values[len(case.claimed) :], strict=False)]
        if all(a is not None and b is not None for a, b in both):
            found.append((point[name], all(agreement(a, b) >= NEARLY for a, b in both)))
    for value in thresholds(roots):
        for above, said in ((True, ">"), (False, "<")):
            inside = [right for x, right in found if (x > value) == above and x != value]
            outside = [right for x, right in found if (x > value) != above and x != value]
            if len(inside) > 2 and all(inside) and outside and not any(outside):
                return f"{name} {said} {value}"
    return ""
