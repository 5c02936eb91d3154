"""Loops as statements: lines of no language yet, with expressions in the words of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import NamedTuple

from graphgrad.compiler.backends.numba.nest import LABEL, Item, Loop, Nest
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.templates import ATOM, Spelled, Template, spell, template
from graphgrad.core.constants import Constant
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape

GATHERED = "so_far"  # of a reduction whose value goes to an array: its variable's last words
INLINE = 60  # characters of an expression that may stand where it is used


class Statement(NamedTuple):
    """A line: `kind` is loop (left runs below right), set, add, fill, product or sparse product."""

    depth: int
    kind: str
    left: str
    right: str = ""
    node: int = -1
    more: str = ""  # a product's second operand


class Words(NamedTuple):
    """How a language writes a line: the table's column, entries of arrays, and numbers of the arrays' type."""

    column: str
    entry: Callable[[str, Sequence[str], Shape], str]
    typed: str = ""  # what makes a number one of the arrays' type; empty: nothing need
    own: Mapping[str, str] = {}  # rows that are spelled in another way than in the column


class Known(NamedTuple):
    """What stands before the statements: inputs, by node; places of outputs, by name; sizes of named dimensions."""

    inputs: Mapping[int, str]
    targets: Mapping[str, str]
    dims: Mapping[str, str]


class Statements:
    """The statements of a nest; `labels` are the names of its values."""

    def __init__(self, nest: Nest, words: Words, labels: Sequence[str], known: Known) -> None:
        self.nest, self.graph, self.words, self.labels = nest, nest.graph, words, labels
        self.inputs, self.targets, self.dims = known
        self.calls: set[str] = set()
        self.lines: list[Statement] = []
        self._waiting: dict[int, Spelled] = {}  # values that have no line
        self._write(nest.body, 0)

    def code(self, name: str) -> Code:
        """The statements from afar; values that are kept lie in arrays, of which some are taken over."""
        taken = self.nest.shared_memory()
        arrays = {i: self.array(taken.get(i, i)) for i in sorted(self.nest.stored)}
        lines = tuple((line.node, "    " * line.depth + said(line)) for line in self.lines)
        return Code(name, self.graph, self.labels, lines, arrays)

    def value(self, i: int) -> str:
        """A value that is one number, after all statements."""
        return self._entry(Item(-1, (), (), ()), i, ()).text

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
            self.lines.append(Statement(depth, "loop", self.nest.variables[depth], self.size(part.size)))
            self._write(part.body, depth + 1)
            for item in reduced:
                if item.node in self.nest.stored and self._is_local(item):
                    self._say(depth, "set", self._place(item), self._gathered(item), -1)

    def _begins(self, item: Item) -> int:
        """How many loops are around the beginning of a reduction."""
        return item.depth if self._is_local(item) else 0

    def _is_local(self, item: Item) -> bool:
        """Whether a reduction gathers in a variable: the loops that its value keeps are the outer ones."""
        return item.depth == len([k for k in item.kept if k is not None])

    def _gathered(self, item: Item) -> str:
        """The variable that a reduction gathers in."""
        return f"{self.labels[item.node]}_{GATHERED}" if item.node in self.nest.stored else self.labels[item.node]

    def _begin(self, item: Item, depth: int) -> None:
        op = self.graph.nodes[item.node].op
        start = {"max": "-inf", "min": "inf"}.get(op, "0" if self.words.typed and item.kept else "0.0")
        self.calls |= {"inf"} if "inf" in start else set()
        if item.kept and self.words.typed:
            start = f"{self.words.typed}({start})"
        if self._is_local(item):
            self._say(depth, "set", self._gathered(item), start, -1)
        else:
            self._say(depth, "fill", self.array(item.node), start, -1)

    def _item(self, item: Item, depth: int) -> None:
        if item.whole:
            operands = [self._matrix(r.node, r.at) for r in item.reads]
            self.lines.append(Statement(depth, "product", self.array(item.node), operands[0], item.node, operands[1]))
            return
        made = self._expression(item)
        if item.node < 0:
            self._say(
                depth,
                "set",
                self._element(self.targets[item.target], self._index(item), self.graph.nodes[item.reads[0].node].shape),
                made.text,
                -1,
            )
        elif item.reduces:
            self._reduce(item, made, depth)
        elif item.node in self.nest.stored:
            self._say(depth, "set", self._place(item), made.text, item.node)
        elif self._may_wait(item, made):
            self._waiting[item.node] = made
        else:
            self._say(depth, "set", self.labels[item.node], made.text, item.node)

    def _reduce(self, item: Item, made: Spelled, depth: int) -> None:
        node = self.graph.nodes[item.node]
        total = self._gathered(item) if self._is_local(item) else self._place(item)
        if node.op in {"sum", "matmul"}:
            self._say(depth, "add", total, made.text, item.node)
            return
        if not re.fullmatch(r"[\w.]+(\[[^\[\]]*\])?", made.text):
            self._say(depth, "set", f"{self.labels[item.node]}_now", made.text, -1)
            made = Spelled(f"{self.labels[item.node]}_now", ATOM)
        more = spell(
            self._form({"max": "maximum", "min": "minimum"}[node.op], (), item), node.op, [made, Spelled(total, ATOM)]
        )
        self._say(depth, "set", total, more.text, item.node)

    def _expression(self, item: Item) -> Spelled:
        """What is computed in the innermost loop."""
        if item.node < 0:
            return self._entry(item, *item.reads[0])
        node = self.graph.nodes[item.node]
        if node.op == "pick":
            said = self._entry(item, *item.reads[1]).text
            return self._entry(item, item.reads[0].node, [at.replace(LABEL, said) for at in item.reads[0].at])
        operands = [self._entry(item, *read) for read in item.reads]
        if node.op == "unpick":
            value, label = operands
            place = Spelled(self._index(item)[-1], ATOM)
            is_label = spell(self._form("equal", (), item), "equal", [label, place])
            return spell(self._form("where", (), item), "where", [is_label, value, self._number("0", item)])
        if node.op == "matmul":
            return spell(self._form("mul", (), item), "mul", operands)
        if node.op in {"sum", "max", "min"}:
            return operands[0]
        return spell(self._form(node.op, node.attrs, item), node.op, operands)

    def _entry(self, item: Item, i: int, index: Sequence[str]) -> Spelled:
        """An entry of a node, for a statement."""
        node, inner = self.graph.nodes[i], bool(item.space)
        if i in self._waiting:
            return self._waiting[i]
        if node.op == "const":
            if isinstance(node.value, Constant):
                self.calls.add(node.value.name)
            return self._number(str(node.value) if isinstance(node.value, Constant) else repr(node.value), item)
        if node.op == "size":
            return self._number(self._count(i), item)
        name = self.inputs.get(i) or (self.array(i) if i in self.nest.stored else self.labels[i])
        if node.shape and (i in self.inputs or i in self.nest.stored):
            return Spelled(self._element(name, index, node.shape), ATOM)
        return self._number(name, item) if not node.shape and inner and node.dtype == "float" else Spelled(name, ATOM)

    def _number(self, text: str, item: Item) -> Spelled:
        """A number; among numbers of the arrays' type it is one of them."""
        if self.words.typed and item.space:
            return Spelled(f"{self.words.typed}({text})", ATOM)
        return Spelled(text, 13 if text.startswith("-") else 11 if " " in text else ATOM)

    def _form(self, op: str, attrs: tuple[tuple[str, object], ...], item: Item) -> Template:
        if op in self.words.own:
            form = template(op, attrs, self.words.column)
            form = form._replace(texts=tuple(self.words.own[op].split("{a}")), calls=frozenset())
        else:
            form = template(op, attrs, self.words.column)
        self.calls |= form.calls
        if self.words.typed and item.space:
            form = form._replace(texts=tuple(typed(text, self.words.typed) for text in form.texts))
        return form

    def _may_wait(self, item: Item, made: Spelled) -> bool:
        """Whether a value may stand where it is used."""
        readers = self.nest.readers.get(item.node, ())
        if (
            len(readers) != 1
            or len(made.text) > INLINE
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
        return template(op, attrs, self.words.column).once[slot]

    def _matrix(self, i: int, index: Sequence[str]) -> str:
        name = self.inputs.get(i) or self.array(i)
        return name if list(index) == list(self.nest.variables[: len(index)]) else f"{name}.T"

    def _place(self, item: Item) -> str:
        """Where a statement's value stands in its array."""
        return self._element(self.array(item.node), self._index(item), self.graph.nodes[item.node].shape)

    def _index(self, item: Item) -> list[str]:
        return ["0" if k is None else self.nest.variables[k] for k in item.kept]

    def _element(self, name: str, index: Sequence[str], shape: Shape) -> str:
        return self.words.entry(name, index, tuple(self.dims.get(str(s), s) for s in shape)) if shape else name

    def _count(self, i: int) -> str:
        """The size of an axis, or of all of an array."""
        node = self.graph.nodes[i]
        shape, axis = self.graph.nodes[node.operands[0]].shape, dict(node.attrs)["axis"]
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        known = prod(s for k in axes if isinstance(s := shape[k], int))
        named = [self.size(s) for k in axes if isinstance(s := shape[k], str)]
        return " * ".join([*named, *([str(known)] if known != 1 or not named else [])])

    def size(self, size: int | str) -> str:
        """A size, as it is written."""
        return self.dims.get(str(size), str(size))

    def _say(self, depth: int, kind: str, left: str, right: str, node: int) -> None:
        self.lines.append(Statement(depth, kind, left, right, node))


def typed(text: str, kind: str) -> str:
    """Make the numbers in a text numbers of a type.

    >>> typed("1 / (1 + x2)", "real")
    'real(1) / (real(1) + x2)'
    """
    return re.sub(r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)(?![\w.])", rf"{kind}(\1)", text)


def typed_decimals(text: str, kind: str) -> str:
    """Make the numbers with a decimal point in a text numbers of a type.

    >>> typed_decimals("x * 2.0 << 1", "real")
    'x * real(2.0) << 1'
    """
    return re.sub(r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?)(?![\w.])", rf"{kind}(\1)", text)


def said(line: Statement) -> str:
    """A statement in Python."""
    match line.kind:
        case "loop":
            return f"for {line.left} in range({line.right}):"
        case "add":
            return f"{line.left} += {line.right}"
        case "fill":
            return f"{line.left}[:] = {line.right}"
        case "product":
            return f"np.dot({line.right}, {line.more}, {line.left})"
        case "sparse product":
            return f"sparse_dot({line.right}, {line.more}, {line.left})"
    return f"{line.left} = {line.right}"
