"""The step for JAX: one jitted function from vectors to new vectors, and a scan over the steps of an epoch."""

from __future__ import annotations

from math import prod

from graphgrad.compiler import jax_functions, module
from graphgrad.compiler.code import Code
from graphgrad.compiler.lines import Dialect, straight
from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.plan import StepPlan
from graphgrad.compiler.provenance import Provenance
from graphgrad.compiler.writer import Writer
from graphgrad.core.graph import Graph
from graphgrad.execute import numpy_functions
from graphgrad.transform.grad import grad


class JaxWriter:
    """Writes the module of a training step for JAX; XLA divides it among devices as its arrays are divided."""

    transposed: frozenset[str] = frozenset()

    def __init__(self, plan: StepPlan) -> None:
        self.plan, self.names = plan, plan.names
        gradient = grad(plan.stable, *plan.shapes)
        self.passes = pipeline(gradient, SIMPLER)
        graph = self.passes[-1].graph
        said = Provenance(gradient, graph, composed(self.passes, len(gradient)))
        self.loss = Writer(gradient, graph, said, plan.target, plan.dtype)
        self.taken = {*said.labels, *self.names.values(), "np", "jax", "partial"}
        self.dialect = Dialect("numpy", f"np.{plan.dtype}")

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
        text = [*self.step(), "", "", *self.train()]
        calls = self.loss.calls(self.dialect) | self.calls(plan.folded)
        imports, library = module.library(calls, numpy_functions)
        library |= {n: t for n, t in module.library(library, jax_functions)[1].items() if n in library}
        labels = {label for label, n in zip(self.loss.labels, self.loss.graph.nodes, strict=True) if n.op != "const"}
        hidden = {name: f"{name}_" for name in [*imports, *library, "np"] if name in labels}
        head = [
            module.header("A training step: the gradient of", plan.loss, plan.notes(), plan.target.name, plan.dtype)
        ]
        head.append("from __future__ import annotations\n")
        system = ["import math"] if any("math." in t for t in library.values()) else []
        system += [
            "from functools import partial",
            *module.imported("math", [f"{n} as {hidden[n]}" if n in hidden else n for n in sorted(imports)]),
        ]
        system.append("from typing import Any")
        head += ["\n".join(system) + "\n", f"import jax\nimport jax.numpy as {hidden.get('np', 'np')}\n"]
        head += ['jax.config.update("jax_enable_x64", True)\n'] if plan.dtype == "float64" else []
        head.append("Array = Any  # a number or an array\n")
        body = [module.renamed(t, hidden) for t in [*library.values(), "\n".join(text) + "\n"]]
        return "\n".join(head) + "\n\n" + "\n\n".join(body)

    def calls(self, graph: Graph) -> set[str]:
        """The functions that an update calls by name."""
        forms = [self.dialect.form(graph, i) for i in range(len(graph))]
        return {c for form in forms if form for c in form.calls}

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
        text += self.loss.body(self.dialect, 4)
        parts = [f"np.ravel({self.loss.output(node, self.dialect)})" for node in self.gradients()]
        text += module.call(f"{gradient} = np.concatenate", [f"[{', '.join(parts)}]"], 4)
        text.append("    # update")
        text += self.update(gradient)
        new = [f"{self.new[v]}.astype(np.{plan.dtype})" for v in ("p", *plan.update.slots)]
        return [*text, f"    return {', '.join(new)}, {self.loss.output(self.loss.graph.output, self.dialect)}"]

    def gradients(self) -> list[int]:
        """The nodes of all gradients, parameter by parameter."""
        return [self.loss.grads[name] for name in self.plan.shapes]

    def update(self, gradient: str) -> list[str]:
        """The optimizer."""
        graph, names = self.plan.folded, {**self.names, "p": self.names["theta"], "g": gradient}
        labels = [graph.label(i) if n.op == "const" else names.get(n.value, n.value) if n.op == "input"
                  else self.free(f"u{i}") for i, n in enumerate(graph.nodes)]  # fmt: skip
        self.new = {name: labels[i] for name, i in graph.outputs.items()}
        lines = straight(graph, self.dialect, labels, {*graph.outputs.values()}, 4)
        return [f"    {line.name} = {line.text}" for line in lines]

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
        counted = f"({order}, {t} + 1 + np.arange(len({order})))"
        text += [
            "",
            f"    {carried}, {losses} = jax.lax.scan(one, {begin}, {counted})",
        ]
        return [*text, f"    return *{carried}, {losses}"]
