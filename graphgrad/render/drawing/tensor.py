"""A card of an array: value and adjoint as heat maps side by side, each with its range and norm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphgrad.render.drawing.heat import Arrays
from graphgrad.render.drawing.shapes import Box, Heat, Ink, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.drawing.typeset import EM, line
from graphgrad.render.layout.places import Size
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import Card, Phrase, Sum, Value

SIDE, LARGEST_MAP = 13.0, 72.0  # of a cell, of a map, in points
PAD, GAP, CAPTION = 9.0, 6.0, 0.72  # caption size, as a part of a number's


class Maps(NamedTuple):
    """Where the parts of an array's card stand: heads' baseline, maps' top, their size, and the width of a column."""

    head: float
    top: float
    map: Size
    columns: tuple[float, ...]
    captions: tuple[float, float]


def measure(card: Card, arrays: Arrays, style: Style) -> tuple[Size, Maps]:
    """The size of an array's card, and where its parts stand in it."""
    first, _ = arrays[card.node]
    rows, columns = len(first), len(first[0])
    side = min(SIDE, LARGEST_MAP / max(rows, columns))
    area = Size(round(columns * side, 2), round(rows * side, 2))
    ids = [card.node, *([_adjoint(card)] if card.adjoint else [])]
    heads = [(card.title, style.title_size), *([(card.adjoint.lead, style.number_size)] if card.adjoint else [])]
    small = style.number_size * CAPTION
    widths, ascent, descent = [], 0.0, 0.0
    for node, (head, size) in zip(ids, heads, strict=True):
        label = line(head, arrays.values)
        captions = [line(phrase, arrays.values).width * small / EM for phrase in arrays[node][1]]
        widths.append(round(max(label.width * size / EM, area.width, *captions), 2))
        ascent, descent = max(ascent, label.ascent * size / EM), max(descent, label.descent * size / EM)
    top = PAD + ascent + descent + GAP
    caption = top + area.height + 4.0 + small
    baselines = (round(caption, 2), round(caption + 1.35 * small, 2))
    lowest = baselines[max(sum(map(bool, arrays[node][1])) for node in ids) - 1]
    whole = Size(round(sum(widths) + 2 * GAP * (len(widths) - 1) + 2 * PAD, 1), round(lowest + PAD, 1))
    return whole, Maps(round(PAD + ascent, 2), round(top, 2), area, tuple(widths), baselines)


def draw(
    card: Card, maps: Maps, corner: Point, frame: tuple[bool, Sum | None], stage: tuple[Arrays, Style]
) -> Iterator[Shape]:
    """Draw what an array's card holds; `frame` tells whether its value is known, and how far its adjoint is."""
    (known, so_far), (arrays, style) = frame, stage
    left, top = corner
    x = left + PAD + maps.columns[0] / 2
    yield Ink(card.title, round(x, 2), round(top + maps.head, 2), style.title_size, "ink", maps.columns[0])
    yield from _column(maps, (x, top), card.node if known else None, "value", (arrays, style))
    if card.adjoint:
        x += maps.columns[0] / 2 + 2 * GAP + maps.columns[1] / 2
        if so_far:
            head: Phrase = card.adjoint.lead
            yield Ink(head, round(x, 2), round(top + maps.head, 2), style.number_size, "adjoint", maps.columns[1])
        yield from _column(maps, (x, top), so_far.total if so_far else None, "adjoint", (arrays, style))


def _column(maps: Maps, middle: Point, node: int | None, colour: str, stage: tuple[Arrays, Style]) -> Iterator[Shape]:
    (x, top), (arrays, style) = middle, stage
    corner = (round(x - maps.map.width / 2, 2), round(top + maps.top, 2))
    if node is None:
        yield Box(*corner, *maps.map, 3.0, "", "idle", 1.0, dashed=True)
        return
    heat, captions = arrays[node]
    yield Heat(*corner, *maps.map, heat, colour, node)
    for phrase, baseline in zip(captions, maps.captions, strict=True):
        if phrase:
            room = maps.columns[0 if colour == "value" else 1]
            yield Ink(phrase, round(x, 2), round(top + baseline, 2), style.number_size * CAPTION, colour, room)


def _adjoint(card: Card) -> int:
    assert card.adjoint
    return next(piece.node for piece in card.adjoint.numbers if isinstance(piece, Value))
