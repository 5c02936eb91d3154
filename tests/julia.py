"""A backend outside the package: programs of numbers in Julia, one row and one writer."""

from graphgrad.compiler.backend import Backend, numbers_only
from graphgrad.compiler.source import module
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import Dialect, straight
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.results import TITLES, entry, gradients
from graphgrad.compiler.source.statements import NUMBERS
from graphgrad.compiler.source.templates import Column
from graphgrad.core.errors import TargetError

OWN = {"pow": "a ^ b", "maximum": "max(a, b)", "minimum": "min(a, b)", "where": "ifelse(condition, a, b)",
       "logical_and": "a & b", "logical_or": "a | b", "logical_not": "~a", "number": "Float64(a)"}  # fmt: skip
LANGUAGE = Language(columns={NUMBERS: Column("julia", lambda row: OWN.get(row.name, row.python.replace("math.", "")))})


class JuliaWriter:
    """A function, and under it what it gives."""

    def __init__(self, program):
        numbers_only(program)
        self.program, self.graph, self.said = program, program.graph, program.said
        named = {*self.graph.names, *self.said.adjoint_of}
        self.lines = straight(self.graph, Dialect(NUMBERS), LANGUAGE, self.said.labels, named, 4)

    def code(self):
        lines = tuple((s.node, LANGUAGE.said(s)) for s in self.lines)
        return (Code(entry(self.graph), self.graph, self.said.labels, lines),)

    def source(self):
        name, labels, grads = entry(self.graph), self.said.labels, gradients(self.graph)
        notes = module.described_inputs(self.graph)
        said = module.described(TITLES[name], self.program.before, notes, self.program.target.name, "float64")
        given = ", ".join(f"{n}::Float64" for n in self.graph.inputs)
        text = [*(f"# {line}".rstrip() for line in said.split("\n")), "", f"function {name}({given})"]
        text += [f"    {LANGUAGE.said(s)}  # {self.said.comment(s.node)}" for s in self.lines]
        first, *_ = [labels[i] for i in self.graph.outputs.values()]
        slopes = ", ".join(f'"{n}" => {labels[i]}' for n, i in grads.items())
        return "\n".join([*text, f"    return {first}, Dict({slopes})" if grads else f"    return {first}", "end", ""])

    def function(self, _):
        def refused(*_, **__):
            raise TargetError("Julia does not run here")

        return refused


JULIA = Backend("julia", JuliaWriter, LANGUAGE, suffixes=(".jl",), runs=False)
