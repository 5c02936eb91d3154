"""A program with its vectors as columns, y = A x + b, as textbooks write it; the numbers are those of the row form.

A vector of n numbers is a matrix (n, 1); where the rows of a matrix are examples, of a number that has a name, its
columns are. What only knows vectors is given them as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from graphgrad.core import shapes
from graphgrad.core.builder import Builder
from graphgrad.core.constants import ConstantArray
from graphgrad.core.graph import FunctionCall, Graph, Node
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape, Slice, normal_axes
from graphgrad.frontend.printers import program


def in_columns(graph: Graph) -> Graph:
    """Give the same program on columns: inputs (n,) are inputs (n, 1), examples stay in rows and are turned inside.

    >>> from graphgrad.frontend.parse import parse
    >>> print(in_columns(parse("h = X @ W.T + b; L = sum(h @ w)", X=("N", 2), W=(4, 2), b=4, w=4)))
    x = X.T
    h = W @ x + b
    L = sum(h.T @ w)
    """
    turning = _Turning(graph)
    columns = turning.graph()
    given = {name: as_column(value) for name, value in graph.given.items()}
    return replace(columns, source=program(columns), given=given)


def as_column(value: Any) -> Any:
    """A vector as a column; what is none stays as it is.

    >>> as_column([2, 3]), as_column(0.5)
    ([[2], [3]], 0.5)
    """
    array = np.asarray(value)
    return array[:, None].tolist() if array.ndim == 1 else value


def shape_of_column(shape: Shape) -> Shape:
    """The shape of a value as a column; what is no vector stays as it is.

    >>> shape_of_column((3,)), shape_of_column(("N", 2))
    ((3, 1), ('N', 2))
    """
    return (*shape, 1) if len(shape) == 1 else shape


class _Turning:
    """Every node of a graph as it was, and turned: a vector as a column, a matrix of examples as its transpose."""

    def __init__(self, graph: Graph) -> None:
        self.source, self.builder = graph, Builder()
        self.plain: dict[int, int] = {}
        self.turned: dict[int, int] = {}

    def graph(self) -> Graph:
        """The whole program."""
        for i, node in enumerate(self.source.nodes):
            self.take(i, node)
        source, outputs = self.source, dict[str, int]()
        for name, i in source.outputs.items():
            outputs[name] = self.as_column(i) if len(source.nodes[i].shape) == 1 else self.as_it_was(i)
        last = {*outputs.values()}
        for i, names in source.names.items():
            for name in names:
                new = outputs.get(name) if source.outputs.get(name) == i else None
                self.builder.name(self.primary(i) if new is None else new, name)
        for i, call in source.calls.items():
            self.builder.calls[self.primary(i)] = FunctionCall(call.function, tuple(map(self.primary, call.arguments)))
        for name, i in source.inputs.items():
            called = name.lower()
            if i in self.turned and i in self.plain and called not in {*source.inputs, *source.labels, *outputs}:
                self.builder.name(self.turned[i], called)
        for new in [new for new in self.builder.names if new in last and not self.builder.nodes[new].operands]:
            del self.builder.names[new]
        return self.builder.build(outputs)

    def primary(self, i: int) -> int:
        """The node that stands for an old one."""
        return self.as_column(i) if self.turns(i) and (i in self.turned or i not in self.plain) else self.as_it_was(i)

    def turns(self, i: int) -> bool:
        """Whether a node has a form that is turned: vectors have, and matrices of examples."""
        shape = self.source.nodes[i].shape
        return len(shape) == 1 or (len(shape) == 2 and isinstance(shape[0], str))

    def transposed(self, node: int) -> int:
        """The transpose of a new node; that of a transpose is what it was."""
        made = self.builder.nodes[node]
        if made.op == "transpose" and made.attrs == (("axes", None),):
            return made.operands[0]
        return self.builder.apply("transpose", node, axes=None)

    def as_column(self, i: int) -> int:
        """A vector as a column, a matrix turned."""
        if i not in self.turned:
            vector = len(self.source.nodes[i].shape) == 1
            own = self.plain[i]
            self.turned[i] = self.builder.apply("expand_dims", own, axis=1) if vector else self.transposed(own)
        return self.turned[i]

    def as_it_was(self, i: int) -> int:
        """A node in its old form."""
        if i not in self.plain:
            vector = len(self.source.nodes[i].shape) == 1
            own = self.turned[i]
            self.plain[i] = self.builder.apply("squeeze", own, axis=1) if vector else self.transposed(own)
        return self.plain[i]

    def take(self, i: int, node: Node) -> None:
        """Make a node anew, in one of its forms."""
        if node.op == "input":
            vector = len(node.shape) == 1 and node.dtype == "float"
            made = self.builder.input(node.value, shape_of_column(node.shape) if vector else node.shape, node.dtype)
            (self.turned if vector else self.plain)[i] = made
        elif node.op == "const":
            self.plain[i] = self.builder.const(node.value)
            if len(node.shape) == 1:
                self.turned[i] = self.builder.const(ConstantArray(node.value.array[:, None]))
        elif not self.by_rule(i, node):
            self.plain[i] = self.builder.apply(node.op, *map(self.as_it_was, node.operands), **dict(node.attrs))

    def by_rule(self, i: int, node: Node) -> bool:
        """Whether a node was made by a rule for columns: there is one, and something here turns."""
        row = OPS[node.op]
        if len(node.shape) > 2 or not any(map(self.turns, (i, *node.operands))):
            return False
        if row.elementwise:
            return self.entrywise(i, node)
        if row.attrs.keys() == {"axis", "keepdims"} and len(row.operands) == 1:
            return self.reduced(i, node)
        if row.shape is shapes.along:
            return self.along(i, node)
        rule = _RULES.get(node.op)
        return rule is not None and rule(self, i, node)

    def entrywise(self, i: int, node: Node) -> bool:
        """Operands are turned as the result is."""
        if self.turns(i):
            operands = [self.beside(o) for o in node.operands]
            self.turned[i] = self.builder.apply(node.op, *operands, **dict(node.attrs))
        else:
            operands = [self.transposed(self.beside(o)) if self.turns(o) else self.as_it_was(o) for o in node.operands]
            self.plain[i] = self.builder.apply(node.op, *operands, **dict(node.attrs))
        return True

    def beside(self, o: int) -> int:
        """An operand of something turned."""
        if self.turns(o):
            return self.as_column(o)
        return self.transposed(self.as_it_was(o)) if self.source.nodes[o].shape else self.as_it_was(o)

    def reduced(self, i: int, node: Node) -> bool:
        """A sum, or its like, along the axis that is turned too."""
        (o,), attrs = node.operands, dict(node.attrs)
        rank = len(self.source.nodes[o].shape)
        axes = normal_axes(attrs["axis"], rank)
        if rank > 2 or not axes:
            return False
        own = self.as_column(o) if self.turns(o) else self.as_it_was(o)
        if len(axes) == rank:
            made = self.builder.apply(node.op, own, axis=None, keepdims=attrs["keepdims"])
            (self.turned if self.turns(i) else self.plain)[i] = made
            return True
        axis = 1 - axes[0] if self.turns(o) else axes[0]
        kept = self.builder.apply(node.op, own, axis=axis, keepdims=True)
        lies = axis == 0  # a row remains
        if attrs["keepdims"]:
            (self.turned if self.turns(i) else self.plain)[i] = (
                kept if self.turns(i) == self.turns(o) else self.transposed(kept)
            )
        else:
            self.turned[i] = self.transposed(kept) if lies else kept
        return True

    def along(self, i: int, node: Node) -> bool:
        """What works along an axis of something turned."""
        (o,), rank = node.operands, len(node.shape)
        (axis,) = normal_axes(dict(node.attrs)["axis"], rank)
        self.turned[i] = self.builder.apply(node.op, self.as_column(o), axis=axis if rank == 1 else 1 - axis)
        return True

    def multiplied(self, i: int, node: Node) -> bool:
        """A product: A x, and of a vector from the left A^T x; of turned matrices in the other order."""
        a, b = node.operands
        left, right = (len(self.source.nodes[o].shape) for o in (a, b))
        apply = self.builder.apply
        if left > 2 or right > 2:
            return False
        if left == right == 1:
            product = apply("mul", self.as_column(a), self.as_column(b))
            self.plain[i] = apply("sum", product, axis=None, keepdims=False)
        elif right == 1:
            self.turned[i] = apply("matmul", self.as_it_was(a), self.as_column(b))
        elif left == 1 or self.turns(i):
            self.turned[i] = apply("matmul", self.transposed(self.as_it_was(b)), self.as_column(a))
        else:
            self.plain[i] = apply("matmul", self.as_it_was(a), self.as_it_was(b))
        return True

    def flipped(self, i: int, node: Node) -> bool:
        """A transpose: the other form of what is turned."""
        (o,) = node.operands
        if len(node.shape) == 1:
            self.turned[i] = self.as_column(o)
        elif dict(node.attrs).get("axes") not in {None, (1, 0), (-1, 0), (1, -2), (-1, -2)}:
            return False
        elif self.turns(o):
            (self.turned if self.turns(i) else self.plain)[i] = (
                self.transposed(self.as_column(o)) if self.turns(i) else self.as_column(o)
            )
        else:
            self.turned[i] = self.as_it_was(o)
        return True

    def entry(self, i: int, node: Node) -> bool:
        """An entry of a vector, or a part of it."""
        (o,), key = node.operands, dict(node.attrs)["key"]
        if len(self.source.nodes[o].shape) != 1 or len(key) != 1 or not isinstance(key[0], int | Slice):
            return False
        sliced = isinstance(key[0], Slice)
        made = self.builder.apply("index", self.as_column(o), key=key if sliced else (*key, 0))
        (self.turned if sliced else self.plain)[i] = made
        return True

    def end_to_end(self, i: int, node: Node) -> bool:
        """Vectors one after the other."""
        if len(node.shape) != 1:
            return False
        self.turned[i] = self.builder.apply("concatenate", *map(self.as_column, node.operands), axis=0)
        return True

    def raised(self, i: int, node: Node) -> bool:
        """A vector with an axis of its own, and a number as a vector of one."""
        (o,), apply = node.operands, self.builder.apply
        if len(node.shape) == 1:
            self.turned[i] = apply("reshape", self.as_it_was(o), shape=(1, 1))
            return True
        if len(self.source.nodes[o].shape) != 1 or self.turns(i) or dict(node.attrs)["axis"] not in {0, (0,)}:
            return False
        self.plain[i] = self.transposed(self.as_column(o))
        return True

    def repeated(self, i: int, node: Node) -> bool:
        """A number as a vector of as many."""
        (o,) = node.operands
        if len(node.shape) != 1 or self.source.nodes[o].shape:
            return False
        self.turned[i] = self.builder.apply("broadcast_to", self.as_it_was(o), shape=(*node.shape, 1))
        return True

    def counted(self, i: int, node: Node) -> bool:
        """How many entries there are."""
        (o,), axis = node.operands, dict(node.attrs)["axis"]
        if axis is not None:
            return False
        self.plain[i] = self.builder.apply("size", self.as_column(o), axis=None)
        return True


_RULES: Mapping[str, Callable[[_Turning, int, Node], bool]] = {
    "matmul": _Turning.multiplied,
    "transpose": _Turning.flipped,
    "swap": _Turning.flipped,
    "index": _Turning.entry,
    "concatenate": _Turning.end_to_end,
    "expand_dims": _Turning.raised,
    "broadcast_to": _Turning.repeated,
    "size": _Turning.counted,
}
