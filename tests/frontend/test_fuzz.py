"""Any text at all is read or refused with an error of our own; whatever is read can be printed and read again."""

from contextlib import suppress

from hypothesis import given, settings, strategies as st

from graphgrad.core.errors import GraphgradError
from graphgrad.core.ops import NAMES, OPS
from graphgrad.frontend.latex import latex
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import program
from graphgrad.transform.grad import grad

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
