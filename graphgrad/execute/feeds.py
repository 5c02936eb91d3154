"""What a graph is fed: numbers and arrays for its inputs, checked against their shapes and types."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.constants import ConstantArray
from graphgrad.core.errors import GraphgradError, ShapeError, UsageError
from graphgrad.core.graph import Graph, Node, normal
from graphgrad.core.memory import SMALL, allowed, bound, needed, spelled
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape, show
from graphgrad.frontend.language.literals import plain_array

Array = np.ndarray[Any, Any]


def fed(graph: Graph, feeds: Mapping[str, Any], dtype: np.dtype[Any]) -> list[Any]:
    """Give a list of the nodes' values with inputs and constants filled in, and None elsewhere."""
    feeds = {normal(name): value for name, value in feeds.items()}
    for name in feeds:
        graph.input(name)
    values: list[Any] = [_constant(n, dtype) if n.op == "const" else None for n in graph.nodes]
    pointwise, sizes = _pointwise(graph), dict[str, int]()
    for name, i in graph.inputs.items():
        try:
            value = _array(name, feeds, graph.nodes[i].dtype, dtype)
            if not (pointwise and value.ndim):
                _fit(name, value, graph.nodes[i].shape, sizes)
        except GraphgradError as error:
            raise error.at(graph.source, graph.span(i)) from None
        values[i] = value if value.ndim else value[()]
    shapes = {np.shape(values[i]) for i in graph.inputs.values()} - {()}
    if pointwise and len(shapes) > 1:
        raise ShapeError(f"points must come in arrays of one shape, not {' and '.join(map(show, sorted(shapes)))}")
    _refuse_large(graph, sizes, max(map(prod, shapes), default=1) if pointwise else 1)
    return values


def _constant(node: Node, dtype: np.dtype[Any]) -> Any:
    """A constant's value in the type of a run; conditions and indices stay what they are."""
    value = node.value.array if isinstance(node.value, ConstantArray) else np.asarray(node.value)
    return value.astype(dtype if node.dtype == "float" else value.dtype)[()]


def _refuse_large(graph: Graph, sizes: Mapping[str, int], points: int) -> None:
    """Raise ShapeError, with the largest node, where the values of all nodes would take more than the bound."""
    needs = [points * needed(node.shape, sizes) for node in graph.nodes]
    if (need := sum(needs)) > SMALL and need > (most := bound()):
        largest = needs.index(max(needs))
        of = f"{spelled(max(needs))} of it '{graph.label(largest)}'"
        said = f"the values of {len(graph)} nodes need {spelled(need)}, {of}"
        raise ShapeError(said, hint=allowed(most)).at(graph.source, graph.span(largest))


def _pointwise(graph: Graph) -> bool:
    """Whether a program of numbers may be run at many points at once."""
    return all(not n.shape and (n.op in {"input", "const"} or OPS[n.op].elementwise) for n in graph.nodes)


def _array(name: str, feeds: Mapping[str, Any], kind: str, dtype: np.dtype[Any]) -> Array:
    if name not in feeds:
        raise UsageError(f"no value for '{name}'", hint=f"give one, as in {name}=0.5")
    try:
        array = plain_array(feeds[name])
        if array.dtype.kind == "O":  # fractions, decimals, large integers
            array = np.vectorize(float, otypes=[float])(array)
    except GraphgradError as error:
        raise UsageError(f"the value of '{name}' cannot be used: {error.message}", hint=error.hint) from None
    except (ValueError, TypeError, OverflowError):
        array = np.asarray("none")
    if array.dtype.kind not in "biuf":
        raise UsageError(f"the value of '{name}' is no array of numbers")
    if kind == "bool":
        if not ((array == 0) | (array == 1)).all():
            raise UsageError(
                f"'{name}' must be conditions: it is declared bool", hint="give True and False, or 1 and 0"
            )
        return array.astype(bool)
    if kind != "int":
        return array.astype(dtype, copy=False)
    with np.errstate(invalid="ignore"):
        integers = array.astype(np.int64)
    if not np.array_equal(array, integers):
        raise UsageError(f"'{name}' must be integers: it is used as an index or as labels")
    return integers


def _fit(name: str, value: Array, shape: Shape, sizes: dict[str, int]) -> None:
    """Check an array against a declared shape; named sizes must agree among all inputs."""
    fits = value.ndim == len(shape)
    for have, want in zip(value.shape, shape, strict=False):
        agreed = sizes.setdefault(want, have) if isinstance(want, str) else want
        if fits and agreed != have and isinstance(want, str):
            raise ShapeError(
                f"'{name}' of shape {show(value.shape)} has {want} = {have}, but elsewhere {want} = {agreed}"
            )
        fits = fits and agreed == have
    if not fits:
        hint = "declare its shape when parsing" if not shape else ""
        raise ShapeError(f"'{name}' must have shape {show(shape)}, not {show(value.shape)}", hint=hint)
