"""The optimizer as one loop over the vectors, compiled by numba: every number is read and written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphgrad.compiler.arrays.tape import Tape
from graphgrad.compiler.source.refs import Ref, Setting
from graphgrad.compiler.source.templates import ATOM, Spelled, spell, template
from graphgrad.compiler.steps.arrays import ArrayWriter
from graphgrad.core.builder import Builder
from graphgrad.core.graph import Graph


class FusedUpdate:
    """The loop, `function`, and its call: `numbers` are the lines before it, in every step."""

    def __init__(
        self, graph: Graph, names: Mapping[str, str], vectors: Sequence[str], dtype: str, taken: set[str]
    ) -> None:
        self.calls: set[str] = set()
        made = [i for i, n in enumerate(graph.nodes) if n.shape and n.operands]
        needed = [
            o for o in dict.fromkeys(o for i in made for o in graph.nodes[i].operands) if not graph.nodes[o].shape
        ]
        builder = Builder(graph)
        numbers, place = builder.finish({f"number {o}": o for o in needed})
        inputs = {i: Ref(names.get(name, name), number=True) for name, i in numbers.inputs.items()}
        labels = [str(n.value) if n.op in {"input", "const"} else f"u{i}" for i, n in enumerate(numbers.nodes)]
        tape = Tape(numbers, Setting(labels, dtype, inputs, {}, {}, taken))
        self.bind, self.numbers = tape.bind, [statement for statement, _ in tape.step]
        self.calls |= tape.calls
        given = []
        for o in needed:
            ref = tape.refs[place[o]]
            typed = f"np.{dtype}({ref.text})"
            given.append(tape.once.once(typed, "c") if ref.bound else typed)
        self.call = f"update({', '.join([*(names[v] for v in vectors), *given])})"
        parameters = [f"number{k}" for k in range(len(needed))]
        local = {o: parameters[k] for k, o in enumerate(needed)} | {
            i: name for name, i in graph.inputs.items() if name in vectors
        }
        self.function = self._function(graph, vectors, parameters, local)

    def _function(self, graph: Graph, vectors: Sequence[str], parameters: list[str], local: dict[int, str]) -> str:
        """The loop; every entry of the vectors is a number there."""
        arrays = {v: f"{v}_all" for v in vectors}
        text = [
            '@numba.njit(error_model="numpy")',
            f"def update({', '.join([*arrays.values(), *parameters])}):  # type: ignore",
        ]
        text += ['    """Change the parameters and the state of the optimizer, entry by entry."""']
        text.append(f"    for k in range(len({next(iter(arrays.values()))})):")
        text += [f"        {v} = {arrays[v]}[k]" for v in vectors if graph.inputs.get(v) is not None]
        for i, node in enumerate(graph.nodes):
            if node.shape and node.operands:
                form = template(node.op, node.attrs, "python")
                self.calls |= form.calls
                local[i] = f"u{i}"
                made = spell(form, node.op, [Spelled(local[o], ATOM) for o in node.operands])
                text.append(f"        u{i} = {made.text}")
        text += [f"        {arrays[name]}[k] = {local[i]}" for name, i in graph.outputs.items()]
        return "\n".join(text) + "\n"


class FusedWriter(ArrayWriter):
    """Writes a step over arrays whose optimizer is one loop, where it is computed entry by entry."""

    def as_loop(self) -> FusedUpdate:
        """The optimizer as one loop."""
        vectors = ["p", "g", *self.plan.update.slots]
        names = {**self.names, "p": self.names["theta"], "g": self.names["gradient"]}
        return FusedUpdate(self.update, names, vectors, dtype=self.plan.dtype, taken=self.taken)
