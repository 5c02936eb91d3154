"""The derivative of exact scalars, by rules of their own: nothing here knows the table of operations.

One rule for each elementary function, as in any calculus book; the tests hold every one against sympy. It is the true
derivative between kinks, and wherever a piece counts that is smooth there: a branch that is not taken says nothing.
At a kink it is the derivative of one of the pieces, and truth is found along rays.
"""

# ruff: noqa: ARG005  (every rule takes the value and all arguments, and uses what it needs)
from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.scalars.elementary import function, rebuild, sqrt
from graphgrad.proof.scalars.symbols import (
    FALSE,
    NUMBERS,
    ONE,
    PI,
    TRUE,
    ZERO,
    Sym,
    both,
    either,
    equal,
    less,
    lift,
    negation,
    where,
)  # fmt: skip

log, exp, cos, sin = map(function, ("log", "exp", "cos", "sin"))

# The partial derivatives of each function, from its arguments and its own value v.
PARTIALS: dict[str, Callable[..., tuple[Sym, ...]]] = {
    "add": lambda v, a, b: (ONE, ONE),
    "mul": lambda v, a, b: (b, a),
    "pow": lambda v, a, b: (b * a ** (b - 1), ZERO if b.op in NUMBERS else v * log(a)),
    "exp": lambda v, a: (v,),
    "log": lambda v, a: (1 / a,),
    "sin": lambda v, a: (cos(a),),
    "cos": lambda v, a: (-sin(a),),
    "tan": lambda v, a: (1 + v**2,),
    "asin": lambda v, a: (1 / sqrt(1 - a**2),),
    "acos": lambda v, a: (-1 / sqrt(1 - a**2),),
    "atan": lambda v, a: (1 / (1 + a**2),),
    "atan2": lambda v, a, b: (b / (a**2 + b**2), -a / (a**2 + b**2)),
    "sinh": lambda v, a: (function("cosh")(a),),
    "cosh": lambda v, a: (function("sinh")(a),),
    "tanh": lambda v, a: (1 - v**2,),
    "asinh": lambda v, a: (1 / sqrt(1 + a**2),),
    "acosh": lambda v, a: (1 / sqrt(a**2 - 1),),
    "atanh": lambda v, a: (1 / (1 - a**2),),
    "sigmoid": lambda v, a: (v * (1 - v),),
    "erf": lambda v, a: (2 * exp(-(a**2)) / sqrt(PI),),
    "abs": lambda v, a: (function("sign")(a),),
    "sign": lambda v, a: (ZERO,),
    "floor": lambda v, a: (ZERO,),
}

# Which argument is the value, and when: what is not taken is not differentiated, and may have no derivative.
TAKEN: dict[str, Callable[..., tuple[Sym | None, ...]]] = {
    "max": lambda a, b: (less(b, a), negation(less(b, a))),
    "min": lambda a, b: (less(a, b), negation(less(a, b))),
    "where": lambda c, a, b: (None, c, negation(c)),
}


def order(roots: Iterable[Sym], known: Container[int] = ()) -> list[Sym]:
    """All nodes below some roots, each after its arguments; without known ones and what is below those."""
    done: dict[int, Sym] = {}
    stack = [root for root in roots if id(root) not in known][::-1]
    while stack:
        top = stack[-1]
        waiting = [a for a in top.args if id(a) not in done and id(a) not in known]
        if id(top) in done or not waiting:
            done.setdefault(id(top), stack.pop())
        else:
            stack += waiting
    return list(done.values())


class Rules(NamedTuple):
    """Partial derivatives, and which argument is the value."""

    partials: Mapping[str, Callable[..., tuple[Sym, ...]]]
    taken: Mapping[str, Callable[..., tuple[Sym | None, ...]]]


RULES = Rules(PARTIALS, TAKEN)


