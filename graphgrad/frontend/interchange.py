"""Graphs as files of other tools, written and read back: node-link JSON for networkx and the web, GraphML for Gephi."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError as XMLError

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.memory import refuse_file
from graphgrad.core.quoting import terminal
from graphgrad.frontend.attributes import WRITTEN, told, written
from graphgrad.frontend.networkx_graphs import from_networkx, to_networkx


def plain(graph: Graph) -> Any:
    """Give the networkx graph with attributes that JSON has: slices and tuples are lists, a slice of three ends.

    >>> from graphgrad.frontend.parse import parse
    >>> plain(parse("x[1:]", x=4)).nodes["z"]["attrs"]
    {'key': [{'slice': [1, None, None]}]}
    """
    dag = to_networkx(graph)
    for said in told(dag):
        said.update({key: written(value) for key, value in said.items()})
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
    for said in told(dag):
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
    return from_networkx(dag)


def from_graphml(text: str) -> Graph:
    """Read GraphML; UsageError, with the node where it is one's, for what is no graph of operations."""
    import networkx as nx

    try:
        dag = nx.parse_graphml(text, force_multigraph=True)
    except (ValueError, TypeError, KeyError, XMLError, nx.NetworkXException) as error:
        raise UsageError(
            "this is no GraphML of a graph", hint="graphgrad show EXPR -o graph.graphml writes it"
        ) from error
    return from_networkx(dag)


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
