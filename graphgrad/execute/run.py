"""Evaluate a graph: every node's value, by the python column for scalars and the numpy column for the rest.

Scalars run through `math`, ten times faster than NumPy; where `math` raises, NumPy decides, so that an overflow is inf
as anywhere else, and a value outside a domain is found and named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import show
from graphgrad.execute.domain import refuse_outside, refused
from graphgrad.execute.kernels import kernel

Program = list[tuple[int, Callable[..., Any], tuple[int, ...]]]


def run(graph: Graph, feeds: Mapping[str, Any], dtype: Any = np.float64) -> list[Any]:
    """Give the value of every node, by index.

    Feeds are numbers or arrays of the inputs' shapes; a graph of scalars and elementwise operations alone also takes
    arrays of one common shape, point by point. Raises UsageError for a missing or unknown input, ShapeError for a
    wrong shape, DomainError where a value that the outputs need lies outside an operation's domain.
    """
    values = _fed(graph, feeds, np.dtype(dtype))
    scalar = np.dtype(dtype) == np.float64 and all(np.ndim(v) == 0 for v in values if v is not None)
    if scalar and (program := _program(graph, "python")) is not None:
        numbers = [None if v is None else v.item() for v in values]
        try:
            for i, function, operands in program:
                numbers[i] = function(*[numbers[o] for o in operands])
        except (ArithmeticError, ValueError):
            pass
        else:
            return numbers
    program = _program(graph, "numpy")
    assert program is not None
    narrow = np.dtype(dtype) != np.float64
    with np.errstate(all="ignore"):
        for i, function, operands in program:
            try:
                value = function(*[values[o] for o in operands])
            except (IndexError, ValueError) as error:  # an index or a label out of range, the largest of no entries
                raise refused(graph, values, i, str(error)) from None
            if narrow and graph.nodes[i].dtype == "float":
                value = np.asarray(value, dtype)  # what NumPy widens: conditions and integers as numbers
            values[i] = value[()] if isinstance(value, np.ndarray) else value
        refuse_outside(graph, values)
    return [v.item() if isinstance(v, np.generic) else v for v in values] if scalar else values


def _fed(graph: Graph, feeds: Mapping[str, Any], dtype: np.dtype[Any]) -> list[Any]:
    """Give a list of values with inputs and constants filled in."""
    for name in feeds:
        graph.input(name)
    if missing := [name for name in graph.inputs if name not in feeds]:
        raise UsageError(f"no value for '{missing[0]}'", hint=f"give one, as in {missing[0]}=0.5")
    values: list[Any] = [dtype.type(n.value) if n.op == "const" else None for n in graph.nodes]
    sizes: dict[str, int] = {}
    pointwise = all(n.op in {"input", "const"} or OPS[n.op].elementwise for n in graph.nodes) and not any(
        n.shape for n in graph.nodes
    )
    for name, i in graph.inputs.items():
        value = _array(name, feeds[name], graph.nodes[i].dtype, dtype)
        if not (pointwise and value.ndim):
            _fit(name, value, graph.nodes[i].shape, sizes)
        values[i] = value if value.ndim else value[()]
    shapes = {np.shape(values[i]) for i in graph.inputs.values()} - {()}
    if pointwise and len(shapes) > 1:
        raise ShapeError(f"points must come in arrays of one shape, not {' and '.join(map(show, sorted(shapes)))}")
    return values


def _array(name: str, value: Any, kind: str, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O":  # fractions, decimals, large integers
            array = np.vectorize(float, otypes=[float])(array)
    except (ValueError, TypeError, OverflowError):
        array = np.asarray("none")
    if array.dtype.kind not in "biuf":
        raise UsageError(f"the value of '{name}' is no array of numbers")
    if kind != "int":
        return array.astype(dtype, copy=False)
    with np.errstate(invalid="ignore"):
        integers = array.astype(np.int64)
    if not np.array_equal(array, integers):
        raise UsageError(f"'{name}' must be integers: it is used as an index or as labels")
    return integers


def _fit(name: str, value: np.ndarray[Any, Any], shape: tuple[int | str, ...], sizes: dict[str, int]) -> None:
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


def _program(graph: Graph, column: str) -> Program | None:
    """Give the kernels in order; None where a row has no spelling in the column."""
    key = (_program, column)
    if key not in graph.cache:
        made = [(i, n) for i, n in enumerate(graph.nodes) if n.op not in {"input", "const"}]
        spelled = all(getattr(OPS[n.op], column) for _, n in made)
        graph.cache[key] = [(i, kernel(n, column), n.operands) for i, n in made] if spelled else None
    program: Program | None = graph.cache[key]
    return program
