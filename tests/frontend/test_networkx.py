"""Graphs go to networkx, to JSON and to GraphML, and come back the same; what cannot be a graph is refused by node."""

import json
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, strategies as st
from programs import PIECEWISE, SMOOTH, scalars, tensors

import graphgrad as gg
from graphgrad.execute.run import run
from graphgrad.frontend.interchange import from_graphml, from_node_link_json, graphml, node_link_json, read_file
from graphgrad.frontend.networkx_graphs import from_networkx, to_networkx
from graphgrad.frontend.parse import parse
from graphgrad.transform.grad import grad, vjp

PROGRAMS = st.one_of(scalars(rows=SMOOTH + PIECEWISE), tensors())
WAYS = {
    "networkx": lambda graph: from_networkx(to_networkx(graph)),
    "json": lambda graph: from_node_link_json(node_link_json(graph)),
    "graphml": lambda graph: from_graphml(graphml(graph)),
}


def same(back, graph):
    assert back == graph
    assert list(back.inputs) == list(graph.inputs)
    assert list(back.outputs) == list(graph.outputs)
    assert [back.nodes[i] for i in back.inputs.values()] == [graph.nodes[i] for i in graph.inputs.values()]


@pytest.mark.parametrize("way", WAYS)
@given(p=PROGRAMS)
def test_what_goes_comes_back(way, p):
    graph = parse(p.text, p.shapes)
    back = WAYS[way](graph)
    same(back, graph)
    assert (back.nodes, back.names, back.labels) == (graph.nodes, graph.names, graph.labels)
    same(WAYS[way](vjp(graph)), vjp(graph))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("y = x[1:, ::2][0]; sum(y, axis=0) + 2*pi*e + 2.0 + 2 - 0.0 + -0.0", {"x": (3, 5)}),
        ("mean(square(X @ w - y))", {"X": ("N", 3), "w": 3, "y": "N"}),
        ("concatenate([a, b], axis=1)", {"a": (3, 1), "b": (3, 4)}),
        ("sum(pick(R, c))", {"R": ("N", 5), "c": "N"}),
        ("w = a*a; z = w", {}),
        ("c = 1 + x; c = c*c; c", {}),
        ("where((x > 0) & (y < 1), x, y) + (x > 0)", {"x": 3, "y": 3}),
    ],
)
def test_every_kind_of_attribute_comes_back(way, text, shapes):
    graph = parse(text, shapes)
    same(WAYS[way](graph), graph)
    assert str(WAYS[way](graph)) == str(graph)


def test_people_read_the_names_slots_and_partials():
    dag = gg.parse("y3 = x1*x2; y1 = log(y3); y2 = sin(x2); w = y1*y2; z = w/x1").to_networkx()
    assert list(dag) == ["x1", "x2", "y3", "y1", "y2", "w", "z"]
    partials = {(tail, head): said["partial"] for tail, head, said in dag.edges(data=True)}
    assert partials == {
        ("x1", "y3"): "x2", ("x2", "y3"): "x1", ("y3", "y1"): "1 / y3", ("x2", "y2"): "cos(x2)",
        ("y1", "w"): "y2", ("y2", "w"): "y1", ("w", "z"): "1 / x1", ("x1", "z"): "-z / x1",
    }  # fmt: skip
    assert (dag.edges["w", "z", 0]["operand"], dag.edges["x1", "z", 1]["operand"]) == ("a", "b")
    assert (dag.nodes["y1"]["op"], dag.nodes["y1"]["formula"], dag.nodes["y1"]["shape"]) == ("log", "log(y3)", ())
    assert gg.parse("x * x").to_networkx().number_of_edges("x", "z") == 2


@given(PROGRAMS)
def test_the_partials_are_the_derivatives(p):
    """Evaluated at the values of their nodes, the texts on edges are what backpropagation multiplies by."""
    graph = parse(p.text, p.shapes)
    traced = gg.trace(graph, p.values)
    dag = traced.to_networkx()
    values = {name: said["value"] for name, said in dag.nodes(data=True)}
    shapes = {name: np.shape(value) for name, value in values.items()}
    for tail, head, said in dag.edges(data=True):
        if "partial_value" not in said:
            continue
        formula = parse(
            said["partial"], {n: s for n, s in shapes.items() if s and n in re.findall(r"\w+", said["partial"])}
        )
        found = run(formula, {n: values[n] for n in formula.inputs})[formula.output]
        np.testing.assert_allclose(np.broadcast_to(found, np.shape(said["partial_value"])), said["partial_value"],
                                   rtol=1e-9, atol=1e-12, err_msg=f"{tail} -> {head}")  # fmt: skip


def test_a_trace_has_values_and_adjoints():
    dag = gg.trace("log(x1*x2)*sin(x2)", x1=0.5, x2=0.75).to_networkx()
    assert dag.nodes["x1"]["adjoint"] == pytest.approx(1.3632775)
    assert dag.nodes["z"]["adjoint"] == 1
    total = sum(d["partial_value"] * dag.nodes[head]["adjoint"] for _, head, d in dag.out_edges("x2", data=True))
    assert total == pytest.approx(dag.nodes["x2"]["adjoint"])


