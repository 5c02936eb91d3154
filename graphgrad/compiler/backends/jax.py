"""JAX: a jitted function; a step from vectors to new vectors, and a scan over the steps of an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from graphgrad.compiler.backend import Backend, Program, Way, always
from graphgrad.compiler.backends.numpy import PythonWriter
from graphgrad.compiler.compiled import load
from graphgrad.compiler.library import jax_functions
from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.source import module
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import OF_ARRAYS, straight
from graphgrad.compiler.source.numpy_calls import PYTHON
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.stored import Kinds, needed, stored
from graphgrad.compiler.steps.emitted import Emitted
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.run import Run, rows_of
from graphgrad.compiler.steps.vectors import Array, views
from graphgrad.core.errors import UsageError
from graphgrad.execute import numpy_functions
from graphgrad.transform.grad import grad


class JaxWriter(PythonWriter):
    """Writes the module of one graph: a function of arrays, jitted."""

    indent = 4

    @property
    def integers(self) -> str:
        """Without 64 bits JAX has no integers of 64 either."""
        return "int32" if self.dtype == "float32" else "int64"

    def last(self) -> list[str]:
        """The jitted function."""
        return [f"{self.name} = jax.jit(_{self.name}_of_arrays)\n"]

    def function_of_arrays(self, name: str, language: Language, _: str) -> str:
        """The function to be jitted."""
        inputs = self.converted()
        body = [*self.body(OF_ARRAYS, language, 4), *self.result(OF_ARRAYS, language, 4)]
        return "\n".join([*self.opening(name, "Array"), *inputs, *body]) + "\n"


class JaxRun(Run):
    """A run on vectors that JAX holds: every step gives new ones, in the memory of the old."""

    def __init__(self, step: Emitted, theta: Array) -> None:
        super().__init__(step)
        self._module = load(step.source, "step")
        self.vectors: list[Any] = []
        self._held([theta, *(np.zeros_like(theta) for _ in step.update.slots)])

    @property
    def parameters(self) -> dict[str, Array]:
        """The parameters by name: copies."""
        return views(np.array(self.vectors[0]), self.step.shapes)

    @property
    def gradient(self) -> dict[str, Array]:
        """Nothing: XLA uses the gradient up."""
        raise UsageError("a step of JAX keeps no gradient", hint="compile the gradient by itself")

    def __call__(self, *data: Any, **rates: float) -> float:
        """Take one step; gives the loss before it."""
        given, step_name = self._rates(rates), self.step.plan.names["step"]
        *self.vectors, loss = self._module[step_name](*self.vectors, *self._typed(data), self.t + 1, *given)
        self.t += 1
        return float(loss)

    def epoch(self, *data: Array, order: Sequence[int] | Array | None = None, batch: int = 1, **rates: float) -> Array:
        """Take a step for every `batch` rows."""
        given, in_rows = self._rates(rates), self.step.plan.row_data
        count = rows_of([d for d, name in zip(data, self.step.data, strict=True) if name in in_rows])
        places = np.arange(count) if order is None else np.asarray(order)
        if len(places) and not -count <= places.min() <= places.max() < count:
            raise IndexError("the order names rows that are not there")
        size = batch if self.step.dimensions else 1
        whole = len(places) - len(places) % size
        parts = [places[:whole].reshape(-1, size), places[None, whole:]]
        losses = []
        for part in parts if len(places[whole:]) else parts[:1]:
            rows = part if self.step.dimensions else part[:, 0]
            *self.vectors, found = self._module["train"](*self.vectors, *self._typed(data), rows, self.t, *given)
            self.t += len(part)
            losses.append(np.asarray(found))
        return np.concatenate(losses).astype(float)

    def state(self) -> dict[str, Any]:
        """Give a copy of all there is to resume from."""
        names = ("p", *self.step.update.slots)
        return {"t": self.t, **{name: np.array(v) for name, v in zip(names, self.vectors, strict=True)}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state."""
        self.t = int(state["t"])
        self._held([state[name] for name in ("p", *self.step.update.slots)])

    def _held(self, vectors: Sequence[Any]) -> None:
        """Give vectors to JAX; each is a copy, since a step uses its own up."""
        array = import_module("jax.numpy").array  # an extra
        self.vectors = [array(v, self.step.dtype) for v in vectors]

    def _typed(self, data: Sequence[Any]) -> list[Array]:
        """Data in the step's type; labels in one that JAX has without 64 bits, too."""
        nodes = [self.step.loss.nodes[self.step.loss.inputs[name]] for name in self.step.data]
        return [np.asarray(d, "int32" if n.dtype == "int" else self.step.dtype)
                for d, n in zip(data, nodes, strict=True)]  # fmt: skip


