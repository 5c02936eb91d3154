"""The public verbs, composed from the rooms. Wherever a graph is wanted, its text will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.core.display import register
from graphgrad.core.graph import Graph
from graphgrad.execute import trace as _trace
from graphgrad.execute.trace import Trace
from graphgrad.frontend.parse import parse
from graphgrad.transform import (
    cost as _cost,
    derive as _derive,
    grad as _grad,
    hessian as _hessian,
    jvp as _jvp,
    rewrite as _rewrite,
    scalarize as _scalarize,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphgrad.compile.compiled import Compiled
    from graphgrad.render.film import Film, Picture
    from graphgrad.render.scene import Math
    from graphgrad.verify.verdicts import Finding, Report

Source = Graph | str


def capture(function: Callable[..., Any], shapes: Mapping[str, Any] | None = None, /, **more: Any) -> Graph:
    """Run an ordinary NumPy function on graph handles; its parameters become inputs. See `parse` for shapes.

    >>> import numpy as np
    >>> print(capture(lambda x1, x2: np.log(x1 * x2) * np.sin(x2)))
    log(x1 * x2) * sin(x2)
    """
    from graphgrad.frontend.capture import capture as run_on_handles

    return run_on_handles(function, shapes, **more)


def from_sympy(expression: Any) -> Graph:
    """Read a sympy expression.

    >>> import sympy
    >>> print(from_sympy(sympy.sympify("sin(x)/y")))
    sin(x) / y
    """
    from graphgrad.frontend.from_sympy import from_sympy as read

    return read(expression)


def grad(graph: Source, /, *wrt: str, of: str | None = None) -> Graph:
    """Give the graph of a scalar output and its gradient: outputs `z`, `dz_dx1`, ... (all float inputs by default).

    >>> list(grad("log(x1*x2)*sin(x2)").outputs)
    ['z', 'dz_dx1', 'dz_dx2']
    """
    return _grad.grad(as_graph(graph), *wrt, of=of)


def vjp(graph: Source, cotangent: str | None = None, /, *wrt: str, of: str | None = None) -> Graph:
    """Give the graph of an output of any shape and its product with a cotangent: ones, or a new input of that name.

    >>> list(vjp(parse("X @ w", X=("N", 2), w=2), "u", "w").outputs)
    ['z', 'dz_dw']
    """
    return _grad.vjp(as_graph(graph), cotangent, *wrt, of=of)


def jvp(graph: Source, /, *wrt: str, of: str | None = None) -> Graph:
    """Give the graph of an output and its tangent `z_dot`, for tangent inputs `x_dot`.

    >>> list(jvp("x * y", "x").inputs)
    ['x', 'y', 'x_dot']
    """
    return _jvp.jvp(as_graph(graph), *wrt, of=of)


def hessian(graph: Source, /, *wrt: str, of: str | None = None) -> Graph:
    """Give the graph of a scalar output, its gradient, and all second derivatives `d2z_dx_dy`.

    >>> list(hessian("x**2 * y", "x").outputs)
    ['z', 'dz_dx', 'd2z_dx_dx']
    """
    return _hessian.hessian(as_graph(graph), *wrt, of=of)


def simplify(graph: Source, /) -> Graph:
    """Give a graph of the same values with less to compute.

    >>> print(simplify("x * 1 + 0"))
    z = x
    """
    return _rewrite.simplify(as_graph(graph))


def scalarize(graph: Source, /) -> Graph:
    """Give the scalar graph of a tensor graph, entry by entry.

    >>> print(scalarize(parse("sum(W @ x)", W=(1, 2), x=2)))
    W_0_0 * x_0 + W_0_1 * x_1
    """
    return _scalarize.scalarize(as_graph(graph))


def cost(graph: Source, /, *wrt: str, sizes: Mapping[str, int] | None = None) -> _cost.Cost:
    """Count the arithmetic of a graph and of its gradient; `sizes` gives named dimensions.

    >>> round(cost("log(x1*x2)*sin(x2)").ratio, 2)
    1.5
    """
    return _cost.cost(as_graph(graph), *wrt, sizes=sizes)


def latex(graph: Source, /) -> str:
    r"""Write a graph as LaTeX, one aligned line a statement.

    >>> print(latex("sqrt(x1)"))
    \begin{aligned}
    z &= \sqrt{x_{1}}
    \end{aligned}
    """
    from graphgrad.frontend.latex import latex as write

    return write(as_graph(graph))


def closed_form(graph: Source, output: str | None = None, /) -> Graph | None:
    """Give an output as one simplified expression of the inputs; None for tensors and for large graphs.

    >>> print(closed_form(grad("log(x1*x2)*sin(x2)"), "dz_dx1"))
    sin(x2) / x1
    """
    from graphgrad.execute.closed_form import closed_form as find

    read = as_graph(graph)
    return find(read, _grad.output_name(read, output))


def derive(graph: Source, /, *wrt: str) -> _derive.Derivation:
    """Derive a gradient by hand, one chain-rule line a node, ending in the closed form; print it, or take `.latex`.

    >>> print(derive("sin(x**2)", "x"))
    v1 = x ** 2
    z = sin(v1)
    <BLANKLINE>
    (1) dz/dx = dv1/dx * cos(v1)
    (2) dv1/dx = 1 * (2 * x) = 2 * x
    put together: dz/dx = 2 * x * cos(v1) = 2 * x * cos(x ** 2)
    """
    from graphgrad.execute.closed_form import closed_form as find

    return _derive.derive(as_graph(graph), *wrt, closed=find)


def trace(graph: Source, values: Mapping[str, Any] | None = None, /, *, dtype: Any = np.float64, **more: Any) -> Trace:
    """Run a graph forward and backward on values; gives its value, its gradient, and an iterable of all steps.

    >>> trace("g * m", {"g": 9.81, "m": 2}).value
    19.62
    """
    given = {**(values or {}), **more}
    return _trace.trace(as_graph(graph, given), given, dtype=dtype)


def animate(  # noqa: PLR0913  (all but the first two are keywords)
    graph: Source,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    by: str = "contribution",
    labels: str = "both",
    theme: str = "light",
    proof: bool = True,
    **more: Any,
) -> Film:
    """Film backpropagation at given values: forward, seed, and backward one contribution (or one node) a frame.

    `labels` is "symbols", "numbers" or "both"; `theme` "light", "dark", "print" or a TOML file. With `proof`, the last
    frame carries the verdict on each gradient. Save it with `.save`, to .html, .gif, .svg, .png and more.

    >>> film = animate("log(x1*x2)*sin(x2)", x1=0.5, x2=0.75)
    >>> len(film.frames)
    15
    """
    from graphgrad.render.film import film

    traced = trace(graph, values, **more)
    badges = verdicts(traced.graph) if proof else None
    return film(traced, closed_forms=closed_forms(traced), verdicts=badges, by=by, labels=labels, theme=theme)


def show(graph: Source, /, *, theme: str = "light") -> Picture:
    """Draw a graph, without values. Save it with `.save`, to .svg, .png, .dot, .pdf and more.

    >>> show("log(x1*x2)*sin(x2)").svg().startswith("<svg")
    True
    """
    from graphgrad.render.picture import picture

    return picture(as_graph(graph), theme=theme)


def compile(graph: Source, /, target: str = "numpy", dtype: str = "float64") -> Compiled:  # noqa: A001
    """Compile a graph to a function of readable source that runs without graphgrad; `.source`, `.save("step.py")`.

    A gradient graph gives `value, grads`, one output its value, other outputs a dictionary by name. Raises TargetError
    for a target that does not exist or is not installed.

    >>> f = compile(grad("log(x1*x2)*sin(x2)"))
    >>> value, grads = f(x1=0.5, x2=0.75)
    >>> round(grads["x1"], 4)
    1.3633
    """
    from graphgrad.compile.compile import compile as translate

    return translate(as_graph(graph), target=target, dtype=dtype)


def verify(graph: Source, /, *, timeout: float = 10.0) -> Report:
    """Give the verdict on every gradient of a scalar program, with its reason; `report.ok`, `report["x1"].verdict`.

    `timeout` (seconds, for the whole call) is kept; what is not decided by then is UNKNOWN, never wrong.

    >>> verify("log(x1*x2)*sin(x2)").ok
    True
    """
    from graphgrad.verify.graphs import verify as examine

    return examine(as_graph(graph), timeout=timeout)


def check(graph: Source, claims: Mapping[str, Any] | None = None, /, *, timeout: float = 10.0, **more: Any) -> Report:
    """Give the verdict on somebody's gradient: an expression, a derivation as lines, a number, or a function.

    A wrong one is REFUTED with a witness: a point, the claimed and the true value there.

    >>> report = check("log(x1*x2)*sin(x2)", x1="sin(x2)/x1", x2="cos(x2)")
    >>> [str(finding.verdict) for finding in report.values()]
    ['PROVED', 'REFUTED']
    """
    from graphgrad.verify.claims import check as judge

    return judge(as_graph(graph), {**(claims or {}), **more}, timeout=timeout)


def equivalent(
    one: Source, other: Source, shapes: Mapping[str, Any] | None = None, /, *, timeout: float = 10.0
) -> Finding:
    """Give the verdict on whether two expressions have the same value.

    >>> str(equivalent("log(x*y)", "log(x) + log(y)").verdict)
    'PROVED'
    """
    from graphgrad.verify.equivalence import equivalent as judge

    return judge(one, other, dict(shapes or {}), timeout=timeout)


def grade(claims: Any, /, **options: Any) -> Report:
    """Judge many claims at once, in parallel processes: a .csv or .jsonl file, or a list of mappings.

    Each claim has the keys expression, variable and claim; findings come by number. `timeout` (seconds) is for each
    claim, `processes` how many run at a time, `progress` is called with (done, total).

    >>> grade([{"expression": "x**2", "variable": "x", "claim": "2*x"}], processes=1).ok
    True
    """
    from graphgrad.verify.grading import grade as judge

    return judge(claims, **options)


def as_graph(graph: Source, values: Mapping[str, Any] | None = None) -> Graph:
    """Give a graph; text is parsed, with the shapes of values where they are arrays."""
    if isinstance(graph, Graph):
        return graph
    shapes = {name: np.shape(value) for name, value in (values or {}).items()}
    return parse(graph, shapes)


def closed_forms(traced: Trace) -> dict[str, Math]:
    """Give the closed form of each input's derivative, as LaTeX and as text, where there is one."""
    from graphgrad.execute.closed_form import closed_form as find
    from graphgrad.frontend.latex import latex as write
    from graphgrad.frontend.printers import text
    from graphgrad.render.scene import Math

    output = _grad.output_name(traced.graph, None)
    named = {name: _grad.derivative_name(output, name) for name in traced.graph.inputs}
    found = {name: find(traced.gradient, d) for name, d in named.items() if d in traced.gradient.outputs}
    return {
        name: Math(write(form, form.output), text(form, form.output))
        for name, form in found.items()
        if form is not None
    }


def verdicts(graph: Graph) -> dict[str, tuple[str, bool]]:
    """Give each input's verdict, and whether it is good news; nothing where a graph has no scalar output."""
    from graphgrad.core.errors import GraphgradError

    try:
        return {name: (str(finding.verdict), finding.ok) for name, finding in verify(graph, timeout=2.0).items()}
    except GraphgradError:
        return {}


def _last_frame(traced: Trace) -> str:
    from graphgrad.render.film import film

    return film(traced).frames[-1].svg()


register("Graph", "image/svg+xml", lambda graph: show(graph).svg())
register("Trace", "image/svg+xml", _last_frame)
register("Trace", "text/plain", lambda traced: f"value {traced.value}, gradient {dict(traced.grad)}")
