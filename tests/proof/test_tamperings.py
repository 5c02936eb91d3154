"""Saved modules that somebody changed who had not seen their reader: none that computes something else is accepted.

Lines of `tamperings.jsonl` hold a module's name, what stands there, what was put for it, and if it stands there last;
`equal` says that the change computes the same, or only where the program has no value.
"""

import json
from pathlib import Path

import pytest

import graphgrad as gg
from graphgrad.proof.saved import verify_module

LINE = {"X": ("N", 2), "w": 2, "y": "N"}
PARTS = {"X": ("N", 2), "a": 2, "b": 2, "c": 2, "y": "N"}
MODULES = {
    "arr": ("mean(softplus(tanh(X @ w) - y))", {"X": ("N", 3), "w": 3, "y": "N"}, {"wrt": "w"}),
    "sm": ("mean(-sum(T*log_softmax(X @ W.T + b), axis=1))", {"X": ("N", 2), "W": (3, 2), "b": 3, "T": ("N", 3)}, {}),
    "sc": ("log(x1*x2)*sin(x2) + relu(x1)", {}, {}),
    "ex": ("exp(x)*y + x**3", {}, {}),
    "py": ("log(x1*x2)*sin(x2) + relu(x1)", {}, {"target": "python"}),
    "tup": ("x*exp(y)", {}, {"returns": "tuple"}),
    "f32": ("sum(tanh(A @ x)*y)", {"A": (3, 3), "x": 3, "y": 3}, {"dtype": "float32"}),
    "cst": ("sum(square(x - [1.5, 2.5, -3]))*0.1", {"x": 3}, {}),
    "step": ("mean(square(X @ w - y))", LINE, {"step": {"w": 2}, "dtype": "float64"}),
    "st2": ("mean(square(tanh(X @ a) * b[0] + X @ c - y))", PARTS,
            {"step": {"a": 2, "b": 2, "c": 2}, "optimizer": "sgd", "batch": 16, "dtype": "float64"}),
    "stepu": ("square(tanh(w*x) - y)", {},
              {"step": {"w": ()}, "optimizer": "momentum", "batch": 1, "target": "python"}),
    "stua": ("square(tanh(w*x + b) - y)", {}, {"step": {"w": (), "b": ()}, "target": "python"}),
}  # fmt: skip
CHANGES = [json.loads(line) for line in (Path(__file__).parent / "tamperings.jsonl").read_text().splitlines()]
EVERYDAY, SOMETIMES = 40, 16  # of how many changes one is tried


def made(name):
    program, shapes, options = MODULES[name]
    graph, options = gg.parse(program, shapes), dict(options)
    if parameters := options.pop("step", None):
        return gg.compile_step(graph, parameters, options.pop("optimizer", "adam"), **options).source
    return gg.compile(gg.grad(graph, *options.pop("wrt", "")), **options).source


def marked(number):
    marks = () if number % EVERYDAY == 0 else pytest.mark.slow if number % SOMETIMES == 0 else pytest.mark.campaign
    return pytest.param(CHANGES[number], id=f"{number}-{CHANGES[number]['module']}", marks=marks)


def accepted(source):
    try:
        return verify_module(source, timeout=120).ok
    except gg.GraphgradError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_what_nobody_changed_is_accepted(name):
    assert accepted(made(name))


@pytest.mark.parametrize("change", [marked(number) for number in range(len(CHANGES))])
def test_what_computes_something_else_is_not_accepted(change):
    source = made(change["module"])
    there, put = change["there"], change["put"]
    changed = put.join(source.rsplit(there, 1)) if change["last"] else source.replace(there, put, 1)
    assert changed != source
    assert not accepted(changed) or change["equal"]
