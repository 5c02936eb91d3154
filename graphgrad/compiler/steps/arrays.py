"""The step over arrays: a function that binds a flat vector of parameters to arrays, and gives the step."""

from __future__ import annotations

import itertools
from math import prod
from typing import Protocol

from graphgrad.compiler.arrays.tape import Tape
from graphgrad.compiler.passes.layout import store
from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.table import SIMPLER, STEPWISE, TIDIER
from graphgrad.compiler.source import module
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.numpy_calls import look_up, looked_up, quickly
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.primal import gradients
from graphgrad.compiler.source.refs import Ref, Setting, held
from graphgrad.compiler.source.statements import Expr, Statement, variable
from graphgrad.compiler.source.stored import STORED, Kinds, made_once, needed
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.program import ArrayTrainer
from graphgrad.compiler.steps.update import VECTOR
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions, python_functions
from graphgrad.transform.grad import grad

CHUNKED = 1_000_000  # parameters: above, the optimizer goes through the vectors in chunks that stay in the cache
CHUNK = 131_072  # bytes of a vector in one chunk


class Fused(Protocol):
    """An optimizer as one loop: what is bound once, what is computed before each call, the call, and the function."""

    bind: list[Statement]
    numbers: list[Statement]
    values: list[Expr]

    def call(self, language: Language) -> str:
        """The call of the loop."""

    def function(self, language: Language) -> str:
        """The loop."""


