"""Straight-line code: one assignment a node, values used once written in place while a line stays short."""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import isfinite
from typing import NamedTuple

from graphgrad.compiler.source import branches
from graphgrad.compiler.source.language import TABLE, Extent, Language
from graphgrad.compiler.source.statements import ARRAYS, NUMBERS, Expr, Statement, digits, variable
from graphgrad.compiler.source.templates import ATOM, Template, template
from graphgrad.core.constants import Constant
from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS

WIDTH = 120
LEAVES = frozenset({"input", "const"})


class Dialect(NamedTuple):
    """How a graph becomes expressions: of numbers, or of arrays of a type of their own."""

    kind: str
    counted: bool = False  # whether conditions must become numbers before they are counted

    def constant(self, node: Node) -> Expr:
        """A constant: `pi` and `e` by name, others as digits."""
        if isinstance(node.value, Constant | bool):
            return Expr("constant", (), str(node.value))
        return digits(node.value)

    def decimal(self, node: Node) -> Expr:
        """A constant as digits, `pi` and `e` too."""
        finite = not isinstance(node.value, bool) and isfinite(node.value)
        return digits(float(node.value)) if finite else self.constant(node)

    def apply(self, graph: Graph, i: int, given: Sequence[Expr]) -> Expr:
        """An operation of a graph on expressions."""
        node = graph.nodes[i]
        operands = tuple(self.operands(graph, i, given))
        if self.kind == ARRAYS:
            if node.op == "number":
                return Expr("as type", operands)
            if node.op == "transpose" and dict(node.attrs)["axes"] is None:
                return Expr("turned", operands)
        return Expr(node.op, operands, node.attrs, self.kind_of(graph, i))

    def kind_of(self, graph: Graph, i: int) -> str:
        """Numbers of Python's own are spelled as such among arrays, too."""
        alone = self.kind == NUMBERS or (i in constants(graph) and graph.nodes[i].op != "size")
        return NUMBERS if alone else self.kind

    def operands(self, graph: Graph, i: int, given: Sequence[Expr]) -> Sequence[Expr]:
        """The operands as they stand in a node's expression."""
        node = graph.nodes[i]
        if self.kind == NUMBERS:
            counts = self.counted and node.dtype == "float" and has_conditions(graph)
            return self.as_numbers(graph, i, given) if counts else given
        numbers = constants(graph)
        if node.dtype != "float" or i in numbers:
            return given
        if OPS[node.op].elementwise and any(o not in numbers and graph.nodes[o].dtype != "bool" for o in node.operands):
            return given  # beside a number of the program's type, NumPy takes a constant for one too
        fixed = [o in numbers and graph.nodes[o].dtype == "float" for o in node.operands]
        if OPS[node.op].elementwise and not any(fixed):
            fixed = [o in numbers for o in node.operands]  # sizes alone
        return [Expr("typed", (g,)) if f else g for f, g in zip(fixed, given, strict=True)]

    def as_numbers(self, graph: Graph, i: int, given: Sequence[Expr]) -> Sequence[Expr]:
        """Conditions that count as numbers, as numbers; an array of conditions refuses to be one."""
        conditions = [graph.nodes[o].dtype == "bool" for o in graph.nodes[i].operands]
        if not any(conditions):
            return given
        row = OPS[graph.nodes[i].op]
        counts = [c and row.operands[slot] not in row.boolean for slot, c in enumerate(conditions)]
        return [self.number(g) if c else g for c, g in zip(counts, given, strict=True)]

    def number(self, condition: Expr) -> Expr:
        """A condition as a number."""
        return Expr("as type" if self.kind == ARRAYS else "number", (condition,))

    def template(self, graph: Graph, i: int) -> Template | None:
        """The table's own spelling of a node, on which decisions may hang; None for inputs and constants."""
        node = graph.nodes[i]
        return None if node.op in LEAVES else template(OPS[node.op], node.attrs, TABLE[self.kind_of(graph, i)])

    def kinds(self, graph: Graph) -> set[Expr]:
        """What a graph is made of: its constants, and its operations without their operands."""
        made = {Expr(n.op, (), n.attrs, self.kind_of(graph, i)) for i, n in enumerate(graph.nodes) if n.operands}
        return made | {self.constant(n) for n in graph.nodes if n.op == "const" and not n.shape}


