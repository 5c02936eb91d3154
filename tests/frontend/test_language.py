"""The language: spellings, names, places, printed forms."""

import re

import pytest
from hypothesis import given
from programs import scalars

from graphgrad.core.errors import ParseError, Span
from graphgrad.core.ops import NAMES
from graphgrad.execute.run import run
from graphgrad.frontend.latex import latex
from graphgrad.frontend.notation.names import tex_name
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program, text
from graphgrad.transform.grad import grad

LECTURE = "y3 = x1*x2\ny1 = log(y3)\ny2 = sin(x2)\nw = y1*y2\nz = w"

SAME = [  # several spellings of one graph
    ["log(x)", "ln(x)", "np.log(x)", "numpy.log(x)", "math.log(x)", "x.log()"],
    ["asin(x)", "arcsin(x)", "np.arcsin(x)"],
    ["atan2(x, y)", "np.arctan2(x, y)"],
    ["abs(x)", "np.abs(x)", "np.absolute(x)", "fabs(x)"],
    ["x ** y", "np.power(x, y)", "power(x, y)"],
    ["x / y", "np.divide(x, y)", "np.true_divide(x, y)"],
    ["-x", "np.negative(x)", "- x", "-(x)"],
    ["pi * x", "np.pi * x", "math.pi * x"],
    ["e ** x", "np.e ** x"],
    ["where(x > 0, x, y)", "x if x > 0 else y", "np.where(x > 0, x, y)"],
    ["(1 < x) & (x < 2)", "1 < x < 2", "np.logical_and(1 < x, x < 2)"],
    ["x + y", "+x + y", "(x) + (y)", "(\n x\n + y\n)", "x + \\\n y", "x + y  # a sum", "  x + y  "],
    ["z = x * y", "x * y", "x * y;", "x*y", "w = x * y; z = w"],
    ["x ** 2 ** y", "x ** (2 ** y)"],
    ["x - y - 1", "(x - y) - 1"],
    ["2.0 * x", "2. * x", "2e0 * x", "0.2e1 * x"],
    ["1000 * x", "1_000 * x"],
    ["c = x; c += c + 1; z = c", "c = x; c = c + (c + 1); z = c", "z = x + (x + 1)"],
]

DIFFERENT = [("2 * x", "2.0 * x"), ("0.0 * x", "-0.0 * x"), ("x + y", "y + x"), ("x - y - 1", "x - (y - 1)"),
             ("pi * x", "3.141592653589793 * x"), ("x ** 2", "x * x"), ("-x ** 2", "(-x) ** 2"),
             ("z = x", "w = x")]  # fmt: skip


@pytest.mark.parametrize("spellings", SAME, ids=[spellings[0] for spellings in SAME])
def test_spellings_of_one_graph(spellings):
    first, *others = map(parse, spellings)
    for spelling, other in zip(spellings[1:], others, strict=True):
        assert other == first, spelling
        assert hash(other) == hash(first)


ARRAYS = [
    ["x.T", "transpose(x)", "np.transpose(x)", "x.transpose()"],
    ["sum(x, axis=0)", "x.sum(axis=0)", "x.sum(0)", "np.sum(x, 0)", "np.sum(x, axis=0, keepdims=False)"],
    ["reshape(x, shape=(3, 2))", "x.reshape(3, 2)", "x.reshape((3, 2))", "np.reshape(x, (3, 2))"],
    ["x @ x.T", "matmul(x, x.T)", "np.matmul(x, x.T)", "dot(x, x.T)", "x.dot(x.T)"],
    ["x[0]", "x[(0)]", "index(x, key=np.s_[0])"],
    ["x[:, 1]", "x[..., 1]"],
    ["norm(x)", "np.linalg.norm(x)", "x.norm()"],
    ["stack([x, x])", "np.stack([x, x], axis=0)", "stack((x, x))"],
    ["max(x)", "amax(x)", "x.max()"],
]


@pytest.mark.parametrize("spellings", ARRAYS, ids=[spellings[0] for spellings in ARRAYS])
def test_spellings_of_one_graph_of_arrays(spellings):
    first = parse(spellings[0], x=(2, 3))
    assert all(parse(spelling, x=(2, 3)) == first for spelling in spellings)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_graphs(one, other):
    assert parse(one) != parse(other)


