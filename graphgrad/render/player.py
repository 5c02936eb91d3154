"""The HTML player: one offline file that holds the film as data, and a small program that draws and recomputes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import fields
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from graphgrad.compiler.javascript import javascript_body
from graphgrad.core.errors import TargetError
from graphgrad.render.draw import content, layer
from graphgrad.render.entries import entries
from graphgrad.render.heat import shown
from graphgrad.render.numerals import written
from graphgrad.render.raster import milliseconds
from graphgrad.render.scene import MODES, Equation, Frame, Math, Phrase, Value, words
from graphgrad.render.shapes import Box, Curve, Head, Heat, Ink, Shape
from graphgrad.render.style import THEMES, Style
from graphgrad.render.svg import fmt, path
from graphgrad.render.tensor import PAD
from graphgrad.render.typeset import Label, advance, outline, piece

if TYPE_CHECKING:
    from graphgrad.render.film import Film

DIGITS = "0123456789.−×()∞undefitrals"  # what a number may be written with
FILES = ("player.css", "typeset.js", "stage.js", "quiz.js", "player.js")


def film_html(film: Film) -> bytes:
    """The film as one HTML file: plays, steps, recomputes, asks; it loads nothing from anywhere."""
    page = _file("player.html")
    parts = {
        "TITLE": escape(f"Backpropagation of {film.scene.name}"),
        "THEMES": _themes(film.style),
        "CSS": _file("player.css"),
        "JS": "\n".join(_file(name) for name in FILES[1:]),
        "DATA": _json(_Data(film).collect()),
        "PROGRAM": _program(film),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], page).encode()


def _program(film: Film) -> str:
    """The JavaScript that computes every node anew from the inputs; none where arrays are in the program."""
    try:
        return f"function (x) {{\n{javascript_body(film.trace.gradient)}\n}}" if film.trace else "null"
    except TargetError:
        return "null"


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


class _Data:
    """The film as numbers and lists: every shape and label once, frames as lists of shapes."""

    def __init__(self, film: Film) -> None:
        self.film, self.stage, self.scene = film, film.stage, film.scene
        self.labels: dict[Math, int] = {}
        self.typeset: list[Label] = []
        self.shapes: dict[Shape, None] = {}
        self.entries = entries(film.trace.graph, film.trace.values) if film.trace else {}

    def collect(self) -> dict[str, Any]:
        drawn = [{mode: content(self.stage, f, mode) for mode in MODES} for f in self.scene.frames]
        for frame in drawn:
            for shapes in frame.values():
                self.shapes.update(dict.fromkeys(shapes))
        order = sorted(self.shapes, key=layer)  # stable: the order of appearance within a layer
        number = {shape: k for k, shape in enumerate(order)}
        told = {mode: [[number[s] for s in f[mode]] for f in drawn] for mode in MODES}
        return {
            "title": self.scene.name,
            "theme": self.film.style.name,
            "mode": self.film.labels,
            "size": [self.stage.width, self.stage.height - 10],
            "shapes": [self.shape(s) for s in order],
            "show": told,
            "frames": [self.frame(f, k) for k, f in enumerate(self.scene.frames)],
            "groups": [self.group(name) for name in self.stage.layout.groups],
            "cards": [self.card(k) for k in range(len(self.scene.cards))],
            "values": [_number(self.scene.values[i]) for i in range(len(self.scene.values))],
            "labels": [_label(label) for label in self.typeset],
            "digits": {sign: advance(sign) for sign in DIGITS},
            "glyphs": {g: outline(g) for g in sorted(self.glyphs())},
        }

    def glyphs(self) -> set[int]:
        return {g.number for label in self.typeset for g in label.glyphs} | {advance(sign)[0] for sign in DIGITS}

    def shape(self, shape: Shape) -> list[Any]:
        match shape:
            case Box():
                box = [shape.x, shape.y, shape.width, shape.height, shape.radius]
                return ["b", *box, shape.fill, shape.stroke, shape.line, int(shape.dashed)]
            case Curve():
                return ["c", path(shape.points), shape.stroke, shape.line]
            case Head():
                return ["h", "M" + "L".join(f"{fmt(x)} {fmt(y)}" for x, y in shape.corners) + "Z", shape.fill]
            case Heat():
                at = [shape.x, shape.y, shape.width, shape.height]
                return ["m", *at, shape.cells, shape.colour]
            case Ink():
                lit = sorted(shape.lit)
                place = [shape.x, round(shape.y, 2), shape.size, shape.colour, round(shape.room, 2), int(shape.centred)]
                return ["i", self.phrase(shape.phrase), *place, *([lit, shape.second] if lit else [])]

    def phrase(self, phrase: Phrase) -> list[Any]:
        return [self.label(p) if isinstance(p, Math) or self.fixed(p) else [p.node, int(p.guard)] for p in phrase]

    def fixed(self, value: Value) -> bool:
        """An array is shown by its shape, which no recomputing changes."""
        return bool(getattr(self.scene.values[value.node], "shape", ()))

    def label(self, shown: Math | Value) -> int:
        key = shown if isinstance(shown, Math) else Math(f"value {shown.node}", "")
        if key not in self.labels:
            self.labels[key] = len(self.typeset)
            self.typeset.append(piece(shown, self.scene.values))
        return self.labels[key]

    def frame(self, frame: Frame, index: int) -> dict[str, Any]:
        asks = [[question, node] for question, node in frame.asks if self.free(node)]
        return {
            "phase": frame.phase,
            "said": [self.words(p) for p in frame.said],
            "asks": asks,
            "ms": milliseconds(self.film.frames[index]),
        }

    def free(self, node: int) -> bool:
        return not self.fixed(Value(node))

    def words(self, said: str | Value) -> Any:
        if isinstance(said, str):
            return said
        return [said.node] if self.free(said.node) else written(self.scene.values[said.node])

    def card(self, index: int) -> dict[str, Any]:
        card = self.scene.cards[index]
        x, y = self.stage.layout.nodes[card.node]
        width, height = self.stage.layout.sizes[card.node]
        box = [x + self.stage.left - width / 2, y + self.stage.top - height / 2, width, height]
        adjoint = next((p.node for p in card.adjoint.numbers if isinstance(p, Value)), -1) if card.adjoint else -1
        return {
            "id": card.node,
            "kind": card.kind,
            "label": card.label,
            "box": [round(b, 2) for b in box],
            "adjoint": adjoint,
            "forward": self.equation(card.forward),
            "backward": self.equation(card.backward),
            "cells": [self.phrase((line,)) for line in self.entries.get(card.node, ())],
            "columns": shown(self.scene.values[card.node])[1] if card.node in self.stage.maps else 0,
            "map": self.map(card.node),
        }

    def map(self, node: int) -> list[float]:
        """Where the heat map of an array's value stands."""
        if node not in self.stage.maps:
            return []
        maps, (x, y), size = self.stage.maps[node], self.stage.layout.nodes[node], self.stage.layout.sizes[node]
        left = x + self.stage.left - size.width / 2 + PAD + (maps.columns[0] - maps.map.width) / 2
        return [round(left, 2), round(y + self.stage.top - size.height / 2 + maps.top, 2), *maps.map]

    def group(self, name: str) -> dict[str, Any]:
        """A layer: its frame, and the formula that stands for it while it is folded."""
        box = self.stage.layout.groups[name]
        corner = [round(box.x + self.stage.left, 2), round(box.y + self.stage.top, 2)]
        return {
            "name": name,
            "box": [*corner, round(box.width, 2), round(box.height, 2)],
            "title": self.phrase((words(name),)),
            "formula": self.phrase(self.scene.folded[name]),
            "nodes": self.scene.groups[name],
        }

    def equation(self, equation: Equation) -> list[list[Any]]:
        """An equation as lines: symbols, and below them numbers."""
        lines = [(*equation.lead, equation.relation, *part) for part in (equation.symbols, equation.numbers) if part]
        if equation.symbols and equation.numbers:
            lines[1] = lines[1][len(equation.lead) :]
        return [self.phrase(line) for line in lines]


def _label(label: Label) -> list[Any]:
    glyphs = [[g.number, g.x, g.y, g.scale, g.tag] for g in label.glyphs]
    bars = [list(bar) for bar in label.bars]
    return [round(label.width, 1), _short(glyphs), bars, round(label.ascent), round(label.descent)]


def _short(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """Leave out what a glyph has by default: no tag, full size, on the baseline."""
    short = []
    for row in rows:
        kept = list(row)
        for default in (-1, 1.0, 0.0):
            if kept[-1] != default:
                break
            kept.pop()
        short.append([int(v) if v == int(v) else v for v in kept])
    return short


def _number(value: Any) -> Any:
    if getattr(value, "shape", ()):
        return None
    number = float(value)
    return number if abs(number) < float("inf") else str(number)
