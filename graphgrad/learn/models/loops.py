"""What a network computes of one example, as loops over arrays, in the syntax of a language.

Every node becomes an array and the loop that fills it. What depends on weights alone is computed here; operations that
move entries, and broadcasting, become tables of places, by NumPy's own meaning, on places.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from graphgrad.compiler.passes.specialise import specialise
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import Dialect
from graphgrad.compiler.source.statements import NUMBERS, Expr, digits, entry, variable
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph
from graphgrad.core.op import MOVES, Op
from graphgrad.core.ops import OPS
from graphgrad.execute.kernels import kernel
from graphgrad.learn.models.expanded import expanded
from graphgrad.learn.networks.network import Network

LINE = 110  # characters of a table's line
PARTS = {  # of a reduction: where it begins, and what every entry makes of it
    "sum": ("0", "{v} + {a}"),
    "prod": ("1", "{v} * {a}"),
    "max": ("-{inf}", "{a} > {v} ? {a} : {v}"),
    "min": ("{inf}", "{a} < {v} ? {a} : {v}"),
}


class Syntax(NamedTuple):
    """How a language writes loops, arrays and tables, and which operations it has a spelling for."""

    name: str
    language: Language
    spelled: Callable[[Op], str]
    loop: str  # over a variable, to a size
    array: str  # by its name and its size
    numbers: str  # a table, by its name and its entries
    places: str

    def has(self, row: Op) -> bool:
        """Whether a row is written as a loop."""
        if row.elementwise:
            return bool(self.spelled(row))
        return row.entries == MOVES or row.name == "matmul" or row.name in PARTS

    def number(self, value: float) -> str:
        """A number that reads back to the same bits."""
        text = repr(float(value))
        sign, bare = ("-" if text.startswith("-") else ""), text.removeprefix("-")
        return sign + self.language.constants.get(bare, bare)

    def table(self, form: str, name: str, entries: Sequence[str]) -> str:
        """A table in lines of a bounded width."""
        lines = textwrap.wrap(", ".join(entries), LINE, break_long_words=False, break_on_hyphens=False)
        return form.format(name, lines[0] if len(lines) == 1 else "\n    " + "\n    ".join(lines) + "\n")


class Loops:
    """Tables, lines and expressions of what a network computes of one example, which stands in the array `given`."""

    def __init__(self, net: Network, syntax: Syntax, given: str) -> None:
        refuse_rows_that_meet(net)
        graph = expanded(specialise(net.graph, dict.fromkeys(_named(net.graph), 1)), syntax.name, syntax.has)
        self.syntax, self.graph, self.data = syntax, graph, graph.inputs[net.data]
        self.tables, self.lines, self.called = dict[str, str](), list[str](), list[Expr]()
        self.names = {self.data: given}
        self.values = evaluated(graph, net.values)
        for i, node in enumerate(graph.nodes):
            if node.op == "input" or self.values[i] is not None:
                continue
            self.names[i] = f"v{i}"
            self.lines.append(syntax.array.format(f"v{i}", self.size(i)))
            self._fill(i)

    @property
    def output(self) -> str:
        """The array of the answer."""
        return self.array(self.graph.output)

    def size(self, i: int) -> int:
        """How many entries a node has."""
        return prod(map(int, self.graph.nodes[i].shape))

    def numbered(self, i: int, start: int = 0) -> Any:
        """The places of a node's entries, in its shape."""
        shape: Any = self.graph.nodes[i].shape
        return np.arange(start, start + self.size(i)).reshape(shape)

    def array(self, i: int) -> str:
        """What the array of a node is called; that of a constant becomes a table where it is used."""
        if i not in self.names:
            entries = [self.syntax.number(value) for value in np.ravel(self.values[i]).tolist()]
            self.names[i] = f"c{i}"
            self.tables[f"c{i}"] = self.syntax.table(self.syntax.numbers, f"c{i}", entries)
        return self.names[i]

    def places(self, found: Any, by: str) -> str:
        """Where to look at the step that the variable `by` counts: its own number, the one place, or a table's."""
        found = np.ravel(found)
        if len(found) == 1 or not found.any():
            return str(int(found[0]))
        steps = int(found[1])
        if steps > 0 and np.array_equal(found, np.arange(len(found)) * steps):
            return by if steps == 1 else f"({by}) * {steps}"
        text = self.syntax.table(self.syntax.places, "{}", list(map(str, found.tolist())))
        name = next((name for name, known in self.tables.items() if known == text.replace("{}", name, 1)), "")
        name = name or f"t{len(self.tables)}"
        self.tables[name] = text.replace("{}", name, 1)
        return f"{name}[{by}]"

    def _fill(self, i: int) -> None:
        node = self.graph.nodes[i]
        if OPS[node.op].elementwise:
            self._elementwise(i)
        elif node.op == "matmul":
            self._product(i)
        elif node.op in PARTS:
            self._reduction(i)
        else:
            self._moved(i)

    def _line(self, sizes: dict[str, int], text: str) -> None:
        """A line in loops; of a loop of one step the variable is not there."""
        loops = [self.syntax.loop.format(name, size) for name, size in sizes.items() if size > 1]
        self.lines.append("".join(loops) + text)

    def _elementwise(self, i: int) -> None:
        node, operands = self.graph.nodes[i], list[Expr]()
        for o in node.operands:
            below = self.graph.nodes[o]
            if below.op == "const":
                operands.append(Dialect(NUMBERS).decimal(below))
                continue
            shape: Any = node.shape
            where = self.places(np.broadcast_to(self.numbered(o), shape), "i")
            operands.append(entry(variable(self.array(o)), (variable(where),)))
        value = Dialect(NUMBERS).apply(self.graph, i, operands)
        self.called.append(value)
        target = entry(variable(self.array(i)), (variable("i") if self.size(i) > 1 else digits(0),))
        text = self.syntax.language
        self._line({"i": self.size(i)}, f"{text.text(target)} = {text.text(value)};")

    def _product(self, i: int) -> None:
        left, right = self.graph.nodes[i].operands
        a, b = self.numbered(left), self.numbered(right)
        a, b = (a[None, :] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
        (rows, inner), columns = a.shape[-2:], b.shape[-1]
        many = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        starts = [np.broadcast_to(part[..., 0, 0], many) for part in (a, b)]
        count = prod(many)
        sizes = {"p": count, "i": rows, "j": columns}
        at = f"{self.array(i)}[{_sum(sizes, {'p': rows * columns, 'i': columns, 'j': 1})}]"
        first, second = (self.places(start, "p") for start in starts)
        over = sizes | {"k": inner}
        x = f"{self.array(left)}[{_sum(over, {'i': inner, 'k': 1}, first)}]"
        y = f"{self.array(right)}[{_sum(over, {'k': columns, 'j': 1}, second)}]"
        self._line(sizes, f"{at} = 0;")
        self._line(over, f"{at} += {x} * {y};")

    def _reduction(self, i: int) -> None:
        node = self.graph.nodes[i]
        (o,) = node.operands
        shape, axis = self.graph.nodes[o].shape, dict(node.attrs)["axis"]
        said = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = [a % len(shape) for a in said]
        index = np.moveaxis(self.numbered(o), axes, range(-len(axes), 0)).reshape(self.size(i), -1)
        count = index.shape[1]
        begin, step = PARTS[node.op]
        at = f"{self.array(i)}[{'i' if self.size(i) > 1 else 0}]"
        place = _sum({"i": self.size(i), "k": count}, {"i": count, "k": 1})
        entry_at = f"{self.array(o)}[{self.places(index, place)}]"
        self._line({"i": self.size(i)}, f"{at} = {begin.format(inf=self.syntax.language.constants['inf'])};")
        self._line({"i": self.size(i), "k": count}, f"{at} = {step.format(v=at, a=entry_at)};")

    def _moved(self, i: int) -> None:
        """Entries of operands, each told by a number of its own, where NumPy moves them."""
        node, start = self.graph.nodes[i], 0
        numbered = []
        for o in node.operands:
            numbered.append(self.numbered(o, start))
            start += self.size(o)
        found = np.ravel(kernel(node, "numpy")(*numbered))
        for o, numbers in zip(node.operands, numbered, strict=True):
            to = np.flatnonzero(np.isin(found, numbers))
            if len(to):
                source = self.places(found[to] - numbers.flat[0], "i")
                self._line({"i": len(to)}, f"{self.array(i)}[{self.places(to, 'i')}] = {self.array(o)}[{source}];")


def _sum(sizes: dict[str, int], steps: dict[str, int], start: str = "0") -> str:
    """The place that counters lead to, by the steps that each takes."""
    terms = [] if start == "0" else [start]
    terms += [name if step == 1 else f"{name} * {step}" for name, step in steps.items() if sizes[name] > 1]
    return " + ".join(terms) or "0"


def _named(graph: Graph) -> set[str]:
    """Its named dimensions."""
    return {size for node in graph.nodes for size in node.shape if isinstance(size, str)}


def evaluated(graph: Graph, feeds: Any) -> list[Any]:
    """Give the value of every node that some inputs decide, and None for the others."""
    values: list[Any] = []
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            operands = [values[o] for o in node.operands]
            if node.op == "input":
                values.append(None if node.value not in feeds else np.asarray(feeds[node.value], float))
            elif node.op == "const":
                values.append(np.float64(node.value))
            else:
                values.append(None if any(v is None for v in operands) else kernel(node, "numpy")(*operands))
    return values


def refuse_rows_that_meet(net: Network) -> None:
    """Raise TargetError for a network whose answer for an example depends on the others beside it."""
    inner = [int(size) for size in net.sizes[0]]
    rows = np.abs(np.random.default_rng(0).normal(size=(2, *inner))).round(3)
    if net.graph.nodes[net.graph.inputs[net.data]].dtype == "int":
        rows = np.zeros((2, *inner), int)
    both, one = (evaluated(net.graph, {**net.values, net.data: part})[net.graph.output] for part in (rows, rows[:1]))
    if np.shape(both)[:1] != (2,) or not np.allclose(both[:1], one, equal_nan=True):
        raise TargetError("the network's answer for an example depends on the examples beside it")
