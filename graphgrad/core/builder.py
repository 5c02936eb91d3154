"""The builder: the only place where nodes are made. Asking twice for the same application gives the same node."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from graphgrad.core.constants import ConstantArray, known as named
from graphgrad.core.errors import Span
from graphgrad.core.graph import FunctionCall, Graph, Node
from graphgrad.core.memory import refuse_array
from graphgrad.core.op import Op
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Misfit, Shape, show

P = ParamSpec("P")
T = TypeVar("T")


def uncollected(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function run without Python's cyclic garbage collector, which would take as long as the building itself.

    >>> uncollected(gc.isenabled)()
    False
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if not gc.isenabled():
            return function(*args, **kwargs)
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            gc.enable()

    return run


PLACES = 64  # kept of one node: a hundred thousand uses of x must not take a hundred thousand squared steps


class Builder:
    """Grows a graph node by node, from nothing or on top of a graph, whose nodes keep their indices.

    Nodes are shared by (operation, attributes, operands); constants by type and bits, so that 1 and 1.0, 0.0 and -0.0
    stay apart. Names and spans are notes beside the nodes and never keep two nodes apart.

    >>> b = Builder()
    >>> x = b.input("x")
    >>> b.apply("mul", x, x) == b.apply("mul", x, x)
    True
    """

    def __init__(self, graph: Graph | None = None) -> None:
        self.nodes: list[Node] = list(graph.nodes) if graph else []
        self.inputs: dict[str, int] = dict(graph.inputs) if graph else {}
        self.names: dict[int, tuple[str, ...]] = dict(graph.names) if graph else {}
        self.spans: dict[int, tuple[Span, ...]] = dict(graph.spans) if graph else {}
        self.calls: dict[int, FunctionCall] = {}
        self._seen: dict[Any, int] = {}
        for i, node in enumerate(self.nodes):
            self._seen[_key(node.op, node.operands, node.attrs)] = i

    def input(self, name: str, shape: Shape = (), dtype: str = "float") -> int:
        """Give the input of that name, made at the first asking."""
        if name not in self.inputs:
            refuse_array(shape)
            self.inputs[name] = self._add(Node("input", (), (("name", name),), shape, dtype))
        return self.inputs[name]

    def const(self, value: float | ConstantArray) -> int:
        """Give a constant: a number, True or False, or an array of them."""
        if isinstance(value, float) and not math.isfinite(value):
            return self.apply("neg", self.const(math.inf)) if value == -math.inf else self._const(named(value))
        return self._const(value)

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the application of a row to operands; Misfit where shapes or dtypes do not fit.

        Attributes must be complete. Conditions become numbers where the row wants numbers, and an input used as an
        index or as labels becomes an integer input.
        """
        key = (op, operands, tuple(attrs.items())) if attrs else (op, operands, ())
        found = self._seen.get(key)
        if found is not None:
            return found
        row, nodes = OPS[op], self.nodes
        if row.plain and not any([nodes[i].shape or nodes[i].dtype == "bool" for i in operands]):  # noqa: C419  (faster)
            return self._add(Node(op, operands, key[2], (), "float" if row.dtype == "same" else row.dtype), key)
        for slot, name in enumerate(row.operands) if row.integer else ():
            if name in row.integer:
                self._make_integer(op, operands[slot], name)
        dtypes = [nodes[i].dtype for i in operands]
        if row.boolean or "bool" in dtypes:
            operands = self._conditions_and_numbers(row, operands, dtypes)
        if "int" in dtypes:
            operands = self._known_as_numbers(row, operands)
        shape = row.shape(tuple([nodes[i].shape for i in operands]), attrs)
        refuse_array(shape)
        if row.integer and len(operands) == 2:
            _check_places(nodes[operands[0]].shape, nodes[operands[1]], attrs)
        return self._add(Node(op, operands, key[2], shape, _dtype(row, dtypes)), key)

    def find(self, op: str, *operands: int) -> int | None:
        """Give the application of a row without attributes, if it is there already."""
        return self._seen.get((op, operands, ()))

    def hole(self, shape: Shape) -> int:
        """Give a placeholder to build on; a finished graph must not reach it."""
        return self._add(Node("input", (), (("name", f"hole {len(self.nodes)}"),), shape, "float"))

    def name(self, node: int, name: str) -> None:
        """Note a name of the user's for a node."""
        if name not in self.names.get(node, ()):
            self.names[node] = (*self.names.get(node, ()), name)

    def place(self, node: int, span: Span) -> None:
        """Note a place in the user's text that means the node, the first `PLACES` of them."""
        known = self.spans.get(node)
        if known is None:
            self.spans[node] = (span,)
        elif len(known) < PLACES and span not in known:
            self.spans[node] = (*known, span)

    def build(self, outputs: dict[str, int], source: str = "") -> Graph:
        """Give the graph of these outputs: inputs all stay, nodes that no output needs go."""
        return self.finish(outputs, source)[0]

    def finish(
        self, outputs: dict[str, int], source: str = "", keep: Iterable[int] = ()
    ) -> tuple[Graph, dict[int, int]]:
        """Give the graph of these outputs (and of other nodes to keep), and each kept node's new index."""
        whole = Graph(tuple(self.nodes), self.inputs, outputs, self.names, self.spans, source, calls=self.calls)
        return trimmed(whole, keep)

    def _const(self, value: float | ConstantArray) -> int:
        attrs = (("value", value),)
        key = _key("const", (), attrs)
        found = self._seen.get(key)
        if found is not None:
            return found
        if isinstance(value, ConstantArray):
            return self._add(Node("const", (), attrs, value.shape, value.dtype), key)
        return self._add(Node("const", (), attrs, (), "bool" if isinstance(value, bool) else "float"), key)

    def _add(self, node: Node, key: Any = None) -> int:
        self.nodes.append(node)
        if key is not None:
            self._seen[key] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def _conditions_and_numbers(self, row: Op, operands: tuple[int, ...], dtypes: list[str]) -> tuple[int, ...]:
        """A condition where one is wanted; where all but labels are conditions and numbers are wanted, numbers."""
        for name, dtype in zip(row.operands, dtypes, strict=False):
            if name in row.boolean and dtype != "bool":
                raise Misfit(f"{row.name} wants a condition, such as x > 0")
        if row.boolean or row.dtype != "float" or "float" in dtypes:
            return operands
        return tuple(self._number(i) if self.nodes[i].dtype == "bool" else i for i in operands)

    def _number(self, condition: int) -> int:
        """A condition as 1 or 0."""
        node = self.nodes[condition]
        return self.const(int(node.value)) if node.op == "const" and not node.shape else self.apply("number", condition)

    def _known_as_numbers(self, row: Op, operands: tuple[int, ...]) -> tuple[int, ...]:
        """Known integers, where numbers are wanted, are numbers; they stay what they are where entries are moved."""
        nodes = self.nodes
        if row.dtype == "same" and not row.elementwise:
            return operands
        return tuple(
            self.const(nodes[i].value.numbers())
            if nodes[i].op == "const" and nodes[i].dtype == "int" and row.named(slot) not in row.integer
            else i
            for slot, i in enumerate(operands)
        )

    def _make_integer(self, op: str, operand: int, name: str) -> None:
        node = self.nodes[operand]
        if node.dtype == "int":
            return
        if node.op != "input" or node.dtype == "bool":
            raise Misfit(f"{op} wants an input of integers as {name}")
        self.nodes[operand] = node._replace(dtype="int")


