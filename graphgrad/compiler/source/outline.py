"""Emitted code from afar: which value each line computes, in which order, and which array holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from graphgrad.compiler.source.statements import NO_NODE
from graphgrad.core.graph import Graph
from graphgrad.core.memory import needed


class Code(NamedTuple):
    """The body of one function.

    `arrays` names, for values that lie in arrays that were made before, the array; `once` are the nodes that are
    computed before the first step.
    """

    name: str
    graph: Graph
    labels: Sequence[str]
    lines: tuple[tuple[int, str], ...]  # the node that a line computes, or NO_NODE, and its text
    arrays: Mapping[int, str] = {}
    once: frozenset[int] = frozenset()

    def inlined(self) -> dict[int, tuple[int, ...]]:
        """For every operation without a line of its own: the nodes in whose lines it is written."""
        lines, found = {node for node, _ in self.lines}, dict[int, tuple[int, ...]]()
        for i in range(len(self.graph) - 1, -1, -1):
            if self.graph.nodes[i].operands and i not in lines and i not in self.once:
                users = dict.fromkeys(u for user in self.graph.users[i] for u in found.get(user, (user,)))
                found[i] = tuple(users)
        return {i: found[i] for i in sorted(found)}

    def held(self) -> dict[str, tuple[int, ...]]:
        """For every array: the values that it holds, one after the other."""
        found: dict[str, tuple[int, ...]] = {}
        for i, array in self.arrays.items():
            if self.graph.nodes[i].operands:
                found[array] = (*found.get(array, ()), i)
        return found

    def memory(self, sizes: Mapping[str, int]) -> int:
        """The bytes of all that the lines compute, as float64, at these sizes of named dimensions; an array once."""
        found: dict[str | int, int] = {}
        for i, _ in self.lines:
            if i != NO_NODE:
                place = self.arrays.get(i, i)
                found[place] = max(found.get(place, 0), needed(self.graph.nodes[i].shape, sizes))
        return sum(found.values())

    def alive(self) -> list[int]:
        """After every line: how many values are there that a later line, or the caller, still needs."""
        inlined, order = self.inlined(), {node: k for k, (node, _) in enumerate(self.lines)}
        last = dict.fromkeys(order, 0)
        for i in range(len(self.graph)):
            for reader in inlined.get(i, (i,)):
                for operand in self.graph.nodes[i].operands:
                    if operand in last:
                        last[operand] = max(last[operand], order.get(reader, 0))
        last |= {i: len(self.lines) for i in self.graph.outputs.values() if i in last}
        first = {node: k for k, (node, _) in reversed([*enumerate(self.lines)]) if node != NO_NODE}
        changes = [0] * (len(self.lines) + 1)
        for node, k in first.items():
            changes[k] += 1
            changes[max(last[node], k)] -= 1
        return [*accumulate(changes[:-1])]
