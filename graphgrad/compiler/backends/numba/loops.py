"""The step as loops over single entries, which numba compiles: every array is gone through once or twice."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from math import prod

from graphgrad.compiler.backends.numba.indices import VIEWS
from graphgrad.compiler.backends.numba.language import VERBS
from graphgrad.compiler.backends.numba.memory import Arena
from graphgrad.compiler.backends.numba.nest import LEAVES, Nest
from graphgrad.compiler.backends.numba.statements import Known, Statements
from graphgrad.compiler.library import machine_functions
from graphgrad.compiler.passes.layout import store
from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.table import LOOPWISE, SIMPLER, TIDIER
from graphgrad.compiler.source import module
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.primal import gradients
from graphgrad.compiler.source.statements import Expr, Statement, digits, entry, variable
from graphgrad.compiler.source.templates import typed
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.update import VECTOR
from graphgrad.execute import python_functions
from graphgrad.transform.grad import grad

JIT = '@numba.njit(error_model="numpy", fastmath={"contract", "reassoc"}, cache=True)'
INLINE = JIT.replace("cache=True", 'inline="always"')  # else LLVM may leave calls in a loop, one at a time


class LoopWriter:
    """Writes the module of a training step for numba; TargetError for a program whose operations have no loops."""

    def __init__(self, plan: StepPlan) -> None:
        self.plan, self.names = plan, plan.names
        gradient = grad(plan.stable, *plan.shapes, as_written=True)
        before = pipeline(gradient, SIMPLER, LOOPWISE)
        stored, self.transposed = store(before[-1].graph, plan.shapes)
        self.passes = (*before, stored, *pipeline(stored.graph, TIDIER))
        self.graph = self.passes[-1].graph
        self.said = Provenance(gradient, self.graph, composed(self.passes, len(gradient)))
        self.shapes = {n: s[::-1] if n in self.transposed else s for n, s in plan.shapes.items()}
        sizes = map(prod, self.shapes.values())
        self.starts = dict(zip(self.shapes, itertools.accumulate(sizes, initial=0), strict=False))
        self.taken = {*self.said.labels, *self.names.values(), "np", "math", "numba", "Array", "Any", "bind", "train"}
        self.real = self.free("real") if plan.dtype == "float32" else ""
        self.variables = [self.free(v) for v in "ijklmn"]
        self.views = {
            name: variable(self.free(f"d_{name}")) if shape else self.place("gradient", name)
            for name, shape in self.shapes.items()
        }
        self.work, self.inner, self.many = self.free("work"), self.free("_step"), self.free("_steps")
        self.batch = self.free("batch")
        self.dims = {d: self.names[d] for d in plan.dimensions}
        self.language = plan.target.language.but(typed=self.real, verbs=VERBS.__getitem__)
        self.loss, self.update = self.on_loss(), self.on_update()
        self.lines = [self.skipping(line) for line in self.loss.lines]
        self.memory = Arena(self.dims)
        self.kept = [*self.keep(self.loss), *self.keep(self.update)]

    def code(self) -> tuple[Code, ...]:
        """The step from afar: one line a value, inside its loops."""
        found = {"forward and backward": self.loss, "update": self.update}
        return tuple(statements.code(name, self.language) for name, statements in found.items())

    def free(self, wanted: str) -> str:
        """A name that nothing has."""
        name = next(n for k in itertools.count() if (n := wanted + "_" * k) not in self.taken)
        self.taken.add(name)
        return name

    def on_loss(self) -> Statements:
        """Forward and backward; a gradient goes to its place at once where it is computed by itself."""
        graph, homes, late = self.graph, dict[int, str](), dict[str, int]()
        variables = [*map(variable, self.variables)]
        for name, node in gradients(graph).items():
            made = graph.nodes[node]
            if node in homes or made.op in LEAVES or made.op in VIEWS or not made.shape:
                late[name] = node
            else:
                homes[node] = self.views[name].said
        nest = Nest(graph, variables, homes, {f"d {n}": i for n, i in late.items()}, products=True)
        inputs = {i: self.given(name) for name, i in graph.inputs.items()}
        targets = {f"d {name}": view for name, view in self.views.items()}
        return Statements(nest, self.language, self.said.labels, Known(inputs, targets, self.dims))

    def on_update(self) -> Statements:
        """The optimizer: a new value is written where the old one stood when nothing needs that any more."""
        graph = pipeline(self.plan.folded, LOOPWISE)[-1].graph
        names = {**self.names, "p": self.names["theta"], "g": self.names["gradient"]}
        nest = Nest(graph, [*map(variable, self.variables)], {}, dict(graph.outputs), products=True)
        labels = [graph.labels[i] if n.op in LEAVES else self.free(f"u{i}") for i, n in enumerate(graph.nodes)]
        vectors = {n: variable(new) for n, new in names.items()}
        inputs = {i: vectors[n] for n, i in graph.inputs.items()}
        return Statements(nest, self.language, labels, Known(inputs, vectors, {VECTOR[0]: str(self.plan.size)}))

    def skipping(self, line: Statement) -> Statement:
        """A product with data that are mostly zeros skips these."""
        if line.value.op != "product":
            return line
        left = line.value.operands[0]
        data = left.operands[0] if left.op == "turned" else left
        sparse = data.said in self.plan.sparse
        return line._replace(value=line.value._replace(op="sparse product")) if sparse else line

    def given(self, name: str) -> Expr:
        """An input of the loss; a parameter that is one number is an entry of the vector."""
        return self.place("theta", name) if self.shapes.get(name) == () else variable(name)

    def place(self, vector: str, name: str) -> Expr:
        """The place of a parameter that is one number in a vector."""
        return entry(variable(self.names[vector]), (digits(self.starts[name]),))

    def source(self) -> str:
        """The module's text."""
        plan, suffix = self.plan, f"_{self.plan.dtype}"
        calls = self.language.calls(line.value for line in (*self.lines, *self.update.lines))
        sparse = ["sparse_dot"] * any(line.value.op == "sparse product" for line in self.lines)
        skips = module.library(sparse, machine_functions)
        machine = module.library({*calls, *(c + suffix for c in calls)}, machine_functions)
        own = {name.removesuffix(suffix): text.replace(suffix, "") for name, text in machine.functions.items()}
        others = module.library(calls - own.keys(), python_functions)
        library = {**own, **others.functions}
        if self.real:
            library = {n: (typed_decimals if n in own else typed)(text, self.real) for n, text in library.items()}
        imports = (machine.imports | others.imports) - own.keys()
        functions = [f"{INLINE}\n{text}" for text in library.values()]
        functions += [f"{JIT}\n{text}" for text in skips.functions.values()]
        labels = {label for label, n in zip(self.said.labels, self.graph.nodes, strict=True) if n.op != "const"}
        hidden = {name: f"{name}_" for name in [*imports, *library, *skips.functions, "np"] if name in labels}
        self.language, self.np = self.language.but(names=hidden), hidden.get("np", "np")
        title = "A training step: the gradient of"
        head = module.head(
            module.header(title, plan.loss, plan.notes(), plan.target.name, plan.dtype, plan.stated(self.transposed)),
            [
                *["import math"] * (machine.math or others.math),
                *module.from_math(imports, hidden),
                "from typing import Any",
            ],
            [*plan.target.imports, f"import numpy as {self.np}"],
            ["Array = Any  # a number or a NumPy array", *[f"{self.real} = {self.np}.{plan.dtype}"] * bool(self.real)],
        )
        body = [self.machine_code(), self.loop(), self.bind(), self.train()]
        return head + "\n\n".join([*(module.renamed(t, hidden) for t in functions), *body])

    def vectors(self) -> list[str]:
        """The vectors that a step works on."""
        return [*(self.names[v] for v in ("theta", *self.plan.update.slots, "gradient")), self.work]

    def rates(self) -> list[str]:
        """What a step is given besides data."""
        return [self.names["t"], *(self.names[r] for r in self.plan.update.rates)]

    def machine_code(self) -> str:
        """The function that numba compiles."""
        given = [*self.vectors(), *self.plan.data, *self.rates()]
        text = [JIT, f"def {self.inner}({', '.join(given)}):  # type: ignore", '    """Take one step."""']
        text += [f"    {line}" for line in (*self.sizes(), *self.checks(), *self.places())]
        said, last = self.said, -1
        for line in self.lines:
            known = line.node >= 0 and line.node != last
            text += self.written(line, said.comment(line.node) if known else "")
            last = line.node if line.node >= 0 else last
        text.append("    # update")
        for line in self.update.lines:
            text += self.written(line)
        return "\n".join([*text, f"    return {self.language.text(self.loss.value(self.graph.output))}"]) + "\n"

    def written(self, line: Statement, comment: str = "") -> list[str]:
        """A statement, in its loops."""
        return module.written([(self.language.said(line), comment)], 4 + 4 * line.depth)

    def sizes(self) -> Iterator[str]:
        """The sizes of named dimensions."""
        found = set[str]()
        for name in self.plan.data:
            for axis, size in enumerate(self.plan.loss.nodes[self.plan.loss.inputs[name]].shape):
                if isinstance(size, str) and size not in found:
                    found.add(size)
                    yield f"{self.dims[size]} = {name}.shape[{axis}]"

    def checks(self) -> Iterator[str]:
        """Machine code reads whatever lies where data should, so data are looked at first."""
        graph, shapes = self.graph, list[tuple[str, str]]()
        for name in self.plan.data:
            shape = [self.dims.get(str(s), str(s)) for s in self.plan.loss.nodes[self.plan.loss.inputs[name]].shape]
            if shape:
                shapes.append((name, f"({', '.join(shape)}{',' * (len(shape) == 1)})"))
        if shapes:
            yield f"if {' or '.join(f'{name}.shape != {shape}' for name, shape in shapes)}:"
            yield f'    raise ValueError("{"; ".join(f"{name} must have shape {shape}" for name, shape in shapes)}")'
        for node in graph.nodes:
            if node.op == "pick" and graph.nodes[node.operands[1]].op == "input":
                name, count = graph.nodes[node.operands[1]].value, str(graph.nodes[node.operands[0]].shape[-1])
                least, most = (
                    (f"{name}.min()", f"{name}.max()") if graph.nodes[node.operands[1]].shape else (name, name)
                )
                yield f"if {least} < 0 or {most} >= {self.dims.get(count, count)}:"
                yield f'    raise IndexError("{name} must be classes, below {count}")'

    def places(self) -> Iterator[str]:
        """The parts of the vectors, by name."""
        theta, gradient = self.names["theta"], self.names["gradient"]
        for name, shape in self.shapes.items():
            if shape:
                part = f"[{self.starts[name]}:{self.starts[name] + prod(shape)}].reshape({shape})"
                yield f"{name} = {theta}{part}" + "  # stored as its transpose" * (name in self.transposed)
                yield f"{self.views[name].said} = {gradient}{part}"
        yield from self.kept

    def keep(self, statements: Statements) -> Iterator[str]:
        """The arrays of values that are kept: parts of a vector, taken over when their last reader is through."""
        for i, base in statements.nest.shared_memory().items():
            name, shape = statements.labels[i], statements.graph.nodes[i].shape
            if i != base:
                yield f"{name} = {statements.labels[base]}"
            else:
                sizes = [self.language.text(statements.size(s)) for s in shape]
                part = f"[{self.memory.take(tuple(self.plan.size if s == VECTOR[0] else s for s in shape))}]"
                yield f"{name} = {self.work}{part}" + f".reshape(({', '.join(sizes)}))" * (len(sizes) > 1)

    def loop(self) -> str:
        """The function of many steps that numba compiles."""
        names, plan = self.names, self.plan
        losses, order, rows, t = (names[n] for n in ("losses", "order", "rows", "t"))
        k, batch = self.variables[0], self.batch
        given = [*self.vectors(), *plan.data, order, batch, *self.rates()]
        text = [JIT, f"def {self.many}({', '.join(given)}):  # type: ignore", '    """Take a step for every batch."""']
        first = next(iter(plan.row_data), "")
        if first:
            text.append(f"    if len({order}) and ({order}.min() < 0 or {order}.max() >= len({first})):")
            text.append('        raise IndexError("the order names rows that are not there")')
        text.append(f"    {losses} = {self.np}.empty((len({order}) + {batch} - 1) // {batch})")
        text.append(f"    for {k} in range(len({losses})):")
        text.append(f"        {rows} = {order}[{k} * {batch} : {k} * {batch} + {batch}]")
        picked = rows if plan.dimensions else f"{rows}[0]"
        data = [f"{name}[{picked}]" if name in plan.row_data else name for name in plan.data]
        arguments = [*self.vectors(), *data, f"{t} + {k} + 1", *self.rates()[1:]]
        call = module.call(f"{losses}[{k}] = {self.inner}", arguments, 8)
        return "\n".join([*text, *call, f"    return {losses}"]) + "\n"

    def bind(self) -> str:
        """The function that gives one step."""
        names, given = self.names, [f"{n}: Array" for n in self.vectors()[:-2]]
        text = module.signature("bind", [*given, *(f"{d}: int" for d in self.dims.values())], "Any")
        text.append('    """Give the step on these vectors, in place, and the flat gradient that it leaves behind."""')
        text.append(f"    {names['gradient']} = {self.np}.zeros_like({names['theta']})")
        text += [f"    {self.work} = {self.np}.empty({self.memory.size}, {self.np}.{self.plan.dtype})", ""]
        given = [*(f"{n}: Array" for n in self.plan.data), f"{names['t']}: int"]
        given += [f"{names[r]}: float" for r in self.plan.update.rates]
        text += [f"    {line}" for line in module.signature(names["step"], given, "float")]
        text.append('        """Take one step; gives the loss before it."""')
        text += [f"        {line}" for line in self.read(rows=0)]
        text += module.call(f"return {self.inner}", [*self.vectors(), *self.plan.data, *self.rates()], 8)
        return "\n".join([*text, "", f"    return {names['step']}, {names['gradient']}"]) + "\n"

    def train(self) -> str:
        """The function of many steps."""
        names, vectors = self.names, self.vectors()[:-1]
        given = [*(f"{n}: Array" for n in (*vectors, *self.plan.data, names["order"])), f"{self.batch}: int"]
        given += [f"{names['t']}: int", *(f"{names[r]}: float" for r in self.plan.update.rates)]
        text = module.signature("train", given, "Array")
        text.append(
            '    """Take a step for every batch of rows, in order, after t steps; gives the losses before each."""'
        )
        text += [f"    {line}" for line in self.read(rows=1)]
        text += [f"    {line}" for line in self.most(list(self.sizes()))]
        text.append(f"    {self.work} = {self.np}.empty({self.memory.size}, {self.np}.{self.plan.dtype})")
        order = f"{self.np}.ascontiguousarray({names['order']}, {self.np}.int64)"
        arguments = [*vectors, self.work, *self.plan.data, order, self.batch, *self.rates()]
        return "\n".join([*text, *module.call(f"return {self.many}", arguments, 4)]) + "\n"

    def most(self, sizes: list[str]) -> Iterator[str]:
        """The sizes of named dimensions in a batch: that of rows is the batch's own."""
        rows = {self.plan.loss.nodes[self.plan.loss.inputs[n]].shape[0] for n in self.plan.row_data if self.dims}
        for dimension, line in zip(self.dims, sizes, strict=True):
            yield f"{self.dims[dimension]} = {self.batch}" if dimension in rows else line

    def read(self, rows: int) -> Iterator[str]:
        """Data as arrays of the step's type; `rows` is 1 where every input has an axis of rows, whatever its shape."""
        plan = self.plan
        for name in plan.data:
            node = plan.loss.nodes[plan.loss.inputs[name]]
            kind = "int64" if node.dtype == "int" else plan.dtype
            if node.shape or (rows and name in plan.row_data):
                yield f"{name} = {self.np}.ascontiguousarray({name}, {self.np}.{kind})"
            else:
                yield f"{name} = {'int' if node.dtype == 'int' else 'float'}({name})"


def typed_decimals(text: str, kind: str) -> str:
    """Make the numbers with a decimal point in a copied function numbers of a type.

    >>> typed_decimals("x * 2.0 << 1", "real")
    'x * real(2.0) << 1'
    """
    return re.sub(r"(?<![\w.])(\d+\.\d*(?:e[+-]?\d+)?)(?![\w.])", rf"{kind}(\1)", text)
