"""What a cell of a text may hold: a number, in one of two styles, a truth, a date, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "?"})  # in small letters
CODES = frozenset({".", "..", "-", "--", "---", "*", "missing", "nil", "unknown"})
TRUTHS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0, "t": 1.0, "f": 0.0, "y": 1.0, "n": 0.0}
POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+|\d{1,3}(,\d{3})+(\.\d*)?)([eEdD][+-]?\d+)?")
COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+|\d{1,3}(\.\d{3})+(,\d*)?)([eEdD][+-]?\d+)?")
UNITS = "$€£% \u00a0"  # what may stand before a number, or after it
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (times without a zone are of their own)
FORMATS = (
    *("%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%Y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d%b%Y"),
    *("%Y-%m", "%Y/%m", "%b %Y", "%b-%Y", "%b-%y", "%B %Y", "%H:%M:%S", "%H:%M", "%I:%M %p"),
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
    *("%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%b %d %Y %H:%M", "%Y-%m-%d %H:%M:%S %z"),
)


def number(cell: str, decimal: str = ".") -> float | None:
    """Read a number whose decimals follow a point, or a comma; None where a cell is none.

    >>> number("1,234.5"), number("1.234,5", ","), number("$12"), number("1_0"), number("nan")
    (1234.5, 1234.5, 12.0, None, None)
    """
    bare = cell.strip(UNITS)
    if not (COMMA if decimal == "," else POINT).fullmatch(bare):
        return None
    if decimal == ",":
        bare = bare.replace(".", "").replace(",", ".")
    found = float(bare.replace(",", "").replace("d", "e").replace("D", "e"))
    return found if abs(found) < float("inf") else None


def dates(cells: Iterable[str]) -> list[float] | None:
    """Read dates, times, months and quarters of one format, as days since 1970; None where a cell is none.

    >>> dates(["1970-01-02", "1970-01-03T12:00"]), dates(["3/1/1970", "13/1/1970"]), dates(["1970Q2"]), dates(["red"])
    ([1.0, 2.5], [2.0, 12.0], [90.0], None)
    """
    cells = list(cells)
    for read in (_iso, _quarter, *map(_by_format, FORMATS)):
        try:
            return [_days(read(cell)) for cell in cells]
        except (ValueError, OverflowError):
            continue
    return None


def _days(moment: datetime) -> float:
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - EPOCH) / timedelta(days=1)


def _iso(cell: str) -> datetime:
    if len(cell) < 8 or cell[4:5] != "-":
        raise ValueError(cell)
    return datetime.fromisoformat(cell)


def _quarter(cell: str) -> datetime:
    found = re.fullmatch(r"(\d{4})[- ]?[qQ]([1-4])", cell)
    if found is None:
        raise ValueError(cell)
    return datetime(int(found[1]), 3 * int(found[2]) - 2, 1)  # noqa: DTZ001


def _by_format(form: str) -> Callable[[str], datetime]:
    return lambda cell: datetime.strptime(cell, form)  # noqa: DTZ007
