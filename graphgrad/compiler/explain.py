"""What the compiler did: the graph before and after every pass, and which rule fired."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from graphgrad.compiler.compiled import Compiled
from graphgrad.compiler.rules import TABLES
from graphgrad.compiler.step import Step
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph


class Explained(NamedTuple):
    """One pass: the graphs before and after it, and how often each rule fired; printed, both as programs."""

    name: str
    before: Graph
    after: Graph
    fired: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        counts = f"{_operations(self.before)} operations -> {_operations(self.after)}"
        rules = [f"  {count} x  {rule}   ({_table(rule)})" for rule, count in self.fired]
        return "\n".join(
            [f"== {self.name}: {counts}", *rules, "-- before", str(self.before), "-- after", str(self.after)]
        )


class Explanation(tuple[Explained, ...]):
    """The passes of one compilation, in order."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n\n".join(map(str, self))


def explain(compiled: Compiled | Step, /) -> Explanation:
    """Give what every pass did to the graph; print it, or draw the graphs of each.

    Shapes never change in a pass, values only by rounding. Raises UsageError for what was not compiled. Source: the
    passes note themselves; the rules that fired are those of transform/rules.py.

    >>> from graphgrad.compiler.compile import compile
    >>> from graphgrad.frontend.parse import parse
    >>> print(explain(compile(parse("log(1 + exp(x)) * 1"))))
    == rewrite: 4 operations -> 1
      1 x  log1p(exp(x)) -> softplus(x)   (stable forms)
      1 x  log(1 + x) -> log1p(x)   (stable forms)
      1 x  x * 1 -> x   (algebra)
    -- before
    log(1 + exp(x)) * 1
    -- after
    softplus(x)
    """
    if not hasattr(compiled, "passes"):
        raise UsageError(f"{type(compiled).__name__} is nothing compiled", hint="explain(compile(graph))")
    return Explanation(
        Explained(p.name, p.before, p.graph, tuple(Counter(firing.rule for firing in p.fired).items()))
        for p in compiled.passes
    )


def _operations(graph: Graph) -> int:
    return sum(bool(node.operands) for node in graph.nodes)


def _table(rule: str) -> str:
    return next((name for name, text in TABLES.items() if rule in text.splitlines()), "matrices")
