"""Edges from the end of a row to the beginning of the next: through the gap between the two, as a reader's eye goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

Point = tuple[float, float]
ROUND, STEP, ARROW = 12.0, 16.0, 10.0  # a corner's radius, the way out of a side, an arrow head's length
CORNER = 0.55  # of the way to a corner, where a quarter of a circle has its control points
FREE = 4.0  # around a line and a label


class Rectangle(NamedTuple):
    """What lines and labels keep clear of: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, centre: Point, width: float, height: float) -> Rectangle:
        """The rectangle of a size about a point."""
        (x, y), across, down = centre, width / 2, height / 2
        return cls(x - across, y - down, x + across, y + down)

    def meets(self, other: Rectangle) -> bool:
        """Whether two rectangles come nearer to each other than lines may.

        >>> Rectangle(0, 0, 9, 9).meets(Rectangle(12, 0, 20, 9)), Rectangle(0, 0, 9, 9).meets(Rectangle(14, 0, 20, 9))
        (True, False)
        """
        return (
            self.left < other.right + FREE
            and other.left < self.right + FREE
            and self.top < other.bottom + FREE
            and other.top < self.bottom + FREE
        )


class Turn(NamedTuple):
    """A way through a gap: its corners from tail to tip, and the middle of its label."""

    corners: tuple[Point, ...]
    label: Point | None

    @property
    def points(self) -> tuple[Point, ...]:
        """The way as a cubic curve with round corners, ending where the arrow's head begins."""
        *way, tip = self.corners
        (x, y), (u, v) = way[-1], tip
        size = abs(u - x) + abs(v - y)
        end = u - ARROW * (u - x) / size, v - ARROW * (v - y) / size
        return tuple((round(a, 2), round(b, 2)) for a, b in rounded([*way, end]))


def turn(
    tail: Rectangle, head: Rectangle, at: float, label: tuple[float, float] | None, taken: Sequence[Rectangle]
) -> Turn | None:
    """Find a way from a box through a gap at a height into a box below, clear of what is taken; None without any.

    It leaves below, or else at the right, and comes in from above, or else from the left.
    """
    for leave, arrive in product(_ways_out(tail, at), _ways_in(head, at)):
        corners = (*leave, *arrive)
        lines = [_line(a, b) for a, b in pairwise(corners)]
        if any(line.meets(other) for line in lines for other in taken):
            continue
        if label is None:
            return Turn(corners, None)
        for place in _label_places(corners, label):
            room = Rectangle.around(place, *label)
            if not any(room.meets(other) for other in (*taken, tail, head)):
                return Turn(corners, place)
    return None


def _ways_out(tail: Rectangle, at: float) -> Iterator[tuple[Point, ...]]:
    middle, side = (tail.left + tail.right) / 2, tail.right + STEP
    yield (middle, tail.bottom), (middle, at)
    yield (tail.right, (tail.top + tail.bottom) / 2), (side, (tail.top + tail.bottom) / 2), (side, at)


def _ways_in(head: Rectangle, at: float) -> Iterator[tuple[Point, ...]]:
    middle, side = (head.left + head.right) / 2, head.left - STEP - ARROW
    yield (middle, at), (middle, head.top)
    yield (side, at), (side, (head.top + head.bottom) / 2), (head.left, (head.top + head.bottom) / 2)


def _label_places(corners: Sequence[Point], size: tuple[float, float]) -> Iterator[Point]:
    """Places beside a way's upright lines, the longest first, and above its level ones."""
    beside, above = size[0] / 2 + FREE + 1.0, size[1] / 2 + FREE + 1.0
    for (a, b), (u, v) in sorted(pairwise(corners), key=lambda ends: -abs(ends[1][1] - ends[0][1])):
        x, y = (a + u) / 2, (b + v) / 2
        yield from ((x + beside, y), (x - beside, y)) if a == u else ((x, y - above),)


def _line(a: Point, b: Point) -> Rectangle:
    return Rectangle(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))


def rounded(way: Sequence[Point]) -> Iterator[Point]:
    """A way along its corners as a cubic curve: its points, three a piece after the first."""
    at = way[0]
    yield at
    for k, corner in enumerate(way[1:-1], 1):
        before, after = _towards(corner, way[k - 1]), _towards(corner, way[k + 1])
        yield from _straight(at, before)
        yield from (_between(before, corner), _between(after, corner), after)
        at = after
    yield from _straight(at, way[-1])


def _straight(a: Point, b: Point) -> Iterator[Point]:
    for part in (1 / 3, 2 / 3, 1.0):
        yield a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])


def _towards(corner: Point, other: Point) -> Point:
    """Where a corner's curve meets the line to the next corner."""
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    part = min(ROUND / length, 0.5) if length else 0.0
    return corner[0] + part * (other[0] - corner[0]), corner[1] + part * (other[1] - corner[1])


def _between(end: Point, corner: Point) -> Point:
    return end[0] + CORNER * (corner[0] - end[0]), end[1] + CORNER * (corner[1] - end[1])


def gap(upper: Sequence[Rectangle], lower: Sequence[Rectangle], count: int) -> Sequence[float]:
    """The heights at which so many lines go through the gap between two rows; none where the rows meet.

    >>> gap([Rectangle(0, 0, 9, 10)], [Rectangle(0, 40, 9, 50)], 2)
    [20.0, 30.0]
    """
    top, bottom = max(box.bottom for box in upper), min(box.top for box in lower)
    return [top + (k + 1) * (bottom - top) / (count + 1) for k in range(count)] if bottom - top > 2 * FREE else []
