"""Which node went bad first, when a loss is no number any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphgrad.core.errors import DomainError
from graphgrad.core.graph import Graph
from graphgrad.execute.trace import trace
from graphgrad.frontend.printers import text


def blame(graph: Graph, feeds: Mapping[str, Any], dtype: str, step: int) -> DomainError:
    """Give the error that names the first node whose value, or whose adjoint, is inf or nan at these values."""
    hint = "lower the learning rate, or clip the gradient"
    try:
        traced = trace(graph, feeds, dtype=dtype)
    except DomainError as error:
        return DomainError(f"step {step}: {error.message}", hint=hint, source=error.source, span=error.span)
    for i, node in enumerate(graph.nodes):
        if (found := _bad(traced.primal(i))) is not None:
            formula = f" = {text(graph, i, frozenset(range(len(graph))) - {i})}" if node.operands else ""
            said = f"step {step}: the first value that is no number is {found}, in {graph.label(i)}{formula}"
            return DomainError(said, hint=hint, source=graph.source, span=graph.span(i))
    for contribution in traced.adjoints.contributions:
        if (found := _bad(traced.values[contribution.total])) is not None:
            name = graph.label(contribution.receiver)
            said = f"step {step}: the first value that is no number is {found}, in the adjoint of {name}"
            return DomainError(said, hint=hint)
    return DomainError(f"step {step}: the update gives parameters that are no numbers", hint=hint)


def _bad(value: Any) -> str | None:
    """Say the first entry that is not finite, and where."""
    array = np.asarray(value)
    if np.isfinite(array).all():
        return None
    index = np.argwhere(~np.isfinite(array))[0]
    where = f" at {[int(i) for i in index]}" if index.size else ""
    return f"{array[tuple(index)]}{where}"
