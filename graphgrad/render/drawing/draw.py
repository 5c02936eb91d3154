"""Drawing: a stage and a frame become shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink, Patch, Shape
from graphgrad.render.drawing.stage import (
    BADGE,
    BADGE_GAP,
    MORE,
    PAD,
    PROGRESS,
    SHAPE_LINE,
    CardRow,
    Place,
    Stage,
    closing_phrase,
    verdict_phrase,
)
from graphgrad.render.drawing.tensor import draw as draw_maps
from graphgrad.render.drawing.typeset import EM, Glyph, Label, advance_of, line
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.acts import IN_SYMBOLS, WITH_VALUES
from graphgrad.render.scene.scene import Card, Closing, Equation, Frame, Phrase, Sum, Value, Wire, words

HEAD = 9.0  # length of an arrow head
REMEMBERED = 4096  # arrow heads: frames share theirs
RISE, FALL = 0.75, 0.25  # of a line's type above and below its baseline
PROGRESS_GAP = 3.0  # between the steps of the strip at the bottom
FORWARD = {"start", "inputs", "forward"}


def draw(stage: Stage, frame: Frame, mode: str = "both") -> tuple[Shape, ...]:
    """Draw a frame, in symbols, numbers, or both; the ground comes first, and what lies on top comes last."""
    ground = Box(0.0, 0.0, stage.width, stage.height, 0.0, "ground")
    return (ground, *content(stage, frame, mode), *_progress(stage, frame))


def content(stage: Stage, frame: Frame, mode: str) -> tuple[Shape, ...]:
    """Draw what a player with a slider and a page of its own shows of a frame: no ground, no progress."""
    mode = "symbols" if frame.act == IN_SYMBOLS else mode
    parts = (
        _source(stage, frame),
        _groups(stage),
        _wires(stage, frame, mode),
        _cards(stage, frame, mode),
        _below(stage, frame, mode),
    )
    return tuple(shape for part in parts for shape in part)


def layer(shape: Shape) -> int:
    """What lies below what, for formats in which shapes of several frames stand side by side."""
    if isinstance(shape, Box):
        if shape.fill == "group":
            return 1
        if shape.node >= 0 or shape.dashed:
            return 6 if shape.dashed else 5
        if 2 * shape.radius == shape.width == shape.height:
            return 5  # a neuron, or a point of a chart
        over_wires = shape.fill == "ground" and shape.radius > 0
        return 4 if over_wires else int(shape.fill != "ground")
    return {Patch: 1, Curve: 2, Head: 3, Heat: 7, Ink: 8}[type(shape)]


def role(frame: Frame) -> str:
    """The colour of a frame's work: that of values, or that of adjoints."""
    return "value" if frame.phase in FORWARD else "adjoint"


def _source(stage: Stage, frame: Frame) -> Iterator[Shape]:
    size = stage.style.source_size
    lit = stage.scene.places.get(frame.lit[0], frozenset()) if len(frame.lit) in {1, 2} else frozenset()
    lit = lit if frame.phase not in {"inputs", "end"} else frozenset()
    for place, written in zip(stage.source, stage.scene.source, strict=True):
        label = line((written,), ())
        scale = min(1.0, place.width / (label.width * size / EM)) * size / EM
        for start, end, top, bottom in _runs(label, lit):
            x, width = place.x + start * scale - 3.0, (end - start) * scale + 6.0
            y, height = place.y + top * scale - 3.0, (bottom - top) * scale + 6.0
            yield Box(*_rounded(x, y, width, height), 5.0, f"{role(frame)}_glow")
        here = frozenset(lit & {g.tag for g in label.glyphs})
        yield Ink((written,), place.x, place.y, size, "ink", place.width, centred=False, lit=here, second=role(frame))
    if stage.note and stage.scene.note:
        at, room = stage.note, stage.note.width
        yield Ink((stage.scene.note,), round(at.x + room / 2, 2), at.y, stage.style.wire_size, "faint", room)


Extent = tuple[float, float, float, float]  # left, right, top and bottom


def _runs(label: Label, lit: frozenset[int]) -> Iterator[Extent]:
    """The stretches of a label that are lit, in the order of reading; a bar that is not lit lies within none."""
    bars = [bar for bar in label.bars if bar.tag in lit]
    others = [(bar.x + bar.width / 2, bar.y + bar.height / 2) for bar in label.bars if bar.tag not in lit]
    for shown, glyphs in groupby(label.glyphs, lambda glyph: glyph.tag in lit):
        runs: list[list[Extent]] = []
        for box in map(_extent, glyphs) if shown else ():
            left, right, top, bottom = _around([*runs[-1], box]) if runs else box
            if not runs or any(left < x < right and top < y < bottom for x, y in others):
                runs.append([])
            runs[-1].append(box)
        for run in runs:
            own = [bar for bar in bars if any(bar.x <= left < bar.x + bar.width for left, *_ in run)]
            left, right, top, bottom = _around([*run, *((o.x, o.x + o.width, o.y, o.y + o.height) for o in own)])
            yield left, right, max(top, -label.ascent), min(bottom, label.descent)


