"""A plot: a panel a function, with its derivative, its axes, and both formulas above it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.lookup import Table
from graphgrad.core.numerals import general
from graphgrad.render.drawing.shapes import Box, Curve, Ink, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.drawing.typeset import EM, line
from graphgrad.render.formats.protocols import Sheet
from graphgrad.render.formats.table import PLOT, Format, save
from graphgrad.render.layout.places import Size
from graphgrad.render.layout.turns import Point
from graphgrad.render.plots.sampling import Piece, window
from graphgrad.render.scene.scene import Math
from graphgrad.render.training.charts import Area, axis_ticks, straight

PANEL, MOST_ACROSS = Size(300.0, 210.0), 4  # without the formulas above it
FORMULA, GAP = 15.0, 7.0  # size of a formula, and the room below it


@told(lambda drawn: drawn.formula.text)
class Drawn(NamedTuple):
    """A function as it is drawn: what is written above it, and the pieces of its graph and of its derivative's."""

    formula: Math
    graph: Sequence[Piece]
    derivative: Math | None = None
    slope: Sequence[Piece] = ()


class Plot(Sheet):
    """Functions of one number, side by side; `save` writes the plot, and notebooks show it."""

    formats: Table[Format] = PLOT

    def __init__(self, functions: Sequence[Drawn], variable: str, ends: tuple[float, float], look: Style) -> None:
        self.functions, self.variable, self.ends, self.style = tuple(functions), variable, ends, look
        self.values: Sequence[float] = ()
        self.phase, self.title = "", "Plot of " + ", ".join(drawn.formula.text for drawn in functions)
        self.across = min(len(functions), MOST_ACROSS)
        margin, rows = look.margin, -(-len(functions) // self.across)
        self.head = max((_height(drawn) for drawn in functions), default=0.0)
        self.panel = Size(PANEL.width, PANEL.height + self.head)
        self.size = Size(self.across * PANEL.width + 2 * margin, rows * self.panel.height + 2 * margin)

    def __repr__(self) -> str:
        return f"<{self.title}>"

    @property
    def caption(self) -> str:
        """What the plot shows, in words."""
        low, high = self.ends
        told = f"for {self.variable} from {general(low)} to {general(high)}"
        slopes = [f"with derivative {d.derivative.text}" if d.derivative else "" for d in self.functions]
        said = (f"{d.formula.text} {slope}".strip() for d, slope in zip(self.functions, slopes, strict=True))
        return f"{'; '.join(said)}, {told}."

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """What the plot is made of; the ground comes first."""
        return (Box(0.0, 0.0, self.size.width, self.size.height, 0.0, "ground"), *self._panels())

    def save(self, path: str | Path) -> Path:
        """Write the plot, to .svg, .png, .pdf, .tex or .dot; UsageError for another suffix or an unwritable path."""
        return save(self, path, self.formats)

    def _panels(self) -> Iterator[Shape]:
        margin = self.style.margin
        for number, drawn in enumerate(self.functions):
            row, column = divmod(number, self.across)
            panel = Area(margin + column * PANEL.width, margin + row * self.panel.height, *self.panel)
            yield from self._panel(panel._replace(width=panel.width - 12.0, height=panel.height - 8.0), drawn)

    def _panel(self, panel: Area, drawn: Drawn) -> Iterator[Shape]:
        top = panel.y
        for formula, colour in ((drawn.formula, "value"), (drawn.derivative, "adjoint")):
            if formula:
                label = line((formula,), ())
                shown = min(FORMULA, panel.width * EM / label.width)
                yield Ink(
                    (formula,), panel.x + panel.width / 2, top + label.ascent * shown / EM, FORMULA, colour, panel.width
                )
                top += (label.ascent + label.descent) * shown / EM + GAP
        plot = panel._replace(y=panel.y + self.head, height=panel.height - self.head).inner
        up = window([list(drawn.graph), list(drawn.slope)])
        yield from self._axes(plot, up)
        for graph, colour in ((drawn.slope, "adjoint"), (drawn.graph, "value")):
            for x, y in graph:
                for run in inside(x, y, up):
                    points = [plot.at(_part(a, self.ends), _part(b, up)) for a, b in run]
                    yield Curve(straight(points), colour, 2.4)

    def _axes(self, plot: Area, up: tuple[float, float]) -> Iterator[Shape]:
        yield Box(plot.x, plot.y, plot.width, plot.height, 0.0, "", "idle", 1.0)
        if self.ends[0] < 0 < self.ends[1]:
            yield Curve(straight([plot.at(_part(0, self.ends), v) for v in (0, 1)]), "idle", 1.0)
        if up[0] < 0 < up[1]:
            yield Curve(straight([plot.at(u, _part(0, up)) for u in (0, 1)]), "idle", 1.0)
        yield from axis_ticks(plot, self.ends, up)


def inside(x: Sequence[float], y: Sequence[float], up: tuple[float, float]) -> Iterator[list[Point]]:
    """The runs of a piece within a range of values, cut at its edge.

    >>> [[(float(a), float(b)) for a, b in run] for run in inside([0, 1, 2], [0, 4, 0], (-1.0, 2.0))]
    [[(0.0, 0.0), (0.5, 2.0)], [(1.5, 2.0), (2.0, 0.0)]]
    """
    run: list[Point] = []
    for (xa, ya), (xb, yb) in pairwise(zip(x, y, strict=True)):
        crossed = sorted(
            t for edge in up if (yb - ya) and 0 < (t := (edge - ya) / (yb - ya)) < 1
        )  # where the line between the two meets an edge
        stops = [0.0, *crossed, 1.0]
        for s, t in pairwise(stops):
            middle = ya + (s + t) / 2 * (yb - ya)
            if up[0] <= middle <= up[1]:
                ends = [(xa + u * (xb - xa), ya + u * (yb - ya)) for u in (s, t)]
                run += ends[1:] if run else ends
            elif run:
                yield run
                run = []
    if run:
        yield run


def _height(drawn: Drawn) -> float:
    """The room that the formulas above a plot take."""
    labels = [line((formula,), ()) for formula in (drawn.formula, drawn.derivative) if formula]
    sizes = [min(FORMULA, (PANEL.width - 12.0) * EM / label.width) for label in labels]
    return sum((label.ascent + label.descent) * s / EM + GAP for label, s in zip(labels, sizes, strict=True))


def _part(number: float, ends: tuple[float, float]) -> float:
    part = (number - ends[0]) / (ends[1] - ends[0])
    return float(part) if math.isfinite(part) else float(np.clip(part, 0, 1))
