"""The table of passes, and in which stages and order they are run.

Stable forms come before algebra, which would turn `2 * (1 / (1 + exp(-x)))` into what no stable form knows; whatever
one pass makes possible for another is done in the next round.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphgrad.compiler.passes.by_rules import by_rules, folding
from graphgrad.compiler.passes.passed import GONE, Pass, Passed, anew, idle
from graphgrad.core.builder import Builder, trimmed
from graphgrad.core.graph import Graph, Node
from graphgrad.core.lookup import Table
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import inline
from graphgrad.transform.rewrite import EXACT, Firing, keep_notes, replay
from graphgrad.transform.rules import RULES, Rewrite


class _Stepwise(Builder):
    """A builder that writes rows out, by their texts in the operands' names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self.texts, self.fired = texts, list[Firing]()

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        """Give the node, or the nodes that its row is written out to."""
        text = self.texts.get(op)
        if text is None:
            return super().apply(op, *operands, **attrs)
        new = inline(self, text, OPS[op], list(operands), attrs)
        self.fired.append(Firing(operands[0], new, f"{op} -> the steps that NumPy takes"))
        return new


def write_out(name: str, *of: str, table: Table[Rewrite] = RULES) -> Pass:
    """Make the pass that writes rows out by its rules, and by those `of` others.

    Softmax, its logarithm and the loss share the maximum and the powers.
    """

    def mine() -> list[Rewrite]:
        return [rule for rule in table.values() if rule.of in {name, *of}]

    def run(graph: Graph) -> Passed:
        sides = [rule.text.split(" -> ") for rule in mine()]
        texts = {left.partition("(")[0]: right for left, right in sides}
        if not any(node.op in texts for node in graph.nodes):
            return idle(name, graph)
        builder = _Stepwise(texts)
        return anew(name, graph, builder, replay(graph, builder), builder.fired)

    return Pass(name, run, mine)


DEAD = "dead code"
RULE = "a node that nothing needs -> gone"


def _drop(graph: Graph) -> Passed:
    """Give the graph of what the outputs need."""
    after, place = trimmed(graph)
    if after is graph:
        return idle(DEAD, graph)
    renaming = [place.get(i, GONE) for i in range(len(graph))]
    gone = tuple(Firing(i, GONE, RULE) for i, new in enumerate(renaming) if new == GONE)
    return Passed(DEAD, graph, after, renaming, gone)


dead_code = Pass(DEAD, _drop)


NAME = "common sub-expressions"
EQUAL = "equal nodes -> one"
COMMUTING = {"add": "y + x -> x + y", "mul": "y * x -> x * y"}  # to the last bit


def _share(graph: Graph) -> Passed:
    """Compute once what is asked for more than once."""
    builder, new, fired = Builder(), list[int](), list[Firing]()
    nodes, seen = builder.nodes, dict[object, int]()
    for op, operands, attrs, shape, dtype in graph.nodes:
        moved = tuple([new[o] for o in operands])
        turned = moved[::-1] if op in COMMUTING and moved[1] < moved[0] else moved
        found = seen.setdefault((op, turned, attrs), len(nodes)) if operands else len(nodes)
        if found < len(nodes):
            fired.append(Firing(found, found, EQUAL if nodes[found].operands == moved else COMMUTING[op]))
        else:
            nodes.append(Node(op, moved, attrs, shape, dtype))
        new.append(found)
    builder.inputs.update({name: new[i] for name, i in graph.inputs.items()})
    if fired:
        keep_notes(graph, builder, new)
    return anew(NAME, graph, builder, new, fired)


sharing = Pass(NAME, _share)


ALWAYS = "as-written simpler stabler programs tidier stepwise loopwise"
PASSES = Table(
    "pass",
    (
        write_out("write out").at("stepwise"),
        write_out("write out for loops", "write out").at("loopwise"),
        folding("constant folding", EXACT).at(ALWAYS),
        by_rules("stable forms").at("simpler stabler programs"),
        by_rules("removable singularities").at("programs"),  # of which no gradient is taken
        by_rules("saturated forms").at("stabler programs"),  # of programs, not of steps
        by_rules("algebra").at(ALWAYS),
        by_rules("matrices").at(ALWAYS),
        by_rules("strength reduction").at("as-written simpler stabler programs"),
        sharing.at(ALWAYS),
        dead_code.at(ALWAYS),
    ),
)


def stage(name: str) -> tuple[Pass, ...]:
    """Give the passes of a stage, in the order of the table."""
    return tuple(row for row in PASSES.values() if name in row.stages)


AS_WRITTEN, SIMPLER, STABLER, PROGRAMS = map(stage, ("as-written", "simpler", "stabler", "programs"))
TIDIER, STEPWISE, LOOPWISE = stage("tidier"), stage("stepwise"), stage("loopwise")
