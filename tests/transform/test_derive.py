"""Derivations: the lecture's own, word for word, and true in every line."""

import re

import pytest

from graphgrad.core.errors import UsageError
from graphgrad.execute.closed_form import closed_form
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.transform.derive import derive

LECTURE = "y3 = x1*x2; y1 = log(y3); y2 = sin(x2); w = y1*y2; z = w"


def test_the_lectures_derivation() -> None:
    assert str(derive(parse(LECTURE), "x1", closed=closed_form)) == (
        "y3 = x1 * x2\ny1 = log(y3)\ny2 = sin(x2)\nz = y1 * y2\n\n"
        "(1) dz/dx1 = dy1/dx1 * y2 + dy2/dx1 * y1\n"
        "(2) dy1/dx1 = dy3/dx1 * (1 / y3)\n"
        "(3) dy2/dx1 = 0 * cos(x2) = 0\n"
        "(4) dy3/dx1 = 1 * x2 + 0 * x1 = x2\n"
        "put together: dz/dx1 = x2 / y3 * y2 = sin(x2) / x1"
    )


def test_markdown_and_latex_say_the_same(golden) -> None:
    found = derive(parse(LECTURE), closed=closed_form)
    golden("lecture.md", found.markdown + "\n")
    golden("lecture.tex", found.latex + "\n")


PROGRAMS = [
    LECTURE,
    "1 / (1 + exp(-(w*x + b)))",
    "a = x * 2; a = a * x; a",
    "sigmoid(x) * relu(y) + x",
    "where(x > y, x**2, sin(y)) * y",
    "x ** y / maximum(x, y)",
    "c = a*a; c += c + 1 + b; d = c*c/b; d",
    "sqrt(hypot(x, y)) - xlogy(x, y)",
    "sin(sin(sin(sin(sin(sin(sin(x)))))))",
    "a = x*u; b = tanh(a); c = b*v; d = tanh(c); f = d*w; g = tanh(f); (g*y - t)**2",
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_every_line_is_true(text: str) -> None:
    """Each side of each line is evaluated, with finite differences for derivatives of the intermediate nodes."""
    graph = parse(text)
    at = {name: 0.6 + 0.37 * k for k, name in enumerate(graph.inputs)}
    for wrt, lines in (found := derive(graph, closed=closed_form)).lines.items():
        step = 1e-6
        up, down = (run(graph, {**at, wrt: at[wrt] + h}) for h in (step, -step))
        slopes = {f"d{n}_d{wrt}": (u - d) / (2 * step) for n, u, d in zip(graph.labels, up, down, strict=True)}
        for line in [*lines, found.result[wrt]]:
            sides = [re.sub(r"\bd(\w+)/d(\w+)", r"d\1_d\2", side) for side in line.text]
            known = {**at, **slopes}
            assert len(sides) >= 2
            for side in sides:
                expression = parse(f"{found.program}\nside = {side}")
                got = run(expression, {n: known[n] for n in expression.inputs})[expression.output]
                assert got == pytest.approx(slopes[sides[0]], rel=1e-6, abs=1e-8), line.text


@pytest.mark.parametrize("text", PROGRAMS)
def test_it_ends_in_the_gradient(text: str) -> None:
    graph = parse(text)
    at = {name: 0.6 + 0.37 * k for k, name in enumerate(graph.inputs)}
    gradient = trace(graph, at).grad
    for wrt, result in derive(graph, closed=closed_form).result.items():
        closed = parse(f"{derive(graph).program}\nend = {result.text[-1]}")
        got = run(closed, {n: at[n] for n in closed.inputs})[closed.output]
        assert got == pytest.approx(gradient[wrt], rel=1e-12)


def test_what_doubles_line_by_line_is_not_written_out() -> None:
    lines = [f"v{k} = 1.5*v{k - 1} + sin(v{k - 1})" for k in range(1, 31)]
    found = derive(parse("; ".join(["v0 = x", *lines])), closed=closed_form)
    assert found.result["x"].text == ("dv30/dx",)
    assert str(found).endswith("put together: dv30/dx = too long to write out: put the lines above into the first")
    assert r"\text{too long to write out" in found.latex
    assert "is too long to write out" in found.markdown


def test_tensors_are_derived_by_their_adjoints() -> None:
    graph = parse("h = W @ x + b; t = tanh(h); L = sum((y - t)**2) / 2", W=(2, 3), x=3, b=2, y=2)
    lines = [" = ".join(line.text) for line in derive(graph, "b").lines["b"]]
    assert lines[-2:] == ["dL/dh = dL/dt * (1 - t ** 2)", "dL/db = dL/dh"]


def test_ones_are_left_out_and_sums_say_how_far_they_run() -> None:
    found = derive(parse("sum(X @ Y + z)", X=(1, 3), Y=(3, 1), z=(2, 2)), "X")
    assert found.result["X"].text == ("dy/dX[0, i]", "(Σ_(j < 2, k < 2) 1) * Y[i, 0]")
    found = derive(parse("L = sum((X @ W + b) ** 2)", X=(4, 3), W=(3, 2), b=2), "X")
    assert found.result["X"].text == ("dL/dX", "2 * v2 @ W.T")


def test_a_derivation_says_how_entries_are_counted() -> None:
    found = derive(parse("L = sum(x[1:] ** 2)", x=4))
    assert str(found).endswith("(entries count from 0, as in programs)")
    assert "entries count from 1 in formulas" in found.latex
    assert found.markdown.endswith("(entries count from 1 in formulas, from 0 in programs and in words)")
    assert not derive(parse("L = sum(x ** 2)", x=4)).counted


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(UsageError, match="the graph has no input 'x3'; it has x1, x2"):
        derive(parse("x1 * x2"), "x3")
