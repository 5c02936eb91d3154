"""From graphs to cases: small shapes, symbols for every entry, labels that differ and repeat, both readings."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from graphgrad.core.constants import CONSTANTS
from graphgrad.core.errors import ShapeError, UsageError, did_you_mean
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.frontend.lower import MODULES
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program
from graphgrad.proof.judge.case import Case, partials
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.readings import table
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.heads import without_head
from graphgrad.proof.readings.text import read, statements, symbols_of
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

    def variables(self) -> list[str]:
        """The names of all symbols."""
        return [x.value for name in differentiable(self.graph) for x in np.ravel(self.inputs[name])]

    def case(self, name: str, claimed: Array, deadline: float, normal: Normal | None = None) -> Case:
        """The case of a claimed gradient with respect to one input."""
        places = list(np.ndindex(*np.shape(self.inputs[name])))
        true, given = (list(np.ravel(side[name])) for side in (self.slopes, self.gradients))
        own = partials(self.true, np.ravel(self.inputs[name]))
        return Case(list(np.ravel(claimed)), true, given, places, self.variables(), deadline, normal, self.true, own)

    @cached_property
    def slopes(self) -> dict[str, Array]:
        """The true gradients, of all inputs at once."""
        return slopes(self.true, {name: self.inputs[name] for name in differentiable(self.graph)})


def examine(graph: Graph) -> Examined:
    """Read a scalar program both ways, at shapes of numbers; ShapeError where its output is no scalar."""
    inputs = symbols(graph)
    primal = entry(read(source_of(graph), inputs)[-1][1], graph)
    derived, _ = reverse(graph)
    values = table.values(derived, inputs)
    output = next(iter(graph.outputs))
    gradients = {n: values[derived.outputs[derivative_name(output, n)]] for n in differentiable(graph)}
    return Examined(graph, inputs, primal, entry(values[derived.output], graph), gradients)


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


def claimed_values(text: str, examined: Examined) -> list[tuple[str, Array, int]]:
    """Read a claim in the inputs and named values of a program: the value of every statement, its target and line.

    ParseError where it is not in the language, UsageError where it names a stranger.
    """
    named = {target: value for target, value, _ in read(source_of(examined.graph), examined.inputs) if target}
    known: dict[str, Any] = {**named, **examined.inputs}
    used = names_known(text, known)
    checked = parse(text, {name: np.shape(known[name]) for name in used if name in known})
    return read(checked.source, known)


def names_known(text: str, known: Collection[str]) -> list[str]:
    """The names that a claim uses; ParseError where it is not in the language, UsageError where it names a stranger."""
    used = free_names(text)
    for name in used:
        if name not in known and name not in CONSTANTS:
            hint = did_you_mean(name, known) or f"it has {', '.join(known)}"
            raise UsageError(f"the claim names '{name}', which the program does not", hint=hint)
    return used


def free_names(text: str) -> list[str]:
    """The names that a program uses before it assigns them; ParseError where it is not in the language."""
    with suppress(ShapeError):  # shapes come later
        parse(text)
    assigned: set[str] = set()
    free: dict[str, None] = {}
    for target, expression, _ in statements(text.strip()):
        calls = {id(t.func) for t in ast.walk(expression) if isinstance(t, ast.Call)}
        modules = {id(t.value) for t in ast.walk(expression) if isinstance(t, ast.Attribute)}
        for tree in ast.walk(expression):
            if not isinstance(tree, ast.Name) or id(tree) in calls or tree.id in assigned:
                continue
            if id(tree) not in modules or tree.id not in MODULES:
                free.setdefault(tree.id)
        assigned.add(target)
    return list(free)
