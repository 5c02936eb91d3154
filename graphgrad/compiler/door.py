"""The door of compiled code: what is given is looked at, in type and shape, before anything is computed.

Programs of arrays are looked at in every call. Programs of numbers are not, while they stay on their quick path: only
where the same lines run on NumPy. Modules that are saved have no door.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np

from graphgrad.compiler.source.results import arranged
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph, normal
from graphgrad.core.shapes import show
from graphgrad.execute.feeds import fed

KINDS = {"float": "fiub", "int": "iu", "bool": "b"}  # letters of NumPy's types that an input takes as they are
PLAIN = {"float": float, "int": int, "bool": bool}
NUMBER = frozenset({float, int})
MISSING = object()  # no value


def at_door(
    function: Callable[..., Any], graph: Graph, dtype: str, returns: str, *, arrays: bool
) -> Callable[..., Any]:
    """Give a compiled function that looks at its inputs, UsageError and ShapeError as in a run; it takes a mapping too.

    Of a program of numbers the function itself is given, where its quick path leads to a function of arrays, and that
    one is looked at. A target without `arrays` computes many points one by one.
    """
    if not graph.inputs:
        return _of_nothing(function)
    if any(node.shape for node in graph.nodes):
        return _of_arrays(function, graph, dtype)
    namespace = getattr(function, "__globals__", {})
    name = f"_{getattr(function, '__name__', '')}_of_arrays"
    if name not in namespace:
        return _of_numbers(
            function, graph, _of_points(function if arrays else _one_by_one(function, graph, returns), graph, dtype)
        )
    namespace[name] = _of_points(namespace[name], graph, dtype, function)
    plain: Any = function
    plain.__defaults__ = (MISSING,) * len(graph.inputs)
    return function


def _of_nothing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a program of constants, of nothing or of an empty mapping."""

    @wraps(function)
    def looked_at(*given: Any, **named: Any) -> Any:
        if named or any(not isinstance(part, Mapping) or part for part in given):
            raise UsageError("the program has no inputs, and was given values")
        return function()

    return looked_at


