"""Values in statements: what they are called, where they lie, and when they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from graphgrad.compiler.source.statements import Expr, variable
from graphgrad.core.graph import Graph, Node
from graphgrad.core.shapes import Shape

REPEATS = frozenset({"broadcast_to", "broadcast_like", "spread"})


class Ref(NamedTuple):
    """A value: how statements refer to it, the memory that it is or looks at, and when it is there."""

    value: Expr
    base: str = ""  # the array made once that holds it; empty: a value made in every step
    bound: bool = False  # whether it is known before the first step
    whole: bool = False  # whether it is all of `base`, in its own order
    number: bool = False  # whether it is a number of Python's own


def held(array: str) -> Ref:
    """All of an array that is there before the first step."""
    return Ref(variable(array), array, bound=True, whole=True)


class Setting(NamedTuple):
    """Where statements will stand: how nodes are called, what inputs are, and which arrays outputs are to be left in.

    With `each_named` every value has its own name, whatever array holds it. `taken` is every name that is in use, and
    `rows` the sizes of named dimensions as far as they are known.
    """

    labels: Sequence[str]
    dtype: str
    inputs: Mapping[int, Ref]
    homes: Mapping[int, str]
    dims: Mapping[str, str]
    taken: set[str]
    each_named: bool = True
    rows: Mapping[str, int] = MappingProxyType({})


def late_numbers(graph: Graph, numbers: set[int]) -> frozenset[int]:
    """The nodes that are numbers of Python's own: of constants, sizes, rates and the number of the step."""
    for i, node in enumerate(graph.nodes):
        known = node.op in {"const", "size"} or (node.operands and numbers.issuperset(node.operands))
        if known and not node.shape:
            numbers.add(i)
    return frozenset(numbers)


def reduced_sizes(shape: Shape, attrs: tuple[tuple[str, object], ...]) -> list[int | str]:
    """The sizes of the axes that an operation reduces."""
    axis = dict(attrs)["axis"]
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [shape[k] for k in axes]


def written_for(graph: Graph, refs: Sequence[Ref], o: int) -> Node:
    """The node that an operand is written as: it may stand for what NumPy repeats by itself."""
    node = graph.nodes[o]
    while node.op in REPEATS and refs[o] is refs[node.operands[0]]:
        o = node.operands[0]
        node = graph.nodes[o]
    return node
