"""Values and functions at the head of a program, as the slides write them."""

import re

import pytest
from click.testing import CliRunner

import graphgrad as gg
from graphgrad.cli.main import group
from graphgrad.frontend.language.heads import without_parameters

LECTURE = "log(x1*x2)*sin(x2)"


@pytest.mark.parametrize(
    ("head", "given"),
    [
        ("x1, x2 = 0.5, 0.75", {"x1": 0.5, "x2": 0.75}),
        ("x1 = 0.5\nx2 = 0.75", {"x1": 0.5, "x2": 0.75}),
        ("x1 = 0.5; x2 = pi/4", {"x1": 0.5, "x2": 0.7853981633974483}),
        ("(x2, x1) = (3, 2)", {"x1": 2, "x2": 3}),
    ],
)
def test_a_head_gives_inputs_their_values(head, given):
    graph = gg.parse(f"{head}\nz = {LECTURE}")
    assert dict(graph.given) == given
    assert graph == gg.parse(LECTURE)
    assert gg.trace(graph).grad == gg.trace(LECTURE, given).grad
    assert gg.trace(graph, x1=7.0).value == gg.trace(LECTURE, {**given, "x1": 7.0}).value  # what is said later counts
    assert len(gg.animate(f"{head}\nz = {LECTURE}").frames) == 15


def test_arrays_at_the_head_have_their_shapes():
    graph = gg.parse("W = [[0.5, -1, 2], [3, 4, 5]]; x = [1, 2, 3]; sum(tanh(W @ x))")
    assert [graph.nodes[i].shape for i in graph.inputs.values()] == [(2, 3), (3,)]
    assert gg.trace(graph).grad["W"].shape == (2, 3)


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("c = 2; c*x", ["x"]),  # beside other inputs, a number is a constant
        ("x = 1; x = 2; x*x", []),
        ("a, b = 2, 3; a*x + b", ["a", "x", "b"]),  # several at once are always inputs
        ("y = x; c = 2; c*y", ["x"]),
        ("x = [1, [2]]; x*y", None),
        ("x, y = 1; x*y", None),
        ("x, y = 1, 2, 3; x*y", None),
    ],
)
def test_what_is_an_input_and_what_a_constant(text, inputs):
    if inputs is None:
        with pytest.raises(gg.GraphgradError):
            gg.parse(text)
    else:
        assert list(gg.parse(text).inputs) == inputs


def test_the_command_runs_the_slide():
    told = CliRunner().invoke(group, ["run", f"x1, x2 = 0.5, 0.75; z = {LECTURE}"], catch_exceptions=False).output
    assert "dz/dx1 ≈ 1.36" in told
    assert "dz/dx2 ≈ 0.191" in told


def test_functions_are_their_bodies_and_keep_their_names():
    graph = gg.parse("g1(x, y) = x*y; g2(x, y) = x*y; z = g1(log(g2(x1, x2)), sin(x2))")
    assert graph == gg.parse(LECTURE)
    assert graph.labels == ("x1", "x2", "g2", "v1", "v2", "z")
    named = gg.parse("g(x, y) = x*y; y3 = g(x1, x2); z = log(y3)*sin(x2)")
    assert named.labels[2] == "y3"


def test_functions_see_what_stands_before_them():
    assert gg.parse("a = 2*t; f(x) = a*x + e; f(3) + f(t)") == gg.parse("a = 2*t; (a*3 + e) + (a*t + e)")
    assert gg.parse("f(x) = x + 1; g(x) = f(2*x)*f(x); g(t)") == gg.parse("(2*t + 1)*(t + 1)")
    assert gg.parse("f(x) = x**2; f(f(f(t)))") == gg.parse("((t**2)**2)**2")


def test_a_lone_definition_is_the_program():
    graph = gg.parse("f(x1, x2) = log(x1*x2)*sin(x2)")
    assert (list(graph.inputs), list(graph.outputs)) == (["x1", "x2"], ["f"])


REFUSED = [
    ("pi(x) = x; pi(y)", "'pi' is the language's own; give your function another name"),
    ("f(x) = f(x) + 1; f(2)", "unknown function 'f'"),
    ("f(x, x) = x; f(1, 2)", "this defines no function; parameters are names, as in g(x, y) = x*y"),
    ("f(3) = x; f(3)", "this defines no function"),
    ("f(x, y) = x*y; f(2)", "f takes x, y in this order, and got 1"),
    ("f(x) = x; f(x=2)", "f takes x in this order, and got 1"),
    (
        "f0(x) = x;" + ";".join(f"f{i}(x) = f{i - 1}(x)*f{i - 1}(x + 1)" for i in range(1, 40)) + ";f39(y)",
        "20000 times",
    ),
    (";".join(["f0(x) = x", *(f"f{i}(x) = -f{i - 1}(x)" for i in range(1, 200)), "f199(y)"]), "nested more than"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_function_is_refused(text, said):
    with pytest.raises(gg.ParseError, match=re.escape(said)):
        gg.parse(text)


def test_errors_within_a_body_are_shown_where_they_stand():
    with pytest.raises(gg.ParseError) as caught:
        gg.parse("αβ(x, y) = sine(x)*y; αβ(1, t)")
    assert caught.value.span.column == len("αβ(x, y) = ")


def test_what_looks_alike_is_left_alone():
    for text in ("f(x) == 3", "where(x > 0, f(x) == 1, 2)", "y = sin(x)", "sum(x, axis=0)"):
        assert without_parameters(text) == (text, {})
