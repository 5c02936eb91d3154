"""Graphs as networkx has them: nodes by the names that people read, operand slots on edges; and back, checked."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from graphgrad.core.builder import Builder
from graphgrad.core.constants import CONSTANTS, ConstantArray
from graphgrad.core.display import register
from graphgrad.core.errors import ParseError, ShapeError, UsageError, did_you_mean
from graphgrad.core.graph import Graph
from graphgrad.core.op import Op
from graphgrad.core.ops import NAMES, OPS
from graphgrad.core.shapes import Misfit, show
from graphgrad.frontend.attributes import attributes, constant, names_said, outputs_said, shape_said
from graphgrad.frontend.lower import Lowering, application, parsed
from graphgrad.frontend.parse import declared_shape, free_output_name
from graphgrad.frontend.printers import text

if TYPE_CHECKING:
    import networkx as nx

ORDERLESS = frozenset({"add", "mul", "maximum", "minimum"})  # operands of these need no slots


def to_networkx(graph: Graph) -> nx.MultiDiGraph[str]:
    """Give the graph for networkx, to look at, to change, and to read back by `from_networkx`.

    Nodes are named as pictures name them. A node has `op`, `formula`, `attrs`, `shape`, `dtype` and the user's
    `names`, a constant its `value`; an edge, from operand to node, has the operand's `slot` (its key as well), what the
    table calls the operand, and, where a local rule gives one, the local partial. `G.graph["inputs"]` lists the inputs,
    `G.graph["outputs"]` says which node each output is.

    >>> from graphgrad.frontend.parse import parse
    >>> G = to_networkx(parse("y3 = x1*x2; z = log(y3)*sin(x2)"))
    >>> list(G)
    ['x1', 'x2', 'y3', 'v1', 'v2', 'z']
    >>> G.edges["x1", "y3", 0]
    {'slot': 0, 'operand': 'a', 'partial': 'x2'}
    """
    import networkx as nx

    names, whole, partials = _unique(graph.labels), frozenset(range(len(graph))), _partials(graph)
    dag: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        inputs=[names[i] for i in graph.inputs.values()], outputs={o: names[i] for o, i in graph.outputs.items()}
    )
    for i, node in enumerate(graph.nodes):
        said: dict[str, Any] = {"op": node.op, "label": graph.label(i), "formula": text(graph, i, whole)}
        said |= {"value": node.value} if node.op == "const" else {}
        attrs = dict(node.attrs) if node.op in OPS else {}
        dag.add_node(names[i], **said, attrs=attrs, shape=node.shape, dtype=node.dtype, names=graph.names.get(i, ()))
        for slot, operand in enumerate(node.operands):
            row = OPS[node.op]
            told = {"slot": slot, "operand": row.operands[0 if row.variadic else slot]}
            if (i, slot) in partials:
                told["partial"] = partials[i, slot]
            dag.add_edge(names[operand], names[i], key=slot, **told)
    return dag


register("Graph", "networkx", to_networkx)


def from_networkx(dag: Any) -> Graph:
    """Read a directed graph of networkx: what `to_networkx` gives, changed or not, or one made by hand.

    By hand, a node needs its `op`, the name of an operation; a node without operands is an input of that name, or a
    constant where its name is a number or it has a `value`. Edges go from operand to node and say the operand's `slot`,
    counted from 0, where order matters. Inputs may have a `shape`; other shapes and formulas follow, and a shape that
    is written and does not follow is refused. `G.graph["outputs"]` names outputs, otherwise the nodes that no other
    needs are. UsageError or ShapeError, with the node, for what is no graph of operations.

    >>> import networkx as nx
    >>> G = nx.DiGraph([("x", "y"), ("y", "z")])
    >>> G.nodes["y"]["op"], G.nodes["z"]["op"] = "sin", "exp"
    >>> print(from_networkx(G))
    y = sin(x)
    z = exp(y)
    """
    import networkx as nx

    if not isinstance(dag, nx.Graph) or not dag.is_directed():
        raise UsageError("this is no directed graph of networkx", hint="make an nx.MultiDiGraph or an nx.DiGraph")
    try:
        order = _in_order(dag)
    except nx.NetworkXUnfeasible:
        ring = " -> ".join(f"'{edge[0]}'" for edge in nx.find_cycle(dag))
        raise UsageError(f"the graph has a cycle: {ring}", hint="a value cannot depend on itself") from None
    if not order:
        raise UsageError("the graph has no nodes")
    builder, new = Builder(), dict[Hashable, int]()
    for name in order:
        new[name] = _made(dag, name, builder, new)
        for own in names_said(dag.nodes[name].get("names", (name,) if _operands(dag, name) else ())):
            if isinstance(own, str) and own.isidentifier():
                builder.name(new[name], own)
    told = [dag.nodes[name].get("label", name) for name in names_said(dag.graph.get("inputs", ())) if name in dag]
    builder.inputs = {name: builder.inputs[name] for name in (*told, *builder.inputs) if name in builder.inputs}
    return builder.build(_outputs(dag, new, builder))


def _unique(labels: Iterable[str]) -> list[str]:
    """Labels as names of nodes; of two constants that are written alike, the later is 2_2."""
    seen: dict[str, int] = {}
    unique = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        unique.append(label if seen[label] == 1 else f"{label}_{seen[label]}")
    return unique


def _partials(graph: Graph) -> dict[tuple[int, int], str]:
    """The local partial of every edge that has one, by consumer and slot, in the graph's own labels."""
    builder, found, primal = Builder(graph), dict[tuple[int, int], int](), frozenset(range(len(graph)))
    for i, node in enumerate(graph.nodes):
        row = OPS.get(node.op)
        for slot, rule in enumerate(row.d) if row else ():
            if row and rule is not None:
                env: dict[str, Any] = {**dict(zip(row.operands, node.operands, strict=True)), "v": i}
                found[i, slot] = Lowering(builder, env, dict(node.attrs)).lower(parsed(rule))
    grown = Graph(tuple(builder.nodes), builder.inputs, graph.outputs, graph.names)
    return {edge: graph.label(i) if i in primal else text(grown, i, primal) for edge, i in found.items()}


