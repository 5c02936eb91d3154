"""Certificates of compiled training steps, as they are saved, and of steps with one line changed."""

import pytest
from click.testing import CliRunner
from installed import need

from graphgrad.cli.verify import command
from graphgrad.compiler.compile_step import compile_step
from graphgrad.compiler.steps import arrays
from graphgrad.core.errors import GraphgradError
from graphgrad.frontend.parse import parse
from graphgrad.learn.updates.optimizers import OPTIMIZERS
from graphgrad.proof.report import Verdict
from graphgrad.proof.saved import verify_file
from graphgrad.proof.steps.certificate import certify_step

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
SMALL = PROGRAMS[1]


def step(program, shapes, parameters, update="p - lr * g", **options):
    constants = {"b1": 0.9, "b2": 0.999} if "b1" in update else {}
    return compile_step(parse(program, shapes), parameters, update, constants=constants, **options).source


def optimized(name, monkeypatch, *, chunked=False):
    """The step of a small network by an optimizer, all of it at once or in chunks of a few hundred bytes."""
    if chunked:
        monkeypatch.setattr(arrays, "CHUNKED", 100)
        monkeypatch.setattr(arrays, "CHUNK", 800)
    row = OPTIMIZERS[name]
    constants = {setting: value for setting, value in row.settings.items() if setting != "lr"}
    program, shapes, parameters = SMALL
    source = compile_step(parse(program, shapes), parameters, row.text, constants=constants).source
    assert ("chunks" in source) is chunked
    return source


def verdicts(source):
    return {f.verdict for f in certify_step(source).values()}


@pytest.mark.parametrize(("program", "shapes", "parameters"), PROGRAMS)
@pytest.mark.parametrize("target", ["numpy", "numba"])
@pytest.mark.parametrize("update", ["p - lr * g", ADAM.replace("b1", "beta1").replace("b2", "beta2")])
def test_steps_are_certified(program, shapes, parameters, target, update, tmp_path):  # noqa: PLR0917
    constants = {"beta1": 0.9, "beta2": 0.999} if "beta1" in update else {}
    need(target)
    made = compile_step(parse(program, shapes), parameters, update, constants=constants, target=target)
    if target == "numpy":
        report = certify_step(made.source)
        assert list(report) == parameters
        assert {str(f.verdict) for f in report.values()} == {"CERTIFIED"}
    else:  # what cannot be read is said to be so
        made.save(tmp_path / "step.py")
        found = {str(f.verdict) for f in verify_file(tmp_path / "step.py", timeout=120).values()}
        assert found in ({"CERTIFIED"}, {"UNSUPPORTED"})


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name, chunked, monkeypatch):
    report = certify_step(optimized(name, monkeypatch, chunked=chunked))
    kept = OPTIMIZERS[name].slots
    for finding in report.values():
        assert finding.verdict is Verdict.CERTIFIED
        assert "the gradient modulo 2 primes" in finding.reason
        assert "the update of p" in finding.reason
        assert "at every step" in finding.reason
        assert all(slot in finding.reason for slot in kept)
        assert "digits in float64" in finding.reason


@pytest.mark.parametrize(("right", "wrong"), [
    ("np_multiply(h, h, v19)", "np_multiply(h, h_bar, v19)"), ("-= one", "-= 1.0001"),
    ("L = v13 / N", "L = v13 / N + 1e-9"), ("ones_N.dot(v2_bar, out=d_b1)", "ones_N.dot(h_bar, out=d_b1)"),
    ("X.T.dot(v2_bar, out=d_W1)", "X.T.dot(v2_bar, out=d_W1); d_W1[3, 5] += 1e-9"),
    ("s_bar_T.dot(h, out=d_W2)", "s_bar_T.dot(h, out=d_W1)"), ("np_tanh(v2, h)", "np.sin(v2, h)"),
    ("s_bar.dot(W2, out=h_bar)", "open('x')"), ("W2 = theta[100480:101760]", "W2 = theta[100352:101632]"),
])  # fmt: skip
def test_a_step_with_one_line_changed(right, wrong):
    source = step(*PROGRAMS[0])
    assert right in source
    try:
        report = certify_step(source.replace(right, wrong))
    except GraphgradError:
        return
    assert {f.verdict for f in report.values()} <= {Verdict.UNKNOWN, Verdict.UNSUPPORTED, Verdict.REFUTED}


SPOILED = [  # of Adam's update
    ("np_subtract(theta, u10, theta)", "np_add(theta, u10, theta)"),
    ("c1 = np.array(0.9, np.float32)", "c1 = np.array(0.90000001, np.float32)"),
    ("c2 = np.array(0.999, np.float32)", "c2 = np.array(0.99, np.float32)"),
    ("u23 = sqrt(1 - pow(0.999, t))", "u23 = sqrt(1 - 0.999)"),
    ("u23 = sqrt(1 - pow(0.999, t))", "u23 = 1"),
    ("pow(0.9, t)", "pow(0.9, t + 1)"),
    ("np_multiply(m, c1, m)\n", "np_multiply(m, c1, u10)\n"),
    ("np_add(v, u10, v)\n", "pass\n"),
    ("np_add(m, gradient, m)", "np_subtract(m, gradient, m)"),
    ("np_sqrt(v, u10)", "np.square(v, u10)"),
    ("u25 = 1e-08 * u23 / u22", "u25 = 1e-07 * u23 / u22"),
    ("u25 = 1e-08 * u23 / u22", "u25 = 1e-08"),
    ("np_multiply(u10, u31_number, u10)", "np_multiply(u10, lr, u10)"),
    ("np_subtract(theta, u10, theta)", "np_subtract(theta, u10, theta); theta[137] += 1e-12"),
    ("np_subtract(theta, u10, theta)", "np_subtract(theta, u10, u10)"),
    ("np_subtract(theta, u10, theta)", "np_subtract(theta, u10, theta); v[5:9] *= 1.5"),
    ("np_divide(m, u10, u10)", "np_divide(gradient, u10, u10)"),
    ("        return float(L)", "        c1[()] = 0.5\n        return float(L)"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), SPOILED)
