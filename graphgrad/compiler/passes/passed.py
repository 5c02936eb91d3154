"""What a pass gives, and passes in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from graphgrad.core.builder import Builder
from graphgrad.core.display import told
from graphgrad.core.graph import Graph
from graphgrad.transform.rewrite import Firing
from graphgrad.transform.rules import Rewrite

GONE = -1
ROUNDS = 10  # of a stage at most; two do for almost all programs


@told(lambda passed: f"{passed.name}: {len(passed.before)} nodes -> {len(passed.graph)}")
class Passed(NamedTuple):
    """The graphs before and after a pass, the new place of every node that is left, and what was done."""

    name: str
    before: Graph
    graph: Graph
    renaming: Sequence[int]  # the place of every node before among those after; GONE where nothing needs it any more
    fired: tuple[Firing, ...] = ()  # uses of rules: the nodes after, if any, that matched, and that took their place

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return self.graph is self.before


class Pass(NamedTuple):
    """A row of the table; what it does by rules is said by rules."""

    name: str
    run: Callable[[Graph], Passed]
    rules: Callable[[], Sequence[Rewrite]] = tuple
    aliases: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()  # in which it is run

    def at(self, stages: str) -> Pass:
        """Give the pass as one of these stages."""
        return self._replace(stages=tuple(stages.split()))


def idle(name: str, graph: Graph) -> Passed:
    """A pass that had nothing to do."""
    return Passed(name, graph, graph, range(len(graph)))


def anew(name: str, graph: Graph, builder: Builder, new: Sequence[int], fired: Sequence[Firing]) -> Passed:
    """A pass that built every node anew, `new` saying where; what nothing needs now is left for another pass."""
    if not fired:
        return idle(name, graph)
    outputs = {output: new[i] for output, i in graph.outputs.items()}
    after = Graph(tuple(builder.nodes), builder.inputs, outputs, builder.names, builder.spans, graph.source)
    return Passed(name, graph, after, new, tuple(fired))


def pipeline(graph: Graph, *stages: Iterable[Pass]) -> tuple[Passed, ...]:
    """Run stages of passes, each over and over until none of its passes has anything left to do.

    The passes of a stage are told of once, and again where they did something in a later round.

    >>> from graphgrad.compiler.passes.table import SIMPLER
    >>> from graphgrad.frontend.parse import parse
    >>> done = pipeline(parse("log(1 + exp(x)) * 1"), SIMPLER)
    >>> print(done[-1].graph, [passed.name for passed in done if not passed.idle])
    softplus(x) ['stable forms', 'algebra', 'dead code']
    """
    done: list[Passed] = []
    for passes in stages:
        for count in range(ROUNDS):
            turn: list[Passed] = []
            for change in passes:
                turn.append(change.run(graph))
                graph = turn[-1].graph
            done += [passed for passed in turn if count == 0 or not passed.idle]
            if all(passed.idle for passed in turn):
                break
    return tuple(done)


def composed(passed: Iterable[Passed], nodes: int) -> dict[int, int]:
    """Give the place, after all passes, of each of the nodes before them that is left."""
    place: Sequence[int] = range(nodes)
    for one in passed:
        if not one.idle:
            place = [one.renaming[i] if i >= 0 else GONE for i in place]
    return {old: i for old, i in enumerate(place) if i >= 0}
