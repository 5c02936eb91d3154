"""The graph: nodes in topological order, as plain tuples, and the names and places the user's text gives them."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from graphgrad.core.display import bundle, displayed, short, told
from graphgrad.core.errors import Span, UsageError, did_you_mean
from graphgrad.core.shapes import Shape

if TYPE_CHECKING:
    import networkx as nx


@told(lambda node: f"{node.op}, {dict(node.attrs) or ''} of nodes {node.operands}, shape {node.shape}, {node.dtype}")
class Node(NamedTuple):
    """One node. Inputs have op "input" and their name as attribute, constants op "const" and their value."""

    op: str
    operands: tuple[int, ...]
    attrs: tuple[tuple[str, Any], ...]
    shape: Shape
    dtype: str

    @property
    def value(self) -> Any:
        """The only attribute of an input (its name) or a constant (its value)."""
        return self.attrs[0][1]


class FunctionCall(NamedTuple):
    """A call of a function that the user defined: its name, and the nodes of its arguments."""

    function: str
    arguments: tuple[int, ...]


READ = 50  # nodes: the program of more is not read in a line


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """A computation graph; a node is named by its index, and every operand's index is below its own.

    `inputs` stand in order of first appearance; `names` holds all the user's names for a node and `spans` all the
    places in `source` that mean it. Made by `parse`, `capture`, `from_sympy` and the transforms, never by hand.
    """

    nodes: tuple[Node, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    spans: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    source: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)  # values that the text gives inputs: `x1 = 0.5` at its head
    calls: Mapping[int, FunctionCall] = field(default_factory=dict)  # nodes that the user's own functions gave
    cache: dict[Any, Any] = field(default_factory=dict, repr=False)  # results of transforms, by transform

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        size = f"{len(self.nodes)} nodes, of {', '.join(self.inputs) or 'nothing'}, giving {', '.join(self.outputs)}"
        return short("Graph", f"{size}: {self}" if len(self.nodes) < READ else size)

    def __str__(self) -> str:
        text: str = displayed(self, "text/plain")
        return text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return bundle(self)

    def __eq__(self, other: object) -> bool:
        """Whether the two compute the same thing the same way, node for node, whatever the order and the names."""
        return self.digest == other.digest if isinstance(other, Graph) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def output(self) -> int:
        """The node of the first output: a program's last statement, a gradient graph's primal."""
        return next(iter(self.outputs.values()))

    def input(self, name: str) -> int:
        """Give an input's node; UsageError, with the nearest name, where there is none."""
        name = normal(name)
        if name not in self.inputs:
            known = ", ".join(self.inputs) or "none"
            raise UsageError(
                f"the graph has no input '{name}'", hint=did_you_mean(name, self.inputs) or f"it has {known}"
            )
        return self.inputs[name]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for every node: an output's, the user's first, else v1, v2, ...; constants are their own text.

        No two nodes share one: of a name that was assigned again, an input's too, the later nodes are c_2, c_3, ...
        """
        wanted = {i: names[0] for i, names in self.names.items()} | {i: name for name, i in self.outputs.items()}
        reserved = {*self.inputs, *wanted.values()}
        taken, count, labels = {*self.inputs, *self.outputs}, 0, []
        copies: dict[str, int] = {}
        for i, node in enumerate(self.nodes):
            if node.op == "input" or (node.op == "const" and not node.shape):
                labels.append(str(node.value))
                continue
            name = wanted.get(i, "")
            if name in taken and (self.outputs.get(name) != i or name in self.inputs):
                first = name
                while name in reserved or name in taken:
                    copies[first] = copies.get(first, 1) + 1
                    name = f"{first}_{copies[first]}"
            while not name or (i not in wanted and name in reserved):
                count += 1
                name = f"v{count}"
            taken.add(name)
            labels.append(name)
        return tuple(labels)

    def label(self, node: int) -> str:
        """The name a node is shown by."""
        return self.labels[node]

    def span(self, node: int) -> Span | None:
        """The first place in the user's text that means a node."""
        return self.spans[node][0] if node in self.spans else None

    @cached_property
    def first_named(self) -> Mapping[str, int]:
        """The first node of every name."""
        found: dict[str, int] = {}
        for node, names in sorted(self.names.items()):
            for name in names:
                found.setdefault(name, node)
        return {**found, **self.inputs}

    @cached_property
    def users(self) -> tuple[tuple[int, ...], ...]:
        """For every node the nodes that use it, in order, once a slot."""
        users: list[list[int]] = [[] for _ in self.nodes]
        for i, node in enumerate(self.nodes):
            for operand in node.operands:
                users[operand].append(i)
        return tuple(map(tuple, users))

    @cached_property
    def dag(self) -> nx.MultiDiGraph[int]:
        """The graph for networkx: edges operand -> node, keyed by operand slot; frozen, built at first use."""
        import networkx as nx

        dag: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        for i, node in enumerate(self.nodes):
            described = {"op": node.op, "attrs": dict(node.attrs), "shape": node.shape, "dtype": node.dtype}
            dag.add_node(i, **described, names=self.names.get(i, ()), spans=self.spans.get(i, ()))
            for slot, operand in enumerate(node.operands):
                dag.add_edge(operand, i, key=slot)
        return nx.freeze(dag)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Give a copy for networkx to change, named as people read it; `gg.from_networkx` reads it back."""
        dag: nx.MultiDiGraph[str] = displayed(self, "networkx")
        return dag

    @cached_property
    def digest(self) -> str:
        """A hash of what the graph computes: the same on every machine, blind to names and to the order of nodes."""
        marks: list[bytes] = []
        for node in self.nodes:
            attrs = [(k, type(v).__name__, v) for k, v in node.attrs]
            said = repr((node.op, attrs, node.shape, node.dtype)).encode()
            marks.append(hashlib.sha256(said + b"".join(marks[i] for i in node.operands)).digest())
        outputs = b"".join(name.encode() + b"\0" + marks[i] for name, i in self.outputs.items())
        return hashlib.sha256(outputs + repr(sorted(self.inputs)).encode()).hexdigest()


def normal(name: str) -> str:
    """Give a name as Python reads it: the µ of keyboards is the Greek letter.

    >>> normal("\u00b5") == "\u03bc"
    True
    """
    return unicodedata.normalize("NFKC", name)
