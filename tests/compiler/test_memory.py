"""Memory: no array is written while somebody still reads it, and none is made that nobody needs."""

import re

import pytest
from stepping import ADAM, CONSTANTS, MLP, NAMES, SHAPES

from graphgrad.compiler.arrays.memory import Kind, Memory
from graphgrad.compiler.compile_step import compile_step
from graphgrad.compiler.steps.update import VECTOR, read_update
from graphgrad.frontend.parse import parse

KIND = Kind(VECTOR, "float", turned=False)


def places(text, kept):
    """Where each operation on vectors is put: those of `kept` come in arrays of their own, and end there."""
    graph = read_update(text, {}).graph
    memory = Memory(graph, {i: name for name, i in graph.outputs.items() if name in kept and graph.nodes[i].operands})
    found = []
    for i, node in enumerate(graph.nodes):
        base = node.value if node.op == "input" and node.value in kept else ""
        if node.operands:
            base = memory.choose(i, KIND, node.operands)
            if not base:
                base = f"new{len(memory.arrays)}"
                memory.arrays[base] = KIND
            found.append(base)
        memory.hold(base)
    return " ".join(found)


@pytest.mark.parametrize(
    ("text", "kept", "wanted"),
    [
        ("exp(sin(p) + tanh(g))", "", "new0 new1 new0 new0"),  # the array of a dead value is used again
        ("a = sin(p); b = tanh(a); exp(a) + b", "", "new0 new1 new0 new0"),  # but not while somebody reads it
        ("sin(p) + g", "p", "p p"),  # the last reader of a state may write where it lies
        ("sin(p) + p", "p", "new0 p"),  # who is not the last may not
        ("m = sin(m); p = p * sin(m) + m", "pm", "m new0 p p"),
        ("q = sin(p); m = tanh(m) + q; p = q * m + p", "pm", "new0 m m new0 p"),
        ("p = sin(p); m = p + m", "m", "new0 m"),  # an array that is only lent is not written
    ],
)
def test_where_values_are_put(text, kept, wanted):
    assert places(text, kept) == wanted


def test_adam_takes_one_array_besides_its_state():
    source = compile_step(parse(MLP, SHAPES), NAMES, ADAM, constants=CONSTANTS).source
    update = source.partition("# for the update")[2].partition("def step")[0]
    assert len(re.findall(r"np\.empty\(\(\d", update)) == 1
