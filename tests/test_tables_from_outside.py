"""Rows that users add are rows like ours: in every verb, in every door, in processes of their own."""

import subprocess
import sys

import pytest

import graphgrad as gg
from graphgrad.core.lookup import ADDED


def alone(program):
    """Run a program in a process of its own, so that its rows are nobody else's; gives what it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.split("\n")[:-1]


MISH = """
import graphgrad as gg
import numpy as np
gg.operation("mish(a)", define="a * tanh(softplus(a))", aliases=("Mish",))
"""


def test_an_operation_is_known_to_every_verb():
    said = alone(MISH + """
from graphgrad.testing import check_operation
g = gg.parse("sum(mish(X @ W))", X=(3, 2), W=(2, 4))
x = np.arange(6.0).reshape(3, 2) / 7; w = np.arange(8.0).reshape(2, 4) / 9 - 0.5
t = gg.trace(g, X=x, W=w)
z = x @ w
print(np.isclose(t.value, np.sum(z * np.tanh(np.log1p(np.exp(z))))))
print(gg.verify(g).ok, gg.verify("Mish(x) * y").ok, gg.check("mish(x)", x="mish(x)")["x"].verdict)
print(np.allclose(gg.compile(gg.grad(g, "W"))(X=x, W=w)[1]["W"], t.grad["W"]))
print(len(gg.scalarize(gg.parse("sum(mish(v))", v=3)).inputs))
print(gg.capture(lambda x: x.mish() * 2, x=()))
print(gg.mlp(2, 3, 1, activation="mish").text.split("\\n")[1])
print(len(gg.animate("mish(x)", x=0.5).frames) > 3, gg.latex("mish(x)") != "", gg.cost("mish(x)").forward)
X = np.random.default_rng(0).normal(size=(40, 2))
model, history = gg.fit(gg.mlp(2, 3, 1, activation="mish"), X, X[:, :1] * X[:, 1:], epochs=2)
print(len(history) > 0)
check_operation("mish")
try:
    gg.parse("mihs(x)")
except gg.ParseError as error:
    print(error.hint)
""")  # fmt: skip
    assert said == ["True", "True True REFUTED", "True", "3", "x * tanh(softplus(x)) * 2", "t1 = mish(h1)",
                    said[6], "True", "did you mean 'mish'?"]  # fmt: skip
    assert said[6].startswith("True True")


def test_processes_of_graphgrads_own_are_told(tmp_path):
    """Claims are judged in processes, each of which hears of the rows before its first question, and of later ones."""
    claims = tmp_path / "claims.csv"
    claims.write_text("expression,variable,claim\nhalved(x)**2,x,x/2\nhalved(x),x,1\nx**2,x,2*x\n")  # fmt: skip
    said = alone(f"""
import graphgrad as gg
from graphgrad.proof.gradients import verify
from graphgrad.proof.limits.processes import Worker

gg.operation("halved(a)", define="a / 2")
worker = Worker()
print(worker.ask(verify, "halved(x)", timeout=60).ok)
gg.operation("late(a)", define="halved(a) + 1")
print(worker.ask(verify, "late(x)", timeout=60).ok)
worker.end()
print(worker.ask(verify, "late(x) * halved(x)", timeout=60).ok)
gg.operation("here(a)", define="a + 1", reading=lambda a: a + 1)
print(worker.ask(verify, "halved(x)", timeout=60).ok)  # what cannot be pickled stays, and does no harm
worker.end()
print(*[finding.verdict for finding in gg.grade({str(claims)!r}, timeout=60).values()])
""")
    assert said == ["True"] * 4 + ["PROVED REFUTED PROVED"]


CUMSUM = """
import graphgrad as gg
import numpy as np
from graphgrad.core import shapes

def running(a, axis=-1):
    return np.add.accumulate(a, axis=axis)

COLUMNS = dict(
    vjp=("sum(g, axis=axis, keepdims=True) - cumsum(g, axis=axis) + g",), shape=shapes.along_one_or_all, cost="a",
    entries="scan('add', a, axis)", residues="adds", onnx="", saved=True, reading=running,
)
row = gg.operation("cumsum(a, *, axis=-1)", **COLUMNS)
"""


def test_an_array_operation_is_one_row_and_its_reading():
    said = alone(CUMSUM + """