def _check_places(shape: Shape, indices: Node, attrs: Mapping[str, Any]) -> None:
    """Refuse known indices and labels that are no places of what they are taken from."""
    axis = attrs.get("axis", -1)  # labels are of the last
    sizes = shape if axis is None else (shape[axis],)
    if indices.op == "const" and not any(isinstance(size, str) for size in sizes):
        count = math.prod(sizes)
        known = indices.value.array if isinstance(indices.value, ConstantArray) else np.asarray(indices.value)
        wrong = known[(known < -count) | (known >= count)]
        if wrong.size:
            raise Misfit(f"index {wrong.flat[0]:g} is out of range for {show(shape)}")


def trimmed(graph: Graph, keep: Iterable[int] = ()) -> tuple[Graph, dict[int, int]]:
    """Give the graph without what its outputs do not need, and each kept node's new index; inputs stay.

    A graph that needs all of its nodes is given back as it is.
    """
    needed = bytearray(len(graph))
    for i in (*graph.outputs.values(), *keep):
        needed[i] = True
    for i in range(len(graph) - 1, -1, -1):
        for operand in graph.nodes[i].operands if needed[i] else ():
            needed[operand] = True
    for i in graph.inputs.values():
        needed[i] = True
    new = {old: i for i, old in enumerate([i for i, is_needed in enumerate(needed) if is_needed])}
    if len(new) == len(graph):
        return graph, new
    kept = [graph.nodes[i] for i in new]
    fewer = Graph(
        tuple([Node(op, tuple([new[o] for o in operands]), a, s, d) for op, operands, a, s, d in kept]),
        {name: new[i] for name, i in graph.inputs.items()},
        {name: new[i] for name, i in graph.outputs.items()},
        {new[i]: names for i, names in graph.names.items() if i in new},
        {new[i]: spans for i, spans in graph.spans.items() if i in new},
        graph.source,
        calls={new[i]: _renumbered(call, new) for i, call in graph.calls.items() if {i, *call.arguments} <= new.keys()},
    )
    return fewer, new


def _renumbered(call: FunctionCall, new: Mapping[int, int]) -> FunctionCall:
    return call._replace(arguments=tuple(new[o] for o in call.arguments))


def _dtype(row: Op, dtypes: list[str]) -> str:
    """The type of a result; what moves entries keeps theirs."""
    if row.dtype != "same":
        return row.dtype
    given = row.data(dtypes)
    return "bool" if given == {"bool"} else "float" if "float" in given or row.elementwise else "int"


def _key(op: str, operands: tuple[int, ...], attrs: tuple[tuple[str, Any], ...]) -> Any:
    if op == "const":
        value = attrs[0][1]
        return op, type(value), value.hex() if isinstance(value, float) else value
    return op, operands, attrs
