"""Initial values, a row each: a spread as text in the language, and what it is the spread of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.errors import ShapeError
from graphgrad.core.graph import Graph
from graphgrad.core.lookup import Table
from graphgrad.core.shapes import Shape, show
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse


class Fans(NamedTuple):
    """Numbers that enter (`into`) and leave (`out`) the product; `offset` where the parameter is added to it."""

    into: int
    out: int
    offset: bool


_RESHAPED = frozenset({"transpose", "swap", "reshape", "ravel", "expand_dims", "squeeze", "broadcast_to"})


def fans(graph: Graph, name: str) -> Fans:
    """Give the fans of a parameter, by its first use as a factor; one that is only ever added is an offset (a bias).

    One that is used slice by slice, as the kernel of a convolution, has the fans of a slice times their number.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("tanh(X @ W.T + b)", X=("N", 2), W=(4, 2), b=4)
    >>> fans(g, "W"), fans(g, "b")
    (Fans(into=2, out=4, offset=False), Fans(into=2, out=4, offset=True))
    >>> fans(parse("A @ X.T + b", X=("N", 2), A=(4, 2), b=(4, 1)), "b")
    Fans(into=2, out=4, offset=True)
    >>> fans(parse("X[:, :-1] * k[0] + X[:, 1:] * k[1]", X=("N", 5), k=2), "k")
    Fans(into=2, out=2, offset=False)
    """
    whole = graph.input(name)
    slices = [node for node in _forms(graph, whole) if graph.nodes[node].op == "index"]
    found = [factor for node in slices if (factor := _factor(graph, node)) is not None]
    if (factor := _factor(graph, whole)) is not None:
        found = [factor]
    if found:
        return Fans(found[0].into * len(found), found[0].out * len(found), offset=False)
    sums = [o for u in graph.users[whole] if graph.nodes[u].op == "add" for o in graph.nodes[u].operands if o != whole]
    for other in sums:
        factors = graph.nodes[other].operands if graph.nodes[other].op == "matmul" else ()
        known = [f for f in factors[::-1] if all(isinstance(size, int) for size in graph.nodes[f].shape)]
        if known and (inner := _product(graph, known[0], other)) is not None:
            return inner._replace(offset=True)
    return Fans(1, 1, offset=True)


def _forms(graph: Graph, node: int) -> list[int]:
    """A parameter, and what is made of it by reshaping and slicing alone."""
    found = [node]
    for form in found:
        found += [u for u in graph.users[form] if graph.nodes[u].op in {*_RESHAPED, "index"} and u not in found]
    return found


def _factor(graph: Graph, node: int) -> Fans | None:
    """The fans of a node as a factor of a product, of matrices or of entries; None where it is no factor."""
    if (product := _product(graph, node)) is not None:
        return product
    for user in graph.users[node]:
        if graph.nodes[user].op in {"mul", "div", "pow"}:
            return Fans(1, 1, offset=False)
        if graph.nodes[user].op == "take" and graph.nodes[user].operands[0] == node:  # a table of vectors
            return Fans(1, _size(graph.nodes[node].shape[-1], graph.nodes[node].shape), offset=False)
        if graph.nodes[user].op in _RESHAPED and (found := _factor(graph, user)) is not None:
            return found
    return None


def _product(graph: Graph, node: int, within: int | None = None) -> Fans | None:
    """The fans of a node, itself or reshaped, as a factor of a matrix product."""
    for user in graph.users[node]:
        used = graph.nodes[user]
        if used.op in _RESHAPED and (found := _product(graph, user)) is not None:
            return found
        if used.op == "matmul" and within in {None, user}:
            shape = graph.nodes[node].shape
            last = used.operands[1] == node
            inner = shape[-2] if last and len(shape) > 1 else shape[-1]
            outer = shape[-1] if last else shape[-2] if len(shape) > 1 else 1
            return Fans(_size(inner, shape), _size(outer if len(shape) > 1 else 1, shape), offset=False)
    return None


def _size(dimension: int | str, shape: Shape) -> int:
    if isinstance(dimension, str):
        raise ShapeError(f"a parameter of shape {show(shape)} has no known size '{dimension}'", hint="give it a number")
    return dimension


@told(lambda row: f"{row.name}: {row.law}, {row.scale}")
class Initial(NamedTuple):
    """How weights begin: uniform within ±scale, or normal of that standard deviation; and how offsets do."""

    name: str
    law: str  # uniform, normal
    scale: str  # of fan_in and fan_out
    offset: str = "0"  # biases: uniform within ± this
    aliases: tuple[str, ...] = ()


# Glorot & Bengio (2010), He et al. (2015), LeCun et al. (1998); PyTorch's nn.Linear: kaiming_uniform_ with a = sqrt(5)
INITIALS = Table(
    "initial value",
    (
        Initial("glorot", "uniform", "sqrt(6 / (fan_in + fan_out))", aliases=("xavier", "xavier_uniform")),
        Initial("glorot_normal", "normal", "sqrt(2 / (fan_in + fan_out))", aliases=("xavier_normal",)),
        Initial("he", "normal", "sqrt(2 / fan_in)", aliases=("kaiming", "kaiming_normal")),
        Initial("he_uniform", "uniform", "sqrt(6 / fan_in)", aliases=("kaiming_uniform",)),
        Initial("lecun", "normal", "sqrt(1 / fan_in)"),
        Initial("lecun_uniform", "uniform", "sqrt(3 / fan_in)"),
        Initial("pytorch", "uniform", "1 / sqrt(fan_in)", "1 / sqrt(fan_in)"),
    ),
)


def spread(row: Initial, fans: Fans) -> tuple[str, float]:
    """Give the law of a parameter's initial values, and its scale.

    >>> spread(INITIALS["glorot"], Fans(2, 4, offset=False)), spread(INITIALS["he"], Fans(2, 4, offset=True))
    (('uniform', 1.0), ('uniform', 0.0))
    """
    law, text = ("uniform", row.offset) if fans.offset else (row.law, row.scale)
    graph = parse(text)
    known = {"fan_in": fans.into, "fan_out": fans.out}
    return law, float(run(graph, {name: known[name] for name in graph.inputs})[graph.output])


def draw(row: Initial, fans: Fans, shape: tuple[int, ...], generator: np.random.Generator) -> Any:
    """Draw a parameter of that shape, in float64.

    >>> float(abs(draw(INITIALS["glorot"], Fans(2, 4, offset=False), (4, 2), np.random.default_rng(0))).max()) <= 1
    True
    """
    law, scale = spread(row, fans)
    if not scale:
        return np.zeros(shape)
    return generator.uniform(-scale, scale, shape) if law == "uniform" else generator.normal(0, scale, shape)