def _in_order(dag: Any) -> list[Hashable]:
    """The nodes, operands first; in the order in which they were added, where that is one."""
    import networkx as nx

    place = {name: k for k, name in enumerate(dag)}
    if all(place[tail] < place[head] for tail, head in dag.edges()):
        return list(dag)
    return list(nx.lexicographical_topological_sort(nx.DiGraph(dag), key=place.__getitem__))


def _operands(dag: Any, name: Hashable) -> list[Hashable]:
    """The operands of a node, slot by slot; UsageError where their slots are not 0, 1, 2, ..."""
    edges = list(dag.in_edges(name, keys=True, data=True)) if dag.is_multigraph() else [
        (tail, head, None, said) for tail, head, said in dag.in_edges(name, data=True)
    ]  # fmt: skip
    slots = [said.get("slot") for *_, said in edges]
    if None in slots and [key for _, _, key, _ in edges if type(key) is int] and len(edges) > 1:
        keys = [key for _, _, key, _ in edges]
        slots = keys if sorted(keys, key=repr) == list(range(len(edges))) else slots
    if all(slot is None for slot in slots):
        if len(edges) > 1 and dag.nodes[name].get("op") not in ORDERLESS:
            raise UsageError(f"the edges to '{name}' do not say which operand is which",
                             hint=f"add_edge({edges[0][0]!r}, {name!r}, slot=0), and so on")  # fmt: skip
        return [edge[0] for edge in edges]
    if any(type(slot) is not int for slot in slots) or sorted(slots) != list(range(len(slots))):
        raise UsageError(f"the edges to '{name}' have slots {', '.join(map(str, slots))}",
                         hint=f"{len(slots)} operands have slots 0 to {len(slots) - 1}, each once")  # fmt: skip
    return [edge[0] for _, edge in sorted(zip(slots, edges, strict=True), key=lambda pair: pair[0])]


def _made(dag: Any, name: Hashable, builder: Builder, new: Mapping[Hashable, int]) -> int:
    """Make one node; UsageError or ShapeError, with its name, where it cannot be."""
    said, operands = dag.nodes[name], _operands(dag, name)
    op = said.get("op") or ("" if operands else _leaf(name, said))
    if op == "const":
        return builder.const(_number(name, said))
    if op == "input":
        if operands:
            raise UsageError(f"'{name}' is an input, and an edge goes to it from '{operands[0]}'")
        return _input(name, said, builder)
    row = NAMES.get(op) or OPS.get(op)
    if row is None:
        wanted = f"has no operation '{op}'" if op else "does not say its op"
        raise UsageError(f"the node '{name}' {wanted}", hint=did_you_mean(op, NAMES) or "docs/operations.md lists them")
    if not row.variadic and len(operands) != len(row.operands):
        raise UsageError(f"the node '{name}' is {row.notation}, and {len(operands)} edges go to it")
    node = _applied(name, row, [new[o] for o in operands], said, builder)
    if said.get("shape") is None:
        return node
    shape, follows = declared_shape(str(name), shape_said(said["shape"])), builder.nodes[node].shape
    if shape != follows:
        raise ShapeError(f"the node '{name}' says its shape is {show(shape)}, and its operands make it {show(follows)}")
    return node


