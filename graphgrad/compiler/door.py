"""The door of compiled code: what is given is looked at, in type and shape, before anything is computed.

Programs of arrays are looked at in every call. Programs of numbers are not, while they stay on their quick path: only
where the same lines run on NumPy. Modules that are saved have no door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.execute.feeds import fed

KINDS = {"float": "fiub", "int": "iu", "bool": "b"}  # letters of NumPy's types that an input takes as they are
NUMBER = frozenset({float, int})
MISSING = object()  # no value


def at_door(function: Callable[..., Any], graph: Graph, dtype: str) -> Callable[..., Any]:
    """Give a compiled function that looks at its inputs, UsageError and ShapeError as in a run; it takes a mapping too.

    Of a program of numbers the function itself is given, and what takes over for arrays is looked at.
    """
    if any(node.shape for node in graph.nodes):
        return _of_arrays(function, graph, dtype)
    namespace = getattr(function, "__globals__", {})
    name = f"_{getattr(function, '__name__', '')}_of_arrays"
    if name in namespace:
        namespace[name] = _of_points(namespace[name], graph, dtype)
    return function


def _of_arrays(function: Callable[..., Any], graph: Graph, dtype: str) -> Callable[..., Any]:
    """The function of a program of arrays behind one condition, written out so that it costs little."""
    names = list(graph.inputs)

    def otherwise(given: Mapping[str, Any]) -> Any:
        known = {name: value for name, value in given.items() if value is not MISSING}
        first = next(iter(known.values()), None)
        if len(known) == 1 and isinstance(first, Mapping):
            known = dict(first)
        elif len(known) == len(names):
            _refuse(graph, known, dtype)
            return function(**known)
        if known.keys() - graph.inputs.keys() or len(known) == len(names):
            _refuse(graph, known, dtype)
        return function(**known)

    free = {name: next(w for k in range(len(names) + 1) if (w := f"{name}{'_' * k}") not in names)
            for name in ("missing", "array", "known", "function", "otherwise")}  # fmt: skip
    given = ", ".join(f"{n!r}: {n}" for n in names)
    text = f"""def looked_at({", ".join(f"{n}={free['missing']}" for n in names)}):
    if {_condition(graph, free["array"], free["known"])}:
        return {free["function"]}({", ".join(names)})
    return {free["otherwise"]}({{{given}}})"""
    meant = (MISSING, np.ndarray, np.dtype(dtype), function, otherwise)
    namespace: dict[str, Any] = dict(zip(free.values(), meant, strict=True))
    exec(text, namespace)  # noqa: S102  (names of inputs and sizes alone)
    looked_at: Callable[..., Any] = namespace["looked_at"]
    return wraps(function)(looked_at)


def _condition(graph: Graph, array: str, known: str) -> str:
    """Whether values are plain arrays and numbers of the types and shapes that are wanted, in Python."""
    said, places = list[str](), dict[str, str]()
    for name, i in graph.inputs.items():
        node = graph.nodes[i]
        kind = f"{name}.dtype.kind in {KINDS[node.dtype]!r}"
        kind = f"({name}.dtype is {known} or {kind})" if node.dtype == "float" else kind
        plain = f"type({name}) is {array} and {kind} and "
        if all(isinstance(size, int) for size in node.shape):
            whole = f"{plain}{name}.shape == {node.shape!r}"
            said.append(whole if node.shape or node.dtype != "float" else f"(type({name}) is float or {whole})")
            continue
        sizes = [f"{name}.ndim == {len(node.shape)}"]
        for axis, size in enumerate(node.shape):
            place = f"{name}.shape[{axis}]"
            wanted = places.setdefault(size, place) if isinstance(size, str) else str(size)
            sizes += [f"{place} == {wanted}"] if wanted != place else []
        said.append(plain + " and ".join(sizes))
    return " and ".join(said) or "True"


def _refuse(graph: Graph, given: Mapping[str, Any], dtype: str) -> None:
    """Raise what a run would say of the values; nothing where it takes them. JAX's own arrays JAX looks at."""
    if not any(hasattr(value, "aval") for value in given.values()):
        fed(graph, given, np.dtype(dtype))


def _of_points(function: Callable[..., Any], graph: Graph, dtype: str) -> Callable[..., Any]:
    """The function of a program of numbers at many points: results have the shape of the points."""
    alone = {name: (graph.nodes[i].dtype, Graph((graph.nodes[i],), {name: 0}, {})) for name, i in graph.inputs.items()}

    @wraps(function)
    def looked_at(*args: Any) -> Any:
        for (name, (kind, program)), value in zip(alone.items(), args, strict=True):
            if type(value) not in NUMBER and not (type(value) is np.ndarray and value.dtype.kind in KINDS[kind]):
                _refuse(program, {name: value}, dtype)
        shape = np.broadcast_shapes(*map(np.shape, args))
        found = function(*args)
        return _shaped(found, shape, dtype) if shape else found

    return looked_at


def _shaped(found: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """Results in the shape of the points, where they are one number for all."""
    if isinstance(found, tuple):
        return tuple(_shaped(part, shape, dtype) for part in found)
    if isinstance(found, dict):
        return {name: _shaped(part, shape, dtype) for name, part in found.items()}
    if np.shape(found) == shape:
        return found
    return np.full(shape, found, dtype if type(found) in NUMBER else np.asarray(found).dtype)