class JaxStepWriter:
    """Writes the module of a training step for JAX; XLA divides it among devices as its arrays are divided."""

    transposed: frozenset[str] = frozenset()

    def __init__(self, plan: StepPlan) -> None:
        self.plan, self.names = plan, plan.names
        gradient = grad(plan.stable, *plan.shapes, as_written=True)
        self.passes = pipeline(gradient, SIMPLER)
        graph = self.passes[-1].graph
        said = Provenance(gradient, graph, composed(self.passes, len(gradient)))
        self.loss = JaxWriter(Program(gradient, graph, said, plan.target, plan.dtype, "names"))
        self.taken = {*said.labels, *self.names.values(), "np", "jax", "partial"}
        self.language = self.loss.language

    def code(self) -> tuple[Code, ...]:
        """The step from afar."""
        return tuple(code._replace(name="forward and backward") for code in self.loss.code())

    def free(self, wanted: str) -> str:
        """A name that nothing has."""
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted

    def source(self) -> str:
        """The module's text."""
        plan = self.plan
        calls = self.loss.calls(OF_ARRAYS) | self.language.calls(OF_ARRAYS.kinds(plan.folded))
        imports, library, math = module.library(calls, numpy_functions, *plan.target.library)
        nodes = zip(self.loss.labels, self.loss.graph.nodes, strict=True)
        labels = {label for label, n in nodes if n.op != "const" or n.shape}
        hidden = {name: f"{name}_" for name in [*imports, *library, "np"] if name in labels}
        self.language, self.np = self.language.but(names=hidden), hidden.get("np", "np")
        title = "A training step: the gradient of"
        head = module.head(
            module.header(title, plan.loss, plan.notes(), plan.target.name, plan.dtype, plan.stated()),
            [
                *needed(self.loss.graph),
                *["import math"] * math,
                "from functools import partial",
                *module.from_math(imports, hidden),
                "from typing import Any",
            ],
            [*plan.target.imports, f"import {plan.target.arrays} as {self.np}"],
            plan.target.setup.get(plan.dtype, ()),
            ["Array = Any  # a number or an array"],
        )
        text = "\n".join([*self.step(), "", "", *self.train()]) + "\n"
        kept = stored(self.loss.graph, self.loss.labels, Kinds(plan.dtype, self.loss.integers, self.np))
        made = ["\n".join(kept) + "\n"] if kept else []
        return head + "\n\n".join([*made, *(module.renamed(t, hidden) for t in library.values()), text])

    def step(self) -> list[str]:
        """The function of one step."""
        plan, names, at = self.plan, self.names, 0
        theta, gradient = names["theta"], names["gradient"]
        vectors = [theta, *(names[s] for s in plan.update.slots)]
        given = [*vectors, *plan.data, names["t"], *(names[r] for r in plan.update.rates)]
        text = [f"@partial(jax.jit, donate_argnums={tuple(range(len(vectors)))})"]
        text += module.signature(names["step"], [f"{n}: Array" for n in given], "tuple[Array, ...]")
        text.append('    """Take one step, the t-th; gives the new vectors, and the loss before it."""')
        for name, shape in plan.shapes.items():
            text.append(f"    {name} = {theta}[{at}:{at + prod(shape)}].reshape({shape})")
            at += prod(shape)
        text += self.loss.body(OF_ARRAYS, self.language, 4)
        parts = [f"{self.np}.ravel({self.output(node)})" for node in self.gradients()]
        text += module.call(f"{gradient} = {self.np}.concatenate", [f"[{', '.join(parts)}]"], 4)
        text.append("    # update")
        text += self.update(gradient)
        new = [f"{self.new[v]}.astype({self.np}.{plan.dtype})" for v in ("p", *plan.update.slots)]
        return [*text, f"    return {', '.join(new)}, {self.output(self.loss.graph.output)}"]

    def output(self, node: int) -> str:
        """The value of a node after the program's lines."""
        return self.language.text(self.loss.output(node, OF_ARRAYS))

    def gradients(self) -> list[int]:
        """The nodes of all gradients, parameter by parameter."""
        return [self.loss.grads[name] for name in self.plan.shapes]

    def update(self, gradient: str) -> list[str]:
        """The optimizer."""
        graph, names = self.plan.folded, {**self.names, "p": self.names["theta"], "g": gradient}
        labels = [graph.label(i) if n.op == "const" else names.get(n.value, n.value) if n.op == "input"
                  else self.free(f"u{i}") for i, n in enumerate(graph.nodes)]  # fmt: skip
        self.new = {name: labels[i] for name, i in graph.outputs.items()}
        lines = straight(graph, OF_ARRAYS, self.language, labels, {*graph.outputs.values()}, 4)
        return [f"    {self.language.said(statement)}" for statement in lines]

    def train(self) -> list[str]:
        """The function of many steps."""
        plan, names = self.plan, self.names
        vectors = [names[v] for v in ("theta", *plan.update.slots)]
        order, t, losses = (names[n] for n in ("order", "t", "losses"))
        rates = [names[r] for r in plan.update.rates]
        carried, rows = self.free("carried"), names["rows"]
        given = [*(f"{n}: Array" for n in (*vectors, *plan.data, order)), f"{t}: int"]
        given += [f"{r}: float" for r in rates]
        text = ["@jax.jit", *module.signature("train", given, "tuple[Array, ...]")]
        text += [
            '    """Take a step for every row of `order`, after t steps; gives new vectors, and the losses."""',
            "",
        ]
        row, new, loss = names["row"], names["places"], self.free("loss")
        text.append(f"    def one({carried}: Any, {rows}: Any) -> Any:")
        text.append(f"        {row}, {t} = {rows}")
        data = [f"{name}[{row}]" if name in plan.row_data else name for name in plan.data]
        text += module.call(f"*{new}, {loss} = {names['step']}", [f"*{carried}", *data, t, *rates], 8)
        text.append(f"        return tuple({new}), {loss}")
        begin = f"({', '.join(vectors)}{',' * (len(vectors) == 1)})"
        counted = f"({order}, {t} + 1 + {self.np}.arange(len({order})))"
        text += [
            "",
            f"    {carried}, {losses} = jax.lax.scan(one, {begin}, {counted})",
        ]
        return [*text, f"    return *{carried}, {losses}"]


JAX = Backend(
    "jax",
    JaxWriter,
    PYTHON,
    numbers=False,
    arrays="jax.numpy",
    imports=("import jax",),
    setup={"float64": ('jax.config.update("jax_enable_x64", True)',)},
    library=(jax_functions,),
    steps=(Way("jitted", always, JaxStepWriter, JaxRun),),
    package="jax",
    extra="jax",
)
