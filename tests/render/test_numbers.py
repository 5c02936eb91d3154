"""Every number that a film shows, derived once more: by sympy, or of arrays by NumPy's differences."""

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import Phase, assume, example, given, settings
from oracle import NUMPY
from programs import Program, scalars, tensors

from graphgrad.core.graph import Graph
from graphgrad.core.numerals import numeral
from graphgrad.execute.trace import trace
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import text
from graphgrad.render.backprop.film import film
from graphgrad.render.drawing.shapes import Ink
from graphgrad.render.scene.scene import Value

SAME = ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
        "exp", "log", "sqrt", "erf", "pi")  # fmt: skip
T = sp.Symbol("t")
MEANING = {
    **{name: getattr(sp, name) for name in SAME},
    "square": lambda a: a**2,
    "reciprocal": lambda a: 1 / a,
    "expm1": lambda a: sp.exp(a) - 1,
    "log1p": lambda a: sp.log(1 + a),
    "log2": lambda a: sp.log(a) / sp.log(2),
    "log10": lambda a: sp.log(a) / sp.log(10),
    "cbrt": lambda a: a ** sp.Rational(1, 3),
    "xlogy": lambda a, b: a * sp.log(b),
    "log1mexp": lambda a: sp.log(1 - sp.exp(a)),
    "logaddexp": lambda a, b: sp.log(sp.exp(a) + sp.exp(b)),
    "exprel": lambda a, order=0: (
        (sp.exp(a) - 1) / a if not order else (sp.exp(a) - order * MEANING["exprel"](a, order - 1)) / a
    ),
    "sinrel": lambda a, order=0: sp.diff(sp.sin(T) / T, T, order).subs(T, a),
    "erfc": lambda a: 1 - sp.erf(a),
    "sech2": lambda a: 1 / sp.cosh(a) ** 2,
    "sigmoid": lambda a: 1 / (1 + sp.exp(-a)),
    "softplus": lambda a: sp.log(1 + sp.exp(a)),
    "gelu": lambda a: a * (1 + sp.erf(a / sp.sqrt(2))) / 2,
    "silu": lambda a: a / (1 + sp.exp(-a)),
    "hypot": lambda a, b: sp.sqrt(a**2 + b**2),
    "negative": lambda a: -a,
    "e": sp.E,
}


class Derived:
    """The values of nodes, partials and adjoints by sympy, to 40 digits."""

    def __init__(self, graph: Graph, point: dict[str, float]) -> None:
        self.graph, self.point = graph, point
        self.symbols = {graph.label(i): sp.Symbol(f"n{i}") for i in range(len(graph))}
        self.value: dict[int, mp.mpf] = {}
        for i, node in enumerate(graph.nodes):
            exact = mp.mpf(point[node.value]) if node.op == "input" else None
            self.value[i] = exact if exact is not None else self.at(self.read(i, frozenset(range(len(graph)))))

    def read(self, node: int, stop: frozenset[int]) -> sp.Expr:
        names = {**self.symbols, **MEANING}  # pi is a number, whatever it is called
        return sp.sympify(eval(text(self.graph, node, stop), {"np": None}, names))  # noqa: S307  (our own printer's text)

    def at(self, expression: sp.Expr) -> mp.mpf:
        points = {self.symbols[self.graph.label(i)]: v for i, v in self.value.items()}
        return mp.mpf(sp.N(expression.subs({s: sp.Float(str(v), 45) for s, v in points.items()}), 40))

    def partial(self, consumer: int, slot: int) -> mp.mpf:
        """The derivative by one slot alone: its operand gets a symbol of its own."""
        node = self.graph.nodes[consumer]
        label, receiver = self.graph.label(consumer), node.operands[slot]
        own = sp.Dummy()
        fresh = {f"o{k}": own if k == slot else self.symbols[self.graph.label(o)] for k, o in enumerate(node.operands)}
        operands = tuple(range(len(node.operands)))
        inputs = tuple(
            self.graph.nodes[o]._replace(op="input", operands=(), attrs=(("name", f"o{k}"),))
            for k, o in enumerate(node.operands)
        )
        alone = Graph(
            (*inputs, node._replace(operands=operands)), {f"o{k}": k for k in operands}, {label: len(operands)}
        )
        expression = eval(text(alone, len(operands)), {"np": None}, {**MEANING, **fresh})  # noqa: S307
        return self.at(sp.diff(expression, own).subs(own, self.symbols[self.graph.label(receiver)]))


def check_numbers(program):
    traced = trace(parse(program.text), program.values)
    made, adjoints = film(traced), traced.adjoints
    with mp.workdps(40):
        derived = Derived(traced.graph, program.values)
        expected = {**derived.value, adjoints.seed: mp.mpf(1)}
        total = {adjoints.output: mp.mpf(1)}
        for c in adjoints.contributions:
            partial = derived.partial(c.consumer, c.slot)
            contribution = total[c.consumer] * partial
            total[c.receiver] = total.get(c.receiver, mp.mpf(0)) + contribution
            for node, value in ((c.partial, partial), (c.node, contribution), (c.total, total[c.receiver])):
                if node not in expected:
                    expected[node] = value
        shown = {
            p.node
            for f in made.frames
            for s in f.shapes
            if isinstance(s, Ink)
            for p in s.phrase
            if isinstance(p, Value)
        }
        for node in shown:
            size = max(abs(v) for v in expected.values())
            apart = float(1e-15 * max(1000, size))  # roundings grow with the largest derivative, as beside a pole
            assert mp.almosteq(expected[node], mp.mpf(float(traced.values[node])), apart, 1e-13 * size), node
            near = {str(numeral(float(expected[node]) * (1 + wobble))) for wobble in (-apart, 0, apart)}
            assert str(numeral(traced.values[node])) in near or abs(expected[node]) < 1e-12 * size


