"""The player's page: one offline file of the film as data, styles for every theme, and a small program."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from typing import Any

from graphgrad.core.quoting import css_string, html, javascript
from graphgrad.render.drawing.style import THEMES, Style

SCRIPTS = ("typeset.js", "stage.js", "closeup.js", "quiz.js", "inputs.js", "player.js", "around.js")


def page(title: str, look: Style, data: Any, program: str = "null") -> bytes:
    """The HTML file of a film as data, with the JavaScript that computes its values anew from the inputs, if any."""
    styles = {look.name: look, **{name: known for name, known in THEMES.items() if name != look.name}}
    said = {"THEMES": [*styles], "FILM": data}
    constants = [f"const {name} = {javascript(value)};" for name, value in said.items()]
    script = "\n".join(["", '"use strict";', *constants, f"const compute = {program};", *map(_file, SCRIPTS), ""])
    css = f"\n{_themes(styles)}\n{_file('player.css')}\n"
    parts = {"TITLE": html(title), "STYLE": css, "SCRIPT": script}
    parts |= {"STYLE_HASH": _hash(css), "SCRIPT_HASH": _hash(script)}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _file("player.html")).encode()


def _hash(text: str) -> str:
    """What a page's policy knows its own text by: no other script is run, and no other style applied."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _file(name: str) -> str:
    return (resources.files("graphgrad.render") / "web" / name).read_text(encoding="utf-8").rstrip()


def _themes(styles: Mapping[str, Style]) -> str:
    """Every theme as CSS variables; the film's own comes first, and paper always takes the one for print."""
    blocks = [f"[data-theme={css_string(name)}]{{{_variables(look)}}}" for name, look in styles.items()]
    return "\n".join([*blocks, f"@media print{{html[data-theme]{{{_variables(THEMES['print'])}}}}}"])


def _variables(look: Style) -> str:
    colours = (f.name for f in fields(Style) if str(getattr(look, f.name)).startswith("#"))
    return "".join(f"--{name.replace('_', '-')}:{getattr(look, name)};" for name in colours)
