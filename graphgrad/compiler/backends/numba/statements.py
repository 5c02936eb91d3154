"""Loops as statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from graphgrad.compiler.backends.numba.nest import LABEL, Item, Loop, Nest
from graphgrad.compiler.source.language import TABLE, Language
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.statements import (
    ENTRIES,
    NO_NODE,
    NUMBERS,
    Expr,
    Statement,
    digits,
    entry,
    replaced,
    variable,
)
from graphgrad.compiler.source.templates import template
from graphgrad.core.constants import Constant
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape

GATHERED = "so_far"  # of a reduction whose value goes to an array: its variable's last words
INLINE = 60  # characters of an expression that may stand where it is used


class Known(NamedTuple):
    """What stands before the statements: inputs, by node; places of outputs, by name; sizes of named dimensions."""

    inputs: Mapping[int, Expr]
    targets: Mapping[str, Expr]
    dims: Mapping[str, str]


class Statements:
    """The statements of a nest; `labels` are the names of its values.

    Where the language makes numbers ones of the arrays' type, those among entries of arrays are such.
    """

    def __init__(self, nest: Nest, language: Language, labels: Sequence[str], known: Known) -> None:
        self.nest, self.graph, self.labels = nest, nest.graph, labels
        self.reference, self.typed = language.reference(), bool(language.typed)
        self.inputs, self.targets, self.dims = known
        self.lines: list[Statement] = []
        self._waiting: dict[int, Expr] = {}  # values that have no line
        self._write(nest.body, 0)

    def code(self, called: str, language: Language) -> Code:
        """The statements from afar; values that are kept lie in arrays, of which some are taken over."""
        taken = self.nest.shared_memory()
        arrays = {i: self.array(taken.get(i, i)) for i in sorted(self.nest.stored)}
        lines = tuple((line.node, "    " * line.depth + language.said(line)) for line in self.lines)
        return Code(called, self.graph, self.labels, lines, arrays)

    def value(self, i: int) -> Expr:
        """A value that is one number, after all statements."""
        return self._entry(Item(-1, (), (), ()), i, ())

    def array(self, i: int) -> str:
        """The array that holds a stored value."""
        return self.nest.homes.get(i, self.labels[i])

    def _write(self, body: list[Loop | Item], depth: int) -> None:
        for part in body:
            if isinstance(part, Item):
                self._item(part, depth)
                continue
            reduced = [item for item in part.items() if item.reduces and self._begins(item) == depth]
            for item in reduced:
                self._begin(item, depth)
            self._into("loop", self.nest.variables[depth], [self.size(part.size)], depth)
            self._write(part.body, depth + 1)
            for item in reduced:
                if item.node in self.nest.stored and self._is_local(item):
                    self._set(self._place(item), self._gathered(item), depth)

    def _begins(self, item: Item) -> int:
        """How many loops are around the beginning of a reduction."""
        return item.depth if self._is_local(item) else 0

    def _is_local(self, item: Item) -> bool:
        """Whether a reduction gathers in a variable: the loops that its value keeps are the outer ones."""
        return item.depth == len([k for k in item.kept if k is not None])

    def _gathered(self, item: Item) -> Expr:
        """The variable that a reduction gathers in."""
        label = self.labels[item.node]
        return variable(f"{label}_{GATHERED}" if item.node in self.nest.stored else label)

    def _begin(self, item: Item, depth: int) -> None:
        op, most = self.graph.nodes[item.node].op, Expr("constant", (), "inf")
        zero = digits("0" if self.typed and item.kept else "0.0")
        start = {"max": Expr("neg", (most,)), "min": most}.get(op, zero)
        if item.kept and self.typed:
            start = Expr("typed", (start,))
        if self._is_local(item):
            self._set(self._gathered(item), start, depth)
        else:
            self._into("fill", variable(self.array(item.node)), [start], depth)

    def _item(self, item: Item, depth: int) -> None:
        if item.whole:
            operands = [self._matrix(r.node, r.at) for r in item.reads]
            self._into("product", variable(self.array(item.node)), operands, depth, item.node)
            return
        made = self._expression(item)
        if item.node < 0:
            shape = self.graph.nodes[item.reads[0].node].shape
            self._set(self._element(self.targets[item.target], self._index(item), shape), made, depth)
        elif item.reduces:
            self._reduce(item, made, depth)
        elif item.node in self.nest.stored:
            self._set(self._place(item), made, depth, item.node)
        elif self._may_wait(item, made):
            self._waiting[item.node] = made
        else:
            self._set(variable(self.labels[item.node]), made, depth, item.node)

    def _reduce(self, item: Item, made: Expr, depth: int) -> None:
        node = self.graph.nodes[item.node]
        total = self._gathered(item) if self._is_local(item) else self._place(item)
        if node.op in {"sum", "matmul"}:
            self._into("gather", total, [made], depth, item.node)
            return
        if not _is_at_hand(made):
            now = variable(f"{self.labels[item.node]}_now")
            self._set(now, made, depth)
            made = now
        more = self._apply({"max": "maximum", "min": "minimum"}[node.op], [made, total], item)
        self._set(total, more, depth, item.node)

    def _expression(self, item: Item) -> Expr:
        """What is computed in the innermost loop."""
        if item.node < 0:
            return self._entry(item, *item.reads[0])
        node = self.graph.nodes[item.node]
        if node.op == "pick":
            label = {LABEL.said: self._entry(item, *item.reads[1])}
            return self._entry(item, item.reads[0].node, [replaced(at, label) for at in item.reads[0].at])
        operands = [self._entry(item, *read) for read in item.reads]
        if node.op == "unpick":
            value, said = operands
            is_label = self._apply("equal", [said, self._index(item)[-1]], item)
            return self._apply("where", [is_label, value, self._number(digits(0), item)], item)
        if node.op == "matmul":
            return self._apply("mul", operands, item)
        if node.op in {"sum", "max", "min"}:
            return operands[0]
        return self._apply(node.op, operands, item, node.attrs)

    def _entry(self, item: Item, i: int, index: Sequence[Expr]) -> Expr:
        """An entry of a node, for a statement."""
        node, inner = self.graph.nodes[i], bool(item.space)
        if i in self._waiting:
            return self._waiting[i]
        if node.op == "const":
            named = isinstance(node.value, Constant)
            return self._number(Expr("constant", (), node.value.name) if named else digits(node.value), item)
        if node.op == "size":
            return self._number(self._count(i), item)
        known = self.inputs.get(i) or variable(self.array(i) if i in self.nest.stored else self.labels[i])
        if node.shape and (i in self.inputs or i in self.nest.stored):
            return self._element(known, index, node.shape)
        return self._number(known, item) if not node.shape and inner and node.dtype == "float" else known

    def _number(self, number: Expr, item: Item) -> Expr:
        """A number; among numbers of the arrays' type it is one of them."""
        return Expr("typed", (number,)) if self.typed and item.space else number

    def _apply(self, op: str, operands: list[Expr], item: Item, attrs: tuple[tuple[str, object], ...] = ()) -> Expr:
        """An operation on entries of arrays, or on numbers alone."""
        return Expr(op, tuple(operands), attrs, ENTRIES if item.space else NUMBERS)

    def _may_wait(self, item: Item, made: Expr) -> bool:
        """Whether a value may stand where it is used."""
        readers = self.nest.readers.get(item.node, ())
        if (
            len(readers) != 1
            or self.reference.size(made).width > INLINE
            or item.node in self.graph.names
            or item.node in self.graph.outputs.values()
        ):
            return False
        reader, path, _ = readers[0]
        if reader.node < 0 or path != self.nest.paths[item.node] or sum(r.node == item.node for r in reader.reads) > 1:
            return False
        op, attrs = self.graph.nodes[reader.node].op, self.graph.nodes[reader.node].attrs
        if op in {"sum", "matmul"}:
            return True
        if op in {"pick", "unpick", "max", "min"} or not OPS[op].elementwise:
            return False
        slot = [r.node for r in reader.reads].index(item.node)
        return template(OPS[op], attrs, TABLE[NUMBERS]).once[slot]

    def _matrix(self, i: int, index: Sequence[Expr]) -> Expr:
        array = self.inputs.get(i) or variable(self.array(i))
        return array if [*index] == [*self.nest.variables[: len(index)]] else Expr("turned", (array,))

    def _place(self, item: Item) -> Expr:
        """Where a statement's value stands in its array."""
        return self._element(variable(self.array(item.node)), self._index(item), self.graph.nodes[item.node].shape)

    def _index(self, item: Item) -> list[Expr]:
        return [digits(0) if k is None else self.nest.variables[k] for k in item.kept]

    def _element(self, array: Expr, index: Sequence[Expr], shape: Shape) -> Expr:
        return entry(array, tuple(index)) if shape else array

    def _count(self, i: int) -> Expr:
        """The size of an axis, or of all of an array."""
        node = self.graph.nodes[i]
        shape, axis = self.graph.nodes[node.operands[0]].shape, dict(node.attrs)["axis"]
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        known = prod(s for k in axes if isinstance(s := shape[k], int))
        named = [self.size(s) for k in axes if isinstance(s := shape[k], str)]
        count, *rest = [*named, *([digits(known)] if known != 1 or not named else [])]
        for size in rest:
            count = Expr("mul", (count, size))
        return count

    def size(self, size: int | str) -> Expr:
        """A size, by its name or as a number."""
        known = self.dims.get(str(size), str(size))
        return digits(known) if known.isdigit() else variable(known)

    def _set(self, target: Expr, value: Expr, depth: int, node: int = NO_NODE) -> None:
        self.lines.append(Statement(target, value, node, None, depth))

    def _into(self, verb: str, into: Expr, operands: Sequence[Expr], depth: int, node: int = NO_NODE) -> None:
        self.lines.append(Statement(None, Expr(verb, tuple(operands)), node, into, depth))


def _is_at_hand(value: Expr) -> bool:
    """Whether a value may be read twice without being computed twice: a variable, a number or an entry."""
    if value.op == "entry":
        return all(part.op != "entry" for index in value.operands[1:] for part in (index, *index.operands))
    return value.op in {"name", "constant"} or (value.op == "digits" and value.said.replace(".", "").isalnum())