def test_names_of_the_user():
    graph = parse(LECTURE)
    assert list(graph.inputs) == ["x1", "x2"]
    assert [graph.names.get(i, ()) for i in range(2, 6)] == [("y3",), ("y1",), ("y2",), ("w", "z")]
    assert graph.label(graph.output) == "z"


@pytest.mark.parametrize("name", ["I", "E", "S", "N", "Q", "gamma", "beta", "lambda_", "e1", "pi_", "sin", "log", "re",
                                  "g", "text", "shapes", "self", "ñ", "_", "x__y", "np", "math",
                                  "z_bar"])  # fmt: skip
def test_any_other_name_is_the_users(name):
    graph = parse(f"2 * {name}")
    assert list(graph.inputs) == [name]
    assert parse(program(graph)) == graph


def test_a_users_name_shadows_a_constant():
    assert "e" not in parse("e = a*b; e + pi").inputs
    assert list(parse("2 * e", e=()).inputs) == ["e"]
    assert parse(program(parse("e = a; e * np.e"))) == parse("e = a; e * np.e")


def test_assigning_again():
    graph = parse("c = x * 2\nc = c + 1\nc += c + 1\nd = c * c")
    assert program(graph) == "c = x * 2\nc_2 = c + 1\nc_3 = c_2 + (c_2 + 1)\nd = c_3 * c_3"
    graph = parse("x = log(x)\nx * x")
    assert list(graph.inputs) == ["x"]
    assert len(graph.nodes) == 3


def test_assigning_an_inputs_name():
    graph = parse("x = log(x) * x")
    assert program(graph) == "x_2 = log(x) * x\nx = x_2"
    assert parse(program(graph)) == graph
    gradient = grad(graph)
    assert len(set(gradient.labels)) == len(gradient.labels)


def test_a_name_assigned_a_thousand_times():
    graph = parse("x = x * y\n" * 1000 + "z = x")
    assert len(program(graph).splitlines()) == 1000
    assert parse(program(graph)) == graph


@given(scalars())
def test_no_two_nodes_share_a_label(p):
    graph = grad(parse(p.text))
    labels = [label for label, node in zip(graph.labels, graph.nodes, strict=True) if node.op != "const"]
    assert len(set(labels)) == len(labels)


def test_places():
    graph = parse(LECTURE)
    lines = LECTURE.split("\n")
    places = {i: [lines[s.line - 1][s.column : s.end_column] for s in spans] for i, spans in graph.spans.items()}
    assert places == {0: ["x1"], 1: ["x2", "x2"], 2: ["x1*x2", "y3"], 3: ["log(y3)", "y1"], 4: ["sin(x2)", "y2"],
                      5: ["y1*y2", "w"]}  # fmt: skip


def test_places_are_counted_in_characters():
    graph = parse("ñandú = α*β; 𝑓 = sin(ñandú)")
    source = graph.source
    (span,) = graph.spans[graph.output]
    assert source[span.column : span.end_column] == "sin(ñandú)"
    assert span == Span(1, 17, 1, 27)


def test_places_over_several_lines():
    graph = parse("y = (a +\n     b)\ny * y")
    assert graph.spans[2][0] == Span(1, 5, 2, graph.source.split("\n")[1].index("b") + 1)


def test_a_square_has_two_edges():
    graph = parse("x * x")
    assert list(graph.dag.edges(keys=True)) == [(0, 1, 0), (0, 1, 1)]
    assert graph.users[0] == (1, 1)
    assert graph.dag.nodes[1]["op"] == "mul"
    with pytest.raises(Exception, match="Frozen"):
        graph.dag.add_node(7)


