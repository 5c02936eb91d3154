"""Every result shows itself: a line for people, and a display in notebooks."""

import re

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.core.display import LONGEST

PROGRAM = "y = x1*x2; z = log(y)*sin(x2)"


@pytest.fixture(scope="module")
def trained():
    X = np.random.default_rng(0).normal(size=(20, 2))
    return gg.fit(gg.mlp(2, 3, 1), X, X[:, :1] + X[:, 1:], epochs=2)


RESULTS = {  # what is shown, and what its line and its displays say
    "Graph": (lambda: gg.parse(PROGRAM), "x1, x2", {"text/plain", "image/svg+xml"}),
    "Graph of a Hessian": (lambda: gg.hessian("x**3 * y"), "d2z_dx_dy", {"text/plain", "image/svg+xml"}),
    "Trace": (lambda: gg.trace(PROGRAM, x1=0.5, x2=0.75), "value -0.66", {"text/plain", "image/svg+xml"}),
    "Derivation": (lambda: gg.derive(PROGRAM), "of x1, x2", {"text/plain", "text/markdown", "text/latex"}),
    "Film": (lambda: gg.animate(PROGRAM, x1=0.5, x2=0.75), "15 frames", {"text/html", "text/plain", "image/svg+xml"}),
    "Picture": (lambda: gg.show(PROGRAM), "Graph of z", {"text/plain", "image/svg+xml"}),
    "Step": (lambda: gg.compile_step("square(w * x - y)", ["w"]), "x, y", {"text/plain"}),
    "Network": (lambda: gg.mlp(2, 3, 1), "13 parameters", {"text/plain"}),
    "Cost": (lambda: gg.cost(PROGRAM), "1.50", {"text/plain", "text/markdown"}),
    "Finding": (lambda: gg.equivalent("x + x", "2 * x"), "PROVED", {"text/plain"}),
    "Report": (lambda: gg.verify(PROGRAM), "x1 PROVED", {"text/plain", "text/markdown", "text/html"}),
    "Optimizer": (lambda: gg.optimizer("adam"), "lr = 0.001", {"text/plain"}),
    "Passes": (lambda: gg.explain(gg.compile(PROGRAM)), "passes", {"text/plain", "text/html"}),
    "Explained": (lambda: gg.explain(gg.compile(PROGRAM))[0], "folding", {"text/plain"}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_itself(name):
    make, says, displays = RESULTS[name]
    check(make(), says, displays)


@pytest.mark.parametrize(("which", "says"), [(0, "trained for"), (1, "loss")])
def test_what_training_gives_shows_itself(trained, which, says):
    check(trained[which], says, {"text/plain"})


def check(thing, says, displays):
    line = repr(thing)
    assert says in line
    assert len(line) <= LONGEST + len(type(thing).__name__) + 3
    assert "\n" not in line
    assert not re.search(r" at 0x|Node\(|array\(", line)
    bundle = thing._repr_mimebundle_()
    assert displays <= bundle.keys()
    assert not any(re.search(r" at 0x", str(text)) for text in bundle.values())
    assert all(bundle.values())


def test_large_graphs_are_told_in_a_line():
    text = "\n".join(["v0 = x", *(f"v{k} = sin(v{k - 1}) * {k}" for k in range(1, 400))])
    assert len(repr(gg.parse(text))) < 200
