"""Where an expression may have no value: what must not be zero, must be positive, or must not be negative."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graphgrad.proof.scalars.derivative import order
from graphgrad.proof.scalars.symbols import Sym, number

NONZERO, POSITIVE, OTHER = "nonzero", "positive", "other"
_ENDS = frozenset({"asin", "acos", "acosh", "atanh", "atan2", "tan"})
Demand = tuple[str, Sym]


def demands(roots: Iterable[Sym]) -> dict[tuple[str, int], Sym]:
    """What some scalars demand of which subexpression, in order, and what follows from it.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> [(kind, a) for (kind, _), a in demands([1 / (var("x") * var("y"))]).items()]
    [('nonzero', mul(x, y)), ('nonzero', x), ('nonzero', y)]
    """
    found: dict[tuple[str, int], Sym] = {}
    for node in order(roots):
        for kind, a in _of(node):
            waiting = [(kind, a), *([(NONZERO, a)] if kind == POSITIVE else [])]
            while waiting:
                demand, part = waiting.pop()
                if (demand, id(part)) not in found:
                    found[demand, id(part)] = part
                    waiting += _inside(demand, part)
    return found


def _of(node: Sym) -> Iterator[Demand]:
    if node.op == "log":
        yield POSITIVE, node.args[0]
    elif node.op in _ENDS:
        yield OTHER, node
    elif node.op == "pow":
        exponent = number(node.args[1])
        if exponent is None:
            yield OTHER, node
        elif exponent.denominator != 1:
            yield (POSITIVE if exponent < 0 else OTHER), node.args[0]
            if exponent < 0:
                yield OTHER, node.args[0]
        elif exponent < 0:
            yield NONZERO, node.args[0]


def _inside(kind: str, a: Sym) -> list[Demand]:
    """A product is not zero where its factors are not."""
    if kind != NONZERO:
        return []
    if a.op == "mul":
        return [(NONZERO, part) for part in reversed(a.args)]
    if a.op == "pow" and number(a.args[1]) is not None:
        return [(NONZERO, a.args[0])]
    return []


def no_more(claimed: Iterable[Sym], true: Iterable[Sym]) -> bool:
    """Whether what is claimed demands nothing that the truth does not."""
    return demands(claimed).keys() <= demands(true).keys()
