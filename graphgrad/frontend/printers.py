"""Graphs as text in the language: `parse(program(graph))` gives the graph back."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any, NamedTuple

from graphgrad.core.constants import Constant, ConstantArray
from graphgrad.core.display import register
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import ATOM, NEG, POW, Op
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Slice


class Text(NamedTuple):
    """Printed text and how tightly it binds."""

    text: str
    precedence: int


Leaf = Callable[[Graph, int], Text]
Spell = Callable[[Node, list[Text]], Text]


def walk(graph: Graph, node: int, stop: Container[int], leaf: Leaf, spell: Spell) -> str:
    """Print a node's expression down to inputs, constants and the nodes in `stop`, which print by `leaf`.

    `spell` prints one application of its printed operands.
    """
    printed: dict[int, Text] = {}
    for i, ends in _below(graph, node, stop):
        made = graph.nodes[i]
        printed[i] = leaf(graph, i) if ends else spell(made, [printed[o] for o in made.operands])
    return printed[node].text


def length(graph: Graph, node: int, stop: Container[int] = frozenset()) -> int:
    """How many operands and operations a node's expression is when written out, what is shared counted every time.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("b = a + a; c = b * b; c * c")
    >>> length(g, g.output)
    15
    """
    lengths: dict[int, int] = {}
    for i, ends in _below(graph, node, stop):
        lengths[i] = 1 if ends else 1 + sum(lengths[o] for o in graph.nodes[i].operands)
    return lengths[node]


def _below(graph: Graph, node: int, stop: Container[int]) -> Iterator[tuple[int, bool]]:
    """The nodes that a node's expression is made of, operands first, and whether the expression ends there."""
    stack, seen = [node], set()
    while stack:
        top = stack.pop()
        if top not in seen:
            seen.add(top)
            if top == node or top not in stop:
                stack += graph.nodes[top].operands
    for i in sorted(seen):
        yield i, graph.nodes[i].op not in OPS or (i in stop and i != node)


def binds(row: Op, slot: int, operand: Text) -> bool:
    """Whether an operand of an operator stands without parentheses."""
    if row.name == "pow":
        return operand.precedence > POW if slot == 0 else operand.precedence >= NEG
    if row.precedence == NEG:
        return operand.precedence >= POW
    return operand.precedence > row.precedence or (
        operand.precedence == row.precedence and slot == 0 and row.dtype != "bool"
    )


def is_operator(row: Op) -> bool:
    """Whether a row is written as an operator, not as a call."""
    return row.precedence < ATOM


def shown_attrs(row: Op, node: Node) -> dict[str, Any]:
    """The static attributes that differ from the row's defaults."""
    return {k: v for k, v in node.attrs if k not in row.attrs or row.attrs[k] != v or row.attrs[k] is None is not v}


DEPTH = 12  # of nesting in one printed statement


def text(graph: Graph, node: int, stop: Container[int] = frozenset()) -> str:
    """Write a node's expression; nodes in `stop` stand by their labels.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("-(a - (b + c)) ** 2 / d")
    >>> text(g, g.output)
    '-(a - (b + c)) ** 2 / d'
    """
    return walk(graph, node, stop, leaf, spell)


def program(graph: Graph, array: Callable[[ConstantArray], str] = ConstantArray.written) -> str:
    """Write a graph as a program: shared, named and output nodes by name, the others in place.

    `array` writes large constant arrays, which stand on lines of their own.

    >>> from graphgrad.frontend.parse import parse
    >>> print(program(parse("s = a + b; s * s")))
    s = a + b
    z = s * s
    """
    ordered = statements(graph)
    kept, shown = frozenset(ordered), set(graph.outputs.values())
    lines = [name for name, i in graph.inputs.items() if not graph.users[i] and i not in shown]  # without a use
    for i in ordered:
        first, *others = own_names(graph, i)
        made = graph.nodes[i]
        said = f"np.array({array(made.value)})" if made.op == "const" else text(graph, i, kept)
        lines.append(f"{first} = {said}")
        lines += [f"{name} = {first}" for name in others]
    for name, node in sorted(graph.outputs.items(), key=lambda output: output[0] in graph.inputs):
        if node not in kept or name not in own_names(graph, node):
            lines.append(f"{name} = {leaf(graph, node).text}")
    if len(lines) == 1 and not graph.names and graph.label(graph.output) == "z":
        return lines[0].removeprefix("z = ")
    return "\n".join(lines)


