"""Stable forms: what is computed in the place of a formula that overflows or cancels on the way to a good value.

They are found on the primal, before it is differentiated, so that gradients are those of stable forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from graphgrad.core.graph import Graph
from graphgrad.transform.matching import Match, matched, rules
from graphgrad.transform.rewrite import Firing, Rewriter

STABLE = """
log(1 + x) -> log1p(x)
log(x + 1) -> log1p(x)
log(1 - x) -> log1p(-x)
log1p(exp(x)) -> softplus(x)
log1p(-exp(x)) -> log1mexp(x)
log(-expm1(x)) -> log1mexp(x)
log(exp(x) + exp(y)) -> logaddexp(x, y)
exp(x) - 1 -> expm1(x)
1 - exp(x) -> -expm1(x)
expm1(x) / x -> exprel(x)
-expm1(x) / x -> -exprel(x)
-expm1(-x) / x -> exprel(-x)
where(x == 0, 1, exprel(x)) -> exprel(x)
where(x != 0, exprel(x), 1) -> exprel(x)
1 / (1 + exp(-x)) -> sigmoid(x)
1 / (exp(-x) + 1) -> sigmoid(x)
1 / (1 + exp(x)) -> sigmoid(-x)
1 / (exp(x) + 1) -> sigmoid(-x)
exp(x) / (1 + exp(x)) -> sigmoid(x)
exp(x) / (exp(x) + 1) -> sigmoid(x)
log(exp(x)) -> x
exp(x) / (exp(x) + exp(y)) -> sigmoid(x - y)
exp(x) / (exp(y) + exp(x)) -> sigmoid(x - y)
(exp(x) - exp(-x)) / (exp(x) + exp(-x)) -> tanh(x)
-expm1(-x) / (1 + exp(-x)) -> tanh(x / 2)
expm1(x) / (exp(x) + 1) -> tanh(x / 2)
log(sigmoid(x)) -> -softplus(-x)
log(sum(exp(x), axis=axis, keepdims=keepdims)) -> logsumexp(x, axis=axis, keepdims=keepdims)
log(softmax(x, axis=axis)) -> log_softmax(x, axis=axis)
exp(x) / sum(exp(x), axis=axis, keepdims=True) -> softmax(x, axis=axis)
exp(vector) / sum(exp(vector)) -> softmax(vector)
x - logsumexp(x, axis=axis, keepdims=True) -> log_softmax(x, axis=axis)
vector - logsumexp(vector) -> log_softmax(vector)
exp(log_softmax(x, axis=axis)) -> softmax(x, axis=axis)
""".strip()

SATURATED = """
1 - tanh(x) ** 2 -> sech2(x)
1 - square(tanh(x)) -> sech2(x)
sigmoid(x) * sigmoid(-x) -> sech2(x / 2) / 4
1 - sigmoid(x) -> sigmoid(-x)
""".strip()  # what cancels where a function has reached its limit; another exponential is what it costs

PARTIALS = "1 - x ** 2 -> (1 - x) * (1 + x)"  # of what derivatives are made of; programs keep their polynomials

GONE = -1
FORMS = f"{STABLE}\n{SATURATED}"
SLOPES = f"{FORMS}\n{PARTIALS}"


class Stable(NamedTuple):
    """A program computed by stable forms.

    `place` says for each node of the program as written which node computes it, GONE where none needs to. A node of
    `passed` lies between a stable form and its operands: what reaches its adjoint is less than what the program says.
    """

    graph: Graph
    place: Sequence[int]
    passed: frozenset[int]
    fired: tuple[Firing, ...]


def stabilised(graph: Graph) -> Stable:
    """Give a program with its stable forms; outputs are computed by them.

    >>> from graphgrad.frontend.parse import parse
    >>> stable = stabilised(parse("log(1 + exp(x)) * y"))
    >>> print(stable.graph)
    softplus(x) * y
    >>> [firing.rule for firing in stable.fired]
    ['log(1 + x) -> log1p(x)', 'log1p(exp(x)) -> softplus(x)']
    """
    if stabilised not in graph.cache:
        graph.cache[stabilised] = _stabilised(graph)
    result: Stable = graph.cache[stabilised]
    return result


def _stabilised(graph: Graph) -> Stable:
    table = rules(FORMS)
    if not any(matched(graph.nodes, rule, i) for i, n in enumerate(graph.nodes) for rule in table.get(n.op, ())):
        return Stable(graph, range(len(graph)), frozenset(), ())
    builder, place = _Stabiliser(graph, table=FORMS, exact={}), list[int]()
    for i, node in enumerate(graph.nodes):
        if not node.operands:
            place.append(i)
            continue
        place.append(builder.apply(node.op, *[place[o] for o in node.operands], **dict(node.attrs)))
        if place[i] != i:  # names and places belong to what is computed
            for name in builder.names.pop(i, ()):
                builder.name(place[i], name)
            for span in builder.spans.pop(i, ()):
                builder.place(place[i], span)
    outputs = {name: place[i] for name, i in graph.outputs.items()}
    after, kept = builder.finish(outputs, graph.source)
    passed = frozenset(kept[i] for i in builder.passed if i in kept)
    return Stable(after, [kept.get(i, GONE) for i in place], passed, tuple(builder.fired))


class _Stabiliser(Rewriter):
    """A rewriter that notes which nodes a rule passes by."""

    def __init__(self, graph: Graph, **tables: Any) -> None:
        super().__init__(graph, **tables)
        self.passed: set[int] = set()

    def fire(self, firing: Firing, match: Match) -> None:
        """Collect what lies between a node and the operands of its stable form."""
        super().fire(firing, match)
        leaves, stack = {*match.env.values()}, [*self.nodes[firing.before].operands]
        while stack:
            i = stack.pop()
            if i not in leaves and self.nodes[i].operands and i not in self.passed:
                self.passed.add(i)
                stack += self.nodes[i].operands