def by_hand():
    dag = nx.DiGraph()
    dag.add_node("y", op="sin")
    dag.add_node("z", op="sub")
    dag.add_edges_from([("x", "y"), (2, "z", {"slot": 0}), ("y", "z", {"slot": 1})])
    return dag


def test_every_verb_takes_a_dag():
    dag = by_hand()
    assert str(gg.grad(dag)) == str(gg.grad("y = sin(x); z = 2 - y"))
    assert gg.trace(dag, x=1.0).grad["x"] == pytest.approx(-np.cos(1.0))
    assert gg.compile(dag)(1.0) == pytest.approx(2 - np.sin(1.0))
    assert gg.show(dag).caption == "Graph of z: 4 nodes."
    assert all(finding.ok for finding in gg.verify(dag).values())
    assert len(gg.animate(dag, x=1.0).frames) == len(gg.animate("y = sin(x); z = 2 - y", x=1.0).frames)
    assert gg.closed_form(gg.grad(dag), "dz_dx") == gg.parse("-cos(x)")


def test_a_composite_is_its_definition():
    dag = nx.DiGraph([("x", "z")])
    dag.nodes["z"]["op"] = "softmax"
    dag.nodes["x"]["shape"] = ("N", 3)
    dag.nodes["z"]["attrs"] = {"axis": 1}
    assert gg.from_networkx(dag) == gg.parse("softmax(x, axis=1)", x=("N", 3))


def edited(**changes):
    dag = by_hand()
    for node, said in changes.items():
        dag.nodes[node].update(said)
    return dag


def cyclic():
    dag = by_hand()
    dag.add_edge("z", "y")
    return dag


def without_slots():
    dag = by_hand()
    for *_, said in dag.edges(data=True):
        said.clear()
    return dag


def by_networkx(dag, suffix, tmp_path):
    """The graph as networkx writes and reads it itself."""
    file = tmp_path / f"graph{suffix}"
    if suffix == ".json":
        file.write_text(json.dumps(nx.node_link_data(dag, edges="edges")))
        return file, nx.node_link_graph(json.loads(file.read_text()), edges="edges")
    nx.write_graphml(dag, file)
    return file, nx.read_graphml(file)


@pytest.mark.parametrize("suffix", [".json", ".graphml"])
def test_what_networkx_writes_and_reads_itself_is_a_graph(suffix, tmp_path):
    shapes = "[2, 3]" if suffix == ".graphml" else (2, 3)
    dag = nx.DiGraph()
    dag.add_node("x", shape=shapes)
    dag.add_node("c", op="const", value="[1.5, 2, 3]" if suffix == ".graphml" else [1.5, 2, 3])
    dag.add_node("y", op="mul")
    dag.add_node("r", op="reshape", shape="3,2" if suffix == ".graphml" else (3, 2))
    dag.add_node("s", op="sum", axis=1)
    dag.add_node("z", op="log", names="the_end")
    dag.add_edges_from([("x", "y"), ("c", "y"), ("y", "r"), ("r", "s"), ("s", "z")])
    file, back = by_networkx(dag, suffix, tmp_path)
    wanted = gg.parse("z = log(sum(reshape(x * np.array([1.5, 2, 3]), (3, 2)), axis=1))", x=(2, 3))
    assert gg.from_networkx(dag) == gg.from_networkx(back) == read_file(file) == wanted