def test_a_spoiled_update_is_refuted(right, wrong, monkeypatch):
    source = optimized("adam", monkeypatch)
    assert right in source
    report = certify_step(source.replace(right, wrong))
    refuted = [f for f in report.values() if f.verdict is Verdict.REFUTED]
    assert refuted
    assert all(f.witness.claimed != f.witness.true and "t" in f.witness.point for f in refuted)
    assert all("the update of" in f.reason for f in refuted)


@pytest.mark.parametrize(("right", "wrong"), [
    ("in chunks:", "in chunks[1:]:"), ("in chunks:", "in chunks[:-1]:"), ("+ 200)", "+ 199)"),
    ("np_add(m_chunk, gradient_chunk, m_chunk)", "np_add(m_chunk, gradient[:len(m_chunk)], m_chunk)"),
])  # fmt: skip
def test_a_spoiled_chunk_is_not_believed(right, wrong, monkeypatch):
    source = optimized("adam", monkeypatch, chunked=True)
    assert right in source
    found = verdicts(source.replace(right, wrong))
    assert found & {Verdict.REFUTED, Verdict.UNKNOWN}


@pytest.mark.parametrize(("right", "wrong"), [
    ("np_add(m, gradient, m)", "np_add(m, gradient[::-1], m)"),
    ("np_add(m, gradient, m)", "np_add(m, np.sum(gradient), m)"),
    ("return step, gradient", "return step, theta"), ("return step, gradient", "return step, m"),
    ("return step, gradient", "return step, 3"), ("return step, gradient", "return 3"),
    ("return step, gradient", "return 3, gradient"), ("t: int, lr: float", "t: int, rate: float"),
    ("np.zeros_like(theta)", "np.zeros(683, int)"),
    ("np.asarray(X, np.float32)", "np.asarray(X, np.int64)"), ("(N, 3), np.float32)", "(N, 3), int)"),
    ("np_subtract(theta, u", "np.add(theta, 1e9, out=theta); np.subtract(theta, 1e9, out=theta); np_subtract(theta, u"),
    ("def bind(theta: Array, m", "def bind(theta: Array, w"),
    ("        # forward", "        np_multiply(m, c1, m)\n        np_add(m, gradient, m)\n        # forward"),
])  # fmt: skip
def test_what_is_not_read_is_not_believed(right, wrong, monkeypatch):
    source = optimized("momentum", monkeypatch)
    assert right in source
    assert not certify_step(source.replace(right, wrong)).ok


def test_what_one_step_leaves_behind_spoils_the_next(monkeypatch):
    source = optimized("sgd", monkeypatch)
    changed = source.replace("np_multiply(two, v6", "two[()] = two * two\n        np_multiply(two, v6")
    assert changed != source
    assert not certify_step(changed).ok


@pytest.mark.parametrize(("update", "verdict"), [
    ("p - lr * where(abs(g) > 1, sign(g), g)", "CERTIFIED"), ("p - lr * clip(g, -1, 1)", "CERTIFIED"),
    ("p - lr * tanh(g) / 3", "CERTIFIED"), ("p - lr * g / maximum(norm(g), 1)", "UNSUPPORTED"),
    ("m = b1 * m + g * g; p - lr * g / sqrt(m + 1e-8) + 0.1 * sign(p)", "CERTIFIED"),
])  # fmt: skip
def test_updates_of_ones_own(update, verdict):
    report = certify_step(step(*SMALL, update=update))
    assert {str(f.verdict) for f in report.values()} == {verdict}


@pytest.mark.parametrize(
    "settings", [{"beta1": 0.997, "beta2": 0.9993}, {"beta1": 0, "beta2": 0.5, "eps": 0}, {"eps": 1}]
)
def test_other_settings(settings):
    constants = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8} | settings
    program, shapes, parameters = SMALL
    made = compile_step(parse(program, shapes), parameters, OPTIMIZERS["adam"].text, constants=constants)
    assert verdicts(made.source) == {Verdict.CERTIFIED}


def test_the_command_reads_a_saved_step(tmp_path):
    path = tmp_path / "step.py"
    path.write_text(step(*PROGRAMS[1]))
    result = CliRunner().invoke(command, [str(path)])
    assert result.exit_code == 0
    assert result.output.count("CERTIFIED") == 4
    path.write_text("import os\ndef bind(theta): pass\n")
    assert isinstance(CliRunner().invoke(command, [str(path)]).exception, GraphgradError)
