"""Any text is read or refused with an error of our own; what is read is printed, computed and differentiated."""

import re
from contextlib import suppress

import numpy as np
from hypothesis import given, settings, strategies as st

from graphgrad.core.errors import GraphgradError
from graphgrad.core.ops import NAMES, OPS
from graphgrad.execute.run import run
from graphgrad.frontend.latex import latex
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program
from graphgrad.transform.grad import grad, vjp
from graphgrad.transform.jvp import jvp
from graphgrad.transform.rewrite import simplify

TOKENS = [
    *[
        "+",
        "-",
        "*",
        "/",
        "@",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ";",
        "=",
        "<",
        ">",
        "&",
        "|",
        "~",
        ".",
        "!",
        "^",
    ],
    *["%", "'", '"', "\\", "#", "\n", " ", "**", "==", "<=", "!=", "//", "->", ":=", "x", "y", "A", "u", "i", "é", "·"],
    *[
        "2",
        "0",
        "1.5",
        "1e9",
        "1j",
        "pi",
        "e",
        "np.",
        "np.s_",
        ".T",
        "axis=",
        "keepdims=",
        "shape=",
        "key=",
        "None",
        "True",
    ],
    *["if ", " else ", " and ", "not ", "lambda ", " in ", "for ", "...", "f'", "\t", "\r", "\f", "\x00", "\u2028"],
    *NAMES,
]
SHAPES = {"A": (2, 3), "u": (3,), "i": (2,)}
ARGUMENTS = [
    *[
        "x",
        "A",
        "u",
        "i",
        "2",
        "-1",
        "0.5",
        "None",
        "True",
        "'a'",
        "(0, 1)",
        "(2, 3)",
        "()",
        "[x, x]",
        "[u, u]",
        "x > 0",
    ],
    *["A.T", "np.s_[0]", "np.s_[:, None]", "...", "*u", "u[i]", "(0, (1, 2))", "1e400", "-(-1)", "[1, 2]"],
]


def survives(text):
    declared = {name: shape for name, shape in SHAPES.items() if name in text}
    try:
        graph = parse(text, declared)
    except GraphgradError:
        return
    assert parse(program(graph), {name: SHAPES[name] for name in graph.inputs if name in SHAPES}).digest
    assert latex(graph)
    with suppress(GraphgradError):
        assert program(grad(graph))


@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join))
@settings(max_examples=400)
def test_any_tokens(text):
    survives(text)


@given(st.text(max_size=30))
def test_any_text(text):
    survives(text)


@given(
    st.sampled_from(sorted(NAMES)),
    st.lists(st.sampled_from(ARGUMENTS), max_size=4),
    st.lists(
        st.tuples(st.sampled_from(sorted({k for row in OPS.values() for k in row.attrs})), st.sampled_from(ARGUMENTS))
    ),
)
@settings(max_examples=1000)
def test_any_call(name, arguments, keywords):
    survives(f"{name}({', '.join([*arguments, *(f'{k}={v}' for k, v in keywords[:2])])})")


VALUES = {
    "x": 0.7,
    "A": np.array([[1, 2.0, 0.5], [0, -0.3, 0.2]]),
    "u": np.array([0.3, -0.1, 0]),
    "i": np.array([1, 0]),
}
OPERANDS = ["x", "A", "u", "i", "2", "0", "-1", "0.5", "A.T", "u[:2]", "x > 0", "A > 0.3", "[u, u]", "[A, A]", "A[0]"]
ATTRIBUTES = [
    "0",
    "1",
    "-1",
    "None",
    "True",
    "(0, 1)",
    "(2, 3)",
    "2",
    "0.5",
    "(3, 2)",
    "6",
    "np.s_[0]",
    "np.s_[:, None]",
]
AROUND = ["{}", "sum({})", "({}) * x", "where({} > 0, x, 1)", "({}) @ u", "({})[0]"]


@given(st.sampled_from(sorted(NAMES)), st.sampled_from(AROUND), st.data())
@settings(max_examples=400)
def test_any_application_is_computed_and_differentiated(name, around, data):
    row = NAMES[name]
    operands = [data.draw(st.sampled_from(OPERANDS)) for _ in row.operands]
    attrs = [f"{attr}={data.draw(st.sampled_from(ATTRIBUTES))}" for attr in row.attrs if data.draw(st.booleans())]
    text = around.format(f"{name}({', '.join(operands + attrs)})")
    with suppress(GraphgradError):
        graph = parse(text, {name: shape for name, shape in SHAPES.items() if re.search(rf"\b{name}\b", text)})
        values = {name: VALUES[name] for name in graph.inputs}
        assert np.shape(run(graph, values)[graph.output]) == graph.nodes[graph.output].shape
        product = vjp(graph)
        results, simple = run(product, values), simplify(product)
        simpler = run(simple, values)
        for output, node in product.outputs.items():
            np.testing.assert_allclose(results[node], simpler[simple.outputs[output]], rtol=1e-9, atol=1e-12)
            if output.startswith("dz_d"):
                assert np.shape(results[node]) == np.shape(values[output.removeprefix("dz_d")])
        pushed = jvp(graph)
        run(pushed, {**values, **{name: VALUES[name[0]] for name in pushed.inputs if name.endswith("_dot")}})
