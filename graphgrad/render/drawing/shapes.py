"""What a drawing is made of. Colours are roles (fields of a style), so one drawing serves every theme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graphgrad.core.display import told
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import Phrase


@told(lambda box: f"{box.fill or box.stroke}, {box.width:g} by {box.height:g} at {box.x:g}, {box.y:g}")
class Box(NamedTuple):
    """A rectangle with round corners; an empty role means none. `node` is the primal node that it stands for."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str
    stroke: str = ""
    line: float = 1.0
    dashed: bool = False
    node: int = -1
    judges: bool = False  # whether it is part of a verdict


@told(lambda curve: f"{curve.stroke}, of {len(curve.points)} points")
class Curve(NamedTuple):
    """A chain of cubic Bézier curves: one point, then three a piece."""

    points: tuple[Point, ...]
    stroke: str
    line: float


class Head(NamedTuple):
    """An arrow head: a filled triangle."""

    corners: tuple[Point, Point, Point]
    fill: str


@told(lambda ink: f"{ink.colour}, {len(ink.phrase)} pieces at {ink.x:g}, {ink.y:g}")
class Ink(NamedTuple):
    """A line of typeset mathematics, centred on x or starting there, no wider than its room."""

    phrase: Phrase
    x: float
    y: float  # the baseline
    size: float
    colour: str
    room: float
    centred: bool = True
    lit: frozenset[int] = frozenset()  # tags of the glyphs that take the second colour
    second: str = ""
    judges: bool = False  # whether it is part of a verdict


@told(lambda heat: f"{heat.colour}, of node {heat.node}, at {heat.x:g}, {heat.y:g}")
class Heat(NamedTuple):
    """A heat map: rows of numbers from -1 to 1; positive ones in a colour, negative ones in the colour of ink.

    `node` is the node of the gradient graph whose value it shows.
    """

    x: float
    y: float
    width: float
    height: float
    cells: tuple[tuple[float, ...], ...]
    colour: str
    node: int

    def squares(self) -> Iterator[tuple[float, float, float, float, str, float]]:
        """Place, size, colour and strength of every cell."""
        high = self.height / len(self.cells)
        for i, row in enumerate(self.cells):
            wide = self.width / len(row)
            for j, x in enumerate(row):
                colour = self.colour if x >= 0 else "ink"
                yield self.x + j * wide, self.y + i * high, wide, high, colour, abs(x)


@told(lambda patch: f"{patch.role}, of {len(patch.rectangles)} rectangles")
class Patch(NamedTuple):
    """Cells of a surface in one shade of a colour: in rows from the top, runs of cells from a column to another."""

    x: float
    y: float
    wide: float  # a cell
    high: float
    runs: tuple[tuple[int, int, int], ...]  # row, first column, column after the last
    role: str
    strength: float

    @property
    def rectangles(self) -> Iterator[tuple[float, float, float, float]]:
        """Left, top, right and bottom of every run."""
        for row, start, end in self.runs:
            top = self.y + row * self.high
            yield self.x + start * self.wide, top, self.x + end * self.wide, top + self.high


Shape = Box | Curve | Head | Ink | Heat | Patch
