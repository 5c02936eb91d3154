"""From text to graph, gradient, values and derivations."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from graphgrad.api.source import Source, as_graph, refuse_options
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graphgrad.execute.trace import Trace
    from graphgrad.transform.cost import Cost
    from graphgrad.transform.derivation import Derivation

__all__ = ["parse"]


def capture(function: Callable[..., Any], shapes: Mapping[str, Any] | None = None, /, **more: Any) -> Graph:
    """Run an ordinary NumPy function on graph handles; its parameters become inputs. See `parse` for shapes.

    Operators, methods, ufuncs and the common array functions are noted in a graph, not computed. Raises UsageError
    where the function asks for a value (`if x > 0`, `float(x)`) or uses a function that is not in the table, and
    ShapeError for shapes that do not fit. Source: NumPy's protocols, NEP 13 (`__array_ufunc__`) and NEP 18
    (`__array_function__`).

    >>> import numpy as np
    >>> print(capture(lambda x1, x2: np.log(x1 * x2) * np.sin(x2)))
    log(x1 * x2) * sin(x2)
    """
    from graphgrad.frontend.capture import capture as run_on_handles

    return run_on_handles(function, shapes, **more)


def from_networkx(dag: Any) -> Graph:
    """Read a directed graph of networkx: what `graph.to_networkx()` gives, changed or not, or one made by hand.

    Every node needs its `op`, the name of an operation; one without operands is an input of its name, or a constant.
    Edges go from operand to node, with the operand's `slot` where order matters; inputs may have a `shape`. Raises
    UsageError or ShapeError, with the node. Source: networkx's DiGraph and MultiDiGraph.

    >>> import networkx as nx
    >>> G = nx.DiGraph([("x", "y"), ("w", "y")])
    >>> G.nodes["y"]["op"] = "mul"
    >>> print(from_networkx(G))
    y = x * w
    """
    from graphgrad.frontend.networkx_graphs import from_networkx as read

    return read(dag)


def from_sympy(expression: Any) -> Graph:
    """Read a sympy expression.

    Every symbol becomes a scalar input of its name; sympy's functions are those of the table. Raises UsageError for
    what the language lacks, such as an integral, or a Piecewise without an end. Source: the sympy column of the table.

    >>> import sympy
    >>> print(from_sympy(sympy.sympify("sin(x)/y")))
    sin(x) / y
    """
    from graphgrad.frontend.from_sympy import from_sympy as read

    return read(expression)


def grad(graph: Source, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of a scalar output and its gradient: outputs `z`, `dz_dx1`, ... (all float inputs by default).

    What overflows or cancels on the way to a good value (log(sum(exp(x))), log(1 + x)) is computed and differentiated
    by a stable form, unless `as_written`. Gradients have their inputs' shapes. `wrt` names inputs, `of` the output
    where there are several. Raises ShapeError for an output that is no single number, and UsageError for a name that is
    no input, or that is an index or a label.
    Source: reverse accumulation, Linnainmaa (1970); the node's rules are in docs/operations.md.

    >>> list(grad("log(x1*x2)*sin(x2)").outputs)
    ['z', 'dz_dx1', 'dz_dx2']
    """
    from graphgrad.transform.grad import grad as gradient_of

    return gradient_of(as_graph(graph), *wrt, of=of, as_written=as_written)


def vjp(
    graph: Source, cotangent: str | None = None, /, *wrt: str, of: str | None = None, as_written: bool = False
) -> Graph:
    """Give the graph of an output of any shape and its product with a cotangent: ones, or a new input of that name.

    The cotangent has the output's shape, each product that of its input. Raises UsageError for an unknown name, and for
    a cotangent named as an input is. Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 3.

    >>> list(vjp(parse("X @ w", X=("N", 2), w=2), "u", "w").outputs)
    ['z', 'dz_dw']
    """
    from graphgrad.transform.grad import vjp as product_of

    return product_of(as_graph(graph), cotangent, *wrt, of=of, as_written=as_written)


