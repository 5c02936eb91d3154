"""Stable forms: what is computed in the place of a formula that overflows or cancels on the way to a good value.

They are found on the primal, before it is differentiated, so that gradients are those of stable forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from graphgrad.core.graph import Graph
from graphgrad.transform.matching import Match, matched, rules
from graphgrad.transform.rewrite import EXACT, Firing, Rewriter
from graphgrad.transform.rules import FORMS, text_of

GONE = -1
FILLED = "where(x == c, f(c), f(x)) -> f(x)"
AT_WHOLE_NUMBERS = {  # smooth functions, where their values are whole numbers too
    **EXACT,
    **dict.fromkeys(
        ("sin", "tan", "sinh", "tanh", "asinh", "atan", "expm1", "log1p", "erf"), lambda a: None if a else 0
    ),
    **dict.fromkeys(("exp", "cos", "cosh"), lambda a: None if a else 1),
    "log": lambda a: 0 if a == 1 else None,
}


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
    ['log1p(exp(x)) -> softplus(x)', 'log(1 + x) -> log1p(x)']
    """
    if stabilised not in graph.cache:
        graph.cache[stabilised] = _stabilised(graph)
    result: Stable = graph.cache[stabilised]
    return result


def _stabilised(graph: Graph) -> Stable:
    text = text_of(*FORMS)
    table = rules(text)
    nodes = graph.nodes
    found = (matched(nodes, rule, i) for i, n in enumerate(nodes) for rule in table.get(n.op, ()))
    if not any(n.op == "where" for n in nodes) and not any(found):
        return Stable(graph, range(len(graph)), frozenset(), ())
    builder, place = _Stabiliser(graph, table=text, exact={}), list[int]()
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

    def rewritten(self, node: int) -> int:
        """Give the branch of a `where` that is the whole: it has the value of the point that is set apart."""
        if self.nodes[node].op == "where" and (whole := self._filled(node)) is not None:
            self.fire(Firing(node, whole, FILLED), Match({"x": whole}, {}))
            return whole
        return super().rewritten(node)

    def _filled(self, node: int) -> int | None:
        condition, *branches = self.nodes[node].operands
        op, sides, *_ = self.nodes[condition]
        if op not in {"equal", "not_equal"}:
            return None
        apart, whole = branches if op == "equal" else branches[::-1]
        point = next((o for o in sides if self.nodes[o].op == "const"), None)
        where = next((o for o in sides if self.nodes[o].op != "const"), None)
        if point is None or where is None or self.nodes[apart].op != "const" or self.nodes[whole].shape:
            return None
        value = self._at(whole, where, self.nodes[point].value)
        return whole if value is not None and value == self.nodes[apart].value else None

    def _at(self, node: int, where: int, value: Any) -> int | None:
        """The value of a node where another one is a whole number, if it is one."""
        inside, stack = set[int](), [node]
        while stack:
            i = stack.pop()
            if i != where and i not in inside:
                inside.add(i)
                stack += self.nodes[i].operands
        there = Rewriter(None, "", AT_WHOLE_NUMBERS)
        new = {where: there.const(int(value) if float(value).is_integer() else value)}
        for i in sorted(inside):
            made = self.nodes[i]
            if made.op == "const":
                new[i] = there.const(made.value)
            elif made.op == "input" or any(there.nodes[new[o]].op != "const" for o in made.operands):
                return None
            else:
                new[i] = there.apply(made.op, *[new[o] for o in made.operands], **dict(made.attrs))
        found = there.nodes[new[node]]
        return found.value if found.op == "const" and type(found.value) is int else None

    def fire(self, firing: Firing, match: Match) -> None:
        """Collect what lies between a node and the operands of its stable form."""
        super().fire(firing, match)
        leaves, stack = {*match.env.values()}, [*self.nodes[firing.before].operands]
        while stack:
            i = stack.pop()
            if i not in leaves and self.nodes[i].operands and i not in self.passed:
                self.passed.add(i)
                stack += self.nodes[i].operands
