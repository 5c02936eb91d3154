"""Unrolled training steps are proved, of every optimizer; spoiled ones refuted; other code is said not to be read."""

import re

import pytest
from click.testing import CliRunner
from installed import need

from graphgrad.cli.verify import command
from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compile_step import compile_step
from graphgrad.core.errors import GraphgradError
from graphgrad.frontend.parse import parse
from graphgrad.learn.updates.optimizers import OPTIMIZERS
from graphgrad.proof.report import Verdict
from graphgrad.proof.saved import verify_module
from graphgrad.transform.grad import grad

XOR = ("h = tanh(X @ W1.T + b1); L = mse(h @ W2.T + b2, Y)", ["W1", "b1", "W2", "b2"], 4,
       {"X": ("N", 2), "W1": (3, 2), "b1": 3, "W2": (1, 3), "b2": 1, "Y": ("N", 1)})  # fmt: skip
OTHERS = [
    ("square(w * x + b - y)", ["b", "w"], None, {}), ("w * x", ["w"], None, {}),
    ("mean(abs(X @ w - y))", ["w"], 2, {"X": ("N", 3), "w": 3, "y": "N"}),
    ("sum(square(relu(W @ x) - y))", ["W"], None, {"W": (2, 3), "x": 3, "y": 2}),
    ("square(w) / 2 + 0 * x", ["w"], None, {}), ("exp(w * x) * v + log(v)", ["w", "v"], None, {}),
    ("s = sigmoid(X @ w); mean(binary_cross_entropy(s, y))", ["w"], 1, {"X": ("N", 2), "w": 2, "y": "N"}),
]  # fmt: skip


def step(program, name="adam", target="python"):
    text, parameters, batch, shapes = program
    row = OPTIMIZERS[name]
    constants = {setting: value for setting, value in row.settings.items() if setting != "lr"}
    made = compile_step(parse(text, shapes), parameters, row.text, constants=constants, batch=batch, target=target)
    return made.source


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name):
    report = verify_module(step(XOR, name=name))
    assert list(report) == XOR[1]
    for finding in report.values():
        assert finding.verdict is Verdict.PROVED
        assert "gradient" in finding.reason
        assert "the update of p" in finding.reason
        assert "at every step" in finding.reason


@pytest.mark.campaign
@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("program", OTHERS, ids=lambda program: program[0])
def test_other_programs(program, name):
    report = verify_module(step(program, name), timeout=120)
    assert report.ok, report


SPOILED = [
    ("W1_0_0 = W1_0_0 - ", "W1_0_0 = W1_0_0 + "), ("b1_2_bar = v48_bar +", "b1_2_bar = v48_bar -"),
    ("2 * v76 / 4", "2 * v76 / 5"), ("(1 - h_3_2 * h_3_2)", "(1 - h_3_2)"),
    ("m_b2_0 = m_b2_0 * 0.9", "m_b2_0 = m_b2_0 * 0.91"),
    ("sqrt(1 - pow(0.999, t))", "sqrt(1 - 0.999)"), ("v_W1_0_1 = v_W1_0_1 * 0.999 +", "v_W1_0_1 = v_W1_0_1 * 0.999 -"),
    ("+ v248) * v278", "+ v248) * lr"), ("b2_0 = b2_0 - m_b2_0 /", "b2_0 = b2_0 - b2_0_bar /"), ("t += 1", "t += 2"),
    ("v[0:9] = v_W1_0_0,", "v[0:9] = m_W1_0_0,"), ("tanh(X_0_0 * W1_0_0", "tanh(X_0_1 * W1_0_0"),
    ("W2_0_1_bar = v76_bar * h_3_1", "W2_0_1_bar = 1.000001 * v76_bar * h_3_1"),
]  # fmt: skip


def changed(source, right, wrong, *, last=False):
    """The source with the first or the last such text changed: in the loop, or in the step alone."""
    assert right in source
    head, _, tail = source.rpartition(right) if last else source.partition(right)
    return head + wrong + tail


