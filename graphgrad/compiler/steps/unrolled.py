"""The step of a tiny network: every number a local variable, the whole loop in one function of plain Python."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.specialise import specialise
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.source import module
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.lines import WIDTH, Dialect, straight
from graphgrad.compiler.source.outline import NO_NODE, Code
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.update import rate_of_descent, read_update
from graphgrad.core.builder import Builder
from graphgrad.core.constants import Constant
from graphgrad.core.graph import Graph
from graphgrad.execute import python_functions
from graphgrad.transform.adjoints import Adjoints
from graphgrad.transform.grad import derivative_name, reverse
from graphgrad.transform.scalarize import entry_name, scalarize

MOST = 200  # parameters times rows: above, arrays are faster
SUBTRACT = read_update("p - g", {}).graph  # gradient descent where adjoints are seeded with the rate, once, at the loss
UNSAFE = frozenset({"cross_entropy", "softmax", "log_softmax", "logsumexp"})  # written out, these overflow


def fits(plan: StepPlan) -> bool:
    """Whether a step is small enough to unroll, and safe."""
    rows = plan.batch or 1
    if plan.dimensions and (plan.batch is None or plan.row_data != plan.data or len(plan.dimensions) > 1):
        return False
    if plan.size * rows > MOST or UNSAFE & {n.op for n in plan.loss.nodes}:
        return False
    names = [*plan.entries(), *(name for k in range(rows) for name in row_variables(plan, k))]
    return len(set(names)) == len(names)  # the entry W_0 of W, and an input W_0, would be one


def row_variables(plan: StepPlan, k: int) -> list[str]:
    """The variables that the k-th row of a step's data fills."""
    graph, found = plan.loss, []
    for name in plan.data:
        shape = graph.nodes[graph.inputs[name]].shape
        start = (k,) if shape and shape[0] in plan.dimensions else ()
        found += [entry_name(name, (*start, *place)) for place in _places(shape[len(start) :])]
    return found