from graphgrad.testing import check_operation
assert "cumsum" in gg.latex(gg.parse("cumsum(x) @ y", x=3, y=3))
check_operation("cumsum", ("cumsum(A, axis=0) @ B", {"A": (2, 3), "B": (3, 2)}))
print(gg.operation("cumsum(a, *, axis=-1)", **COLUMNS) is row)
loss = gg.parse("mean(square(cumsum(tanh(X @ W.T), axis=1) - Y))", X=(4, 3), W=(5, 3), Y=(4, 5))
print(gg.verify(loss, timeout=60).ok)
from graphgrad.compiler.compile import compile
from graphgrad.proof.modules.certificate import certify
source = compile(gg.grad(loss, "W")).source
print("np.cumsum(" in source, *{str(f.verdict) for f in certify(source, loss).values()})
at = source.index("axis=1", source.index("np.cumsum("))
wrong = source[:at] + "axis=0" + source[at + 6 :]
assert wrong != source
print(*{str(f.verdict) for f in certify(wrong, loss).values()})
print(len(gg.scalarize(gg.parse("cumsum(x)", x=3)).outputs))
""")  # fmt: skip
    assert said[:3] == ["True", "True", "True CERTIFIED"]
    assert said[3] in {"UNKNOWN", "UNSUPPORTED"}
    assert said[4] == "3"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: gg.operation("tanh(a)", define="a"), gg.UsageError, "there is an operation 'tanh' already"),
        (lambda: gg.operation("mosh(a)", define="a * tnah(a)"), gg.ParseError, "'tnah'; did you mean 'tanh'"),
        (lambda: gg.operation("mosh(a)", define="a * b"), gg.ParseError, "speaks of what it does not have, 'b'"),
        (lambda: gg.operation("mosh(a)", define="a *"), gg.ParseError, "no expression"),
        (lambda: gg.operation("mosh(a)", d=("1",)), gg.UsageError, "there is no np.mosh"),
        (lambda: gg.operation("mosh(a"), gg.UsageError, "no notation"),
        (lambda: gg.operation("tahn"), gg.UsageError, "there is no operation 'tahn'; did you mean 'tanh'"),
        (lambda: gg.loss("l7"), gg.UsageError, "there is no loss 'l7'"),
        (lambda: gg.loss("l7", define="mean(R)"), gg.UsageError, "must speak of the output R and the target Y"),
        (lambda: gg.loss("l7", define="mean(R - Y)", target="words"), gg.UsageError, "no kind of target"),
        (lambda: gg.loss("mse", define="mean(R - Y)"), gg.UsageError, "there is a loss 'mse' already"),
        (lambda: gg.activation("a1", define="x + y"), gg.UsageError, "is no activation"),
        (lambda: gg.activation("a 1", define="x"), gg.UsageError, "no name for a row"),
        (lambda: gg.optimizer("o1", define="p - lr * g"), gg.UsageError, "needs a value for 'lr'"),
        (lambda: gg.schedule("s1", define="base * k"), gg.UsageError, "needs a value for 'k'"),
        (lambda: gg.initial("i1", define="fan"), gg.UsageError, "know fan_in and fan_out, not 'fan'"),
        (lambda: gg.initial("i1", define="fan_in", law="cauchy"), gg.UsageError, "normal or uniform"),
        (lambda: gg.theme("t1", ground="white"), gg.UsageError, "is a colour like"),
        (lambda: gg.theme("t1", grund="#ffffff"), gg.UsageError, "did you mean 'ground'"),
        (lambda: gg.theme("lihgt"), gg.UsageError, "did you mean 'light'"),
        (lambda: gg.format(".html", write=bytes), gg.UsageError, "there is a film format '.html' already"),
        (lambda: gg.format("txt", write=bytes), gg.UsageError, "no suffix"),
        (lambda: gg.format(".txt", of="book"), gg.UsageError, "no formats of a 'book'"),
        (lambda: gg.rule("r1", define="x + y"), gg.UsageError, "is no rule"),
        (lambda: gg.rule("r1", define="sin(x) -> y"), gg.UsageError, "does not say what 'y' is"),
        (lambda: gg.rule("r1", define="x -> y"), gg.UsageError, "no operation on its left"),
        (lambda: gg.rule("r1", define="sin(x) -> x", of="algebar"), gg.UsageError, "did you mean 'algebra'"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_row_is_refused_and_leaves_no_trace(call, error, said):
    before = len(ADDED)
    with pytest.raises(error, match=said):
        call()
    assert len(ADDED) == before
