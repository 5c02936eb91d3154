"""The optimizer as one loop over the vectors, compiled by numba: every number is read and written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphgrad.compiler.arrays.tape import Tape
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.refs import Ref, Setting
from graphgrad.compiler.source.statements import Expr, Statement, variable
from graphgrad.compiler.steps.arrays import ArrayWriter
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph


class FusedUpdate:
    """The loop, and its call: `numbers` are the statements before it, in every step."""

    def __init__(
        self, graph: Graph, names: Mapping[str, str], vectors: Sequence[str], dtype: str, taken: set[str]
    ) -> None:
        self.graph, self.vectors = graph, vectors
        made = [i for i, n in enumerate(graph.nodes) if n.shape and n.operands]
        needed = [
            o for o in dict.fromkeys(o for i in made for o in graph.nodes[i].operands) if not graph.nodes[o].shape
        ]
        builder = Builder(graph)
        numbers, place = builder.finish({f"number {o}": o for o in needed})
        inputs = {i: Ref(variable(names.get(n, n)), number=True) for n, i in numbers.inputs.items()}
        labels = [str(n.value) if n.op in {"input", "const"} else f"u{i}" for i, n in enumerate(numbers.nodes)]
        tape = Tape(numbers, Setting(labels, dtype, inputs, {}, {}, taken))
        self.bind, self.numbers = tape.bind, tape.step
        self.arguments = [variable(names[v]) for v in vectors]
        for o in needed:
            ref = tape.refs[place[o]]
            typed = Expr("typed", (ref.value,))
            self.arguments.append(tape.once.once(typed, "c") if ref.bound else typed)
        self.parameters = [f"number{k}" for k in range(len(needed))]
        local = {o: variable(self.parameters[k]) for k, o in enumerate(needed)}
        local |= {i: variable(n) for n, i in graph.inputs.items() if n in vectors}
        self.body: list[Statement] = []
        for i in made:
            node, local[i] = graph.nodes[i], variable(f"u{i}")
            self.body.append(Statement(local[i], Expr(node.op, tuple(local[o] for o in node.operands), node.attrs), i))
        self.results = {n: local[i] for n, i in graph.outputs.items()}
        self.values = [*tape.values, *(statement.value for statement in self.body)]

    def call(self, language: Language) -> str:
        """The call of the loop."""
        return f"update({', '.join(map(language.text, self.arguments))})"

    def function(self, language: Language) -> str:
        """The loop; every entry of the vectors is a number there."""
        arrays = {v: f"{v}_all" for v in self.vectors}
        text = [
            '@numba.njit(error_model="numpy")',
            f"def update({', '.join([*arrays.values(), *self.parameters])}):  # type: ignore",
        ]
        text += ['    """Change the parameters and the state of the optimizer, entry by entry."""']
        text.append(f"    for k in range(len({next(iter(arrays.values()))})):")
        text += [f"        {v} = {arrays[v]}[k]" for v in self.vectors if self.graph.inputs.get(v) is not None]
        text += [f"        {language.said(statement)}" for statement in self.body]
        text += [f"        {arrays[n]}[k] = {language.text(value)}" for n, value in self.results.items()]
        return "\n".join(text) + "\n"


class FusedWriter(ArrayWriter):
    """Writes a step over arrays whose optimizer is one loop, where it is computed entry by entry."""

    def as_loop(self) -> FusedUpdate:
        """The optimizer as one loop."""
        vectors = ["p", "g", *self.plan.update.slots]
        names = {**self.names, "p": self.names["theta"], "g": self.names["gradient"]}
        return FusedUpdate(self.update, names, vectors, dtype=self.plan.dtype, taken=self.taken)
