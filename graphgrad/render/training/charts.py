"""Charts of a training film: the loss so far, a fitted function, a decision surface, on axes that stay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.numerals import numeral
from graphgrad.render.drawing.shapes import Box, Curve, Ink, Patch, Shape
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import Math, words

OWNERS = ("value", "adjoint", "good", "bad", "faint", "ink")  # the colours of classes; of numbers, the first two
SHADES, OF = 4, 6  # a surface has so many shades, of the six that the palette of a GIF has
DECADES = 8  # a loss that falls further than this rests on the axis
TICK, TITLE = 11.0, 12.0  # type of ticks; room for words above
GUTTER, FOOT, HEAD = 34.0, 16.0, 4.0  # room for ticks at the left and below, and for half a tick above


class Area(NamedTuple):
    """A part of the page."""

    x: float
    y: float
    width: float
    height: float

    @property
    def inner(self) -> Area:
        """The plot's own part: the ticks stand around it."""
        return Area(self.x + GUTTER, self.y + HEAD, self.width - GUTTER - HEAD, self.height - FOOT - HEAD)

    @property
    def below_title(self) -> Area:
        """The part below a line of words."""
        return self._replace(y=self.y + TITLE, height=self.height - TITLE)

    def at(self, u: float, v: float) -> Point:
        """The point at parts u of the width, from the left, and v of the height, from below; or the nearest one."""
        u, v = min(max(u, 0.0), 1.0), min(max(v, 0.0), 1.0)
        return self.x + u * self.width, self.y + (1 - v) * self.height


class Surface(NamedTuple):
    """What a network says of two inputs: on a grid of n x n places of the box, at every snapshot, and of the examples.

    `owners` (F, n, n) are places in `OWNERS`, rows from the least x2 up, and `strengths` (F, n, n) go from 0,
    undecided, to 1; `points` (k, 2) are examples, `targets` (k,) their owners.
    """

    box: tuple[float, float, float, float]  # x1 from, to; x2 from, to
    owners: Any
    strengths: Any
    points: Any
    targets: Any


class Fitted(NamedTuple):
    """What a network says of one input: at places x (m,), answers y (F, m); `points` (k, 2) are examples."""

    x: Any
    y: Any
    points: Any


def straight(points: Sequence[Point]) -> tuple[Point, ...]:
    """A chain of straight lines, as Bézier curves.

    >>> straight([(0.0, 0.0), (3.0, 6.0)])
    ((0.0, 0.0), (1.0, 2.0), (2.0, 4.0), (3.0, 6.0))
    """
    chain = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        chain += [((2 * x0 + x1) / 3, (2 * y0 + y1) / 3), ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3), (x1, y1)]
    return tuple(chain)