def jvp(graph: Source, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of an output and its tangent `z_dot`, for tangent inputs `x_dot`.

    Tangents have their inputs' shapes, `z_dot` the output's. Raises UsageError for an unknown name, an index, or a
    tangent named as an input is. Source: Griewank and Walther (2008), chapter 3: forward mode, made here of the same
    local rules.

    >>> list(jvp("x * y", "x").inputs)
    ['x', 'y', 'x_dot']
    """
    from graphgrad.transform.jvp import jvp as tangent_of

    return tangent_of(as_graph(graph), *wrt, of=of, as_written=as_written)


def hessian(graph: Source, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of a scalar output, its gradient, and all second derivatives `d2z_dx_dy`.

    `d2z_dx_dy` has the shape of x followed by that of y. Raises ShapeError for an output that is no single number and
    for inputs with named dimensions, and UsageError for an unknown name. Source: Pearlmutter (1994), reverse over
    reverse here.

    >>> list(hessian("x**2 * y", "x").outputs)
    ['z', 'dz_dx', 'd2z_dx_dx']
    """
    from graphgrad.transform.hessian import hessian as hessian_of

    return hessian_of(as_graph(graph), *wrt, of=of, as_written=as_written)


def jacobian(graph: Source, /, *wrt: str, of: str | None = None, as_written: bool = False) -> Graph:
    """Give the graph of an output of any shape and its Jacobians: `dz_dx` of shape z.shape + x.shape for each input.

    Raises ShapeError for named dimensions and beyond 4096 entries (`jvp` and `vjp` give products with it), and
    UsageError for an unknown name. Source: Griewank and Walther (2008), a reverse sweep for every entry.

    >>> from graphgrad.compiler.compile import compile
    >>> value, slopes = compile(jacobian(parse("x ** 2 * y", x=2)))(x=[1.0, 2.0], y=3.0)
    >>> slopes["x"].tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    from graphgrad.transform.hessian import jacobian as jacobian_of

    return jacobian_of(as_graph(graph), *wrt, of=of, as_written=as_written)


def simplify(graph: Source, /) -> Graph:
    """Give a graph of the same values with less to compute.

    Shapes, names of inputs and of outputs stay. The rules are text, and each is proved (docs/rules.md); a text that
    cannot be read raises ParseError. Source: the table in transform/rules.py.

    >>> print(simplify("x * 1 + 0"))
    z = x
    """
    from graphgrad.transform.rewrite import simplify as simplified

    return simplified(as_graph(graph))


def scalarize(graph: Source, /) -> Graph:
    """Give the scalar graph of a tensor graph, entry by entry.

    `W` of shape (1, 2) becomes `W_0_0` and `W_0_1`. Raises ShapeError for named dimensions and for more than 200 000
    nodes, and UsageError where two names would clash. Source: each row's scalar meaning, as micrograd has it.

    >>> print(scalarize(parse("sum(W @ x)", W=(1, 2), x=2)))
    W_0_0 * x_0 + W_0_1 * x_1
    """
    from graphgrad.transform.scalarize import scalarize as entries_of

    return entries_of(as_graph(graph))


def cost(graph: Source, /, *wrt: str, sizes: Mapping[str, int] | None = None) -> Cost:
    """Count the arithmetic of a graph and of its gradient; `sizes` gives named dimensions.

    The unit is one arithmetic operation on one number; a product of (m, k) and (k, n) counts 2mnk. Gives `.forward`,
    `.gradient` and their `.ratio`, after simplifying. Raises UsageError for a named dimension without a size. Source:
    Baur and Strassen (1983), who bound the ratio; the cost column of the table.

    >>> round(cost("log(x1*x2)*sin(x2)").ratio, 2)
    1.5
    """
    from graphgrad.transform.cost import cost as cost_of

    return cost_of(as_graph(graph), *wrt, sizes=sizes)


def latex(graph: Source, /) -> str:
    r"""Write a graph as LaTeX, one aligned line a statement.

    Names are typeset as the field writes them: `x1_bar` has a bar, `dz_dx1` is a fraction; shapes are not shown. Needs
    amsmath. Raises ParseError for text that cannot be read. Source: the table's column of LaTeX.

    >>> print(latex("sqrt(x1)"))
    \begin{aligned}
    z &= \sqrt{x_{1}}
    \end{aligned}
    """
    from graphgrad.frontend.latex import latex as write

    return write(as_graph(graph))


def closed_form(graph: Source, output: str | None = None, /, *, timeout: float = 60.0) -> Graph | None:
    """Give an output as one simplified expression of the inputs; None for tensors and for large graphs.

    Also None where sympy has not found it in `timeout` seconds, or in the memory that arrays may take: a process of its
    own looks for it. Raises UsageError for an output that does not exist. Source: sympy's canonical forms, and the
    shortest of them.

    >>> print(closed_form(grad("log(x1*x2)*sin(x2)"), "dz_dx1"))
    sin(x2) / x1
    """
    from graphgrad.execute.closed_form import closed_form as find
    from graphgrad.proof.limits.deadline import TimeUp, seconds
    from graphgrad.proof.limits.processes import SYMPY
    from graphgrad.transform.grad import output_name

    read = as_graph(graph)
    name = output_name(read, output)
    with suppress(TimeUp, RuntimeError), SYMPY.lent() as process:  # the other of a process without memory, too
        found: Graph | None = process.ask(find, read, name, timeout=seconds(timeout))
        return found
    return None


def derive(  # noqa: PLR0913  (all but the names are keywords)
    graph: Source,
    /,
    *wrt: str,
    of: str | None = None,
    every_step: bool = False,
    parallel: bool = False,
    notation: str = "d",
    columns: bool = False,
) -> Derivation:
    """Derive a gradient by hand, one chain-rule line a node, ending in the closed form; print it, or take `.latex`.

    Numbers and tensors alike, the lines of a tensor in matrix form; several names give a derivation each, or with
    `parallel` one for all of them: numbers have the vector of their derivatives, ∇z = [dz/dx1, dz/dx2]. With
    `every_step` a line begins with the chain rule, each local partial a derivative still to be taken, and zeros stay.
    `notation` is "d" for dz/dy, "partial" for ∂z/∂y, or "bar" for ȳ, which goes from the output back. With `columns`
    vectors are columns, as they are for `parse`. Raises UsageError for an unknown name. Source: the chain rule, a line
    a node, as it is written on a blackboard.

    >>> print(derive("sin(x**2)", "x"))
    v1 = x ** 2
    z = sin(v1)
    <BLANKLINE>
    (1) dz/dx = dv1/dx * cos(v1)
    (2) dv1/dx = 1 * (2 * x) = 2 * x
    put together: dz/dx = 2 * x * cos(v1) = 2 * x * cos(x ** 2)
    """
    from graphgrad.execute.closed_form import closed_form as find
    from graphgrad.frontend.columns import in_columns
    from graphgrad.transform.derive import derive as derivation_of

    read = in_columns(as_graph(graph)) if columns else as_graph(graph)
    return derivation_of(read, *wrt, of=of, closed=find, every_step=every_step, parallel=parallel, notation=notation)


def trace(  # noqa: PLR0913  (all but two are keywords)
    graph: Source,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    wrt: str | Iterable[str] = (),
    of: str | None = None,
    dtype: Any = np.float64,
    as_written: bool = False,
    allow_nonfinite: bool = False,
    **more: Any,
) -> Trace:
    """Run a graph forward and backward on values; gives its value, its gradient, and an iterable of all steps.

    `values` are numbers and arrays of the inputs' shapes, computed in `dtype`, float64 or float32; adjoints have the
    shapes of their nodes. `wrt` names the inputs to differentiate by, `of` the output where there are several; an
    array, a condition or an index has its value alone (`jacobian` gives an array's derivatives). `as_written` computes
    without stable forms. What becomes infinite or NaN from finite operands is refused, unless `allow_nonfinite`; what
    comes in so passes through.

    Raises UsageError for a missing value, ShapeError for one that does not fit, and DomainError, with the place in the
    text, where an operation is not defined or its result is beyond the type. Source: reverse accumulation, Linnainmaa
    (1970).

    >>> trace("g * m", {"g": 9.81, "m": 2}).value
    19.62
    """
    given = {**(values or {}), **more}
    from graphgrad.execute.trace import trace as trace_of

    read = as_graph(graph, given)
    refuse_options(read, {**read.given, **(values or {})}, "wrt", "of", "dtype", "as_written", "allow_nonfinite")
    how = {"as_written": as_written, "allow_nonfinite": allow_nonfinite}
    return trace_of(read, given, wrt=wrt, of=of, dtype=dtype, **how)


def why_no_gradient(traced: Trace, /) -> tuple[str, str] | None:
    """Say why a run has no gradient, and how its derivatives are had; None where it has one."""
    from graphgrad.execute.trace import without_gradient
    from graphgrad.transform.lesson import NOTHING

    return without_gradient(traced.graph, traced.of) if traced.adjoints.seed == NOTHING else None


def hvp(graph: Source, /, *wrt: str) -> Graph:
    """Give the graph of a scalar output, its derivative along `x_dot`, and its Hessian times that direction.

    The gradient of the directional derivative is the Hessian times the direction; it has its input's shape. Raises
    UsageError for an unknown name, and ShapeError as `grad` does. Source: Pearlmutter (1994), reverse over forward.

    >>> list(hvp("x**2 * y", "x").outputs)
    ['z', 'z_dot', 'dz_dot_dx']
    """
    from graphgrad.transform.grad import output_name

    read = as_graph(graph)
    along = jvp(read, *wrt)
    names = wrt or [name for name in read.inputs if f"{name}_dot" in along.inputs]
    return grad(along, *names, of=f"{output_name(read, None)}_dot")


class ListedNode(NamedTuple):
    """A node in words: its names, its formula in the names of its operands (none for an input), and its shape."""

    names: tuple[str, ...]
    formula: str
    shape: str


def listing(graph: Source, /) -> dict[int, ListedNode]:
    """Give the nodes of a graph, but for constants, a line each.

    Shapes are as they are written. Raises ParseError for text that cannot be read. Source: the table's notation.

    >>> listing("x * sin(x)")[1]
    ListedNode(names=('v1',), formula='sin(x)', shape='()')
    """
    from graphgrad.core.shapes import show
    from graphgrad.frontend.printers import text

    read, lines = as_graph(graph), dict[int, ListedNode]()
    whole = frozenset(range(len(read)))
    for i, node in enumerate(read.nodes):
        if node.op != "const":
            names = dict.fromkeys([read.label(i), *read.names.get(i, ())])
            lines[i] = ListedNode(tuple(names), text(read, i, whole) if node.operands else "", show(node.shape))
    return lines