def spoiled():
    """Each place in the loop and in the step alone; every fourth of them at once, all by the campaign."""
    for k, edit in enumerate(SPOILED):
        for last in (False, True):
            yield pytest.param(*edit, last, marks=[] if (2 * k + last) % 4 == 1 - k // 2 % 2 else pytest.mark.campaign)


@pytest.mark.parametrize(("right", "wrong", "last"), list(spoiled()))
def test_a_spoiled_step_is_refuted(right, wrong, last):
    report = verify_module(changed(step(XOR), right, wrong, last=last), timeout=120)
    refuted = [finding for finding in report.values() if finding.verdict is Verdict.REFUTED]
    assert refuted
    assert all(f.witness.claimed != f.witness.true and "t" in f.witness.point for f in refuted)


@pytest.mark.parametrize(("right", "wrong"), [
    ("losses.append(L)", "losses.append(L + 1e-9)"), ("rows[row_1]", "rows[row_0]"), ("        t += 1\n", ""),
    ("    theta[12:13] = (b2_0,)\n", ""), ("places = iter(order)", "places = order"), ("theta[0:", "m[0:"),
    ("        losses.append(L)", "        W1_0_0_ = W1_0_0\n        W1_0_0 = theta[0]\n        losses.append(L)"),
    ("losses.append(L)", "losses.append(L)\n        rows = rows[1:]"), ("tanh(", "open("),
    ("def train(", "def train(a, "),
])  # fmt: skip
def test_what_is_wrong_is_not_believed(right, wrong):
    try:
        report = verify_module(changed(step(XOR), right, wrong), timeout=120)
    except GraphgradError:
        return
    assert not report.ok


EDITS = [(r" \+ ", " - "), (r" \* ", " / "), (r"0\.9", "0.8"), (r"_(\d)\b", "_0"), (r"2 \*", "3 *")]


@pytest.mark.parametrize("first", [
    pytest.param(k, marks=pytest.mark.campaign if k else pytest.mark.slow) for k in range(8)
])  # fmt: skip
def test_every_line_changed_is_refused(first):
    source = step(XOR, name="momentum")
    head, mark, body = source.partition("    losses = []\n")
    lines, believed = body.split("\n"), []
    for k, line in list(enumerate(lines))[first::8]:
        code = line.partition("  #")[0]
        for pattern, other in EDITS:
            other_line = re.sub(pattern, other, code, count=1)
            if other_line == code or "for " in code:
                continue
            try:
                report = verify_module(head + mark + "\n".join([*lines[:k], other_line, *lines[k + 1 :]]), timeout=120)
            except GraphgradError:
                continue
            believed += [other_line] if report.ok else []
    assert believed == []


@pytest.mark.parametrize(("target", "suffix", "what"), [
    ("numba", ".py", "this code for numba"), ("jax", ".py", "this code for jax"), ("c", ".c", "C"),
])  # fmt: skip
def test_steps_of_other_targets_say_whose_are_certified(target, suffix, what, tmp_path):
    need(target)
    path = tmp_path / f"step{suffix}"
    path.write_text(compile_step(parse("square(w*x - y)"), ["w"], "p - lr * g", target=target).source)
    said = CliRunner().invoke(command, [str(path)]).output
    wanted = "is not read: compile the same step for numpy or python, whose module trains by itself and is certified"
    assert f"UNSUPPORTED  {what} {wanted}" in said


CODE = [("c", ".c", "C is not read"), ("javascript", ".js", "JavaScript is not read"),
        ("javascript", ".mjs", "JavaScript is not read")]  # fmt: skip


@pytest.mark.parametrize(("target", "suffix", "said"), CODE)
def test_other_languages_are_said_not_to_be_read(target, suffix, said, tmp_path):
    path = tmp_path / f"code{suffix}"
    need(target)
    path.write_text(compiled(grad(parse("x * y")), target=target).source)
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 3
    assert "UNSUPPORTED" in result.output
    assert said in result.output
    assert "numpy or python" in result.output


@pytest.mark.parametrize(("target", "name"), [("numba", "adam"), ("jax", "sgd")])
def test_python_that_is_not_read_is_said_to_be_so(target, name, tmp_path):
    pytest.importorskip(target)
    shapes = {"X": ("N", 20), "W1": (40, 20), "b1": 40, "W2": (1, 40), "b2": 1, "Y": ("N", 1)}
    path = tmp_path / "step.py"
    path.write_text(step((*XOR[:3], shapes), name, target))
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 3
    assert f"UNSUPPORTED  this code for {target} is not read" in result.output


@pytest.mark.parametrize(("right", "wrong"), [
    ("    return step\n", "    return 5\n"), ("    return losses", "    return 5"),
    ("lr: float) -> float:", "rate: float) -> float:"),
    ("        theta[:] = ", "        theta[1:] = "), ("def step(X: Sequence[Sequence[float]], ", "def step("),
])  # fmt: skip
def test_no_spoiled_step_ends_in_a_traceback(right, wrong):
    assert not verify_module(changed(step(XOR, "sgd"), right, wrong, last=True)).ok


NO_MODULES = [b"\xff\xfe\x00", b"", b"def train(): pass", b"\ndef train(theta, rows, order, t):\n pass"]


@pytest.mark.parametrize("content", NO_MODULES)
def test_files_that_are_no_modules(content, tmp_path):
    path = tmp_path / "step.py"
    path.write_bytes(content)
    assert isinstance(CliRunner().invoke(command, [str(path)]).exception, GraphgradError)
