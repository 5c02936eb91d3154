"""The writer: one graph as one module of Python."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from graphgrad.compiler.arrays.many_points import MANY, Points
from graphgrad.compiler.library import jax_functions
from graphgrad.compiler.source import module
from graphgrad.compiler.source.comments import Provenance
from graphgrad.compiler.source.lines import Dialect, Line, straight
from graphgrad.compiler.source.outline import Code, in_arrays
from graphgrad.compiler.source.results import RETURNS, TITLES, Results, gradients
from graphgrad.compiler.source.templates import ATOM, Spelled, template
from graphgrad.compiler.targets import Target
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

    def __init__(  # noqa: PLR0913, PLR0917  (all that a module is made of)
        self, before: Graph, graph: Graph, provenance: Provenance, target: Target, dtype: str, returns: str = RETURNS[0]
    ) -> None:
        self.before, self.graph, self.said, self.target, self.dtype = before, graph, provenance, target, dtype
        self.labels = provenance.labels
        self.grads = gradients(graph)
        self.results = Results(graph, self.grads, returns)
        self.name = "value_and_grad" if self.grads else "value" if len(graph.outputs) == 1 else "values"
        operations = [n for n in graph.nodes if n.operands]
        numbers = not any(n.shape for n in graph.nodes) and all(OPS[n.op].python for n in operations)
        if not numbers and not target.arrays:
            raise TargetError(f"the target '{target.name}' computes with numbers, and this program has arrays")
        self.of_numbers, self.of_arrays = numbers and bool(target.scalars), bool(target.arrays)
        self.jax, self.numba = target.name == "jax", target.name == "numba"

    def source(self) -> str:
        """The module's text."""
        taken = {label for label, n in zip(self.labels, self.graph.nodes, strict=True) if n.op != "const"}
        imports, functions, library, names = set[str](), list[str](), list[str](), dict[str, str]()
        if self.of_numbers and self.of_arrays and len(self.graph) > LARGE and not self.numba and self.alike():
            return self.shared(taken)
        if self.of_numbers:
            asked = {ASKED} if self.of_arrays and not self.numba and self.unnoticed else set[str]()
            imports, own = module.library(self.calls(Dialect("python")) | asked, python_functions)
            names = {name: f"{name}_" for name in [*imports, *own] if name in taken}
            if self.numba and "cbrt" in imports:  # which numba knows as NumPy's
                imports -= {"cbrt"}
                names["cbrt"] = "np.cbrt"
            compiled = "@numba.njit\n" * self.numba
            library += [compiled + module.renamed(text, names) for text in own.values()]
            taken |= {*imports, *own}
            otherwise = f"_{self.name}_of_arrays" if self.of_arrays else ""
            functions.append(self.function_of_numbers(Dialect("python", renamed=names), otherwise))
        if self.of_arrays:
            typed = f"np.{self.dtype}"
            points = Points(self.graph, self.labels, self.dtype) if functions and self.graph.inputs else None
            called = self.calls(Dialect("numpy", typed)) | (points.tape.calls if points else set())
            more, own = module.library(called, numpy_functions)
            own |= {n: t for n, t in module.library(own, jax_functions)[1].items() if self.jax}
            arrays = {name: f"{name}_of_arrays" for name in own if name in taken}
            arrays |= {name: f"{name}_" for name in more if name in taken - imports}
            library = [module.renamed(text, arrays) for text in own.values()] + library
            imports, names = imports | more, names | {n: new for n, new in arrays.items() if n in more}
            if "np" in taken:
                names["np"] = "np_"
            name = f"_{self.name}_of_arrays" if functions or self.jax else self.name
            many = f"_{self.name}_of_points" if points else ""
            functions.insert(0, self.function_of_arrays(name, Dialect("numpy", typed, arrays), many))
            if points:
                functions.insert(0, module.renamed(self.function_of_points(many, points), arrays))
        if self.jax:
            functions.append(f"{self.name} = jax.jit(_{self.name}_of_arrays)\n")
        if "np" in names:
            functions, library = ([module.renamed(t, {"np": "np_"}) for t in texts] for texts in (functions, library))
        return self.head(imports, names, library) + "\n\n".join([*library, *functions])

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
        system += module.imported("math", [f"{n} as {names[n]}" if n in names else n for n in sorted(imports)])
        if self.of_arrays:
            system.append("from typing import Any")
        lines += ["\n".join(system) + "\n"] if system else []
        if self.of_arrays:
            known = f"import {self.target.arrays} as {names.get('np', 'np')}"
            before = "import jax\n" * self.jax + "import numba\n" * (self.numba and self.of_numbers)
            lines.append(f"{before}{known}\n")
            if self.jax and self.dtype == "float64":
                lines.append('jax.config.update("jax_enable_x64", True)\n')
            lines.append("Array = Any  # a number or a NumPy array\n")
        return "\n".join(lines) + "\n\n"

    def function_of_numbers(self, dialect: Dialect, otherwise: str) -> str:
        """The function of numbers; `otherwise` names the one that takes over where `math` gives up."""
        if self.numba:
            return self.function_in_machine_code(dialect, otherwise)
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

    def function_in_machine_code(self, dialect: Dialect, otherwise: str) -> str:
        """The function of numbers, compiled by numba, and one that gives its results their names."""
        inputs, outputs = list(self.graph.inputs), list(self.graph.outputs.values())
        inner = ['@numba.njit(error_model="numpy")']
        inner += [f"def _{self.name}({', '.join(inputs)}):  # type: ignore"]
        inner += [*self.body(dialect, 4), f"    return ({' '.join(f'{self.output(i, dialect)},' for i in outputs)})"]
        outer = [*self.opening(self.name, "Array"), "    try:"]
        outer.append(f"        results = _{self.name}({', '.join(f'float({n})' for n in inputs)})")
        outer += ["    except TypeError:  # arrays", f"        return {otherwise}({', '.join(inputs)})"]
        outer += self.results.statement([f"results[{k}]" for k in range(len(outputs))], 4)
        return "\n".join(inner) + "\n\n\n" + "\n".join(outer) + "\n"

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
        for n, i in self.graph.inputs.items():
            whole = "int32" if self.jax and self.dtype == "float32" else "int64"
            kind = whole if self.graph.nodes[i].dtype == "int" else self.dtype
            text.append(f"    {n} = np.asarray({n}, np.{kind})" + "[()]" * (not self.jax))
        if self.jax:
            return "\n".join([*text, *self.body(dialect, 4), *self.result(dialect, 4)]) + "\n"
        text += ['    with np.errstate(all="ignore"):', *self.body(dialect, 8), *self.result(dialect, 4)]
        return "\n".join(text) + "\n"

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
        lines = self.straight(dialect, 4 if self.of_numbers or self.jax else 8)
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
        if made.op == "const":
            return repr(float(made.value))
        counts = made.dtype == "bool" and node in self.grads.values()
        return dialect.number(Spelled(self.labels[node], ATOM)).text if counts else self.labels[node]
