"""Scalars out of vectors: a pass on updates that multiplies numbers once, instead of vectors many times.

Every vector is held as a scale times a core; scales multiply as single numbers, and reach a vector only where a sum
or an output needs them. A state whose update is a * m + b * h, a and b constant, is kept divided by b, which saves one
more pass: Adam takes ten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from graphgrad.core.graph import Graph
from graphgrad.transform.rewrite import Rewriter

HALF = Fraction(1, 2)
Scale = Mapping[int, Fraction]  # a product of powers of numbers, by node


class Scaled(NamedTuple):
    """A value: a product of numbers times a node; a number has no node."""

    scale: Scale
    core: int | None


def fold_scales(graph: Graph, slots: tuple[str, ...]) -> Graph:
    """Give an update graph of the same meaning, with states that may be kept divided by a constant."""
    return _Folder(graph, slots).graph()


class _Folder:
    def __init__(self, graph: Graph, slots: tuple[str, ...]) -> None:
        self.before, self.builder = graph, Rewriter()
        self.units = {name: unit for name in slots if (unit := self._unit(name)) is not None}
        self.values: list[Scaled] = []
        self.numbers: list[int] = []  # for numbers: the node in the builder
        for i, node in enumerate(graph.nodes):
            self.values.append(self._value(i))
            for name in graph.names.get(i, ()) if node.operands else ():
                self.builder.name(self._whole(self.values[i]), name)

    def graph(self) -> Graph:
        outputs = {}
        for name, i in self.before.outputs.items():
            scale, core = self.values[i]
            if name in self.units:
                scale = _times(scale, {self._number(self.units[name]): Fraction(-1)})
            outputs[name] = self._whole(Scaled(scale, core))
        return self.builder.build(outputs, self.before.source)

    def _unit(self, slot: str) -> int | None:
        """The constant b of an update a * slot + b * h."""
        nodes, output = self.before.nodes, self.before.outputs[slot]
        made = nodes[output]
        if made.op != "add":
            return None
        for mine, other in (made.operands, made.operands[::-1]):
            left, right = nodes[mine], nodes[other]
            if left.op == right.op == "mul" and self.before.inputs.get(slot) in left.operands:
                found = [o for o in right.operands if not nodes[o].shape and self._is_constant(o)]
                decay = [o for o in left.operands if not nodes[o].shape and self._is_constant(o)]
                return found[0] if found and decay else None
        return None

    def _is_constant(self, i: int) -> bool:
        node = self.before.nodes[i]
        return node.op == "const" or bool(node.operands and all(self._is_constant(o) for o in node.operands))

    def _number(self, i: int) -> int:
        """A number of the old graph, in the builder."""
        node = self.before.nodes[i]
        if node.op == "input":
            return self.builder.input(node.value, node.shape, node.dtype)
        if node.op == "const":
            return self.builder.const(node.value)
        return self.builder.apply(node.op, *(self._number(o) for o in node.operands), **dict(node.attrs))

    def _value(self, i: int) -> Scaled:
        node, one = self.before.nodes[i], Fraction(1)
        if not node.shape:
            vectors = [o for o in node.operands if self.before.nodes[o].shape]
            if not vectors and not self._of_vectors(i):
                return Scaled({self._number(i): one}, None)
            whole = [self._whole(self.values[o]) for o in node.operands]
            return Scaled({self.builder.apply(node.op, *whole, **dict(node.attrs)): one}, None)
        if node.op == "input":
            core = self.builder.input(node.value, node.shape, node.dtype)
            unit = self.units.get(node.value)
            return Scaled({} if unit is None else {self._number(unit): one}, core)
        operands = [self.values[o] for o in node.operands]
        made = _RULES[node.op](self, *operands) if node.op in _RULES else None
        if made is None:
            whole = [self._whole(o) for o in operands]
            made = Scaled({}, self.builder.apply(node.op, *whole, **dict(node.attrs)))
        return made

    def _of_vectors(self, i: int) -> bool:
        node = self.before.nodes[i]
        return bool(node.shape) or any(self._of_vectors(o) for o in node.operands)

    def _whole(self, value: Scaled) -> int:
        """The node of a value."""
        if value.core is None:
            return self._product(value.scale)
        return self.builder.apply("mul", value.core, self._product(value.scale)) if value.scale else value.core

    def _product(self, scale: Scale) -> int:
        """The node of a product of powers: numerator over denominator, roots taken once."""
        above, below = self.builder.const(1), self.builder.const(1)
        for node, power in scale.items():
            root = self.builder.apply("sqrt", node) if power.denominator == 2 else node
            for _ in range(abs(power.numerator)):
                if power > 0:
                    above = self.builder.apply("mul", above, root)
                else:
                    below = self.builder.apply("mul", below, root)
        return self.builder.apply("div", above, below)

    def mul(self, a: Scaled, b: Scaled) -> Scaled:
        scale = _times(a.scale, b.scale)
        if a.core is None or b.core is None:
            return Scaled(scale, b.core if a.core is None else a.core)
        return Scaled(scale, self.builder.apply("mul", a.core, b.core))

    def div(self, a: Scaled, b: Scaled) -> Scaled | None:
        if a.core is None:
            return None
        scale = _times(a.scale, b.scale, -1)
        return Scaled(scale, a.core if b.core is None else self.builder.apply("div", a.core, b.core))

    def square(self, a: Scaled) -> Scaled:
        assert a.core is not None
        return Scaled({n: 2 * p for n, p in a.scale.items()}, self.builder.apply("square", a.core))

    def power(self, a: Scaled, b: Scaled) -> Scaled | None:
        two = b.core is None and self._product(b.scale) == self.builder.const(2)
        return self.square(a) if two and a.core is not None else None

    def sqrt(self, a: Scaled) -> Scaled | None:
        assert a.core is not None
        if not all(p.denominator == 1 and self._positive(n) for n, p in a.scale.items()):
            return None
        return Scaled({n: p * HALF for n, p in a.scale.items()}, self.builder.apply("sqrt", a.core))

    def _positive(self, node: int) -> bool:
        """Whether a number is known to be positive: a constant above 0, or 1 - c ** t for a c between 0 and 1."""
        made, nodes = self.builder.nodes[node], self.builder.nodes
        if made.op == "const":
            return bool(made.value > 0)
        if made.op == "sub" and nodes[made.operands[0]] == nodes[self.builder.const(1)]:
            inner = nodes[made.operands[1]]
            base = nodes[inner.operands[0]] if inner.op == "pow" else inner
            return base.op == "const" and 0 < base.value < 1 and (inner.op != "pow" or self._is_step(inner.operands[1]))
        return False

    def _is_step(self, node: int) -> bool:
        made = self.builder.nodes[node]
        return made.op == "input" and made.value == "t"

    def add(self, a: Scaled, b: Scaled) -> Scaled | None:
        return self._sum("add", a, b)

    def sub(self, a: Scaled, b: Scaled) -> Scaled | None:
        return self._sum("sub", a, b)

    def _sum(self, op: str, a: Scaled, b: Scaled) -> Scaled | None:
        """Take the scale of one term out of a sum where both have one, or the other is a number."""
        if a.core is None and b.core is not None and b.scale:
            rest = self._product(_times(a.scale, b.scale, -1))
            return Scaled(b.scale, self.builder.apply(op, rest, b.core))
        if b.core is None and a.core is not None and a.scale:
            rest = self._product(_times(b.scale, a.scale, -1))
            return Scaled(a.scale, self.builder.apply(op, a.core, rest))
        if a.core is None or b.core is None or not a.scale or not b.scale:
            return None
        left = self._whole(Scaled(_times(a.scale, b.scale, -1), a.core))
        return Scaled(b.scale, self.builder.apply(op, left, b.core))


def _times(a: Scale, b: Scale, power: int = 1) -> dict[int, Fraction]:
    product = dict(a)
    for node, p in b.items():
        product[node] = product.get(node, Fraction(0)) + power * p
        if not product[node]:
            del product[node]
    return product


_RULES: dict[str, Callable[..., Scaled | None]] = {
    "mul": _Folder.mul,
    "div": _Folder.div,
    "square": _Folder.square,
    "pow": _Folder.power,
    "sqrt": _Folder.sqrt,
    "add": _Folder.add,
    "sub": _Folder.sub,
}