def brief(graph: Graph) -> str:
    """Write a graph as a program to look at: of large constant arrays stands what they are."""
    return program(graph, repr)


register("Graph", "text/plain", brief)


def own_names(graph: Graph, node: int) -> list[str]:
    """All the names a program gives a node, the one it is used by among them; reassigned ones only as its label."""
    label = graph.label(node)
    own = [
        name
        for name in graph.names.get(node, ())
        if name == label or (graph.first_named.get(name) == node and name not in graph.labels)
    ]
    return own if label in own else [*own, label]


def statements(graph: Graph) -> list[int]:
    """Give the nodes that a printed program names, in order."""
    kept, depth = [], [0] * len(graph)
    for i, node in enumerate(graph.nodes):
        if node.op == "const" and large(node):
            kept.append(i)
        if node.op not in OPS:
            continue
        depth[i] = 1 + max((depth[o] for o in node.operands), default=0)
        shared = len(graph.users[i]) != 1 or i in graph.names or i in graph.outputs.values()
        if shared or depth[i] >= DEPTH:
            kept.append(i)
            depth[i] = 0
    return kept


def large(node: Node) -> bool:
    """Whether a constant is an array that has a line of its own."""
    return isinstance(node.value, ConstantArray) and node.value.array.size > ConstantArray.SHOWN


def leaf(graph: Graph, node: int) -> Text:
    """Write a node by its name, a constant by its number."""
    made = graph.nodes[node]
    if made.op != "const" or large(made):
        return Text(graph.label(node), ATOM)
    if isinstance(made.value, ConstantArray):
        return Text(f"np.array({made.value.written()})", ATOM)
    if isinstance(made.value, Constant):
        shadowed = made.value.name in graph.inputs or made.value.name in graph.labels[node + 1 :]
        return Text(f"np.{made.value}" if shadowed else str(made.value), ATOM)
    return Text(repr(made.value), NEG if repr(made.value).startswith("-") else ATOM)


def spell(node: Node, operands: list[Text]) -> Text:
    """Write one operation on printed operands."""
    row = OPS[node.op]
    if is_operator(row):
        return _operator(node, operands)
    values = [o.text for o in operands]
    if node.op == "transpose" and dict(node.attrs)["axes"] is None:
        return Text(f"{_atom(operands[0])}.T", ATOM)
    if node.op == "index":
        return Text(f"{_atom(operands[0])}[{key(dict(node.attrs)['key'])}]", ATOM)
    if row.variadic:
        values = [f"[{', '.join(values)}]"]
    keywords = [f"{k}={_attribute(k, v)}" for k, v in shown_attrs(row, node).items()]
    return Text(f"{row.name}({', '.join([*values, *keywords])})", ATOM)


def _operator(node: Node, operands: list[Text]) -> Text:
    row = OPS[node.op]
    if node.op == "neg" and operands[0].precedence == ATOM and operands[0].text[0].isdigit():
        return Text(f"negative({operands[0].text})", ATOM)  # -2 would be the constant
    parts = [o.text if binds(row, slot, o) else f"({o.text})" for slot, o in enumerate(operands)]
    symbol = row.notation.removeprefix("a ").removesuffix(" b").removesuffix("a")
    return Text(f"{parts[0]} {symbol} {parts[1]}" if len(parts) == 2 else f"{symbol}{parts[0]}", row.precedence)


def _atom(operand: Text) -> str:
    return operand.text if operand.precedence == ATOM and not operand.text[0].isdigit() else f"({operand.text})"


def key(parts: tuple[Any, ...]) -> str:
    """Write an index.

    >>> key((Slice(1, None, None), None, -1))
    '1:, None, -1'
    """
    written = []
    for part in parts:
        if isinstance(part, Slice):
            start, stop, step = ("" if p is None else str(p) for p in part)
            written.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        else:
            written.append(str(part))
    return ", ".join(written) or "()"


def _attribute(name: str, value: Any) -> str:
    if name == "key":
        return f"np.s_[{key(value)}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(str, value))}{',' if len(value) == 1 else ''})"
    return str(value)