def _of_numbers(function: Callable[..., Any], graph: Graph, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """The function of numbers behind one condition; anything else is looked at."""
    names, free = list(graph.inputs), _free(graph, "missing", "function", "otherwise", "type", "float")
    given = ", ".join(names)
    text = f"""def looked_at({", ".join(f"{n}={free['missing']}" for n in names)}):
    if {" and ".join(f"{free['type']}({n}) is {free['float']}" for n in names) or "True"}:
        return {free["function"]}({given})
    return {free["otherwise"]}({given})"""
    namespace: dict[str, Any] = dict(zip(free.values(), (MISSING, function, otherwise, type, float), strict=True))
    exec(text, namespace)  # noqa: S102  (names of inputs alone)
    looked_at: Callable[..., Any] = namespace["looked_at"]
    return wraps(function)(looked_at)


def _free(graph: Graph, *wanted: str) -> dict[str, str]:
    """Names that no input has."""
    names = graph.inputs.keys()
    return {w: next(n for k in range(len(names) + 1) if (n := f"{w}{'_' * k}") not in names) for w in wanted}


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

    free = _free(graph, "missing", "array", "known", "function", "otherwise", "type", "float")
    given = ", ".join(f"{n!r}: {n}" for n in names)
    text = f"""def looked_at({", ".join(f"{n}={free['missing']}" for n in names)}):
    if {_condition(graph, free)}:
        return {free["function"]}({", ".join(names)})
    return {free["otherwise"]}({{{given}}})"""
    meant = (MISSING, np.ndarray, np.dtype(dtype), function, otherwise, type, float)
    namespace: dict[str, Any] = dict(zip(free.values(), meant, strict=True))
    exec(text, namespace)  # noqa: S102  (names of inputs and sizes alone)
    looked_at: Callable[..., Any] = namespace["looked_at"]
    return wraps(function)(looked_at)


def _condition(graph: Graph, free: Mapping[str, str]) -> str:
    """Whether values are plain arrays and numbers of the types and shapes that are wanted, in Python."""
    said, places = list[str](), dict[str, str]()
    array, known, of, number = (free[name] for name in ("array", "known", "type", "float"))
    for name, i in graph.inputs.items():
        node = graph.nodes[i]
        kind = f"{name}.dtype.kind in {KINDS[node.dtype]!r}"
        kind = f"({name}.dtype is {known} or {kind})" if node.dtype == "float" else kind
        plain = f"{of}({name}) is {array} and {kind} and "
        if all(isinstance(size, int) for size in node.shape):
            whole = f"{plain}{name}.shape == {node.shape!r}"
            said.append(whole if node.shape or node.dtype != "float" else f"({of}({name}) is {number} or {whole})")
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


def _of_points(
    function: Callable[..., Any], graph: Graph, dtype: str, quick: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """The function of a program of numbers at many points: results have the shape of the points.

    Values in one mapping go to the `quick` function.
    """
    alone = {name: (graph.nodes[i].dtype, Graph((graph.nodes[i],), {name: 0}, {})) for name, i in graph.inputs.items()}

    @wraps(function)
    def looked_at(*args: Any) -> Any:
        if args and isinstance(args[0], Mapping) and all(value is MISSING for value in args[1:]):
            return (quick or looked_at)(*_in_order(graph, args[0]))
        if any(value is MISSING for value in args):
            _in_order(graph, {name: v for name, v in zip(alone, args, strict=True) if v is not MISSING})
        if any(hasattr(value, "aval") for value in args):  # JAX's own
            return function(*args)
        values = list(args)
        for k, ((name, (kind, program)), value) in enumerate(zip(alone.items(), args, strict=True)):
            if type(value) is not PLAIN[kind] and not (type(value) is np.ndarray and value.dtype.kind in KINDS[kind]):
                (values[k],) = fed(program, {name: value}, np.dtype(dtype))
        shape = _common(values)
        found = function(*values)
        return _shaped(found, shape, dtype) if shape else found

    return looked_at


def _common(args: Sequence[Any]) -> tuple[int, ...]:
    """The shape of the points."""
    try:
        return np.broadcast_shapes(*map(np.shape, args))
    except ValueError:
        shapes = sorted({np.shape(value) for value in args})
        raise ShapeError(f"points must come in arrays of one shape, not {' and '.join(map(show, shapes))}") from None


def _in_order(graph: Graph, given: Mapping[str, Any]) -> list[Any]:
    """The values of a mapping, in the inputs' order; UsageError for one that is missing, or none of theirs."""
    known = {normal(name): value for name, value in given.items()}
    for name in known:
        graph.input(name)
    if missing := [name for name in graph.inputs if name not in known]:
        raise UsageError(f"no value for '{missing[0]}'", hint=f"give one, as in {missing[0]}=0.5")
    return [known[name] for name in graph.inputs]


def _one_by_one(function: Callable[..., Any], graph: Graph, returns: str) -> Callable[..., Any]:
    """A function of numbers at many points."""
    nothing = [PLAIN[graph.nodes[i].dtype]() for i in graph.outputs.values()]

    def at_points(*args: Any) -> Any:
        points = np.broadcast_arrays(*args) if args else []
        if not any(part.shape for part in points):
            return function(*[part.item() for part in points])
        found = [function(*point) for point in zip(*[part.ravel().tolist() for part in points], strict=True)]
        return _gathered(found, points[0].shape) if found else arranged(graph, returns, nothing)

    return at_points


def _gathered(found: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Results at points as one result of arrays."""
    first = found[0]
    if isinstance(first, tuple):
        return tuple(_gathered(part, shape) for part in zip(*found, strict=True))
    if isinstance(first, dict):
        return {name: _gathered([part[name] for part in found], shape) for name in first}
    return np.reshape(np.array(found), shape)


def _shaped(found: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """Results in the shape of the points, where they are one number for all."""
    if isinstance(found, tuple):
        return tuple(_shaped(part, shape, dtype) for part in found)
    if isinstance(found, dict):
        return {name: _shaped(part, shape, dtype) for name, part in found.items()}
    if np.shape(found) == shape:
        return found
    if hasattr(found, "aval"):
        return found + np.zeros(shape, found.dtype)
    return np.full(shape, found, dtype if type(found) in NUMBER else np.asarray(found).dtype)
