"""Steps in machine code: what numba compiles, run as the Python that it is, and compiled where that shows more."""

import re

import numpy as np
import pytest
from stepping import ADAM, CONSTANTS, SHAPES, STEPPED, adam, by_hand, problem

numba = pytest.importorskip("numba")

from graphgrad.compiler.step import compile_step  # noqa: E402
from graphgrad.frontend.parse import parse  # noqa: E402


@pytest.fixture
def as_python(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)


@pytest.mark.parametrize("text", STEPPED)
@pytest.mark.usefixtures("as_python")
def test_loops_of_every_kind(text):
    words = set(re.findall(r"\w+", text))
    shapes = {k: tuple(8 if s == "N" else s for s in np.atleast_1d(np.array(v, object))) for k, v in SHAPES.items()}
    loss = parse(text.replace("(N, 5)", "(8, 5)"), {k: v for k, v in shapes.items() if k in words})
    start, X, y = problem(n=8)
    start = {k: v for k, v in start.items() if k in loss.inputs}
    data = {k: v for k, v in {"X": X, "y": y}.items() if k in loss.inputs}
    step = compile_step(loss, tuple(start), ADAM, constants=CONSTANTS, dtype="float64", target="numba")
    run = step.start(start)
    losses = [run(*[data[k] for k in step.data], lr=0.01) for _ in range(4)]
    wanted, values = by_hand(loss, start, [data] * 4, adam, 0.01)
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)
    for k, v in values.items():
        np.testing.assert_allclose(run.parameters[k], v, rtol=1e-8, atol=1e-10, err_msg=k)