PRINTED = [
    *["a + b * c", "(a + b) * c", "a - (b - c)", "a - b - c", "a / (b / c)", "a / b / c", "a * (b / c)", "-(a + b)"],
    *[
        "-a ** 2",
        "(-a) ** 2",
        "a ** -b",
        "(a ** b) ** c",
        "a ** b ** c",
        "2 ** -1 * x",
        "-2 * x",
        "x - -2",
    ],
    *[
        "(-2) ** x",
        "-(-x)",
        "negative(2) + x",
        "1 / (x * y)",
        "x * -y",
        "x * -2",
        "a * b + -c",
        "a - -b / c",
        "where(x > 0, x, -x)",
    ],
    *[
        "(a > b) & (c < d) | ~(a == c)",
        "~((a > b) & (c < d))",
        "(a > b) * (c + 1)",
        "1 < x < 2",
    ],
    *["maximum(a, b + 1)", "log(x1*x2)*sin(x2)"],
    *["exp(-x**2 / 2)", "sqrt(a**2 + b**2)", "cbrt(x)", "abs(x)", "floor(x / 2)", "pi * e"],
    *[
        "sigmoid(alpha_1) * x_bar",
        "leaky_relu(x, slope=0.2)",
        "clip(x, -1, 1)",
        "atan2(y, x)",
        "hypot(x, y)",
        "0.1 + x",
    ],
    *["1e-9 * x + 1.5e300", "xlogy(x, y)", "log2(x) - log10(x)", "reciprocal(x) + square(y)", "erf(x) * gelu(y)"],
    *["softplus(x)", LECTURE, "c = a; c += c + 1"],
]
PRINTED_ARRAYS = [
    *["A @ B", "A @ (B @ A)", "(A @ B).T @ u[:2]", "A.T", "(2 * A).T", "A[0]", "A[:, None, 1:]", "A[::-1, -1]"],
    *[
        "sum(A)",
        "mean(A, axis=0)",
        "A.sum(axis=(0, 1), keepdims=True)",
        "max(A, axis=1)",
        "softmax(A)",
        "logsumexp(A, axis=0)",
    ],
    *["norm(u)", "var(u)", "std(A, axis=1, ddof=1)", "reshape(A, shape=(3, 2))", "A.reshape(-1)", "outer(u, u)"],
    *["transpose(A, axes=(1, 0))", "concatenate([A, A], axis=1)", "stack([u, u])", "dot(u, u)", "prod(u)"],
    *["argmax(A, axis=1)", "take(A, i, axis=1)", "expand_dims(u, axis=0)", "cross_entropy(A, i)", "half_mse(A, B.T)"],
    *["huber(u, 0)", "broadcast_to(u, shape=(2, 3))", "squeeze(A[:1], axis=0)"],
]


def shown(graph):
    return f"{program(graph)}\n{text(graph, graph.output)}\n{latex(graph, graph.output)}"


def test_printed_forms(golden):
    golden("printed.txt", "\n\n".join(f">>> {source!r}\n{shown(parse(source))}" for source in PRINTED) + "\n")


def test_printed_arrays(golden):
    shapes, blocks = {"A": (2, 3), "B": (3, 2), "u": (3,), "i": (2,)}, []
    for source in PRINTED_ARRAYS:
        used = {name: shape for name, shape in shapes.items() if re.search(rf"\b{name}\b", source)}
        blocks.append(f">>> {source!r}\n{shown(parse(source, used))}")
    golden("arrays.txt", "\n\n".join(blocks) + "\n")


def test_printed_gradients(golden):
    sources = ["log(x1*x2)*sin(x2)", "sigmoid(w*x + b)", "x**3", "x**y", "where(x > 0, log(x), y)", "tanh(a) / b"]
    gradients = {source: grad(parse(source)) for source in [*sources, "maximum(x, y)", LECTURE]}
    shapes = {"X": ("N", 2), "W1": (4, 2), "b1": 4, "W2": (1, 4), "b2": 1, "Y": ("N", 1)}
    network = "half_mse(tanh(X @ W1.T + b1) @ W2.T + b2, Y)"
    gradients[network] = grad(parse(network, shapes), "W1", "b1", "W2", "b2")
    blocks = [f">>> {source!r}\n{program(graph)}\n{latex(graph)}" for source, graph in gradients.items()]
    golden("gradients.txt", "\n\n".join(blocks) + "\n")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_may_be_a_variable(name):
    assert list(parse(f"{name} * 2 + {name}").inputs) == [name]


