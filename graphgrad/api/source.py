"""A graph, what has one, the text of one, or one of networkx."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.networkx_graphs import from_networkx
from graphgrad.frontend.parse import LENGTH, parse

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["LENGTH", "HasGraph", "Source", "as_graph", "refuse_options", "told_of_options"]


class HasGraph(Protocol):
    """What has a graph, as networks do."""

    @property
    def graph(self) -> Graph:
        """The graph of its program."""


Source = Union[Graph, HasGraph, str, "nx.MultiDiGraph[Any]", "nx.DiGraph[Any]"]


def as_graph(graph: Source, values: Mapping[str, Any] | None = None) -> Graph:
    """Give a graph; text is parsed, with the shapes of values where they are arrays, and networkx's graphs are read."""
    if isinstance(graph, Graph):
        return graph
    if not isinstance(graph, str) and isinstance(own := getattr(graph, "graph", None), Graph):
        return own
    networkx = sys.modules.get("networkx")  # whoever has a graph of its has imported it
    if networkx is not None and isinstance(graph, networkx.Graph):
        return from_networkx(graph)
    text: Any = graph  # the parser says what it wants
    return parse(text, {name: _declared(name, value) for name, value in (values or {}).items()})


def told_of_options(error: UsageError, *options: str) -> UsageError:
    """Give an error of a missing value; where the input is called as an option is, with how to give both."""
    if name := next((name for name in options if error.message == f"no value for '{name}'"), ""):
        error.hint = f"{name}= is an option here; values may come as one mapping, as in {{'{name}': 0.5}}"
    return error


def _declared(name: str, value: Any) -> tuple[Any, ...]:
    """The shape of a value, and that it is made of conditions; integers are numbers, unless they are declared."""
    try:
        array = np.asarray(value)
    except ValueError:  # of ragged lists
        raise UsageError(f"the value of '{name}' is no array of numbers", hint="its rows differ in length") from None
    return (*array.shape, bool) if array.dtype == bool else array.shape


def refuse_options(graph: Graph, given: Mapping[str, Any], *options: str) -> None:
    """Raise UsageError for an input called as an option of the call is, whose value did not come by the mapping."""
    for name in options:
        if name in graph.inputs and name not in given:
            hint = f"give the values as one mapping, as in {{'{name}': 0.5}}"
            raise UsageError(f"'{name}' is an input, and an option of this call", hint=hint)
