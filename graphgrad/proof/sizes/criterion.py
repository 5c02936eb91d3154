"""When an identity holds for every size of a dimension.

The entries along it are taken as k classes of equal entries, m_j of class j: sums are weighted, the size is the sum of
the m_j, and the derivative with respect to an entry of class j is 1/m_j of the derivative with respect to the class.
Let an identity hold for all real m_j, and have A different sums over the dimension, the size and those that the
derivatives bring among them. As functions of an entry they are linearly independent, or some of them follow from the
others; so A classes can be chosen that their values in these are an invertible matrix, and as the m_j run the sums
take all values near a point, whatever entry the one class is that is left. What is analytic in the sums and zero there
is zero wherever it has a value: k = A + 1 classes prove every size. Conditions on entries part them, and are proved
case by case; conditions on the size or on sums part these, and then nothing is concluded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from graphgrad.core.graph import Graph
from graphgrad.proof.normal_form.equality import proved_equal
from graphgrad.proof.readings.functions import lifted
from graphgrad.proof.readings.text import Reading, statements, symbols_of
from graphgrad.proof.scalars.derivative import gradient, order
from graphgrad.proof.scalars.symbols import ONE, PIECES, Sym, SymbolsLost, var
from graphgrad.proof.sizes.chosen import SIZE
from graphgrad.proof.sizes.classes import Classes, Entries, Labels, N, Unlike, functions, like, plain

MOST = 9  # classes
Value = Callable[["ClassProgram"], Any]  # what is claimed, in the functions and names of a setting


class ClassProgram:
    """A program on classes: its inputs, its named values, and what its functions mean."""

    def __init__(self, shapes: Mapping[str, Sequence[Any]], labels: Mapping[str, int], count: int) -> None:
        self.classes = Classes([var(f"entries of class {j}") for j in range(count)])
        self.functions = functions(self.classes)
        self.names: dict[str, Any] = {name: self._input(name, axes) for name, axes in shapes.items()}
        self.names[SIZE] = plain(lifted(self.classes.size))
        self.names |= {name: self._labels(name, shapes[name], bound) for name, bound in labels.items()}

    def _input(self, name: str, axes: Sequence[Any]) -> Entries:
        shape = tuple(len(self.classes.weights) if n == N else n for n in axes)
        return Entries(symbols_of(name, shape), tuple(axes))

    def _labels(self, name: str, axes: Sequence[Any], bound: int) -> Labels:
        """Labels as rows of numbers that add up to 1, of which one-hot rows are some."""
        rows = self._input(name, (*axes, bound))
        others = [-entry for entry in np.moveaxis(rows.values, -1, 0)[:-1]]
        last = lifted(np.asarray(sum(others, ONE), dtype=object))
        return Labels(np.concatenate([rows.values[..., :-1], last[..., None]], axis=-1), rows.axes)

    def read(self, text: str) -> Entries:
        """A text's value; its named values are known from then on."""
        value: Any = None
        for target, expression, _ in statements(text):
            value = ClassReading(self.names, self.functions).of(expression)
            self.names |= {target: value} if target else {}
        return plain(value)

    def run(self, graph: Graph, node: int) -> Entries:
        """A node's value, by the graph."""
        values: list[Any] = []
        for made in graph.nodes[: node + 1]:
            if made.op == "input":
                values.append(self.names[made.value])
            elif made.op == "const":
                values.append(plain(lifted(made.value)))
            elif made.op in self.functions:
                values.append(self.functions[made.op](*[values[i] for i in made.operands], **dict(made.attrs)))
            else:
                raise Unlike(f"'{made.op}' treats entries unlike each other")
        return plain(values[node])


class ClassReading(Reading):
    """Evaluates one expression on classes."""

    def _subscript(self, value: Any, key: ast.expr) -> Any:
        value = plain(value)
        if N not in value.axes:
            return plain(super()._subscript(value.values, key))
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        chosen: list[slice | None] = []
        axes, left = list[Any](), list(value.axes)
        for part in parts:
            match part:
                case ast.Constant(value=None):
                    chosen.append(None)
                    axes.append(1)
                case ast.Slice(lower=None, upper=None, step=None) if left:
                    chosen.append(slice(None))
                    axes.append(left.pop(0))
                case _:
                    raise Unlike("a part of the dimension")
        return Entries(value.values[tuple(chosen)], (*axes, *left))


def holds_for_every_size(  # noqa: PLR0913, PLR0917  (what an identity is made of)
    source: str,
    shapes: Mapping[str, Sequence[Any]],
    labels: Mapping[str, int],
    wrt: str,
    claimed: Value,
    deadline: float,
) -> bool:
    """Whether a claimed gradient is proved for every size of the dimension that shapes call N.

    `labels` tells of inputs of labels how many there are.
    """
    with suppress(SymbolsLost, KeyError, TypeError, IndexError, ValueError, RecursionError):
        count = 2
        while count <= MOST:
            setting = ClassProgram(shapes, labels, count)
            pairs, wanted = _identity(setting, source, wrt, claimed)
            if wanted is None:
                return False
            if count > wanted:
                return bool(proved_equal(pairs, deadline))
            count = wanted + 1
    return False


def _identity(setting: ClassProgram, source: str, wrt: str, claimed: Value) -> tuple[list[tuple[Sym, Sym]], int | None]:
    """Claim and truth for one entry of the first class, and how many sums there are; None where that says nothing."""
    result = setting.read(source)
    if result.axes:
        raise Unlike("the output is no single number")
    inner = list(setting.classes.sums.values())
    within = sum(len({id(n) for n in order([a])} & {id(b) for b in inner if b is not a}) for a in inner)
    x = setting.names[wrt]
    entries = list(np.ravel(x.values))
    slopes = np.empty(len(entries), dtype=object)
    slopes[:] = gradient(result.values[()], entries)
    true = Entries(slopes.reshape(x.shape), x.axes)
    claim = like(claimed(setting), x)
    first: list[Any] = [slice(None)] * len(x.axes)
    if N in x.axes:
        first[x.axes.index(N)] = 0
        true = Entries(true.values / setting.classes.weights[0], x.axes)
    pairs = list(zip(np.ravel(claim.values[tuple(first)]), np.ravel(true.values[tuple(first)]), strict=True))
    wanted, weights = 0, {id(m) for m in setting.classes.weights}
    for pair in pairs:
        nodes = order(pair)
        sums = {id(n) for n in nodes} & set(setting.classes.sums)
        if any(n.op in PIECES and not weights.isdisjoint(map(id, order(n.args))) for n in nodes):
            return [], None
        wanted = max(wanted, 1 + len(sums) + within + (0 if N in x.axes else len(inner)))
    return pairs, wanted
