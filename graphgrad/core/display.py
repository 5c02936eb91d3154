"""Displays: how a thing shows itself, told by the rooms that can draw it, so that the thing need not know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Display = Callable[[Any], Any]
T = TypeVar("T")
_DISPLAYS: dict[tuple[str, str], Display] = {}


LONGEST = 100  # characters of a thing's short form


class Shown:
    """A thing that shows itself: a short form in one line, and in notebooks its text and whatever was registered.

    A class says its short form as `_short`; its text is what `str` gives.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return short(type(self).__name__, self._short())

    def _short(self) -> str:
        """What it is, in a few words."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self)} | bundle(self)


def told(said: Callable[[Any], str]) -> Callable[[type[T]], type[T]]:
    """Give a class of plain data a short form in one line, everywhere.

    >>> from typing import NamedTuple
    >>> @told(lambda point: f"{point.x} right, {point.y} up")
    ... class Point(NamedTuple):
    ...     x: float
    ...     y: float
    >>> Point(1, 2)
    <Point 1 right, 2 up>
    """

    def with_line(kind: type[T]) -> type[T]:
        kind.__repr__ = lambda self: short(kind.__name__, said(self))  # type: ignore[method-assign]
        return kind

    return with_line


def short(kind: str, said: str) -> str:
    """Write a thing in one line.

    >>> short("Graph", "x * 2")
    '<Graph x * 2>'
    """
    line = "; ".join(said.splitlines())
    return f"<{kind} {line if len(line) <= LONGEST else line[: LONGEST - 1] + '…'}>"


def register(kind: str, mime: str, display: Display) -> None:
    """Say how things of a class, by its name, show themselves: as a MIME type, or as another library's object."""
    _DISPLAYS[kind, mime] = display


def displayed(thing: object, mime: str) -> Any:
    """Show a thing that way; its plain representation where nobody said how."""
    display = _DISPLAYS.get((type(thing).__name__, mime))
    return display(thing) if display else object.__repr__(thing)


def bundle(thing: object) -> dict[str, str]:
    """Show a thing in every way that was registered, for notebooks."""
    return {
        mime: display(thing)
        for (kind, mime), display in _DISPLAYS.items()
        if kind == type(thing).__name__ and "/" in mime
    }
