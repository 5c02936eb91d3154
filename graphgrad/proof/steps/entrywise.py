"""The update of a training step over arrays, read on cells: what every entry of its vectors becomes.

Entries that become the same are judged once, and each stands for all of its kind; the gradient's are symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from graphgrad.core.errors import GraphgradError
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions
from graphgrad.proof.judge.cases import sizes_of
from graphgrad.proof.modules.interpreter import Module
from graphgrad.proof.modules.language import ELEMENTARY, MATH, allowed, casting
from graphgrad.proof.modules.library import trusted
from graphgrad.proof.modules.manifest import ParameterPlace
from graphgrad.proof.modules.prime_field import rational
from graphgrad.proof.readings.functions import ALIASES, FUNCTIONS
from graphgrad.proof.report import Finding, Verdict, weakest
from graphgrad.proof.scalars.derivative import order, substitute
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost, lift, var
from graphgrad.proof.steps.entrywise_arrays import Book, Cells, owner
from graphgrad.proof.steps.text import CALLS, Stepped
from graphgrad.proof.steps.update import JOINED, judged_update


def updates_of(step: Stepped, deadline: float = float("inf")) -> dict[str, Finding]:
    """The finding on every parameter's update, and on that of all that is kept for it."""
    names = [place.name for place in step.places]
    if step.update.new(var("t")) is None:
        return dict.fromkeys(names, JOINED)
    try:
        book, vectors, gradient = _called(step)
        return _judged(step, book, vectors, gradient, deadline)
    except (SymbolsLost, GraphgradError) as error:
        return dict.fromkeys(names, Finding(Verdict.UNSUPPORTED, str(error)))


def _called(step: Stepped) -> tuple[Book, dict[str, Cells], Cells]:
    """The vectors after a step and the gradient that it leaves behind; after the last of some, each from symbols."""
    book = Book()
    module = Module(step.source, meanings(book), literal=lambda a: book.single(rational(a)) if _decimal(a) else a)
    module.names |= {name: _library(book, known) for name, known in trusted(module.functions()).items()}
    vectors = {name: book.vector(name, step.length) for name in step.update.vectors}
    theta, *states = vectors.values()
    call, gradient = step.bound(module, theta, states)
    if not isinstance(gradient, Cells) or gradient.shape != theta.shape:
        raise SymbolsLost("the gradient is no vector of the parameters' length")
    owners = [owner(cells.codes) for cells in (*vectors.values(), gradient)]
    if len({id(a) for a in owners}) < len(owners):
        raise SymbolsLost("the gradient stands where something else is kept")
    book.gradient = owners[-1]
    data = {name: book.unknown(sizes_of(step.fixed, i)) for name, i in step.data.items()}
    rates = {name: book.single(var(name)) for name in step.update.rates}
    for _ in range(CALLS):
        for name, cells in {**vectors, "g@0": gradient}.items():
            fresh = book.vector(name, step.length)
            cells.codes[...], cells.places[...] = fresh.codes, fresh.places
        step.called(call, data, book.single(var("t")), rates)
    return book, vectors, gradient


def _judged(
    step: Stepped, book: Book, vectors: dict[str, Cells], gradient: Cells, deadline: float
) -> dict[str, Finding]:
    kinds, combinations = book.kinds([*vectors.values(), gradient])
    moved = np.zeros(step.length, bool)
    for cells in vectors.values():
        moved |= (cells.places >= 0) & (cells.places != np.arange(step.length))
    found = [_kind(step, [book.known[code] for code in codes], deadline) for codes in combinations]
    findings = {}
    for place in step.places:
        kept, here = moved[place.part], kinds[place.part]
        said = [(found[kind], int(np.argmax(here == kind))) for kind in np.unique(here)]
        if kept.any():
            said.append(
                (Finding(Verdict.UNKNOWN, "the update takes an entry from another place"), int(np.argmax(kept)))
            )
        worst, at = weakest(said, key=lambda pair: pair[0])
        findings[place.name] = _placed(worst, place, at)
    return findings


def _kind(step: Stepped, made: Sequence[Sym | None], deadline: float) -> Finding:
    """The finding on entries that are made of symbols in one way; the last is the gradient."""
    *news, gradient = made
    known = [new for new in news if new is not None]
    names = step.update.vectors
    if gradient is None or len(known) < len(news):
        lost = next((name for name, new in zip(names, news, strict=True) if new is None), "the gradient")
        return Finding(Verdict.UNKNOWN, f"what the update makes {lost} of is not read entry by entry")
    known = [substitute(new, {gradient.value: var("g")}) for new in known]
    if any(node.op == "var" and "@" in node.value for node in order(known)):
        return Finding(Verdict.UNKNOWN, "the update takes the gradient before it is whole")
    return judged_update(step.update, dict(zip(names, known, strict=True)), var("t"), deadline)


def _placed(finding: Finding, place: ParameterPlace, at: int) -> Finding:
    """A finding with the entry of its witness, in the program's order."""
    if finding.witness is None:
        return finding
    entry = tuple(int(k) for k in np.unravel_index(at, place.held)) if place.held else ()
    return finding.with_(witness=finding.witness._replace(entry=entry[::-1] if place.transposed else entry))


def _decimal(value: Any) -> bool:
    return isinstance(value, float) and bool(np.isfinite(value))


def _library(book: Book, name: str) -> Callable[..., Any]:
    """A library function on cells."""
    if name in FUNCTIONS and OPS[name].elementwise:
        return lambda *args: book.combined(FUNCTIONS[name], args)
    return lambda *args, **options: book.shaped(getattr(numpy_functions, name), args, options)


def meanings(book: Book) -> dict[str, Any]:
    """What a module's names mean on cells."""

    def same(a: Any = 0.0, *_: Any, **__: Any) -> Any:
        return a if isinstance(a, np.ndarray) else book.cells(a)

    def copied(a: Any, *_: Any, **__: Any) -> Cells:
        return book.cells(a).copy()

    def filled(value: int | None) -> Callable[..., Cells]:
        return lambda shape=(), *_, **__: book.filled(shape, 0 if value is None else book.number(lift(value)))

    special: dict[str, Any] = {
        "asarray": same,
        "ascontiguousarray": same,
        "array": copied,
        "zeros": filled(0),
        "ones": filled(1),
    }
    special |= {"empty": filled(None), "float64": casting(same), "float32": casting(same), "errstate": same}
    known = {name: FUNCTIONS[ALIASES.get(name, name)] for name in ELEMENTARY}
    return {
        "np": allowed(**special, int64=np.int64, newaxis=None),
        "math": SimpleNamespace(**{name: _rule(book, rule) for name, rule in known.items()} | MATH),
        "float": same,
    }


def _rule(book: Book, rule: Callable[..., Any]) -> Callable[..., Cells]:
    return lambda *args: book.combined(rule, args)
