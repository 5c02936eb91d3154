"""Many claims in one call: from CSV or JSON lines, judged in parallel processes, each ended when its time is up."""

from __future__ import annotations

import csv
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.core.files import check_kind
from graphgrad.core.memory import refuse_file
from graphgrad.core.quoting import one_line
from graphgrad.frontend.parse import parse
from graphgrad.proof.claims import check
from graphgrad.proof.gradients import TIMEOUT
from graphgrad.proof.judge.names import free_names
from graphgrad.proof.limits.deadline import TimeUp
from graphgrad.proof.limits.processes import parallel
from graphgrad.proof.report import Finding, Report, Verdict

COLUMNS = ("expression", "variable", "claim")
MORE = ("given", "shapes")  # columns that a file may have
MOST, LONGEST, COLUMN = 100_000, 100_000, 40  # claims in a file; characters of a cell, and shown of a column's name


class ClaimRow(NamedTuple):
    """One claim of a file, the line it stands on, what is wrong with that line, and what else stands there."""

    expression: str
    variable: str
    claim: str
    line: int
    problem: str = ""
    others: tuple[tuple[str, str], ...] = ()  # columns and their cells
    given: tuple[str, ...] = ()  # conditions on the inputs
    shapes: str = ""  # as in "X=N,3; w=3"


def read_claims(path: str | Path) -> list[ClaimRow]:
    """Give the claims of a .csv file with the columns expression, variable, claim, or of a .jsonl file with these keys.

    There may be columns given, conditions parted by semicolons, and shapes, as in "X=N,3; w=3".
    Cells are parted by commas, semicolons or tabs; upper case and blanks in the header do not matter. A row that is not
    of that form says so. Raises UsageError where there is no such file, DataError where it holds no claims, or lacks a
    column.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"there is no file '{path}'")
    check_kind(path, (".csv", ".jsonl", ".ndjson"))
    refuse_file(path)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"'{path}' is no text", hint="claims are a file of UTF-8") from None
    lines = content.splitlines(keepends=True)
    if path.suffix == ".csv":
        separator = max(",;\t", key=lines[0].count) if lines else ","
        reader = csv.DictReader(lines, delimiter=separator)
        try:
            found = [(dict(row), reader.line_num) for row in reader]
        except csv.Error as error:
            raise DataError(f"'{path}', line {reader.line_num}: {error}") from None
    else:
        found = [(_object(line), k) for k, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise DataError(f"'{path}' holds no claims")
    if len(found) > MOST:
        raise DataError(f"'{path}' holds {len(found)} claims, {MOST} at most are judged", hint="part the file")
    return _rows(found, path)


def _object(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"this is no JSON: {error}"


def _rows(found: Sequence[tuple[Any, int]], path: Path) -> list[ClaimRow]:
    """Give rows; a column that all of them lack is an error, a cell that one lacks is that row's own."""
    heads = dict.fromkeys(_heading(n) for row, _ in found if isinstance(row, Mapping) for n in row if n is not None)
    if missing := [column for column in COLUMNS if column not in heads]:
        hint = f"a claim has {', '.join(COLUMNS)}, and here are {', '.join(heads) or 'none'}"
        raise DataError(f"'{path}', line 1: there is no '{missing[0]}'", hint=hint)
    return [_row(row, line) for row, line in found]


def _heading(name: Any) -> str:
    plain = str(name).strip()
    return plain.casefold() if plain.casefold() in {*COLUMNS, *MORE} else plain


def _row(found: Any, line: int) -> ClaimRow:
    if isinstance(found, str) or not isinstance(found, Mapping):
        said = found if isinstance(found, str) else f"an object with the keys {', '.join(COLUMNS)} is wanted"
        return ClaimRow("", "", "", line, f"line {line}: {said}")
    cells = {_heading(name): _cell(value) for name, value in found.items() if name is not None}
    expression, variable, claim = (cells.get(column, "") for column in COLUMNS)
    others = tuple((name, cell) for name, cell in cells.items() if name not in {*COLUMNS, *MORE})
    given = tuple(part for text in cells.get("given", "").split(";") if (part := text.strip()))
    missing = [column for column in COLUMNS if not cells.get(column)]
    problem = f"line {line}: no {missing[0]}" if missing else ""
    if long := next((name for name, cell in cells.items() if len(cell) > LONGEST), ""):
        problem = f"line {line}: more than {LONGEST} characters in '{one_line(long[:COLUMN])}'"
        return ClaimRow("", "", "", line, problem)
    if None in found:
        problem = f"line {line}: more cells than there are columns; put a claim with commas in quotes"
    return ClaimRow(expression, variable, claim, line, problem, others, given, cells.get("shapes", ""))