def _applied(name: Hashable, row: Op, operands: list[int], said: Mapping[str, Any], builder: Builder) -> int:
    given = attributes(said, row)
    if not isinstance(given, dict):
        raise UsageError(f"the attrs of the node '{name}' are {given!r}", hint="they map names to what they are")
    if unknown := [key for key in given if key not in row.attrs]:
        known = ", ".join(row.attrs) or "none"
        raise UsageError(f"the node '{name}': {row.name} has no attribute '{unknown[0]}'", hint=f"it has {known}")
    attrs = {**row.attrs, **given}
    if missing := [key for key in row.required if attrs[key] is None]:
        raise UsageError(f"the node '{name}': {row.name} needs the attribute '{missing[0]}'")
    try:
        return application(builder, row, operands, attrs)
    except (Misfit, ShapeError, ParseError) as error:
        raise ShapeError(f"the node '{name}' = {row.notation}: {error}") from None
    except (TypeError, ValueError, IndexError, AttributeError):
        raise UsageError(f"the node '{name}': {row.name} cannot have the attributes {given}") from None


def _leaf(name: Hashable, said: Mapping[str, Any]) -> str:
    """What a node without operands and without an op is."""
    if "value" in said or isinstance(name, int | float) or not str(name).isidentifier():
        return "const"
    return "input"


def _number(name: Hashable, said: Mapping[str, Any]) -> Any:
    value, label = constant(said.get("value", name)), said.get("label", name)
    if label in CONSTANTS and value == float(CONSTANTS[label]):
        return CONSTANTS[label]
    if isinstance(value, str):
        if value not in CONSTANTS:
            hint = "an input has op='input'"
            raise UsageError(f"the node '{name}' is neither a number nor a name", hint=hint)
        return CONSTANTS[value]
    if not isinstance(value, bool | int | float | ConstantArray):
        what = "a number, a condition, or an array of one of the two"
        raise UsageError(f"the constant '{name}' has the value {value!r}", hint=f"a constant is {what}")
    return value


def _input(name: Hashable, said: Mapping[str, Any], builder: Builder) -> int:
    own = said.get("label") or name
    if not isinstance(own, str) or not own.isidentifier():
        raise UsageError(f"an input cannot be called {own!r}", hint="names are letters, digits and _")
    dtype = said.get("dtype", "float")
    if dtype not in {"float", "int", "bool"}:
        raise UsageError(f"the input '{own}' has the dtype {dtype!r}", hint="there are float, int and bool")
    return builder.input(own, declared_shape(own, shape_said(said.get("shape", ()))), dtype)


def _outputs(dag: Any, new: Mapping[Hashable, int], builder: Builder) -> dict[str, int]:
    told = outputs_said(dag.graph.get("outputs"))
    if told is not None and not isinstance(told, Mapping):
        raise UsageError(f"the outputs of the graph are {told!r}", hint="they map names to nodes")
    if told is not None:
        if lost := [name for name in told.values() if name not in new]:
            raise UsageError(f"the output '{lost[0]}' is no node", hint=did_you_mean(str(lost[0]), map(str, new)))
        return {output: new[name] for output, name in told.items()}
    ends = [name for name in dag if not dag.out_degree(name)]
    if len(ends) > 1 and (written := [n for n in ends if dag.in_degree(n)]):
        ends = written  # an input that nothing needs is no output
    taken = {*builder.inputs, *chain.from_iterable(builder.names.values())}
    return {_output_name(end, taken, len(ends)): new[end] for end in ends}


def _output_name(end: Hashable, taken: Iterable[str], count: int) -> str:
    return (
        end if isinstance(end, str) and end.isidentifier() else free_output_name({*taken}) if count == 1 else str(end)
    )
