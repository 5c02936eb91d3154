"""What was decided in writing the code: what stands in whose line, which array holds what, and the order of lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphgrad.compiler.code import NO_NODE, Code
from graphgrad.core.graph import Graph


class Written(NamedTuple):
    """One decision about a function: what is said of it and, for a picture, how nodes are called and which are lit."""

    name: str
    subject: str
    graph: Graph
    counts: str
    said: tuple[str, ...]
    names: Mapping[int, str]
    lit: frozenset[int]

    @property
    def fired(self) -> tuple[str, ...]:
        """What was done; nothing where there was nothing to do."""
        return self.said

    def json(self) -> dict[str, Any]:
        """The decision as plain data."""
        return {"name": self.name, "on": self.subject, "counts": self.counts, "said": list(self.said)}

    def __str__(self) -> str:
        return "\n".join([f"== {self.name}: {self.counts}", *(f"  {line}" for line in self.said)])


def plural(count: int, word: str) -> str:
    """A count of things.

    >>> plural(1, "line"), plural(2, "line")
    ('1 line', '2 lines')
    """
    return f"{count} {word}{'s' * (count != 1)}"


def written(code: Code) -> list[Written]:
    """Tell of one function."""
    return [decide(code, f"the code of {code.name}") for decide in (_inlining, _buffers, _schedule)]


def _inlining(code: Code, subject: str) -> Written:
    inlined = code.inlined()
    of: dict[tuple[int, ...], list[int]] = {}
    for i, users in inlined.items():
        of.setdefault(users, []).append(i)
    said = tuple(f"{_names(code, nodes)} -> in the line of {_names(code, users)}" for users, nodes in of.items())
    operations = sum(bool(node.operands) for node in code.graph.nodes)
    counts = f"{len(inlined)} of {plural(operations, 'operation')} in the lines of others"
    names = {i: code.labels[i] for i, node in enumerate(code.graph.nodes) if node.operands}
    return Written("inlining", subject, code.graph, counts, said, names, frozenset(inlined))


def _buffers(code: Code, subject: str) -> Written:
    held = code.held()
    said = tuple(f"{k}. {array}: {_names(code, nodes)}" for k, (array, nodes) in enumerate(held.items(), 1))
    counts = f"{plural(sum(map(len, held.values())), 'value')} in {plural(len(held), 'array')}"
    names = {i: f"array_{k}_{n}" for k, nodes in enumerate(held.values(), 1) for n, i in enumerate(nodes, 1)}
    again = frozenset(i for nodes in held.values() for i in nodes[1:])
    return Written("buffers", subject, code.graph, counts, said, names, again)


def _schedule(code: Code, subject: str) -> Written:
    alive = code.alive()
    once = (f"before the first step: {_names(code, tuple(sorted(code.once)))}",) if code.once else ()
    lines = [f"{k}. {text}   ({n} alive)" for k, ((_, text), n) in enumerate(zip(code.lines, alive, strict=True), 1)]
    counts = f"{plural(len(lines), 'line')}, at most {plural(max(alive, default=0), 'value')} alive"
    names = {node: f"line_{k}" for k, (node, _) in reversed([*enumerate(code.lines, 1)]) if node != NO_NODE}
    return Written("schedule", subject, code.graph, counts, (*once, *lines), names, code.once)


def _names(code: Code, nodes: tuple[int, ...] | list[int]) -> str:
    return ", ".join(code.labels[i] for i in nodes) or "nothing"
