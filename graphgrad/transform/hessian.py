"""Jacobians and Hessians: derivatives of every entry, one by one."""

from __future__ import annotations

from itertools import product
from math import prod

from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.shapes import Shape, show
from graphgrad.transform.grad import derivative_name, differentiable, grad, output_name
from graphgrad.transform.pullback import pull
from graphgrad.transform.rewrite import Rewriter
from graphgrad.transform.rules import SLOPES, text_of
from graphgrad.transform.stable import stabilised

ENTRIES = 4096  # of a Hessian; beyond, its products with vectors are what can be had


def hessian(graph: Graph, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of a scalar output, its gradient, and all second derivatives.

    Its outputs are those of `grad` and, for every two inputs a, b in order, `d2z_da_db` of shape a.shape + b.shape.
    Raises ShapeError where the output is no scalar, an input has a named dimension, or the Hessian has more than 4096
    entries: `grad(jvp(g), "x", of="z_dot")` then gives Hessian-vector products. `as_written` as for `grad`.

    >>> from graphgrad.frontend.parse import parse
    >>> list(hessian(parse("x**2 * y")).outputs)
    ['z', 'dz_dx', 'dz_dy', 'd2z_dx_dx', 'd2z_dx_dy', 'd2z_dy_dy']
    """
    wrt, output = wrt or differentiable(graph), output_name(graph, of)
    gradient = grad(graph, *wrt, of=of, as_written=as_written)
    builder, outputs = Rewriter(gradient, text_of("algebra", *(() if as_written else SLOPES))), dict(gradient.outputs)
    sizes = [_size(name, graph.nodes[graph.input(name)].shape) for name in wrt]
    if sum(sizes) ** 2 > ENTRIES:
        raise ShapeError(
            f"the Hessian would have {sum(sizes) ** 2} entries", hint="the gradient of jvp multiplies by it"
        )
    for k, first in enumerate(wrt):
        slope = gradient.outputs[derivative_name(output, first)]
        for second in wrt[k:]:
            name = derivative_name(derivative_name(output, first), second)
            outputs[name] = jacobian_of(builder, slope, gradient.input(second))
    return builder.build(outputs, graph.source)


def jacobian(graph: Graph, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of an output of any shape and its derivatives with respect to inputs, all float inputs by default.

    Its outputs are the primal's and `dz_dx` of shape z.shape + x.shape for each input. Raises ShapeError for named
    dimensions and for more than 4096 entries: `jvp` and `vjp` then give products with it. `as_written` as for `grad`.

    >>> from graphgrad.frontend.parse import parse
    >>> found = jacobian(parse("x ** 2 * y", x=3))
    >>> [(name, found.nodes[i].shape) for name, i in found.outputs.items()]
    [('z', (3,)), ('dz_dx', (3, 3)), ('dz_dy', (3,))]
    """
    wrt, output = wrt or differentiable(graph), output_name(graph, of)
    program, more = (graph, ()) if as_written else (stabilised(graph).graph, SLOPES)
    top = program.nodes[program.outputs[output]]
    if top.dtype != "float":
        raise UsageError(f"'{output}' is no number that varies but a condition or an index: it has no gradient")
    builder, outputs = Rewriter(program, text_of("algebra", *more)), dict(program.outputs)
    rows = _size(output, top.shape, "Jacobian")
    for name in wrt:
        node = program.nodes[program.input(name)]
        if node.dtype != "float":
            raise UsageError(f"'{name}' is an index or a label and has no gradient")
        if rows * _size(name, node.shape, "Jacobian") > ENTRIES:
            raise ShapeError(f"the Jacobian by '{name}' has more than {ENTRIES} entries",
                             hint="jvp and vjp give its products")  # fmt: skip
        outputs[derivative_name(output, name)] = jacobian_of(builder, program.outputs[output], program.input(name))
    return builder.build(outputs, graph.source)


def jacobian_of(builder: Rewriter, output: int, wrt: int) -> int:
    """Give the derivative of every entry of a node with respect to every entry of another."""
    shape: Shape = builder.nodes[output].shape
    one = builder.const(1)
    if not shape:
        return pull(builder, output, one, wrt)
    rows = []
    for place in product(*(range(n) for n in shape if isinstance(n, int))):
        entry = builder.apply("index", output, key=place)
        row = pull(builder, entry, one, wrt)
        rows.append(builder.apply("expand_dims", row, axis=0))
    joined = builder.apply("concatenate", *rows, axis=0)
    return builder.apply("reshape", joined, shape=shape + builder.nodes[wrt].shape)


def _size(name: str, shape: Shape, what: str = "Hessian") -> int:
    if any(isinstance(n, str) for n in shape):
        raise ShapeError(f"'{name}' of shape {show(shape)} has a named dimension: its {what} has no fixed size",
                         hint="give its size as a number, or take the jvp of the gradient")  # fmt: skip
    return prod(n for n in shape if isinstance(n, int))
