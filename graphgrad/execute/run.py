"""Evaluate a graph: every node's value, by the python column for scalars and the numpy column for the rest.

Scalars run through `math`, ten times faster than NumPy; where `math` raises, NumPy decides, so that an overflow is inf
as anywhere else, and a value outside a domain is found and named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.execute.domain import refuse_outside, refused
from graphgrad.execute.feeds import fed
from graphgrad.execute.kernels import kernel

Program = list[tuple[int, Callable[..., Any], tuple[int, ...]]]


def run(graph: Graph, feeds: Mapping[str, Any], dtype: Any = np.float64) -> list[Any]:
    """Give the value of every node, by index.

    Feeds are numbers or arrays of the inputs' shapes; a graph of scalars and elementwise operations alone also takes
    arrays of one common shape, point by point. Raises UsageError for a missing or unknown input, ShapeError for a
    wrong shape, DomainError where a value that the outputs need lies outside an operation's domain.
    """
    values = fed(graph, feeds, np.dtype(dtype))
    scalar = np.dtype(dtype) == np.float64 and all(np.ndim(v) == 0 for v in values if v is not None)
    if scalar and (program := _program(graph, "python")) is not None:
        numbers = [None if v is None else v.item() for v in values]
        try:
            for i, function, operands in program:
                numbers[i] = function(*[numbers[o] for o in operands])
        except (ArithmeticError, ValueError):
            pass
        else:
            return numbers
    program = _program(graph, "numpy")
    assert program is not None
    narrow = np.dtype(dtype) != np.float64
    with np.errstate(all="ignore"):
        for i, function, operands in program:
            try:
                value = function(*[values[o] for o in operands])
            except (IndexError, ValueError) as error:  # an index or a label out of range, the largest of no entries
                raise refused(graph, values, i, str(error)) from None
            if narrow and graph.nodes[i].dtype == "float":
                value = np.asarray(value, dtype)  # what NumPy widens: conditions and integers as numbers
            values[i] = value[()] if isinstance(value, np.ndarray) else value
        refuse_outside(graph, values)
    return [v.item() if isinstance(v, np.generic) else v for v in values] if scalar else values


def _program(graph: Graph, column: str) -> Program | None:
    """Give the kernels in order; None where a row has no spelling in the column."""
    key = (_program, column)
    if key not in graph.cache:
        made = [(i, n) for i, n in enumerate(graph.nodes) if n.op not in {"input", "const"}]
        spelled = all(getattr(OPS[n.op], column) for _, n in made)
        graph.cache[key] = [(i, kernel(n, column), n.operands) for i, n in made] if spelled else None
    program: Program | None = graph.cache[key]
    return program
