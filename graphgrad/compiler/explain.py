"""What the compiler did: the graph before and after every pass, and which rule fired."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from graphgrad.compiler.compiled import Compiled
from graphgrad.compiler.passes import TURNED, Passed, in_steps
from graphgrad.compiler.rules import LOOPED, TABLES, WRITTEN_OUT
from graphgrad.compiler.step import Step
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.transform.rewrite import FOLDING

KINDS = {
    **TABLES,
    "constant folding": FOLDING,
    "matrices": TURNED,
    "written out": "\n".join(map(in_steps, WRITTEN_OUT | LOOPED)),
}
SHARING, DYING = "equal nodes become one", "a node that nothing needs goes"


class Explained(NamedTuple):
    """One pass: the graphs before and after it, how often each rule fired, and which nodes changed."""

    name: str
    before: Graph
    after: Graph
    fired: tuple[tuple[str, int], ...]
    old: frozenset[int]  # nodes before that are no more, or are computed otherwise
    new: frozenset[int]  # nodes after that were not there, or were computed otherwise
    shared: int  # nodes before that became one with another
    dead: int  # nodes before that nothing needs any more

    @property
    def counts(self) -> str:
        """How many operations there were, and are."""
        return f"{_operations(self.before)} operations -> {_operations(self.after)}"

    @property
    def changes(self) -> tuple[tuple[int, str, str], ...]:
        """What was done: how often, what, and of which kind."""
        rest = ((self.shared, SHARING, "common sub-expressions"), (self.dead, DYING, "dead code"))
        return (*((n, rule, table_of(rule)) for rule, n in self.fired), *(change for change in rest if change[0]))

    def __str__(self) -> str:
        lines = [f"  {count} x  {what}   ({kind})" for count, what, kind in self.changes]
        return "\n".join(
            [f"== {self.name}: {self.counts}", *lines, "-- before", str(self.before), "-- after", str(self.after)]
        )


class Explanation(tuple[Explained, ...]):
    """The passes of one compilation, in order."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n\n".join(map(str, self))


def explain(compiled: Compiled | Step, /) -> Explanation:
    """Give what every pass did to the graph; print it, or draw the graphs of each.

    Shapes never change in a pass, values only by rounding. Raises UsageError for what was not compiled. Source: the
    passes note themselves; the rules that fired are text in the language.

    >>> from graphgrad.compiler.compile import compile
    >>> from graphgrad.frontend.parse import parse
    >>> print(explain(compile(parse("log(1 + exp(x)) * 1"))))
    == rewrite: 4 operations -> 1
      1 x  log1p(exp(x)) -> softplus(x)   (stable forms)
      1 x  log(1 + x) -> log1p(x)   (stable forms)
      1 x  x * 1 -> x   (algebra)
      1 x  equal nodes become one   (common sub-expressions)
      3 x  a node that nothing needs goes   (dead code)
    -- before
    log(1 + exp(x)) * 1
    -- after
    softplus(x)
    """
    if not hasattr(compiled, "passes"):
        raise UsageError(f"{type(compiled).__name__} is nothing compiled", hint="explain(compile(graph))")
    return Explanation(map(_explained, compiled.passes))


def table_of(rule: str) -> str:
    """The table that a rule stands in."""
    return next((name for name, text in KINDS.items() if rule in text.splitlines()), "unknown")


def _explained(passed: Passed) -> Explained:
    name, before, after, place, firings = passed
    same = {old: new for old, new in place.items() if before.nodes[old].op == after.nodes[new].op}
    old, new = frozenset(range(len(before))) - same.keys(), frozenset(range(len(after))) - {*same.values()}
    fired = tuple(Counter(firing.rule for firing in firings).items())
    shared, dead = len(place) - len({*place.values()}), len(before) - len(place)
    return Explained(name, before, after, fired, old, new, shared, dead)


def _operations(graph: Graph) -> int:
    return sum(bool(node.operands) for node in graph.nodes)
