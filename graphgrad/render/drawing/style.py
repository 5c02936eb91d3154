"""Themes: every colour and size of a picture stands in one style object."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from graphgrad.core.display import told
from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.lookup import Table
from graphgrad.core.memory import refuse_file

LARGEST = 10_000.0  # points, of a size
LONGEST_NAME = 100  # characters


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_NAME


def _is_size(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= LARGEST


def _is_colour(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


@told(lambda row: f"{row.name}, ink {row.ink} on {row.ground}")
@dataclass(frozen=True, slots=True)
class Style:
    """What a picture looks like. Colours are `#rrggbb`, sizes are points; 72 points are an inch.

    Forward is blue and backward orange-red, told apart by every eye; text meets WCAG AA on its ground.
    """

    aliases: ClassVar[tuple[str, ...]] = ()

    name: str = "light"
    ground: str = "#ffffff"
    ink: str = "#0f172a"  # formulas
    faint: str = "#56637a"  # captions
    idle: str = "#a3afc0"  # outlines and wires that nothing has reached yet
    card: str = "#f8fafc"  # the ground of a node
    group: str = "#f1f5f9"  # the ground of a layer
    value: str = "#1d4ed8"  # forward: values
    value_glow: str = "#dbe7ff"  # the node being computed
    adjoint: str = "#c2410c"  # backward: adjoints and partials
    adjoint_glow: str = "#ffefe4"
    good: str = "#15803d"  # a verdict that stands
    bad: str = "#b91c1c"
    title_size: float = 16.0
    number_size: float = 14.5
    wire_size: float = 13.0
    source_size: float = 22.0
    rule_size: float = 18.0
    line: float = 1.3
    line_lit: float = 2.6
    radius: float = 9.0
    margin: float = 18.0

    def __post_init__(self) -> None:
        """Refuse a field that is not what it should be: it would become part of a file."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "name" and not _is_name(value):
                raise UsageError(f"the name of a theme is a word or a few, not {value!r}")
            if field.type == "float" and not _is_size(value):
                raise UsageError(f"'{field.name}' is a size in points, not {value!r}")
            if field.type == "str" and field.name != "name" and not _is_colour(value):
                raise UsageError(f"'{field.name}' is a colour like \"#1d4ed8\", not {value!r}")


THEMES = Table(
    "theme",
    (
        Style(),
        Style(
            name="dark",
            ground="#0b1220",
            ink="#e8edf5",
            faint="#9fb0c7",
            idle="#53627a",
            card="#162033",
            group="#0f1829",
            value="#84b6ff",
            value_glow="#1d3763",
            adjoint="#ff9d6e",
            adjoint_glow="#55301f",
            good="#5ddb8a",
            bad="#ff8a8a",
        ),
        Style(
            name="print",
            ink="#000000",
            faint="#404040",
            idle="#8c8c8c",
            card="#ffffff",
            group="#f7f7f7",
            value="#00338d",
            value_glow="#e9eefb",
            adjoint="#9a3200",
            adjoint_glow="#fff0e6",
            good="#0b5c2a",
            bad="#8f1010",
        ),
    ),
    otherwise="or a .toml file with a style's fields",
)


def style(theme: str | Path | Style) -> Style:
    """Give the style of a theme: light, dark, print, a `Style`, or a TOML file of its fields over a `base` theme.

    A base that is a file is sought beside the file that names it. Raises UsageError for a theme that is none.

    >>> style("dark").ground
    '#0b1220'
    """
    if isinstance(theme, Style):
        return theme
    if not isinstance(theme, str | Path):
        raise UsageError(f"a theme is a name or a file, not {type(theme).__name__}")
    return _over(theme, ())


def _over(theme: str | Path, above: tuple[Path, ...]) -> Style:
    """The style of a name or a file; `above` are the files that have it as a base."""
    path = Path(theme)
    if path.suffix != ".toml":
        return THEMES.row(str(theme))
    if path in above:
        raise UsageError(f"the theme {path} is a base of itself", hint=f"a last base is one of {', '.join(THEMES)}")
    refuse_file(path)
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # what is no TOML and what is no text are ValueErrors
        raise UsageError(f"cannot read the theme {path}: {error}") from None
    base = settings.pop("base", "light")
    if not isinstance(base, str):
        raise UsageError(f"the base of the theme {path} is a name or a file, not {base!r}")
    under = _over(path.parent / base if base.endswith(".toml") else base, (*above, path))
    return changed(under, {"name": path.stem} | settings)


def changed(base: Style, settings: Mapping[str, Any]) -> Style:
    """Give a style with some fields changed; UsageError for a field that there is not, or a value that cannot be."""
    known = [field.name for field in fields(Style)]
    if unknown := next((key for key in settings if key not in known), ""):
        hint = did_you_mean(unknown, known) or f"its fields: {', '.join(known)}"
        raise UsageError(f"a style has no field '{unknown}'", hint=hint)
    return replace(base, **settings)
