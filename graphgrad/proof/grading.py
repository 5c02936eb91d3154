"""Many claims in one call: from CSV or JSON lines, judged in parallel processes, each ended when its time is up."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.proof.claims import check
from graphgrad.proof.clock import TimeUp
from graphgrad.proof.graphs import TIMEOUT
from graphgrad.proof.processes import parallel
from graphgrad.proof.report import Report
from graphgrad.proof.verdicts import Finding, Verdict

COLUMNS = ("expression", "variable", "claim")


class Row(NamedTuple):
    """One claim of a file, and the line it stands on."""

    expression: str
    variable: str
    claim: str
    line: int


def read_claims(path: str | Path) -> list[Row]:
    """Give the claims of a .csv file with the columns expression, variable, claim, or of a .jsonl file with these keys.

    Raises DataError, with the line, where a row is not of that form.
    """
    path = Path(path)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from None
    if path.suffix == ".csv":
        reader = csv.DictReader(content.splitlines(keepends=True))
        return [_row(dict(row), reader.line_num, path) for row in reader]
    if path.suffix in {".jsonl", ".ndjson"}:
        lines = [(k, line) for k, line in enumerate(content.splitlines(), 1) if line.strip()]
        return [_row(_object(line, k, path), k, path) for k, line in lines]
    raise UsageError(f"{path.name} is neither .csv nor .jsonl")


def _object(line: str, number: int, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {number}: {error}") from None
    if not isinstance(found, dict):
        raise DataError(f"{path}, line {number}: an object with the keys {', '.join(COLUMNS)} is wanted")
    return found


def _row(found: Mapping[str, Any], line: int, path: Path) -> Row:
    if missing := [column for column in COLUMNS if not isinstance(found.get(column), str | int | float)]:
        raise DataError(f"{path}, line {line}: no {missing[0]}", hint=f"its columns are {', '.join(COLUMNS)}")
    return Row(str(found["expression"]), str(found["variable"]), str(found["claim"]), line)


def grade(
    claims: str | Path | Sequence[Row | Mapping[str, Any]],
    /,
    timeout: float = TIMEOUT,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Give a finding for every claim, by its number from 1, in order: a file's, or those of a list.

    Each claim has `timeout` seconds; one that hangs is UNKNOWN and holds up no other. A claim that cannot be read is
    UNSUPPORTED, with the error. `progress` is called with (done, total) as findings come in.
    """
    start = time.monotonic()
    rows = read_claims(claims) if isinstance(claims, str | Path) else [
        r if isinstance(r, Row) else _row(r, k, Path("claims")) for k, r in enumerate(claims, 1)]  # fmt: skip
    findings: dict[int, Finding] = {}
    jobs = [(row.expression, row.variable, row.claim, timeout) for row in rows]
    for index, result in parallel(graded, jobs, timeout + GRACE, processes or os.cpu_count() or 1):
        findings[index] = result if isinstance(result, Finding) else _lost(result, timeout)
        progress(len(findings), len(rows))
    named = {str(k + 1): findings[k] for k in range(len(rows))}
    return Report(f"{len(rows)} claims", named, time.monotonic() - start)


def _lost(error: Exception, timeout: float) -> Finding:
    """The finding on a claim whose process gave none."""
    if isinstance(error, TimeUp):
        return Finding(Verdict.UNKNOWN, "time was up", seconds=timeout)
    return Finding(Verdict.UNSUPPORTED, str(error))


def graded(expression: str, variable: str, claim: str, timeout: float) -> Finding:
    """The finding on one claim; whatever is wrong with it is in the finding."""
    try:
        return check(expression, {variable: claim}, timeout=timeout)[variable]
    except GraphgradError as error:
        return Finding(Verdict.UNSUPPORTED, str(error))


GRACE = 2.0  # seconds beyond a claim's own time before its process is ended: starting one takes half of it
