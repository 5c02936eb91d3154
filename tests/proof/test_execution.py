"""Code is judged as it runs: what looks right on symbols must be right on numbers, called again, and on views."""

import numpy as np
import pytest

from graphgrad.proof.code import verify_function, verify_vjp


def square(x):
    return np.sum(x**2)


def stale():
    kept = {}
    return lambda x: kept.setdefault("slope", 2 * x)


def counter():
    calls = []
    return lambda x: 2 * x if calls.append(x) or len(calls) < 10 else 3 * x


def by_strides(x):
    return 2 * x if x.dtype == object else 2 * np.lib.stride_tricks.as_strided(x, x.shape, (x.itemsize,))


def ends(_):
    raise SystemExit


def in_single(x):
    return (x.astype(np.float32) ** 2 * 3 / 7).astype(np.float64)


WRONG = {  # right on symbols, wrong or nothing as it runs
    "by dtype": lambda x: 2 * x if x.dtype == object else 3 * x,
    "by comparison": lambda x: 2 * x if np.array_equal(x > 0, np.ones(3)) else x,
    "by list": lambda x: 2 * x if not isinstance(x.tolist()[0], float) else x,
    "by text": lambda x: 2 * x if "x" in str(x) else x,
    "by type": lambda x: 2 * x if type(x) is not np.ndarray else 2 * x + 1e-3,
    "a counter": counter(),
    "an array of its own": lambda x: 3 * x if getattr(x, "flags", None) and x.flags.owndata else 2 * x,
    "strides of its own": lambda x: 2 * x if x.strides == (x.itemsize,) and x.flags.writeable else 3 * x,
    "a base": lambda x: 3 * x if x.base is None else 2 * x,
    "strides": by_strides,
}
NOTHING = {"a stale cache": stale(), "it ends the program": ends,
           "it takes no floats": lambda x: 2 * x if x.dtype == object else x.nothing}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_code_that_is_wrong_as_it_runs_is_refuted(name):
    finding = verify_function(square, WRONG[name], x=(3,), timeout=60)["x"]
    assert str(finding.verdict) == "REFUTED"
    assert finding.witness


@pytest.mark.parametrize("name", NOTHING)
def test_code_that_gives_nothing_as_it_runs_is_not_accepted(name):
    assert str(verify_function(square, NOTHING[name], x=(3,), timeout=60)["x"].verdict) == "UNSUPPORTED"


def test_a_function_that_is_another_on_floats_is_not_judged_on_symbols():
    def cube(x):
        return np.sum(x**2) if x.dtype == object else np.sum(x**3)

    finding = verify_function(cube, lambda x: 2 * x, x=(3,), timeout=60)["x"]
    assert str(finding.verdict) == "UNSUPPORTED"
    assert "other numbers for floats" in finding.reason


def overwrites(g, _):
    g *= 2
    return g


@pytest.mark.parametrize(("forward", "vjp", "said"), [
    (lambda x: 2 * x, overwrites, "the code overwrites its argument 'g'"),
    (lambda x: np.multiply(x, 2, out=x), lambda g, _: 2 * g, "the function overwrites its argument 'x'"),
])  # fmt: skip
def test_what_is_overwritten_is_said(forward, vjp, said):
    finding = verify_vjp(forward, vjp, {"x": 3}, timeout=60)["x"]
    assert finding.ok
    assert said in finding.assumptions


def test_what_differs_in_other_types_is_a_remark():
    def filled(g, x):
        slope = np.zeros_like(x)
        slope[:] = g * 1.5
        return slope

    finding = verify_vjp(lambda x: 1.5 * x, filled, {"x": 3}, timeout=60)["x"]
    assert finding.ok
    assert "for arrays of int64 the code gives something else" in finding.assumptions


def test_code_in_float32_inside_agrees_and_a_wrong_factor_does_not():
    def cubed(x):
        return np.sum(x**3) / 7

    assert str(verify_function(cubed, in_single, x=(3,), timeout=60)["x"].verdict) == "AGREED"
    assert not verify_function(cubed, lambda x: in_single(x) * (1 + 1e-5), x=(3,), timeout=60)["x"].ok


@pytest.mark.parametrize(("forward", "vjp", "verdicts"), [
    (lambda x: 2 * x, lambda g, _: (2 * g,), ["PROVED"]),
    (lambda x: 2 * x, lambda g, _: [2 * g], ["PROVED"]),
    (lambda x, y: 2 * x + 0 * y, lambda g, *_: (2 * g, None), ["PROVED", "PROVED"]),
    (lambda x, y: 2 * x + y, lambda g, *_: (2 * g, None), ["PROVED", "REFUTED"]),
])  # fmt: skip
def test_a_tuple_of_one_and_none_for_no_gradient_are_understood(forward, vjp, verdicts):
    shapes = dict.fromkeys(["x", "y"][: len(verdicts)], 2)
    assert [str(f.verdict) for f in verify_vjp(forward, vjp, shapes, timeout=60).values()] == verdicts
