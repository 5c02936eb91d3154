"""The stage: everything about a film that no frame changes, measured and placed once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphgrad.core.display import told
from graphgrad.core.numerals import Numeral
from graphgrad.render.drawing.heat import Arrays
from graphgrad.render.drawing.style import Style
from graphgrad.render.drawing.tensor import Maps, measure
from graphgrad.render.drawing.typeset import EM, Label, line, typeset_numeral
from graphgrad.render.layout.arrange import arrange
from graphgrad.render.layout.places import Edge, Layout, Problem, Size, moved
from graphgrad.render.scene.names import space
from graphgrad.render.scene.scene import ALONE, EQUALS, MODES, Card, Closing, Equal, Math, Phrase, Scene, Wire

PAD = 9.0  # around the rows of a card
ROW_GAP = 7.0
WIDEST = 760.0  # lines above and below the graph are set no wider, unless the graph is
NARROWEST = 460.0
FLOW_GAP = 30.0
LONGEST_FORM = 900.0
NUMBER = re.compile(r"-?[\d.]+(e[+-]?\d+)?")
MORE = Math(r" +\cdots", " + …")
PROGRESS = 14.0  # the strip at the bottom
SHAPE_LINE = 1.3  # the line of a wire that tells a shape, in sizes of its type
BADGE, BADGE_GAP = 0.8, 12.0  # a verdict's size, as a part of its line's, and its distance


class CardRow(NamedTuple):
    """A row of a card: its baseline below the card's top, and the ink's height."""

    baseline: float
    height: float


class Place(NamedTuple):
    """Where a line stands: start and baseline, and how wide it is."""

    x: float
    y: float
    width: float


@told(lambda stage: f"{stage.scene.name}: {stage.width:g} by {stage.height:g} points")
class Stage(NamedTuple):
    """A scene with its places. Points, y downwards."""

    scene: Scene
    style: Style
    layout: Layout
    rows: dict[int, tuple[CardRow, ...]]
    maps: dict[int, Maps]
    arrays: Arrays
    width: float
    height: float
    source: tuple[Place, ...]
    rule: Place
    closing: tuple[Place, ...]
    note: Place | None = None


def set_up(scene: Scene, style: Style) -> Stage:
    """Measure a scene, lay its graph out, and place all lines around it."""
    sizes, rows, maps, arrays = {}, {}, {}, Arrays(scene.values)
    for card in scene.cards:
        if card.shape and scene.values:
            sizes[card.node], maps[card.node] = measure(card, arrays, style)
        else:
            sizes[card.node], rows[card.node] = _card(card, scene, style)
    edges = [Edge(w.operand, w.consumer, _wire(w, scene, style)) for w in scene.wires]
    layout = arrange(Problem(sizes, edges, scene.groups))

    rules = [line(f.rule.phrase(mode), scene.values) for f in scene.frames for mode in MODES]
    rule = _extent(rules, style.rule_size)
    source = [_extent([line((m,), ())], style.source_size) for m in scene.source]
    scene = scene._replace(closing=tuple(_readable(c, scene, style) for c in scene.closing))
    closing = [_closing(c, scene, style) for c in scene.closing]
    wanted = [
        layout.width,
        NARROWEST,
        *(min(w, WIDEST) for w in (rule[0], *_flow_widths(source), *_flow_widths(closing))),
    ]
    inner = max(wanted)

    margin, y = style.margin, style.margin  # from here on, from top to bottom
    placed_source, y = _flow(source, inner, y, margin)
    note = _extent([line((scene.note,), ())], style.wire_size) if scene.note else (0.0, 0.0, 0.0)
    note_place = Place(margin, round(y + note[1], 2), inner) if scene.note else None
    y += note[1] + note[2]
    top = y + (14.0 if source or scene.note else 0.0)
    y = top + layout.height + 16.0
    closing_places, closing_end = _flow(closing, inner, y, margin)
    rule_end = y + rule[1] + rule[2]
    y = max(rule_end, closing_end)
    return Stage(
        scene, style, moved(layout, margin + (inner - layout.width) / 2, top), rows, maps, arrays,
        width=round(inner + 2 * margin, 2), height=round(y + 8.0 + PROGRESS, 2),
        source=placed_source, rule=Place(margin, round(y - max(0.0, y - rule_end) / 2 - rule[2], 2), inner),
        closing=closing_places, note=note_place,
    )  # fmt: skip


def closing_phrase(closing: Closing) -> Phrase:
    """The line of an input in the last frame, without its verdict."""
    form: Phrase = (EQUALS, closing.form) if closing.form else ()
    if closing.shape:
        return (*closing.name, space(closing.shape))
    if closing.value is None:
        return (*closing.name, *form)
    return (*closing.name, *form, Equal((closing.value,)), closing.value)


def verdict_phrase(closing: Closing) -> Phrase:
    """The verdict as a mark and a word."""
    if not closing.verdict:
        return ()
    tex, mark = MARKS[closing.good]
    word = closing.verdict.replace(" ", r"\;")
    return (Math(rf"{tex}\;\mathrm{{{word}}}", f"{mark} {closing.verdict}"),)


MARKS = {True: (r"\checkmark", "✓"), False: (r"\times", "✗"), None: ("?", "?")}
Extent = tuple[float, float, float]  # width, ascent, descent


def _extent(labels: Iterable[Label], size: float) -> Extent:
    several, scale = list(labels), size / EM
    widths, ascents, descents = (
        zip(*((a.width, a.ascent, a.descent) for a in several), strict=True) if several else ((0,),) * 3
    )
    return max(widths) * scale, max(ascents) * scale, max(descents) * scale


def _readable(closing: Closing, scene: Scene, style: Style) -> Closing:
    """A closed form is left out that no line can hold, for nobody would read it, or that is the number itself."""
    constant = closing.form is not None and NUMBER.fullmatch(closing.form.text)
    legible = not constant and _closing(closing, scene, style)[0] <= LONGEST_FORM
    return closing if legible else closing._replace(form=None)


def _closing(closing: Closing, scene: Scene, style: Style) -> Extent:
    width, ascent, descent = _extent([line(closing_phrase(closing), scene.values)], style.rule_size)
    badge = line(verdict_phrase(closing), ()).width * BADGE * style.rule_size / EM
    return width + (badge + BADGE_GAP + 2 * PAD if badge else 0.0), ascent, descent


def _card(card: Card, scene: Scene, style: Style) -> tuple[Size, tuple[CardRow, ...]]:
    """A card's size and rows: what it will ever show fits, and so does any number of usual length."""
    number = typeset_numeral(Numeral("−0.0000")).width
    title = line(card.title, scene.values)
    lines = [(title, style.title_size, title.width)]
    if card.value:
        value = line(card.value, scene.values)
        lines.append((value, style.number_size, max(value.width, line((ALONE[1],), ()).width + number)))
    if card.adjoint:
        lead, more = line(card.adjoint.phrase("symbols"), ()), line((MORE,), ())
        full = line(card.adjoint.phrase("both"), scene.values)
        several = sum(w.operand == card.node for w in scene.wires) > 1
        width = max(full.width, lead.width + line((EQUALS,), ()).width + number) + (more.width if several else 0)
        lines.append((full, style.number_size, width))
    rows, y = [], PAD
    for label, size, _ in lines:
        ascent, descent = (
            max(part, least) * size / EM for part, least in ((label.ascent, 700.0), (label.descent, 120.0))
        )
        rows.append(CardRow(round(y + ascent, 2), round(ascent + descent, 2)))
        y += ascent + descent + ROW_GAP
    width = max(w * size / EM for _, size, w in lines) + 2 * PAD
    return Size(round(max(width, 34.0), 1), round(y - ROW_GAP + PAD, 1)), tuple(rows)


