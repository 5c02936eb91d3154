"""Constant arrays of a program, which are made once: small ones readable, large ones packed."""

from __future__ import annotations

import base64
import textwrap
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from graphgrad.compiler.source.lines import WIDTH
from graphgrad.core.constants import ConstantArray
from graphgrad.core.graph import Graph

STORED = "stored array"  # the operation of a statement that makes one
READABLE = 1000  # entries that are written as numbers


class Kinds(NamedTuple):
    """The types of a module's arrays, and what NumPy is called there."""

    floats: str
    integers: str = "int64"
    np: str = "np"


def arrays(graph: Graph) -> dict[int, ConstantArray]:
    """The constant arrays of a graph, by node."""
    return {i: n.value for i, n in enumerate(graph.nodes) if n.op == "const" and n.shape}


def needed(graph: Graph) -> list[str]:
    """The imports of modules with arrays that are packed."""
    return ["import base64", "import zlib"] if any(v.array.size > READABLE for v in arrays(graph).values()) else []


def stored(graph: Graph, labels: Sequence[str], kinds: Kinds) -> list[str]:
    """Give the lines that make the arrays, by their labels.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("x * np.array([1, 0.5])", x=2)
    >>> stored(g, g.labels, Kinds("float32"))
    ['v1 = np.array([1.0, 0.5], np.float32)']
    """
    return [line for i, value in arrays(graph).items() for line in made_once(labels[i], value, kinds)]


def made_once(name: str, value: ConstantArray, kinds: Kinds) -> list[str]:
    """Give the lines of the statement that makes one array."""
    array, np = value.array, kinds.np
    kind = {"float": kinds.floats, "int": kinds.integers, "bool": "bool_"}[value.dtype]
    if array.size > READABLE:
        text = base64.b85encode(zlib.compress(array.astype(kind.rstrip("_")).tobytes(), 9)).decode()
        made = f'{np}.frombuffer(zlib.decompress(base64.b85decode("{text}")), {np}.{kind})'
        return [f"{name} = {made}.reshape({array.shape})"]
    written = repr(array.tolist()).replace("inf", f"{np}.inf").replace("nan", f"{np}.nan")
    one = f"{name} = {np}.array({written}, {np}.{kind})"
    if len(one) <= WIDTH:
        return [one]
    rows = textwrap.wrap(written, WIDTH - 8)
    return [f"{name} = {np}.array(", *(f"    {row}" for row in rows[:-1]), f"    {rows[-1]},", f"    {np}.{kind},", ")"]
