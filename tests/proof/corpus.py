"""Programs, and ways to spoil or to disguise their gradients: text, as a student or an optimizer writes it."""

import ast
from functools import cache
from typing import NamedTuple

import numpy as np

from graphgrad.core.errors import ShapeError
from graphgrad.execute.run import run
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import text
from graphgrad.transform.grad import derivative_name, differentiable, grad
from graphgrad.transform.rewrite import simplify


class Base(NamedTuple):
    """A program, its shapes, and a number inside the domain of every variable, off the kinks."""

    program: str
    shapes: dict
    inside: float = 0.7


SCALARS = [Base(program, {}) for program in (
    "log(x1*x2) * sin(x2)", "x * y + sin(x)", "x ** 3 - 2*x*y", "exp(-x**2) * y", "x / (1 + y**2)", "tanh(x*y + 0.5)",
    "sigmoid(w*x + b)", "log(1 + exp(x*y))", "sqrt(x**2 + y**2)", "x ** y", "atan2(y, x)", "sin(x)/x",
    "(x - y)**4 / (x + y)", "log(x)**2 * y", "softplus(x) - x*y", "gelu(x) * y", "cosh(x) - sinh(y)", "atan(x/y)",
    "exp(x) / (exp(x) + exp(y))", "y * silu(x)", "1 / (x*y*w)", "x*y*w + sin(x*y) + exp(w)", "cbrt(x) * y", "erf(x*y)",
    "asinh(x) * y", "log1p(x*y)", "expm1(x) / y", "hypot(x, y) * x", "xlogy(x, y)", "x*cos(y) - y*sin(x)",
    "h = tanh(w1*x + b1); w2*h + b2", "a = x*y; b = a*a; sin(b)/a", "(y - sigmoid(w*x))**2",
)] + [Base("asin(x) * y", {}, 0.3), Base("atanh(x*y)", {}, 0.3)]  # fmt: skip
KINKED = [Base(program, {}) for program in (
    "relu(x) * y", "abs(x) + x*y", "maximum(x, y) * x", "where(x > 0.25, x**2, x*y)", "leaky_relu(x*y)", "elu(x) + y*x",
    "minimum(x, y)**2", "clip(x, -1, 2) * y",
)]  # fmt: skip
ARRAYS = [
    Base("sum(x**2)", {"x": 3}), Base("sum(x * y)", {"x": 3, "y": 3}), Base("sum((X @ w - t)**2)", {"X": (3,
    2), "w": 2, "t": 3}),
    Base("mean((X @ W.T + b)**2)", {"X": (2, 3), "W": (2, 3), "b": 2}), Base("logsumexp(s)", {"s": 4}),
    Base("sum(softmax(S, axis=1) * T)", {"S": (2, 3), "T": (2, 3)}), Base("sum(tanh(X + b))", {"X": (2, 3), "b": 3}),
    Base("sum(A * c)", {"A": (2, 3), "c": ()}), Base("soft_cross_entropy(S, T)", {"S": (2, 3), "T": (2, 3)}),
    Base("norm(x) * sum(y)", {"x": 3, "y": 2}), Base("var(x)", {"x": 4}), Base("sum(sigmoid(X @ W) * b)",
    {"X": (2, 2), "W": (2, 3), "b": 3}),
    Base("prod(x) + sum(x)", {"x": 3}), Base("sum(exp(x) / y)", {"x": (3,), "y": (2, 1)}), Base("u @ A @ v",
    {"u": 2, "A": (2, 3), "v": 3}),
]  # fmt: skip


@cache
def _gradients(program, shapes):
    graph = parse(program, dict(shapes))
    derived = simplify(grad(graph))
    output = next(iter(graph.outputs))
    return graph, {n: text(derived, derived.outputs[derivative_name(output, n)]) for n in differentiable(graph)}


def gradients(base):
    """The right gradients of a base, as text, by input."""
    return _gradients(base.program, tuple(base.shapes.items()))[1]


# Ways to spoil: a new text from the right one, the variable, and a number inside the domain

