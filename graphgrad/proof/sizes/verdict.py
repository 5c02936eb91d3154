"""What a finding at one size is worth: proved for every size, or agreed at two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.cases import classes_of, source_of
from graphgrad.proof.judge.search import search
from graphgrad.proof.normal_form.equality import plainly
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.report import Finding, Verdict
from graphgrad.proof.sizes.chosen import Sized, beside, shapes_of
from graphgrad.proof.sizes.classes import N
from graphgrad.proof.sizes.criterion import Value, holds_for_every_size

PROVEN = frozenset({Verdict.PROVED, Verdict.NON_SMOOTH})
POINTS = 16  # looked at at another size
Again = Callable[[Sized], Finding]


def settled(
    finding: Finding, sizes: Sequence[Sized], again: Again, every: Callable[[], bool], spelled: Collection[int] = ()
) -> Finding:
    """The finding on all sizes, from the one at the first size.

    `again` gives the finding at another size, `every` tells whether a proof holds for all. A program that has its own
    sizes is judged by these. `spelled` are numbers that a size may be compared with.
    """
    first, *others = sizes
    if not first.sizes:
        return finding
    if not finding.ok:
        return _own(finding, first, again)
    if finding.verdict in PROVEN and every():
        (dimension,) = first.sizes
        return (
            finding.with_(reason=f"{finding.reason}, for every {dimension}") if isinstance(dimension, str) else finding
        )
    for other in (*others, *(beside(first, spelled) if spelled else ())):
        found = again(other)
        if not found.ok and (other in others or found.verdict is Verdict.REFUTED):
            return _own(found.with_(reason=f"{found.reason}, at {other}"), other, again)
        finding = found if found.verdict is Verdict.AGREED else finding
    said = f"{finding.reason} at {_listed(sizes)}"
    return finding.with_(verdict=Verdict.AGREED, reason=said)


def quickly(case: Case) -> Finding:
    """The finding at another size than the first: of algebra if that is quick, else of a few points."""
    normal = Normal(naming=True)
    if all(a is b or plainly(normal, (a, b), case.deadline) for a, b in case.pairs):
        return Finding(Verdict.PROVED, "normal form")
    return search(case, POINTS)


def _own(finding: Finding, at: Sized, again: Again) -> Finding:
    """A refutation at a size that stands for a number counts if it holds at that number, where that can be seen."""
    if finding.verdict is not Verdict.REFUTED or at.whole is None:
        return finding
    found = again(at.whole)
    if found.verdict in {Verdict.REFUTED, Verdict.AGREED, *PROVEN}:
        return found
    return finding.with_(reason=f"{finding.reason}, at {at}")


def _listed(sizes: Sequence[Sized]) -> str:
    """Both sizes of every dimension: N = 4 and 7.

    >>> from graphgrad.frontend.parse import parse
    >>> _listed([Sized(parse("x"), {"N": 4, "C": 7}), Sized(parse("x"), {"N": 7, "C": 4})])
    'N = 4 and 7, C = 7 and 4'
    """
    return ", ".join(f"{name} = {' and '.join(str(at.sizes[name]) for at in sizes)}" for name in sizes[0].sizes)


def for_every_size(at: Sized, wrt: str, claimed: Value, deadline: float) -> bool:
    """Whether a claimed gradient of a program with one dimension is proved for every size of it."""
    if len(at.sizes) != 1 or at.given is None:
        return False
    (dimension,) = at.sizes
    shapes = {name: tuple(N if n == dimension else n for n in shape) for name, shape in shapes_of(at.given).items()}
    labels = {name: classes_of(at.graph, i) for name, i in at.graph.inputs.items() if at.graph.nodes[i].dtype == "int"}
    return holds_for_every_size(at.meant(source_of(at.given)), shapes, labels, wrt, claimed, deadline)
