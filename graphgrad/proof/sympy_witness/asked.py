"""sympy's own derivative of a program, asked of a process, and what it says of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.limits.processes import SYMPY
from graphgrad.proof.normal_form.equality import plainly
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.report import Finding, Verdict
from graphgrad.proof.scalars.derivative import order, substitute
from graphgrad.proof.scalars.symbols import Sym, lift
from graphgrad.proof.sympy_witness.formulas import to_sympy

SHARE, LATEST = 0.4, 0.6  # of the time of a verdict: for an answer, and until one, where a process has to start
SHOWN = 60  # characters of a formula
LONGEST = 4000  # nodes of the derivatives with respect to one input, beyond which they are not compared


class Answer(NamedTuple):
    """The derivatives with respect to an input's entries, in order, the first as a formula, or why there are none."""

    derivatives: Sequence[Sym]
    formula: str
    why_not: str = ""


class Asked:
    """A question to sympy, put in a thread while the verdict is worked out."""

    def __init__(self, source: str, inputs: Mapping[str, Any], names: Sequence[str], timeout: float) -> None:
        self._share, self._latest = SHARE * timeout, time.monotonic() + LATEST * timeout
        self._said = f"gives no answer in {self._share:.3g} s"
        self._answers: dict[str, Answer] = {}
        shapes = {n: np.shape(a) for n, a in inputs.items() if a.dtype == object}
        labels = {n: np.asarray(a).tolist() for n, a in inputs.items() if a.dtype != object}
        self._thread = threading.Thread(target=self._ask, args=(source, shapes, labels, list(names)), daemon=True)
        self._thread.start()

    def _ask(self, *question: Any) -> None:
        try:
            with SYMPY.lent() as worker:
                worker.ask(started, timeout=self._latest - time.monotonic())
                share = min(self._share, self._latest - time.monotonic())
                self._answers = worker.ask(derivatives, *question, timeout=share)
        except TimeUp:
            pass
        except (RuntimeError, OSError, ValueError) as error:  # a closed pipe, too: the program is at its end
            self._said = str(error).partition(":")[0]

    def answer(self, name: str) -> Answer:
        """The answer on one input, waited for as long as its share of the time lasts."""
        self._thread.join(max(0.0, self._latest - time.monotonic()))
        return self._answers.get(name, Answer([], "", self._said))


def started() -> str:
    """What a process answers once it has sympy."""
    import sympy as sp

    return str(sp.__version__)


def derivatives(
    source: str, shapes: Mapping[str, tuple[int, ...]], labels: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Answer]:
    """sympy's derivatives of a program with respect to some inputs. May take for ever: ask it in a process."""
    import sympy as sp

    from graphgrad.proof.sympy_witness.text import NotRead, symbols, value_of

    inputs: dict[str, Any] = {n: symbols(n, shape) for n, shape in shapes.items()}
    known = {**inputs, **{n: np.asarray(a) for n, a in labels.items()}}
    try:
        value = sp.sympify(np.asarray(value_of(source, known), dtype=object).item())
    except (NotRead, TypeError, ValueError, IndexError, AttributeError) as error:
        said = f"has no {error}" if isinstance(error, NotRead) else f"gives no answer ({type(error).__name__})"
        return {n: Answer([], "", said) for n in names}
    return {n: _answer(value, list(np.ravel(inputs[n]))) for n in names}


def _answer(value: Any, variables: Sequence[Any]) -> Answer:
    import sympy as sp

    from graphgrad.proof.sympy_witness.numbers import AnotherConvention, carried

    found = [sp.diff(value, variable) for variable in variables]
    formula = str(found[0])
    for kind in (sp.Derivative, sp.Subs):
        if any(slope.has(kind) for slope in found):
            return Answer([], formula, "has no derivative")
    try:
        slopes = [carried(slope) for slope in found]
    except AnotherConvention as error:
        return Answer([], formula, f"has another convention ({error})")
    if len(order(slopes)) > LONGEST:
        return Answer([], formula, "gives a derivative that is too long to compare")
    return Answer(slopes, formula)


def witnessed(finding: Finding, answer: Answer, case: Case) -> Finding:
    """A finding with what sympy says of the truth that it rests on; the case claims what sympy gives."""
    formula = _short(answer.formula)
    if not answer.derivatives:
        return finding.with_(sympy=f"sympy {answer.why_not}")
    entry = f" (entry {list(case.entries[0])})" if case.entries[0] else ""
    normal = Normal(naming=True)
    if all(a is b or plainly(normal, (a, b), case.deadline) for a, b in case.pairs):
        return finding.with_(sympy=f"sympy: {formula}{entry}, equal")
    found = judge(case)
    if found.verdict is Verdict.REFUTED and not _beside(found, case):
        return finding.with_(sympy=f"sympy: {formula}{entry}, equal but at kinks, where it has another convention")
    if found.verdict is Verdict.REFUTED:
        i = list(case.entries).index(found.witness.entry) if found.witness else 0
        theirs, ours = (_formula(side[i]) for side in (case.claimed, case.true))
        reason = f"sympy's derivative is {theirs}, and ours is {ours}: they differ"
        return found.with_(reason=reason, sympy=f"sympy: {theirs}, different")
    said = "equal"
    if found.verdict not in {Verdict.PROVED, Verdict.NON_SMOOTH}:
        said = f"equal, {found.reason}" if found.ok else f"not compared: {found.reason}"
    return finding.with_(sympy=f"sympy: {formula}{entry}, {said}")


def _formula(value: Sym) -> str:
    try:
        return _short(str(to_sympy(value)))
    except (AttributeError, KeyError):
        return _short(str(value))


def _short(formula: str) -> str:
    return formula if len(formula) <= SHOWN else f"{formula[: SHOWN - 3]}..."


def _beside(found: Finding, case: Case) -> bool:
    """Whether two derivatives differ beside a witness, too, where no kink is: at one, conventions may differ."""
    if found.witness is None:
        return True
    if found.correct_where:  # at a number that is no rational, where a condition is met
        return False
    i = list(case.entries).index(found.witness.entry)
    point = {n: lift(Fraction(v) + Fraction(k, 10**7 + k)) for k, (n, v) in enumerate(found.witness.point.items(), 1)}
    claimed, true = (substitute(side[i], point) for side in (case.claimed, case.true))
    return judge(Case([claimed], [true], [true], [()], [], case.deadline)).verdict is Verdict.REFUTED
