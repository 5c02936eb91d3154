"""Forward mode: tangents beside the primal, in the primal's own order.

Elementwise rows give their partials. Any other row's tangent is its own rule, transposed: what it passes back is linear
in the cotangent g, and the cotangent of g, pulled back from a tangent, is the tangent of the result. So no row states a
forward rule.
"""

from __future__ import annotations

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import OPS
from graphgrad.transform.grad import differentiable, output_name
from graphgrad.transform.pullback import contribution, local_rule, pull, unbroadcast, zero
from graphgrad.transform.rewrite import Rewriter
from graphgrad.transform.rules import SLOPES, text_of
from graphgrad.transform.stable import stabilised


def jvp(graph: Graph, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of an output and its Jacobian-vector product, for tangents of inputs (all float ones by default).

    Adds an input `x_dot` of x's shape for each input x, and the output `z_dot` of z's shape. Raises UsageError for
    an unknown input, an index, or a name that is taken. `as_written` as for `grad`.
    Forward mode as in Griewank & Walther (2008), chapter 3.

    >>> from graphgrad.frontend.parse import parse
    >>> print(jvp(parse("sin(x) * y"), "x"))
    z = sin(x) * y
    z_dot = x_dot * cos(x) * y
    """
    output, names = output_name(graph, of), wrt or differentiable(graph)
    graph, more = (graph, ()) if as_written else (stabilised(graph).graph, SLOPES)
    builder, tangent = Rewriter(graph, text_of("algebra", *more)), dict[int, int]()
    for name in names:
        node = graph.nodes[graph.input(name)]
        if node.dtype != "float":
            what = "an index or a label" if node.dtype == "int" else "a condition"
            raise UsageError(f"'{name}' is {what} and has no tangent")
        if f"{name}_dot" in graph.inputs:
            raise UsageError(f"'{name}_dot' is an input already", hint="rename it")
        tangent[graph.input(name)] = builder.input(f"{name}_dot", node.shape)
    tangents(builder, graph, tangent)
    result = graph.outputs[output]
    dot = tangent[result] if result in tangent else zero(builder, result)
    return builder.build({**graph.outputs, f"{output}_dot": dot}, graph.source)


def tangents(builder: Rewriter, graph: Graph, tangent: dict[int, int]) -> dict[int, int]:
    """Carry tangents of some nodes on to all that depend on them; `tangent` is filled and given back."""
    for i, node in enumerate(graph.nodes):
        if node.op in OPS and any(o in tangent for o in node.operands):
            _tangent(builder, i, tangent)
    return tangent


def _tangent(builder: Rewriter, i: int, tangent: dict[int, int]) -> None:
    """Add up a node's tangent from those of its operands."""
    node = builder.nodes[i]
    row, total = OPS[node.op], None
    for slot, operand in enumerate(node.operands):
        if operand not in tangent or local_rule(row, slot) is None:
            continue
        if row.d:
            _, term = contribution(builder, i, slot, tangent[operand])
            if builder.nodes[term].shape != node.shape:
                term = builder.apply("broadcast_like", term, i)
        else:
            g = builder.hole(node.shape)
            _, passed = contribution(builder, i, slot, g)
            term = pull(builder, unbroadcast(builder, passed, operand), tangent[operand], g)
            term = _filled(builder, term, g, i)
        total = term if total is None else builder.apply("add", total, term)
    if total is not None:
        tangent[i] = total


def _filled(builder: Rewriter, root: int, hole: int, shaped: int) -> int:
    """Put a node of its shape in the hole's place: a linear rule's transpose asks for nothing else of it."""
    new, needed, stack = {hole: shaped}, {root}, [root]
    while stack:
        more = [o for o in builder.nodes[stack.pop()].operands if o > hole and o not in needed]
        needed.update(more)
        stack += more
    for i in sorted(n for n in needed if n > hole):
        node = builder.nodes[i]
        if any(o in new for o in node.operands):
            new[i] = builder.apply(node.op, *(new.get(o, o) for o in node.operands), **dict(node.attrs))
    return new.get(root, root)