TEX = {
    "x": "x",
    "x1": "x_{1}",
    "x_": "x",
    "é": "é",
    "θ_1": r"\theta_{1}",
    "dL_dλ": r"\frac{\partial L}{\partial \lambda}",
    "alpha": r"\alpha",
    "lambda_": r"\lambda",
    "W_xy": r"W_{\mathrm{xy}}",
    "loss": r"\mathrm{loss}",
    "x_bar": r"\bar{x}",
    "v3_bar": r"\bar{v}_{3}",
    "_": r"\_",
    "dz_dx1": r"\frac{\partial z}{\partial x_{1}}",
    "d2z_dx_dy": r"\frac{\partial^{2} z}{\partial x \partial y}",
}


@pytest.mark.parametrize(
    ("text", "written"),
    [("(c/d)**(a - b)", r"\left(\frac{c}{d}\right)^{a - b}"), ("(a/b)**2", r"\left(\frac{a}{b}\right)^{2}"),
     ("where(x > 0, x, y)**2", r"\left(\begin{cases}"), ("sigmoid(v)", r"\sigma\left(v\right)"), ("log(v)", r"\log v")],
)  # fmt: skip
def test_latex_reads_as_what_is_meant(text, written):
    graph = parse(text)
    assert latex(graph, graph.output).startswith(written)


@pytest.mark.parametrize("name", TEX)
def test_names_in_latex(name):
    assert tex_name(name) == TEX[name]


@pytest.mark.parametrize(
    ("source", "formula"),
    [
        ("x1[1]", r"\left(x_{1}\right)_{2}"),
        ("(x1 + x1)[1]", r"\left(x_{1} + x_{1}\right)_{2}"),
        ("sigmoid(x1)", r"\sigma\left(x_{1}\right)"),
        ("-(1 - x1)", r"-\left(1 - x_{1}\right)"),
    ],
)
def test_formulas_in_latex(source, formula):
    graph = parse(source, x1=2)
    assert latex(graph, graph.output) == formula


def test_an_input_without_a_use_is_printed_too():
    graph = parse("A; x", A=2)
    assert program(graph) == "A\nz = x"
    assert parse(program(graph), A=2) == graph


AS_TYPED = {  # what people type: how it is read
    "max(x, 0)": "maximum(x, 0)",
    "min(x, y, 1)": "minimum(minimum(x, y), 1)",
    "log(x, 2)": "log2(x)",
    "log(x, 10)": "log10(x)",
    "log(x, y)": "log(x) / log(y)",
    "x % 3": "remainder(x, 3)",
    "x // 3": "floor_divide(x, 3)",
    "ceil(x)": "-floor(-x)",
    "x if x > 0 else y": "where(x > 0, x, y)",
    "x**2\n+ y**2": "x ** 2 + y ** 2",
    "x**2 +\ny**2": "x ** 2 + y ** 2",
    "(x\n+ y)": "x + y",
    "z = x *  # by\ny": "x * y",
}


@pytest.mark.parametrize(("typed", "read"), AS_TYPED.items())
def test_mathematics_as_typed(typed, read):
    assert parse(typed) == parse(read)


def test_names_are_the_same_at_every_door():
    for name in ("\u00b5", "\u03bc"):
        graph = parse(f"sum(\u00b5 * 2) * {name}[0]", {name: 2})
        assert graph.input("\u00b5") == graph.input("\u03bc")
        assert run(graph, {name: [1.0, 2.0]})[graph.output] == 6
        assert list(grad(graph, name).outputs) == ["z", "dz_d\u03bc"]


def test_sums_of_any_length():
    terms = [f"x{i % 7} * {i}e-3" if i % 3 else f"(x{i % 5} - 1e-2)" for i in range(7000)]
    signs = ["-" if i % 11 == 0 else "+" for i in range(len(terms) - 1)]
    text = "".join(part for pair in zip(terms, [*signs, ""], strict=True) for part in pair)
    point = {f"x{i}": float(i + 1) for i in range(7)}
    graph = parse(f"y = {text}\nz = y * 2")
    total = 0.0
    for sign, term in zip(["+", *signs], terms, strict=True):
        value = eval(term, {}, point)  # noqa: S307  (our own text)
        total = total + value if sign == "+" else total - value
    assert run(graph, point)[graph.output] == 2 * total
    with pytest.raises(ParseError, match="unknown function 'sine'") as caught:
        parse("+".join(["x"] * 5000) + "+sine(x)+x")
    assert caught.value.span.column == 10_000
