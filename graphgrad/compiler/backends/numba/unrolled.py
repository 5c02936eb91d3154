"""The step of a tiny network in machine code: every number a local variable, and the whole loop one function."""

from __future__ import annotations

import itertools
import textwrap

from graphgrad.compiler.source import module
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import WIDTH
from graphgrad.compiler.steps.unrolled import UnrolledWriter, row_variables

OPTIONS = 'error_model="numpy", cache=True'
VECTOR, NUMBER, COUNT = "float64[::1]", "float64", "int64"  # in signatures, so that nothing is compiled a second time


class MachineUnrolledWriter(UnrolledWriter):
    """Writes the module of an unrolled step for numba."""

    def source(self) -> str:
        """The module's text."""
        plan, names, ((imports, library, math), hidden) = self.plan, self.plan.names, self.called()
        self.inner = self.free("_step")
        vectors = [names["theta"], *(names[s] for s in plan.update.slots)]
        rates = [names["t"], *(names[r] for r in plan.update.rates)]
        numbers = [name for k in range(plan.batch or 1) for name in row_variables(plan, k)]
        inside = module.call(f"return {self.inner}", [*vectors, *numbers, *rates], 8)
        functions = [
            *(f"@numba.njit({OPTIONS})\n{text}" for text in library.values()),
            self.one(vectors, numbers, rates, self.language.but(names=hidden)),
            self.many(vectors, rates),
            "\n".join(self.bound(vectors, "Array", inside)) + "\n",
        ]
        title = "A training step, unrolled: the gradient of"
        head = module.head(
            module.header(title, plan.loss, plan.notes(), plan.target.name, "float64", plan.stated()),
            [
                "from collections.abc import Callable, Sequence",
                *["import math"] * math,
                *module.from_math(imports, hidden),
                "from typing import Any",
            ],
            [*plan.target.imports, "import numpy as np"],
            ["Array = Any  # a NumPy array"],
        )
        return head + "\n\n".join(functions)

    def one(self, vectors: list[str], numbers: list[str], rates: list[str], language: Language) -> str:
        """The function of one step."""
        entries, kinds = self.plan.entries(), ("p", *self.plan.update.slots)
        given = [VECTOR] * len(vectors) + [NUMBER] * len(numbers) + [COUNT] + [NUMBER] * (len(rates) - 1)
        text = [*self.compiled(NUMBER, given), *module.signature(self.inner, [*vectors, *numbers, *rates])]
        text.append('    """Take one step, the t-th, on these vectors, in place; gives the loss before it."""')
        states = [[self.state(kind, e) for e in entries] for kind in kinds]
        for vector, names in zip(vectors, states, strict=True):
            text += [f"    {name} = {vector}[{k}]" for k, name in enumerate(names)]
        text += [line[4:] for line in self.body(language)]
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
        text = [*self.compiled(VECTOR, given), *module.signature("train", [*vectors, rows, order, *rates])]
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
