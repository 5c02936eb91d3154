"""Bad input: what is said, where, and what would be right; and hostile input, refused before anything is done."""

import os
import subprocess
import sys

import numpy as np
import pytest

from graphgrad.core.errors import GraphgradError, ParseError
from graphgrad.execute.run import run
from graphgrad.execute.trace import trace
from graphgrad.frontend.capture import capture
from graphgrad.frontend.parse import parse

TEXTS = [
    # nothing to read
    *["", "   ", "# comment only"],
    # words and signs
    *[
        "sine(x)",
        "cumsum(x)",
        "np.foo(x)",
        "x.foo()",
        "x.y",
        "x(2)",
        "x = 2; x(3)",
        "sin(x)(y)",
        "pi(2)",
        "np.max(x, y)",
    ],
    *["2x", "x y", "sin x", "sin^2(x)", "x ^ 2", "x >> 2", "|x|", "x!", "x = y = 2", "x, y = 1, 2", "3 = x", "= x"],
    *["x−y", "x × y", "x²", "a·b", "½x", "x ≤ y", "x\u00a0+ y", "“x”", "$x$"],
    *[
        "lambda*x",
        "torch.log(x)",
        "jnp.exp(x) + y",
        "f(3) = x*x",
        "2(x+1)",
        "x(y+1)",
        "'x*x'",
        r"\frac{x}{y}",
        "cot(x)",
    ],
    *[
        "sec(x)",
        "gamma(x)",
        "LOG(x)",
        "x₁ + y",
        "wᵀx",
        "eˣ",
        "xᵢ",
        "F.relu(x)",
        "sp.exp(x)",
        "z = x**2\n- y",
        "x'",
        "x << 2",
        "(x + y) = 2",
    ],
    # something is missing, or too much
    *["x +", "x + * y", "(x", "x)", "((x)", "sin(x", "[x", "x]", "x[", "x = ", "@ x", "sin()", "where(x > 0, 1)"],
    *["sin(x, y)", "np.log(x, 2)", "clip(x, 0)", "concatenate([])", "concatenate(x)", "reshape(x)", "x;;y"],
    *["y = x\nz = y +\n", "first = x\nsecond = sine(first)\nfirst + second", "α * β +", "é = sine(α)"],
    # attributes
    *[
        "sum(x, axes=0)",
        "sin(x, axis=0)",
        "sum(x, axis=y)",
        "sum(x, axis=1.5)",
        "sum(x, keepdims=3)",
        "x.std(axis='a')",
    ],
    *["leaky_relu(x, slope=y)", "leaky_relu(x, slope='a')", "sum(x, axis=0, axis=1)", "transpose(x, axes=5)"],
    # Python that is not in the language
    *["x and y", "not x", "x is y", "x in y", "lambda x: x", "x lambda", "[x for x in y]", "[x, y]", "{x}", "x := 2"],
    *[
        "import os",
        "def f(x): return x",
        "for i in x: i",
        "if x: y",
        "del x",
        "f'{x}'",
        "'text'",
        "1j",
        "sin(*x)",
    ],
    # conditions and numbers
    *["~x", "x & y", "x if y else z", "1e400", "x**9999999", "9**9**9**9", "2**1025"],
    # names with a meaning to Python alone
    *["__import__('os').system('ls')", "x.__class__", "().__class__.__bases__[0].__subclasses__()", "eval('1')"],
]

