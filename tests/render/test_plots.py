"""Plots: every point that is drawn is on the function, nothing is drawn where there is none, files are written."""

from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

import graphgrad as gg
from graphgrad.cli.main import group
from graphgrad.render.drawing.shapes import Curve
from graphgrad.render.plots.sampling import pieces, window

SMOOTH = {
    "tanh(x)": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sin(x)*exp(-x**2)": (
        lambda x: np.sin(x) * np.exp(-(x**2)),
        lambda x: (np.cos(x) - 2 * x * np.sin(x)) * np.exp(-(x**2)),
    ),
    "relu(x)": (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "LReLU(x)": (lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1.0, 0.1)),
    "log(x)": (np.log, lambda x: 1 / x),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x**2),
}


@pytest.mark.parametrize("text", SMOOTH)
def test_every_point_is_on_the_function(text):
    (drawn,) = gg.plot(text, x=(-3, 3)).functions
    for graph, truth in zip((drawn.graph, drawn.slope), SMOOTH[text], strict=True):
        for x, y in graph:
            assert (np.diff(x) >= 0).all()
            inner = slice(1, -1)  # the ends of a piece are the sides of a jump
            np.testing.assert_allclose(y[inner], truth(x[inner]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("function", "breaks"),
    [
        (np.tanh, []),
        (np.sign, [0]),
        (np.floor, [-2, -1, 0, 1, 2]),
        (lambda x: 1 / x, [0]),
        (lambda x: 1 / (x - 1.2345678) ** 3, [1.2345678]),
        (np.tan, [-np.pi / 2, np.pi / 2]),
        (lambda x: np.where(x < 0.3, x, x + 0.5), [0.3]),
        (lambda x: np.tanh(1e4 * x), []),  # steep, and without a jump
    ],
)
@np.errstate(all="ignore")
def test_jumps_and_poles_are_not_joined(function, breaks):
    found = pieces(function, -2.9, 2.9)
    gaps = [(a[0][-1], b[0][0]) for a, b in pairwise(found)]
    assert len(gaps) == len(breaks)
    for (left, right), place in zip(gaps, breaks, strict=True):
        assert left - 1e-6 <= place <= right + 1e-6
        assert right - left < 0.02


@np.errstate(all="ignore")
def test_nothing_is_drawn_without_a_value():
    assert min(x.min() for x, _ in pieces(np.sqrt, -1.0, 1.0)) >= 0
    (drawn,) = gg.plot("log(x)", x=(-3, 3)).functions
    assert min(x.min() for x, _ in [*drawn.graph, *drawn.slope]) > 0
    assert pieces(lambda x: np.full(np.shape(x), np.nan), 0.0, 1.0) == []


def test_curves_stay_within_their_panel():
    plot = gg.plot("1/x", "tan(x)", x=(-3, 3))
    for shape in plot.shapes:
        if isinstance(shape, Curve):
            assert all(0 <= x <= plot.size.width and 0 <= y <= plot.size.height for x, y in shape.points)
    low, high = window([list(plot.functions[0].graph)])
    assert -50 < low < 0 < high < 50  # beside the pole values are thousands


def test_other_inputs_have_numbers():
    (drawn,) = gg.plot("a*x**2 + b", x=(0, 2), a=3, b=1).functions
    assert drawn.graph[0][1][-1] == pytest.approx(13)
    (drawn,) = gg.plot("a, b = 3, 1; a*x**2 + b", x=(0, 2)).functions
    assert drawn.graph[0][1][-1] == pytest.approx(13)


REFUSED = [
    ((), {"x": (0, 1)}, "nothing to plot"),
    (("sin(x)",), {}, "one variable has two ends; here: none has"),
    (("x*y",), {"x": (0, 1), "y": (0, 1)}, "one variable has two ends; here: x and y"),
    (("sin(x)",), {"x": (1, 0)}, "from a lesser number to a greater one, not from 1 to 0"),
    (("sin(x)",), {"x": (0, float("inf"))}, "to a greater one"),
    (("a*x",), {"x": (0, 1)}, "no value for 'a'"),
    (("a*x",), {"x": (0, 1), "a": [1, 2, 3]}, "'a' must be one number here"),
    (("sin(y)",), {"x": (0, 1)}, "the graph has no input 'x'"),
    ((gg.parse("sum(A)*x", A=3),), {"x": (0, 1)}, "no value for 'A'"),
    ((gg.parse("sum(A)*x", A=3),), {"x": (0, 1), "A": 1}, "a plot is of numbers"),
]


@pytest.mark.parametrize(("functions", "values", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_plotted_is_refused(functions, values, said):
    with pytest.raises(gg.GraphgradError, match=said):
        gg.plot(*functions, **values)


def test_the_command_writes_every_format(tmp_path):
    files = [tmp_path / f"p{suffix}" for suffix in (".svg", ".png", ".pdf", ".tex", ".dot")]
    asked = ["plot", "tanh(x)", "a*x", "a=2", "x=-3..pi", *(part for file in files for part in ("-o", str(file)))]
    told = CliRunner().invoke(group, asked, catch_exceptions=False)
    assert told.output.count("(2 functions)") == len(files)
    assert all(file.stat().st_size > 2000 for file in files)
    assert gg.plot("tanh(x)", x=(-3, 3))._repr_mimebundle_()["image/svg+xml"].startswith("<svg")
    for wrong in (["plot", "tanh(x)", "x=-3..3"], ["plot", "tanh(x)", "x=3", "-o", str(files[0])]):
        assert isinstance(CliRunner().invoke(group, wrong).exception, gg.UsageError)
