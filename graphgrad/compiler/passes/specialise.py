"""Named dimensions take a size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphgrad.core.builder import Builder
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import application


def specialise(graph: Graph, sizes: Mapping[str, int]) -> Graph:
    """Give the graph with some named dimensions replaced by sizes.

    >>> from graphgrad.frontend.parse import parse
    >>> print(specialise(parse("mean(x)", x="N"), {"N": 3}))
    sum(x) / 3
    """
    builder, new = Builder(), dict[int, int]()
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            new[i] = builder.input(node.value, _sized(node.shape, sizes), node.dtype)
        elif node.op == "const":
            new[i] = builder.const(node.value)
        else:
            attrs = {k: _sized(v, sizes) for k, v in node.attrs}
            new[i] = application(builder, OPS[node.op], [new[o] for o in node.operands], attrs)
        for name in graph.names.get(i, ()):
            builder.name(new[i], name)
    return builder.build({name: new[i] for name, i in graph.outputs.items()}, graph.source)


def _sized(value: Any, sizes: Mapping[str, int]) -> Any:
    if isinstance(value, str):
        return sizes.get(value, value)
    return tuple(_sized(v, sizes) for v in value) if type(value) is tuple else value


def check_rows(batch: object) -> None:
    """Raise UsageError where a batch is no number of rows.

    >>> check_rows(0)
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: a batch is a whole number of rows, 1 or more, not 0
    """
    if batch is not None and (isinstance(batch, bool) or not isinstance(batch, int) or batch < 1):
        raise UsageError(f"a batch is a whole number of rows, 1 or more, not {batch!r}")
