"""Branches that are not taken: when a value is needed at all, and an order in which that is known."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from graphgrad.compiler.source.statements import Expr, digits
from graphgrad.core.graph import Graph

Term = frozenset[tuple[int, bool]]  # conditions, and whether each holds, all at once
Guard = frozenset[Term]  # a value is needed where any of these holds
ALWAYS: Guard = frozenset({frozenset()})
SHORT = frozenset({"where", "logical_and", "logical_or"})  # whose first operand says whether another is asked
MADE = frozenset({"logical_and", "logical_or", "logical_not"})  # of other conditions
MOST = 8  # terms of a guard; a value with more is computed always


def guards(graph: Graph) -> dict[int, Guard]:
    """Give, for every node, when the outputs need it: where no branch of a `where` that leads to it is left out.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("where(x > 0, log(x), x)")
    >>> {g.label(i): [sorted(term) for term in guard] for i, guard in guards(g).items() if guard != ALWAYS}
    {'v2': [[(2, True)]]}
    """
    needed: dict[int, Guard] = {i: frozenset() for i in range(len(graph))}
    needed |= dict.fromkeys(graph.outputs.values(), ALWAYS)
    meanings = _meanings(graph)
    for i in range(len(graph) - 1, -1, -1):
        node = graph.nodes[i]
        for slot, operand in enumerate(node.operands):
            terms = needed[i]
            if slot and node.op in SHORT:
                terms = _both(terms, meanings[node.operands[0], slot == 1 and node.op != "logical_or"])
            needed[operand] = _simpler(needed[operand] | terms)
    return {i: guard if guard and not _circular(graph, i, guard) else ALWAYS for i, guard in needed.items()}


def _meanings(graph: Graph) -> dict[tuple[int, bool], Guard]:
    """When a condition holds, or not, in conditions that are no and, or, or not of others."""
    found: dict[tuple[int, bool], Guard] = {}
    for i, node in enumerate(graph.nodes):
        for holds in (True, False) if node.dtype == "bool" else ():
            parts = [found[o, holds != (node.op == "logical_not")] for o in node.operands] if node.op in MADE else []
            if not parts:
                found[i, holds] = frozenset({frozenset({(i, holds)})})
            elif len(parts) == 1:
                found[i, holds] = parts[0]
            else:
                both = (node.op == "logical_and") == holds
                found[i, holds] = _both(*parts) if both else _simpler(parts[0] | parts[1])
    return found


def _both(one: Guard, other: Guard) -> Guard:
    """Where two guards hold."""
    terms = frozenset(a | b for a in one for b in other if not any((c, not holds) in a for c, holds in b))
    return _simpler(terms)


def order(graph: Graph, known: dict[int, Guard]) -> list[int]:
    """Give the nodes so that operands, and the conditions under which a node is needed, come before it."""
    done: dict[int, None] = {}
    for last in range(len(graph)):
        stack = [last]
        while stack:
            top = stack[-1]
            before = [*graph.nodes[top].operands, *conditions(known[top])]
            waiting = [i for i in before if i not in done]
            stack += waiting[::-1]
            if not waiting:
                done.setdefault(stack.pop())
    return list(done)


def conditions(guard: Guard) -> list[int]:
    """The conditions that a guard asks."""
    return sorted({condition for term in guard for condition, _ in term})


def guarded(value: Expr, guard: Guard, names: Sequence[Expr]) -> Expr:
    """A value where it is needed, and any number elsewhere."""
    if guard == ALWAYS:
        return value
    terms = [[names[c] if holds else Expr("logical_not", (names[c],)) for c, holds in sorted(term)]
             for term in sorted(guard, key=sorted)]  # fmt: skip
    asked = [reduce(lambda a, b: Expr("logical_and", (a, b)), parts) for parts in terms]
    return Expr("where", (reduce(lambda a, b: Expr("logical_or", (a, b)), asked), value, digits(0.0)))


def _simpler(terms: Guard) -> Guard:
    """The same guard in fewer terms."""
    known, before = set(terms), set[Term]()
    while known != before:
        before = set(known)
        for term in before:
            for condition, holds in term:
                rest = term - {(condition, holds)}
                if rest | {(condition, not holds)} in known:
                    known.add(rest)
        known = {term for term in known if not any(other < term for other in known)}
    return frozenset(known) if len(known) <= MOST else ALWAYS


def _circular(graph: Graph, node: int, guard: Guard) -> bool:
    """Whether a condition of a guard is made of the value that it guards."""
    stack, seen = conditions(guard), set[int]()
    while stack:
        top = stack.pop()
        if top == node:
            return True
        if top > node and top not in seen:
            seen.add(top)
            stack += graph.nodes[top].operands
    return False
