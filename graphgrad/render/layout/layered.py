"""Our own layout, for graphs that Graphviz takes too long for: columns, set in rows as text is, and routed between.

Everything is decided in whole numbers, in the order of the problem: the same places everywhere. Within a row wires
run from column to column; what goes further, or to another row, runs in lanes beside the columns and between the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import NamedTuple

from graphgrad.render.layout.lanes import lanes
from graphgrad.render.layout.places import Layout, Outline, Problem, Route, moved, reduced
from graphgrad.render.layout.sweeps import APART, Reach, heights, ordered
from graphgrad.render.layout.turns import ARROW, Point, Rectangle, rounded

FAR = 6  # columns that a wire crosses in its row at most
LANE = 8  # points from lane to lane
BESIDE, BEFORE, BETWEEN = 16, 30, 36  # points after a column, before one (for arrow heads), and between rows
PORTS = 12  # points between wires that enter a box, at most
MARGIN, NAME = 12, 14  # points around a group, and for its name
LOOSE = 0.6  # of a row's width, from which on it may end
DIVIDED = 100  # wires that a cut may cross rather than divide a group
TRIES = 64  # numbers of rows that are tried, and doublings after that


def layered(problem: Problem) -> Layout:
    """Lay a graph of any size out, in columns from left to right, and in the rows that fit a screen best.

    >>> from graphgrad.render.layout.places import Edge, Size
    >>> boxes = {0: Size(40, 20), 1: Size(40, 20), 2: Size(40, 20)}
    >>> layered(Problem(boxes, [Edge(0, 1, None), Edge(1, 2, None)])).nodes
    {0: (20, 10), 1: (106, 10), 2: (192, 10)}
    """
    return _Layered(problem).layout()


class _Wire(NamedTuple):
    """A wire: its ends, and the vertices where it passes columns; of one that goes far, the last alone."""

    tail: int
    head: int
    passes: tuple[int, ...]
    far: bool


class _Layered:
    """Nodes are vertices 0, 1, ... in the problem's order; the places where wires pass a column come after them.

    A column of boxes has an even number, the labels of the wires into it have the odd number before.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.number = {name: v for v, name in enumerate(problem.sizes)}
        self.links = [(self.number[tail], self.number[head]) for tail, head in problem.links]
        self.sizes = [(ceil(s.width), ceil(s.height)) for s in problem.sizes.values()]
        self.rank = _ranks(len(self.sizes), self.links)
        self.row_of = self._rows()  # of a rank
        self.column = [2 * r for r in self.rank]
        self.extents = [Reach(high // 2, high - high // 2, box=True) for _, high in self.sizes]
        self.before: list[list[int]] = [[] for _ in self.sizes]
        self.after: list[list[int]] = [[] for _ in self.sizes]
        self.widths = [0] * (2 * len(self.row_of))
        for v, (wide, _) in enumerate(self.sizes):
            self.widths[self.column[v]] = max(self.widths[self.column[v]], wide)
        self.wires = [self._wire(k, *link) for k, link in enumerate(self.links)]
        self.steady = self._steady()
        self.y, self.low = self._heights()
        self.turns, self.ports = self._turns(), self._ports()
        self.left, self.lane_x, self.wide = self._columns()
        self.lane_y, self.margin, self.top = self._gutters()

    def _rows(self) -> list[int]:
        """The row of every rank: of all numbers of rows, what fits a screen best."""
        count = 1 + max(self.rank, default=-1)
        boxes, labels, high, cut = ([0] * (count + 1) for _ in range(4))
        for r, (across, tall) in zip(self.rank, self.sizes, strict=True):
            boxes[r] = max(boxes[r], across)
            high[r] += tall + APART
        for (tail, head), edge in zip(self.links, self.problem.edges, strict=True):
            if edge.label:
                labels[self.rank[head]] = max(labels[self.rank[head]], ceil(edge.label.width))
            cut[self.rank[tail] + 1] += 1
            cut[self.rank[head] + 1] -= 1
        cut = list(accumulate(cut))  # wires between a rank and the one before
        for members in self.problem.groups.values():
            inside = [self.rank[self.number[n]] for n in members]
            for r in range(min(inside) + 1, max(inside) + 1):
                cut[r] += DIVIDED
        wide = [boxes[r] + labels[r] + BESIDE + BEFORE for r in range(count)]
        best, fit = [0] * count, reduced(sum(wide), max(high))
        for tried in (*range(2, TRIES), *(TRIES << k for k in range(count.bit_length()))):
            if tried > count:
                break
            choice = _filled(wide, cut, sum(wide) // tried + 1)
            breadth, down = [0] * (choice[-1] + 1), [0] * (choice[-1] + 1)
            for r, row in enumerate(choice):
                breadth[row] += wide[r]
                down[row] = max(down[row], high[r])
            if (other := reduced(max(breadth), sum(down) + BETWEEN * len(down))) < fit:
                best, fit = choice, other
        return best

    def _wire(self, index: int, tail: int, head: int) -> _Wire:
        label, start, end = self.problem.edges[index].label, self.column[tail], self.column[head]
        far = self.row_of[start // 2] != self.row_of[end // 2] or end - start > 2 * FAR
        last = Reach(ceil(label.height) + 4, 3, box=False) if label else THIN
        self.widths[end - 1] = max(self.widths[end - 1], ceil(label.width) + 8 if label else 0)
        passes = tuple(
            self._vertex(c, last if c == end - 1 else THIN) for c in ([end - 1] if far else range(start + 1, end))
        )
        for a, b in pairwise((*passes, head) if far else (tail, *passes, head)):
            self.after[a].append(b)
            self.before[b].append(a)
        return _Wire(tail, head, passes, far)

    def _vertex(self, column: int, extent: Reach) -> int:
        self.column.append(column)
        self.extents.append(extent)
        self.before.append([])
        self.after.append([])
        return len(self.column) - 1

    def _row(self, vertex: int) -> int:
        return self.row_of[(self.column[vertex] + 1) // 2]  # labels stand in the row of the boxes after them

    def _steady(self) -> list[list[int]]:
        """What every vertex stands straight behind: of what leads to it all but starts, if there is more."""
        starts = {w.tail for w in self.wires if not self.before[w.tail] and len(self.after[w.tail]) == 1}
        starts.update(p for w in self.wires if w.tail in starts for p in w.passes)
        for v in starts:
            self.extents[v] = self.extents[v]._replace(weight=1)
        return [[w for w in several if w not in starts] or several for several in self.before]

    def _heights(self) -> tuple[list[int], list[int]]:
        """How far below its row's top every vertex has its wire, and how high every row is."""
        rows: list[dict[int, list[int]]] = [{} for _ in range(1 + max(self.row_of, default=-1))]
        for v in sorted(range(len(self.column)), key=self.column.__getitem__):
            rows[self._row(v)].setdefault(self.column[v], []).append(v)
        y, low = [0] * len(self.column), []
        for row in rows:
            columns = ordered(list(row.values()), self.before, self.after)
            at = heights(columns, self.steady, self.after, self.extents)
            top = min(at[v] - self.extents[v].above for v in at)
            for v, height in at.items():
                y[v] = height - top
            low.append(max(y[v] + self.extents[v].below for v in at))
        return y, low

    def _turns(self) -> dict[tuple[int, int], dict[_Turn, int]]:
        """Where far wires go up or down, beside a column in a row: the lane of each."""
        found: dict[tuple[int, int], dict[_Turn, tuple[int, int]]] = {}
        for k, wire in enumerate(self.wires):
            if not wire.far:
                continue
            (port,), out = wire.passes, self._row(wire.tail)
            found.setdefault((out, self.column[wire.tail] + 1), {})[wire.tail, -1] = self.y[wire.tail], ENDLESS
            from_below = self._row(wire.head) == out
            reach = (self.y[port], ENDLESS) if from_below else (-ENDLESS, self.y[port])
            found.setdefault((self._row(wire.head), self.column[port]), {})[wire.tail, k] = reach
        return {place: lanes(stretches) for place, stretches in found.items()}

    def _ports(self) -> list[int]:
        """The height at which every wire enters its head's box."""
        into: list[list[int]] = [[] for _ in self.sizes]
        for k, wire in enumerate(self.wires):
            into[wire.head].append(k)
        ports = [0] * len(self.wires)
        for head, several in enumerate(into):
            several.sort(key=lambda k: (self.y[self.wires[k].passes[-1]], k))
            apart = min(PORTS, (self.sizes[head][1] - 8) // max(len(several) - 1, 1))
            for place, k in enumerate(several):
                ports[k] = self.y[head] + (2 * place - len(several) + 1) * apart // 2
        return ports

    def _columns(self) -> tuple[list[int], dict[tuple[int, int, _Turn], int], int]:
        """The left edge of every column, where lanes beside columns run, and how far all this reaches."""
        lane_x: dict[tuple[int, int, _Turn], int] = {}
        left, reached = [0] * len(self.widths), 0
        used = {*self.column}
        x, row, after = 0, -1, 0
        for c in range(len(self.widths) - 1):
            if self.row_of[(c + 1) // 2] != row:  # the labels before a row's first boxes
                x, row, after = 0, self.row_of[(c + 1) // 2], 0
            if c % 2:
                x = self._lanes(lane_x, (row, c), x + after)
            else:
                x += BEFORE if c - 1 in used else 0
            left[c] = x
            x, after = x + self.widths[c], BESIDE
            if c % 2 == 0:
                reached = max(reached, x)
                if c + 2 >= len(self.widths) or self.row_of[c // 2 + 1] != row:
                    reached = max(reached, self._lanes(lane_x, (row, c + 1), x + after))
        return left, lane_x, reached

    def _lanes(self, lane_x: dict[tuple[int, int, _Turn], int], place: tuple[int, int], x: int) -> int:
        here = self.turns.get(place, {})
        for turn, lane in here.items():
            lane_x[*place, turn] = x + LANE * lane
        return x + LANE * (1 + max(here.values(), default=-1))

    def _gutters(self) -> tuple[list[dict[int, int]], dict[int, int], list[int]]:
        """By gutter below a row the heights of wires by tail; the places left of all rows; the top of every row."""
        spans: list[dict[int, tuple[int, int]]] = [{} for _ in self.low]
        down: dict[int, tuple[int, int]] = {}
        for k, wire in enumerate(self.wires):
            if not wire.far:
                continue
            (start, end), (out, into) = self._gutters_of(wire), self._turns_of(k)
            if start == end:
                _reach(spans[start], wire.tail, out, into)
            else:
                _reach(spans[start], wire.tail, -1, out)
                _reach(spans[end], wire.tail, -1, into)
                _reach(down, wire.tail, start, end)
        found = [lanes(span) for span in spans]
        top, tops = 0, []
        for low, gutter in zip(self.low, found, strict=True):
            tops.append(top)
            top += low + BETWEEN + LANE * (1 + max(gutter.values(), default=-1))
        lane_y = [
            {tail: at + low + BETWEEN // 2 + LANE * lane for tail, lane in gutter.items()}
            for at, low, gutter in zip(tops, self.low, found, strict=True)
        ]
        return lane_y, {tail: -LANE * (2 + lane) for tail, lane in lanes(down).items()}, tops

    def _gutters_of(self, wire: _Wire) -> tuple[int, int]:
        """The gutters by which a far wire leaves its tail's row and comes to its head's."""
        start, end = self._row(wire.tail), self._row(wire.head)
        return start, end if end == start else end - 1

    def _turns_of(self, index: int) -> tuple[int, int]:
        """Where a far wire goes up or down, beside its tail and beside its head."""
        wire = self.wires[index]
        out = self._row(wire.tail), self.column[wire.tail] + 1, (wire.tail, -1)
        into = self._row(wire.head), self.column[wire.passes[0]], (wire.tail, index)
        return self.lane_x[out], self.lane_x[into]

    def layout(self) -> Layout:
        """All places, in points from the top left corner."""
        nodes = {name: self._place(v) for name, v in self.number.items()}
        routes = [self._route(k) for k in range(len(self.wires))]
        groups = dict(self._groups(nodes))
        left = min([0, *(x - LANE for x in self.margin.values()), *(g.x for g in groups.values())])
        top = min([0, *(g.y for g in groups.values())])
        right = max([self.wide, *(g.x + g.width for g in groups.values())])
        last = self.top[-1] + self.low[-1] + LANE * (2 + max(map(len, self.lane_y[-1:]))) if self.low else 0
        low = max([last, *(g.y + g.height for g in groups.values())])
        found = Layout(right - left, low - top, nodes, dict(self.problem.sizes), routes, groups)
        return moved(found, -left, -top) if left or top else found

    def _place(self, v: int) -> Point:
        return self.left[self.column[v]] + self.widths[self.column[v]] // 2, self.top[self._row(v)] + self.y[v]

    def _route(self, index: int) -> Route:
        wire, label = self.wires[index], self.problem.edges[index].label
        row, end = self.top[self._row(wire.head)], self.column[wire.head]
        (x, y), (tip_x, _) = self._place(wire.tail), self._place(wire.head)
        x += self.sizes[wire.tail][0] // 2
        tip = tip_x - self.sizes[wire.head][0] // 2, row + self.ports[index]
        points: list[Point] = [(x, y)]
        passes = wire.passes
        if wire.far:
            passes = ()
            at = row + self.y[wire.passes[0]]
            points = [*rounded([*self._far(index, (x, y)), (self.left[end - 1] + self.widths[end - 1], at)])]
        else:
            _level(points, self.left[self.column[wire.tail]] + self.widths[self.column[wire.tail]])
        for v in passes:
            _bend(points, (self.left[self.column[v]], row + self.y[v]))
            _level(points, self.left[self.column[v]] + self.widths[self.column[v]])
        _bend(points, (self.left[end] - ARROW, tip[1]))
        _level(points, tip[0] - ARROW)
        if label is None:
            return Route(tuple(points), tip, None)
        middle = self.left[end - 1] + self.widths[end - 1] // 2
        return Route(tuple(points), tip, (middle, row + self.y[wire.passes[-1]] - 2 - ceil(label.height) // 2))

    def _far(self, index: int, start: Point) -> Iterator[Point]:
        """The corners of a far wire, up to its label."""
        wire, (out, into) = self.wires[index], self._turns_of(index)
        leaves, comes = (self.lane_y[gutter][wire.tail] for gutter in self._gutters_of(wire))
        yield from (start, (out, start[1]), (out, leaves))
        if leaves != comes:
            yield from ((self.margin[wire.tail], leaves), (self.margin[wire.tail], comes))
        yield from ((into, comes), (into, self.top[self._row(wire.head)] + self.y[wire.passes[0]]))

    def _groups(self, nodes: Mapping[int, Point]) -> Iterator[tuple[str, Outline]]:
        """The frames of groups, of those that stand in one row with nothing else among them."""
        boxes = {n: Rectangle.around(at, *self.sizes[self.number[n]]) for n, at in nodes.items()}
        taken: list[Rectangle] = []
        for name, members in self.problem.groups.items():
            inside = {*members}
            left, top = min(boxes[n].left for n in inside), min(boxes[n].top for n in inside)
            right, low = max(boxes[n].right for n in inside), max(boxes[n].bottom for n in inside)
            frame = Rectangle(left - MARGIN, top - MARGIN - NAME, right + MARGIN, low + MARGIN)
            in_one = len({self._row(self.number[n]) for n in inside}) == 1
            others = (box for n, box in boxes.items() if n not in inside)
            if in_one and not any(frame.meets(other) for other in (*taken, *others)):
                taken.append(frame)
                yield name, Outline(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top)


THIN = Reach(3, 3, box=False)
ENDLESS = 1 << 40
_Turn = tuple[int, int]  # a far wire's tail, and its index beside its head; beside its tail all are one


def _reach(spans: dict[int, tuple[int, int]], key: int, *places: int) -> None:
    known = spans.get(key, places)
    spans[key] = min(*known, *places), max(*known, *places)


def _level(points: list[Point], x: float) -> None:
    (left, y) = points[-1]
    if x != left:
        points += [((2 * left + x) / 3, y), ((left + 2 * x) / 3, y), (x, y)]


def _bend(points: list[Point], end: Point) -> None:
    middle = (points[-1][0] + end[0]) / 2
    points += [(middle, points[-1][1]), (middle, end[1]), end]


def _filled(wide: Sequence[int], cut: Sequence[int], width: int) -> list[int]:
    """The row of every rank, in rows of about a width, each ended where the fewest wires cross."""
    rows: list[int] = []
    while (start := len(rows)) < len(wide):
        used, end, ends = wide[start], start + 1, [start + 1]
        while end < len(wide) and used + wide[end] <= width:
            used, end = used + wide[end], end + 1
            ends.append(end)
            if used < LOOSE * width:
                ends.clear()
        stop = end if end == len(wide) else min(ends or [end], key=lambda e: (cut[e], -e))
        rows += [1 + max(rows[-1:], default=-1)] * (stop - start)
    return rows


def _ranks(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The longest way to every vertex; what nothing leads to stands right before its first reader."""
    rank, after, missing = [0] * count, [list[int]() for _ in range(count)], [0] * count
    for tail, head in links:
        after[tail].append(head)
        missing[head] += 1
    order = [v for v in range(count) if not missing[v]]
    sources = len(order)
    for v in order:
        for head in after[v]:
            rank[head] = max(rank[head], rank[v] + 1)
            missing[head] -= 1
            if not missing[head]:
                order.append(head)
    for v in order[:sources]:
        rank[v] = min((rank[head] for head in after[v]), default=1) - 1
    return rank
