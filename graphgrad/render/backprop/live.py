"""What a player computes anew while an input is dragged: the entries of every node of a film, in JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from graphgrad.compiler.backends.javascript import javascript_body
from graphgrad.compiler.passes.specialise import specialise
from graphgrad.core.errors import ShapeError, TargetError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.execute.trace import Trace
from graphgrad.transform.scalarize import entry_name, scalarize

MOST = 2000  # scalar nodes: about 50 kB of program
Places = tuple[int | list[int], ...]


class Live(NamedTuple):
    """A program from inputs to numbers; where each node's entries are among them; what the inputs' entries are called.

    Without a program nothing is computed anew; without places all nodes are numbers, each in its own place. Inputs that
    drag are all but indices and labels.
    """

    program: str = "null"
    places: Places = ()
    names: Mapping[int, list[str]] = {}
    drags: frozenset[int] = frozenset()

    @property
    def arrays(self) -> frozenset[int]:
        """The nodes that are arrays."""
        return frozenset(i for i, place in enumerate(self.places) if isinstance(place, list))


def live(trace: Trace) -> Live:
    """The program that computes a trace anew; none where it would be too large, or an operation has no scalar meaning.

    >>> from graphgrad.execute.trace import trace
    >>> from graphgrad.frontend.parse import parse
    >>> computed = live(trace(parse("sum(x**2)", x=2), x=[3.0, 4.0]))
    >>> computed.names[0], computed.places[:2]
    (['x_0', 'x_1'], ([0, 1], 2))
    """
    graph, place = trace.lesson.computed, trace.lesson.place
    shapes, plain = [np.shape(value) for value in trace.values], graph is trace.gradient
    if any(len(shape) != len(graph.nodes[i].shape) for shape, i in zip(shapes, place, strict=True)):
        return Live()  # numbers, given at many points at once
    try:
        scalar, places = _entries(graph, place, shapes) if any(shapes) else (graph, () if plain else tuple(place))
        program = f"function (x) {{\n{javascript_body(scalar)}\n}}"
    except (ShapeError, TargetError, UsageError):
        return Live()
    inputs = trace.gradient.inputs
    names = {i: _names(name, shapes[i]) for name, i in inputs.items()}
    return Live(program, places, names, frozenset(i for i in names if trace.gradient.nodes[i].dtype == "float"))


def _entries(graph: Graph, place: Sequence[int], shapes: list[tuple[int, ...]]) -> tuple[Graph, Places]:
    """A graph's scalar graph with all entries of some nodes as outputs, and where they are."""
    too_many = ShapeError(f"more than {MOST} numbers are no program for a page")
    if sum(map(np.prod, shapes)) > MOST:  # before any work is done
        raise too_many
    every = Graph(graph.nodes, graph.inputs, {f"n{i}": at for i, at in enumerate(place)})
    at = dict(zip(place, shapes, strict=True))
    named = (zip(graph.nodes[i].shape, at[i], strict=True) for i in graph.inputs.values())
    scalar = scalarize(specialise(every, {str(name): size for pairs in named for name, size in pairs}))
    if len(scalar) > MOST:
        raise too_many
    found = ([scalar.outputs[name] for name in _names(f"n{i}", shape)] for i, shape in enumerate(shapes))
    return scalar, tuple(at if shape else at[0] for at, shape in zip(found, shapes, strict=True))


def _names(name: str, shape: Iterable[int]) -> list[str]:
    return [entry_name(name, place) for place in np.ndindex(*shape)]
