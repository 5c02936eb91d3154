"""What graphs, nodes and edges of networkx say: as JSON and GraphML have it, and read back from either, or by hand."""

from __future__ import annotations

import ast
import base64
import json
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from graphgrad.core.constants import ConstantArray
from graphgrad.core.errors import UsageError
from graphgrad.core.memory import refuse_array
from graphgrad.core.op import Op
from graphgrad.core.shapes import Slice

READABLE = 1000  # entries of an array that are written as numbers
WRITTEN = ("attrs", "shape", "names", "value", "outputs", "inputs")  # attributes that are JSON within GraphML


def told(dag: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries of attributes: the graph's, the nodes', the edges'."""
    yield dag.graph
    yield from (said for _, said in dag.nodes(data=True))
    yield from (said for *_, said in dag.edges(data=True))


def written(value: Any) -> Any:
    """An attribute as JSON has it: tuples are lists, a slice and an array say that they are one.

    >>> written((Slice(1, None, None), 0))
    [{'slice': [1, None, None]}, 0]
    """
    match value:
        case Slice():
            return {"slice": list(value)}
        case tuple() | list():
            return [written(part) for part in value]
        case dict():
            return {key: written(part) for key, part in value.items()}
        case ConstantArray():
            return _array_written(value)
        case float() if type(value) is not float:  # a named constant
            return str(value)
    return value


def read_back(value: Any) -> Any:
    """An attribute, of JSON or by hand: lists are tuples, slices and arrays are ours.

    >>> read_back([{"slice": [1, None, None]}, slice(0, 2), [3]])
    (Slice(start=1, stop=None, step=None), Slice(start=0, stop=2, step=None), (3,))
    """
    match value:
        case {"slice": [start, stop, step]} | slice(start=start, stop=stop, step=step):
            return Slice(start, stop, step)
        case {"array": _}:
            return _array_read(value)
        case list() | tuple() if not isinstance(value, Slice):
            return tuple(read_back(part) for part in value)
        case dict():
            return {key: read_back(part) for key, part in value.items()}
        case np.generic():
            return value.item()
    return value


def attributes(said: Mapping[str, Any], row: Op) -> Any:
    """The attributes of an operation that a node states, in its `attrs` or beside them.

    >>> from graphgrad.core.ops import OPS
    >>> attributes({"op": "sum", "axis": "[0, 1]"}, OPS["sum"]), attributes({"attrs": {"axis": [0]}}, OPS["sum"])
    ({'axis': (0, 1)}, {'axis': (0,)})
    """
    given = _of_text(said.get("attrs") or {})
    beside = {key: _of_text(said[key]) for key in row.attrs if key in said}
    found = read_back({**beside, **given} if isinstance(given, Mapping) else given)
    if isinstance(found, dict) and "key" in found:
        key = found["key"]
        found["key"] = tuple(map(_sliced, key)) if isinstance(key, tuple) and type(key) is tuple else (key,)
    return found


def _sliced(part: Any) -> Any:
    """A part of an index; three ends are a slice, which JSON makes a list."""
    return Slice(*part) if type(part) is tuple and len(part) == 3 else part


def shape_said(said: Any) -> Any:
    """A shape as a node states it; GraphML has text, "[2, 3]" or "N, 2".

    >>> shape_said("(N, 2)"), shape_said([3]), shape_said("[]")
    (('N', 2), (3,), ())
    """
    if not isinstance(said, str):
        return tuple(said) if isinstance(said, list) else said
    parts = [part.strip(" '\"") for part in said.strip("()[] ").split(",")]
    return tuple(int(part) if part.isdecimal() else part for part in parts if part)


def constant(value: Any) -> Any:
    """A constant as a node states it: a number, or nested lists and arrays of numbers or conditions.

    >>> constant([[1, 0], [0, 1]]), constant("[0.5]"), constant("pi")
    ([[1, 0], [0, 1]], [0.5], 'pi')
    """
    said, value = value, _of_text(value)
    if isinstance(said, str) and isinstance(value, float) and math.isinf(value) and "inf" not in said.lower():
        raise UsageError(f"the constant {said} is beyond float64", hint="write inf where infinity is meant")
    if isinstance(value, Mapping):
        value = read_back(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.shape):
        return value.item()
    if not isinstance(value, list | tuple | np.ndarray):
        return value
    try:
        return ConstantArray(np.asarray(value))
    except ValueError:
        raise UsageError("the rows of a constant differ in length") from None


def names_said(said: Any) -> tuple[Any, ...]:
    """Names as a node or a graph states them: one, or several.

    >>> names_said("w"), names_said('["w", "z"]'), names_said(["w"])
    (('w',), ('w', 'z'), ('w',))
    """
    found = _of_text(said)
    return tuple(found) if isinstance(found, list | tuple) else (said,)


def outputs_said(said: Any) -> Any:
    """The outputs as a graph states them: nodes by the outputs' names."""
    return _of_text(said)


def _of_text(value: Any) -> Any:
    """What a text of GraphML says in JSON, or in Python's spelling; the text where it says nothing so."""
    if not isinstance(value, str):
        return value
    for read in _READINGS:
        try:
            return read(value)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
    return value


_READINGS: tuple[Callable[[str], Any], ...] = (json.loads, ast.literal_eval)


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
        size = math.prod(shape) * dtype.itemsize
        bits = zlib.decompressobj().decompress(base64.b64decode(said["packed"]), size + 1)
        return ConstantArray(np.frombuffer(bits, dtype).reshape(shape))
    except (KeyError, TypeError, ValueError, OverflowError, zlib.error):
        raise UsageError("a constant of this file is no array", hint="it has array, shape, and entries") from None
