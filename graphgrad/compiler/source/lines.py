"""Straight-line code: one assignment a node, values used once written in place while a line stays short."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from graphgrad.compiler.source.templates import ATOM, Spelled, Template, spell, template
from graphgrad.core.constants import Constant
from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS

WIDTH = 120
LEAVES = frozenset({"input", "const"})


class Line(NamedTuple):
    """One assignment."""

    node: int
    name: str
    text: str


class Dialect(NamedTuple):
    """How a graph is written: a column of the table, and how constants and conditions become numbers there."""

    column: str
    typed: str = ""  # what makes a constant a number of the program's type, such as np.float32; empty: nothing need
    renamed: Mapping[str, str] = {}  # functions whose names something else has taken

    def constant(self, node: Node) -> Spelled:
        """Spell a constant: `pi` and `e` by name, others as digits that read back to the same bits."""
        value = node.value
        if isinstance(value, Constant):
            name = self.renamed.get(value.name, value.name)
            return Spelled(name, ATOM)
        if isinstance(value, bool):
            return Spelled(str(value).lower() if self.column == "js" else str(value), ATOM)
        return Spelled(repr(value), 13 if repr(value).startswith("-") else ATOM)

    def form(self, graph: Graph, i: int) -> Template | None:
        """Give a node's template; None for inputs and constants."""
        node = graph.nodes[i]
        if node.op in LEAVES:
            return None
        if self.typed and node.op == "number":
            return Template(("", f".astype({self.typed})"), ((0, ATOM),), ATOM, (True,), frozenset())
        if self.column == "numpy" and node.op == "transpose" and dict(node.attrs)["axes"] is None:
            return Template(("", ".T"), ((0, ATOM),), ATOM, (True,), frozenset())
        number = self.column == "numpy" and i in constants(graph) and node.op != "size"
        column = "python" if number else self.column
        form = template(node.op, node.attrs, column)
        return form.renamed(self.renamed) if form.calls & self.renamed.keys() else form

    def operands(self, graph: Graph, i: int, spelled: Sequence[Spelled] | Mapping[int, Spelled]) -> list[Spelled]:
        """Give the operands as they stand in the node's expression."""
        node, numbers = graph.nodes[i], constants(graph) if self.typed else frozenset()
        given = [spelled[o] for o in node.operands]
        if (
            self.column == "python"
            and node.dtype == "float"
            and any(graph.nodes[o].dtype == "bool" for o in node.operands)
        ):
            return self.counted(graph, i, given)
        if not self.typed or node.dtype != "float" or i in numbers:
            return given
        if OPS[node.op].elementwise and any(o not in numbers and graph.nodes[o].dtype != "bool" for o in node.operands):
            return given  # beside a number of the program's type, NumPy takes a constant for one too
        fixed = [o in numbers and graph.nodes[o].dtype == "float" for o in node.operands]
        return [Spelled(f"{self.typed}({g.text})", ATOM) if f else g for f, g in zip(fixed, given, strict=True)]

    def counted(self, graph: Graph, i: int, given: list[Spelled]) -> list[Spelled]:
        """Conditions that count as numbers, as numbers; an array of conditions refuses to be one."""
        row, slots = OPS[graph.nodes[i].op], enumerate(graph.nodes[i].operands)
        counts = [graph.nodes[o].dtype == "bool" and row.operands[slot] not in row.boolean for slot, o in slots]
        return [self.number(g) if c else g for c, g in zip(counts, given, strict=True)]

    def number(self, condition: Spelled) -> Spelled:
        """A condition as a number."""
        if self.typed:
            return Template(("", f".astype({self.typed})"), ((0, ATOM),), ATOM, (True,), frozenset()).fill([condition])
        return template("number", (), self.column).fill([condition])


def constants(graph: Graph) -> frozenset[int]:
    """Give the nodes that are Python's own numbers when the code runs: of constants and sizes alone."""
    if constants not in graph.cache:
        found: set[int] = set()
        for i, node in enumerate(graph.nodes):
            made = node.operands and node.shape == () and found.issuperset(node.operands) and OPS[node.op].python
            if made or (node.op in {"const", "size"} and not node.shape):
                found.add(i)
        graph.cache[constants] = frozenset(found)
    known: frozenset[int] = graph.cache[constants]
    return known


def straight(graph: Graph, dialect: Dialect, labels: Sequence[str], named: Container[int], indent: int) -> list[Line]:
    """Give the lines of a graph; nodes in `named` have a line of their own."""
    forms = [dialect.form(graph, i) for i in range(len(graph))]
    spelled: list[Spelled] = []
    waiting: set[int] = set()  # expressions that have no line yet
    lines: list[Line] = []
    users, outputs = graph.users, set(graph.outputs.values())

    def write(i: int) -> None:
        lines.append(Line(i, labels[i], spelled[i].text))
        spelled[i] = Spelled(labels[i], ATOM)
        waiting.discard(i)

    for i, (node, form) in enumerate(zip(graph.nodes, forms, strict=True)):
        if form is None:
            number = node.op == "const" and not node.shape
            spelled.append(dialect.constant(node) if number else Spelled(labels[i], ATOM))
            continue
        made = spell(form, node.op, dialect.operands(graph, i, spelled))
        if len(made.text) > WIDTH - indent - len(labels[i]) - 3:
            for o in node.operands:
                if o in waiting:
                    write(o)
            made = spell(form, node.op, dialect.operands(graph, i, spelled))
        waiting.difference_update(node.operands)
        spelled.append(made)
        waiting.add(i)
        alone = len(users[i]) == 1 and i not in outputs and i not in named
        if not (alone and _fits(graph.nodes[users[i][0]], forms[users[i][0]], i)):
            write(i)
    return lines


def _fits(user: Node, form: Template | None, node: int) -> bool:
    """Whether the one use of a value may be the value's own expression."""
    assert form is not None
    return form.once[0] if len(form.once) == 1 else form.once[user.operands.index(node)]
