"""The step of a tiny network in machine code: every number a local variable, and the whole loop one function."""

from __future__ import annotations

import itertools
import textwrap

from graphgrad.compiler.source import module
from graphgrad.compiler.source.lines import WIDTH, Dialect
from graphgrad.compiler.steps.unrolled import UnrolledWriter, row_variables

OPTIONS = 'error_model="numpy", cache=True'
VECTOR, NUMBER, COUNT = "float64[::1]", "float64", "int64"  # in signatures, so that nothing is compiled a second time


class MachineUnrolledWriter(UnrolledWriter):
    """Writes the module of an unrolled step for numba."""

    def source(self) -> str:
        """The module's text."""
        plan, names, imports, library, hidden = self.plan, self.plan.names, *self.called()
        self.inner = self.free("_step")
        vectors = [names[v] for v in ("theta", *plan.update.slots)]
        rates = [names["t"], *(names[r] for r in plan.update.rates)]
        numbers = [name for k in range(plan.batch or 1) for name in row_variables(plan, k)]
        functions = [f"@numba.njit({OPTIONS})\n{module.renamed(text, hidden)}" for text in library.values()]
        functions += [
            self.one(vectors, numbers, rates, Dialect("python", renamed=hidden)),
            self.many(vectors, rates),
            "\n".join(
                self.bound(vectors, "Array", module.call(f"return {self.inner}", [*vectors, *numbers, *rates], 8))
            )
            + "\n",
        ]
        title = "A training step, unrolled: the gradient of"
        head = [module.header(title, plan.loss, plan.notes(), plan.target.name, "float64")]
        system = ["import math"] if any("math." in text for text in functions) else []
        system += module.imported("math", [f"{n} as {hidden[n]}" if n in hidden else n for n in sorted(imports)])
        head.append("from __future__ import annotations\n")
        head.append(
            "\n".join(["from collections.abc import Callable, Sequence", *system, "from typing import Any"]) + "\n"
        )
        head.append("import numba\nimport numpy as np\n")
        head.append("Array = Any  # a NumPy array\n")
        return "\n".join(head) + "\n\n" + "\n\n".join(functions)

    def one(self, vectors: list[str], numbers: list[str], rates: list[str], dialect: Dialect) -> str:
        """The function of one step."""
        entries, kinds = self.plan.entries(), ("p", *self.plan.update.slots)
        given = [VECTOR] * len(vectors) + [NUMBER] * len(numbers) + [COUNT] + [NUMBER] * (len(rates) - 1)
        text = [*self.compiled(NUMBER, given), *self.opening(self.inner, [*vectors, *numbers, *rates])]
        text.append('    """Take one step, the t-th, on these vectors, in place; gives the loss before it."""')
        states = [[self.state(kind, e) for e in entries] for kind in kinds]
        for vector, names in zip(vectors, states, strict=True):
            text += [f"    {name} = {vector}[{k}]" for k, name in enumerate(names)]
        text += [line[4:] for line in self.body(dialect)]
        for vector, names in zip(vectors, states, strict=True):
            text += [f"    {vector}[{k}] = {name}" for k, name in enumerate(names)]
        return "\n".join([*text, f"    return {self.loss()}"]) + "\n"

    def many(self, vectors: list[str], rates: list[str]) -> str:
        """The function of the whole loop."""
        plan, names = self.plan, self.plan.names
        rows, order, losses, t = (names[n] for n in ("rows", "order", "losses", "t"))
        size = plan.batch or 1
        k = self.free("k")
        given = [VECTOR] * len(vectors) + ["float64[:, ::1]", "int64[::1]", COUNT] + [NUMBER] * (len(rates) - 1)
        text = [*self.compiled(VECTOR, given), *self.opening("train", [*vectors, rows, order, *rates])]
        text.append(
            '    """Take a step for every row, or rows, in order, after t steps; gives the losses before each."""'
        )
        text.append(f"    if len({order}) and ({order}.min() < 0 or {order}.max() >= len({rows})):")
        text.append('        raise IndexError("the order names rows that are not there")')
        text.append(f"    {losses} = np.empty(len({order})" + f" // {size}" * (size > 1) + ")")
        text.append(f"    for {k} in range(len({losses})):")
        places = [f"{k} * {size}" + f" + {r}" * bool(r) if size > 1 else k for r in range(size)]
        width = len(row_variables(plan, 0))
        data = [f"{rows}[{order}[{place}], {column}]" for place in places for column in range(width)]
        arguments = [*vectors, *data, f"{t} + {k} + 1", *rates[1:]]
        text += module.call(f"{losses}[{k}] = {self.inner}", arguments, 8)
        return "\n".join([*text, f"    return {losses}"]) + "\n"

    def free(self, wanted: str) -> str:
        """A name that nothing has."""
        taken = {*self.labels, *self.plan.names.values(), *self.plan.entries()}
        return next(name for n in itertools.count() if (name := wanted + "_" * n) not in taken)

    def compiled(self, result: str, given: list[str]) -> list[str]:
        """The decorator of a function: what numba compiles it for."""
        types = ", ".join(given)
        lines = textwrap.wrap(f"{result}({types})", WIDTH - 20)
        if len(lines) == 1:
            return [f'@numba.njit("{lines[0]}", {OPTIONS})']
        return [
            "@numba.njit(",
            *(f'    "{line} "' for line in lines[:-1]),
            f'    "{lines[-1]}",',
            f"    {OPTIONS},",
            ")",
        ]

    def opening(self, name: str, parameters: list[str]) -> list[str]:
        """The first line of a function, or lines."""
        *first, last = module.signature(name, parameters, "float")
        return [*first, last.replace(") -> float:", "):  # type: ignore")]