SPOILERS = {
    "sign": "-({0})",
    "factor": "({0}) * 1.000001",
    "smaller factor": "({0}) * (1 - 1e-6)",
    "offset": "({0}) + 1e-12",
    "negative offset": "({0}) - 1e-12",
    "twice": "2 * ({0})",
    "half": "({0}) / 2",
    "a power more": "({0}) * {1}",
    "a power less": "({0}) / {1}",
    "squared": "({0}) ** 2 + 1",
    "plus itself": "({0}) + {1}",
    "wrong above": "where({1} > {2}, ({0}) + 1, {0})",
    "wrong below": "where({1} < {2}, ({0}) * 2 + 1, {0})",
    "wrong in a band": "where(({1} > {2}) & ({1} < {2} + 1e-6), ({0}) + 1e-3, {0})",
    "wrong at one number": "where({1} == {2}, ({0}) + 1, {0})",
    "wrong in a corner": "where(({1} > {2}) & ({1} * {1} < 2 * {2}), ({0}) - 1, {0})",
    "a smooth bump": "({0}) + 1e-6 * exp(-({1} - {2}) ** 2)",
    "sine ripple": "({0}) + 1e-9 * sin({1})",
    "rounded constant": "({0}) * 3.14159265358979 / pi",
    "float32 noise": "({0}) * (1 + 6e-8)",
    "large only": "where({1} > 4, ({0}) * 1.5 + 1, {0})",
    "saturated to zero": "where({1} > 30, ({0}) + 1e-9, {0})",
    "saturated below": "where({1} < -20, ({0}) + 1e-30, {0})",
    "beyond exp": "where(abs({1}) > 700, ({0}) * 0.5 - 1, {0})",
}
LARGE = {"large only", "saturated to zero", "saturated below", "beyond exp"}
ARRAY_SPOILERS = {
    "wrong axis": ("axis=1", "axis=0"), "not transposed": (".T", ""), "mean for sum": ("sum(", "mean("),
}  # fmt: skip


def spoiled(base):
    """(input, kind, wrong text) for every way to spoil a base's gradients."""
    for name, right in gradients(base).items():
        small = base.inside < 0.5
        for kind, pattern in SPOILERS.items():
            if (small or _positive_only(base)) and kind in LARGE:
                continue
            if base.shapes and kind == "wrong at one number":
                continue
            yield name, kind, pattern.format(right, name, base.inside)
        if base.shapes:
            yield from (made for made in _spoiled_array(base, name, right) if _really_wrong(base, right, made[2]))


def _really_wrong(base, right, wrong):
    """Whether a change of axes or entries changed anything; a shape that does not fit is no claim."""
    try:
        values = [_run(base, source) for source in (right, wrong)]
    except ShapeError:
        return False
    return values[0].shape != values[1].shape or not np.allclose(*values, rtol=1e-12, atol=0)


def _run(base, source):
    graph = parse(f"({source}) + 0 * ({base.program})", base.shapes)
    dice = np.random.default_rng(3)
    return np.asarray(
        run(graph, {n: dice.uniform(0.2, 1.8, graph.nodes[i].shape) for n, i in graph.inputs.items()})[graph.output]
    )


def _positive_only(base):
    """Whether large or negative values of an input are outside the program's domain."""
    return any(word in base.program for word in ("log(", "x ** y", "xlogy", "log1p", "asin(", "atanh"))


def _spoiled_array(base, name, right):
    shape = parse(base.program, base.shapes).nodes[parse(base.program, base.shapes).inputs[name]].shape
    if len(shape) == 1:
        for k in range(shape[0]):  # one entry
            yield name, f"entry {k}", f"({right}) + where(broadcast_like({name}[{k}], {name}) == {name}, 1e-7, 0)"
        yield name, "reversed", f"({right})[::-1] + 0 * {name}"
        yield name, "shifted", f"concatenate([({right})[1:], ({right})[:1]]) + 0 * {name}"
        yield name, "not summed", f"({right}) / {shape[0]}"
        yield name, "mean", f"broadcast_like(mean({right}), {name})"
    if len(shape) == 2:
        yield name, "row summed", f"broadcast_like(sum({right}, axis=0), {name})"
        yield name, "column mean", f"broadcast_like(mean({right}, axis=1, keepdims=True), {name})"
        yield name, "one row", f"concatenate([({right})[:1], 1.0001 * ({right})[1:]])"
        if shape[0] == shape[1]:
            yield name, "transposed", f"({right}).T"
    for kind, (old, new) in ARRAY_SPOILERS.items():
        if old in right and (wrong := right.replace(old, new, 1)) != right:
            yield name, kind, wrong


