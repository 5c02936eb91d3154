"""The lesson: the gradient of a program as it is written, and how each of its nodes is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from graphgrad.core.display import told
from graphgrad.core.graph import Graph
from graphgrad.frontend.latex import latex
from graphgrad.frontend.printers import text
from graphgrad.transform.grad import reverse
from graphgrad.transform.pullback import Adjoints
from graphgrad.transform.rewrite import Rewriter
from graphgrad.transform.rules import FORMS, SLOPES, text_of
from graphgrad.transform.stable import GONE, stabilised

NOTHING = -1  # the seed of a run without a backward pass


@told(lambda lesson: f"gradient of {len(lesson.gradient)} nodes, computed by {len(lesson.computed)}")
class Lesson(NamedTuple):
    """The gradient graph as written and its provenance; the graph that computes it; and where, for every node.

    Values agree wherever the written formula has them: `computed` has stable forms where that overflows or cancels.
    """

    gradient: Graph
    adjoints: Adjoints
    computed: Graph
    place: Sequence[int]

    def forms(self, program: Graph) -> Mapping[int, tuple[str, str]]:
        """Give the nodes of the program that are computed by a stable form, and that form, as text and as LaTeX.

        >>> from graphgrad.frontend.parse import parse
        >>> program = parse("y = log(1 + x); z = y * x")
        >>> {program.label(i): form for i, (form, _) in lesson(program, ("x",)).forms(program).items()}
        {'y': 'log1p(x)'}
        """
        place, nodes = self.place, self.computed.nodes
        written = {i: (n.op, tuple(place[o] for o in n.operands)) for i, n in enumerate(program.nodes) if n.operands}
        named = self.computed.names.keys()
        return {
            i: (text(self.computed, at, stops := named - {at}), latex(self.computed, at, stops))
            for i, application in written.items()
            if nodes[at := place[i]][:2] != application
        }


def lesson(graph: Graph, wrt: tuple[str, ...], of: str | None = None, *, as_written: bool = False) -> Lesson:
    """Give the gradient of a program as written, and the graph that computes it by stable forms, unless as written."""
    gradient, adjoints = reverse(graph, wrt, of=of, as_written=True)
    better, stable = reverse(graph, wrt, of=of)[0], stabilised(graph)
    if as_written or (better == gradient and not stable.fired):
        return Lesson(gradient, adjoints, gradient, range(len(gradient)))
    key = (lesson, wrt, of)
    if key not in graph.cache:
        graph.cache[key] = _computed(graph, gradient, adjoints, better)
    computed, place = graph.cache[key]
    return Lesson(gradient, adjoints, computed, place)


def value_alone(graph: Graph, of: str, *, as_written: bool = False) -> Lesson:
    """Give the lesson of an output without a backward pass: a condition, an index, or an array of many slopes."""
    alone = replace(graph, outputs={of: graph.outputs[of]}, cache={})
    adjoints = Adjoints(graph.outputs[of], NOTHING, (), {})
    stable = stabilised(alone)
    if as_written or not stable.fired:
        return Lesson(graph, adjoints, alone, range(len(graph)))
    builder = Rewriter(stable.graph, text_of(*FORMS), exact={})
    place = _placed(builder, graph, {})
    return Lesson(graph, adjoints, replace(stable.graph, nodes=tuple(builder.nodes), cache={}), place)


def _computed(graph: Graph, gradient: Graph, adjoints: Adjoints, better: Graph) -> tuple[Graph, list[int]]:
    """Build the gradient as written on top of the better one: what is the same there is computed there."""
    stable, total = stabilised(graph), better.cache[Adjoints].total
    known = {
        adjoints.total[i]: total[at]
        for i, at in enumerate(stable.place)
        if at != GONE and at not in stable.passed and i in adjoints.total and at in total
    }
    known |= {node: better.outputs[name] for name, node in gradient.outputs.items() if name in better.outputs}
    program = Rewriter(better, text_of(*FORMS), exact={})
    known |= enumerate(_placed(program, graph, {}))
    more = replace(better, nodes=tuple(program.nodes), inputs=program.inputs, cache={})
    builder = Rewriter(more, text_of(*SLOPES), exact={})
    place = _placed(builder, gradient, known)
    nodes, outputs = tuple(builder.nodes), better.outputs
    return Graph(nodes, builder.inputs, outputs, builder.names, builder.spans, graph.source), place


def _placed(builder: Rewriter, graph: Graph, known: Mapping[int, int]) -> list[int]:
    """Build a graph's nodes in a builder, but for those that are known; gives the place of each."""
    place: list[int] = []
    for i, (op, operands, attrs, shape, dtype) in enumerate(graph.nodes):
        if i in known:
            place.append(known[i])
        elif op == "input":
            place.append(builder.input(attrs[0][1], shape, dtype))
        elif op == "const":
            place.append(builder.const(attrs[0][1]))
        else:
            place.append(builder.apply(op, *[place[o] for o in operands], **dict(attrs)))
    return place
