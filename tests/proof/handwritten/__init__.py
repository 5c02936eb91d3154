"""Backward passes as people hand them in: each beside its forward pass, and faults that are planted by text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Pair(NamedTuple):
    """A forward pass, its vector-Jacobian product, shapes of the inputs, and faults: what is written, and wrongly."""

    forward: Callable[..., Any]
    vjp: Callable[..., Any]
    shapes: Mapping[str, Any]
    faults: tuple[tuple[str, str], ...]


def planted(pair: Pair, fault: tuple[str, str]) -> Callable[..., Any]:
    """Make the product with one fault."""
    source = inspect.getsource(pair.vjp)
    right, wrong = fault
    assert source.count(right) == 1, f"{pair.vjp.__name__}: {right!r} stands {source.count(right)} times"
    space = dict(pair.vjp.__globals__)
    exec(compile(source.replace(right, wrong), f"<{pair.vjp.__name__}>", "exec"), space)  # noqa: S102
    return space[pair.vjp.__name__]
