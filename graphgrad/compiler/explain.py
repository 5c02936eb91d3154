"""What the compiler did: the graph before and after every pass, and which rule fired."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from graphgrad.compiler.compile import WrittenModule
from graphgrad.compiler.compile_step import CompiledStep
from graphgrad.compiler.compiled import Compiled
from graphgrad.compiler.passes.passed import GONE, Passed
from graphgrad.compiler.passes.table import dead_code
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.statements import NO_NODE
from graphgrad.core.builder import trimmed
from graphgrad.core.display import short
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.transform.stable import Stable


class Decided(NamedTuple):
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


def written(code: Code) -> list[Decided]:
    """Tell of one function."""
    return [decide(code, f"the code of {code.name}") for decide in (_inlining, _buffers, _schedule)]


def _inlining(code: Code, subject: str) -> Decided:
    inlined = code.inlined()
    of: dict[tuple[int, ...], list[int]] = {}
    for i, users in inlined.items():
        of.setdefault(users, []).append(i)
    said = tuple(f"{_names(code, nodes)} -> in the line of {_names(code, users)}" for users, nodes in of.items())
    operations = sum(bool(node.operands) for node in code.graph.nodes)
    counts = f"{len(inlined)} of {plural(operations, 'operation')} in the lines of others"
    names = {i: code.labels[i] for i, node in enumerate(code.graph.nodes) if node.operands}
    return Decided("inlining", subject, code.graph, counts, said, names, frozenset(inlined))


def _buffers(code: Code, subject: str) -> Decided:
    held = code.held()
    said = tuple(f"{k}. {array}: {_names(code, nodes)}" for k, (array, nodes) in enumerate(held.items(), 1))
    counts = f"{plural(sum(map(len, held.values())), 'value')} in {plural(len(held), 'array')}"
    names = {i: f"array_{k}_{n}" for k, nodes in enumerate(held.values(), 1) for n, i in enumerate(nodes, 1)}
    again = frozenset(i for nodes in held.values() for i in nodes[1:])
    return Decided("buffers", subject, code.graph, counts, said, names, again)


def _schedule(code: Code, subject: str) -> Decided:
    alive = code.alive()
    once = (f"before the first step: {_names(code, tuple(sorted(code.once)))}",) if code.once else ()
    lines = [f"{k}. {text}   ({n} alive)" for k, ((_, text), n) in enumerate(zip(code.lines, alive, strict=True), 1)]
    counts = f"{plural(len(lines), 'line')}, at most {plural(max(alive, default=0), 'value')} alive"
    names = {node: f"line_{k}" for k, (node, _) in reversed([*enumerate(code.lines, 1)]) if node != NO_NODE}
    return Decided("schedule", subject, code.graph, counts, (*once, *lines), names, code.once)


def _names(code: Code, nodes: tuple[int, ...] | list[int]) -> str:
    return ", ".join(code.labels[i] for i in nodes) or "nothing"


class Explained(NamedTuple):
    """One pass: the graphs before and after it, how often each rule fired, and which nodes changed."""

    name: str
    subject: str  # what it was run on: the program, the loss of a step, or the step
    before: Graph
    after: Graph
    fired: tuple[tuple[str, int], ...]
    old: frozenset[int]  # nodes before that are no more, or are computed otherwise
    new: frozenset[int]  # nodes after that were not there, or were computed otherwise

    def __repr__(self) -> str:
        return short("Explained", f"{self.name}, on {self.subject}: {self.counts}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self)}

    @property
    def counts(self) -> str:
        """How many operations there were, and are."""
        return f"{plural(_operations(self.before), 'operation')} -> {_operations(self.after)}"

    def json(self) -> dict[str, Any]:
        """The pass as plain data."""
        fired = [{"rule": rule, "count": count} for rule, count in self.fired]
        operations = {"before": _operations(self.before), "after": _operations(self.after)}
        graphs = {"before": str(self.before), "after": str(self.after)} if self.fired else {}
        return {"name": self.name, "on": self.subject, "fired": fired, "operations": operations, **graphs}

    def __str__(self) -> str:
        lines = [f"  {count} x  {rule}" for rule, count in self.fired]
        return "\n".join(
            [f"== {self.name}: {self.counts}", *lines, "-- before", str(self.before), "-- after", str(self.after)]
        )


class Explanation(tuple[Explained | Decided, ...]):
    """The passes of one compilation, in order, and what was decided in writing its code."""

    __slots__ = ()

    def __repr__(self) -> str:
        busy = sum(bool(passed.fired) for passed in self)
        return short(type(self).__name__, f"{len(self)} passes, of which {busy} had something to do")

    def __str__(self) -> str:
        parts = []
        for subject, passes in groupby(self, lambda passed: passed.subject):
            parts.append(f"# {subject}")
            for busy, run in groupby(passes, lambda passed: bool(passed.fired)):
                told = [*run]
                parts += map(str, told) if busy else [f"== {', '.join(p.name for p in told)}: nothing to do"]
        return "\n\n".join(parts)


def explain(compiled: Compiled | WrittenModule | CompiledStep, /) -> Explanation:
    """Give what every pass did to the graph; print it, or draw the graphs of each.

    Shapes never change in a pass, values only by rounding. Passes are run over and over until none finds anything to
    do; what they leave that nothing needs goes as dead code. Raises UsageError for what was not compiled. Source: the
    passes note themselves; the rules that fired are text in the language.

    >>> from graphgrad.compiler.compile import compile
    >>> from graphgrad.frontend.parse import parse
    >>> print(explain(compile(parse("log(1 + exp(x)) * 1")))[1])
    == stable forms: 4 operations -> 2
      1 x  log1p(exp(x)) -> softplus(x)
      1 x  log(1 + x) -> log1p(x)
    -- before
    log(1 + exp(x)) * 1
    -- after
    softplus(x) * 1
    """
    if isinstance(compiled, CompiledStep):
        passes = [*_explained("the loss", compiled.plan.passes), *_explained("the step", compiled.passes)]
        return Explanation([*passes, *_written(compiled)])
    if not hasattr(compiled, "passes"):
        raise UsageError(f"{type(compiled).__name__} is nothing compiled", hint="explain(compile(graph))")
    return Explanation(
        [
            *_stabilised(compiled.graph),
            *_explained("the program", compiled.passes),
            *_written(compiled),
        ]
    )


def _stabilised(graph: Graph) -> list[Explained]:
    """The stable forms of the program whose gradient a graph is: they were found before it was differentiated."""
    program, stable = graph.cache.get(Stable, (graph, None))
    if stable is None or not stable.fired:
        return []
    passed = Passed("stable forms", program, stable.graph, stable.place, stable.fired)
    return _explained("the program, before it was differentiated", [passed])


def _written(compiled: Compiled | WrittenModule | CompiledStep) -> list[Decided]:
    return [told for code in compiled.code() for told in written(code)]


def _explained(subject: str, passes: Iterable[Passed]) -> list[Explained]:
    return [_of_all(subject, p) if p.name == dead_code.name else _of_living(subject, p) for p in passes]


def _of_all(subject: str, passed: Passed) -> Explained:
    """The pass on dead nodes, too."""
    name, before, after, place, firings = passed
    same = {old: new for old, new in enumerate(place) if new >= 0 and before.nodes[old].op == after.nodes[new].op}
    old, new = frozenset(range(len(before))) - same.keys(), frozenset(range(len(after))) - {*same.values()}
    fired = tuple(Counter(firing.rule for firing in firings).items())
    return Explained(name, subject, before, after, fired, old, new)


def _of_living(subject: str, passed: Passed) -> Explained:
    """The pass on what the outputs need: what it leaves dead, the dead code tells of."""
    (before, left), (after, place) = trimmed(passed.before), trimmed(passed.graph)
    renaming = [place.get(passed.renaming[old], GONE) for old in left]
    return _of_all(subject, passed._replace(before=before, graph=after, renaming=renaming))


def _operations(graph: Graph) -> int:
    return sum(bool(node.operands) for node in graph.nodes)
