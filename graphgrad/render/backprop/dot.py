"""A frame as pinned DOT: nodes and edges are the graph's own, with the frame's places, labels, matrices and colours."""

from __future__ import annotations

import math
from itertools import chain

from graphgrad.core.quoting import dot as dot_label
from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink
from graphgrad.render.drawing.stage import SHAPE_LINE, Stage
from graphgrad.render.formats.dot import Pen
from graphgrad.render.layout.places import Size
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import Frame, text

COVERS = ("ground", "group", "glow")  # what is drawn before, or lies below text that has another width here


def dot(stage: Stage, frame: Frame, mode: str) -> str:
    """A frame as DOT source; each node's, edge's and line's text is that of the picture."""
    from graphgrad.render.drawing.draw import draw

    shapes = draw(stage, frame, mode)
    pen = Pen(stage.scene.name, Size(stage.width, stage.height), stage.style, stage.scene.values)
    boxes, inks = [s for s in shapes if isinstance(s, Box)], [s for s in shapes if isinstance(s, Ink)]
    heats = [s for s in shapes if isinstance(s, Heat)]
    for group in (box for box in boxes if box.fill == "group"):  # outlines alone, as nodes lie over edges
        pen.box(pen.name("group"), group._replace(fill=""))
    inside: set[int] = set()
    for card in (box for box in boxes if box.node >= 0):
        middle = card.x + card.width / 2
        rows = [ink for ink in inks if _holds(card, (ink.x, ink.y)) and ink.centred and abs(ink.x - middle) < 1]
        inside.update(map(id, rows))
        pen.box(
            _named(stage, card.node, (middle, card.y + card.height / 2)), card, pen.rows(rows, card) if rows else ""
        )
    slots = (box for box in boxes if box.node < 0 and (box.dashed or box.judges or not box.fill.endswith(COVERS)))
    loose = (ink for ink in inks if id(ink) not in inside and not _on_wire(stage, ink))
    for shape in chain[Box | Heat | Ink](slots, heats, loose):
        pen.draw(shape)
    curves, heads = [s for s in shapes if isinstance(s, Curve)], [s for s in shapes if isinstance(s, Head)]
    _wires(pen, stage, frame, mode, zip(curves, heads, strict=True))
    return pen.source()


def _wires(pen: Pen, stage: Stage, frame: Frame, mode: str, drawn: zip[tuple[Curve, Head]]) -> None:
    """Edges of the graph, each with its route, and its partial where the frame shows it."""
    look = stage.style
    for index, ((curve, head), wire) in enumerate(zip(drawn, stage.scene.wires, strict=True)):
        backward = head.corners[0] == curve.points[0]
        base = (head.corners[1][0] + head.corners[2][0]) / 2, (head.corners[1][1] + head.corners[2][1]) / 2
        end = f"{'s' if backward else 'e'},{pen.at(head.corners[0])} "
        points = (base, *curve.points[1:]) if backward else curve.points
        said = {
            "pos": end + " ".join(map(pen.at, points)),
            "color": pen.colour(curve.stroke),
            "penwidth": f"{curve.line:g}",
            "dir": "back" if backward else "forward",
        }
        place = stage.layout.routes[index].label
        if index in frame.partials and wire.partial and place:
            below = SHAPE_LINE * look.wire_size / 2 if wire.shape else 0.0
            label = text(wire.partial.phrase(mode), stage.scene.values)
            said |= {"label": dot_label(label), "lp": pen.at((place[0], place[1] + below)), "fontcolor": look.adjoint}
        pen.graph.edge(_named(stage, wire.operand, stage.layout.routes[index].points[0]), str(wire.consumer), **said)


def _named(stage: Stage, node: int, near: Point) -> str:
    """A node's number; at another of its places that of the place, too."""
    places = stage.layout.places(node)
    k = min(range(len(places)), key=lambda k: math.dist(places[k], near))
    return f"{node}_{k}" if k else str(node)


def _holds(box: Box, point: Point) -> bool:
    return box.x <= point[0] <= box.x + box.width and box.y <= point[1] <= box.y + box.height


def _on_wire(stage: Stage, ink: Ink) -> bool:
    return ink.size == stage.style.wire_size and ink.colour == "adjoint"