OF_NUMBERS, OF_ARRAYS = Dialect(NUMBERS, counted=True), Dialect(ARRAYS)


def has_conditions(graph: Graph) -> bool:
    """Whether some node is a condition."""
    if has_conditions not in graph.cache:
        graph.cache[has_conditions] = any(node.dtype == "bool" for node in graph.nodes)
    known: bool = graph.cache[has_conditions]
    return known


def constants(graph: Graph) -> frozenset[int]:
    """Give the nodes that are Python's own numbers when the code runs: of constants and sizes alone.

    What Python refuses of a size, which may be 0, is NumPy's.
    """
    if constants not in graph.cache:
        found, sizes = set[int](), set[int]()
        for i, node in enumerate(graph.nodes):
            if node.op in {"const", "size"} and not node.shape:
                found.add(i)
                sizes.update([i] if node.op == "size" else [])
            elif node.operands and node.shape == () and found.issuperset(node.operands) and OPS[node.op].python:
                sized = not sizes.isdisjoint(node.operands)
                if sized and template(OPS[node.op], node.attrs, TABLE[NUMBERS]).raises:
                    continue
                found.add(i)
                sizes.update([i] if sized else [])
        graph.cache[constants] = frozenset(found)
    known: frozenset[int] = graph.cache[constants]
    return known


def straight(  # noqa: PLR0913, PLR0917  (a graph, how it is read, how it is written)
    graph: Graph, dialect: Dialect, language: Language, labels: Sequence[str], named: Container[int], indent: int
) -> list[Statement]:
    """Give the statements of a graph; nodes in `named` have one of their own."""
    reference, names = language.reference(), [variable(label) for label in labels]
    forms = [dialect.template(graph, i) for i in range(len(graph))]
    known = branches.guards(graph) if language.branching else {}
    order = branches.order(graph, known) if known else range(len(graph))
    asked = {c for guard in known.values() for c in branches.conditions(guard)}
    values, sizes = dict[int, Expr](), dict[int, Extent]()
    raising: set[int] = set()  # whose expression may raise
    waiting: set[int] = set()  # expressions that have no line yet
    found: list[Statement] = []
    users, outputs = graph.users, set(graph.outputs.values())

    def write(i: int) -> None:
        guard = known.get(i, branches.ALWAYS) if i in raising else branches.ALWAYS
        found.append(Statement(names[i], branches.guarded(values[i], guard, names), i))
        raising.discard(i)
        values[i], sizes[i] = names[i], Extent(len(labels[i]), ATOM)
        waiting.discard(i)

    def made(i: int, node: Node) -> tuple[Expr, Extent]:
        given = [values[o] for o in node.operands]
        value = dialect.apply(graph, i, given)
        inner = [sizes[o] if e is g else reference.size(e, [sizes[o]])
                 for o, e, g in zip(node.operands, value.operands, given, strict=True)]  # fmt: skip
        return value, reference.size(value, inner)

    for i in order:
        node, form = graph.nodes[i], forms[i]
        if form is None:
            number = node.op == "const" and not node.shape
            values[i] = dialect.constant(node) if number else names[i]
            sizes[i] = reference.size(values[i])
            continue
        value, size = made(i, node)
        if size.width > WIDTH - indent - len(labels[i]) - 3:
            for o in node.operands:
                if o in waiting:
                    write(o)
            value, size = made(i, node)
        waiting.difference_update(node.operands)
        values[i], sizes[i] = value, size
        waiting.add(i)
        if form.raises or raising.intersection(node.operands):
            raising.add(i)
        alone = language.inlines and len(users[i]) == 1 and i not in outputs and i not in named and i not in asked
        if not (alone and _fits(graph.nodes[users[i][0]], forms[users[i][0]], i)):
            write(i)
    return found


def _fits(user: Node, form: Template | None, node: int) -> bool:
    """Whether the one use of a value may be the value's own expression."""
    assert form is not None
    return form.once[0] if len(form.once) == 1 else form.once[user.operands.index(node)]
