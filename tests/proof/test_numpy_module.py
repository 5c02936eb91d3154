"""Arrays that code makes, and entries that conditions choose, keep symbols; the code's module is left as it was."""

import functools
import sys

import numpy as np
import numpy as numerical  # noqa: ICN001  (as somebody may)
import pytest
from numpy import zeros

import graphgrad as gg
from graphgrad.proof.readings.numpy_module import MAKERS, of_symbols
from graphgrad.proof.readings.text import symbols_of

CALLS = 0


def total(x):
    return np.sum(x**3)


def by_zeros(x):
    dx = np.zeros(3)
    for i in range(3):
        dx[i] = 3 * x[i] ** 2
    return dx


def by_another_name(x):
    dx = numerical.empty(x.shape)
    dx[:] = 3 * x**2
    return dx


def by_itself(x):
    dx = zeros(len(x))
    dx += 3 * x * x
    return dx


def by_list(x):
    return np.array([3 * a**2 for a in x])


def by_nested_list(x):
    return np.asarray([[3, x[0]], [3, x[1]], [3, x[2]]])[:, 1] ** 2 * 3.0


def by_helper(x):
    def inner(a):
        out = np.full_like(np.arange(3.0), 0)
        out[...] = a
        return out

    return helped(inner(x))


def helped(a):
    return np.ones(3) * 3 * np.array(a, dtype=float) ** 2


def by_global(x):
    global CALLS  # noqa: PLW0603
    CALLS += 1
    return 3 * np.array(x) ** 2


class Layer:
    """A method that makes an array."""

    def backward(self, x):
        dx = np.zeros_like(np.ones(3))
        dx += 3 * x**2
        return dx


def powers(n, x):
    out = np.eye(3)
    return n * (out @ x) ** (n - 1)


def no_cell():
    if CALLS < 0:
        never = 1

    def inner(x):
        return 3 * x**2 if x.shape else never

    return inner


CODE = {code.__name__: code for code in
        (by_zeros, by_another_name, by_itself, by_list, by_nested_list, by_helper, by_global)} | {
    "a method": Layer().backward, "a partial": functools.partial(powers, 3), "an empty cell": no_cell()}  # fmt: skip


@pytest.mark.parametrize("name", CODE)
def test_arrays_that_code_makes_take_symbols(name):
    assert str(gg.verify_function(total, CODE[name], x=(3,), timeout=60)["x"].verdict) == "PROVED"


def test_symbols_leave_no_trace_in_the_module():
    before = CALLS
    of_symbols(by_global)(symbols_of("x", (3,)))
    assert before == CALLS
    assert vars(sys.modules[__name__])["np"] is np
    assert np.zeros(3).dtype == float


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_labels_and_conditions_are_made_as_ever(name):
    given = {"full": ((2, 3), 7), "full_like": (np.arange(3), 7), "eye": (3,), "identity": (3,)}.get(name)
    given = given or ((np.arange(3),) if name.endswith("_like") or "a" in name[:2] else ((2, 3),))
    made = MAKERS[name](*given, dtype=int)
    assert type(made) is np.ndarray
    assert made.dtype == int
    assert made.shape == getattr(np, name)(*given, dtype=int).shape


def rectified(x):
    return np.maximum(x, 0)


def assigned(key, value):
    def vjp(g, x):
        dx = np.zeros_like(x)
        dx[key(g, x)] = value(g, x)
        return dx

    return vjp


def by_product(g, x):
    dx = g.copy()
    dx[x <= 0] *= 0
    return dx


def halves(g, x):
    dx = np.zeros(x.shape)
    dx[x > 0] = 0.5 * (g[x > 0] + g[x > 0].copy())
    return dx


CHOSEN = {  # a backward pass of relu by conditions, and its verdict
    "the same entries": (assigned(lambda _, x: x > 0, lambda g, x: g[x > 0]), "PROVED"),
    "a product": (by_product, "PROVED"),
    "arithmetic": (halves, "PROVED"),
    "twice": (assigned(lambda _, x: x > 0, lambda g, x: 2 * g[x > 0]), "REFUTED"),
    "the wrong side": (assigned(lambda _, x: x < 0, lambda g, x: g[x < 0]), "REFUTED"),
    "of g": (assigned(lambda g, _: g > 0, lambda g, _: g[g > 0]), "REFUTED"),
    "other entries": (assigned(lambda _, x: x > 0, lambda g, x: g[~(x < 0)]), "AGREED"),
    "a number": (assigned(lambda _, x: x > 0, lambda *_: 1.0), "REFUTED"),
    "their mean": (assigned(lambda _, x: x > 0, lambda g, x: g[x > 0] - g[x > 0].sum() / len(g[x > 0])), "REFUTED"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_entries_that_a_condition_chooses(name):
    vjp, verdict = CHOSEN[name]
    assert str(gg.verify(rectified, vjp, order="vjp", shapes={"x": (2, 3)}, timeout=60)["x"].verdict) == verdict


def rows(x):
    out = np.copy(x)
    out[x[:, 0] > 0] = 0
    return np.sum(out) + np.sum(x[x > 1] ** 2)


def test_rows_and_sums_of_chosen_entries():
    def slopes(x):
        return np.where((x[:, 0] > 0)[:, None], 0.0, 1.0) + 2 * np.where(x > 1, x, 0)

    def every(x):
        return np.ones(x.shape) + 2 * np.where(x > 1, x, 0)

    assert gg.verify_function(rows, slopes, x=(2, 3), timeout=60)["x"].ok
    assert str(gg.verify_function(rows, every, x=(2, 3), timeout=60)["x"].verdict) == "REFUTED"
