"""The step of a tiny network: every number a local variable, the whole loop in one function of plain Python."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from graphgrad.compiler.passes.passed import composed, pipeline
from graphgrad.compiler.passes.specialise import specialise
from graphgrad.compiler.passes.table import SIMPLER
from graphgrad.compiler.source import module
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import OF_NUMBERS, WIDTH, straight
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.statements import NO_NODE, Expr, Statement, replaced, variable, variables_of
from graphgrad.compiler.steps.plan import StepPlan
from graphgrad.compiler.steps.program import ListTrainer
from graphgrad.compiler.steps.update import rate_of_descent, read_update
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph
from graphgrad.execute import python_functions
from graphgrad.transform.grad import derivative_name, reverse
from graphgrad.transform.pullback import Adjoints
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
        self.labels, self.language = self.said.labels, plan.target.language

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

    def called(self) -> tuple[module.Library, dict[str, str]]:
        """What the step needs of others, and the new names of what the user's names hide."""
        imports, library, math = module.library(self.language.calls(OF_NUMBERS.kinds(self.graph)), python_functions)
        taken = {label for label, n in zip(self.labels, self.graph.nodes, strict=True) if n.op != "const"}
        hidden = {name: f"{name}_" for name in [*imports, *library] if name in taken}
        return module.Library(imports, {n: module.renamed(t, hidden) for n, t in library.items()}, math), hidden

    def loss(self) -> str:
        """The loss, as it is written after all new values have their names."""
        return self.language.text(self.taken(self.language)[1])

    def source(self) -> str:
        """The module's text."""
        plan, names = self.plan, self.plan.names
        (imports, library, math), hidden = self.called()
        language, slots = self.language.but(names=hidden), plan.update.slots
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
        body = self.body(language)
        text += self.loop(body)
        for vector, kind in zip(vectors, ("p", *slots), strict=True):
            text += [f"    {part} = {names}" for names, part in self.parts(vector, kind)]
        text += [
            f"    return {names['losses']}",
            "",
            "",
            *self.bound(vectors, "list[float]", self.alone(vectors, body)),
        ]
        title = "A training step, unrolled: the gradient of"
        random = "Random" if names["Random"] == "Random" else f"Random as {names['Random']}"
        head = module.head(
            module.header(title, plan.loss, plan.notes(), plan.target.name, "float64", plan.stated()),
            [
                *["import math"] * math,
                "from collections.abc import Callable, Iterable, Sequence",
                *module.from_math(imports, hidden),
                *module.imported("random", [random] if plan.initial else []),
                *(["from typing import Any"] if plan.initial else []),
            ],
        )
        return head + "\n\n".join([*library.values(), "\n".join(text) + "\n", *ListTrainer(plan).text()])

    def alone(self, vectors: list[str], body: list[str]) -> list[str]:
        """One step, after its data have their names: nothing is changed where arithmetic refuses."""
        states = [[self.state(kind, e) for e in self.plan.entries()] for kind in ("p", *self.plan.update.slots)]
        text = [
            line for names, vector in zip(states, vectors, strict=True) for line in module.unpacked(names, vector, 8)
        ]
        text += body
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

    def loop(self, body: list[str]) -> list[str]:
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
        text += body
        text.append(f"        {names['losses']}.append({self.loss()})")
        return text

    def body(self, language: Language) -> list[str]:
        """Forward, backward and update."""
        back = f"# backward, every adjoint times {self.plan.names[self.rate]}" if self.rate else "# backward"
        titles, part = {"backward": back, "update": "# update"}, "forward"
        text = [("# forward", "")]
        for s in self.statements(language):
            stays = s.node == NO_NODE or s.node in self.said.forward
            now = "update" if s.node in self.finals else part if stays else "backward"
            if part not in {now, "update"}:
                text.append((titles[now], ""))
                part = now
            known = s.node != NO_NODE and s.node not in self.finals
            text.append((language.said(s), self.said.comment(s.node) if known else ""))
        return module.written(text, 8)

    def code(self) -> tuple[Code, ...]:
        """The loop's body from afar; new values lie where old ones did."""
        found = [s for s in self.statements(self.language) if s.node != NO_NODE]
        places = {s.node: self.language.text(s.target) for s in found if s.node in self.finals and s.target}
        return (Code("step", self.graph, self.labels, tuple((s.node, self.language.said(s)) for s in found), places),)

    @cached_property
    def finals(self) -> dict[int, str]:
        """The nodes of new values, and the variables whose new values they are."""
        outputs = self.graph.outputs.items()
        return {node: output.removeprefix("new ") for output, node in outputs if output.startswith("new ")}

    def statements(self, language: Language) -> list[Statement]:
        """The lines of a step."""
        return self.taken(language)[0]

    def taken(self, language: Language) -> tuple[list[Statement], Expr]:
        """The step, and its loss: a new value takes the old one's name as soon as nothing reads the old."""
        labels, free = list(self.labels), itertools.count()
        for node, old in self.finals.items():
            if self.graph.nodes[node].operands:
                labels[node] = next(n for k in itertools.count() if (n := f"new_{old}" + "_" * k) not in labels)
        named = {*self.graph.names, *self.said.adjoint_of}
        lines = straight(self.graph, OF_NUMBERS, language, labels, named, 8)
        last_read = {variable: k for k, line in enumerate(lines) for variable in variables_of(line.value)}
        found: list[Statement] = []
        for node in self.outlived:
            before, labels[node] = labels[node], next(n for k in free if (n := f"before_{k}") not in labels)
            found.append(Statement(variable(labels[node]), variable(before)))
        current: dict[str, Expr] = {}  # of new values: the variable that holds one
        for k, line in enumerate(lines):
            target = variable(labels[line.node])
            if line.node in self.finals:
                old = self.finals[line.node]
                current[labels[line.node]] = target = variable(old) if last_read.get(old, -1) <= k else target
            found.append(line._replace(target=target, value=replaced(line.value, current)))
        values = {name: current.get(labels[i], self.value(i, labels)) for name, i in self.graph.outputs.items()}
        changed = {name.removeprefix("new "): now for name, now in values.items() if name.startswith("new ")}
        found += [Statement(variable(old), now) for old, now in changed.items() if now != variable(old)]
        return found, values[next(iter(values))]

    @cached_property
    def outlived(self) -> list[int]:
        """The parameters and states whose old values are the loss, or something's new value."""
        news = {name.removeprefix("new "): i for name, i in self.graph.outputs.items() if name.startswith("new ")}
        nodes, loss = self.graph.nodes, next(iter(self.graph.outputs.values()))
        wanted = {i for name, i in news.items() if nodes[i].op == "input" and nodes[i].value != name} | {loss}
        return [i for i in sorted(wanted) if nodes[i].op == "input" and news.get(nodes[i].value, i) != i]

    def value(self, node: int, labels: list[str]) -> Expr:
        """A value that has no line: an input or a constant."""
        made = self.graph.nodes[node]
        return OF_NUMBERS.decimal(made) if made.op == "const" else variable(labels[node])


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