SHAPES = [
    ("X @ W.T + b", {"X": ("N", 2), "W": (4, 3), "b": 4}),
    ("tanh(X @ W.T + b)", {"X": ("N", 2), "W": (4, 2), "b": 3}),
    ("x @ y", {}),
    ("x + y", {"x": 3, "y": 4}),
    ("x + y", {"x": "N", "y": "M"}),
    ("dot(x, y)", {"x": (2, 3), "y": (2, 3)}),
    ("x.sum(axis=1)", {"x": 3}),
    ("sum(x, axis=(0, 0))", {"x": (2, 3)}),
    ("x[5]", {"x": 3}),
    ("x[0, 0]", {"x": 3}),
    ("x[..., ...]", {"x": 3}),
    ("x[::0]", {"x": 3}),
    ("X[1:]", {"X": ("N", 2)}),
    ("reshape(x, shape=(4, 2))", {"x": (2, 3)}),
    ("reshape(x, shape=(-2, -3))", {"x": 6}),
    ("broadcast_to(x, shape=(2, 4))", {"x": 3}),
    ("squeeze(x, axis=0)", {"x": 3}),
    ("concatenate([x, y], axis=1)", {"x": (2, 3), "y": (3, 3)}),
    ("concatenate([x, y], axis=None)", {"x": (2, 3), "y": (2, 3)}),
    ("stack([x, y])", {"x": 3, "y": 4}),
    ("transpose(x, axes=(0, 0))", {"x": (2, 3)}),
    ("x.transpose(-1, 2)", {"x": (2, 3)}),
    ("norm(x, axis=())", {"x": (2, 3)}),
    ("take(x, [0, 6])", {"x": (2, 3)}),
    ("x.take(-3, axis=0)", {"x": (2, 3)}),
    ("swapaxes(x, 0, 7)", {"x": (2, 3)}),
    ("nll(scores, labels)", {"scores": ("N", 3), "labels": "M"}),
    ("take(x, y + 1)", {"x": 3, "y": 2}),
    ("std(x, axis=4)", {"x": 3}),
    ("x", {"x": (2.5,)}),
    ("x", {"x": -1}),
    ("x", {"y": 3}),
    ("weight + 1", {"wieght": 3}),
]

VALUES = [
    ("log(x)", {}, {"x": -1}),
    ("y = x - 2\nz = log(y) * x", {}, {"x": 1}),
    ("1/0", {}, {}),
    ("a + 1/x", {}, {"a": 1, "x": 0}),
    ("sqrt(x)", {}, {"x": -4}),
    ("asin(2*x)", {}, {"x": 1}),
    ("x ** y", {}, {"x": -8, "y": 1 / 3}),
    ("sum(log(x))", {"x": (2, 2)}, {"x": [[1, 2], [-3, 4]]}),
    ("x + y", {}, {"x": 1}),
    ("x + y", {}, {"x": 1, "y": 2, "yy": 3}),
    ("x + y", {"x": 3}, {"x": [1, 2], "y": 1}),
    ("x + y", {"x": "N", "y": "N"}, {"x": [1, 2], "y": [1, 2, 3]}),
    ("x + 1", {}, {"x": "one"}),
    ("x + 1", {}, {"x": [[1, 2], [3]]}),
    ("sum(W @ x)", {"W": (2, 2), "x": 2}, {"W": 3, "x": [1, 2]}),
    ("take(x, i)", {"x": 3, "i": 2}, {"x": [1, 2, 3], "i": [0, 7]}),
    ("take(x, i)", {"x": 3, "i": 2}, {"x": [1, 2, 3], "i": [0, 0.5]}),
    ("nll(s, c)", {"s": ("N", 3), "c": "N"}, {"s": [[1, 2, 3]], "c": [3]}),
    ("max(x)", {"x": "N"}, {"x": []}),
]


def told(function, *arguments):
    """The error, as the user reads it."""
    try:
        function(*arguments)
    except GraphgradError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def evaluated(text, shapes, values):
    trace(parse(text, shapes), values)


def corpus(cases):
    return "\n\n".join(f">>> {' '.join(map(repr, case))}\n{told(*how)}" for case, how in cases) + "\n"


def test_texts(golden):
    golden("texts.txt", corpus([((text,), (parse, text)) for text in TEXTS]))


def test_shapes(golden):
    golden("shapes.txt", corpus([(case, (parse, *case)) for case in SHAPES]))


def test_values(golden):
    golden("values.txt", corpus([(case, (evaluated, *case)) for case in VALUES]))


@pytest.mark.parametrize("text", TEXTS)
def test_no_bad_text_is_accepted(text):
    with pytest.raises(GraphgradError) as caught:
        parse(text)
    assert len(str(caught.value)) < 400
    if caught.value.span:
        line = caught.value.source.split("\n")[caught.value.span.line - 1]
        assert 0 <= caught.value.span.column <= len(line)


@pytest.mark.parametrize(("text", "shapes", "values"), VALUES)
def test_no_bad_value_is_accepted(text, shapes, values):
    with pytest.raises(GraphgradError):
        run(parse(text, shapes), values)