def convention(share: Sym, slope: Sym) -> Rules:
    """Rules that say something at kinks: the share of the first of two tied arguments, and the slope of abs at 0."""

    def shared(low: Sym, high: Sym, part: Sym) -> Sym:
        return where(less(low, high), ONE, where(equal(low, high), part, ZERO))

    partials: dict[str, Callable[..., tuple[Sym, ...]]] = {
        "abs": lambda v, a: (where(equal(a, ZERO), slope, function("sign")(a)),),
        "max": lambda v, a, b: (shared(b, a, share), shared(a, b, 1 - share)),
        "min": lambda v, a, b: (shared(a, b, share), shared(b, a, 1 - share)),
    }
    return Rules({**PARTIALS, **partials}, {"where": TAKEN["where"]})


def gradient(root: Sym, wrt: Sequence[Sym], rules: Rules = RULES) -> list[Sym]:
    """The derivatives of a scalar: one sweep from the root, adding up what every use passes back.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> gradient(var("x") * var("y"), [var("x")])
    [y]
    """
    nodes = order([root])
    active = {id(x) for x in wrt}
    for node in nodes:
        if any(id(a) in active for a in node.args):
            active.add(id(node))
    total: dict[int, Sym] = {id(root): ONE}
    reach = _Reach(root)
    for node in reversed(nodes):
        tick()
        if id(node) not in total or not node.args or id(node) not in active:
            continue
        for argument, part in _parts(node, total[id(node)], reach, rules):
            if id(argument) in active and part is not ZERO:
                total[id(argument)] = total[id(argument)] + part if id(argument) in total else part
    return [total.get(id(x), ZERO) for x in wrt]


def _parts(node: Sym, total: Sym, reach: _Reach, rules: Rules) -> Iterator[tuple[Sym, Sym]]:
    """What a node passes back to its arguments: nothing where its own value does not count."""
    if node.op in rules.taken:
        for argument, taken in zip(node.args, rules.taken[node.op](*node.args), strict=True):
            if taken is not None:
                reach.of(argument, node, taken)
                yield argument, where(taken, total, ZERO)
        return
    for argument, partial in zip(node.args, rules.partials[node.op](node, *node.args), strict=True):
        if partial is not ZERO:
            reach.of(argument, node)
            part = total * partial
            yield argument, part if part.total else where(reach.when(node), part, ZERO)


class _Reach:
    """Under which condition the value of a node counts for the root, worked out only where it is asked for."""

    def __init__(self, root: Sym) -> None:
        self.uses: dict[int, list[tuple[Sym, Sym]]] = {}
        self.known: dict[int, Sym] = {id(root): TRUE}

    def of(self, argument: Sym, user: Sym, taken: Sym = TRUE) -> None:
        """Note a use."""
        self.uses.setdefault(id(argument), []).append((user, taken))

    def when(self, node: Sym) -> Sym:
        """The condition, from those of the users, which are known before."""
        waiting = [node]
        while waiting:
            top = waiting[-1]
            missing = [user for user, _ in self.uses.get(id(top), []) if id(user) not in self.known]
            if id(top) in self.known or not missing:
                self.known.setdefault(id(waiting.pop()), self._joined(self.uses.get(id(top), [])))
            else:
                waiting += missing
        return self.known[id(node)]

    def _joined(self, uses: list[tuple[Sym, Sym]]) -> Sym:
        always = {id(user) for user, taken in uses if taken is TRUE}
        sides = {(id(user), id(taken)) for user, taken in uses}
        found = FALSE
        for user, taken in uses:
            both_sides = id(user) in always or (id(user), id(negation(taken))) in sides
            found = either(found, both(self.known[id(user)], TRUE if both_sides else taken))
        return found


def substitute(root: Sym, values: Mapping[str, Sym]) -> Sym:
    """Put scalars in the place of variables, building anew what is above them."""
    variables = (node for node in order([root]) if node.op == "var" and node.value in values)
    return exchanged(root, {id(node): lift(values[node.value]) for node in variables})


def exchanged(root: Sym, others: Mapping[int, Sym]) -> Sym:
    """Put scalars in the place of nodes, by identity, building anew what is above them."""
    new: dict[int, Sym] = {}
    for node in order([root]):
        if id(node) in others:
            new[id(node)] = others[id(node)]
        else:
            new[id(node)] = rebuild(node, [new[id(a)] for a in node.args]) if node.args else node
    return new[id(root)]