# Ways to disguise: rewrite calls and operators of the right text into something equal


class Disguise(ast.NodeTransformer):
    """Replaces functions and operators by equal expressions, written with $ for the argument (or $, % for two)."""

    def __init__(self, functions, operators=None):
        self.functions, self.operators = functions, operators or {}

    def visit_Call(self, node):
        self.generic_visit(node)
        pattern = self.functions.get(getattr(node.func, "id", ""))
        if pattern is None or len(node.args) != 1 or node.keywords:
            return node
        return _parsed(pattern.replace("$", f"({ast.unparse(node.args[0])})"))

    def visit_BinOp(self, node):
        self.generic_visit(node)
        pattern = self.operators.get(type(node.op))
        if pattern is None:
            return node
        return _parsed(pattern.replace("$", f"({ast.unparse(node.left)})").replace("%", f"({ast.unparse(node.right)})"))


def _parsed(source):
    return ast.parse(source, mode="eval").body


DISGUISES = {
    "tanh as exp": Disguise({"tanh": "(exp(2*$) - 1) / (exp(2*$) + 1)"}),
    "tanh by half": Disguise({"tanh": "2 * sigmoid(2*$) - 1"}),
    "sigmoid as tanh": Disguise({"sigmoid": "(1 + tanh($ / 2)) / 2"}),
    "sigmoid as exp": Disguise({"sigmoid": "exp($) / (1 + exp($))"}),
    "half angle": Disguise({"sin": "2 * sin($ / 2) * cos($ / 2)", "cos": "1 - 2 * sin($ / 2)**2"}),
    "cosine of double": Disguise({"cos": "2 * cos($ / 2)**2 - 1", "sin": "-sin(-$)"}),
    "exp as square": Disguise({"exp": "exp($ / 2)**2", "sqrt": "$ / sqrt($)"}),
    "exp as quotient": Disguise({"exp": "1 / exp(-$)", "log": "-log(1 / $)", "cosh": "(exp($) + exp(-$)) / 2"}),
    "log as half": Disguise({"log": "2 * log(sqrt($))", "sinh": "exp($) / 2 - exp(-$) / 2"}),
    "quotient turned": Disguise({}, {ast.Div: "$ * (1 / %)"}),
    "difference turned": Disguise({}, {ast.Sub: "-(% - $)"}),
    "sum by thirds": Disguise({}, {ast.Add: "($ / 3 + % / 3) * 3"}),
    "product by squares": Disguise({}, {ast.Mult: "(($ + %)**2 - ($ - %)**2) / 4"}),
}
WRAPPED = {
    "times one": "({0}) * (sin({1})**2 + cos({1})**2)",
    "plus nothing": "({0}) + (exp({1}) * exp(-{1}) - 1)",
    "divided back": "({0}) / (1 + {1}**2) + ({0}) * {1}**2 / (1 + {1}**2)",
    "cosh and sinh": "({0}) * (cosh({1})**2 - sinh({1})**2)",
    "by cases": "where({1} > 0.3, {0}, {0})",
    "log of exp": "log(exp({0}))",
}


def disguised(base):
    """(input, kind, equal text) for every disguise that changes anything."""
    for name, right in gradients(base).items():
        plain = ast.unparse(_parsed(right))
        for kind, disguise in DISGUISES.items():
            if (written := ast.unparse(disguise.visit(_parsed(right)))) != plain:
                yield name, kind, written
        for kind, pattern in WRAPPED.items():
            yield name, kind, pattern.format(right, name)
