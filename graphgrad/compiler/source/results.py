"""What a compiled function gives: a value and gradients by name, or all outputs as one flat tuple, which is quicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphgrad.compiler.source import module
from graphgrad.compiler.source.lines import WIDTH
from graphgrad.compiler.source.primal import gradients
from graphgrad.core.graph import Graph

TITLES = {"value": "The value of", "value_and_grad": "The value and the gradient of", "values": "The values of"}


def entry(graph: Graph) -> str:
    """Give the name of the function of a graph: one of `TITLES`."""
    return "value_and_grad" if gradients(graph) else "value" if len(graph.outputs) == 1 else "values"


RETURNS = ("names", "tuple")
FEW = 6  # outputs that a docstring names


def arranged(graph: Graph, returns: str, values: Sequence[Any]) -> Any:
    """Give the values of the outputs, in their order, as a function gives them.

    >>> from graphgrad.frontend.parse import parse
    >>> arranged(parse("x * y"), "names", [6.0])
    6.0
    """
    first, *others = values
    if returns == "tuple" and others:
        return tuple(values)
    if grads := gradients(graph):
        return first, dict(zip(grads, others, strict=True))
    return dict(zip(graph.outputs, values, strict=True)) if others else first


class Results:
    """The return statement, its type and its description; `grads` are the outputs that are derivatives, by input."""

    def __init__(self, graph: Graph, grads: Mapping[str, int], returns: str) -> None:
        self.outputs, self.grads = list(graph.outputs), list(grads)
        self.flat = returns == "tuple" and len(self.outputs) > 1

    def statement(self, texts: Sequence[str], indent: int) -> list[str]:
        """The return statement, of the outputs' texts in order."""
        first, *others = texts
        if self.flat:
            one = " " * indent + f"return {', '.join(texts)}"
            return [one] if len(one) <= WIDTH else module.call("return ", texts, indent)
        if self.grads:
            return module.mapping(f"return {first}, ", dict(zip(self.grads, others, strict=True)), indent)
        if others:
            return module.mapping("return ", dict(zip(self.outputs, texts, strict=True)), indent)
        return [" " * indent + f"return {first}"]

    def annotation(self, number: str) -> str:
        """The type of what is given."""
        if self.flat:
            return f"tuple[{number}, ...]"
        many = f"dict[str, {number}]"
        return f"tuple[{number}, {many}]" if self.grads else number if len(self.outputs) == 1 else many

    def said(self) -> str:
        """What is given, in words."""
        first, *others = self.outputs
        if self.flat:
            return (
                ", ".join(self.outputs)
                if len(self.outputs) < FEW
                else f"{first}, and the other {len(others)} outputs in order"
            )
        return f"{first} and its gradient, by input name" if self.grads else "the outputs, by name" if others else first
