"""Shapes and typeset lines as the player takes them: each once, and frames as lists of their numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graphgrad.render.drawing.draw import layer
from graphgrad.render.drawing.heat import grid
from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink, Patch, Shape
from graphgrad.render.drawing.typeset import Label, advance, outline, piece
from graphgrad.render.formats.svg import cells, fmt, path, placing
from graphgrad.render.scene.scene import ABOUT, Equal, Math, Phrase, Value, sign

DIGITS = "0123456789.−×()∞undefitrals"  # what a number may be written with


class Packed:
    """The shapes of frames, a drawing a mode each, and whatever else is typeset."""

    def __init__(self, values: Sequence[Any], arrays: Collection[int] = ()) -> None:
        self.values, self.arrays = values, arrays  # the nodes of arrays whose entries the page computes anew
        self.labels: dict[Math, int] = {}
        self.typeset: list[Label] = []
        self.paths: dict[str, int] = {}

    def frames(self, drawn: Sequence[Mapping[str, Sequence[Shape]]]) -> dict[str, Any]:
        """All shapes, the lowest first, and which of them every frame shows in every mode."""
        every = dict.fromkeys(shape for frame in drawn for shapes in frame.values() for shape in shapes)
        order = sorted(every, key=layer)  # stable: the order of appearance within a layer
        number = {shape: k for k, shape in enumerate(order)}
        return {
            "shapes": [self.shape(s) for s in order],
            "paths": list(self.paths),
            "badges": [number[s] for s in order if isinstance(s, Box | Ink) and s.judges],
            "show": {mode: list(_changes([{number[s] for s in frame[mode]} for frame in drawn])) for mode in drawn[0]},
        }

    def type(self) -> dict[str, Any]:
        """What all texts are set with, once they are known."""
        used = {g.number for label in self.typeset for g in label.glyphs} | {advance(sign)[0] for sign in DIGITS}
        return {
            "values": [self.held(i) for i in range(len(self.values))],
            "labels": [_label(label) for label in self.typeset],
            "digits": {sign: advance(sign) for sign in DIGITS},
            "glyphs": {g: outline(g) for g in sorted(used)},
        }

    def held(self, node: int) -> Any:
        """What the page holds of a value: a number, or of an array that is computed anew all its entries."""
        value = self.values[node]
        if node in self.arrays:
            return [_number(entry) for entry in value.flat]
        return None if getattr(value, "shape", ()) else _number(value)

    def shape(self, shape: Shape) -> list[Any]:
        """A shape: its kind, a letter, and what stage.js draws it from."""
        match shape:
            case Box():
                box = [shape.x, shape.y, shape.width, shape.height, shape.radius]
                return ["b", *box, shape.fill, shape.stroke, shape.line, int(shape.dashed)]
            case Curve():
                way = self.paths.setdefault(path(shape.points), len(self.paths))
                return ["c", way, shape.stroke, round(shape.line, 2)]
            case Head():
                return ["h", "M" + "L".join(f"{fmt(x)} {fmt(y)}" for x, y in shape.corners) + "Z", shape.fill]
            case Patch():
                return ["p", placing(shape), cells(shape), shape.role, round(shape.strength, 4)]
            case Heat():
                at = [shape.x, shape.y, shape.width, shape.height]
                return ["m", *at, shape.cells, shape.colour, shape.node, grid(self.values[shape.node])[1]]
            case Ink():
                lit = sorted(shape.lit)
                place = [shape.x, round(shape.y, 2), shape.size, shape.colour, round(shape.room, 2), int(shape.centred)]
                return ["i", self.phrase(shape.phrase), *place, *([lit, shape.second] if lit else [])]

    def phrase(self, phrase: Phrase) -> list[Any]:
        """A line: numbers of labels, [value, guard] for what may be computed anew.

        A sign is [[exact, rounded], [value, guard], ...]: two labels, and the numbers that say which of them it is.
        """
        return [self.piece(p) for p in phrase]

    def piece(self, shown: Math | Value | Equal) -> Any:
        """A piece of a line."""
        if isinstance(shown, Equal):
            fixed, free = Equal(tuple(v for v in shown.of if self.fixed(v))), [v for v in shown.of if not self.fixed(v)]
            if not free or sign(fixed, self.values) == ABOUT:
                return self.label(sign(shown, self.values))
            return [[*map(self.label, shown.signs)], *map(self.number, free)]
        return self.label(shown) if isinstance(shown, Math) or self.fixed(shown) else self.number(shown)

    def number(self, value: Value) -> list[Any]:
        """Where a number is found: of an array, with its part."""
        return [value.node, int(value.guard), *([] if value.part == "" else [value.part])]

    def fixed(self, value: Value) -> bool:
        """Whether no recomputing changes what is shown: an array's shape, or a part of what is not computed anew."""
        array = bool(getattr(self.values[value.node], "shape", ()))
        return array and (value.part == "" or value.node not in self.arrays)

    def label(self, shown: Math | Value) -> int:
        """The number of a label."""
        key = shown if isinstance(shown, Math) else Math(f"value {self.number(shown)}", "")
        if key not in self.labels:
            self.labels[key] = len(self.typeset)
            self.typeset.append(piece(shown, self.values))
        return self.labels[key]


def _changes(frames: Sequence[set[int]]) -> Iterator[tuple[list[int], list[int]]]:
    """What goes and what comes from each frame to the next.

    >>> list(_changes([{1, 2}, {2, 3}]))
    [([], [1, 2]), ([1], [3])]
    """
    before: set[int] = set()
    for now in frames:
        yield sorted(before - now), sorted(now - before)
        before = now


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
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = float(value)
    return number if abs(number) < float("inf") else str(number).replace("inf", "Infinity")
