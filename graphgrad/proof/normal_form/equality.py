"""Whether pairs of exact scalars are equal wherever both are defined: proved, or not known. Never a guess."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.normal_form.signs import Open, Signs, Undefined
from graphgrad.proof.normal_form.sums import TooLarge, plus, scaled
from graphgrad.proof.scalars.symbols import Sym

PLACES = 6  # of fingerprints that are tried
PATHS = 256  # choices of signs that one proof follows
Pair = tuple[Sym, Sym]


def proved_equal(pairs: Sequence[Pair], deadline: float = float("inf"), primal: Sym | None = None) -> str:
    """Give the method by which all pairs are proved equal, or "".

    Where a primal has no value they need not be, nor where one of a pair has none: that is for the search to see.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> x = var("x")
    >>> proved_equal([((x + 1) ** 2 - 1, x * (x + 2))])
    'normal form'
    """
    left = [(a, b) for a, b in pairs if a is not b]
    if not left:
        return "identical"
    for plain in _readings():
        left = [pair for pair in left if not plainly(plain, pair, deadline)]
        if not left:
            return "normal form"
    fine = all(_deeply(a, deadline) or (primal is not None and _deeply(a, deadline, primal=primal)) for a in left)
    return "normal form, by cases" if fine else ""


def _readings() -> Iterator[Normal]:
    """Plain readings: naming, and not, there at other places as long as roots have no value at one."""
    yield Normal(naming=True)
    for place in range(PLACES):
        normal = Normal(place=place)
        yield normal
        if not normal.atoms.marks.rootless:
            return


def plainly(normal: Normal, pair: Pair, deadline: float) -> bool:
    """Whether a reading gives both the same sum."""
    if time.monotonic() > deadline:
        return False
    try:
        return normal.atoms.zero(plus(normal.of(pair[0]), scaled(normal.of(pair[1]), -1)))
    except (TooLarge, Undefined, RecursionError):
        return False


def proved_given(
    pairs: Sequence[Pair], signs: Mapping[str, int], deadline: float = float("inf"), primal: Sym | None = None
) -> bool:
    """Whether all pairs are proved equal where some variables are positive (1) or negative (-1).

    >>> from graphgrad.proof.scalars.elementary import sqrt
    >>> from graphgrad.proof.scalars.symbols import var
    >>> proved_given([(sqrt(var("x") ** 2), var("x"))], {"x": 1})
    True
    """
    return all(a is b or _deeply((a, b), deadline, signs, primal) for a, b in pairs)


def _deeply(pair: Pair, deadline: float, given: Mapping[str, int] | None = None, primal: Sym | None = None) -> bool:
    """Follow every choice of signs; a proof only where none fails and at least one says something."""
    waiting: list[tuple[dict[str, int], tuple[int, ...]]] = [(dict(given or {}), ())]
    said = False
    for _ in range(PATHS):
        if not waiting:
            return said
        if time.monotonic() > deadline:
            return False
        variables, script = waiting.pop()
        signs = Signs(variables, script)
        normal = Normal(signs)
        try:
            if primal is not None:
                _read(normal, primal)
            equal = signs.atoms.zero(plus(normal.of(pair[0]), scaled(normal.of(pair[1]), -1)))
            if not equal and not signs.impossible():
                return False
            said = said or equal
        except Open as wanted:
            waiting += [({**variables, wanted.variable: sign}, ()) for sign in (1, -1)]
            continue
        except Undefined:
            pass
        except (TooLarge, RecursionError):
            return False
        waiting += [(variables, later) for later in signs.next_scripts(len(script))]
    return False


def _read(normal: Normal, primal: Sym) -> None:
    """Read a scalar only to see whether it has a value."""
    with suppress(TooLarge):
        normal.of(primal)