class ArrayWriter:
    """Writes the module of a training step over arrays."""

    def __init__(self, plan: StepPlan) -> None:
        self.plan = plan
        gradient = grad(plan.stable, *plan.shapes, as_written=True)
        before = pipeline(gradient, SIMPLER, STEPWISE)
        stored, self.transposed = store(before[-1].graph, plan.shapes)
        self.passes = (*before, stored, *pipeline(stored.graph, TIDIER))
        self.graph = self.passes[-1].graph
        self.said = Provenance(gradient, self.graph, composed(self.passes, len(gradient)))
        self.labels, self.names = self.said.labels, plan.names
        self.shapes = {n: s[::-1] if n in self.transposed else s for n, s in plan.shapes.items()}
        self.taken = {*self.labels, *self.names.values(), "np", "math", "Array", "Any"}
        self.views = {name: self.free(f"d_{name}") for name in plan.shapes}
        self.dims = {d: self.names[d] for d in plan.dimensions}
        self.loss_tape = self.on_loss()
        self.update = plan.folded
        pointwise = all(not n.operands or OPS[n.op].elementwise for n in self.update.nodes)
        itemsize = 4 if plan.dtype == "float32" else 8
        self.chunk = CHUNK // itemsize if plan.size > CHUNKED and pointwise else 0
        self.fused = self.as_loop() if pointwise else None
        self.chunk = 0 if self.fused else self.chunk
        self.update_tape = self.on_update()
        said = [*self.loss_tape.step, *([] if self.fused else self.update_tape.step)]
        self.quick = looked_up(said, self.taken)
        self.language = quickly(plan.target.language.but(typed=f"np.{plan.dtype}"), self.quick)

    def code(self) -> tuple[Code, ...]:
        """The step from afar; an update that is one loop has no lines of its own."""
        tapes = {"forward and backward": self.loss_tape} | ({} if self.fused else {"update": self.update_tape})
        return tuple(tape.code(name, self.language) for name, tape in tapes.items())

    def free(self, wanted: str) -> str:
        """A name that nothing has."""
        name = next(n for k in itertools.count() if (n := wanted + "_" * k) not in self.taken)
        self.taken.add(name)
        return name

    def on_loss(self) -> Tape:
        """The statements of forward and backward."""
        plan, inputs = self.plan, {}
        for name, i in self.graph.inputs.items():
            bound = name in plan.shapes
            inputs[i] = held(name) if bound else Ref(variable(name))
        homes: dict[int, str] = {}
        self.copies: list[tuple[str, int]] = []
        for name, node in gradients(self.graph).items():
            if node in homes or node in inputs or not self.graph.nodes[node].operands:
                self.copies.append((self.views[name], node))
            else:
                homes[node] = self.views[name]
        rows = dict.fromkeys(plan.dimensions[:1], plan.batch) if plan.batch else {}
        return Tape(self.graph, Setting(self.labels, plan.dtype, inputs, homes, self.dims, self.taken, rows=rows))

    def as_loop(self) -> Fused | None:
        """The optimizer as one loop, which machine code alone can be."""
        return None

    def on_update(self) -> Tape:
        """The statements of the optimizer, on all of the vectors or on a chunk of each."""
        graph, names = self.update, {**self.names, "p": self.names["theta"], "g": self.names["gradient"]}
        vectors = ["p", "g", *self.plan.update.slots]
        if self.chunk:
            self.chunks = self.free("chunks")
            names |= {v: self.free(f"{names[v]}_chunk") for v in vectors}
        self.vectors = {v: names[v] for v in vectors}
        inputs = {
            i: held(names[name]) if name in vectors else Ref(variable(names[name]), number=True)
            for name, i in graph.inputs.items()
        }
        labels = [
            graph.label(i) if n.op in {"input", "const"} else self.free(f"u{i}") for i, n in enumerate(graph.nodes)
        ]
        homes = {node: names[name] for name, node in graph.outputs.items() if node not in inputs}
        dims = {**self.dims, VECTOR[0]: str(self.chunk or self.plan.size)}
        setting = Setting(labels, self.plan.dtype, inputs, homes, dims, self.taken, each_named=False)
        return Tape(graph, setting)

    def source(self) -> str:
        """The module's text."""
        plan, names = self.plan, self.names
        tapes = [self.loss_tape, self.update_tape]
        calls = {c for tape in tapes for c in tape.calls(self.language)}
        copied = module.library(calls, numpy_functions)
        numbers = module.library(calls - copied.functions.keys(), python_functions)  # of a rate, which is one number
        loop = module.library(self.language.calls(self.fused.values) if self.fused else (), python_functions)
        library = (
            copied.functions
            | numbers.functions
            | {name: f"@numba.njit\n{text}" for name, text in loop.functions.items()}
        )
        imports = copied.imports | numbers.imports | loop.imports
        labels = {label for label, n in zip(self.labels, self.graph.nodes, strict=True) if n.op != "const" or n.shape}
        hidden = {name: f"{name}_" for name in [*imports, *library, "np"] if name in labels}
        self.language, self.np = self.language.but(names=hidden), hidden.get("np", "np")
        slots = [names[s] for s in plan.update.slots]
        given = [*(f"{n}: Array" for n in [names["theta"], *slots]), *(f"{d}: int" for d in self.dims.values())]
        text = module.signature("bind", given, "Any")
        text.append('    """Give the step on these vectors, in place, and the flat gradient that it leaves behind."""')
        text += [f"    {line}" for line in (*look_up(self.quick, self.np), *self.binding())]
        text.append("")
        given = [*(f"{n}: Array" for n in plan.data), f"{names['t']}: int"]
        given += [f"{names[r]}: float" for r in plan.update.rates]
        text += [f"    {line}" for line in module.signature(names["step"], given, "float")]
        text += ['        """Take one step; gives the loss before it."""', *self.stepping()]
        text += ["", f"    return {names['step']}, {names['gradient']}"]
        title = "A training step: the gradient of"
        head = module.head(
            module.header(title, plan.loss, plan.notes(), plan.target.name, plan.dtype, plan.stated(self.transposed)),
            needed(self.graph)
            + ["import math"] * (copied.math or numbers.math or loop.math)
            + module.from_math(imports, hidden)
            + ["from typing import Any"],
            [*(plan.target.imports if self.fused else ()), f"import numpy as {self.np}"],
            ["Array = Any  # a number or a NumPy array"],
        )
        loops = [self.fused.function(self.language)] if self.fused else []
        functions = [module.renamed(t, hidden) for t in library.values()]
        program = ArrayTrainer(plan, self.transposed, self.np).text()
        return head + "\n\n".join([*functions, *loops, "\n".join(text) + "\n", *program])

    def binding(self) -> list[str]:
        """What is done once: views of the parameters and of the gradient, and all arrays that a step needs."""
        theta, gradient = self.names["theta"], self.names["gradient"]
        text, at = [f"{gradient} = {self.np}.zeros_like({theta})"], 0
        for name, shape in self.shapes.items():
            part = f"[{at}:{at + prod(shape)}].reshape({shape})"
            how = "  # stored as its transpose" if name in self.transposed else ""
            text += [f"{name} = {theta}{part}{how}", f"{self.views[name]} = {gradient}{part}"]
            at += prod(shape)
        for s in self.loss_tape.bind:
            made = s.value.op == STORED and s.target
            kinds = Kinds(self.plan.dtype, np=self.np)
            text += made_once(made.said, s.value.said, kinds) if made else [self.language.said(s)]
        text += ["# for the update", *map(self.language.said, (self.fused or self.update_tape).bind)]
        if self.chunk:
            part, k, chunks, size = self.free("part"), self.free("k"), self.chunks, self.plan.size
            whole = [self.names.get({"p": "theta", "g": "gradient"}.get(v, v), v) for v in self.vectors]
            parts = [f"{v}[{part}]" for v in whole]
            parts += [f"{name}[: len({parts[0]})]" for name in self.update_tape.arrays]
            text += [f"{chunks} = []  # that stay in the cache", f"for {k} in range(0, {size}, {self.chunk}):"]
            text += [f"    {part} = slice({k}, {k} + {self.chunk})", f"    {chunks}.append(({', '.join(parts)}))"]
        return text

    def stepping(self) -> list[str]:
        """What is done in every step."""
        graph, said = self.graph, self.said
        lines: list[tuple[str, str]] = []
        for name in self.plan.data:
            kind = "int64" if graph.nodes[graph.inputs[name]].dtype == "int" else self.plan.dtype
            lines.append((f"{name} = {self.np}.asarray({name}, {self.np}.{kind})", ""))
        lines.append(("# forward", ""))
        forward, last = True, -1
        for statement in self.loss_tape.step:
            node = statement.node
            if forward and node >= 0 and node not in said.forward:
                forward = False
                lines.append(("# backward", ""))
            comment = said.comment(node) if node >= 0 and node != last and graph.nodes[node].operands else ""
            lines.append((self.language.said(statement), comment))
            last = node
        values = [ref.value for ref in self.loss_tape.refs]
        copies = [Statement(None, Expr("copy", (values[node],)), node, variable(view)) for view, node in self.copies]
        lines += [(self.language.said(statement), "") for statement in copies]
        text = [*module.written(lines, 8), "        # update"]
        text += self.updating()
        return [*text, f"        return float({self.language.text(values[graph.output])})"]

    def updating(self) -> list[str]:
        """The optimizer: numbers first, then the vectors, whole or chunk by chunk."""
        tape, said = self.update_tape, self.language.said
        if self.fused:
            return [f"        {line}" for line in (*map(said, self.fused.numbers), self.fused.call(self.language))]
        if not self.chunk:
            return [f"        {said(statement)}" for statement in tape.step]
        numbers = [f"        {said(s)}" for s in tape.step if not self.update.nodes[s.node].shape]
        names = [*self.vectors.values(), *tape.arrays]
        vectors = [f"            {said(s)}" for s in tape.step if self.update.nodes[s.node].shape]
        return [*numbers, f"        for {', '.join(names)} in {self.chunks}:", *vectors]
