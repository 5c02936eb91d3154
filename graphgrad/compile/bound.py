"""The step over arrays: a function that binds a flat vector of parameters to arrays, and gives the step."""

from __future__ import annotations

from math import prod

from graphgrad.compile import module
from graphgrad.compile.lines import Dialect, straight
from graphgrad.compile.passes import composed, pipeline
from graphgrad.compile.plan import StepPlan
from graphgrad.compile.provenance import Provenance
from graphgrad.compile.writer import Writer, gradients
from graphgrad.execute import numpy_functions
from graphgrad.transform.grad import grad


class ArrayWriter:
    """Writes the module of a training step."""

    def __init__(self, plan: StepPlan) -> None:
        self.plan, self.loss, self.update, self.shapes = plan, plan.loss, plan.update, plan.shapes
        gradient = grad(plan.stable, *plan.shapes)
        self.passes = pipeline(gradient)
        self.graph = self.passes[-1].graph
        self.said = Provenance(gradient, self.graph, composed(self.passes, len(gradient)))
        self.labels = self.said.labels
        self.grads = gradients(self.graph)
        self.data, self.names = plan.data, plan.names
        self.dims = [self.names[d] for d in plan.dimensions]

    def source(self) -> str:
        """The module's text."""
        plan = self.plan
        dialect = Dialect("numpy", f"np.{plan.dtype}")
        reader = Writer(self.loss, self.graph, self.said, plan.target, plan.dtype)
        imports, library = module.library(reader.calls(dialect) | self.update_calls(), numpy_functions)
        names = self.names
        slots = [names[s] for s in self.update.slots]
        text = module.signature(
            "bind", [*(f"{n}: Array" for n in [names["theta"], *slots]), *(f"{d}: int" for d in self.dims)], "Any"
        )
        text.append('    """Give the step on these arrays, in place, and the flat gradient that it leaves behind."""')
        text.append(f"    {names['gradient']} = np.zeros_like({names['theta']})")
        at = 0
        for name, shape in self.shapes.items():
            size = prod(shape)
            where = f"[{at} : {at + size}].reshape({shape})"
            text.append(f"    {name} = {names['theta']}{where}")
            text.append(f"    {self.gradient_view(name)} = {names['gradient']}{where}")
            at += size
        given = [
            *(f"{n}: Array" for n in self.data),
            f"{names['t']}: int",
            *(f"{names[r]}: float" for r in self.update.rates),
        ]
        text.append("")
        text += [f"    {line}" for line in module.signature(names["step"], given, "float")]
        text.append('        """Take one step; gives the loss before it."""')
        text += self.body(dialect)
        text += self.update_body(dialect)
        text += [
            f"        return float({self.labels[self.graph.output]})",
            "",
            f"    return {names['step']}, {names['gradient']}",
        ]
        head = [
            module.header("A training step: the gradient of", self.loss, plan.notes(), plan.target.name, plan.dtype),
            "from __future__ import annotations\n",
        ]
        system = ["import math"] if any("math." in t for t in library.values()) else []
        system += [*module.imported("math", sorted(imports)), "from typing import Any"]
        head += ["\n".join(system) + "\n", "import numpy as np\n", "Array = Any  # a number or a NumPy array\n"]
        return "\n".join(head) + "\n\n" + "\n\n".join([*library.values(), "\n".join(text) + "\n"])

    def update_calls(self) -> set[str]:
        """What the update calls."""
        found = set[str]()
        for i in range(len(self.update.graph)):
            form = Dialect("numpy").form(self.update.graph, i)
            found |= form.calls if form else set()
        return found

    def gradient_view(self, name: str) -> str:
        """The name of a parameter's part of the gradient."""
        return f"d_{name}" if f"d_{name}" not in self.labels else f"d_{name}_"

    def body(self, dialect: Dialect) -> list[str]:
        """Forward and backward lines."""
        named = {*self.graph.names, *self.said.adjoint_of}
        lines, forward = [("# forward", "")], True
        for line in straight(self.graph, dialect, self.labels, named, 8):
            if forward and line.node not in self.said.forward:
                forward = False
                lines.append(("# backward", ""))
            lines.append((f"{line.name} = {line.text}", self.said.comment(line.node)))
        for name, node in self.grads.items():
            made = self.graph.nodes[node]
            value = self.labels[node] if made.op != "const" else repr(float(made.value))
            lines.append((f"{self.gradient_view(name)}[...] = {value}", ""))
        return module.written(lines, 8)

    def update_body(self, dialect: Dialect) -> list[str]:
        """The optimizer's lines."""
        graph, names = self.update.graph, {**self.names, "p": self.names["theta"], "g": self.names["gradient"]}
        taken = {*self.labels, *names.values()}
        labels = []
        for i, node in enumerate(graph.nodes):
            label = names[node.value] if node.op == "input" else graph.label(i)
            while node.op != "input" and label in taken:
                label += "_"
            labels.append(label)
            taken.add(label)
        lines = [("# update", "")]
        lines += [(f"{line.name} = {line.text}", "") for line in straight(graph, dialect, labels, set(graph.names), 8)]
        lines += [(f"{names[name]}[...] = {labels[node]}", "") for name, node in graph.outputs.items()]
        return module.written(lines, 8)
