"""Somebody's code as it runs: what symbols said of it must hold of its own numbers, called again, and on views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.proof.judge.floats import Code, Comparison, compared
from graphgrad.proof.limits.deadline import TimeUp, within
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.report import Finding, Verdict

PLACES, LARGE, FEWER = 16, 1000, 2  # points at which code is run; variables from which on at only so many
AGREE = 1e-9  # relatively: what two calls of one function may differ by, as sums over views have another order
SINGLE = 1e-3  # relatively: what results for arrays of float32 may differ by
Given = Mapping[str, Array]


class Called:
    """Code that is called as people call it, and what was noticed."""

    def __init__(self, code: Code, deadline: float) -> None:
        self.code, self.deadline = code, deadline
        self.remarks: dict[str, None] = {}
        self.differs = self.second = False  # whether two calls gave different results; which of them is looked at

    def __call__(self, given: Given) -> Mapping[str, Any]:
        """Call twice, on arrays of their own, then on views that may not be written to.

        Where the results differ, that is noted, and the one is given that is looked at.
        """
        mine = {name: a.copy() for name, a in given.items()}
        first = self._run(mine)
        for name in given:
            if not np.array_equal(mine[name], given[name], equal_nan=mine[name].dtype.kind == "f"):
                self.remarks[f"the code overwrites its argument '{name}'"] = None
        try:
            second = self._run({name: _view(a) for name, a in given.items()})
        except TimeUp:
            raise
        except Exception as error:  # noqa: BLE001  (somebody's code may raise anything)
            if not self.remarks:
                self.remarks[f"on arrays that it may not write to the code raises {in_words(error)}"] = None
            return first
        differ = [name for name in first if not _close(first[name], second.get(name), AGREE)]
        self.differs = self.differs or bool(differ)
        return second if differ and self.second else first

    def looked_at(self, comparison: Comparison, reason: str) -> dict[str, Finding]:
        """The findings on what the code gives on arrays of its own, and where that differs, on views too."""
        comparison.code = self
        seen = compared(comparison, reason, _places(comparison))
        if not self.differs:
            return seen
        self.second = True
        other = compared(comparison.anew(), reason, _places(comparison))
        return {name: found if found.verdict is Verdict.REFUTED else other[name] for name, found in seen.items()}

    def in_other_types(self, given: Given) -> None:
        """Note where code gives something else for arrays of float32, or of whole numbers, than for float64."""
        whole = {n: np.round(4 * a + np.sign(a)) if a.dtype.kind == "f" else a for n, a in given.items()}
        for values, kind, tolerance in ((given, np.float32, SINGLE), (whole, np.int64, AGREE)):
            other = {n: a.astype(kind) if a.dtype.kind == "f" else a for n, a in values.items()}
            try:
                wanted = self._run({n: a.copy() for n, a in values.items()})
                found = self._run(other)
            except TimeUp:
                raise
            except Exception as error:  # noqa: BLE001  (somebody's code may raise anything)
                self.remarks[f"for arrays of {np.dtype(kind)} the code raises {in_words(error)}"] = None
                continue
            if any(np.all(np.isfinite(w)) and not _close(w, found.get(n), tolerance) for n, w in wanted.items()):
                self.remarks[f"for arrays of {np.dtype(kind)} the code gives something else"] = None

    def _run(self, given: Given) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            found: Mapping[str, Any] = within(self.deadline, self.code, given, stop=True)
            return {name: np.array(value) for name, value in found.items()}


def _view(a: Array) -> Array:
    """The same numbers, as every second entry of an array that is not to be written to."""
    seen: Array = np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a.copy()
    seen.flags.writeable = False
    return seen


def _close(one: Any, other: Any, tolerance: float) -> bool:
    if other is None or np.shape(one) != np.shape(other):
        return False
    largest = float(np.max(np.abs(one), initial=0, where=np.isfinite(one)))
    return bool(np.allclose(one, other, tolerance, tolerance * largest, equal_nan=True))


def in_words(error: Exception) -> str:
    """An error that somebody's code raises, in one line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def as_it_runs(comparison: Comparison, findings: Mapping[str, Finding]) -> dict[str, Finding]:
    """The findings on code that symbols went through, held against what the very code gives at a few points.

    REFUTED where its own numbers are wrong, UNSUPPORTED where it gives none; what else was noticed is a remark.
    """
    if not any(finding.ok for finding in findings.values()):
        return dict(findings)
    called = Called(comparison.code, comparison.deadline)
    try:
        seen = called.looked_at(comparison, "compared in floating point, as the code runs")
        if comparison.ordinary is not None:
            called.in_other_types(comparison.ordinary)
    except TimeUp:
        remark = "the code was not run to the end: time was up"
        return {n: f.with_(assumptions=(*f.assumptions, remark)) if f.ok else f for n, f in findings.items()}
    except Exception as error:  # noqa: BLE001  (somebody's code may raise anything)
        lost = Finding(Verdict.UNSUPPORTED, f"on arrays of floats the code raises {in_words(error)}")
        return {n: lost if f.ok else f for n, f in findings.items()}
    return {name: _held(finding, seen.get(name), tuple(called.remarks)) for name, finding in findings.items()}


def function_as_it_runs(comparison: Comparison) -> Finding:
    """Whether a function gives on floats what it gives on symbols: what it has derivatives of is else another one."""
    called = Called(comparison.code, comparison.deadline)
    try:
        seen = called.looked_at(comparison, "")
    except TimeUp:
        return Finding(Verdict.UNKNOWN, "time was up: the function did not return")
    except Exception as error:  # noqa: BLE001  (somebody's code may raise anything)
        return Finding(Verdict.UNSUPPORTED, f"on arrays of floats the function itself raises {in_words(error)}")
    for finding in seen.values():
        if finding.verdict is Verdict.REFUTED:
            return Finding(Verdict.UNSUPPORTED, "the function itself gives other numbers for floats than for symbols")
    remarks = tuple(remark.replace("the code", "the function") for remark in called.remarks)
    return Finding(Verdict.PROVED, assumptions=remarks)


def _places(comparison: Comparison) -> int:
    return PLACES if len(comparison.variables) < LARGE else FEWER


def _held(finding: Finding, run: Finding | None, remarks: tuple[str, ...]) -> Finding:
    if not finding.ok:
        return finding
    if run is not None and run.verdict is Verdict.REFUTED:
        return run.with_(assumptions=remarks)
    return finding.with_(assumptions=(*finding.assumptions, *remarks))
