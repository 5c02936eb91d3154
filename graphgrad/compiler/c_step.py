"""The step of a tiny network in C: the whole loop one function, compiled by the system's compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphgrad.compiler import module
from graphgrad.compiler.c import c_source, library
from graphgrad.compiler.run import UnrolledRun
from graphgrad.compiler.unrolled import UnrolledWriter, row_variables
from graphgrad.compiler.vectors import Array

LOOP = (
    "void train(double **vectors, const double *rows, const long *order, long count, long t, const double *rates,"
    " double *losses);"
)


class CStepWriter(UnrolledWriter):
    """Writes an unrolled step in standard C."""

    def source(self) -> str:
        """The file's text: `compute`, from all numbers of a step to the loss and all new numbers, and the loop."""
        plan = self.plan
        title = "A training step, unrolled: the gradient of"
        said = module.header(title, plan.loss, plan.notes(), plan.target.name, "float64").replace('"""', "")
        comment = f"/* {said.strip().replace('*/', '* /')}\n*/\n"
        return "\n".join([comment, c_source(self.graph), LOOP.removesuffix(";") + " {", *self.lines(), "}\n"])

    def lines(self) -> list[str]:
        """The loop."""
        plan, graph, size = self.plan, self.graph, self.plan.batch or 1
        states = {
            self.state(kind, entry): f"{self.array(kind)}[{k}]"
            for kind in ("p", *plan.update.slots)
            for k, entry in enumerate(plan.entries())
        }
        width = len(row_variables(plan, 0))
        places = [f"k * {size} + {r}" if size > 1 else "k" for r in range(size)]
        data = {
            name: f"rows[order[{place}] * {width} + {column}]"
            for r, place in enumerate(places)
            for column, name in enumerate(row_variables(plan, r))
        }
        rates = {plan.names[rate]: f"rates[{k}]" for k, rate in enumerate(plan.update.rates)}
        known = {**states, **data, **rates, plan.names["t"]: "(double)(t + k + 1)"}
        outputs = list(graph.outputs)
        text = [f"    static double x[{max(len(graph.inputs), 1)}], y[{len(outputs)}];"]
        text.append("    for (long k = 0; k < count; k++) {")
        text += [f"        x[{k}] = {known[name]};" for k, name in enumerate(graph.inputs)]
        text += ["        compute(x, y);", "        losses[k] = y[0];"]
        news = ((k, name.removeprefix("new ")) for k, name in enumerate(outputs) if name.startswith("new "))
        text += [f"        {states[name]} = y[{k}];" for k, name in news]
        return [*text, "    }"]

    def array(self, kind: str) -> str:
        """The array of the parameters, or of a state: its place among the vectors."""
        return f"vectors[{('p', *self.plan.update.slots).index(kind)}]"


class CStepRun(UnrolledRun):
    """A run of a tiny network in C; numbers follow NumPy: inf and nan."""

    def loaded(self) -> Mapping[str, Any]:
        """Build the file."""
        made = library(self.step.source, LOOP)
        ffi, size = made.ffi, self.step.rows

        def train(*given: Any) -> Array:
            count = 1 + len(self.step.update.slots)
            vectors, (rows, order, t, *rates) = given[:count], given[count:]
            if len(order) and not 0 <= order.min() <= order.max() < len(rows):
                raise IndexError("the order names rows that are not there")
            losses = np.empty(len(order) // size)
            pointers = ffi.new("double *[]", [ffi.from_buffer("double[]", v) for v in vectors])
            places = ffi.from_buffer("long[]", order)
            taken = ffi.from_buffer("double[]", rows), places, len(losses), t, rates
            made.lib.train(pointers, *taken, ffi.from_buffer("double[]", losses))
            return losses

        def bind(*vectors: Array) -> Callable[..., float]:
            pointers = ffi.new("double *[]", [ffi.from_buffer("double[]", v) for v in vectors])
            order, loss, inputs = ffi.new("long[]", [*range(size)]), ffi.new("double[1]"), len(self.step.data)

            def step(*given: Any) -> float:
                rows = [number for row in given[:inputs] for number in _flat(row)]
                made.lib.train(pointers, rows, order, 1, given[inputs] - 1, given[inputs + 1 :], loss)
                return float(loss[0])

            return step

        return {"train": train, "bind": bind}

    def held(self, vector: Array) -> Any:
        """Give a vector as C works on it: of doubles, or of places."""
        return np.array(vector, np.dtype("long") if vector.dtype.kind in "iu" else float, order="C")


def _flat(numbers: Any) -> list[float]:
    """The numbers of nested lists, in one."""
    return [n for part in numbers for n in _flat(part)] if isinstance(numbers, list | tuple) else [numbers]
