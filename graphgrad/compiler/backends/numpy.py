"""Python: one graph as one module, of numbers by `math` and of arrays by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from graphgrad.compiler.arrays.many_points import MANY, Points
from graphgrad.compiler.backend import Backend, Program, Way, always
from graphgrad.compiler.compiled import load
from graphgrad.compiler.source import module
from graphgrad.compiler.source.language import TABLE, Language
from graphgrad.compiler.source.lines import OF_ARRAYS, OF_NUMBERS, Dialect, straight
from graphgrad.compiler.source.numpy_calls import PYTHON
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.primal import gradients
from graphgrad.compiler.source.results import TITLES, Results, entry
from graphgrad.compiler.source.statements import NUMBERS, Expr, Statement, variable
from graphgrad.compiler.source.stored import Kinds, needed, stored
from graphgrad.compiler.source.templates import template
from graphgrad.compiler.source.unnoticed import unnoticed
from graphgrad.compiler.steps.arrays import ArrayWriter
from graphgrad.compiler.steps.run import ArrayRun, UnrolledRun
from graphgrad.compiler.steps.unrolled import UnrolledWriter, fits
from graphgrad.core.constants import Constant
from graphgrad.core.errors import TargetError
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions, python_functions

ASKED = "isfinite"  # the quickest of the functions that refuse an array


LARGE = 1000  # nodes: above, numbers and arrays share their lines


class PythonWriter:
    """Writes the module of one graph: a function of numbers, a function of arrays, and what they call."""

    may_share = True  # whether the lines of a large program may stand there once
    indent = 8  # of the lines on arrays
    decorator = ""  # of the functions of numbers that a module copies

    def __init__(self, program: Program) -> None:
        self.before, self.graph, self.said, self.target, self.dtype, returns = program
        self.labels = self.said.labels
        self.grads = gradients(self.graph)
        self.results = Results(self.graph, self.grads, returns)
        self.name = entry(self.graph)
        operations = [n for n in self.graph.nodes if n.operands]
        numbers = not any(n.shape for n in self.graph.nodes) and all(OPS[n.op].python for n in operations)
        if not numbers and not self.target.arrays:
            raise TargetError(f"the target '{self.target.name}' computes with numbers, and this program has arrays")
        self.of_numbers, self.of_arrays = numbers and self.target.numbers, bool(self.target.arrays)
        self.language = self.target.language.but(typed=f"np.{self.dtype}")
        self.np = "np"

    def function(self, source: str) -> Callable[..., Any]:
        """The function that a module's text defines."""
        function: Callable[..., Any] = load(source, self.name)[self.name]
        return function

    def source(self) -> str:
        """The module's text."""
        taken = {label for label, n in zip(self.labels, self.graph.nodes, strict=True) if n.op != "const" or n.shape}
        self.np = "np_" if "np" in taken and self.of_arrays else "np"
        if self.of_numbers and self.of_arrays and len(self.graph) > LARGE and self.may_share and self.alike():
            return self.shared(taken)
        alias = {"np": self.np} if self.np != "np" else {}
        imports, functions, copied, names, spoken = set[str](), list[str](), list[str](), dict[str, str](), False
        if self.of_numbers:
            imports, own, spoken = module.library(self.calls(OF_NUMBERS) | self.asked, python_functions)
            names = {name: f"{name}_" for name in [*imports, *own] if name in taken}
            copied += [self.decorator + module.renamed(text, names | alias) for text in own.values()]
            taken |= {*imports, *own}
            otherwise = f"_{self.name}_of_arrays" if self.of_arrays else ""
            functions.append(self.function_of_numbers(self.language.but(names=names | alias), otherwise))
        if self.of_arrays:
            points = Points(self.graph, self.labels, self.dtype) if functions and self.graph.inputs else None
            called = self.calls(OF_ARRAYS) | (points.tape.calls(self.language) if points else set())
            more, own, again = module.library(called, numpy_functions, *self.target.library)
            arrays = {name: f"{name}_of_arrays" for name in own if name in taken}
            arrays |= {name: f"{name}_" for name in more if name in taken - imports}
            copied = [module.renamed(text, arrays | alias) for text in own.values()] + copied
            if not self.of_numbers:  # what is made of constants alone is Python's own
                plain = module.library(called - own.keys(), python_functions)
                arrays |= {name: f"{name}_" for name in plain.functions if name in taken}
                copied += [module.renamed(text, arrays | alias) for text in plain.functions.values()]
                more, again = more | plain.imports, again or plain.math
            else:
                arrays |= {name: new for name, new in names.items() if name not in own}
            imports, names = imports | more, names | {n: new for n, new in arrays.items() if n in more}
            name = f"_{self.name}_of_arrays" if functions or self.last() else self.name
            many = f"_{self.name}_of_points" if points else ""
            language, spoken = self.language.but(names=arrays | alias), spoken or again
            functions.insert(0, self.function_of_arrays(name, language, many))
            if points:
                functions.insert(0, self.function_of_points(many, points, language))
        head = self.head(imports, names, "import math" if spoken else "")
        kept = stored(self.graph, self.labels, Kinds(self.dtype, self.integers, self.np))
        made = ["\n".join(kept) + "\n"] if kept else []
        return head + "\n\n".join([*made, *copied, *functions, *self.last()])

    @property
    def integers(self) -> str:
        """The type of indices and labels."""
        return "int64"

    def last(self) -> list[str]:
        """What stands below the functions."""
        return []

    def alike(self) -> bool:
        """Whether the lines of numbers serve arrays too, given NumPy's functions for those of `math`."""
        named = any(n.op == "const" and isinstance(n.value, Constant) for n in self.graph.nodes)
        refused = named or any(n.dtype == "bool" for n in self.graph.nodes)
        kinds = {(n.op, n.attrs) for n in self.graph.nodes if n.operands}
        return not refused and all(template(OPS[op], attrs, TABLE[NUMBERS]).both for op, attrs in kinds)

    def shared(self, taken: set[str]) -> str:
        """The module of a large program: its lines stand there once, and are given the functions that they call."""
        calls = sorted(self.calls(OF_NUMBERS))
        names = {name: f"{name}_" if name in taken else name for name in calls}
        inputs, given = list(self.graph.inputs), [names[c] for c in calls]
        np, math = self.np, "math_" if "math" in taken else "math"
        own = module.library(calls, python_functions).functions
        arrays = module.library(calls, numpy_functions, *self.target.library).functions
        ours, theirs = {n: f"{n}_" if n in taken else n for n in own}, {n: f"{n}_of_arrays" for n in arrays}
        copied = [module.renamed(text, ours | {"math": math}) for text in own.values()]
        copied += [module.renamed(text, theirs | {"np": np}) for text in arrays.values()]
        lines = self.opening(f"_{self.name}", "Array", [*inputs, *given])
        language = self.language.but(names=names)
        lines += [*self.body(OF_NUMBERS, language, 4), *self.result(OF_NUMBERS, language, 4)]
        outer = self.opening(self.name, "Array")
        outer.append("    try:")
        asked = {ASKED: f"{ASKED}_"} if ASKED in taken else {}
        outer += [f"        {asked.get(ASKED, ASKED)}({name})" for name in self.unnoticed]
        outer += module.call(f"return _{self.name}", [*inputs, *(ours.get(c, f"{math}.{c}") for c in calls)], 8)
        outer.append("    except (TypeError, ValueError, ArithmeticError):  # NumPy knows arrays, inf and nan")
        outer += [f"        {n} = {np}.asarray({n}, {np}.{self.dtype})[()]" for n in inputs]
        outer.append(f'        with {np}.errstate(all="ignore"):')
        outer += module.call(f"return _{self.name}", [*inputs, *(theirs.get(c, f"{np}.{c}") for c in calls)], 12)
        text = [*copied, *("\n".join(part) + "\n" for part in (lines, outer))]
        return self.head(
            self.asked, asked, f"import math as {math}" if math != "math" else "import math"
        ) + "\n\n".join(text)

    @cached_property
    def unnoticed(self) -> list[str]:
        """The inputs that are asked whether they are numbers, since no function of the program does."""
        return unnoticed(self.graph)

    @property
    def asked(self) -> set[str]:
        """The function that asks."""
        return {ASKED} if self.of_arrays and self.unnoticed else set()

    def calls(self, dialect: Dialect) -> set[str]:
        """The functions and constants that the program uses by name."""
        return self.language.calls(dialect.kinds(self.graph))

    def head(self, imports: Iterable[str], names: Mapping[str, str], math: str) -> str:
        """The docstring and the imports."""
        notes = module.described_inputs(self.graph)
        said = module.header(TITLES[self.name], self.before, notes, self.target.name, self.dtype)
        system = [*needed(self.graph), *([math] if math else []), *module.from_math(imports, names)]
        if not self.of_arrays:
            return module.head(said, system)
        return module.head(
            said,
            [*system, "from typing import Any"],
            [*self.imports(), f"import {self.target.arrays} as {self.np}"],
            self.target.setup.get(self.dtype, ()),
            ["Array = Any  # a number or a NumPy array"],
        )

    def imports(self) -> tuple[str, ...]:
        """What stands before the import of the arrays."""
        return self.target.imports

    def function_of_numbers(self, language: Language, otherwise: str) -> str:
        """The function of numbers; `otherwise` names the one that takes over where `math` gives up."""
        number, indent = ("Array", 8) if otherwise else ("float", 4)
        text = self.opening(self.name, number)
        if otherwise:
            text.append("    try:")
            ask = language.names.get(ASKED, ASKED)
            text += [f"        {ask}({name})  # an array is none of Python's numbers" for name in self.unnoticed]
        text += [*self.body(OF_NUMBERS, language, indent), *self.result(OF_NUMBERS, language, indent)]
        if otherwise:
            text.append("    except (TypeError, ValueError, ArithmeticError):  # NumPy knows arrays, inf and nan")
            text.append(f"        return {otherwise}({', '.join(self.graph.inputs)})")
        return "\n".join(text) + "\n"

    def function_of_points(self, name: str, points: Points, language: Language) -> str:
        """The function of very many points."""
        text = [*self.opening(name, "Array"), *points.lines(language, self.np)]
        text += self.results.statement([points.result(name) for name in self.graph.outputs], 4)
        return "\n".join(text) + "\n"

    def function_of_arrays(self, name: str, language: Language, many: str) -> str:
        """The function of arrays; `many` names the one for very many points."""
        text = self.opening(name, "Array")
        if many:
            sizes = ", ".join(f"{self.np}.size({n})" for n in self.graph.inputs)
            sizes = f"max({sizes})" if len(self.graph.inputs) > 1 else sizes
            text += [f"    if {sizes} > {MANY}:", f'        with {self.np}.errstate(all="ignore"):']
            text += module.call(f"return {many}", list(self.graph.inputs), 12)
        text += self.converted("[()]")
        text.append(f'    with {self.np}.errstate(all="ignore"):')
        text += [*self.body(OF_ARRAYS, language, 8), *self.result(OF_ARRAYS, language, 4)]
        return "\n".join(text) + "\n"

    def converted(self, plain: str = "") -> list[str]:
        """Inputs as arrays of the program's types; `plain` makes numbers of arrays without axes."""
        kinds = {"int": self.integers, "float": self.dtype, "bool": "bool_"}
        return [f"    {n} = {self.np}.asarray({n}, {self.np}.{kinds[self.graph.nodes[i].dtype]}){plain}"
                for n, i in self.graph.inputs.items()]  # fmt: skip

    def opening(self, name: str, number: str, parameters: Iterable[str] = ()) -> list[str]:
        """The signature and the docstring; the parameters are the inputs, unless said otherwise."""
        returned, said = self.results.annotation(number), self.results.said()
        return [*module.signature(name, [f"{n}: {number}" for n in parameters or self.graph.inputs], returned),
                f'    """Give {said}."""']  # fmt: skip

    def straight(self, dialect: Dialect, language: Language, indent: int) -> list[Statement]:
        """The statements of the function."""
        named = {*self.graph.names, *self.said.adjoint_of}
        return straight(self.graph, dialect, language, self.labels, named, indent)

    def code(self) -> tuple[Code, ...]:
        """The functions from afar: of numbers, or else of arrays, and of very many points."""
        dialect, language = OF_NUMBERS if self.of_numbers else OF_ARRAYS, self.language
        lines = self.straight(dialect, language, 4 if self.of_numbers else self.indent)
        found = [Code(self.name, self.graph, self.labels, tuple((s.node, language.said(s)) for s in lines))]
        if self.of_numbers and self.of_arrays and self.graph.inputs and len(self.graph) <= LARGE:
            points = Points(self.graph, self.labels, self.dtype)
            found.append(points.tape.code(f"{self.name}, of very many points", language))
        return tuple(found)

    def body(self, dialect: Dialect, language: Language, indent: int) -> list[str]:
        """The lines of the function, with their comments."""
        lines, forward = [], True
        for statement in self.straight(dialect, language, indent):
            if forward and self.grads and statement.node not in self.said.forward:
                forward = False
                lines.append(("# backward", ""))
            lines.append((language.said(statement), self.said.comment(statement.node)))
        if self.grads and lines and lines[0][1]:
            lines.insert(0, ("# forward", ""))
        return module.written(lines or [("pass", "")], indent)

    def result(self, dialect: Dialect, language: Language, indent: int) -> list[str]:
        """The return statement."""
        outputs = [language.text(self.output(i, dialect)) for i in self.graph.outputs.values()]
        return self.results.statement(outputs, indent)

    def output(self, node: int, dialect: Dialect) -> Expr:
        """An output, in the return statement; a gradient that is a condition counts as a number."""
        made, label = self.graph.nodes[node], variable(self.labels[node])
        if made.op == "const" and not made.shape:
            return dialect.decimal(made)
        return dialect.number(label) if made.dtype == "bool" and node in self.grads.values() else label


NUMPY = Backend(
    "numpy",
    PythonWriter,
    PYTHON,
    arrays="numpy",
    aliases=("scipy",),  # whose products once added to the parameters by themselves
    steps=(Way("unrolled", fits, UnrolledWriter, UnrolledRun), Way("arrays", always, ArrayWriter, ArrayRun)),
)
