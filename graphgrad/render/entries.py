"""Single entries of arrays, written out in numbers: what one neuron computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.latex import tex_name
from graphgrad.render.heat import LARGEST
from graphgrad.render.numerals import numeral
from graphgrad.render.scene import Math

MOST_TERMS = 8


def entries(graph: Graph, values: Sequence[Any]) -> Mapping[int, list[Math]]:
    """For every array that is drawn cell by cell, each entry as a line: a sum of products, or an operation, in numbers.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("W @ x", W=(1, 2), x=2)
    >>> entries(g, [np.array([[2.0, 3.0]]), np.array([1.0, -1.0]), np.array([-1.0])])[2][0].text
    'z[0] = 2 × 1 + 3 × (−1) = −1'
    """
    found = {}
    for i, node in enumerate(graph.nodes):
        value = np.asarray(values[i])
        if node.operands and node.shape and value.ndim <= 2 and max(value.shape) <= LARGEST and value.size:
            operands = [np.asarray(values[o]) for o in node.operands]
            if lines := _lines(graph, i, value, operands):
                found[i] = lines
    return found


def _lines(graph: Graph, i: int, value: Any, operands: list[Any]) -> list[Math]:
    op = OPS[graph.nodes[i].op]
    lines = []
    for place in product(*map(range, value.shape)):
        if op.name == "matmul":
            a, b = operands
            row, column = a[place[0]] if a.ndim > 1 else a, b[..., place[-1]] if b.ndim > 1 else b
            if len(row) > MOST_TERMS:
                return []
            terms = [(_number(x), _number(y, guard=True)) for x, y in zip(row, column, strict=True)]
            tex = " + ".join(rf"{_guarded(x.tex, k)} \times {y.tex}" for k, (x, y) in enumerate(terms))
            text = " + ".join(f"{_guarded(x.text, k)} × {y.text}" for k, (x, y) in enumerate(terms))
        elif op.elementwise and not graph.nodes[i].attrs and "$" not in op.tex and len(operands) == 1:
            x = _number(operands[0][place])
            tex, text = rf"{op.tex}\left({x.tex}\right)", f"{op.name}({x.text})"
        elif op.name in {"add", "sub", "mul"}:
            x, y = (np.broadcast_to(o, value.shape)[place] for o in operands)
            sign = {"add": ("+", "+"), "sub": ("-", "−"), "mul": (r"\times", "×")}[op.name]
            first, second = _number(x), _number(y, guard=True)
            tex, text = f"{first.tex} {sign[0]} {second.tex}", f"{first.text} {sign[1]} {second.text}"
        else:
            return []
        name, result = graph.label(i), _number(value[place])
        index = ",".join(map(str, place))
        head = rf"{{{tex_name(name)}}}\left[{index}\right]"
        lines.append(Math(f"{head} = {tex} = {result.tex}", f"{name}[{index}] = {text} = {result.text}"))
    return lines


def _number(x: float, *, guard: bool = False) -> Math:
    number = numeral(x)
    return Math(f"({number.tex})", f"({number})") if guard and number.negative else Math(number.tex, str(number))


def _guarded(written: str, k: int) -> str:
    """A negative first factor of a later term in parentheses."""
    return f"({written})" if k and written[0] in "-−" else written
