"""What can go wrong, and how it is said: what was wrong, where, and what would be right.

GraphgradError
├── ParseError     the text is not in the language
├── ShapeError     shapes that do not fit each other
├── DomainError    a value outside the domain of an operation
├── UsageError     an argument, name or file that cannot be used
├── TargetError    a compile target that cannot be had
└── DataError      training data that cannot be used
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple, Self

from graphgrad.core.quoting import one_line, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable


class Span(NamedTuple):
    """A place in the user's text: lines count from 1, columns from 0, in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class GraphgradError(Exception):
    """Base of all errors; with `source` and `span`, the text is shown with carets under the span.

    >>> print(ParseError("unknown name 'y'", source="x + y", span=Span(1, 4, 1, 5), hint="declare it"))
    unknown name 'y'; declare it
      x + y
          ^
    """

    def __init__(self, message: str, *, hint: str = "", source: str = "", span: Span | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.source, self.span = message, hint, source, span

    def at(self, source: str, span: Span | None) -> Self:
        """Give the same error with its place in a text."""
        return type(self)(self.message, hint=self.hint, source=source, span=span)

    def __str__(self) -> str:
        said = terminal(f"{self.message}; {self.hint}" if self.hint else self.message)
        return f"{said}\n{self._excerpt(self.span)}" if self.source and self.span else said

    def _excerpt(self, span: Span) -> str:
        lines = self.source.splitlines() or [""]
        line = lines[min(span.line, len(lines)) - 1]
        end = span.end_column if span.end_line == span.line else len(line)
        start = max(0, min(span.column, end) - _WIDTH // 2)
        column = max(start, min(span.column, len(line)))
        stop = max(column, min(end, start + _WIDTH))
        lead, marked, rest = (
            one_line(part) for part in (line[start:column], line[column:stop], line[stop : start + _WIDTH])
        )
        before, after = ("…" if start else ""), ("…" if start + _WIDTH < len(line) else "")
        carets = "^" * max(1, len(marked))
        return f"  {before}{lead}{marked}{rest}{after}\n  {' ' * len(before + lead)}{carets}"


class ParseError(GraphgradError):
    """The text is not in the language."""


class ShapeError(GraphgradError):
    """Shapes that do not fit each other."""


class DomainError(GraphgradError):
    """A value outside the domain of an operation."""


class UsageError(GraphgradError):
    """An argument, name or file that cannot be used."""


class TargetError(GraphgradError):
    """A compile target that cannot be had."""


class DataError(GraphgradError):
    """Training data that cannot be used."""


def did_you_mean(word: str, known: Iterable[str], near: float = 0.6) -> str:
    """Give a hint that names the nearest known word, or nothing; `near` is difflib's ratio, up to 1.

    The first letter is hardly ever mistyped: a word that begins otherwise must be of the same letters, or much nearer.

    >>> did_you_mean("sine", ["sin", "cos"]), did_you_mean("round", ["prod"]), did_you_mean("nlog", ["log"])
    ("did you mean 'sin'?", '', "did you mean 'log'?")
    """
    known = [*known]
    near_ones = [name for name in known if name[:1] == word[:1] or _ratio(name, word) >= _MUCH_NEARER]
    exchanged = [name for name in known if sorted(name) == sorted(word)]  # letters that changed places
    found = difflib.get_close_matches(word, exchanged or near_ones, 1, near)
    return f"did you mean '{found[0]}'?" if found else ""


def _ratio(name: str, word: str) -> float:
    return difflib.SequenceMatcher(None, name, word).ratio()


_MUCH_NEARER = 0.8
_WIDTH = 100
