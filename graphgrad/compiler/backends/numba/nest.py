"""A graph as loops over single entries: every value is computed in the loops of what it needs, where that may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graphgrad.compiler.backends.numba.indices import ZERO, Index, broadcast, through
from graphgrad.compiler.source.statements import Expr, variable
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape

REDUCTIONS = frozenset({"sum", "max", "min"})
LABEL = variable("label")  # in an index: the place that a label says
LEAVES = frozenset({"input", "const"})


class Read(NamedTuple):
    """An entry of a node that a statement needs."""

    node: int
    at: Index


class Item(NamedTuple):
    """The computation of one node, or of one output's place (`target`), entry by entry.

    `space` are the sizes of its loops, `kept` says for every axis of the value which of the loops runs along it (None:
    an axis of size 1), and loops that no axis keeps are summed over, or reduced in another way.
    """

    node: int
    space: Shape
    kept: tuple[int | None, ...]
    reads: tuple[Read, ...]
    target: str = ""
    whole: bool = False  # a product of matrices, all of it at once

    @property
    def reduces(self) -> bool:
        """Whether loops are reduced."""
        return len(self.space) > sum(k is not None for k in self.kept)

    @property
    def depth(self) -> int:
        """How many loops run before the value is there; 0 where it must be gathered entry by entry."""
        leading = [k for k in self.kept if k is not None]
        return len(leading) if leading == list(range(len(leading))) else 0


@dataclass
class Loop:
    """A loop, and what is inside, in order."""

    depth: int
    size: int | str
    body: list[Loop | Item] = field(default_factory=list)
    inside: set[int] = field(default_factory=set)  # nodes

    def items(self) -> Iterator[Item]:
        """All statements inside."""
        for part in self.body:
            yield from part.items() if isinstance(part, Loop) else (part,)


class Nest:
    """The loops of a graph.

    `variables` are the loops', outermost first; `homes` says in which arrays outputs are to be left,
    and `late` which of these are inputs too, which are written when nothing needs the input any more. Where `products`,
    matrix products are calls; else they are loops. Raises TargetError for an operation that has no loops.
    """

    def __init__(
        self,
        graph: Graph,
        variables: Sequence[Expr],
        homes: Mapping[int, str],
        late: Mapping[str, int],
        *,
        products: bool,
    ) -> None:
        self.graph, self.variables, self.homes, self.products = graph, variables, homes, products
        self.body: list[Loop | Item] = []
        self.items: dict[int, Item] = {}
        self.paths: dict[int, tuple[Loop, ...]] = {}
        self.readers: dict[int, list[tuple[Item, tuple[Loop, ...], Index]]] = {}
        for i, node in enumerate(graph.nodes):
            if i in homes or node.op in REDUCTIONS or node.op == "matmul":
                self._need(i)
        for home, i in late.items():
            space, index, kept = self._axes(graph.nodes[i].shape)
            self._add(Item(-1, space, kept, (Read(*through(graph, i, index)),), home))
        self._need(graph.output)
        self.stored = {i for i, item in self.items.items() if i in homes or self._is_stored(item)}

    def _axes(self, shape: Shape) -> tuple[Shape, Index, tuple[int | None, ...]]:
        """The loops over all entries of a shape, the index that they make, and the loop that runs along each axis."""
        kept: list[int | None] = []
        for size in shape:
            kept.append(None if size == 1 else len(kept) - kept.count(None))
        space = tuple(size for size in shape if size != 1)
        if len(space) > len(self.variables):
            raise TargetError("so many axes have no loops")
        return space, tuple(ZERO if k is None else self.variables[k] for k in kept), tuple(kept)

    def _need(self, i: int) -> None:
        """Compute a node, if that is not done yet, and first what it needs."""
        op = self.graph.nodes[i].op
        if i not in self.items and op not in LEAVES and op != "size":
            self._add(self._item(i))

    def _item(self, i: int) -> Item:
        """The computation of a node."""
        graph, node = self.graph, self.graph.nodes[i]
        shapes = [graph.nodes[o].shape for o in node.operands]
        space, index, kept = self._axes(node.shape)
        if node.op == "matmul":
            return self._product(i)
        if node.op in REDUCTIONS:
            return self._reduction(i)
        if node.op in {"pick", "unpick"}:
            scores, labels = node.operands[:2]
            if node.op == "pick" and graph.nodes[labels].op != "input":
                raise TargetError("labels that are computed have no loops")  # nobody has looked at them
            at = index if node.op == "pick" else index[:-1]
            label = Read(*through(graph, labels, broadcast(shapes[1], at)))
            place = (*index, LABEL) if node.op == "pick" else broadcast(shapes[0], at)
            return Item(i, space, kept, (self._read(scores, place), label))
        if OPS[node.op].elementwise and OPS[node.op].python:
            reads = tuple(self._read(o, broadcast(s, index)) for o, s in zip(node.operands, shapes, strict=True))
            return Item(i, space, kept, reads)
        raise TargetError(f"'{node.op}' has no loops")

    def _read(self, i: int, index: Index) -> Read:
        return Read(*through(self.graph, i, index))

    def _reduction(self, i: int) -> Item:
        node = self.graph.nodes[i]
        (operand,), attrs = node.operands, dict(node.attrs)
        space, index, loops = self._axes(self.graph.nodes[operand].shape)
        rank, axis = len(index), attrs["axis"]
        gone = set(range(rank)) if axis is None else {a % rank for a in (axis if isinstance(axis, tuple) else (axis,))}
        kept = tuple(None if k in gone else loops[k] for k in range(rank) if attrs["keepdims"] or k not in gone)
        return Item(i, space, kept, (self._read(operand, index),))

    def _product(self, i: int) -> Item:
        graph, node = self.graph, self.graph.nodes[i]
        a, b = node.operands
        ranks = [len(graph.nodes[o].shape) for o in (a, b)]
        if self.products and max(ranks) == 2:
            whole = self._matrix(a), self._matrix(b)
            if all(whole):
                return Item(i, (), tuple(range(len(node.shape))), tuple(r for r in whole if r), whole=True)
        # entry by entry: `a` lacks the last axis, `b` the one before, and both are summed over the axis they share
        space, index, kept = self._axes((*node.shape, graph.nodes[a].shape[-1]))
        *outer, k = index
        shared = outer[: len(outer) - sum(r > 1 for r in ranks)]
        row, column = outer[len(shared) : len(shared) + (ranks[0] > 1)], outer[len(outer) - (ranks[1] > 1) :]
        left = broadcast(graph.nodes[a].shape, (*shared, *row, k))
        right = broadcast(graph.nodes[b].shape, (*shared, k, *column) if ranks[1] > 1 else (k,))
        return Item(i, space, kept[:-1], (self._read(a, left), self._read(b, right)))

    def _axis_names(self, i: int) -> Index:
        """The index of an entry of an array whose axes are all written out, those of size 1 too."""
        return tuple(self.variables[: len(self.graph.nodes[i].shape)])

    def _matrix(self, i: int) -> Read | None:
        """An operand of a whole product: an array, or the transpose of one; None where it is no such thing."""
        index = self._axis_names(i)
        node, at = through(self.graph, i, index)
        return Read(node, at) if {*at} == {*index} and self.graph.nodes[node].op != "const" else None

    def _add(self, item: Item) -> None:
        """Put a computation in its place, after those that it needs."""
        for read in item.reads:
            self._need(read.node)
        path = self._place(self.body, item, ())
        if item.node >= 0:
            self.items[item.node], self.paths[item.node] = item, path
        for read in item.reads:
            self.readers.setdefault(read.node, []).append((item, path, read.at))

    def _place(self, body: list[Loop | Item], item: Item, path: tuple[Loop, ...]) -> tuple[Loop, ...]:
        """Go into the last loops that may be shared: after all that is needed, and after the last whole product."""
        depth = len(path)
        if depth == len(item.space):
            at = len(body) if item.whole or item.space or item.node < 0 else self._earliest(item)
            body.insert(at, item)
            return path
        needed = {r.node for r in item.reads}
        readers = {r for held in self._overwritten(item) for r, *_ in self.readers.get(held, ())}
        for part in reversed(body):
            if isinstance(part, Loop):
                inside = part.inside & needed
                if part.size == item.space[depth] and all(
                    self.aligned(r.node, r.at) > depth for r in item.reads if r.node in inside
                ):
                    return self._enter(part, item, path)
                if inside or readers & set(part.items()):
                    break
            elif part.whole or part.node in needed or part in readers:
                break
        made = Loop(depth, item.space[depth])
        body.append(made)
        return self._enter(made, item, path)

    def _earliest(self, item: Item) -> int:
        """Where a number can be computed first, so that it does not part loops."""
        needed = {r.node for r in item.reads}
        found = [k for k, part in enumerate(self.body) if needed & {i.node for i in _statements(part)}]
        return max(found, default=-1) + 1

    def _enter(self, loop: Loop, item: Item, path: tuple[Loop, ...]) -> tuple[Loop, ...]:
        loop.inside.add(item.node)
        return self._place(loop.body, item, (*path, loop))

    def _overwritten(self, item: Item) -> list[int]:
        """The inputs that an item writes over."""
        return [self.graph.inputs[item.target]] if item.target in self.graph.inputs else []

    def aligned(self, node: int, index: Index) -> int:
        """How many loops, from the outermost, an entry's computation shares with a reader of it at that index."""
        item, count = self.items[node], 0
        for depth in range(item.depth):
            if index[item.kept.index(depth)] != self.variables[depth]:
                break
            count += 1
        return count

    def _is_stored(self, item: Item) -> bool:
        """Whether a value must stand in an array, because some reader is in other loops."""
        if item.whole:
            return True
        depth = len([k for k in item.kept if k is not None])
        if item.reduces and item.depth < depth:
            return True
        path = self.paths[item.node][:depth]
        return any(
            other.whole or at[:depth] != path or self.aligned(item.node, index) < depth
            for other, at, index in self.readers.get(item.node, ())
        )

    def shared_memory(self) -> dict[int, int]:
        """For every stored value that has no home: the value whose array it takes over, or itself."""
        at = {item.node: k for k, part in enumerate(self.body) for item in _statements(part)}
        place = {id(item): k for k, part in enumerate(self.body) for item in _statements(part)}
        last = {i: max([at[i], *(place[id(r)] for r, *_ in self.readers.get(i, ()))]) for i in self.stored}
        held: dict[int, int] = {}
        ends: dict[int, int] = {}  # of arrays: where the last value in it is read for the last time
        for i in sorted(self.stored - self.homes.keys(), key=at.__getitem__):
            shape = self.graph.nodes[i].shape
            if self.graph.nodes[i].dtype != "float":
                raise TargetError("conditions that are kept have no loops")
            free = [b for b, end in ends.items() if end < at[i] and self.graph.nodes[b].shape == shape]
            held[i] = free[0] if free else i
            ends[held[i]] = last[i]
        return held


def _statements(part: Loop | Item) -> Iterator[Item]:
    return part.items() if isinstance(part, Loop) else iter((part,))