def _extent(glyph: Glyph) -> Extent:
    x, y, scale = glyph.x, glyph.y, glyph.scale
    return x, x + advance_of(glyph.number) * scale, y - RISE * EM * scale, y + FALL * EM * scale


def _around(boxes: Sequence[Extent]) -> Extent:
    left, right, top, bottom = zip(*boxes, strict=True)
    return min(left), max(right), min(top), max(bottom)


def _groups(stage: Stage) -> Iterator[Shape]:
    """The layers of a network, each in its frame."""
    for name, group in stage.layout.groups.items():
        x, y = group.x, group.y
        yield Box(x, y, round(group.width, 2), round(group.height, 2), stage.style.radius, "group", "idle", 0.75)
        size = stage.style.wire_size
        yield Ink((words(name),), x + 10.0, round(y + 1.35 * size, 2), size, "faint", group.width - 20.0, centred=False)


def _wires(stage: Stage, frame: Frame, mode: str) -> Iterator[Shape]:
    labels: list[Shape] = []
    known, partials = frozenset(frame.known), frozenset(frame.partials)
    for index, wire in enumerate(stage.scene.wires):
        route = stage.layout.routes[index]
        points, tip, live, passed = route.points, route.tip, index in frame.live, index in partials
        stroke = role(frame) if live else "adjoint" if passed else "value" if wire.consumer in known else "idle"
        width = stage.style.line_lit if live else stage.style.line
        if live and frame.phase in {"vjp", "accumulate"}:  # the gradient flows against the arrow
            yield Curve((*points, points[-1], tip, tip), stroke, width)
            yield Head(_triangle(_along(points, HEAD), points[0]), stroke)
        else:
            yield Curve(points, stroke, width)
            yield Head(_triangle(points[-1], tip), stroke)
        if route.label:
            stays = frame.act == WITH_VALUES and not passed  # what the first act wrote there
            shown = wire.partial and (passed or stays)
            partial = wire.partial.phrase("symbols" if stays else mode) if wire.partial and shown else ()
            labels += _wire_labels(stage, wire, partial, *route.label)
    yield from labels


def _wire_labels(stage: Stage, wire: Wire, partial: Phrase, x: float, y: float) -> Iterator[Shape]:
    """The shape that flows along a wire, and below it the local partial that flows back."""
    size = stage.style.wire_size
    down = SHAPE_LINE * size / 2 if wire.shape and wire.partial else 0.0
    if wire.shape:
        label = line(wire.shape, ())
        width = round(label.width * size / EM, 2)
        yield Ink(wire.shape, x, round(y - down + 0.3 * size, 2), size, "faint", width)
    if partial:
        yield from _wire_label(stage, partial, x, round(y + down, 2))


def _wire_label(stage: Stage, phrase: Phrase, x: float, y: float) -> Iterator[Shape]:
    size = stage.style.wire_size
    label = line(phrase, stage.scene.values)
    width, height = label.width * size / EM + 6.0, (label.ascent + label.descent) * size / EM + 4.0
    yield Box(*_rounded(x - width / 2, y - height / 2, width, height), 4.0, "ground")
    baseline = y + (label.ascent - label.descent) * size / EM / 2
    yield Ink(phrase, x, round(baseline, 2), size, "adjoint", round(width, 2))


def _cards(stage: Stage, frame: Frame, mode: str) -> Iterator[Shape]:
    sums, computed = {s.node: s for s in frame.sums}, frozenset(frame.known)
    for card in stage.scene.cards:
        known, reached = card.node in computed, sums.get(card.node)
        for place in stage.layout.places(card.node):
            yield from _card(stage, frame, mode, (card, place), (known, reached))


def _card(
    stage: Stage, frame: Frame, mode: str, placed: tuple[Card, Point], done: tuple[bool, Sum | None]
) -> Iterator[Shape]:
    """A card at one of its places, as far as it is done: whether its value is known, and its adjoint's sum so far."""
    (card, (x, y)), (known, reached), style = placed, done, stage.style
    size, rows = stage.layout.sizes[card.node], stage.rows.get(card.node, ())
    left, top, lit = x - size.width / 2, y - size.height / 2, card.node in frame.lit
    main = (lit and card.node == frame.lit[0]) or (frame.phase in {"inputs", "end"} and lit)
    stroke = "adjoint" if reached else "value" if known else "idle"
    fill = f"{role(frame)}_glow" if main else "card"
    line_width = style.line_lit if lit else style.line
    yield Box(*_rounded(left, top, size.width, size.height), style.radius, fill, stroke, line_width, node=card.node)
    if card.node in stage.maps:
        done = done if frame.act != IN_SYMBOLS else (False, None)
        yield from draw_maps(card, stage.maps[card.node], (left, top), done, (stage.arrays, style))
        return
    room = size.width - PAD
    yield Ink(card.title, x, top + rows[0].baseline, style.title_size, "ink", room)
    if card.value:
        if known and mode != "symbols":
            yield Ink(card.value, x, top + rows[1].baseline, style.number_size, "value", room)
        elif not known:
            yield _not_computed(x, top, rows[1])
    if card.adjoint:
        if reached:
            phrase = _sum(card.adjoint, reached, mode)
            yield Ink(phrase, x, top + rows[-1].baseline, style.number_size, "adjoint", room)
        else:
            yield _not_computed(x, top, rows[-1])