def loss_curve(area: Area, steps: Sequence[int], losses: Sequence[float], frame: int) -> list[Shape]:
    """Draw the losses up to a snapshot, both axes logarithmic; the step 0 stands at the left edge.

    The chart's name stands above the end of the curve, or below it.
    """
    plot, (low, high), right = area.inner, decades(losses), math.log10(1 + steps[-1])
    shapes: list[Shape] = []
    for power in range(low, high + 1, 1 + (high - low) // 5):
        left, end = plot.at(0, (power - low) / (high - low)), plot.at(1, (power - low) / (high - low))
        shapes += [Curve(straight([left, end]), "group", 1.0), _tick(_power(power), left[0] - 17.0, left[1] + 3.5)]
    for power in range(math.floor(math.log10(max(steps[-1], 1))) + 1):
        x, y = plot.at(math.log10(1 + 10**power) / right, 0)
        shapes += [Curve(straight([(x, y), (x, y - 4.0)]), "idle", 1.0), _tick(_power(power), x, y + 13.0)]
    shapes.append(_edge(plot))
    points = [
        plot.at(math.log10(1 + step) / right, (math.log10(max(loss, 10.0**low)) - low) / (high - low))
        for step, loss in zip(steps, losses, strict=False)
    ]
    above = points[-1][1] > plot.y + plot.height / 2
    baseline = plot.y + (16.0 if above else plot.height - 8.0)
    name = Ink((words("loss"),), plot.x + plot.width - 34.0, baseline, 13.0, "faint", 40.0, centred=False)
    shown = points[: frame + 1]
    return [*shapes, name, Curve(straight(shown), "value", 2.2), _spot(*shown[-1], 4.0, "value")]


def decades(losses: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that the losses lie between, at most `DECADES` apart.

    >>> decades([0.7, 0.02]), decades([5.0, 1e-30])
    ((-2, 0), (-7, 1))
    """
    high = math.ceil(math.log10(max(*losses, 1e-300)))
    least = min((loss for loss in losses if loss > 0), default=1.0)
    low = max(math.floor(math.log10(least)), high - DECADES)
    return min(low, high - 1), high


def surface(area: Area, field: Surface, frame: int) -> list[Shape]:
    """Draw the decision surface at a snapshot: a shade for every degree of certainty, and the examples on top."""
    plot, (left, right, low, high) = area.inner, field.box
    shapes: list[Shape] = [*_patches(plot, field.owners[frame], field.strengths[frame]), _edge(plot)]
    shapes += axis_ticks(plot, (left, right), (low, high))
    for (a, b), target in zip(field.points, field.targets, strict=True):
        x, y = plot.at((float(a) - left) / (right - left), (float(b) - low) / (high - low))
        shapes.append(_spot(x, y, _spot_size(len(field.points)), OWNERS[int(target)]))
    return shapes


def fitted(area: Area, field: Fitted, frame: int) -> list[Shape]:
    """Draw the fitted function at a snapshot, and the examples behind it; what leaves the chart runs along its edge."""
    plot, across = area.inner, (float(field.x[0]), float(field.x[-1]))
    least, most = float(field.points[:, 1].min()), float(field.points[:, 1].max())
    pad = 0.2 * (most - least) or 1.0
    up = (least - pad, most + pad)
    shapes: list[Shape] = [_edge(plot), *axis_ticks(plot, across, up)]
    size = _spot_size(len(field.points))
    shapes += [_spot(*plot.at(_part(float(a), across), _part(float(b), up)), size, "adjoint") for a, b in field.points]
    points = [
        plot.at(_part(float(x), across), _part(float(y), up)) for x, y in zip(field.x, field.y[frame], strict=True)
    ]
    return [*shapes, Curve(straight(points), "value", 2.6)]


def _patches(plot: Area, owners: Any, strengths: Any) -> Iterator[Patch]:
    """Cells of one shade, those side by side in a row joined."""
    shades = np.ceil(np.clip(strengths, 0, 1) * SHADES - 1e-9).astype(int)
    kinds = np.where(shades > 0, owners * (SHADES + 1) + shades, 0)
    rows, columns = kinds.shape
    wide, high = plot.width / columns, plot.height / rows
    found: dict[int, list[tuple[int, int, int]]] = {}
    for i, row in enumerate(kinds):
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), columns]
        for start, end in pairwise(edges):
            found.setdefault(int(row[start]), []).append((rows - i - 1, start, end))
    for kind in sorted(found.keys() - {0}):
        owner, shade = divmod(kind, SHADES + 1)
        yield Patch(plot.x, plot.y, wide, high, tuple(found[kind]), OWNERS[owner], shade / OF)


def _part(number: float, ends: tuple[float, float]) -> float:
    return (number - ends[0]) / (ends[1] - ends[0])


def axis_ticks(plot: Area, across: tuple[float, float], up: tuple[float, float]) -> list[Shape]:
    """Numbers below a plot and at its left, at round places."""
    shapes: list[Shape] = []
    for number in round_numbers(*across):
        x, y = plot.at(_part(number, across), 0)
        shapes.append(_tick(_number(number), x, y + 13.0))
    for number in round_numbers(*up):
        x, y = plot.at(0, _part(number, up))
        shapes.append(_tick(_number(number), x - 17.0, y + 3.5))
    return shapes


def round_numbers(low: float, high: float) -> list[float]:
    """Two to five round numbers between two numbers.

    >>> round_numbers(-0.25, 1.25), round_numbers(-3.2, 3.2)
    ([0.0, 0.5, 1.0], [-2.0, 0.0, 2.0])
    """
    power = 10.0 ** math.floor(math.log10(high - low))
    gap = next(g * power for g in (0.1, 0.2, 0.5, 1, 2, 5) if (high - low) / (g * power) < 5)
    return [round(k * gap, 12) for k in range(math.ceil(low / gap), math.floor(high / gap) + 1)]


def _number(number: float) -> Math:
    shown = numeral(number)
    return Math(shown.tex, str(shown))


def _power(power: int) -> Math:
    return Math({0: "1", 1: "10"}.get(power, f"10^{{{power}}}"), f"10^{power}")


def _tick(label: Math, x: float, y: float) -> Ink:
    return Ink((label,), x, y, TICK, "faint", 30.0)


def _edge(plot: Area) -> Box:
    return Box(plot.x, plot.y, plot.width, plot.height, 0.0, "", "idle", 1.0)


def _spot_size(count: int) -> float:
    return 6.0 if count <= 10 else 2.6


def _spot(x: float, y: float, size: float, role: str) -> Box:
    return Box(x - size, y - size, 2 * size, 2 * size, size, role, "ground", 0.25 * size if size > 4 else 0.4)
