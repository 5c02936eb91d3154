"""Displays: how a thing shows itself, told by the rooms that can draw it, so that the thing need not know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Display = Callable[[Any], Any]
_DISPLAYS: dict[tuple[str, str], Display] = {}


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
