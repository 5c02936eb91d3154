"""What commands share on their output side: JSON, tables, numbers."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from graphgrad.api.client import one_line

UNREAD = re.compile("[\udc80-\udcff]+")  # bytes of an argument that the locale has no characters for
UNSAID = "graphgrad-output-"  # folders of files that go to standard output: that they were written is nobody's business


def readable(said: str) -> str:
    r"""Text that came as UTF-8 to a process whose locale is another; bytes that are no UTF-8 stay as they are.

    >>> readable("2*\udcc2\udcb5"), readable("a\udcff") == "a\udcff"
    ('2*µ', True)
    """
    return UNREAD.sub(lambda found: os.fsencode(found[0]).decode("utf-8", "surrogateescape"), said)


def say_json(answer: Any) -> None:
    """Print an answer for machines; arrays as lists, values that JSON does not know, such as inf and nan, as text."""
    click.echo(json.dumps(_plain(answer), indent=2, allow_nan=False))


def say_wrote(file: Path, detail: str = "", *, err: bool = False) -> None:
    """Name a file that was written; beside an answer for machines on the other stream."""
    if file.parent.name.startswith(UNSAID):
        return
    named = readable(str(file))
    click.echo(one_line(f"wrote {named} ({detail})" if detail else f"wrote {named}"), err=err)


def say_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table for people; of one that nobody reads to its end, the first rows and the last."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < 2 else "right", overflow="fold")
    for row in _ends(rows):
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, 100))
    console.print(table)


LISTED = 500  # rows at either end that a longer table shows


def _ends(rows: list[list[str]]) -> list[list[str]]:
    left_out = len(rows) - 2 * LISTED
    said = [["...", f"{left_out} rows more, which --json gives"]]
    return [*rows[:LISTED], *said, *rows[-LISTED:]] if left_out > 0 else rows


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show on a terminal that work goes on, where it takes more than a moment."""
    import sys

    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(one_line(what))
        yield


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how much of a long work is done."""
    import sys

    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(k): _plain(v) for k, v in value.items()}
        case list() | tuple():
            return [*map(_plain, value)]
        case float() if not math.isfinite(value):
            return str(value)
        case None | str() | int() | float():
            return value
    tolist = getattr(value, "tolist", None)
    return _plain(tolist()) if tolist else str(value)
