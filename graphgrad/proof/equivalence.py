"""The verdict on two expressions: the same machinery, on values instead of gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.gradients import TIMEOUT, unsupported
from graphgrad.proof.judge.case import Case
from graphgrad.proof.judge.cases import source_of, symbols
from graphgrad.proof.judge.judge import judge
from graphgrad.proof.judge.names import free_names
from graphgrad.proof.limits.deadline import found_in_time
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.text import read
from graphgrad.proof.report import Finding
from graphgrad.proof.scalars.symbols import SymbolsLost
from graphgrad.proof.sizes.chosen import Sized, sized_together
from graphgrad.proof.sizes.verdict import settled

VALUE = "value"


def equivalent(
    a: Graph | str, b: Graph | str, shapes: dict[str, Any] | None = None, /, timeout: float = TIMEOUT
) -> Finding:
    """Give the verdict on whether two expressions have the same value, entry by entry.

    `shapes` declares the inputs of texts, as for `parse`; inputs are matched by name. Raises ParseError and ShapeError,
    and UsageError where a name or the result has two shapes.

    >>> str(equivalent("log(x*y)", "log(x) + log(y)").verdict)
    'PROVED'
    >>> equivalent("abs(x)", "x").witness.point
    {'x': '-2'}
    """
    graphs = [_graph(side, shapes or {}) for side in (a, b)]
    sizes = [(first, second, _inputs(first.graph, second.graph)) for first, second in sized_together(graphs)]

    def work(found: dict[str, Finding], deadline: float) -> None:
        def looked_at(at: Sized) -> Finding:
            first, second, inputs = next(pair for pair in sizes if pair[0] is at)
            return _compared(first.graph, second.graph, inputs, deadline)

        firsts = [first for first, _, _ in sizes]
        found[VALUE] = settled(looked_at(firsts[0]), firsts, looked_at, lambda: False)

    return found_in_time([VALUE], timeout, work)[VALUE]


def _inputs(first: Graph, second: Graph) -> dict[str, Array]:
    """The inputs of both, by name."""
    inputs: dict[str, Array] = {}
    for graph in (first, second):
        for name, value in symbols(graph).items():
            if name in inputs and np.shape(inputs[name]) != np.shape(value):
                raise UsageError(f"'{name}' has two shapes: {np.shape(inputs[name])} and {np.shape(value)}")
            inputs.setdefault(name, value)
            if value.dtype != object:
                inputs[name] = value
    return inputs


def _compared(first: Graph, second: Graph, inputs: Mapping[str, Array], deadline: float) -> Finding:
    try:
        left, right = (read(source_of(graph), inputs)[-1][1] for graph in (first, second))
    except SymbolsLost as error:
        return unsupported(error)
    if np.shape(left) != np.shape(right):
        raise UsageError(f"the two have different shapes: {np.shape(left)} and {np.shape(right)}")
    variables = [x.value for value in inputs.values() if value.dtype == object for x in np.ravel(value)]
    claimed, true = list(np.ravel(left)), list(np.ravel(right))
    return judge(Case(claimed, true, true, list(np.ndindex(*np.shape(left))), variables, deadline))


def _graph(side: Graph | str, shapes: dict[str, Any]) -> Graph:
    if isinstance(side, str):
        used = free_names(side)
        side = parse(side, {name: shape for name, shape in shapes.items() if name in used})
    return side