def _wire(wire: Wire, scene: Scene, style: Style) -> Size | None:
    partial = [line(wire.partial.phrase(m), scene.values) for m in MODES] if wire.partial else []
    width, ascent, descent = _extent(partial, style.wire_size)
    shape = line(wire.shape, ())
    if wire.shape:
        width, ascent = max(width, shape.width * style.wire_size / EM), ascent + SHAPE_LINE * style.wire_size
    return Size(width + 10.0, ascent + descent + 8.0) if width else None


def _flow_widths(extents: Sequence[Extent]) -> list[float]:
    return [sum(e[0] for e in extents) + FLOW_GAP * (len(extents) - 1)] if extents else []


def _flow(extents: Sequence[Extent], inner: float, y: float, margin: float) -> tuple[tuple[Place, ...], float]:
    """Set lines one beside the other, centred, and below where there is no room left."""
    rows: list[list[Extent]] = [[]]
    for extent in extents:
        if rows[-1] and _flow_widths([*rows[-1], extent])[0] > inner:
            rows.append([])
        rows[-1].append(extent)
    places = []
    for row in rows if extents else ():
        x = margin + max(0.0, (inner - _flow_widths(row)[0]) / 2)
        ascent, descent = max(e[1] for e in row), max(e[2] for e in row)
        for width, _, _ in row:
            places.append(Place(round(x, 2), round(y + ascent, 2), round(min(width, inner), 2)))
            x += width + FLOW_GAP
        y += ascent + descent + 8.0
    return tuple(places), y
