"""Whether sums can all be positive at once, each monomial a number of its own: Fourier-Motzkin elimination."""

from __future__ import annotations

from collections.abc import Sequence

from graphgrad.proof.sums import UNIT, Sum, plus, scaled

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
