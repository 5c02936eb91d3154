"""Graphs for other tools: GraphML for Gephi and yEd, node-link JSON for networkx and the web."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphgrad.core.graph import Graph
from graphgrad.core.shapes import show
from graphgrad.frontend.printers import text


def plain(graph: Graph) -> Any:
    """Give the DAG with attributes that any tool reads: strings alone, and every edge's operand slot.

    >>> from graphgrad.frontend.parse import parse
    >>> plain(parse("x * x")).number_of_edges()
    2
    """
    import networkx as nx

    dag: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    whole = frozenset(range(len(graph)))
    for i, node in enumerate(graph.nodes):
        dag.add_node(i, label=graph.label(i), op=node.op, formula=text(graph, i, whole), shape=show(node.shape),
                     dtype=node.dtype, names=", ".join(graph.names.get(i, ())))  # fmt: skip
        for slot, operand in enumerate(node.operands):
            dag.add_edge(operand, i, key=slot, slot=slot)
    return dag


def node_link(graph: Graph) -> dict[str, Any]:
    """Give the DAG as networkx's node-link data; `networkx.node_link_graph(data, edges="edges")` reads it back."""
    import networkx as nx

    data: dict[str, Any] = nx.node_link_data(plain(graph), edges="edges")
    return data


def graphml(graph: Graph) -> str:
    """Give the DAG as GraphML."""
    import networkx as nx

    return "\n".join(nx.generate_graphml(plain(graph))) + "\n"


def node_link_json(graph: Graph) -> str:
    """Give the node-link data as text."""
    return json.dumps(node_link(graph), indent=1) + "\n"


WRITERS: dict[str, Callable[[Graph], str]] = {".graphml": graphml, ".json": node_link_json}
