"""Every result shows itself: a line for people, and a display in notebooks."""

import importlib
import inspect
import pkgutil
import re
import typing
from contextlib import suppress

import numpy as np
import pytest

import graphgrad as gg
from graphgrad.core.display import LONGEST
from graphgrad.core.ops import OPS
from graphgrad.transform.rules import RULES

PROGRAM = "y = x1*x2; z = log(y)*sin(x2)"


@pytest.fixture(scope="module")
def trained():
    X = np.random.default_rng(0).normal(size=(20, 2))
    return gg.fit(gg.mlp(2, 3, 1), X, X[:, :1] + X[:, 1:], epochs=2)


def filmed():
    X = np.random.default_rng(0).normal(size=(20, 2))
    return gg.fit(gg.mlp(2, 3, 1), X, X[:, :1], epochs=2, film=True, progress=False)[1]


RESULTS = {  # what is shown, and what its line and its displays say
    "Graph": (lambda: gg.parse(PROGRAM), "x1, x2", {"text/plain", "image/svg+xml"}),
    "Graph of a Hessian": (lambda: gg.hessian("x**3 * y"), "d2z_dx_dy", {"text/plain", "image/svg+xml"}),
    "Trace": (lambda: gg.trace(PROGRAM, x1=0.5, x2=0.75), "value ≈ -0.66", {"text/plain", "image/svg+xml"}),
    "Derivation": (lambda: gg.derive(PROGRAM), "of x1, x2", {"text/plain", "text/markdown", "text/latex"}),
    "Film": (lambda: gg.animate(PROGRAM, x1=0.5, x2=0.75), "15 frames", {"text/html", "text/plain", "image/svg+xml"}),
    "Picture": (lambda: gg.show(PROGRAM), "Graph of z", {"text/plain", "image/svg+xml"}),
    "Trace of an array": (lambda: gg.trace("x * 2", x=[1, -0.0]), "value [2, 0]", {"text/plain", "image/svg+xml"}),
    "Plot": (lambda: gg.plot("sin(x)", x=(-1, 1)), "sin(x)", {"text/plain", "image/svg+xml"}),
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


def test_a_film_of_training_shows_itself():
    check(gg.animate_training(filmed()), "Training of 2-3-1", {"text/html", "text/plain", "image/svg+xml"})


def test_a_compiled_function_shows_its_module():
    made = gg.compile(PROGRAM)
    assert repr(made).startswith("<function z of x1, x2, for numpy at ")
    assert made._repr_mimebundle_() == {"text/plain": made.source, "text/markdown": f"```numpy\n{made.source}```"}


def check(thing, says, displays):
    in_a_line(thing)
    assert says in repr(thing)
    bundle = thing._repr_mimebundle_()
    assert displays <= bundle.keys()
    assert not any(re.search(r" at 0x", str(text)) for text in bundle.values())
    assert all(bundle.values())


def in_a_line(thing):
    line = repr(thing)
    assert len(line) <= LONGEST + len(type(thing).__name__) + 3, line
    assert "\n" not in line
    assert not re.search(r" at 0x|Node\(|array\(", line)


ROWS = [
    OPS["tanh"], next(iter(RULES.values())), gg.activation("relu"), gg.loss("mse"),
    gg.schedule("cosine"), gg.initial("glorot"), gg.backend("numpy"), gg.theme("dark"), gg.format(".svg"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_a_row_is_told_in_a_line(row):
    in_a_line(row)
    assert row.name in repr(row)


def every_class():
    for module in pkgutil.walk_packages(gg.__path__, "graphgrad."):
        with suppress(ImportError):  # of an extra that is not installed
            yield from inspect.getmembers(importlib.import_module(module.name), inspect.isclass)


def given(kind):
    """The classes of ours in an annotation."""
    if inspect.isclass(kind) and kind.__module__.startswith("graphgrad"):
        yield kind
    for part in typing.get_args(kind):
        yield from given(part)


def test_whatever_a_verb_gives_is_among_what_is_looked_at_here(trained):
    names = dict(every_class())
    verbs = [verb for name in gg.__all__ if not inspect.isclass(verb := getattr(gg, name))]
    promised = {kind for verb in verbs for kind in given(eval(verb.__annotations__["return"], names | vars(typing)))}  # noqa: S307
    looked_at = [*(make() for make, _, _ in RESULTS.values()), *ROWS, *trained, gg.animate_training(filmed())]
    seen = {kind for thing in looked_at for kind in type(thing).__mro__}
    assert {kind.__name__ for kind in promised - seen} == {"Compiled"}  # a plain function, looked at above
    for thing in looked_at:
        for part in parts(thing):
            in_a_line(part)
    in_a_line(gg.datasets.xor())
    in_a_line(gg.mlp(2, 3, 1).l1)


def parts(thing):
    """What a thing has in hands of ours, by name or in order."""
    names = [name for name in dir(thing) if not name.startswith("_") and name not in {"grad", "formats", "dag"}]
    held = [getattr(thing, name) for name in names]
    for value in [*held, *(list(thing)[:2] if isinstance(thing, tuple) else [])]:
        several = list(value.values()) if isinstance(value, dict) else value if isinstance(value, tuple | list) else []
        for one in [value, *several[:2]]:
            if type(one).__module__.startswith("graphgrad"):
                yield one


def test_large_graphs_are_told_in_a_line():
    text = "\n".join(["v0 = x", *(f"v{k} = sin(v{k - 1}) * {k}" for k in range(1, 400))])
    assert len(repr(gg.parse(text))) < 200
