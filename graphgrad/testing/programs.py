"""Programs to try a row on, made from its notation, and numbers to try them at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.errors import DomainError, GraphgradError
from graphgrad.core.op import Op
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse

Program = tuple[str, dict[str, Any]]  # a text, and the shapes of its inputs

BROADCAST = (((2, 3), (2, 3)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((), (2,)), ((2,), ()), ((), ()))
UNARY = (((),), ((3,),), ((2, 2),))
RANKS = ((), (3,), (2, 3), (2, 3, 2))
ATTRIBUTES: dict[str, tuple[Any, ...]] = {"axis": (None, 0, -1, (0, 1)), "keepdims": (False, True), "axes": (None,)}
AMONG = (
    (-1.287, 1.613),
    (0.31, 0.93),
    (1.31, 1.93),
    (-1.93, -0.31),
)  # numbers of both signs, a unit's, larger, below 0
MOST = 40  # programs of one row


def programs(row: Op) -> list[Program]:
    """Give programs of a row: all broadcasts and one operand twice, or operands of several ranks with its attributes.

    >>> from graphgrad.core.ops import OPS
    >>> programs(OPS["argmax"])[:2]
    [('argmax(p)', {'p': ()}), ('argmax(p)', {'p': (3,)})]
    """
    made = _elementwise(row) if row.elementwise else _arrays(row)
    return [program for program in made if _is_program(*program)][:MOST]


def _elementwise(row: Op) -> Iterator[Program]:
    names = ["p", "q", "r"][: len(row.operands)]
    written = [f"({n} > 0)" if o in row.boolean else n for n, o in zip(names, row.operands, strict=True)]
    ways = {1: UNARY, 2: BROADCAST, 3: [(a, b, a) for a, b in BROADCAST]}[len(names)]
    for given, more in product(ways, ["", *(f", {k}={value}" for k in row.attrs for value in (0.3, 1))]):
        yield f"{row.name}({', '.join(written)}{more})", dict(zip(names, given, strict=True))
    if len(names) > 1:
        same = "(p > 0)" if row.boolean == row.operands else "p"
        yield f"{row.name}({', '.join([same] * len(names))})", {"p": (2,)}


def _arrays(row: Op) -> Iterator[Program]:
    names = ["p", "q", "r"][: len(row.operands)]
    values = [
        [None, *ATTRIBUTES.get(name, ())] if name in row.required else ATTRIBUTES.get(name, ()) for name in row.attrs
    ]
    settings = [dict(zip(row.attrs, chosen, strict=True)) for chosen in product(*[v or (None,) for v in values])]
    ranks = list(product(RANKS, repeat=len(names)))
    for shapes, setting in product(ranks, settings):
        given = {k: v for k, v in setting.items() if v is not None and v != row.attrs[k]}
        operands = f"[{names[0]}, {names[0]} * 2]" if row.variadic else ", ".join(names)
        yield (
            f"{row.name}({operands}{''.join(f', {k}={v}' for k, v in given.items())})",
            dict(zip(names, shapes, strict=True)),
        )


def _is_program(text: str, shapes: dict[str, Any]) -> bool:
    """Whether a text is a program, and NumPy takes these shapes."""
    with suppress(GraphgradError, ValueError, IndexError, TypeError):
        return len(parse(text, shapes).inputs) == len(shapes) and values_of(text, shapes) is not None
    return False


def values_of(text: str, shapes: dict[str, Any]) -> dict[str, Any] | None:
    """Give values at which a program has one, of both signs where that can be; None where none is found."""
    graph = parse(text, shapes)
    for among in AMONG:
        values = numbers(text, shapes, among)
        with np.errstate(all="ignore"), suppress(DomainError):
            if np.isfinite(run(graph, values)[graph.output]).all():
                return values
    return None


def numbers(text: str, shapes: dict[str, Any], among: tuple[float, float]) -> dict[str, Any]:
    """Give values for a program's inputs: numbers apart from zero and each other; labels and indices in range."""
    dice, graph = np.random.default_rng(7), parse(text, shapes)
    found: dict[str, Any] = {}
    for k, (name, node) in enumerate(graph.inputs.items()):
        shape = tuple(size for size in graph.nodes[node].shape if isinstance(size, int))
        if graph.nodes[node].dtype == "int":
            found[name] = dice.integers(0, 2, shape)
            continue
        count = prod(shape)
        line = np.linspace(*among, count + 1)[1:] + 0.0173 * k  # no ties between inputs
        found[name] = dice.permutation(line).reshape(shape)
    return found


def sides(rule: str) -> tuple[str, str, dict[str, Any]]:
    """Give both sides of a rewrite rule as programs, attributes and conditions written out, and shapes for their names.

    >>> sides("sum(-x, axis=axis, keepdims=keepdims) -> -sum(x, axis=axis, keepdims=keepdims)")[0]
    'sum(-x, axis=1, keepdims=True)'
    """
    left, _, right = rule.partition(" -> ")
    right = right.partition(" if ")[0]
    said = [
        re.sub(r"\bc\b", "(u > w)", side.replace("axis=axis", "axis=1").replace("=keepdims", "=True"))
        for side in (left, right)
    ]
    if "(u > w)" in said and not re.search(r"\w\(", said[0]):
        said = [f"number({side})" for side in said]
    names = sorted({*re.findall(r"\b[A-Za-z]\w*\b(?!\()", " ".join(said))} - {"axis", "keepdims", "True", "T"})
    if "vector" in names:
        return said[0], said[1], {name: 3 for name in names if name in {"vector", "weights"}}
    if "labels" in names:
        return said[0], said[1], {"scores": (2, 3), "labels": 2}
    matrices = [name for name in names if name.isupper()]
    if matrices:
        return said[0], said[1], {name: (k + 2, k + 3) for k, name in enumerate(matrices)}
    shape = (2, 2, 3) if ".T" in rule or "swap" in rule else (2, 3) if "axis" in rule else ()
    return said[0], said[1], dict.fromkeys(names, shape)
