"""BLAS on one thread where its products are small: waking a second one costs more than it brings."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from math import prod
from typing import Any

from threadpoolctl import threadpool_limits

from graphgrad.core.graph import Graph

SMALL = 20e6  # floating-point operations in one product, measured on two cores of x86


def threads_for(graph: Graph, rows: int) -> AbstractContextManager[Any]:
    """Give a context in which BLAS has the threads that suit a graph's products at that many rows."""
    return threadpool_limits(1, "blas") if largest_product(graph, rows) < SMALL else nullcontext()


def largest_product(graph: Graph, rows: int) -> int:
    """Count the operations of the largest matrix product.

    >>> from graphgrad.frontend.parse import parse
    >>> largest_product(parse("X @ W.T", X=("N", 784), W=(128, 784)), 64)
    12845056
    """
    sizes = [0]
    for node in graph.nodes:
        if node.op == "matmul":
            inner = graph.nodes[node.operands[0]].shape[-1]
            sizes.append(2 * prod(rows if isinstance(size, str) else size for size in (*node.shape, inner)))
    return max(sizes)
