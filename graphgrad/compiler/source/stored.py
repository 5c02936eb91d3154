"""Constant arrays of a program, as statements that make them once: small ones readable, large ones packed."""

from __future__ import annotations

import base64
import textwrap
import zlib
from collections.abc import Sequence

from graphgrad.compiler.source.lines import WIDTH
from graphgrad.core.constants import ConstantArray
from graphgrad.core.graph import Graph

READABLE = 1000  # entries that are written as numbers


def arrays(graph: Graph) -> dict[int, ConstantArray]:
    """The constant arrays of a graph, by node."""
    return {i: n.value for i, n in enumerate(graph.nodes) if n.op == "const" and n.shape}


def packed(graph: Graph) -> bool:
    """Whether a program has an array that is too large to be read."""
    return any(value.array.size > READABLE for value in arrays(graph).values())


def stored(graph: Graph, labels: Sequence[str], dtype: str, *, integers: str = "int64") -> list[str]:
    """Give the statements that make the arrays, by their labels.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("x * np.array([1, 0.5])", x=2)
    >>> stored(g, g.labels, "float32")
    ['v1 = np.array([1.0, 0.5], np.float32)']
    """
    return [line for i, value in arrays(graph).items() for line in made_once(labels[i], value, dtype, integers)]


def made_once(name: str, value: ConstantArray, dtype: str, integers: str = "int64") -> list[str]:
    """Give the lines of the statement that makes one array."""
    array, kind = value.array, {"float": dtype, "int": integers, "bool": "bool_"}[value.dtype]
    if array.size > READABLE:
        text = base64.b85encode(zlib.compress(array.astype(kind.rstrip("_")).tobytes(), 9)).decode()
        return [
            f'{name} = np.frombuffer(zlib.decompress(base64.b85decode("{text}")), np.{kind}).reshape({array.shape})'
        ]
    written = repr(array.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
    one = f"{name} = np.array({written}, np.{kind})"
    if len(one) <= WIDTH:
        return [one]
    rows = textwrap.wrap(written, WIDTH - 8)
    return [f"{name} = np.array(", *(f"    {row}" for row in rows[:-1]), f"    {rows[-1]},", f"    np.{kind},", ")"]
