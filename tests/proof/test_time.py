"""Time is kept: what hangs is ended, or left, and holds up nothing else."""

import threading
import time

import pytest
from proof.asked import lock, simplified_for_ever

import graphgrad as gg
from graphgrad.proof.claims import check
from graphgrad.proof.grading import grade
from graphgrad.proof.limits.deadline import TimeUp, tick, until, within
from graphgrad.proof.limits.processes import Worker, parallel
from graphgrad.proof.report import Verdict

LONG = 20  # seconds more than were given, on a busy machine: what hangs takes for ever


def kept(seconds, call):
    """What a call gives, which must be over in time."""
    start = time.monotonic()
    result = call()
    assert time.monotonic() - start < seconds + LONG
    return result


def loops(*_):
    while True:
        pass


def sleeps(*_):
    time.sleep(60)


def sometimes(x):
    if float(x) > 1.5:
        time.sleep(60)
    return 2 * float(x)


@pytest.mark.parametrize("code", [loops, sleeps, sometimes])
def test_code_that_hangs(code):
    report = kept(1, lambda: gg.verify_function("x**2", code, x=1.0, timeout=1))
    assert report["x"].verdict is Verdict.UNKNOWN
    assert "time was up" in report["x"].reason
    report = kept(1, lambda: gg.verify_function(code, code, x=1.0, timeout=1))
    assert not report.ok


def test_one_that_hangs_holds_up_no_other():
    report = kept(1, lambda: gg.check("x**2 * y", {"x": loops, "y": "x**2"}, timeout=1))
    assert [str(f.verdict) for f in report.values()] == ["UNKNOWN", "PROVED"]
    report = kept(1, lambda: gg.verify_vjp(lambda a: a * a, sleeps, {"a": (2,)}, timeout=1))
    assert report["a"].verdict is Verdict.UNKNOWN


def test_what_is_left_ends():
    seen = threading.active_count()
    with pytest.raises(TimeUp):
        within(time.monotonic() + 0.1, loops, stop=True)
    time.sleep(0.3)
    assert threading.active_count() == seen


def test_errors_come_through():
    with pytest.raises(ZeroDivisionError):
        within(time.monotonic() + 10, lambda: 1 / 0)
    with until(time.monotonic() + 10), until(0), pytest.raises(TimeUp):
        tick()


def test_a_worker_that_hangs_is_ended():
    worker = Worker()
    assert worker.ask(pow, 2, 3, timeout=20) == 8
    process = worker._process  # noqa: SLF001  (whether it ends is the question)
    with pytest.raises(TimeUp):
        kept(1, lambda: worker.ask(simplified_for_ever, 0, timeout=1))
    assert process.poll() is not None
    assert worker.ask(pow, 2, 4, timeout=20) == 16
    worker.end()


def test_jobs_that_hang_hold_up_no_other():
    start = time.monotonic()
    jobs = [(0.0,), (60.0,), (0.0,), (60.0,), (0.0,)]
    found = dict(parallel(time.sleep, jobs, 2, processes=2))
    assert [isinstance(found[k], TimeUp) for k in range(5)] == [False, True, False, True, False]
    assert time.monotonic() - start < 4 + LONG


HARD = " + ".join(f"sin(x{i} * x{(i + 1) % 9})**3 / (1 + exp(x{i}))" for i in range(9))
SLOW = [  # programs whose derivatives, or their simplification, could take for ever
    HARD, "((((9**64)**64)**64)**64) * x0", "log(x0**1000 - x1**1000) * sqrt(x0**999 + 1)",
    "(x0 + x1 + x2 + x3)**64 / x0",
    "sigmoid(" * 30 + "x0*x1" + ")" * 30, "*".join(f"log(x{i}*x{i + 1})" for i in range(40)),
    "maximum(" * 20 + "x0" + "".join(f", y{i})" for i in range(20)), "exp(exp(exp(exp(exp(x0*1000)))))",
    "1e-300**x0 * 1e300**x1 + erf(x0)**erf(x1)", "(cosh(x0)**64 - sinh(x0)**64) * x1**x0**x1",
]  # fmt: skip


@pytest.mark.parametrize("program", SLOW)
@pytest.mark.parametrize("claim", ["", "1.000001 * ({0})", "({0}) * sin(x0)**2 + ({0}) * cos(x0)**2"])
def test_time_is_kept(program, claim):
    if claim:
        assert not kept(1, lambda: check(program, {"x0": claim.format(program)}, timeout=1)).ok
    else:
        assert not kept(1, lambda: gg.verify(program, timeout=1)).refuted


def test_files_of_claims_and_no_time():
    rows = [{"expression": "x**2", "variable": "x", "claim": c} for c in ("2*x", "x + x", "3*x")]
    report = grade(rows, processes=2, timeout=60)
    assert [str(f.verdict) for f in report.values()] == ["PROVED", "PROVED", "REFUTED"]
    assert {str(f.verdict) for f in grade(rows[:1], processes=1, timeout=1e-6).values()} == {"UNKNOWN"}


def test_what_no_process_can_be_given_is_an_error():
    found = dict(parallel(time.sleep, [(lambda: 0,), (0,)], 5, processes=1))
    assert "cannot be given to a process" in str(found[0])
    assert found[1] is None


def test_what_no_process_can_give_back_is_an_error():
    with pytest.raises(RuntimeError, match="cannot be given back"):
        Worker().ask(lock, timeout=20)


def test_a_deep_network_is_proved():
    lines = ["h0 = x", *(f"h{k} = tanh(W{k} @ h{k - 1} + b{k})" for k in range(1, 61)), "sum(h60)"]
    shapes = {"x": 2, **{f"W{k}": (2, 2) for k in range(1, 61)}, **{f"b{k}": 2 for k in range(1, 61)}}
    report = gg.verify(gg.parse("\n".join(lines), shapes), timeout=60, sympy=False)
    assert {str(f.verdict) for f in report.values()} == {"PROVED"}