WRITTEN = [
    ("sum(x[1:, ::2], axis=(0, 1)) * pi + inf", {"x": (2, 3)}), ("sum(transpose(x, axes=(1, 0)) @ x)", {"x": ("N", 2)}),
    ("take(X, np.array([0, 1]), axis=0) * np.array([1.5, 2])", {"X": (3, 2)}), ("w = x[None, 0]; z = w", {"x": 3}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shapes"), WRITTEN)
@pytest.mark.parametrize("suffix", [".json", ".graphml"])
def test_files_of_ours_go_through_networkx(suffix, text, shapes, tmp_path):
    graph, first = gg.parse(text, shapes), tmp_path / f"first{suffix}"
    gg.show(graph).save(first)
    dag = (
        nx.node_link_graph(json.loads(first.read_text()), edges="edges")
        if suffix == ".json"
        else nx.read_graphml(first)
    )
    file, back = by_networkx(dag, suffix, tmp_path)
    for found in (gg.from_networkx(dag), gg.from_networkx(back), read_file(file)):
        same(found, graph)


REFUSED = [
    (edited(y={"attrs": "axis"}), "the attrs of the node 'y' are 'axis'; they map names"),
    (edited(y={"op": "sum", "axis": 4}), "the node 'y'"),
    (edited(x={"op": "const", "value": [[1], [2, 3]]}), "the rows of a constant differ in length"),
    (edited(x={"op": "const", "value": "1e999"}), "1e999 is beyond float64; write inf"),
    (nx.Graph([("x", "y")]), "no directed graph"),
    (nx.DiGraph(), "no nodes"),
    ("x*y", "no directed graph"),
    (cyclic(), "cycle: 'y' -> 'z'|cycle: 'z' -> 'y'"),
    (without_slots(), r"the edges to 'z' do not say which operand is which; add_edge\(2, 'z', slot=0\)"),
    (edited(y={"op": "sine"}), "the node 'y' has no operation 'sine'; did you mean 'sin'"),
    (edited(y={"op": ""}), "the node 'y' does not say its op"),
    (edited(y={"op": "mul"}), r"the node 'y' is a \* b, and 1 edges go to it"),
    (edited(z={"shape": (3,)}), r"the node 'z' says its shape is \(3,\), and its operands make it \(\)"),
    (edited(x={"shape": "3 x 3"}), "the shape of 'x'"),
    (edited(x={"dtype": "complex"}), "the input 'x' has the dtype 'complex'"),
    (edited(x={"op": "const"}), "'x' is neither a number nor a name"),
    (edited(y={"attrs": {"axis": 0}}), "the node 'y': sin has no attribute 'axis'"),
    (edited(y={"op": "sum", "attrs": {"axis": 3}}), "the node 'y'"),
    (edited(y={"op": "sum", "attrs": {"axis": {}}}), "the node 'y'"),
]


@pytest.mark.parametrize(("dag", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_graph_is_refused_by_node(dag, said):
    with pytest.raises((gg.UsageError, gg.ShapeError), match=said):
        gg.from_networkx(dag)


NO_GRAPHS = ["", "{}", "[]", "5", '{"nodes": 3, "edges": []}', '{"nodes": [{"id": "?"}], "edges": []}', "<a", "<a/>"]


@pytest.mark.parametrize("text", NO_GRAPHS)
@pytest.mark.parametrize("read", [from_node_link_json, from_graphml])
def test_files_that_are_no_graph_are_refused(read, text):
    with pytest.raises(gg.UsageError, match=r"this is no|no nodes|neither a number"):
        read(text)


def test_files_by_python_and_by_the_command_are_the_same(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from graphgrad.cli.main import group

    monkeypatch.chdir(tmp_path)
    text = "y = x1*x2; z = log(y)*sin(x2)"
    for suffix in (".json", ".graphml", ".svg", ".dot"):
        gg.show(text).save(f"a{suffix}")
        CliRunner().invoke(group, ["show", text, "-o", f"b{suffix}"], catch_exceptions=False)
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    for suffix in (".json", ".graphml"):
        printed = CliRunner().invoke(group, ["run", f"a{suffix}", "x1=0.5", "x2=0.75"], catch_exceptions=False)
        assert "dz/dx1 ≈ 1.36" in printed.output
    data = json.loads((tmp_path / "a.json").read_text())
    assert nx.node_link_graph(data, edges="edges").nodes["z"]["formula"] == "v1 * v2"


ARRAYS = [
    np.array([[np.nan, np.inf, -0.0], [1, 2, -np.inf]]), np.linspace(-1, 1, 132).reshape(12, 11), np.arange(6) > 3,
    np.arange(1200).reshape(3, 400), np.zeros((0, 3)), np.float32([[0.1]]), np.array([[True]]), np.arange(2000.0) > 7,
]  # fmt: skip


@pytest.mark.parametrize("array", ARRAYS, ids=range(len(ARRAYS)))
@pytest.mark.parametrize(("write", "read"), [(node_link_json, from_node_link_json), (graphml, from_graphml)])
def test_constant_arrays_are_kept_in_files(write, read, array):
    graph = gg.capture(lambda x: np.sum(np.where(True, x * array, 0)), x=array.shape)  # noqa: FBT003
    saved = write(graph)
    assert len(saved) < 6000 + 25 * array.size
    assert read(saved) == graph
    assert from_networkx(to_networkx(graph)) == graph


@pytest.mark.parametrize(
    "changed",
    [("[1.5, 2.5, 3.5]", "[1.5, 2.5]"), ("float64", "object"), ("[1.5", "[[]"), ('"shape": [3]', '"shape": [-3]')],
)
def test_constant_arrays_that_are_none_are_refused(changed):
    graph = parse("x * np.array([1.5, 2.5, 3.5])", x=3)
    text = json.dumps(json.loads(node_link_json(graph))).replace(*changed)
    with pytest.raises(gg.GraphgradError):
        from_node_link_json(text)


def test_a_graph_that_was_changed_is_differentiated():
    dag = gg.parse("y = sin(x); z = y * x").to_networkx()
    dag.nodes["y"]["op"] = "cos"
    assert gg.from_networkx(dag) == gg.parse("y = cos(x); z = y * x")
    assert grad(gg.from_networkx(dag)) == grad(gg.parse("y = cos(x); z = y * x"))
