"""Pinned DOT: any Graphviz draws a frame with the film's places, labels and colours by `neato -n2`."""

from __future__ import annotations

from xml.sax.saxutils import escape

from graphgrad.render.drawing.shapes import Box, Curve, Head, Ink
from graphgrad.render.drawing.stage import SHAPE_LINE, Stage
from graphgrad.render.layout.graphviz import POINTS, Point
from graphgrad.render.scene.scene import Frame, text


def dot(stage: Stage, frame: Frame, mode: str) -> str:
    """A frame as DOT source; each node's, edge's and line's text is that of the picture."""
    from graphgrad.render.drawing.draw import draw

    shapes = draw(stage, frame, mode)
    pen = _Pen(stage)
    pen.groups([s for s in shapes if isinstance(s, Box) and s.fill == "group"])
    pen.cards([s for s in shapes if isinstance(s, Box) and s.node >= 0], [s for s in shapes if isinstance(s, Ink)])
    pen.wires([s for s in shapes if isinstance(s, Curve)], [s for s in shapes if isinstance(s, Head)], frame, mode)
    return pen.source()


ADVANCE = 0.6  # of a letter, as a part of its size, in the widest of the fonts that stand in for Helvetica


class _Pen:
    def __init__(self, stage: Stage) -> None:
        import graphviz

        self.stage, self.look, self.values = stage, stage.style, stage.scene.values
        self.graph = graphviz.Digraph(
            stage.scene.name,
            graph_attr={
                "bgcolor": self.look.ground,
                "bb": f"0,0,{stage.width},{stage.height}",
                "outputorder": "edgesfirst",
            },
            node_attr={"fontname": "Helvetica", "fixedsize": "true", "shape": "box", "style": "rounded,filled"},
            edge_attr={"fontname": "Helvetica", "fontsize": f"{self.look.wire_size:g}", "arrowsize": "0.8"},
        )

    def source(self) -> str:
        return str(self.graph.source)

    def groups(self, boxes: list[Box]) -> None:
        """The frames of layers: outlines alone, as nodes lie over edges."""
        for number, box in enumerate(boxes):
            at = (box.x + box.width / 2, box.y + box.height / 2)
            self.graph.node(f"group{number}", label="", style="rounded", color=self.colour(box.stroke),
                            pos=self.pin(at), width=_inches(box.width), height=_inches(box.height))  # fmt: skip

    def cards(self, boxes: list[Box], inks: list[Ink]) -> None:
        inside: set[int] = set()
        for box in boxes:
            rows = [i for i in inks if _holds(box, i)]
            inside.update(map(id, rows))
            self.graph.node(
                str(box.node),
                label=self.rows(rows, box.width - 8.0),
                pos=self.pin((box.x + box.width / 2, box.y + box.height / 2)),
                width=_inches(box.width),
                height=_inches(box.height),
                fillcolor=self.colour(box.fill),
                color=self.colour(box.stroke),
                penwidth=f"{box.line:g}",
            )
        self.lines([i for i in inks if id(i) not in inside and not self.on_wire(i)])

    def lines(self, inks: list[Ink]) -> None:
        """The lines above and below the graph, as text nodes."""
        for number, ink in enumerate(inks):
            at = (ink.x + (0 if ink.centred else ink.room / 2), ink.y - 0.3 * ink.size)
            said = self.rows([ink], ink.room)
            self.graph.node(f"line{number}", label=said, shape="plaintext", style="", pos=self.pin(at),
                            width=_inches(1.3 * ink.room), height=_inches(ink.size * 1.4))  # fmt: skip

    def on_wire(self, ink: Ink) -> bool:
        return ink.size == self.look.wire_size and ink.colour == "adjoint"

    def rows(self, inks: list[Ink], room: float) -> str:
        def font(ink: Ink) -> str:
            said = text(ink.phrase, self.values)
            size = min(0.9 * ink.size, room / (ADVANCE * len(said)))
            return f'<font color="{self.colour(ink.colour)}" point-size="{size:.1f}">{escape(said)}</font>'

        return f"<{'<br/>'.join(map(font, inks))}>"

    def wires(self, curves: list[Curve], heads: list[Head], frame: Frame, mode: str) -> None:
        for index, (curve, head, wire) in enumerate(zip(curves, heads, self.stage.scene.wires, strict=True)):
            backward = head.corners[0] == curve.points[0]
            end = f"{'s' if backward else 'e'},{self.at(head.corners[0])} "
            points = (_between(*head.corners[1:]), *curve.points[1:]) if backward else curve.points
            drawn = {
                "pos": end + " ".join(map(self.at, points)),
                "color": self.colour(curve.stroke),
                "penwidth": f"{curve.line:g}",
                "dir": "back" if backward else "forward",
            }
            place = self.stage.layout.routes[index].label
            if index in frame.partials and wire.partial and place:
                below = SHAPE_LINE * self.look.wire_size / 2 if wire.shape else 0.0
                middle = (place[0], place[1] + below)
                said = text(wire.partial.phrase(mode), self.values)
                drawn |= {"label": said, "lp": self.at(middle), "fontcolor": self.look.adjoint}
            self.graph.edge(str(wire.operand), str(wire.consumer), **drawn)

    def at(self, point: Point) -> str:
        return f"{point[0]:.2f},{self.stage.height - point[1]:.2f}"

    def pin(self, point: Point) -> str:
        return self.at(point) + "!"

    def colour(self, role: str) -> str:
        colour: str = getattr(self.look, role)
        return colour


def _between(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _holds(box: Box, ink: Ink) -> bool:
    return box.x <= ink.x <= box.x + box.width and box.y <= ink.y <= box.y + box.height and ink.centred


def _inches(points: float) -> str:
    return f"{points / POINTS:.4f}"
