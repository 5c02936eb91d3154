"""Graphs as files of other tools, written and read back: node-link JSON for networkx and the web, GraphML for Gephi."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError as XMLError

import numpy as np

from graphgrad.core.constants import ConstantArray
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.memory import refuse_array, refuse_file
from graphgrad.core.quoting import terminal
from graphgrad.core.shapes import Slice
from graphgrad.frontend.networkx_graphs import from_networkx, to_networkx

READABLE = 1000  # entries of an array that are written as numbers
WRITTEN = ("attrs", "shape", "names", "value", "outputs", "inputs")  # attributes that are JSON within GraphML


def plain(graph: Graph) -> Any:
    """Give the networkx graph with attributes that JSON has: slices and tuples are lists, a slice of three ends.

    >>> from graphgrad.frontend.parse import parse
    >>> plain(parse("x[1:]", x=4)).nodes["z"]["attrs"]
    {'key': [{'slice': [1, None, None]}]}
    """
    dag = to_networkx(graph)
    for said in _told(dag):
        said.update({key: _written(value) for key, value in said.items()})
    return dag


def node_link(graph: Graph) -> dict[str, Any]:
    """Give the graph as networkx's node-link data; `networkx.node_link_graph(data, edges="edges")` reads it as well."""
    import networkx as nx

    data: dict[str, Any] = nx.node_link_data(plain(graph), edges="edges")
    return data


def node_link_json(graph: Graph) -> str:
    """Give the node-link data as text."""
    return json.dumps(node_link(graph), indent=1) + "\n"


def graphml(graph: Graph) -> str:
    """Give the graph as GraphML, whose attributes are numbers and strings: what is neither is JSON in a string."""
    import networkx as nx

    dag = plain(graph)
    for said in _told(dag):
        said.update({key: json.dumps(said[key]) for key in WRITTEN if key in said})
        said.update({key: terminal(value) for key, value in said.items() if isinstance(value, str)})
    return "\n".join(nx.generate_graphml(dag, edge_id_from_attribute=None)) + "\n"


def from_node_link_json(text: str) -> Graph:
    """Read node-link JSON; UsageError, with the node where it is one's, for what is no graph of operations."""
    import networkx as nx

    try:
        data = json.loads(text)
        if isinstance(data, dict) and "links" in data and "edges" not in data:
            data = {**data, "edges": data["links"]}
        dag = nx.node_link_graph(data, directed=True, multigraph=True, edges="edges")
    except (ValueError, TypeError, KeyError, AttributeError, nx.NetworkXException) as error:
        raise UsageError("this is no node-link data", hint="graphgrad show EXPR -o graph.json writes it") from error
    return _read(dag)


def from_graphml(text: str) -> Graph:
    """Read GraphML; UsageError, with the node where it is one's, for what is no graph of operations."""
    import networkx as nx

    try:
        dag = nx.parse_graphml(text, force_multigraph=True)
        for said in _told(dag):
            said.update({key: json.loads(said[key]) for key in WRITTEN if key in said})
    except (ValueError, TypeError, KeyError, XMLError, nx.NetworkXException) as error:
        raise UsageError(
            "this is no GraphML of a graph", hint="graphgrad show EXPR -o graph.graphml writes it"
        ) from error
    return _read(dag)


def read_file(path: Path) -> Graph:
    """Read a graph from a file of one of the kinds in `READERS`; UsageError where there is none to read."""
    refuse_file(path)
    try:
        text = path.read_text(encoding="utf-8")
    except ValueError:
        raise UsageError(f"'{path}' is no text") from None
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}") from None
    return READERS[path.suffix](text)


READERS: dict[str, Callable[[str], Graph]] = {".graphml": from_graphml, ".json": from_node_link_json}


def _told(dag: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries of attributes: the graph's, the nodes', the edges'."""
    yield dag.graph
    yield from (said for _, said in dag.nodes(data=True))
    yield from (said for *_, said in dag.edges(data=True))


def _read(dag: Any) -> Graph:
    for said in _told(dag):
        said.update({key: _read_back(value) for key, value in said.items()})
    return from_networkx(dag)


def _written(value: Any) -> Any:
    match value:
        case Slice():
            return {"slice": list(value)}
        case tuple() | list():
            return [_written(part) for part in value]
        case dict():
            return {key: _written(part) for key, part in value.items()}
        case ConstantArray():
            return _array_written(value)
        case float() if type(value) is not float:  # a named constant
            return str(value)
    return value


def _array_written(value: ConstantArray) -> dict[str, Any]:
    """Type, shape and entries: as numbers, where there are few and JSON has them, else their packed bits."""
    array, said = value.array, {"array": value.array.dtype.name, "shape": list(value.shape)}
    if array.size <= READABLE and np.isfinite(array).all():
        return {**said, "entries": array.ravel().tolist()}
    return {
        **said,
        "packed": base64.b64encode(zlib.compress(array.astype(array.dtype.newbyteorder("<")).tobytes(), 9)).decode(),
    }


def _array_read(said: Mapping[str, Any]) -> ConstantArray:
    """The array that was written so; UsageError where it is none."""
    try:
        dtype, shape = np.dtype(said["array"]).newbyteorder("<"), tuple(map(int, said["shape"]))
        refuse_array(shape)
        if "entries" in said:
            return ConstantArray(np.array(said["entries"], dtype).reshape(shape))
        size = prod(shape) * dtype.itemsize
        bits = zlib.decompressobj().decompress(base64.b64decode(said["packed"]), size + 1)
        return ConstantArray(np.frombuffer(bits, dtype).reshape(shape))
    except (KeyError, TypeError, ValueError, OverflowError, zlib.error):
        raise UsageError("a constant of this file is no array", hint="it has array, shape, and entries") from None


def _read_back(value: Any) -> Any:
    match value:
        case {"slice": [start, stop, step]}:
            return Slice(start, stop, step)
        case {"array": _}:
            return _array_read(value)
        case list():
            return tuple(_read_back(part) for part in value)
        case dict():
            return {key: _read_back(part) for key, part in value.items()}
    return value