def _cell(value: Any) -> str:
    """What stands in a cell; of JSON a list is parted by semicolons, an object written as NAME=VALUE."""
    if isinstance(value, Mapping):
        return "; ".join(f"{n}={','.join(map(str, v)) if isinstance(v, list) else v}" for n, v in value.items())
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def shapes_of(text: str) -> dict[str, tuple[int | str, ...]]:
    """The shapes in a cell.

    >>> shapes_of("X=N,3; w=3")
    {'X': ('N', 3), 'w': (3,)}
    """
    found: dict[str, tuple[int | str, ...]] = {}
    for part in filter(str.strip, text.split(";")):
        name, equals, sizes = part.partition("=")
        if not equals:
            raise UsageError(f"'{part.strip()}' is no shape", hint="write NAME=SIZES, as in X=N,3")
        words = [size.strip() for size in sizes.strip(" ()").split(",") if size.strip()]
        found[name.strip()] = tuple(int(word) if word.isdigit() else word for word in words)
    return found


def grade(  # noqa: PLR0913  (options come by name)
    claims: str | Path | Sequence[ClaimRow | Mapping[str, Any]],
    /,
    timeout: float = TIMEOUT,
    sympy: bool = True,  # noqa: FBT001, FBT002  (given by name)
    processes: int | None = None,
    *,
    given: Sequence[str] = (),
    shapes: Mapping[str, Any] | None = None,
    atol: float = 0.0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Give a finding for every claim, by its number from 1, in order: a file's, or those of a list.

    Each claim has `timeout` seconds; one that hangs is UNKNOWN and holds up no other. A claim that cannot be read, or
    is not there, is UNSUPPORTED, with the error. `given`, `shapes` and `atol` are for all claims. `progress` is called
    with (done, total) as findings come in.
    """
    start = time.monotonic()
    rows = read_claims(claims) if isinstance(claims, str | Path) else _listed(claims)
    findings: dict[int, Finding] = {}
    jobs = [(row, timeout, sympy, tuple(given), dict(shapes or {}), atol) for row in rows]
    for index, result in parallel(graded, jobs, timeout + GRACE, processes or os.cpu_count() or 1):
        findings[index] = result if isinstance(result, Finding) else _lost(result, timeout)
        progress(len(findings), len(rows))
    named = {str(k + 1): findings[k] for k in range(len(rows))}
    counts = Counter(str(finding.verdict) for finding in named.values())
    counted = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    subject = f"{len(rows)} claim{'s' * (len(rows) != 1)}: {counted}"
    others = {str(k): dict(row.others) for k, row in enumerate(rows, 1)}
    return Report(subject, named, time.monotonic() - start, others=others)


def _listed(claims: Sequence[ClaimRow | Mapping[str, Any]]) -> list[ClaimRow]:
    if not claims:
        raise UsageError("there are no claims to grade")
    read = [row for row in claims if isinstance(row, ClaimRow)]
    said = [(row, k) for k, row in enumerate(claims, 1) if not isinstance(row, ClaimRow)]
    return read or _rows(said, Path("claims"))


def _lost(error: Exception, timeout: float) -> Finding:
    """The finding on a claim whose process gave none."""
    if isinstance(error, TimeUp):
        return Finding(Verdict.UNKNOWN, "time was up", seconds=timeout)
    return Finding(Verdict.UNSUPPORTED, str(error))


def graded(  # noqa: PLR0913, PLR0917  (a job has no names)
    row: ClaimRow,
    timeout: float,
    sympy: bool,  # noqa: FBT001
    given: tuple[str, ...],
    shapes: Mapping[str, Any],
    atol: float,
) -> Finding:
    """The finding on one claim; whatever is wrong with it is in the finding."""
    if row.problem:
        return Finding(Verdict.UNSUPPORTED, row.problem)
    try:
        used = free_names(row.expression)
        own = {n: shape for n, shape in {**shapes, **shapes_of(row.shapes)}.items() if n in used}
        claim, conditions = {row.variable: row.claim}, (*given, *row.given)
        report = check(parse(row.expression, own), claim, timeout, given=conditions, atol=atol, sympy=sympy)
        return next(iter(report.values()))
    except GraphgradError as error:
        return Finding(Verdict.UNSUPPORTED, str(error))


GRACE = 2.0  # seconds beyond a claim's own time before its process is ended
