"""The judge: where a verdict on a case is composed, of what the algebra proves and what the search finds.

A proof says that the two are equal in every open cell, wherever both have a value. It stands only where the search
finds nothing on the borders, and no place where the claim alone has no value.
"""

from __future__ import annotations

import time

from graphgrad.core.errors import GraphgradError
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.reals import over_the_reals
from graphgrad.proof.judge.search import BLIND, CLOSE, UNMET, glance, search
from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.normal_form.equality import plainly, proved_equal, proved_given
from graphgrad.proof.report import Finding, Verdict
from graphgrad.proof.scalars.borders import borders
from graphgrad.proof.scalars.domains import no_more
from graphgrad.proof.scalars.points import at_powers
from graphgrad.proof.scalars.symbols import SymbolsLost

FIRST, PROVED, MOST = 10, 24, 10_000  # points looked at: before a proof is tried; beside borders, after one; without
BESIDE = 16  # points on, between and beside borders, for each


def judge(case: Case) -> Finding:
    """Give the finding of a case, in time."""
    start = time.monotonic()
    try:
        found = _found(case)
    except (GraphgradError, SymbolsLost, TimeUp, RecursionError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  (whatever a fault of the judge's own raises, it is no verdict)
        found = Finding(Verdict.UNKNOWN, f"the judge broke off: {type(error).__name__} {error}".rstrip())
    return found.with_(seconds=time.monotonic() - start)


def _found(case: Case) -> Finding:
    if all(a is b for a, b in case.pairs):
        found = _looked_over(case, "identical")
    elif _expected(case):
        found = _looked_over(case, "normal form")
    else:
        found = glance(case, FIRST)
        if found.verdict is not Verdict.REFUTED:
            found = _decided(case)
    if found.verdict is Verdict.PROVED and not found.region:
        found = found.with_(region="wherever both sides are defined" + _but_kinks(case))
    return found.with_(assumptions=(*found.assumptions, *over_the_reals(case))) if found.ok else found


def _expected(case: Case) -> bool:
    """Whether a case that is expected to be right is proved at the first try."""
    normal = case.normal
    return normal is not None and all(plainly(normal, pair, case.deadline) for pair in case.pairs)


def _decided(case: Case) -> Finding:
    """Prove, and look on where there are borders, or everywhere, and closely, where no proof was found."""
    method = _method(case)
    if method:
        return _looked_over(case, method)
    found = search(case, MOST)
    if found.verdict in {Verdict.REFUTED, Verdict.UNDEFINED}:
        return found
    closely = search(case, MOST, CLOSE)
    return closely if closely.verdict in {Verdict.REFUTED, Verdict.UNKNOWN} else found.with_(
        verdict=closely.verdict, reason=closely.reason, digits=closely.digits)  # fmt: skip


def _method(case: Case) -> str:
    """How all pairs are proved equal, where what is assumed holds; "" where they are not."""
    assumed = case.assumed
    if not assumed.texts:
        return proved_equal(case.pairs, case.deadline, case.primal)
    pairs = [(assumed.applied(a), assumed.applied(b)) for a, b in case.pairs]
    primal = None if case.primal is None else assumed.applied(case.primal)
    if method := proved_equal(pairs, case.deadline, primal):
        return method
    return "normal form, by cases" if proved_given(pairs, assumed.signs, case.deadline, primal) else ""


def _looked_over(case: Case, method: str) -> Finding:
    """What a proof comes to when the borders, and the places without a value, have been looked at."""
    if _same_everywhere(case):
        return Finding(Verdict.PROVED, method)
    return _proved(search(case, looked_at(case), proved=True), method)


def _same_everywhere(case: Case) -> bool:
    """Whether there are no borders, and no place where the claim alone may have no value."""
    pairs = [(a, b) for a, b in case.pairs if a is not b]
    true = [b for _, b in pairs] + ([] if case.primal is None else [case.primal])
    return not any(a.kinked or b.kinked for a, b in case.pairs) and no_more((a for a, _ in pairs), true)


def _proved(found: Finding, method: str) -> Finding:
    if found.verdict in {Verdict.REFUTED, Verdict.UNDEFINED} or found.reason.startswith((UNMET, BLIND)):
        return found
    kept = Verdict.NON_SMOOTH if found.verdict is Verdict.NON_SMOOTH else Verdict.PROVED
    return found.with_(verdict=kept, reason=method)


def looked_at(case: Case) -> int:
    """How many points a proof is looked over at."""
    roots = [*case.claimed, *case.true]
    return PROVED + sum(1 for _ in at_powers(case.variables, roots)) + BESIDE * len(borders(roots))


def _but_kinks(case: Case) -> str:
    return ", away from kinks" if any(a.kinked for a in case.true) else ""
