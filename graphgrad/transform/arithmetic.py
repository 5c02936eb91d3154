"""Rules of plain arithmetic, lowered once: what is left to do for a node is to play a few steps.

Whatever the shapes, the text `2 * a` means the same applications; a text whose meaning depends on shapes or attributes
(`swap(a) @ g`, `sum(g, axis=axis)`) is lowered anew each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from graphgrad.core.builder import Builder
from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import GraphgradError
from graphgrad.core.graph import Node
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import Lowering, parsed


def build(builder: Builder, text: str, env: dict[str, Any], attrs: Mapping[str, Any]) -> int:
    """Build a rule's text on the nodes that `env` binds; `attrs` gives static values."""
    steps = _steps(text)
    if steps is None:
        return Lowering(builder, env, attrs).lower(parsed(text))
    values: list[int] = []
    for op, operands, value in steps:
        if op == "input":
            values.append(env[value] if value in env else builder.const(attrs[value]))
        elif op == "const":
            values.append(builder.const(value))
        else:
            values.append(builder.apply(op, *[values[i] for i in operands]))
    return values[-1]


@cache
def _steps(text: str) -> tuple[tuple[str, tuple[int, ...], Any], ...] | None:
    """Operations, operands among the steps, and the name or the constant; None where shapes or attributes matter."""
    builder = _Shapeless()

    def name(word: str) -> int | None:
        return None if word in CONSTANTS else builder.input(word)

    try:
        output = Lowering(builder, {}, {}, free=name).lower(parsed(text))
    except (GraphgradError, _ShapesMatterError):
        return None
    assert output == len(builder.nodes) - 1
    return tuple((op, operands, attrs[0][1] if attrs else None) for op, operands, attrs, _, _ in builder.nodes)


class _ShapesMatterError(Exception):
    """Not arithmetic."""


class _Shapeless(Builder):
    """A builder of elementwise applications alone, for operands of any shape."""

    def apply(self, op: str, *operands: int, **attrs: Any) -> int:
        if attrs or not OPS[op].elementwise:
            raise _ShapesMatterError
        return self._add(Node(op, operands, (), (), OPS[op].dtype))
