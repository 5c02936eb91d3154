"""C: programs of numbers, of thousands of nodes too, in functions so short that compilers take linear time."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.compiler.backend import Backend, Program, Way, numbers_only
from graphgrad.compiler.source import module
from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.lines import WIDTH, Dialect
from graphgrad.compiler.source.outline import Code
from graphgrad.compiler.source.primal import gradients
from graphgrad.compiler.source.results import TITLES, entry as function_name
from graphgrad.compiler.source.statements import NUMBERS, Statement, digits, entry, variable
from graphgrad.compiler.source.templates import Column
from graphgrad.compiler.steps.run import UnrolledRun
from graphgrad.compiler.steps.unrolled import UnrolledWriter, fits, row_variables
from graphgrad.compiler.steps.vectors import Array
from graphgrad.core import quoting
from graphgrad.core.errors import TargetError
from graphgrad.core.graph import Graph

STATEMENTS = 100  # in one function
PRELUDE = """\
#include <math.h>

static inline double max2(double a, double b) { return a > b || a != a ? a : b; }
static inline double min2(double a, double b) { return a < b || a != a ? a : b; }
static inline double sign(double a) { return a != a ? a : (a > 0) - (a < 0); }
"""
EXPREL = """\
static double exprel(double a, int order) { // the integral of t**order * exp(a*t) over t from 0 to 1
    double value;
    if (fabs(a) <= 2) {
        value = 1.0 / (order + 25);
        for (int k = 24; k > 0; k--) value = 1.0 / (order + k) + a / k * value;
        return value;
    }
    value = expm1(a) / a;
    for (int k = 1; k <= order; k++) value = isinf(value) ? value : (exp(a) - k * value) / a;
    return value;
}
"""
SINREL = """\
static double sinrel(double a, int order) { // the derivative of that order of sin(a) / a
    int odd = order % 2;
    double value;
    if (fabs(a) <= 2) {
        value = 1.0 / (order + odd + 25);
        for (int k = 24; k > 0; k -= 2)
            value = 1.0 / (order + odd + k - 1) - a * a / ((odd + k) * (odd + k - 1)) * value;
        return (odd ? a : 1) * (1 - (order + odd) % 4) * value;
    }
    value = sin(a) / a;
    for (int k = 1; k <= order; k++) value = ((k % 2 ? cos(a) : sin(a)) * (1 - k / 2 % 2 * 2) - k * value) / a;
    return value;
}
"""
MODULO = """\
static double modulo(double a, double b) { // what is left of a, with the sign of b
    double rest = fmod(a, b);
    return rest * sign(b) < 0 ? rest + b : rest == 0 ? copysign(0.0, b) : rest;
}
"""
FLOOR_DIVIDE = """\
static double floor_divide(double a, double b) { // exact where a / b is not
    double rest = fmod(a, b), whole = (a - rest) / b - (rest * sign(b) < 0);
    return b == 0 ? a / b : whole == 0 ? copysign(0.0, a / b) : floor(whole) + (whole - floor(whole) > 0.5);
}
"""
OWN = {  # functions that C does not have
    "exprel": EXPREL, "sinrel": SINREL, "remainder": MODULO, "floor_divide": FLOOR_DIVIDE,
}  # fmt: skip
LANGUAGE = Language(
    columns={NUMBERS: Column("C", attrgetter("c"), python=False)},
    assignment="{} = {};",
    constants={"inf": "INFINITY", "nan": "NAN", "True": "1", "False": "0"},
    inlines=False,
)


def c_source(graph: Graph) -> str:
    """Give a C file with `void compute(const double *x, double *y)`, from inputs to outputs, both in order.

    The values of all nodes stand in one array, which the functions, called one after the other, fill. Raises
    TargetError for an operation without a spelling.
    """
    statements = [f"    {LANGUAGE.said(statement)}" for statement in assignments(graph)]
    parts = [statements[k : k + STATEMENTS] for k in range(0, len(statements), STATEMENTS)]
    functions = [
        f"static void part{k}(const double *x, double *v) {{\n" + "\n".join(part) + "\n}\n"
        for k, part in enumerate(parts)
    ]
    calls = [f"    part{k}(x, v);" for k in range(len(parts))]
    results = [f"    y[{k}] = v[{i}];" for k, i in enumerate(graph.outputs.values())]
    main = [f"static double v[{len(graph)}];\n", "void compute(const double *x, double *y) {", *calls, *results, "}\n"]
    own = [text for op, text in OWN.items() if any(node.op == op for node in graph.nodes)]
    return "\n".join([PRELUDE, *own, *functions, *main])


def assignments(graph: Graph) -> list[Statement]:
    """Give a statement for every node."""
    order = {i: k for k, i in enumerate(graph.inputs.values())}
    places = [entry(variable("v"), (digits(i),)) for i in range(len(graph))]
    found = []
    for i, node in enumerate(graph.nodes):
        if node.op == "input":
            value = entry(variable("x"), (digits(order[i]),))
        elif node.op == "const":
            value = Dialect(NUMBERS).decimal(node)
        else:
            value = Dialect(NUMBERS).apply(graph, i, [places[o] for o in node.operands])
        found.append(Statement(places[i], value, i))
    return found


def c_code(graph: Graph) -> Code:
    """Give a program from afar: every value has its place in one array."""
    lines = tuple((s.node, LANGUAGE.said(s)) for s in assignments(graph))
    return Code("compute", graph, graph.labels, lines, dict.fromkeys(range(len(graph)), "v"))


class CWriter:
    """Writes the file of a program: what it computes, what stands where in `x` and `y`, and `compute`."""

    def __init__(self, program: Program) -> None:
        numbers_only(program)
        self.before, self.graph, _, self.target, _, self.returns = program

    def code(self) -> tuple[Code, ...]:
        """The program from afar."""
        return (c_code(self.graph),)

    def source(self) -> str:
        """The file's text."""
        places = [f"x[{k}]: {name}" for k, name in enumerate(self.graph.inputs)]
        places += [f"y[{k}]: {name}" for k, name in enumerate(self.graph.outputs)]
        notes = [*textwrap.wrap("; ".join(places) + ".", WIDTH), "", "compute(x, y) is for one thread at a time."]
        said = module.described(TITLES[function_name(self.graph)], self.before, notes, self.target.name, "float64")
        return f"/* {quoting.c(said)}\n*/\n\n{c_source(self.graph)}"

    def function(self, source: str) -> Callable[..., Any]:
        """Compile the source with the system's compiler, and give a function like those of other targets."""
        return build(self.graph, source, self.returns)


