"""A multilayer perceptron as a picture: neurons in layers, joined by lines as thick as their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphgrad.render.drawing.shapes import Box, Curve, Ink, Shape
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import Math, words
from graphgrad.render.training.charts import Area, straight

Matrices = Sequence[Any]  # an array a layer
MOST = 12  # neurons that are drawn of a layer; of a larger one the first and the last, and dots between
SPACING = 74.0
LEGEND = 24.0  # room below a network, for words
THIN, THICK = 0.25, 5.0


def drawn_of(size: int) -> list[int]:
    """The neurons of a layer that are drawn, by number.

    >>> drawn_of(3), drawn_of(100)
    ([0, 1, 2], [0, 1, 2, 3, 4, 5, 94, 95, 96, 97, 98, 99])
    """
    return list(range(size)) if size <= MOST else [*range(MOST // 2), *range(size - MOST // 2, size)]


def places(area: Area, sizes: Sequence[int]) -> list[dict[int, Point]]:
    """Where the neurons of every layer stand, by number."""
    found = []
    for layer, size in enumerate(sizes):
        numbers = drawn_of(size)
        slots = len(numbers) + (size > MOST)  # one for the dots
        spacing = min(SPACING, (area.height - LEGEND) / slots)
        x = area.x + area.width * (layer + 0.5) / len(sizes)
        top = area.y + (area.height - LEGEND - spacing * (slots - 1)) / 2
        found.append({n: (x, top + spacing * (k + (k >= MOST // 2 and size > MOST))) for k, n in enumerate(numbers)})
    return found


def radius(area: Area, sizes: Sequence[int]) -> float:
    """The radius of every neuron."""
    slots = max(min(size, MOST + 1) for size in sizes)
    return min(13.0, 0.38 * min(SPACING, (area.height - LEGEND) / slots))


def network(area: Area, weights: Sequence[Matrices], biases: Sequence[Matrices], frame: int) -> list[Shape]:
    """Draw the network at a snapshot; the widths of lines have one scale for the film."""
    matrices, vectors = weights[frame], biases[frame]
    sizes = [matrices[0].shape[1], *(len(matrix) for matrix in matrices)]
    most = max(float(np.abs(matrix).max()) for snapshot in weights for matrix in snapshot) or 1.0
    standing, r = places(area, sizes), radius(area, sizes)
    thick = THICK if max(sizes) <= MOST else 0.6 * THICK
    shapes: list[Shape] = []
    for layer, matrix in enumerate(matrices):
        for j, to in standing[layer + 1].items():
            for i, start in standing[layer].items():
                weight = float(matrix[j, i])
                shapes.append(Curve(straight([start, to]), signed(weight), THIN + (thick - THIN) * abs(weight) / most))
    for layer, points in enumerate(standing):
        shapes += _dots(points, sizes[layer])
        for number, (x, y) in points.items():
            bias = float(vectors[layer - 1][number]) if layer else 0.0
            fill, stroke = (f"{signed(bias)}_glow", signed(bias)) if bias else ("card", "faint")
            shapes.append(Box(x - r, y - r, 2 * r, 2 * r, r, fill, stroke, 1.6))
            if layer == 0 and r > 8.0:
                name = f"x_{{{number + 1}}}" if sizes[0] > 1 else "x"
                shapes.append(Ink((Math(name, name),), x, y + 0.24 * r, min(13.0, 1.15 * r), "ink", 1.45 * r))
    return shapes


def signed(number: float) -> str:
    """The role of a number's colour: blue for positive ones, orange for negative ones."""
    return "adjoint" if number < 0 else "value"


def _dots(points: dict[int, Point], size: int) -> list[Shape]:
    """Three dots between the first and the last neurons of a large layer."""
    if size <= MOST:
        return []
    (x, above), (_, below) = points[MOST // 2 - 1], points[size - MOST // 2]
    middle, gap = (above + below) / 2, (below - above) / 12
    return [Box(x - 1.3, middle + k * gap - 1.3, 2.6, 2.6, 1.3, "faint") for k in (-1, 0, 1)]


def legend(area: Area) -> list[Shape]:
    """Say below a network what the colours of lines mean."""
    y, x, shapes = area.y + area.height - 3.0, area.x + area.width / 2, list[Shape]()
    for start, weight, word in ((x - 92.0, 1.0, "positive"), (x + 12.0, -1.0, "negative")):
        shapes.append(Curve(straight([(start, y - 4.0), (start + 20.0, y - 4.0)]), signed(weight), 3.0))
        shapes.append(Ink((words(word),), start + 26.0, y, 12.0, "faint", 60.0, centred=False))
    return shapes
