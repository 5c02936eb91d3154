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
    """One claim of a file, the line it stands on, and what is wrong with that line."""

    expression: str
    variable: str
    claim: str
    line: int
    problem: str = ""


def read_claims(path: str | Path) -> list[Row]:
    """Give the claims of a .csv file with the columns expression, variable, claim, or of a .jsonl file with these keys.

    A row that is not of that form says so. Raises DataError, with the line, where none is.
    """
    path = Path(path)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from None
    if path.suffix == ".csv":
        reader = csv.DictReader(content.splitlines(keepends=True))
        rows = [_row(dict(row), reader.line_num) for row in reader]
    elif path.suffix in {".jsonl", ".ndjson"}:
        rows = [_row(_object(line), k) for k, line in enumerate(content.splitlines(), 1) if line.strip()]
    else:
        raise UsageError(f"{path.name} is neither .csv nor .jsonl")
    if rows and all(row.problem for row in rows):
        raise DataError(f"{path}, {rows[0].problem}", hint=f"its columns are {', '.join(COLUMNS)}")
    return rows


def _object(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        return f"this is no JSON: {error}"


def _row(found: Any, line: int) -> Row:
    if isinstance(found, str) or not isinstance(found, Mapping):
        said = found if isinstance(found, str) else f"an object with the keys {', '.join(COLUMNS)} is wanted"
        return Row("", "", "", line, f"line {line}: {said}")
    missing = [column for column in COLUMNS if not isinstance(found.get(column), str | int | float)]
    expression, variable, claim = (str(found.get(column, "")) for column in COLUMNS)
    return Row(expression, variable, claim, line, f"line {line}: no {missing[0]}" if missing else "")


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
        r if isinstance(r, Row) else _row(r, k) for k, r in enumerate(claims, 1)]  # fmt: skip
    findings: dict[int, Finding] = {}
    jobs = [(row, timeout) for row in rows]
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


def graded(row: Row, timeout: float) -> Finding:
    """The finding on one claim; whatever is wrong with it is in the finding."""
    if row.problem:
        return Finding(Verdict.UNSUPPORTED, row.problem)
    try:
        return check(row.expression, {row.variable: row.claim}, timeout=timeout)[row.variable]
    except GraphgradError as error:
        return Finding(Verdict.UNSUPPORTED, str(error))


GRACE = 2.0  # seconds beyond a claim's own time before its process is ended: starting one takes half of it
