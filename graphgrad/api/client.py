"""What a program around graphgrad wants besides the verbs, as its command line does: words, files, memory."""

from __future__ import annotations

from graphgrad.core.errors import did_you_mean
from graphgrad.core.files import check_kind, check_writable, write_whole
from graphgrad.core.memory import (
    TEXT,
    VARIABLE as MEMORY,
    allowed as memory_allowed,
    bound as memory_bound,
    refuse_file,
    size as memory_size,
)
from graphgrad.core.numerals import equation, fixed, general, number
from graphgrad.core.quoting import csv, one_line, terminal
from graphgrad.core.shapes import is_size

__all__ = [
    "MEMORY",
    "TEXT",
    "check_kind",
    "check_writable",
    "csv",
    "did_you_mean",
    "equation",
    "fixed",
    "general",
    "is_size",
    "limit_memory",
    "memory_allowed",
    "memory_bound",
    "memory_size",
    "number",
    "one_line",
    "refuse_file",
    "terminal",
    "write_whole",
]


def limit_memory(size: float, /) -> None:
    """Let the system refuse this process more memory than that, in bytes."""
    from graphgrad.proof.limits.worker import limit_memory as limit

    limit(size)
