"""Python: one graph as one module, of numbers by `math` and of arrays by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from math import isfinite
from typing import Any

from graphgrad.compiler.arrays.many_points import MANY, Points
from graphgrad.compiler.backend import Backend, Program, Way, always
from graphgrad.compiler.compiled import load
from graphgrad.compiler.source import module
from graphgrad.compiler.source.lines import Dialect, Line, straight
from graphgrad.compiler.source.outline import Code, in_arrays
from graphgrad.compiler.source.results import TITLES, Results, entry, gradients
from graphgrad.compiler.source.stored import packed, stored
from graphgrad.compiler.source.templates import ATOM, Spelled, template
from graphgrad.compiler.steps.arrays import ArrayWriter
from graphgrad.compiler.steps.run import ArrayRun, UnrolledRun
from graphgrad.compiler.steps.unrolled import UnrolledWriter, fits
from graphgrad.core.constants import Constant
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions, python_functions

ASKED = "isfinite"  # the quickest of the functions that refuse an array


def unnoticed(graph: Graph, dialect: Dialect) -> list[str]:
    """Give the inputs that no function has looked at before they divide, or at all: as an array each would go through.

    >>> from graphgrad.frontend.parse import parse
    >>> unnoticed(parse("1 / x + log(y) + 1 / y + w"), Dialect("python"))
    ['x', 'w']
    """
    bits = {i: 1 << k for k, i in enumerate(graph.inputs.values())}
    needs: list[int] = []  # of every node: the inputs that it is made of
    noticed = missed = 0
    every = sum(bits.values())
    for i, node in enumerate(graph.nodes):
        if noticed == every:
            break
        operands = [needs[o] for o in node.operands]
        needs.append(bits.get(i, 0))
        for need in operands:
            needs[i] |= need
        form = dialect.form(graph, i)
        if form is None:
            continue
        if form.calls or form.branches:
            noticed |= needs[i]
        elif any("/" in text for text in form.texts):
            missed |= operands[-1] & ~noticed
    missed |= every & ~noticed
    read = {i for i in graph.inputs.values() if graph.users[i]} | {*graph.outputs.values()}
    return [name for name, i in graph.inputs.items() if i in read and bits[i] & missed]


LARGE = 1000  # nodes: above, numbers and arrays share their lines


class Writer:
    """Writes the module of one graph: a function of numbers, a function of arrays, and what they call."""

    may_share = True  # whether the lines of a large program may stand there once
    indent = 8  # of the lines on arrays
    decorator = ""  # of the functions of numbers that a module copies
    known: Mapping[str, str] = {}  # functions of `math` that have other names here

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
        self.of_numbers, self.of_arrays = numbers and bool(self.target.column), bool(self.target.arrays)

    def function(self, source: str) -> Callable[..., Any]:
        """The function that a module's text defines."""
        function: Callable[..., Any] = load(source, self.name)[self.name]
        return function

    def source(self) -> str:
        """The module's text."""
        taken = {label for label, n in zip(self.labels, self.graph.nodes, strict=True) if n.op != "const" or n.shape}
        imports, functions, library, names = set[str](), list[str](), list[str](), dict[str, str]()
        if self.of_numbers and self.of_arrays and len(self.graph) > LARGE and self.may_share and self.alike():
            return self.shared(taken)
        if self.of_numbers:
            imports, own = module.library(self.calls(Dialect("python")) | self.asked, python_functions)
            names = {name: f"{name}_" for name in [*imports, *own] if name in taken}
            for name in imports & self.known.keys():
                imports -= {name}
                names[name] = self.known[name]
            library += [self.decorator + module.renamed(text, names) for text in own.values()]
            taken |= {*imports, *own}
            otherwise = f"_{self.name}_of_arrays" if self.of_arrays else ""
            functions.append(self.function_of_numbers(Dialect("python", renamed=names), otherwise))
        if self.of_arrays:
            typed = f"np.{self.dtype}"
            points = Points(self.graph, self.labels, self.dtype) if functions and self.graph.inputs else None
            called = self.calls(Dialect("numpy", typed)) | (points.tape.calls if points else set())
            more, own = module.library(called, numpy_functions, *self.target.library)
            arrays = {name: f"{name}_of_arrays" for name in own if name in taken}
            arrays |= {name: f"{name}_" for name in more if name in taken - imports}
            library = [module.renamed(text, arrays) for text in own.values()] + library
            imports, names = imports | more, names | {n: new for n, new in arrays.items() if n in more}
            if "np" in taken:
                names["np"] = "np_"
            name = f"_{self.name}_of_arrays" if functions or self.last() else self.name
            many = f"_{self.name}_of_points" if points else ""
            functions.insert(0, self.function_of_arrays(name, Dialect("numpy", typed, arrays), many))
            if points:
                functions.insert(0, module.renamed(self.function_of_points(many, points), arrays))
        functions += self.last()
        if "np" in names:
            functions, library = ([module.renamed(t, {"np": "np_"}) for t in texts] for texts in (functions, library))
        return self.head(imports, names, library) + "\n\n".join([*self.stored(names), *library, *functions])

    def stored(self, names: Mapping[str, str]) -> list[str]:
        """The constant arrays, made once."""
        lines = stored(self.graph, self.labels, self.dtype, integers=self.integers)
        return [module.renamed("\n".join(lines) + "\n", {"np": names["np"]} if "np" in names else {})] if lines else []

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
        return not refused and all(template(op, attrs, "python").both for op, attrs in kinds)

    def shared(self, taken: set[str]) -> str:
        """The module of a large program: its lines stand there once, and are given the functions that they call."""
        calls = sorted(self.calls(Dialect("python")))
        names = {name: f"{name}_" if name in taken else name for name in calls}
        inputs, given = list(self.graph.inputs), [names[c] for c in calls]
        lines = self.opening(f"_{self.name}", "Array", [*inputs, *given])
        dialect = Dialect("python", renamed=names)
        lines += [*self.body(dialect, 4), *self.result(dialect, 4)]
        outer = self.opening(self.name, "Array")
        outer.append("    try:")
        outer += [f"        math.{ASKED}({name})" for name in self.unnoticed]
        outer += module.call(f"return _{self.name}", [*inputs, *(f"math.{c}" for c in calls)], 8)
        outer.append("    except (TypeError, ValueError, ArithmeticError):  # NumPy knows arrays, inf and nan")
        outer += [f"        {n} = np.asarray({n}, np.{self.dtype})[()]" for n in inputs]
        outer.append('        with np.errstate(all="ignore"):')
        outer += module.call(f"return _{self.name}", [*inputs, *(f"np.{c}" for c in calls)], 12)
        text = ["\n".join(part) + "\n" for part in (lines, outer)]
        hidden: dict[str, str] = {name: f"{name}_" for name in ("np", "math") if name in taken}
        text[1] = module.renamed(text[1], hidden)
        return self.head(set(), hidden, ["math."]) + "\n\n".join(text)

    @cached_property
    def unnoticed(self) -> list[str]:
        """The inputs that are asked whether they are numbers, since no function of the program does."""
        return unnoticed(self.graph, Dialect("python"))

    @property
    def asked(self) -> set[str]:
        """The function that asks."""
        return {ASKED} if self.of_arrays and self.unnoticed else set()

    def calls(self, dialect: Dialect) -> set[str]:
        """The functions and constants that the program uses by name."""
        found = set[str]()
        for i, node in enumerate(self.graph.nodes):
            form = dialect.form(self.graph, i)
            found |= form.calls if form else set()
            if node.op == "const" and isinstance(node.value, Constant):
                found.add(node.value.name)
        return found

    def head(self, imports: set[str], names: dict[str, str], library: list[str]) -> str:
        """The docstring and the imports."""
        notes = module.described_inputs(self.graph)
        lines = [module.header(TITLES[self.name], self.before, notes, self.target.name, self.dtype)]
        lines.append("from __future__ import annotations\n")
        known = "import math as math_" if "math" in names else "import math"
        system = [known] if any("math." in text for text in library) else []
        system = ["import base64", "import zlib", *system] if packed(self.graph) else system
        system += module.imported("math", [f"{n} as {names[n]}" if n in names else n for n in sorted(imports)])
        if self.of_arrays:
            system.append("from typing import Any")
        lines += ["\n".join(system) + "\n"] if system else []
        if self.of_arrays:
            known = f"import {self.target.arrays} as {names.get('np', 'np')}"
            lines.append("\n".join([*self.imports(), known]) + "\n")
            lines += [f"{line}\n" for line in self.target.setup.get(self.dtype, ())]
            lines.append("Array = Any  # a number or a NumPy array\n")
        return "\n".join(lines) + "\n\n"

    def imports(self) -> tuple[str, ...]:
        """What stands before the import of the arrays."""
        return self.target.imports

    def function_of_numbers(self, dialect: Dialect, otherwise: str) -> str:
        """The function of numbers; `otherwise` names the one that takes over where `math` gives up."""
        number, indent = ("Array", 8) if otherwise else ("float", 4)
        text = self.opening(self.name, number)
        if otherwise:
            text.append("    try:")
            ask = dialect.renamed.get(ASKED, ASKED)
            text += [f"        {ask}({name})  # an array is none of Python's numbers" for name in self.unnoticed]
        text += [*self.body(dialect, indent), *self.result(dialect, indent)]
        if otherwise:
            text.append("    except (TypeError, ValueError, ArithmeticError):  # NumPy knows arrays, inf and nan")
            text.append(f"        return {otherwise}({', '.join(self.graph.inputs)})")
        return "\n".join(text) + "\n"

    def function_of_points(self, name: str, points: Points) -> str:
        """The function of very many points."""
        text = [*self.opening(name, "Array"), *points.lines()]
        text += self.results.statement([points.result(name) for name in self.graph.outputs], 4)
        return "\n".join(text) + "\n"

    def function_of_arrays(self, name: str, dialect: Dialect, many: str) -> str:
        """The function of arrays; `many` names the one for very many points."""
        text = self.opening(name, "Array")
        if many:
            sizes = ", ".join(f"np.size({n})" for n in self.graph.inputs)
            sizes = f"max({sizes})" if len(self.graph.inputs) > 1 else sizes
            text += [f"    if {sizes} > {MANY}:", '        with np.errstate(all="ignore"):']
            text += module.call(f"return {many}", list(self.graph.inputs), 12)
        text += self.converted("[()]")
        text += ['    with np.errstate(all="ignore"):', *self.body(dialect, 8), *self.result(dialect, 4)]
        return "\n".join(text) + "\n"

    def converted(self, plain: str = "") -> list[str]:
        """Inputs as arrays of the program's types; `plain` makes numbers of arrays without axes."""
        kinds = {"int": self.integers, "float": self.dtype, "bool": "bool_"}
        return [f"    {n} = np.asarray({n}, np.{kinds[self.graph.nodes[i].dtype]}){plain}"
                for n, i in self.graph.inputs.items()]  # fmt: skip

    def opening(self, name: str, number: str, parameters: Iterable[str] = ()) -> list[str]:
        """The signature and the docstring; the parameters are the inputs, unless said otherwise."""
        returned, said = self.results.annotation(number), self.results.said()
        return [*module.signature(name, [f"{n}: {number}" for n in parameters or self.graph.inputs], returned),
                f'    """Give {said}."""']  # fmt: skip

    def straight(self, dialect: Dialect, indent: int) -> list[Line]:
        """The lines of the function."""
        return straight(self.graph, dialect, self.labels, {*self.graph.names, *self.said.adjoint_of}, indent)

    def code(self) -> tuple[Code, ...]:
        """The functions from afar: of numbers, or else of arrays, and of very many points."""
        dialect = Dialect("python") if self.of_numbers else Dialect("numpy", f"np.{self.dtype}")
        lines = self.straight(dialect, 4 if self.of_numbers else self.indent)
        found = [Code(self.name, self.graph, self.labels, tuple((i, f"{name} = {text}") for i, name, text in lines))]
        if self.of_numbers and self.of_arrays and self.graph.inputs and len(self.graph) <= LARGE:
            tape = Points(self.graph, self.labels, self.dtype).tape
            found.append(in_arrays(f"{self.name}, of very many points", tape.graph, tape.labels, tape.step, tape.refs))
        return tuple(found)

    def body(self, dialect: Dialect, indent: int) -> list[str]:
        """The lines of the function, with their comments."""
        lines, forward = [], True
        for line in self.straight(dialect, indent):
            if forward and self.grads and line.node not in self.said.forward:
                forward = False
                lines.append(("# backward", ""))
            lines.append((f"{line.name} = {line.text}", self.said.comment(line.node)))
        if self.grads and lines and lines[0][1]:
            lines.insert(0, ("# forward", ""))
        return module.written(lines or [("pass", "")], indent)

    def result(self, dialect: Dialect, indent: int) -> list[str]:
        """The return statement."""
        return self.results.statement([self.output(i, dialect) for i in self.graph.outputs.values()], indent)

    def output(self, node: int, dialect: Dialect) -> str:
        """An output, in the return statement; a gradient that is a condition counts as a number."""
        made = self.graph.nodes[node]
        if made.op == "const" and not made.shape:
            finite = made.dtype != "bool" and isfinite(made.value)
            return repr(float(made.value)) if finite else dialect.constant(made).text
        counts = made.dtype == "bool" and node in self.grads.values()
        return dialect.number(Spelled(self.labels[node], ATOM)).text if counts else self.labels[node]


NUMPY = Backend(
    "numpy",
    Writer,
    column="python",
    arrays="numpy",
    aliases=("scipy",),  # whose products once added to the parameters by themselves
    steps=(Way("unrolled", fits, UnrolledWriter, UnrolledRun), Way("arrays", always, ArrayWriter, ArrayRun)),
)
