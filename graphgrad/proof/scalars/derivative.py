"""The derivative of exact scalars, by rules of their own: nothing here knows the table of operations.

One rule for each elementary function, as in any calculus book; the tests hold every one against sympy. At a kink the
derivative of a piece is taken where the condition says: abs'(0) = 0, and ties of max and min share equally.
"""

# ruff: noqa: ARG005  (every rule takes the value and all arguments, and uses what it needs)
from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from graphgrad.proof.limits.deadline import tick
from graphgrad.proof.scalars.elementary import function, rebuild, sqrt
from graphgrad.proof.scalars.symbols import HALF, ONE, PI, ZERO, Sym, equal, less, lift, where

log, exp, cos, sin = map(function, ("log", "exp", "cos", "sin"))

# The partial derivatives of each function, from its arguments and its own value v.
PARTIALS: dict[str, Callable[..., tuple[Sym, ...]]] = {
    "add": lambda v, a, b: (ONE, ONE),
    "mul": lambda v, a, b: (b, a),
    "pow": lambda v, a, b: (b * a ** (b - 1), ZERO if b.op == "const" else v * log(a)),
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
    "max": lambda v, a, b: (_share(b, a), _share(a, b)),
    "min": lambda v, a, b: (_share(a, b), _share(b, a)),
    "where": lambda v, c, a, b: (ZERO, where(c, ONE, ZERO), where(c, ZERO, ONE)),
}


def _share(low: Sym, high: Sym) -> Sym:
    return where(less(low, high), ONE, where(equal(low, high), HALF, ZERO))


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


def gradient(root: Sym, wrt: Sequence[Sym]) -> list[Sym]:
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
    for node in reversed(nodes):
        tick()
        if id(node) not in total or not node.args or id(node) not in active:
            continue
        partials = PARTIALS[node.op](node, *node.args)
        for partial, argument in zip(partials, node.args, strict=True):
            if id(argument) in active and partial is not ZERO:
                part = total[id(node)] * partial
                total[id(argument)] = total[id(argument)] + part if id(argument) in total else part
    return [total.get(id(x), ZERO) for x in wrt]


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
