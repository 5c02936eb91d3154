"""Derivations: the lecture's own, word for word, and true in every line."""

import re

import numpy as np
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
        "y3 = x1 * x2\ny1 = log(y3)\ny2 = sin(x2)\nw = y1 * y2\nz = w\n\n"
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


def slopes_of(graph, at):
    """All derivatives of all nodes, by finite differences, under the names that lines have for them in programs."""
    step, found = 1e-6, {}
    for wrt in graph.inputs:
        up, down = (run(graph, {**at, wrt: at[wrt] + h}) for h in (step, -step))
        for n, u, d in zip(graph.labels, up, down, strict=True):
            found[f"d{n}_d{wrt}"] = (u - d) / (2 * step)
    vectors = {f"nabla_{n}": np.array([found[f"d{n}_d{wrt}"] for wrt in graph.inputs]) for n in graph.labels}
    return found | vectors


def adjoints_of(program, at):
    """The slopes of the output in every name of a program, each taken for an input of its own: `x_bar`."""
    lines = [line.split(" = ", 1) for line in program.split("\n")]
    known, step, output = dict(at), 1e-6, lines[-1][0]

    def value(name, h):
        held = {**at, **({name: at[name] + h} if name in at else {})}
        for label, formula in lines:
            made = parse(formula)
            held[label] = run(made, {n: held[n] for n in made.inputs})[made.output] + (h if label == name else 0.0)
        return held[output]

    return {f"{n}_bar": (value(n, step) - value(n, -step)) / (2 * step) for n in [*known, *(n for n, _ in lines)]}


def in_the_language(side):
    side = re.sub(r"[d∂](\w+)/[d∂](\w+)", r"d\1_d\2", side)
    side = re.sub(r"\[([^\]]*[a-z][^\]]*)\]", r"stack([\1])", side)
    return re.sub(r"(\w)\u0304(\w*)", r"\1\2_bar", side).replace("∇", "nabla_")


MODES = [{}, {"every_step": True}, {"notation": "partial", "every_step": True}, {"parallel": True},
         {"parallel": True, "every_step": True}, {"notation": "bar"}, {"notation": "bar", "parallel": True},
         {"notation": "bar", "every_step": True}]  # fmt: skip


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("text", PROGRAMS)
def test_every_line_is_true(text: str, mode) -> None:
    """Each side of each line is evaluated, with finite differences for derivatives of the intermediate nodes."""
    graph = parse(text)
    at = {name: 0.6 + 0.37 * k for k, name in enumerate(graph.inputs)}
    found = derive(graph, **(mode or {"closed": closed_form}))
    slopes = adjoints_of(found.program, at) if mode.get("notation") == "bar" else slopes_of(graph, at)
    known = {**at, **slopes}
    for name, lines in found.lines.items():
        for line in [*lines, *found.ends(name)]:
            sides = [in_the_language(side) for side in line.text if "∂(" not in side and ")/∂" not in side]
            assert len(sides) >= 2 or line in found.ends(name)  # which may be too long
            for side in sides:
                shapes = {n: (len(at),) for n in slopes if re.search(rf"\b{n}\b", side) and n.startswith("nabla_")}
                expression = parse(f"{found.program}\nside = {side}", shapes)
                got = run(expression, {n: known[n] for n in expression.inputs})[expression.output]
                wanted = np.broadcast_to(slopes[sides[0]], np.shape(got) or ())
                np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-8, err_msg=str(line.text))


def test_unabridged_lines_begin_with_every_partial() -> None:
    text = "g1(x, y) = x*y; g2(x, y) = x*y\ny1 = log(g2(x1, x2)); y2 = sin(x2); y3 = g2(x1, x2); z = g1(y1, y2)"
    found = derive(parse(text), every_step=True, parallel=True, notation="∂")
    assert [line.text[1] for line in found.lines["x1, x2"]] == [
        "∇y1 * ∂g1(y1, y2)/∂y1 + ∇y2 * ∂g1(y1, y2)/∂y2", "∇y3 * ∂log(y3)/∂y3", "∇x2 * ∂sin(x2)/∂x2",
        "∇x1 * ∂g2(x1, x2)/∂x1 + ∇x2 * ∂g2(x1, x2)/∂x2",
    ]  # fmt: skip
    assert found.lines["x1, x2"][-1].text[-2:] == ("[1, 0] * x2 + [0, 1] * x1", "[x2, x1]")
    alone = derive(parse(text), "x1", every_step=True, closed=closed_form).result["x1"]
    assert alone.text[1:] == ("x2 * (1 / (x1 * x2)) * sin(x2) + 0 * log(x1 * x2)", "sin(x2) / x1")
    assert r"\frac{\partial g_{1}\left(y_{1}, y_{2}\right)}{\partial y_{1}}" in found.latex


def test_tensors_in_parallel_say_each_adjoint_once() -> None:
    graph = parse("h = W @ x + b; t = tanh(h); L = sum((y - t)**2) / 2", W=(2, 3), x=3, b=2, y=2)
    found = derive(graph, "W", "b", parallel=True, notation="bar", every_step=True)
    (lines,) = found.lines.values()
    heads = [line.text[0] for line in lines]
    assert len(heads) == len(set(heads))
    assert ("h\u0304", "t\u0304 * ∂tanh(h)/∂h", "t\u0304 * (1 - t ** 2)") in [line.text for line in lines]
    assert [*found.result] == ["W", "b"]


def test_an_unknown_notation_is_told() -> None:
    with pytest.raises(UsageError, match="there is no notation 'dots'"):
        derive(parse("x1 * x2"), notation="dots")


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


def test_a_name_may_be_longer_than_a_line() -> None:
    name = "x" * 2 * 160
    found = derive(parse(f"{name} * y + sin({name})"), name, "y")
    assert found.result[name].text == (f"dz/d{name}",)
    assert "too long to write out" in str(found)
    assert name in found.latex


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
