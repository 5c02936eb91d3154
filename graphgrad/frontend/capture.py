"""The second door: an ordinary NumPy function, run once on handles that stand for its arguments.

NumPy asks its arguments before it computes (NEP 13 for ufuncs, NEP 18 for functions), and a handle answers with a node:
the row of the table that goes by the function's name. No value is ever computed.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import numpy as np

from graphgrad.core.builder import Builder
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.handle import Handle, node_of
from graphgrad.frontend.parse import declaration, free_output_name


def capture(function: Callable[..., Any], shapes: Mapping[str, Any] | None = None, /, **more: Any) -> Graph:
    """Give the graph of what a NumPy function computes.

    The function's parameters become the inputs, in order; one with a default keeps it, and is a Python constant, unless
    its shape is given. Shapes are given as to `parse`; `p=[(2, 4), (4,)]` declares a list of arrays, the inputs `p_0`
    and `p_1`. The function's local variables name the nodes. It may use operators, methods, indexing, ufuncs, NumPy's
    array functions, and Python of any kind that does not look at values: `if x > 0`, `float(x)` and `math.log(x)` raise
    UsageError, as does a NumPy function that is not in the table.
    ShapeError where shapes do not fit.

    >>> import numpy as np
    >>> print(capture(lambda x1, x2: np.log(x1 * x2) * np.sin(x2)))
    log(x1 * x2) * sin(x2)
    >>> def layer(X, W, b):
    ...     h = X @ W.T + b
    ...     return np.tanh(h).sum(axis=0)
    >>> print(capture(layer, X=("N", 2), W=(4, 2), b=4))
    h = X @ W.T + b
    z = sum(tanh(h), axis=0)
    """
    builder = Builder()
    declared = {**(shapes or {}), **more}
    positional, keywords = _arguments(function, builder, declared)
    result, local = _call(function, positional, keywords)
    if not isinstance(result, Handle | int | float | np.number):
        raise UsageError(f"the function returned {_said(result)}", hint="return one value, made from the parameters")
    output = node_of(builder, result)
    for name, value in local.items():
        if isinstance(value, Handle) and value.builder is builder and builder.inputs.get(name) != value.node:
            builder.name(value.node, name)
    named = builder.names.get(output, ("",))[-1]
    return builder.build({named or free_output_name({*builder.inputs, *local}): output})


def _arguments(
    function: Callable[..., Any], builder: Builder, declared: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Give a handle for every parameter, as positional and keyword arguments."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        raise UsageError(f"{function!r} tells no parameters", hint="wrap it, as in lambda x: f(x)") from None
    if unknown := [name for name in declared if name not in parameters]:
        raise UsageError(
            f"the function has no parameter '{unknown[0]}'", hint=f"it has {', '.join(parameters) or 'none'}"
        )
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            raise UsageError(f"the function takes any number of arguments, *{name}", hint="give it named parameters")
        if parameter.default is not parameter.empty and name not in declared:
            continue
        handle = _handles(builder, name, declared[name]) if name in declared else Handle(builder, builder.input(name))
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(handle)
        else:
            keywords[name] = handle
    return positional, keywords


def _handles(builder: Builder, name: str, said: Any) -> Any:
    """Give a handle for a declared parameter, or a list of them where it is declared as a list of shapes."""
    if isinstance(said, list) and any(isinstance(part, tuple | list) for part in said):
        return [_handles(builder, f"{name}_{k}", part) for k, part in enumerate(said)]
    return Handle(builder, builder.input(name, *declaration(name, said)))


def _call(function: Callable[..., Any], positional: list[Any], keywords: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Call a function; gives its result and what its local variables were when it returned."""
    code, local = getattr(function, "__code__", None), dict[str, Any]()

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            local.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        return function(*positional, **keywords), local
    except (TypeError, ValueError) as error:  # NumPy's, of an array that a captured value was to be put into
        if isinstance(error.__cause__, UsageError):
            raise UsageError("a captured value cannot be put into a NumPy array", hint=_COLLECT) from None
        raise
    finally:
        sys.setprofile(before)


_COLLECT = "collect the parts in a list, and np.stack(parts); or add up what a loop computes"


def _said(result: Any) -> str:
    return "nothing" if result is None else f"a {type(result).__name__}"
