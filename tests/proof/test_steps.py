"""Certificates of compiled training steps, as they are saved, and of steps with one line changed."""

from contextlib import suppress

import pytest
from click.testing import CliRunner

from graphgrad.cli.verify import command
from graphgrad.compiler.step import compile_step
from graphgrad.core.errors import GraphgradError, TargetError
from graphgrad.frontend.parse import parse
from graphgrad.proof.steps import certify_step
from graphgrad.proof.verdicts import Verdict

ADAM = "m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g * g; p - lr * m / (sqrt(v) + 1e-8)"
PROGRAMS = [
    ("h = tanh(X @ W1.T + b1); s = h @ W2.T + b2; L = cross_entropy(s, y)",
     {"X": ("N", 784), "W1": (128, 784), "b1": 128, "W2": (10, 128), "b2": 10, "y": "N"}, ["W1", "b1", "W2", "b2"]),
    ("h = sigmoid(X @ W1.T + b1); L = mse(h @ W2.T + b2, Y)",
     {"X": ("N", 30), "W1": (20, 30), "b1": 20, "W2": (3, 20), "b2": 3, "Y": ("N", 3)}, ["W1", "b1", "W2", "b2"]),
    ("s = leaky_relu(X @ W.T + b); L = cross_entropy(s, y) + 0.01 * sum(W**2)",
     {"X": ("N", 30), "W": (20, 30), "b": 20, "y": "N"}, ["W", "b"]),
    ("mse(relu(X @ W.T + b) @ V, t)", {"X": ("N", 6), "W": (5, 6), "b": 5, "V": 5, "t": "N"}, ["W", "b", "V"]),
]  # fmt: skip


def step(program, shapes, parameters, update="p - lr * g", **options):
    constants = {"b1": 0.9, "b2": 0.999} if "b1" in update else {}
    return compile_step(parse(program, shapes), parameters, update, constants=constants, **options).source


@pytest.mark.parametrize(("program", "shapes", "parameters"), PROGRAMS)
@pytest.mark.parametrize("target", ["numpy", "numba", "scipy"])
@pytest.mark.parametrize("update", ["p - lr * g", ADAM.replace("b1", "beta1").replace("b2", "beta2")])
def test_steps_are_certified(program, shapes, parameters, target, update):
    constants = {"beta1": 0.9, "beta2": 0.999} if "beta1" in update else {}
    try:
        made = compile_step(parse(program, shapes), parameters, update, constants=constants, target=target)
    except TargetError:
        pytest.skip(f"no such step for {target}")
    if target == "numpy":
        report = certify_step(made.source)
        assert list(report) == parameters
        assert {str(f.verdict) for f in report.values()} == {"CERTIFIED"}
    else:  # what cannot be read is said to be so
        with suppress(GraphgradError):
            assert {str(f.verdict) for f in certify_step(made.source).values()} <= {"CERTIFIED", "UNSUPPORTED"}


@pytest.mark.parametrize(("right", "wrong"), [
    ("np_multiply(h, h, v19)", "np_multiply(h, h_bar, v19)"), ("-= one", "-= 1.0001"),
    ("L = v13 / N", "L = v13 / N + 1e-9"), ("ones_N.dot(v2_bar, out=d_b1)", "ones_N.dot(h_bar, out=d_b1)"),
    ("X.T.dot(v2_bar, out=d_W1)", "X.T.dot(v2_bar, out=d_W1); d_W1[3, 5] += 1e-9"),
    ("s_bar_T.dot(h, out=d_W2)", "s_bar_T.dot(h, out=d_W1)"), ("np_tanh(v2, h)", "np.sin(v2, h)"),
    ("s_bar.dot(W2, out=h_bar)", "open('x')"),
])  # fmt: skip
def test_a_step_with_one_line_changed(right, wrong):
    source = step(*PROGRAMS[0])
    assert right in source
    try:
        report = certify_step(source.replace(right, wrong))
    except GraphgradError:
        return
    assert {f.verdict for f in report.values()} <= {Verdict.UNKNOWN, Verdict.UNSUPPORTED}


def test_the_command_reads_a_saved_step(tmp_path):
    path = tmp_path / "step.py"
    path.write_text(step(*PROGRAMS[1]))
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 0
    assert result.output.count("CERTIFIED") == 4
    path.write_text("import os\ndef bind(theta): pass\n")
    assert isinstance(CliRunner().invoke(command, [str(path)]).exception, GraphgradError)
