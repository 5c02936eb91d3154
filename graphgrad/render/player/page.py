"""The player's page: one offline file of the film as data, styles for every theme, and a small program."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from importlib import resources
from typing import Any
from xml.sax.saxutils import escape

from graphgrad.render.drawing.style import THEMES, Style

SCRIPTS = ("typeset.js", "stage.js", "quiz.js", "inputs.js", "player.js")


def page(title: str, look: Style, data: Any, program: str = "null") -> bytes:
    """The HTML file of a film as data, with the JavaScript that computes its values anew from the inputs, if any."""
    parts = {
        "TITLE": escape(title),
        "THEMES": _themes(look),
        "CSS": _file("player.css"),
        "JS": "\n".join(map(_file, SCRIPTS)),
        "DATA": _json(data),
        "PROGRAM": program,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _file("player.html")).encode()


def _file(name: str) -> str:
    return (resources.files("graphgrad.render") / "web" / name).read_text(encoding="utf-8").rstrip()


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", r"<\/")


def _themes(own: Style) -> str:
    """Every theme as CSS variables; the film's own comes first, and paper always takes the one for print."""
    styles = {own.name: own, **{name: look for name, look in THEMES.items() if name != own.name}}
    blocks = [f'[data-theme="{name}"]{{{_variables(look)}}}' for name, look in styles.items()]
    return "\n".join([*blocks, f"@media print{{html[data-theme]{{{_variables(THEMES['print'])}}}}}"])


def _variables(look: Style) -> str:
    colours = (f.name for f in fields(Style) if str(getattr(look, f.name)).startswith("#"))
    return "".join(f"--{name.replace('_', '-')}:{getattr(look, name)};" for name in colours)
