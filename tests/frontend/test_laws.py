"""Laws of the three doors: what is printed is read back, and NumPy code means what its text means."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, strategies as st
from oracle import NUMPY
from programs import PIECEWISE, SMOOTH, scalars, tensors

from graphgrad.core.errors import UsageError
from graphgrad.core.ops import NAMES, OPS
from graphgrad.execute.closed_form import symbolic
from graphgrad.execute.run import run
from graphgrad.frontend.capture import capture
from graphgrad.frontend.from_sympy import SPELLED, from_sympy
from graphgrad.frontend.handle import Handle
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program
from graphgrad.transform.grad import grad

PROGRAMS = st.one_of(scalars(rows=SMOOTH + PIECEWISE), tensors())


@given(PROGRAMS)
def test_printing_and_parsing_give_the_graph_back(p):
    graph = parse(p.text, p.shapes)
    assert parse(program(graph), p.shapes) == graph


@given(PROGRAMS)
def test_a_gradient_graph_is_printed_and_parsed_too(p):
    gradient = grad(parse(p.text, p.shapes))
    for name, node in gradient.outputs.items():
        again = parse(f"{program(gradient)}\nthe_output = {name}", p.shapes)
        assert again == replace(gradient, outputs={"the_output": node})


@given(PROGRAMS)
def test_printing_twice_prints_the_same(p):
    printed = program(parse(p.text, p.shapes))
    assert program(parse(printed, p.shapes)) == printed


def apply(name, *operands, **attrs):
    """What NumPy does not have, as a method of the first handle."""
    return next(a for a in operands if isinstance(a, Handle)).apply(name, *operands, **attrs)


def captured(source, shapes):
    """Run a printed program as NumPy on handles."""
    functions = {name: partial(apply, name) for name in NAMES}
    functions |= {name: NUMPY[name] for name in NAMES if NUMPY.get(name) is getattr(np, name, 0) is not np.abs}
    functions |= {
        name: NUMPY[name] for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh", "abs", "pi")
    }
    lines = source.splitlines()
    if len(lines) == 1 and not lines[0].startswith("z = "):
        lines = [f"z = {source}"]
    parameters = list(parse(source, shapes).inputs)
    body = "\n".join(f"    {line}" for line in [*lines, "return z"])
    exec(f"def function({', '.join(parameters)}):\n{body}", functions)  # noqa: S102  (printed by ourselves)
    return capture(functions["function"], shapes)


@given(PROGRAMS)
def test_capturing_the_printed_numpy_gives_the_parsed_graph(p):
    graph = parse(p.text, p.shapes)
    again = captured(program(graph), p.shapes)
    assert again == graph
    assert named(again) == named(parse(program(graph), p.shapes))


def named(graph):
    return [names for i, names in graph.names.items() if graph.nodes[i].operands]


@given(tensors())
def test_the_language_means_what_numpy_means(p):
    graph = parse(p.text, p.shapes)
    meant = dict(p.values)
    exec(p.text, dict(NUMPY), meant)  # noqa: S102  (the language is NumPy's; the text is our own)
    found = run(graph, p.values)[graph.output]
    assert found == pytest.approx(float(meant["z"]), rel=1e-9, abs=1e-9)


@given(scalars(rows=[name for name in SMOOTH if OPS[name].sympy and name != "cbrt"]))  # sympy splits real roots by re()
def test_a_sympy_expression_keeps_its_value(p):
    graph = parse(p.text)
    expression = symbolic(graph)[graph.output]
    again = from_sympy(expression)
    point = {name: p.values[name] for name in again.inputs}
    expected = run(graph, {name: p.values[name] for name in graph.inputs})[graph.output]
    assert run(again, point)[again.output] == pytest.approx(expected, rel=1e-6, abs=1e-6)


OWN = [
    function
    for function in vars(sp.functions).values()
    if isinstance(function, type) and issubclass(function, sp.Function) and function.__name__ in {*NAMES, *SPELLED}
]


@pytest.mark.parametrize("function", OWN, ids=lambda function: function.__name__)
def test_a_function_of_sympy_keeps_its_meaning_or_is_refused(function):
    """Of the same name is not of the same meaning: sinc is unnormalised there, transpose is of matrices."""
    x, y = sp.symbols("x y", real=True)
    expression = function(*(x, y)[: 2 if function is sp.atan2 else 1], evaluate=False)
    if function in {sp.transpose, sp.adjoint}:
        with pytest.raises(UsageError, match=r"is no sympy expression|is not part of the language"):
            from_sympy(expression)
        return
    for point in ({x: 0.7, y: -0.4}, {x: 0, y: 2}, {x: -0.3, y: 0.1}):
        meant = complex(expression.subs(point).evalf(20))
        graph = from_sympy(expression)
        given = {name: float(point[sp.Symbol(name, real=True)]) for name in graph.inputs}
        if np.isfinite(meant) and meant.imag == 0:
            assert run(graph, given)[graph.output] == pytest.approx(meant.real, rel=1e-14)
