"""Programs of numbers as a module of JavaScript, which browsers and node import."""

from __future__ import annotations

from graphgrad.compiler import module
from graphgrad.compiler.code import Code
from graphgrad.compiler.javascript import ERF
from graphgrad.compiler.lines import Dialect, straight
from graphgrad.compiler.provenance import Provenance
from graphgrad.compiler.targets import Target
from graphgrad.compiler.writer import TITLES, gradients
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph

CONSTANTS = {"pi": "Math.PI", "e": "Math.E", "inf": "Infinity", "nan": "NaN"}
WORDS = """
arguments await break case catch class const continue debugger default delete do else enum eval export extends false
finally for function if implements import in instanceof interface let new null package private protected public return
static super switch this throw true try typeof var void while with yield
Infinity Math NaN Number erf inputs undefined value value_and_grad values
"""  # that no variable may be called
RESERVED = frozenset(WORDS.split())


class JavaScriptWriter:
    """Writes the module: one exported function of an object, the inputs by name; results are as in Python."""

    def __init__(self, before: Graph, graph: Graph, said: Provenance, target: Target, returns: str) -> None:
        if any(node.shape for node in graph.nodes):
            raise TargetError("the target 'javascript' computes with numbers, and this program has arrays")
        self.before, self.graph, self.said, self.target, self.returns = before, graph, said, target, returns
        self.grads = gradients(graph)
        self.name = "value_and_grad" if self.grads else "value" if len(graph.outputs) == 1 else "values"
        taken = set(said.labels)
        self.labels = [self.free(label, taken) for label in said.labels]
        lines = straight(graph, Dialect("js", renamed=CONSTANTS), self.labels, frozenset(), 2)
        self.lines = [(line.node, f"const {line.name} = {line.text};") for line in lines]

    @staticmethod
    def free(label: str, taken: set[str]) -> str:
        """A name that the language leaves to programs."""
        new = label
        while new in RESERVED or (new != label and new in taken):
            new += "_"
        return new

    def code(self) -> tuple[Code, ...]:
        """The function from afar."""
        return (Code(self.name, self.graph, self.labels, tuple(self.lines)),)

    def source(self) -> str:
        """The module's text."""
        notes = [*module.described_inputs(self.graph), "", f"Give the inputs by name: {self.name}({self.example()})."]
        said = module.header(TITLES[self.name], self.before, notes, self.target.name, "float64").replace('"""', "")
        comment = "\n".join(f" * {line}".rstrip() for line in said.strip().replace("*/", "* /").splitlines())
        erf = f"{ERF}\n" if any("erf(" in line for _, line in self.lines) else ""
        text = [f"/*\n{comment}\n */\n\n{erf}export function {self.name}(inputs) {{"]
        inputs = [name if name == self.labels[i] else f"{name}: {self.labels[i]}"
                  for name, i in self.graph.inputs.items()]  # fmt: skip
        text += [f"  const {{ {', '.join(inputs)} }} = inputs;"] * bool(inputs)
        text += [f"  {line} // {self.said.comment(node)}" for node, line in self.lines]
        return "\n".join([*text, f"  return {self.result()};", "}", ""])

    def example(self) -> str:
        """What the function may be given."""
        return f"{{ {', '.join(f'{name}: 1' for name in self.graph.inputs)} }}" if self.graph.inputs else "{}"

    def result(self) -> str:
        """A value; a value and an object of derivatives, by input; or an object of outputs, by name."""
        texts = {name: self.output(i) for name, i in self.graph.outputs.items()}
        first, *others = texts.values()
        if self.returns == "tuple" and others:
            return f"[{', '.join(texts.values())}]"
        if self.grads:
            return f"[{first}, {_object(dict(zip(self.grads, others, strict=True)))}]"
        return _object(texts) if others else first

    def output(self, node: int) -> str:
        """An output; a condition counts as a number where it is a derivative."""
        made = self.graph.nodes[node]
        if made.op == "const":
            return Dialect("js", renamed=CONSTANTS).constant(made).text
        counts = made.dtype == "bool" and node in self.grads.values()
        return f"Number({self.labels[node]})" if counts else self.labels[node]


def _object(texts: dict[str, str]) -> str:
    return f"{{ {', '.join(name if name == text else f'{name}: {text}' for name, text in texts.items())} }}"
