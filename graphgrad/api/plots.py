"""Plots of functions, with what other rooms know of them: values, derivatives and closed forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.api.source import Source, as_graph
from graphgrad.core.errors import ShapeError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.numerals import general
from graphgrad.transform.grad import derivative_name, output_name, vjp

if TYPE_CHECKING:
    from graphgrad.render.plots.plot import Drawn, Plot
    from graphgrad.render.plots.sampling import Function
    from graphgrad.render.scene.scene import Math


def plot(*functions: Source, derivative: bool = True, theme: str = "light", **values: Any) -> Plot:
    """Draw functions of one number, and their derivatives, side by side: `plot("tanh(x)", "relu(x)", x=(-3, 3))`.

    The variable is the one that has two ends; other inputs have numbers. Where a function has no value there is no
    line, and none is drawn over a jump or a pole. Save it with `.save`, to .svg, .png, .pdf, .tex or .dot. Sizes are
    points. Raises UsageError where no variable has ends or an input has no number, ShapeError for arrays. Source:
    compiled values and derivatives at 601 places and more beside jumps.

    >>> plot("relu(x)", x=(-3, 3)).caption
    'relu(x) with derivative where(x > 0, 1, 0), for x from -3 to 3.'
    """
    from graphgrad.render.drawing.style import style
    from graphgrad.render.plots.plot import Plot

    look, (variable, ends), fixed = style(theme), *_variable(values)
    if not functions:
        raise UsageError("there is nothing to plot", hint='plot("tanh(x)", x=(-3, 3))')
    drawn = [_drawn(as_graph(function), variable, ends, fixed, derivative=derivative) for function in functions]
    return Plot(drawn, variable, ends, look)


def _variable(values: dict[str, Any]) -> tuple[tuple[str, tuple[float, float]], dict[str, float]]:
    """Give the variable with its two ends, and the numbers of the others."""
    ranges = {name: value for name, value in values.items() if np.shape(value) == (2,)}
    if len(ranges) != 1:
        found = " and ".join(ranges) or "none has"
        raise UsageError(f"one variable has two ends; here: {found}", hint="such as x=(-3, 3)")
    ((name, value),) = ranges.items()
    low, high = (float(end) for end in value)
    if not (np.isfinite([low, high]).all() and low < high):
        raise UsageError(
            f"'{name}' goes from a lesser number to a greater one, not from {general(low)} to {general(high)}"
        )
    fixed = {other: number for other, number in values.items() if other != name}
    if wrong := [other for other, number in fixed.items() if np.ndim(number)]:
        raise ShapeError(f"'{wrong[0]}' must be one number here, not an array")
    return (name, (low, high)), fixed


def _drawn(
    graph: Graph, variable: str, ends: tuple[float, float], fixed: dict[str, float], *, derivative: bool
) -> Drawn:
    from graphgrad.execute.closed_form import closed_form
    from graphgrad.render.plots.plot import Drawn
    from graphgrad.render.plots.sampling import pieces

    graph.input(variable)
    known = {**graph.given, **fixed}
    if lacking := [name for name in graph.inputs if name != variable and name not in known]:
        raise UsageError(f"no value for '{lacking[0]}'", hint=f"give one, as in {lacking[0]}=0.5")
    if any(node.shape for node in graph.nodes):
        raise ShapeError("a plot is of numbers, and this program has arrays", hint="gg.show draws its graph")
    fed = {name: float(known[name]) for name in graph.inputs if name != variable}
    output = output_name(graph, None)
    formula = _written(graph, graph.outputs[output])
    values = pieces(_function(graph, output, variable, fed), *ends)
    if not derivative:
        return Drawn(formula, values)
    gradient, name = vjp(graph, None, variable), derivative_name(output, variable)
    form = closed_form(gradient, name)
    closed = _written(form, form.output) if form is not None else None
    value, slope = _function(graph, output, variable, fed), _function(gradient, name, variable, fed)

    def slope_of_values(places: Any) -> Any:
        """The derivative where the function has a value: 1/x is that of log(x) for x > 0 alone."""
        return np.where(np.isfinite(value(places)), slope(places), np.nan)

    return Drawn(formula, values, closed, pieces(slope_of_values, *ends))


def _function(graph: Graph, output: str, variable: str, fed: dict[str, float]) -> Function:
    """Give an output as a function of arrays of places, nan where it has no value."""
    from graphgrad.compiler.compile import compile as compiled
    from graphgrad.core.builder import Builder

    alone = Builder(graph).build({output: graph.outputs[output]})
    run = compiled(alone)

    def function(places: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.broadcast_to(run(**{**fed, variable: places}), np.shape(places))

    return function


def _written(graph: Graph, node: int) -> Math:
    from graphgrad.frontend.latex import latex
    from graphgrad.frontend.printers import text
    from graphgrad.render.scene.scene import Math

    return Math(latex(graph, node), text(graph, node))