@settings(max_examples=3)
@given(scalars())
@example(Program("z = log(1.5 + sin(tan(acosh(2.5 + sin(-x1)))))", {}, {"x1": 3.7e-05}))  # beside a pole
def test_every_number_is_sympys(program):
    check_numbers(program)


@pytest.mark.campaign
@settings(max_examples=300)
@given(scalars())
def test_every_number_of_three_hundred_films_is_sympys(program):
    check_numbers(program)


class Differences:
    """The values of nodes by NumPy, and what is passed back by differences of the lines' texts."""

    def __init__(self, graph: Graph, point: dict[str, np.ndarray]) -> None:
        self.graph, self.all = graph, frozenset(range(len(graph)))
        self.value: list[np.ndarray] = []
        for i, node in enumerate(graph.nodes):
            given = node.op == "input"
            self.value.append(np.asarray(point[node.value] if given else self.read(graph, i, self.value)))

    def read(self, graph: Graph, node: int, operands: list[np.ndarray]) -> np.ndarray:
        names = dict(zip(graph.labels, operands, strict=False))
        return eval(text(graph, node, self.all), dict(NUMPY), names)  # noqa: S307  (our own printer's text)

    def slopes(self, consumer: int, slot: int, weights: np.ndarray) -> np.ndarray:
        """The derivative of a weighted sum of a node's entries, by one slot alone."""
        node = self.graph.nodes[consumer]
        inputs = [self.graph.nodes[o]._replace(op="input", operands=(), attrs=(("name", f"o{k}"),))
                  for k, o in enumerate(node.operands)]  # fmt: skip
        last = len(inputs)
        names = {f"o{k}": k for k in range(last)}
        alone = Graph((*inputs, node._replace(operands=tuple(range(last)))), names, {"o": last})
        values = [self.value[o] for o in node.operands]

        def moved(place: tuple[int, ...], by: float) -> float:
            array = np.array(values[slot], float)
            array[place] += by
            return float(np.sum(weights * self.read(alone, last, [*values[:slot], array, *values[slot + 1 :]])))

        def slope(place: tuple[int, ...], h: float) -> float:
            near, far = (moved(place, k * h) - moved(place, -k * h) for k in (1, 2))
            return (8 * near - far) / (12 * h)

        found = np.zeros(np.shape(values[slot]))
        for place in np.ndindex(*found.shape):
            found[place] = slope(place, 1e-3)
            assume(abs(found[place] - slope(place, 3e-4)) < 1e-7 * (1 + abs(found[place])))  # no kink, and no pole near
        return found


def check_numbers_of_arrays(program):
    traced = trace(parse(program.text, program.shapes), program.values)
    made, adjoints = film(traced), traced.adjoints
    derived = Differences(traced.graph, program.values)
    expected = [*derived.value, *(None for _ in traced.values[len(derived.value) :])]
    expected[adjoints.seed] = np.float64(1)
    passed = {adjoints.output: np.float64(1)}
    for c in adjoints.contributions:
        found = derived.slopes(c.consumer, c.slot, passed[c.consumer])
        passed[c.receiver] = passed.get(c.receiver, 0) + found
        if c.partial is not None and expected[c.partial] is None and not traced.gradient.nodes[c.partial].shape:
            entries = np.ones(np.shape(derived.value[c.consumer]))  # of an array that all have one partial
            expected[c.partial] = np.sum(derived.slopes(c.consumer, c.slot, entries)) / entries.size
        for node, value in ((c.node, found), (c.total, passed[c.receiver])):
            if expected[node] is None and np.shape(value) == np.shape(traced.values[node]):
                expected[node] = value
    shown = {p for f in made.frames for s in f.shapes if isinstance(s, Ink) for p in s.phrase if isinstance(p, Value)}
    for piece in shown:
        number = piece.read(traced.values)
        if np.shape(number):
            continue  # told by its shape
        assert expected[piece.node] is not None, piece
        value, apart = float(piece.read(expected)), 1e-6 * max(1.0, abs(float(number)))
        assert abs(value - float(number)) <= apart, (piece, number, value)
        near = {str(numeral(value + w)) for w in np.linspace(-apart, apart, 9)}
        assert abs(value) < apart or str(numeral(float(number))) in near


@settings(max_examples=4, phases=(Phase.explicit, Phase.generate))
@given(tensors())
def test_every_number_of_arrays_is_numpys(program):
    check_numbers_of_arrays(program)


@pytest.mark.campaign
@settings(max_examples=100, phases=(Phase.explicit, Phase.generate))
@given(tensors())
def test_every_number_of_a_hundred_films_of_arrays_is_numpys(program):
    check_numbers_of_arrays(program)
