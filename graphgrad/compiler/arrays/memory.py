"""Memory: how long values live, and which array holds each; an array is used again as soon as its value is dead."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from math import inf, prod
from typing import NamedTuple

from graphgrad.compiler.source.statements import Expr, Statement, digits, tuple_of, variable
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape


class Bindings:
    """The statements before the step.

    `dims` says what sizes are called, and `rows` what they are; `taken` is every name.
    """

    def __init__(self, dims: Mapping[str, str], taken: set[str], rows: Mapping[str, int]) -> None:
        self.dims, self.taken, self.rows = dims, taken, rows
        self.statements: list[Statement] = []
        self._known: dict[Expr, Expr] = {}

    def bind(self, wanted: str, value: Expr) -> Expr:
        """Give a name to a value."""
        self.statements.append(Statement(variable(wanted), value))
        return variable(wanted)

    def once(self, value: Expr, wanted: str) -> Expr:
        """Give the name of a value, bound at the first asking."""
        if value not in self._known:
            self._known[value] = self.bind(self.free_name(wanted), value)
        return self._known[value]

    def constant(self, number: Expr) -> Expr:
        """A number as an array without axes, which NumPy takes in faster."""
        words = {"0": "zero", "1": "one", "2": "two", "3": "three"}
        wanted = words.get(str(number.said), "") if number.op == "digits" else ""
        return self.once(Expr("array", (number,)), wanted or f"c{len(self._known) + 1}")

    def ones(self, size: int | str) -> Expr:
        """A vector of ones: a product with it is a sum."""
        return self.once(Expr("ones", (self.size(size),)), f"ones_{self.size(size).said}")

    def size(self, size: int | str) -> Expr:
        """A size, by its name or as a number."""
        known = self.dims.get(str(size), str(size))
        return digits(known) if known.isdigit() else variable(known)

    def shape(self, shape: Shape) -> Expr:
        """A shape."""
        return tuple_of([*map(self.size, shape)])

    def count(self, shape: Shape) -> float:
        """How many entries an array has; infinity where that is not known."""
        return prod(size if isinstance(size, int) else self.rows.get(size, inf) for size in shape)

    def scratch(self, shape: Shape, *, turned: bool) -> Expr:
        """An array that any statement may fill for the next one."""
        return self.once(self.empty("float", shape, turned=turned), "scratch")

    def empty(self, kind: str, shape: Shape, *, turned: bool) -> Expr:
        """A new array."""
        form = "empty conditions" if kind == "bool" else "empty"
        made = Expr(form, (self.shape(shape[::-1] if turned else shape),))
        return Expr("turned", (made,)) if turned else made

    def free_name(self, wanted: str) -> str:
        """A name that nothing has."""
        free = next(n for k in itertools.count() if (n := wanted + "_" * k) not in self.taken)
        self.taken.add(free)
        return free


class Kind(NamedTuple):
    """What arrays that may stand in for each other have in common."""

    shape: Shape
    dtype: str
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
