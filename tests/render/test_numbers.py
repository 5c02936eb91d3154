"""Every number that a film shows, derived once more by sympy, from nothing but the program's text."""

import mpmath as mp
import pytest
import sympy as sp
from hypothesis import example, given, settings
from programs import Program, scalars

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


@settings(max_examples=10)
@given(scalars())
@example(Program("z = log(1.5 + sin(tan(acosh(2.5 + sin(-x1)))))", {}, {"x1": 3.7e-05}))  # beside a pole
def test_every_number_is_sympys(program):
    check_numbers(program)


@pytest.mark.slow
@settings(max_examples=300)
@given(scalars())
def test_every_number_of_three_hundred_films_is_sympys(program):
    check_numbers(program)
