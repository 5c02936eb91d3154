"""The step with SciPy's BLAS: under SGD and momentum, the product that gives a gradient makes the update as well."""

from __future__ import annotations

import re
from math import prod
from typing import NamedTuple

from graphgrad.compiler.source.lines import Dialect
from graphgrad.compiler.source.templates import ATOM, Spelled, spell
from graphgrad.compiler.steps.arrays import ArrayWriter
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.run import ArrayRun
from graphgrad.compiler.steps.vectors import Array
from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph

PRODUCT = '''\
def add_product(alpha: float, a: Array, b: Array, beta: float, c: Array) -> None:
    """Make c, in place, alpha * a @ b + beta * c; BLAS counts by columns, and is given all as its transpose."""
    left, turn_left = (b, True) if b.flags.f_contiguous else (b.T, False)
    right, turn_right = (a, True) if a.flags.f_contiguous else (a.T, False)
    gemm(alpha, left, right, beta, c.T, trans_a=turn_left, trans_b=turn_right, overwrite_c=True)
'''
_LEFT = "in place, and the flat gradient that it leaves behind."
_DOT = re.compile(r"(\S+)\.dot\((\S+), out=(\w+)\)")


class GemmRun(ArrayRun):
    """A run whose products may have gone into the parameters."""

    @property
    def gradient(self) -> dict[str, Array]:
        """The gradient of the last step, by parameter; UsageError where products have used it up."""
        if PRODUCT in self.step.source:
            raise UsageError("the products of this step keep no gradient", hint="compile it for numpy")
        return super().gradient


class Linear(NamedTuple):
    """A vector whose new value is scale * old + factor * gradient: `vector` is p, or a state of the optimizer."""

    vector: str
    scale: str
    factor: str
    nodes: frozenset[int]  # of the update, which compute it


class GemmWriter(ArrayWriter):
    """Writes a step whose products go into parameters, or into their momentum; for other optimizers, the plain step."""

    def __init__(self, plan: StepPlan) -> None:
        super().__init__(plan)
        self.linear = linear(self.update, ("p", *plan.update.slots), self.names)
        self.rest: list[str] = []  # parameters whose gradient is no product
        if self.linear is None:
            return
        vector = self.names.get({"p": "theta"}.get(self.linear.vector, self.linear.vector), "")
        self.parts = {n: n if self.linear.vector == "p" else self.free(f"{vector}_{n}") for n in self.shapes}
        into = {view: name for name, view in self.views.items() if len(self.shapes[name]) == 2}
        steps, found = self.loss_tape.step, set[str]()
        for k, (statement, node) in enumerate(steps):
            dot = _DOT.fullmatch(statement)
            name = into.get(dot[3], "") if dot else ""
            if dot and name and not self.is_read(name, k + 1):
                said = f"{self.linear.factor}, {dot[1]}, {dot[2]}, {self.linear.scale}, {self.parts[name]}"
                steps[k] = (f"add_product({said})", node)
                found.add(name)
        if not found:
            self.linear = None
            return
        self.rest = [name for name in self.shapes if name not in found]
        at = 0
        for name, shape in self.shapes.items():
            if self.linear.vector != "p":
                self.loss_tape.once.say(f"{self.parts[name]} = {vector}[{at}:{at + prod(shape)}].reshape({shape})")
            at += prod(shape)

    def is_read(self, name: str, start: int) -> bool:
        """Whether a parameter, or its transpose, is read from a statement on, or its gradient is."""
        words = re.compile(rf"\b({name}|{name}_T_*|{self.views[name]})\b")
        later = [statement for statement, _ in self.loss_tape.step[start:]]
        return any(words.search(text) for text in [*later, *(view for view, _ in self.copies)])

    def updating(self) -> list[str]:
        """The parameters whose gradient is no product, and what follows from the momentum."""
        if self.linear is None:
            return super().updating()
        text = []
        for name in self.rest:
            view, part = self.views[name], self.parts[name]
            for array, number in ((part, self.linear.scale), (view, self.linear.factor)):
                text += [f"np.multiply({array}, {number}, out={array})"] * (number != "1")
            text.append(f"np.add({part}, {view}, out={part})")
        kept = self.update_tape.step
        self.update_tape.step = [(s, i) for s, i in kept if i not in self.linear.nodes]
        rest = super().updating() if self.linear.vector != "p" else []
        return [*(f"        {line}" for line in text), *rest]

    def source(self) -> str:
        """The module's text."""
        text = super().source()
        if self.linear is None:
            return text
        letter = "s" if self.plan.dtype == "float32" else "d"
        known = rf"\g<0>from scipy.linalg.blas import {letter}gemm as gemm\n"
        text = re.sub(r"^import numpy as \w+\n", known, text, count=1, flags=re.MULTILINE)
        text = text.replace(_LEFT, "in place, and what is left of the gradient.", 1)
        return text.replace("def bind(", f"{PRODUCT}\n\ndef bind(", 1)


def linear(graph: Graph, vectors: tuple[str, ...], names: dict[str, str]) -> Linear | None:
    """Give the vector that the gradient goes into, where nothing else needs the gradient.

    >>> from graphgrad.compiler.steps.update import read_update
    >>> linear(read_update("p - 0.1 * g", {}).graph, ("p",), {})[:3]
    ('p', '1', '-0.1')
    """
    g = graph.inputs.get("g", -1)
    for vector in vectors:
        old, new = graph.inputs.get(vector, -1), graph.nodes[graph.outputs[vector]]
        if new.op not in {"add", "sub"} or g < 0:
            continue
        sides = [_scaled(graph, o, names) for o in new.operands]
        if None in sides:
            continue
        (kept, scale, first), (given, factor, second) = [side for side in sides if side is not None]
        if (kept, given) == (g, old) and new.op == "add":
            (kept, scale), (given, factor) = (given, factor), (kept, scale)
        nodes = frozenset({graph.outputs[vector], *first, *second})
        if (kept, given) == (old, g) and all(user in nodes for user in graph.users[g]):
            sign = "-" if new.op == "sub" else ""
            return Linear(vector, scale, f"{sign}({factor})" if sign and " " in factor else f"{sign}{factor}", nodes)
    return None


def _scaled(graph: Graph, i: int, names: dict[str, str]) -> tuple[int, str, frozenset[int]] | None:
    """A vector times a number: the vector, the number as it is written, and the nodes that make it."""
    node = graph.nodes[i]
    if node.op == "input":
        return i, "1", frozenset()
    if node.op != "mul":
        return None
    for vector, number in (node.operands, node.operands[::-1]):
        if graph.nodes[vector].op == "input" and graph.nodes[vector].shape and not graph.nodes[number].shape:
            text = _number(graph, number, names)
            return (vector, text, frozenset({i})) if text else None
    return None


def _number(graph: Graph, i: int, names: dict[str, str]) -> str:
    """A number of constants and rates, in place; empty where it is more than arithmetic."""
    node = graph.nodes[i]
    if node.op == "input":
        return str(names.get(node.value, node.value))
    if node.op == "const":
        return repr(node.value)
    form = Dialect("python").form(graph, i)
    texts = [_number(graph, o, names) for o in node.operands]
    operands = [Spelled(text, ATOM if re.fullmatch(r"[\w.]+", text) else 0) for text in texts if text]
    if form is None or form.calls or node.shape or len(operands) < len(node.operands):
        return ""
    return spell(form, node.op, operands).text