class UnrolledWriter:
    """Writes the module of an unrolled step."""

    transposed: frozenset[str] = frozenset()

    def __init__(self, plan: StepPlan) -> None:
        self.plan = plan
        rows = plan.batch or 1
        primal = scalarize(specialise(plan.stable, dict.fromkeys(plan.dimensions, rows)))
        self.rate = rate_of_descent(plan.folded)
        wrt = tuple(n for n in plan.entries() if n in primal.inputs)
        gradient, adjoints = reverse(primal, wrt, cotangent=self.rate and plan.names[self.rate], as_written=True)
        whole = self._with_update(gradient)
        whole.cache[Adjoints] = adjoints
        passes = pipeline(whole, SIMPLER)
        self.passes, self.graph = passes, passes[-1].graph
        self.said = Provenance(whole, self.graph, composed(passes, len(whole)))
        self.labels = self.said.labels

    def _with_update(self, gradient: Graph) -> Graph:
        """Append the optimizer, entry by entry, to the gradient graph; outputs are the loss and all new values."""
        plan, builder = self.plan, Builder(gradient)
        update = scalarize(specialise(SUBTRACT if self.rate else plan.folded, {"P": plan.size}))
        entries = plan.entries()
        loss = next(iter(gradient.outputs))
        new: dict[int, int] = {}
        for i, node in enumerate(update.nodes):
            if node.op == "input":
                new[i] = self._meaning(builder, gradient, node.value, entries, loss)
            elif node.op == "const":
                new[i] = builder.const(node.value)
            else:
                new[i] = builder.apply(node.op, *(new[o] for o in node.operands), **dict(node.attrs))
        outputs = {loss: gradient.outputs[loss]}
        for name, i in update.outputs.items():
            vector, _, k = name.rpartition("_")
            outputs[f"new {self.state(vector, entries[int(k)])}"] = new[i]
        return builder.build(outputs, gradient.source)

    def _meaning(self, builder: Builder, gradient: Graph, name: str, entries: list[str], loss: str) -> int:
        """An input of the update: a rate, the step's number, or an entry of a vector."""
        vector, _, k = name.rpartition("_")
        if not vector or vector not in {"p", "g", *self.plan.update.slots}:
            return builder.input(self.plan.names[name])
        entry = entries[int(k)]
        if vector == "g":
            found = gradient.outputs.get(derivative_name(loss, entry))
            return builder.const(0) if found is None else found
        return builder.input(self.state(vector, entry))

    def state(self, vector: str, entry: str) -> str:
        """The variable of one entry of the parameters or of the state."""
        return entry if vector == "p" else f"{self.plan.names[vector]}_{entry}"

    def called(self) -> tuple[set[str], dict[str, str], dict[str, str]]:
        """Names to import from `math`, functions to copy, and the new names of those that the user's names hide."""
        dialect = Dialect("python")
        calls = {c for i in range(len(self.graph)) if (form := dialect.form(self.graph, i)) for c in form.calls}
        calls |= {str(n.value) for n in self.graph.nodes if n.op == "const" and isinstance(n.value, Constant)}
        imports, library = module.library(calls, python_functions)
        taken = {label for label, n in zip(self.labels, self.graph.nodes, strict=True) if n.op != "const"}
        return imports, library, {name: f"{name}_" for name in [*imports, *library] if name in taken}

    def loss(self) -> str:
        """The loss, as it is written."""
        return self.value(self.graph.output, self.labels)

    def source(self) -> str:
        """The module's text."""
        plan, names = self.plan, self.plan.names
        imports, library, hidden = self.called()
        slots = plan.update.slots
        vectors = [names["theta"], *(names[s] for s in slots)]
        rows, order, t = (names[n] for n in ("rows", "order", "t"))
        given = [
            *(f"{v}: list[float]" for v in vectors),
            f"{rows}: Sequence[Sequence[float]]",
            f"{order}: Iterable[int]",
        ]
        given += [f"{t}: int", *(f"{names[r]}: float" for r in plan.update.rates)]
        text = module.signature("train", given, "list[float]")
        text.append(
            '    """Take a step for every row, or rows, in order, after t steps; gives the losses before each."""'
        )
        for vector, kind in zip(vectors, ("p", *slots), strict=True):
            text += [f"    {names} = {part}" for names, part in self.parts(vector, kind)]
        text.append(f"    {names['losses']} = []")
        text += self.loop(Dialect("python", renamed=hidden))
        for vector, kind in zip(vectors, ("p", *slots), strict=True):
            text += [f"    {part} = {names}" for names, part in self.parts(vector, kind)]
        text += [
            f"    return {names['losses']}",
            "",
            "",
            *self.bound(vectors, "list[float]", self.alone(vectors, hidden)),
        ]
        title = "A training step, unrolled: the gradient of"
        head = [module.header(title, plan.loss, plan.notes(), plan.target.name, "float64")]
        head.append("from __future__ import annotations\n")
        system = ["import math"] if any("math." in t for t in library.values()) else []
        system.append("from collections.abc import Callable, Iterable, Sequence")
        system += module.imported("math", [f"{n} as {hidden[n]}" if n in hidden else n for n in sorted(imports)])
        head.append("\n".join(system) + "\n")
        functions = [module.renamed(t, hidden) for t in library.values()]
        return "\n".join(head) + "\n\n" + "\n\n".join([*functions, "\n".join(text) + "\n"])

    def alone(self, vectors: list[str], hidden: Mapping[str, str]) -> list[str]:
        """One step, after its data have their names: nothing is changed where arithmetic refuses."""
        states = [[self.state(kind, e) for e in self.plan.entries()] for kind in ("p", *self.plan.update.slots)]
        text = [
            line for names, vector in zip(states, vectors, strict=True) for line in module.unpacked(names, vector, 8)
        ]
        text += self.body(Dialect("python", renamed=hidden))
        for names, vector in zip(states, vectors, strict=True):
            text += module.packed(f"{vector}[:]", names, 8)
        return [*text, f"        return {self.loss()}"]

    def bound(self, vectors: list[str], kind: str, inside: list[str]) -> list[str]:
        """The function that gives one step on some vectors; `inside` are its lines after those that name the data."""
        plan, step = self.plan, self.plan.names["step"]
        text = module.signature("bind", [f"{v}: {kind}" for v in vectors], "Callable[..., float]")
        text += ['    """Give the step on these vectors, in place."""', ""]
        shapes = {name: plan.loss.nodes[plan.loss.inputs[name]].shape for name in plan.data}
        given = [f"{name}: {'Sequence[' * len(shape)}float{']' * len(shape)}" for name, shape in shapes.items()]
        given += [f"{plan.names['t']}: int", *(f"{plan.names[r]}: float" for r in plan.update.rates)]
        text += [f"    {line}" for line in module.signature(step, given, "float")]
        text.append('        """Take one step, the t-th; gives the loss before it."""')
        for name, sizes in shapes.items():
            shape = [size if isinstance(size, int) else plan.batch or 1 for size in sizes]
            text += [f"        {pattern(name, shape)} = {name}"] if shape else []
        return [*text, *inside, "", f"    return {step}"]

    def parts(self, vector: str, kind: str) -> Iterator[tuple[str, str]]:
        """The entries of a vector, as many as a line holds, and where they stand in it."""
        waiting, start = [self.state(kind, e) for e in self.plan.entries()], 0
        while waiting:
            names = waiting[:1]
            while len(names) < len(waiting) and len(", ".join(waiting[: len(names) + 1])) < WIDTH - 30:
                names.append(waiting[len(names)])
            del waiting[: len(names)]
            yield f"({names[0]},)" if len(names) == 1 else ", ".join(names), f"{vector}[{start}:{start + len(names)}]"
            start += len(names)

    def loop(self, dialect: Dialect) -> list[str]:
        """The loop over the rows."""
        plan, names, text = self.plan, self.plan.names, list[str]()
        row = names["row"]
        if plan.dimensions and plan.batch != 1:
            text.append(f"    {names['places']} = iter({names['order']})")
            places = [f"{row}_{k}" for k in range(plan.batch or 1)]
            text += [f"    for {', '.join(places)} in zip({', '.join([names['places']] * len(places))}, strict=True):"]
        else:
            places = [row]
            text.append(f"    for {row} in {names['order']}:")
        if "t" in plan.update.graph.inputs:
            text.append(f"        {names['t']} += 1")
        for k, place in enumerate(places if plan.data else []):
            text += module.unpacked(row_variables(plan, k), f"{names['rows']}[{place}]", 8)
        text += self.body(dialect)
        text.append(f"        {names['losses']}.append({self.loss()})")
        return text

    def body(self, dialect: Dialect) -> list[str]:
        """Forward, backward and update."""
        return module.written([(text, comment) for _, text, comment in self.statements(dialect)], 8)

    def code(self) -> tuple[Code, ...]:
        """The loop's body from afar; new values lie where old ones did."""
        lines = tuple((node, text) for node, text, _ in self.statements(Dialect("python")) if node != NO_NODE)
        finals = {i for name, i in self.graph.outputs.items() if name.startswith("new ")}
        places = {node: text.partition(" = ")[0] for node, text in lines if node in finals}
        return (Code("step", self.graph, self.labels, lines, places),)

    def statements(self, dialect: Dialect) -> list[tuple[int, str, str]]:
        """Nodes, lines and comments: a new value takes the old one's name as soon as nothing reads the old."""
        finals = {node: name for name, node in self.graph.outputs.items() if name.startswith("new ")}
        labels = list(self.labels)
        for node, name in finals.items():
            if self.graph.nodes[node].operands:
                labels[node] = next(
                    n for k in itertools.count() if (n := name.replace(" ", "_") + "_" * k) not in labels
                )
        named = {*self.graph.names, *self.said.adjoint_of}
        lines = straight(self.graph, dialect, labels, named, 8)
        last_read = {word: k for k, line in enumerate(lines) for word in _WORD.findall(line.text)}
        current: dict[str, str] = {}  # of new values: the variable that holds one
        text, part = [(NO_NODE, "# forward", "")], "forward"
        back = f"# backward, every adjoint times {self.plan.names[self.rate]}" if self.rate else "# backward"
        for k, line in enumerate(lines):
            now = "update" if line.node in finals else part if line.node in self.said.forward else "backward"
            if part not in {now, "update"}:
                text.append((NO_NODE, back if now == "backward" else f"# {now}", ""))
                part = now
            expression = _WORD.sub(lambda word: current.get(word[0], word[0]), line.text)
            name, comment = line.name, self.said.comment(line.node)
            if line.node in finals:
                old, comment = finals[line.node].removeprefix("new "), ""
                current[line.name] = name = old if last_read.get(old, -1) <= k else line.name
            text.append((line.node, f"{name} = {expression}", comment))
        for output, node in self.graph.outputs.items():
            old = output.removeprefix("new ")
            now = current.get(labels[node], self.value(node, labels))
            if output.startswith("new ") and now != old:
                text.append((NO_NODE, f"{old} = {now}", ""))
        return text

    def value(self, node: int, labels: list[str]) -> str:
        """A value that has no line: an input or a constant."""
        made = self.graph.nodes[node]
        return repr(float(made.value)) if made.op == "const" else labels[node]


def pattern(name: str, shape: Sequence[int], place: tuple[int, ...] = ()) -> str:
    """The entries of an array, as the left side of an assignment.

    >>> pattern("x", (2, 2))
    '(x_0_0, x_0_1), (x_1_0, x_1_1)'
    """
    if len(place) == len(shape):
        return entry_name(name, place)
    parts = [pattern(name, shape, (*place, k)) for k in range(shape[len(place)])]
    inside = ", ".join(parts) + "," * (len(parts) == 1)
    return f"({inside})" if place or len(parts) == 1 else inside


def _places(shape: tuple[Any, ...]) -> list[tuple[int, ...]]:
    places: list[tuple[int, ...]] = [()]
    for size in shape:
        places = [(*p, k) for p in places for k in range(size)]
    return places


_WORD = re.compile(r"[^\W\d]\w*")
