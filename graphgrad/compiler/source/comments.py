"""What each line of emitted code is, in words: the rule that it applies, forward or backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS
from graphgrad.frontend.printers import key
from graphgrad.transform.pullback import Adjoints

SHOWN = 2  # consumers named in one comment


class Provenance:
    """Names and comments for the nodes of a graph after passes, from what is known of the graph before them."""

    def __init__(self, before: Graph, after: Graph, place: Mapping[int, int]) -> None:
        self.graph = after
        self.forward = _ancestors(after, after.output)
        self.labels = list(after.labels)
        self._named: dict[int, str] = {}  # primal node before -> its name
        self.adjoint_of: dict[int, int] = {}  # node after -> primal node before
        self._terms: dict[int, list[tuple[int, str]]] = {}  # primal node before -> its consumers and their rules
        adjoints = before.cache.get(Adjoints)
        if adjoints is not None:
            self._read(before, adjoints, place)

    def _read(self, before: Graph, adjoints: Adjoints, place: Mapping[int, int]) -> None:
        taken = set(self.labels)
        outputs = set(self.graph.outputs.values())
        for primal, total in adjoints.total.items():
            node = place.get(total, -1)
            if node < 0 or node in self.forward or node in self.adjoint_of:
                continue
            self.adjoint_of[node] = primal
            name = self.labels[place[primal]] if primal in place else before.label(primal)
            wanted = f"{name if name.isidentifier() else before.label(primal)}_bar"  # what folded has its old name
            if node not in outputs and self.graph.nodes[node].operands and wanted not in taken:
                self.labels[node] = wanted
                taken.add(wanted)
        for c in adjoints.contributions:
            name = self.labels[place[c.consumer]] if c.consumer in place else before.label(c.consumer)
            self._terms.setdefault(c.receiver, []).append(
                (c.slot, f"{name} ({_rule(before.nodes[c.consumer], c.slot)})")
            )
        self._named = {i: self.labels[place[i]] if i in place else before.label(i) for i in adjoints.total}

    def comment(self, node: int) -> str:
        """Say which rule a node's line applies."""
        primal = self.adjoint_of.get(node)
        if primal is None:
            return _written(self.graph.nodes[node])
        said = [text for _, text in self._terms.get(primal, ())]
        more = f" and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
        return f"adjoint of {self._named[primal]}: from " + ", ".join(said[:SHOWN]) + more


def _written(node: Node) -> str:
    """An operation as the table writes it, with the attributes that are not as usual."""
    row = OPS[node.op]
    if not node.attrs:
        return row.notation
    operands = ["[a, ...]"] if row.variadic else row.operands
    said = [f"{name}={key(v) if name == 'key' else v!r}" for name, v in node.attrs if v != row.attrs.get(name, row)]
    return f"{row.name}({', '.join([*operands, *said])})"


def _rule(node: Node, slot: int) -> str:
    row = OPS[node.op]
    rules: Sequence[str | None] = row.d or row.vjp
    rule = rules[0 if row.variadic else slot]
    operand = row.operands[0 if row.variadic else slot]
    text = rule if rule is not None and len(rule) <= 30 else "its rule"
    return f"∂({row.notation})/∂{operand} = {text}" if row.d else f"{_written(node)}: {text}"


def _ancestors(graph: Graph, node: int) -> set[int]:
    found, stack = {node}, [node]
    while stack:
        for operand in graph.nodes[stack.pop()].operands:
            if operand not in found:
                found.add(operand)
                stack.append(operand)
    return found
