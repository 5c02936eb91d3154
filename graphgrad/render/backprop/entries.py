"""Single entries of arrays, written out in numbers: what one neuron computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.notation.indices import Index
from graphgrad.frontend.notation.spelling import Written
from graphgrad.frontend.notation.tex import TEX
from graphgrad.frontend.notation.writer import labels
from graphgrad.render.drawing.heat import LARGEST
from graphgrad.render.scene.scene import Equal, Math, Phrase, Value

MOST_TERMS = 8
PLUS, TIMES = Math(" + ", " + "), Math(r" \times ", " × ")
SIGNS = {"add": PLUS, "sub": Math(" - ", " − "), "mul": TIMES}


def entries(graph: Graph, values: Sequence[Any]) -> Mapping[int, list[Phrase]]:
    """For every array that is drawn cell by cell, each entry as a line: a sum of products, or an operation, in numbers.

    >>> from graphgrad.frontend.parse import parse
    >>> from graphgrad.render.scene.scene import text
    >>> g, values = parse("W @ x", W=(1, 2), x=2), [np.array([[2.0, 3.0]]), np.array([1.0, -1.0]), np.array([-1.0])]
    >>> text(entries(g, values)[2][0], values)
    'z[0] = 2 × 1 + 3 × (−1) = −1'
    """
    found = {}
    for i, node in enumerate(graph.nodes):
        value = np.asarray(values[i])
        if node.operands and node.shape and value.ndim <= 2 and max(value.shape) <= LARGEST and value.size:
            found[i] = list(_lines(graph, i, values))
    return {i: lines for i, lines in found.items() if lines}


def _lines(graph: Graph, i: int, values: Sequence[Any]) -> Iterator[Phrase]:
    node, shape = graph.nodes[i], np.shape(values[i])
    op, shapes = OPS[node.op], [np.shape(values[o]) for o in node.operands]
    counted = [np.arange(prod(size)).reshape(size) for size in shapes]  # an operand's entries by their numbers

    def entry(slot: int, number: int, *, guard: bool) -> Value:
        return Value(node.operands[slot], guard, int(number) if shapes[slot] else "")

    for k, place in enumerate(product(*map(range, shape))):
        said: Phrase = ()
        if op.name == "matmul":
            a, b = counted
            row, column = a[place[0]] if a.ndim > 1 else a, b[..., place[-1]] if b.ndim > 1 else b
            if len(row) > MOST_TERMS:
                return
            for x, y in zip(row, column, strict=True):
                said += (PLUS,) if said else ()
                said += entry(0, x, guard=bool(said)), TIMES, entry(1, y, guard=True)
        elif op.elementwise and not node.attrs and "$" not in op.tex and len(counted) == 1:
            said = Math(op.tex + "(", f"{op.name}("), entry(0, counted[0][place], guard=False), Math(")", ")")
        elif op.name in SIGNS:
            x, y = (np.broadcast_to(c, shape)[place] for c in counted)
            said = entry(0, x, guard=False), SIGNS[op.name], entry(1, y, guard=True)
        else:
            return
        name = graph.label(i)
        tex = TEX.entry(Written(labels(graph)[name]), [Index(start=p) for p in place]).text
        head, result = Math(tex, f"{name}[{', '.join(map(str, place))}]"), Value(i, part=k)
        shown = tuple(piece for piece in said if isinstance(piece, Value))
        yield head, Equal(shown), *said, Equal((*shown, result)), result
