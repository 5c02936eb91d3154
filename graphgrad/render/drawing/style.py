"""Themes: every colour and size of a picture stands in one style object."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.lookup import Table


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

    >>> style("dark").ground
    '#0b1220'
    """
    if isinstance(theme, Style):
        return theme
    path = Path(theme)
    if path.suffix != ".toml":
        return THEMES.row(str(theme))
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read the theme {path}: {error}") from error
    return _checked(style(settings.pop("base", "light")), {"name": path.stem} | settings)


def _checked(base: Style, settings: dict[str, Any]) -> Style:
    kinds = {field.name: field.type for field in fields(Style)}
    for key, value in settings.items():
        if key not in kinds:
            known = ", ".join(kinds)
            raise UsageError(f"a style has no field '{key}'", hint=did_you_mean(key, kinds) or f"its fields: {known}")
        if kinds[key] == "float" and not (isinstance(value, int | float) and value > 0):
            raise UsageError(f"'{key}' is a size in points, not {value!r}")
        if kinds[key] == "str" and key != "name" and not _is_colour(value):
            raise UsageError(f"'{key}' is a colour like \"#1d4ed8\", not {value!r}")
    return replace(base, **settings)


def _is_colour(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) == 7
        and value[0] == "#"
        and all(c in "0123456789abcdef" for c in value[1:].lower())
    )
