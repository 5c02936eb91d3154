"""A graph, or the text of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse

Source = Graph | str


def as_graph(graph: Source, values: Mapping[str, Any] | None = None) -> Graph:
    """Give a graph; text is parsed, with the shapes of values where they are arrays."""
    if isinstance(graph, Graph):
        return graph
    shapes = {name: np.shape(value) for name, value in (values or {}).items()}
    return parse(graph, shapes)
