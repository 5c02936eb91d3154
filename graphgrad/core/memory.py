"""How much memory arrays may take: more is refused before anything is allocated."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from math import prod
from pathlib import Path

from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.shapes import Shape, show

VARIABLE = "GRAPHGRAD_MEMORY"  # the environment variable that moves the bound; the command line's option sets it
PART = 0.5  # of the memory that the process may use
ENTRY = 8  # bytes, of a float64
TEXT = 20  # times its size, that a text takes while it is read
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # of containers


def bound() -> float:
    """Give the most bytes that arrays may take: what the variable says, or half of what the process may use.

    Raises UsageError for a variable that says no size.
    """
    said = os.environ.get(VARIABLE)
    return size(said) if said else PART * _usable()


def size(text: str) -> float:
    """Read a number of bytes; UsageError where it is none.

    >>> size("4GB"), size("500 MB"), size("1e6")
    (4000000000.0, 500000000.0, 1000000.0)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:[eE]\d+)?)\s*([kKmMgGtT]?)(?:i?[bB])?\s*", text)
    if found is None or not 0 < (number := float(found[1]) * _UNITS[found[2].lower()]) < float("inf"):
        raise UsageError(f"'{text}' is no size of memory", hint="write it as in 4GB")
    return number


def spelled(count: float) -> str:
    """Write a number of bytes.

    >>> spelled(8e9), spelled(1500)
    ('8 GB', '1.5 kB')
    """
    for unit, factor in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}" if count < 1000 * factor else f"{count:.0e} bytes"
    return f"{count:.0f} bytes"


def needed(shape: Shape, sizes: Mapping[str, int] | None = None) -> int:
    """Give the bytes of an array; a dimension without a size counts once.

    >>> needed(("N", 3)), needed(("N", 3), {"N": 100})
    (24, 2400)
    """
    known = sizes or {}
    return ENTRY * prod([part if isinstance(part, int) else known.get(part, 1) for part in shape])


def refuse_array(shape: Shape) -> None:
    """Raise ShapeError for an array that is larger than the bound."""
    if shape and (need := needed(shape)) > SMALL and need > (most := bound()):
        raise ShapeError(f"an array of shape {show(shape)} needs {spelled(need)}", hint=allowed(most))


def refuse_step(need: int, rows: int) -> None:
    """Raise ShapeError for a training step that takes more bytes than the bound."""
    if need > SMALL and need > (most := bound()):
        raise ShapeError(f"a step of {rows} rows needs {spelled(need)}", hint=allowed(most))


def refuse_file(path: Path, times: int = TEXT) -> None:
    """Raise UsageError for a file that takes more than the bound while it is read: so many times its own size."""
    with suppress(OSError, ValueError):  # what cannot be looked at cannot be read: that has its own words
        if times * path.stat().st_size > (most := bound()):
            raise UsageError(f"'{path}' takes {spelled(times * path.stat().st_size)} to read", hint=allowed(most))


def allowed(most: float) -> str:
    """Say what the bound is, and how it is moved."""
    return f"{spelled(most)} may be used, and --memory or {VARIABLE} moves that bound"


SMALL = 1_000_000  # bytes that need no closer look


@cache
def _usable() -> float:
    """The memory that the process may use: the machine's, or what its group and its limits leave of it."""
    found = []
    with suppress(AttributeError, ValueError, OSError):  # where the system does not say
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in _GROUPS:
        with suppress(OSError, ValueError):  # no such group, or one without a bound, which says max
            found.append(int(Path(file).read_text()))
    with suppress(ImportError):
        import resource

        limits = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA))
        found += [limit for limit in limits if limit != resource.RLIM_INFINITY]
    return float(min(found, default=UNKNOWN))


UNKNOWN = 8_000_000_000  # bytes, of a machine that does not say
