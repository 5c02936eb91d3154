"""The gradient as a graph: reverse mode appends adjoint nodes to the primal graph, whose nodes keep their indices."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from graphgrad.core.builder import uncollected
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph, normal
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import show
from graphgrad.transform.pullback import Adjoints, Pullback, local_rule, zero
from graphgrad.transform.rewrite import Rewriter
from graphgrad.transform.rules import SLOPES, text_of
from graphgrad.transform.stable import Stable, stabilised


def grad(graph: Graph, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of a scalar output and its gradient with respect to inputs, all float inputs by default.

    Its outputs are the primal's and `dz_dx1` for each input, of the input's shape. The primal's nodes keep their
    indices; what has a stable form is computed and differentiated by it, unless `as_written`. `of` names the output
    where there are several. Raises ShapeError where the output is no scalar and
    UsageError for an input that does not exist or is an index. Reverse mode as in Griewank & Walther, *Evaluating
    Derivatives* (2008), chapter 3.

    >>> from graphgrad.frontend.parse import parse
    >>> print(grad(parse("x1 * sin(x2)"), "x1"))
    v1 = sin(x2)
    z = x1 * v1
    dz_dx1 = 1 * v1
    """
    output = output_name(graph, of)
    shape = graph.nodes[graph.outputs[output]].shape
    if shape:
        raise ShapeError(
            f"the gradient of '{output}' of shape {show(shape)} is no single number",
            hint="sum it, or use vjp with a cotangent",
        )
    return reverse(graph, wrt, of=output, as_written=as_written)[0]


def vjp(
    graph: Graph, cotangent: str | None = None, /, *wrt: str, of: str | None = None, as_written: bool = False
) -> Graph:
    """Give the graph of an output of any shape and its vector-Jacobian product with a cotangent.

    `cotangent` names a new input of the output's shape; without it the cotangent is all ones, which for elementwise
    programs gives every point's own derivative. Outputs and errors as for `grad`.

    >>> from graphgrad.frontend.parse import parse
    >>> list(vjp(parse("x ** 2", x=3), "u").outputs)
    ['z', 'dz_dx']
    """
    return reverse(graph, wrt, cotangent=cotangent, of=of, as_written=as_written)[0]


def reverse(
    graph: Graph,
    wrt: tuple[str, ...] = (),
    *,
    cotangent: str | None = None,
    of: str | None = None,
    as_written: bool = False,
) -> tuple[Graph, Adjoints]:
    """Give the gradient graph and the provenance of its adjoints; cached with the graph.

    The adjoints are those of stable forms, where a program has some, unless it is taken `as_written`.
    """
    key = (reverse, wrt, cotangent, of, as_written)
    if key not in graph.cache:
        stable = None if as_written else stabilised(graph)
        graph.cache[key] = _reverse(graph, wrt or differentiable(graph), cotangent, output_name(graph, of), stable)
        gradient, adjoints = graph.cache[key]
        if stable is not None:
            gradient.cache[Stable] = graph, stable  # which tells of them
        gradient.cache[Adjoints] = adjoints  # the compiler's comments say where each adjoint comes from
    result: tuple[Graph, Adjoints] = graph.cache[key]
    return result


@uncollected
def _reverse(
    graph: Graph, wrt: tuple[str, ...], cotangent: str | None, of: str, stable: Stable | None
) -> tuple[Graph, Adjoints]:
    program, more = (graph, ()) if stable is None else (stable.graph, SLOPES)
    builder, output = Rewriter(program, text_of("algebra", *more)), program.outputs[of]
    if graph.nodes[graph.outputs[of]].dtype != "float":
        raise UsageError(f"'{of}' is no number that varies but a condition or an index: it has no gradient")
    inputs = {normal(name): program.input(name) for name in wrt}
    for name, node in inputs.items():
        if program.nodes[node].dtype != "float":
            what = "an index or a label" if program.nodes[node].dtype == "int" else "a condition"
            raise UsageError(f"'{name}' is {what} and has no gradient")
    depends = _depending(program, set(inputs.values()))
    seed = _seed(builder, program, output, cotangent)
    pulled = Pullback(builder, output, seed, depends.__getitem__)
    outputs = dict(program.outputs)
    for name, node in inputs.items():
        outputs[derivative_name(of, name)] = pulled.total[node] if node in pulled.total else zero(builder, node)
    taken = set(outputs.values())
    for node, total in pulled.total.items():
        if total >= len(program) and total not in taken and total not in builder.names:
            builder.name(total, f"{program.label(node)}_bar")
    adjoints = Adjoints(output, seed, tuple(pulled.contributions), pulled.total)
    return _kept(builder, outputs, program, adjoints)


def _depending(graph: Graph, wrt: AbstractSet[int]) -> list[bool]:
    """Say of every node whether it varies with the inputs, through operands that a gradient reaches."""
    depends: list[bool] = []
    for i, (op, operands, *_) in enumerate(graph.nodes):
        reached = [o for slot, o in enumerate(operands) if depends[o] and local_rule(OPS[op], slot) is not None]
        depends.append(bool(reached) or i in wrt)
    return depends


def _kept(builder: Rewriter, outputs: dict[str, int], graph: Graph, adjoints: Adjoints) -> tuple[Graph, Adjoints]:
    """Finish the graph with every node that the provenance speaks of, however little the outputs need it."""
    spoken = [i for c in adjoints.contributions for i in (c.partial, c.node, c.total) if i is not None]
    finished, new = builder.finish(outputs, graph.source, [*range(len(graph)), *spoken, adjoints.seed])
    contributions = tuple(
        c._replace(partial=None if c.partial is None else new[c.partial], node=new[c.node], total=new[c.total])
        for c in adjoints.contributions
    )
    total = {node: new[i] for node, i in adjoints.total.items()}
    return finished, Adjoints(adjoints.output, new[adjoints.seed], contributions, total)


def _seed(builder: Rewriter, graph: Graph, output: int, cotangent: str | None) -> int:
    shape = graph.nodes[output].shape
    if cotangent is None:
        one = builder.const(1)
        return builder.apply("broadcast_like", one, output) if shape else one
    if cotangent in graph.inputs:
        raise UsageError(f"the cotangent '{cotangent}' is an input already", hint="give it another name")
    return builder.input(cotangent, shape)


def differentiable(graph: Graph) -> tuple[str, ...]:
    """The inputs that can have a gradient: all but indices and labels."""
    return tuple(name for name, node in graph.inputs.items() if graph.nodes[node].dtype == "float")


def output_name(graph: Graph, of: str | None) -> str:
    """Give the output to differentiate; UsageError where the choice is not clear."""
    known = ", ".join(graph.outputs)
    if of is None and len(graph.outputs) > 1:
        raise UsageError("the graph has several outputs", hint=f"say which with of=; it has {known}")
    if of is not None and of not in graph.outputs:
        raise UsageError(f"the graph has no output '{of}'", hint=f"it has {known}")
    return of or next(iter(graph.outputs))


def derivative_name(output: str, wrt: str) -> str:
    """Name a derivative: dz_dx, and d2z_dx_dy for a derivative of dz_dx.

    >>> derivative_name("z", "x"), derivative_name("dz_dx", "y"), derivative_name("d2z_dx_dy", "x")
    ('dz_dx', 'd2z_dx_dy', 'd3z_dx_dy_dx')
    """
    lower = re.fullmatch(r"d(\d*)([A-Za-z]\w*?)((?:_d\w+?)+)", output)
    if lower is None:
        return f"d{output}_d{wrt}"
    order = int(lower[1] or 1) + 1
    return f"d{order}{lower[2]}{lower[3]}_d{wrt}"
