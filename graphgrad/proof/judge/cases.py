"""From graphs to cases: small shapes, symbols for every entry, labels that differ and repeat, both readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.errors import ShapeError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program
from graphgrad.proof.judge.assumed import NOTHING, Assumed, assumed
from graphgrad.proof.judge.case import Case, partials
from graphgrad.proof.judge.names import names_known
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.readings import table
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.heads import without_head
from graphgrad.proof.readings.text import decimals, read, symbols_of
from graphgrad.proof.scalars.derivative import gradient
from graphgrad.proof.scalars.symbols import Sym
from graphgrad.transform.grad import derivative_name, differentiable, reverse


@dataclass
class Examined:
    """A program at the shapes it is examined at: its inputs as symbols, its output, and graphgrad's own gradient."""

    graph: Graph
    inputs: Mapping[str, Array]
    true: Sym
    primal: Sym
    gradients: Mapping[str, Array]
    assumed: Assumed = NOTHING

    def variables(self) -> list[str]:
        """The names of all symbols."""
        return [x.value for name in differentiable(self.graph) for x in np.ravel(self.inputs[name])]

    def case(self, name: str, claimed: Array, deadline: float, normal: Normal | None = None) -> Case:
        """The case of a claimed gradient with respect to one input."""
        places = list(np.ndindex(*np.shape(self.inputs[name])))
        true, given = (list(np.ravel(side[name])) for side in (self.slopes, self.gradients))
        own = partials(self.true, np.ravel(self.inputs[name]))
        claims, names = list(np.ravel(claimed)), self.variables()
        return Case(claims, true, given, places, names, deadline, normal, self.true, own, self.assumed)

    @cached_property
    def slopes(self) -> dict[str, Array]:
        """The true gradients, of all inputs at once."""
        return slopes(self.true, {name: self.inputs[name] for name in differentiable(self.graph)})


def examine(graph: Graph, given: Sequence[str] = (), atol: float = 0.0) -> Examined:
    """Read a scalar program both ways, at shapes of numbers; ShapeError where its output is no scalar."""
    inputs = symbols(graph)
    primal = entry(read(source_of(graph), inputs)[-1][1], graph)
    derived, _ = reverse(graph)
    values = table.values(derived, inputs, decimals(source_of(graph)))
    output = next(iter(graph.outputs))
    gradients = {n: values[derived.outputs[derivative_name(output, n)]] for n in differentiable(graph)}
    true = entry(values[derived.output], graph)
    return Examined(graph, inputs, primal, true, gradients, assumed(given, inputs, atol))


def slopes(output: Sym, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The true derivatives of a scalar, by input, in the input's shape."""
    found = iter(gradient(output, [x for a in inputs.values() for x in np.ravel(a)]))
    shaped = {name: np.empty(a.shape, dtype=object) for name, a in inputs.items()}
    for result in shaped.values():
        for place in np.ndindex(*result.shape):
            result[place] = next(found)
    return shaped


def entry(value: Array, graph: Graph) -> Sym:
    """The only entry of a scalar."""
    if np.ndim(value):
        raise ShapeError(f"the output of shape {np.shape(value)} is no single number", hint="sum it")
    result = np.asarray(value, dtype=object)[()]
    assert isinstance(result, Sym), graph
    return result


def source_of(graph: Graph) -> str:
    """The user's program, without its head; for a graph that came through another door, its printed program."""
    return without_head(graph.source, graph.given) if graph.source else program(graph)


def symbols(graph: Graph) -> dict[str, Array]:
    """An array of symbols for every input, and of labels for every integer one."""
    return {
        name: labels(graph, i) if graph.nodes[i].dtype == "int" else symbols_of(name, sizes_of(graph, i))
        for name, i in graph.inputs.items()
    }


def labels(graph: Graph, node: int) -> Array:
    """Labels below the number of classes, first and last among them, with repetitions where there is room."""
    bound = classes_of(graph, node)
    shape = sizes_of(graph, node)
    order = [0, bound - 1, *range(1, max(bound - 1, 1)), bound - 1]
    return np.array([order[k % len(order)] for k in range(prod(shape))], dtype=np.int64).reshape(shape)


def classes_of(graph: Graph, node: int) -> int:
    """How many labels an integer input chooses from."""
    return min((_classes(graph, user, node) for user in graph.users[node]), default=2)


def _classes(graph: Graph, user: int, node: int) -> int:
    made = graph.nodes[user]
    row, picked = OPS[made.op], graph.nodes[made.operands[0 if made.op in {"take", "pick", "cross_entropy"} else -1]]
    if node not in [o for o, n in zip(made.operands, row.operands, strict=False) if n in row.integer]:
        return 2
    axis = dict(made.attrs).get("axis", -1)
    sizes = [n for n in picked.shape if isinstance(n, int)]
    return prod(sizes) if axis is None else int(picked.shape[axis])


def sizes_of(graph: Graph, node: int) -> tuple[int, ...]:
    """A node's shape, all of it numbers."""
    return tuple(int(n) for n in graph.nodes[node].shape)


def claimed_values(
    text: str, examined: Examined, more: Mapping[str, Array] | None = None
) -> list[tuple[str, Array, int]]:
    """Read a claim in a program's inputs and named values, and more: of every statement the value, target and line.

    ParseError where it is not in the language, UsageError where it names a stranger.
    """
    named = {target: value for target, value, _ in read(source_of(examined.graph), examined.inputs) if target}
    known: dict[str, Any] = {**named, **examined.inputs, **(more or {})}
    used = names_known(text, known)
    checked = parse(text, {name: np.shape(known[name]) for name in used if name in known})
    return read(checked.source, known)
