"""Pinned DOT of any picture: every shape in its place, so that `dot` itself, told to place nothing, draws it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from graphgrad.core.quoting import dot, xml
from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink, Patch, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.layout.graphviz import POINTS
from graphgrad.render.layout.places import Size
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import text

if TYPE_CHECKING:
    from graphgrad.render.formats.protocols import Reel, Sheet

LONGEST = 300  # points of an edge after its first, three a piece: Graphviz reads no string longer than 16384
ADVANCE = 0.6  # of a letter, as a part of its size, in the widest of the fonts that stand in for Helvetica
INSET = 4.0  # of the text in a box, from its edges


def sheet_dot(sheet: Sheet) -> str:
    """A picture as DOT source, shape by shape."""
    pen = Pen(sheet.title, sheet.size, sheet.style, sheet.values)
    for shape in sheet.shapes:
        pen.draw(shape)
    return pen.source()


def picture_sheet_dot(sheet: Sheet) -> bytes:
    """A picture as a file of DOT."""
    return sheet_dot(sheet).encode()


def reel_dot(reel: Reel) -> bytes:
    """The pictures of a film as DOT graphs, one after the other in one file: Graphviz draws each."""
    return "\n".join(map(sheet_dot, reel.frames)).encode()


class Pen:
    """Writes shapes as nodes and edges with places.

    The engine that the file asks for, nop2, keeps places of nodes and routes of edges as they are written, which
    neato by itself does for nodes alone.
    """

    def __init__(self, name: str, size: Size, look: Style, values: Sequence[Any]) -> None:
        import graphviz

        self.height, self.look, self.values, self.count = size.height, look, values, 0
        page = {"layout": "nop2", "inputscale": f"{POINTS:g}", "notranslate": "true", "pad": "0"}
        self.graph = graphviz.Digraph(
            dot(name),
            graph_attr={**page, "bgcolor": look.ground, "outputorder": "edgesfirst"},
            node_attr={"fontname": "Helvetica", "fixedsize": "true", "shape": "box", "style": "rounded,filled"},
            edge_attr={"fontname": "Helvetica", "fontsize": f"{look.wire_size:g}", "arrowsize": "0.8"},
        )
        for corner in ((0.0, 0.0), (size.width, size.height)):  # Graphviz draws a page as large as what is on it
            self.point(corner)

    def source(self) -> str:
        """All that was drawn, as DOT."""
        return str(self.graph.source)

    def draw(self, shape: Shape) -> None:
        """Write a shape under a name of its own."""
        match shape:
            case Box():  # what has the ground's colour would hide the edges, which lie lowest
                self.box(self.name("box"), shape._replace(fill="" if shape.fill == "ground" else shape.fill))
            case Ink():
                self.line(self.name("line"), shape)
            case Heat():
                self.heat(self.name("matrix"), shape)
            case Curve():
                self.curve(shape)
            case Head():
                self.curve(Curve((_between(*shape.corners[1:]), *[shape.corners[0]] * 3), shape.fill, 0.5), tip=True)
            case Patch():
                for left, top, right, bottom in shape.rectangles:
                    area = Box(left, top, right - left, bottom - top, 0.0, "")
                    shade = self.shade(shape.role, shape.strength)
                    self.box(self.name("cell"), area, fillcolor=shade, color=shade, penwidth="0.3")

    def name(self, kind: str) -> str:
        """A name for the next thing that is no node of the user's graph."""
        self.count += 1
        return f"{kind}{self.count}"

    def box(self, name: str, box: Box, label: str = "", **more: str) -> None:
        """A box, filled where it has a fill."""
        round_ = box.radius and 2 * box.radius >= max(box.width, box.height)
        styles = [*(["rounded"] * bool(box.radius)), *(["filled"] * bool(box.fill or more)), *(["dashed"] * box.dashed)]
        drawn = {
            "shape": "ellipse" if round_ else "box",
            "style": ",".join(styles if not round_ else [s for s in styles if s != "rounded"]),
            "color": self.colour(box.stroke) if box.stroke else "transparent",
            "penwidth": f"{box.line:g}",
            **({"fillcolor": self.colour(box.fill)} if box.fill else {}),
            **more,
        }
        middle = (box.x + box.width / 2, box.y + box.height / 2)
        self.graph.node(name, label=label, pos=self.pin(middle), **_sized(box.width, box.height), **drawn)

    def line(self, name: str, ink: Ink) -> None:
        """A line of text, as a node without a frame."""
        middle = (ink.x + (0 if ink.centred else ink.room / 2), ink.y - 0.3 * ink.size)
        said = f"<{self.written(ink, ink.room)}>"
        self.graph.node(name, label=said, shape="plaintext", style="", pos=self.pin(middle),
                        **_sized(1.3 * ink.room, 1.4 * ink.size))  # fmt: skip

    def heat(self, name: str, heat: Heat) -> None:
        """A matrix, as a table with a cell an entry."""
        across, down = len(heat.cells[0]), len(heat.cells)
        sizes = [(w, h) for h in _whole(heat.height, down) for w in _whole(heat.width, across)]
        cells = [
            _cell(f'fixedsize="true" width="{wide}" height="{high}" bgcolor="{self.shade(colour, much)}"')
            for (wide, high), (*_, colour, much) in zip(sizes, heat.squares(), strict=True)
        ]
        label = _table("".join(cells[start : start + across]) for start in range(0, len(cells), across))
        edge = Box(heat.x, heat.y, heat.width, heat.height, 0.0, "", heat.colour, 0.75)
        self.box(name, edge, label)

    def curve(self, curve: Curve, *, tip: bool = False) -> None:
        """A curve that no two nodes of the graph are joined by: between points that are not seen, in pieces if long."""
        for start in range(0, len(curve.points) - 1, LONGEST):
            points = curve.points[start : start + LONGEST + 1]
            ends = [self.point(points[0]), self.point(points[-1])]
            at = " ".join(map(self.at, points))
            self.graph.edge(*ends, pos=f"e,{self.at(points[-1])} {at}" if tip else at, penwidth=f"{curve.line:g}",
                            color=self.colour(curve.stroke), dir="forward" if tip else "none")  # fmt: skip

    def point(self, at: Point) -> str:
        """A point that is not seen; gives its name."""
        name = self.name("point")
        self.graph.node(name, shape="point", style="invis", pos=self.pin(at), **_sized(0.01, 0.01))
        return name

    def written(self, ink: Ink, room: float) -> str:
        """A line of text, small enough for its room."""
        said = text(ink.phrase, self.values)
        size = min(0.9 * ink.size, room / (ADVANCE * max(len(said), 1)))
        return f'<font color="{self.colour(ink.colour)}" point-size="{size:.1f}">{xml(said)}</font>'

    def rows(self, inks: Sequence[Ink], box: Box) -> str:
        """Lines of text, each as high in the box as the picture has it, as a table with a row a line."""
        cells, reached = [], box.y + INSET
        for ink in inks:
            high = math.ceil(1.3 * ink.size)
            above = max(round(ink.y - 0.3 * ink.size - high / 2 - reached), 0)
            line = _cell(f'height="{high}"', self.written(ink, box.width - 2 * INSET))
            cells += [*[_cell(f'height="{above}"')] * bool(above), line]
            reached += above + high
        below = max(math.floor(box.y + box.height - INSET - reached), 0)
        return _table([*cells, *[_cell(f'height="{below}"')] * bool(below)])

    def at(self, point: Point) -> str:
        """A place; Graphviz counts from below."""
        return f"{point[0]:.2f},{self.height - point[1]:.2f}"

    def pin(self, point: Point) -> str:
        """A place that is to be kept."""
        return self.at(point) + "!"

    def colour(self, role: str) -> str:
        """A role's colour in the theme."""
        colour: str = getattr(self.look, role)
        return colour

    def shade(self, role: str, strength: float) -> str:
        """A colour as strong as that, the rest being the ground's."""
        full, ground = (bytes.fromhex(self.colour(r).removeprefix("#")) for r in (role, "ground"))
        part = min(max(strength, 0.0), 1.0)
        return "#" + bytes(round(part * a + (1 - part) * b) for a, b in zip(full, ground, strict=True)).hex()


def _between(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _whole(length: float, parts: int) -> list[int]:
    """A length in parts of whole points, which is what Graphviz's cells have."""
    ends = [round(length * k / parts) for k in range(parts + 1)]
    return [end - start for start, end in pairwise(ends)]


def _cell(size: str, said: str = "") -> str:
    return f"<td {size}>{said}</td>"


def _table(rows: Iterable[str]) -> str:
    """Rows of cells as a label, without room between them."""
    cells = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{cells}</table>>'


def _sized(width: float, height: float) -> dict[str, str]:
    return {"width": f"{width / POINTS:.4f}", "height": f"{height / POINTS:.4f}"}
