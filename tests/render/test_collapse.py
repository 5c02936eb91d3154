"""Layers and expressions drawn as one: every node in one group, and the groups still a graph without cycles."""

import networkx as nx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings, strategies as st
from programs import scalars

from graphgrad.api.pictures import show
from graphgrad.cli.show import command as command_show
from graphgrad.core.errors import UsageError
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.picture import picture
from graphgrad.render.scene.collapse import collapse
from graphgrad.render.scene.layers import layers

NETWORK = parse("h = tanh(x @ W1.T + b1)\nR = h @ W2.T + b2\nL = sum((y - R)**2)",
                x=2, W1=(4, 2), b1=4, W2=(1, 4), b2=1, y=1)  # fmt: skip


@settings(max_examples=40)
@given(scalars(statements=6), st.data())
def test_groups_are_a_graph(program, data):
    graph = parse(program.text)
    names = data.draw(st.lists(st.sampled_from(graph.labels), max_size=3))
    groups, edges = collapse(graph, 10_000, names)
    assert sorted(i for group in groups for i in group.members) == list(range(len(graph)))
    assert nx.is_directed_acyclic_graph(nx.DiGraph(edges))
    inputs = set(graph.inputs.values())
    for group in groups:
        assert len(group.members) == 1 or not inputs & set(group.members)
        for i in group.members[:-1]:  # only the last is used from outside
            assert set(graph.users[i]) <= set(group.members)


def test_layers_are_drawn_as_one():
    shown = picture(NETWORK, collapse=["layer 1"])
    drawn = {card.label for card in shown.stage.scene.cards}
    assert not {"W1", "b1"} & drawn
    assert {"x", "W2", "b2", "y", "L"} <= drawn
    assert list(shown.stage.layout.groups) == ["layer 2", "loss"]
    assert shown.caption == "Graph of L: 17 nodes, drawn as 12 groups."
    whole = picture(NETWORK, collapse=list(layers(NETWORK)))
    assert len(whole.stage.scene.cards) == 6  # x, the layers, 2, y
    assert len(picture(NETWORK, collapse=["layer 1"], expand=["h"]).stage.scene.cards) == len(NETWORK)


def test_a_group_of_a_large_graph_is_opened():
    lines = "\n".join(f"t{i + 1} = sin(t{i}) * t{i}" for i in range(40))
    graph = parse(lines)
    closed, open_ = picture(graph, largest=30), picture(graph, largest=30, expand=["t40"])
    assert len(open_.stage.scene.cards) > len(closed.stage.scene.cards)
    assert "t40" in {card.label for card in open_.stage.scene.cards}


@pytest.mark.parametrize(
    ("name", "hint"), [("layer1", "did you mean 'layer 1'"), ("nothing", "there are layer 1, layer 2, loss, v1")]
)
def test_an_unknown_name_is_refused(name, hint):
    for how in ({"collapse": [name]}, {"expand": [name]}):
        with pytest.raises(UsageError) as caught:
            show(NETWORK, **how)
        assert hint in str(caught.value)


def test_the_command_collapses(tmp_path):
    command = ["y = x1*x2; z = log(y)*sin(x2)", "--collapse", "z", "-o", str(tmp_path / "z.dot")]
    assert CliRunner().invoke(command_show, command).exit_code == 0
    assert "4 nodes" in (tmp_path / "z.dot").read_text()
