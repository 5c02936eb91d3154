"""Memory: how long values live, and which array holds each; an array is used again as soon as its value is dead."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from math import inf, prod
from typing import NamedTuple

from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape


class Bindings:
    """The lines before the step; `dims` says what sizes are called, and `rows` what they are; `taken` is every name."""

    def __init__(self, dtype: str, dims: Mapping[str, str], taken: set[str], rows: Mapping[str, int]) -> None:
        self.dtype, self.dims, self.taken, self.rows = dtype, dims, taken, rows
        self.lines: list[str] = []
        self._known: dict[str, str] = {}

    def say(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)

    def once(self, value: str, wanted: str) -> str:
        """Give the name of a value, bound at the first asking."""
        if value not in self._known:
            self._known[value] = self.free_name(wanted)
            self.say(f"{self._known[value]} = {value}")
        return self._known[value]

    def constant(self, text: str) -> str:
        """A number as an array without axes, which NumPy takes in faster."""
        words = {"0": "zero", "1": "one", "2": "two", "3": "three"}
        return self.once(f"np.array({text}, np.{self.dtype})", words.get(text, f"c{len(self._known) + 1}"))

    def ones(self, size: int | str) -> str:
        """A vector of ones: a product with it is a sum."""
        return self.once(f"np.ones({self.size(size)}, np.{self.dtype})", f"ones_{self.size(size)}")

    def size(self, size: int | str) -> str:
        """A size, as it is written."""
        return self.dims.get(str(size), str(size))

    def shape(self, shape: Shape) -> str:
        """A shape, as it is written."""
        return f"({', '.join(map(self.size, shape))}{',' * (len(shape) == 1)})"

    def count(self, shape: Shape) -> float:
        """How many entries an array has; infinity where that is not known."""
        return prod(size if isinstance(size, int) else self.rows.get(size, inf) for size in shape)

    def scratch(self, shape: Shape, *, turned: bool) -> str:
        """An array that any statement may fill for the next one."""
        size = self.shape(shape[::-1] if turned else shape)
        return self.once(f"np.empty({size}, np.{self.dtype}){'.T' * turned}", "scratch")

    def free_name(self, wanted: str) -> str:
        """A name that nothing has."""
        name = next(n for k in itertools.count() if (n := wanted + "_" * k) not in self.taken)
        self.taken.add(name)
        return name


class Kind(NamedTuple):
    """What arrays that may stand in for each other have in common."""

    shape: Shape
    dtype: str  # as it is written
    turned: bool  # whether it lies in memory column by column


class Memory:
    """The arrays of a program, as its nodes are gone through in order.

    `homes` names, for some nodes, the array that their value is to be left in at the end. Where an input has such an
    array, its last reader may write there too.
    """

    def __init__(self, graph: Graph, homes: Mapping[int, str]) -> None:
        self.graph, self.homes = graph, homes
        self.arrays: dict[str, Kind] = {}  # of our own making
        self.uses = Counter(o for n in graph.nodes for o in n.operands)  # that are still to come
        self.uses.update(graph.outputs.values())
        self._bases: list[str] = []  # of the nodes so far; empty: a value that no array holds
        self._living: Counter[str] = Counter()  # values in an array
        self._free: dict[Kind, list[str]] = {}

    def hold(self, base: str) -> None:
        """The next node's value is in this array; its operands have been read."""
        node = self.graph.nodes[len(self._bases)]
        self._bases.append(base)
        self._living[base] += 1
        for o in dict.fromkeys(node.operands):
            self.uses[o] -= node.operands.count(o)
            if not self.uses[o]:
                self._release(self._bases[o])

    def choose(self, i: int, kind: Kind, whole: Iterable[int]) -> str:
        """Give an array for a node's value, empty where a new one is due; it may be that of an operand in `whole`."""
        dying = [o for o in whole if self._dies(o, i)]
        home, bases = self.homes.get(i), [self._bases[o] for o in dying]
        if home is not None and self._living[home] <= bases.count(home):
            return home
        for o, base in zip(dying, bases, strict=True):
            if self.arrays.get(base) == kind or (home is None and self._is_alike(o, i)):
                return base
        return self._free[kind].pop() if self._free.get(kind) else ""

    def _is_alike(self, o: int, i: int) -> bool:
        """Whether an operand came in an array that is ours to fill, and of the node's form."""
        mine, its = self.graph.nodes[i], self.graph.nodes[o]
        return self._bases[o] in self.homes.values() and (mine.shape, mine.dtype) == (its.shape, its.dtype)

    def _dies(self, o: int, i: int) -> bool:
        """Whether a node is the last that needs an operand's array."""
        return self.uses[o] == self.graph.nodes[i].operands.count(o) and self._living[self._bases[o]] == 1

    def _release(self, base: str) -> None:
        self._living[base] -= 1
        if base in self.arrays and not self._living[base]:
            self._free.setdefault(self.arrays[base], []).append(base)