HOSTILE = {
    "import": "__import__('os').system('touch pwned')",
    "attributes": "().__class__.__mro__[1].__subclasses__()[0].__init__.__globals__",
    "comprehension": "[open('pwned', 'w') for x in (1,)]",
    "walrus": "(x := open('pwned', 'w'))",
    "tower": "9**9**9**9**9**9",
    "hidden tower": "x + (2*5)**(10**(3*3))",
    "negative tower": "2**-(9**9)",
    "large number": "9" * 100_000,
    "brackets": "(" * 10_000 + "x" + ")" * 10_000,
    "list brackets": "[" * 10_000,
    "signs": "-" * 10_000 + "x",
    "nots": "not " * 10_000 + "x",
    "calls": "sin(" * 10_000 + "x" + ")" * 10_000,
    "indices": "x" + "[0]" * 10_000,
    "transposes": "x" + ".T" * 10_000,
    "powers": "**".join(["x"] * 10_000),
    "conditionals": "x if x > 0 else " * 10_000 + "x",
    "a megabyte of +1": "x" + "+1" * 500_000,
    "a megabyte of names": " + ".join(f"x{i}" for i in range(150_000)),
    "a megabyte of spaces": "x" + " " * 1_000_000 + "+",
    "a megabyte of lines": "x\n" * 500_000,
    "exec": "exec('import os')",
    "format": "f'{().__class__}'",
    "unicode escape": "\\N{LATIN SMALL LETTER A}",
    "null": "x\0y",
}


HARMLESS = {  # long, and nothing worse
    "a tower by names": "a = 9**9; b = a**a; c = b**b; c**c",
    "a long fraction": "0." + "1" * 100_000,
    "a long sum": "x" + "+1" * 2_000,
    "a long list": f"sum(stack([{'x,' * 20_000}]))",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert len(str(caught.value)) < 1000
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_long_text_is_read(text):
    assert len(parse(text)) <= 2_002


def test_what_is_read_is_never_computed():
    """Arithmetic of constants happens in floats, when it is run: nothing grows."""
    graph = parse("a = 9**9; b = a**a; c = b**b; c**c + x")
    assert np.isinf(run(graph, {"x": 1})[graph.output])


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_messages_and_graphs_do_not_depend_on_the_hash_seed(seed):
    program = (
        "from graphgrad.frontend.parse import parse\n"
        "from graphgrad.transform.grad import grad\n"
        "from graphgrad.transform.rewrite import simplify\n"
        "g = parse('a = x*y; b = sin(a)*cos(x) + where(x > y, a, z); log(b) + b*a + mean(w)', w=('N',))\n"
        "print(simplify(grad(g)), grad(g).digest, sorted(grad(g).dag.edges(keys=True)))\n"
        "try: parse('sinn(x)')\n"
        "except Exception as error: print(error)\n"
    )

    def output(hash_seed):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True).stdout

    assert output(seed) == output("77")


CAPTURED = [
    "lambda x: x if x > 0 else -x",
    "lambda x: max(x, 0)",
    "lambda x: float(x)",
    'lambda x: __import__("math").sin(x)',
    "lambda x: np.sinc(x)",
    "lambda x: np.i0(x)",
    "lambda x: x // 2",
    "lambda x: 0 < x < 1",
    "lambda x: np.array([x, x])",
    "lambda x: [a for a in x]",
    "lambda x: np.clip(x, 0, None)",
    "lambda x: np.sum(x, dtype=np.float32)",
    "lambda x: np.add.reduce(x)",
    'lambda x: x + "a"',
    "lambda x: x * np.inf",
    "lambda x: x + np.linspace(0, 1, 100)",
    "lambda x: x.sum(axis=3)",
    "lambda x: x.foo()",
    "lambda x: (x, x)",
    "lambda x: None",
    "lambda *x: 1",
    "lambda x: np.reshape(x, x)",
    "lambda x: np.sum(x, keepdims=3)",
    "lambda x: x.__setitem__(0, 1)",
    "lambda x: x[x > 0]",
    'lambda x: x["a"]',
]


def test_captured_functions(golden):
    functions = [eval(source, {"np": np}) for source in CAPTURED]  # noqa: S307  (our own text)
    golden("captured.txt", corpus([((source,), (capture, f)) for source, f in zip(CAPTURED, functions, strict=True)]))