def _sum(adjoint: Equation, so_far: Sum, mode: str) -> Phrase:
    """The adjoint of a card: the sum so far, and a sign that there is more to come."""
    if mode == "symbols" or not adjoint.numbers:
        return adjoint.phrase(mode)
    phrase = adjoint._replace(numbers=(Value(so_far.total),)).phrase(mode)
    return phrase if so_far.finished else (*phrase, MORE)


def _not_computed(x: float, top: float, row: CardRow) -> Box:
    """An empty slot: not yet computed is not zero."""
    height = min(row.height, 13.0)
    y = top + row.baseline - height + 1.0
    return Box(*_rounded(x - 21.0, y, 42.0, height), height / 2, "", "idle", 1.0, dashed=True)


def _below(stage: Stage, frame: Frame, mode: str) -> Iterator[Shape]:
    size = stage.style.rule_size
    if frame.phase == "end":
        for place, closing in zip(stage.closing, stage.scene.closing, strict=True):
            yield from _closing(stage, closing, place)
    elif phrase := frame.rule.phrase(mode):
        yield Ink(phrase, stage.width / 2, stage.rule.y, size, "ink", stage.rule.width)


def _closing(stage: Stage, closing: Closing, place: Place) -> Iterator[Shape]:
    """The line of an input in the last frame, and its verdict as a badge."""
    size = stage.style.rule_size
    phrase, verdict = closing_phrase(closing), verdict_phrase(closing)
    badge = line(verdict, ())
    badge_size = BADGE * size
    badge_width = badge.width * badge_size / EM + 2 * PAD if verdict else 0.0
    room = place.width - (badge_width + BADGE_GAP if verdict else 0.0)
    yield Ink(phrase, place.x, place.y, size, "adjoint", round(room, 2), centred=False)
    if verdict:
        colour = {True: "good", False: "bad", None: "faint"}[closing.good]
        height = 1.5 * badge_size
        middle = place.y - 0.32 * size
        x = place.x + room + BADGE_GAP
        yield Box(*_rounded(x, middle - height / 2, badge_width, height), round(height / 2, 2), "card", colour, 1.2,
                  judges=True)  # fmt: skip
        baseline = round(middle + 0.33 * badge_size, 2)
        middle = round(x + badge_width / 2, 2)
        yield Ink(verdict, middle, baseline, badge_size, colour, round(badge_width, 2), judges=True)


def _progress(stage: Stage, frame: Frame) -> Iterator[Shape]:
    """A strip at the bottom that tells how far the film has come, and where it turns round; a long one has no gaps."""
    frames, margin = stage.scene.frames, stage.style.margin
    if not frame.phase:
        return
    step, now = (stage.width - 2 * margin) / len(frames), frames.index(frame)
    roles = [role(other) if k <= now else "idle" for k, other in enumerate(frames)]
    gap = PROGRESS_GAP if step > 2 * PROGRESS_GAP else 0.0
    pieces = groupby(range(len(frames)), key=(lambda k: k) if gap else roles.__getitem__)
    for _, members in pieces:
        first, *rest = members
        width = (1 + len(rest)) * step - gap
        yield Box(*_rounded(margin + first * step, stage.height - PROGRESS, width, 3.0), 1.5, roles[first])


@lru_cache(REMEMBERED)
def _triangle(start: Point, tip: Point) -> tuple[Point, Point, Point]:
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    norm = math.hypot(dx, dy) or 1.0
    ux, uy = dx / norm, dy / norm
    back = (tip[0] - HEAD * ux, tip[1] - HEAD * uy)
    half = 0.4 * HEAD
    return tip, _point(back[0] - half * uy, back[1] + half * ux), _point(back[0] + half * uy, back[1] - half * ux)


@lru_cache(REMEMBERED)
def _along(points: tuple[Point, ...], distance: float) -> Point:
    """The point of a curve's first piece that lies about a distance from its start."""
    a, b, c, d = points[:4]
    for k in range(1, 41):
        t, u = k / 40, 1 - k / 40
        weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
        x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1))
        if math.hypot(x - a[0], y - a[1]) >= distance:
            break
    return x, y


def _point(x: float, y: float) -> Point:
    return round(x, 2), round(y, 2)


def _rounded(*numbers: float) -> tuple[float, float, float, float]:
    x, y, width, height = (round(n, 2) for n in numbers)
    return x, y, width, height
