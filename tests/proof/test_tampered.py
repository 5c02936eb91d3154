"""Modules that somebody has changed: none is accepted, and what nobody changed is."""

import re

import pytest

import graphgrad as gg
from graphgrad.proof.saved import verify_module


def made(program, shapes=None, target="numpy"):
    return gg.compile(gg.grad(gg.parse(program, shapes or {})), target=target).source


NET = "h = tanh(X @ W1.T + b1)\nR = h @ W2.T + b2\nL = mean((R - Y)**2)"
SHAPES = {"X": ("N", 2), "W1": (3, 2), "b1": 3, "W2": (1, 3), "b2": 1, "Y": ("N", 1)}
PARAMETERS = {"W1": (3, 2), "b1": (3,), "W2": (1, 3), "b2": (1,)}
MODULES = {
    "points": made("relu(x)*maximum(x, y) + sigmoid(x)"),
    "numbers": made("log(x1*x2)*sin(x2)", target="python"),
    "arrays": made("sum(relu(X @ w - 1)**2)", {"X": (7, 3), "w": 3}),
    "unrolled": gg.compile_step("(w*x - 1)**2", ["w"], "adam", target="python").source,
    "step": gg.compile_step(gg.parse(NET, SHAPES), PARAMETERS, "adam", target="numpy").source,
}
FUTURE = "from __future__ import annotations\n"
ANYWHERE = {  # what Python would take for more than a reader of modules does
    "a test of the name": lambda s: f"{s}\nif __name__ == __name__:\n    import numpy\n    numpy.square = numpy.sqrt\n",
    "a program": lambda s: f"{s}\nif __name__ == '__main__':\n    print(1)\n",
    "typing hides a builtin": lambda s: s.replace(FUTURE, f"{FUTURE}from typing import Any as range\n"),
    "random hides a builtin": lambda s: s.replace(FUTURE, f"{FUTURE}from random import random as float\n"),
    "a type hides a builtin": lambda s: s.replace(FUTURE, f"{FUTURE}from collections.abc import Callable as max\n"),
    "another future": lambda s: s.replace("import annotations", "import annotations, division"),
    "annotations run": lambda s: s.replace(FUTURE, ""),
    "another import": lambda s: s.replace(FUTURE, f"{FUTURE}import os\n"),
    "a decorator": lambda s: re.sub(r"\n(def|class) ", r"\n@jax.custom_vjp\n\1 ", s, count=1),
    "a decorator that computes": lambda s: re.sub(r"\ndef ", "\n@numba.njit(print(1))\ndef ", s, count=1),
    "parameters by name": lambda s: re.sub(r"\n(def \w+\()", r"\n\1*, ", s, count=1),
    "a default that lasts": lambda s: re.sub(r"\n(def \w+\([^)]*?)\)", r"\n\1, seen=[])", s, count=1),
    "a default that computes": lambda s: re.sub(r"\n(def \w+\([^)]*?)\)", r"\n\1, seen=print(1))", s, count=1),
    "another encoding": lambda s: f"# -*- coding: utf-7 -*-\n{s}",
    "an assignment to NumPy": lambda s: f"{s}\nnp.square = np.sqrt\n",
    "a statement": lambda s: f"{s}\nprint(1)\n",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.campaign] * (name == "arrays")) for name in MODULES]
)
def test_what_nobody_changed_is_accepted(name):
    report = verify_module(MODULES[name], timeout=120)
    assert report.ok, report


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("change", ANYWHERE)
def test_what_python_would_take_for_more_is_refused(name, change):
    changed = ANYWHERE[change](MODULES[name])
    assert changed != MODULES[name]
    with pytest.raises(gg.ParseError, match=r"line|two meanings"):
        verify_module(changed, timeout=120)


INSIDE = [  # module, what stands there, what somebody put there
    ("points", "range(0, size_, 16384)", "range(0, size_ - 1, 16384)"),
    ("points", "range(0, size_, 16384)", "range(0, size_, 16385)"),
    ("points", "if x <= 0", "if x <= 1e-9"),
    ("unrolled", "z = v2 * v2", "z = v2 * v2 * (t < 10000)"),
    ("points", 'np.errstate(all="ignore"):', 'np.errstate(all="ignore") as np:'),
    ("arrays", 'np.errstate(all="ignore"):', 'open("there", "w"):'),
    ("arrays", "np.maximum(", "np.minimum(6, np.maximum)("),
    ("arrays", "    with np", "    if X.dtype == np.float32:\n        X = X * 2\n    with np"),
    ("arrays", "    with np", "    if len(X) > 100:\n        X = X * 2\n    with np"),
    ("arrays", "        # backward", "        X *= 2\n        # backward"),
    ("numbers", "    # forward", "    if x1 > 1e5:\n        return 0.0, {'x1': 0.0, 'x2': 0.0}\n    # forward"),
    ("numbers", "log(", "log(1e-17 + "),
    ("unrolled", "        # backward", "        if t > 1000:\n            x = 2 * x\n        # backward"),
    ("unrolled", "Random(seed)", "Random(0)"),
    ("unrolled", "randrange(len(rows))", "randrange(1)"),
    ("unrolled", 'return {"w": dice', 'return {"w": 2 * dice'),
    ("step", "        # backward", "        if t > 1000:\n            X = 2 * X\n        # backward"),
    ("step", "1e-08", "2e-08"),
]


@pytest.mark.parametrize(("name", "there", "put"), INSIDE)
def test_what_computes_something_else_is_not_accepted(name, there, put):
    source = MODULES[name]
    assert there in source
    at = source.rindex(there) if there == "1e-08" else source.index(there)
    changed = source[:at] + put + source[at + len(there) :]
    try:
        report = verify_module(changed, timeout=120)
    except gg.GraphgradError:
        return
    assert not report.ok, report