def build(graph: Graph, source: str, returns: str) -> Callable[..., Any]:
    """Compile the source with the system's compiler, through cffi, and give a function like those of other targets."""
    return _caller(graph, library(source, "void compute(const double *x, double *y);"), returns)


def library(source: str, declared: str) -> Any:
    """Compile C with the system's compiler, through cffi; TargetError where that fails."""
    cffi = importlib.import_module("cffi")  # an extra
    name = f"graphgrad_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    ffi = cffi.FFI()
    ffi.cdef(declared)
    ffi.set_source(name, source, extra_compile_args=["-O1"], libraries=[] if sys.platform == "win32" else ["m"])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            built = Path(ffi.compile(tmpdir=folder))
        except Exception as error:  # whatever the system's compiler says
            raise TargetError("no C compiler could build the program", hint=str(error)) from error
        spec = importlib.util.spec_from_file_location(name, built)
        assert spec is not None
        assert spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
    return made


def _caller(graph: Graph, library: Any, returns: str) -> Callable[..., Any]:
    """A function of the inputs, by name or in order, of numbers."""
    compute, new = library.lib.compute, library.ffi.new
    names, count = list(graph.inputs), len(graph.outputs)
    x, y = new("double[]", max(len(names), 1)), new("double[]", count)
    grads, places = gradients(graph), {name: k for k, name in enumerate(graph.outputs)}
    flat = returns == "tuple" and count > 1
    by_name = {n: k for k, n in enumerate(names)}
    rest = [frozenset(names[k:]) for k in range(len(names) + 1)]  # what is given by name after k in order
    inputs = dict(zip(grads, list(places.values())[1:], strict=True)) if grads else {}

    def values(*args: float, **kwargs: float) -> Any:
        if len(args) > len(names) or kwargs.keys() != rest[len(args)]:
            raise TypeError(f"the inputs are {', '.join(names)}")
        for k, value in enumerate(args):
            x[k] = value
        for name, value in kwargs.items():
            x[by_name[name]] = value
        compute(x, y)
        if flat:
            return (*y,)
        if grads:
            return y[0], {name: y[k] for name, k in inputs.items()}
        return y[0] if count == 1 else {name: y[k] for name, k in places.items()}

    return values


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
        said = module.described(title, plan.loss, plan.notes(), plan.target.name, "float64")
        comment = f"/* {quoting.c(said)}\n*/\n"
        return "\n".join([comment, c_source(self.graph), LOOP.removesuffix(";") + " {", *self.lines(), "}\n"])

    def code(self) -> tuple[Code, ...]:
        """The step from afar."""
        return (c_code(self.graph),)

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


C = Backend(
    "c",
    CWriter,
    LANGUAGE,
    steps=(Way("unrolled C", fits, CStepWriter, CStepRun),),
    suffixes=(".c",),
    package="cffi",
    extra="c",
)
