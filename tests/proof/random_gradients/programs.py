"""Random programs: formulas of scalars, smooth and in pieces, and losses of arrays with named dimensions."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

SMOOTH = (
    "sin({0})", "cos({0})", "exp({0})", "tanh({0})", "sigmoid({0})", "log({0})", "sqrt({0})", "atan({0})", "erf({0})",
    "softplus({0})", "square({0})", "log1p({0})", "expm1({0})", "cosh({0})", "sinh({0})", "reciprocal({0})",
    "cbrt({0})", "log10({0})", "exp(-({0})**2)", "1/(1 + ({0})**2)", "log(1 + ({0})**2)", "silu({0})",
)  # fmt: skip
PIECES = (
    "relu({0})", "abs({0})", "leaky_relu({0})", "elu({0})", "relu(-({0}))", "clip({0}, {c}, {d})", "maximum({0}, {c})",
    "minimum({0}, {c})", "where({0} > {c}, {0}, {1})", "where({1} <= {c}, {0}**2, {1})", "maximum({0}, {1})",
    "minimum({0}, {1})", "where(({0} > {c}) & ({1} < {d}), {0}, {1}**2)", "abs({0} - {c})", "relu({0} - {c})",
    "sqrt(({0} - {c})**2)", "where({0} > {c}, sqrt({0} - {c}), {1})", "where(relu({d} - {0}) > 0, {0}**2, {1})",
)  # fmt: skip
JOINED = (
    "{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "{0} * {1}", "({0})**2 * {1}", "({0})**3 - {1}",
    "{0} / (1 + ({1})**2)", "{0} + {c}*{1}", "({0} - {1})**2 / {d}", "hypot({0}, {1})", "{0} * {0} * {1}",
)  # fmt: skip
NUMBERS = ("0", "1", "2", "3", "-1", "0.5", "1/3", "7", "-2", "0.1", "30", "1e-3", "40", "-5", "1000", "1.25")


class Base(NamedTuple):
    """A program, and the shapes of its inputs."""

    program: str
    shapes: dict


def constant(dice):
    return dice.choice(NUMBERS)


def formula(dice, depth, patterns):
    """A random formula of x, y and z."""
    if depth == 0:
        return dice.choice(["x", "x", "x", "y", "y", "z", f"{dice.randint(2, 9)}*x", f"(x + {dice.randint(1, 5)})"])
    if dice.random() < 0.5:
        return f"({_filled(dice, dice.choice(JOINED), depth, patterns)})"
    return f"({_filled(dice, dice.choice(patterns), depth, patterns)})"


def _filled(dice, pattern, depth, patterns):
    first, second = formula(dice, depth - 1, patterns), formula(dice, dice.randint(0, depth - 1), patterns)
    low, high = sorted((constant(dice), constant(dice)), key=lambda n: float(Fraction(n)))
    return pattern.format(first, second, c=low, d=high if float(Fraction(high)) else "2")


def scalar(dice):
    """A random program of scalars: three in five are smooth."""
    patterns = SMOOTH if dice.random() < 0.6 else SMOOTH[:12] + PIECES
    while True:
        made = formula(dice, dice.choice([1, 1, 2, 2, 2, 3]), patterns)
        if "x" in made.replace("exp", ""):
            return Base(made[1:-1] if made[0] == "(" else made, {})


def _of(text, **shapes):
    return Base(text, shapes)


N, NK, KC = "N", ("N", 3), (3, 4)
ARRAYS = [  # a loss, and right gradients of its inputs as people write them
    (_of("mean(square(X @ w - y))", X=NK, w=3, y=N), {
        "w": "2*X.T @ (X @ w - y)/size(y)", "X": "2*outer(X @ w - y, w)/size(y)", "y": "-2*(X @ w - y)/size(y)"}),
    (_of("sum(square(X @ w - y))/2", X=NK, w=3, y=N), {"w": "X.T @ (X @ w - y)", "y": "y - X @ w"}),
    (_of("mean(square(x - y))", x=N, y=N), {"x": "2*(x - y)/size(x)", "y": "2*(y - x)/size(y)"}),
    (_of("mse(x, y)", x=N, y=N), {"x": "2*(x - y)/size(x)"}),
    (_of("var(x)", x=N), {"x": "2*(x - mean(x))/size(x)"}),
    (_of("std(x)", x=N), {"x": "(x - mean(x))/size(x)/std(x)"}),
    (_of("logsumexp(x)", x=N), {"x": "softmax(x)"}),
    (_of("sum(softmax(x)*y)", x=N, y=N), {"x": "softmax(x)*(y - sum(softmax(x)*y))", "y": "softmax(x)"}),
    (_of("norm(x)", x=N), {"x": "x/norm(x)"}),
    (_of("sum(x)/size(x)**2", x=N), {"x": "1/size(x)**2"}),
    (_of("mean(log(1 + exp(X @ w)) - y*(X @ w))", X=NK, w=3, y=N), {"w": "X.T @ (sigmoid(X @ w) - y)/size(y)"}),
    (_of("mean(exp(x)*y)", x=N, y=N), {"x": "exp(x)*y/size(x)", "y": "exp(x)/size(x)"}),
    (_of("sum(x*y)/sum(y)", x=N, y=N), {"x": "y/sum(y)", "y": "(x - sum(x*y)/sum(y))/sum(y)"}),
    (_of("mean(relu(x - c))", x=N, c=()), {"x": "(x > c)/size(x)", "c": "-mean(number(x > c))"}),
    (_of("mean(abs(x - y))", x=N, y=N), {"x": "sign(x - y)/size(x)"}),
    (_of("sum(square(x - mean(x)))", x=N), {"x": "2*(x - mean(x))"}),
    (_of("mean(square(tanh(X @ w + b) - y))", X=NK, w=3, b=(), y=N), {
        "w": "2*X.T @ ((tanh(X @ w + b) - y)*(1 - tanh(X @ w + b)**2))/size(y)",
        "b": "2*mean((tanh(X @ w + b) - y)*(1 - tanh(X @ w + b)**2))"}),
    (_of("mean(square(X @ W - Y))", X=NK, W=KC, Y=("N", 4)), {
        "W": "2*X.T @ (X @ W - Y)/size(Y)", "X": "2*(X @ W - Y) @ W.T/size(Y)"}),
    (_of("sum(square(X @ W + b))", X=NK, W=KC, b=4), {
        "W": "2*X.T @ (X @ W + b)", "b": "2*sum(X @ W + b, axis=0)", "X": "2*(X @ W + b) @ W.T"}),
    (_of("mean(logsumexp(S, axis=1) - sum(S*T, axis=1))", S=("N", 4), T=("N", 4)), {
        "S": "(softmax(S, axis=1) - T)/size(S, axis=0)"}),
    (_of("prod(x)", x=3), {"x": "prod(x)/x"}),
    (_of("u @ A @ v", u=2, A=(2, 3), v=3), {"A": "outer(u, v)", "u": "A @ v", "v": "A.T @ u"}),
    (_of("sum(exp(x)/y)", x=3, y=(2, 1)), {"x": "exp(x)*sum(1/y)", "y": "-sum(exp(x)/y**2, axis=1, keepdims=True)"}),
    (_of("sum(A*c)", A=(2, 3), c=()), {"A": "ones_like(A)*c", "c": "sum(A)"}),
    (_of("max(x)*y", x=3, y=()), {"y": "max(x)"}),
    (_of("sum(square(x[1:] - x[:-1]))", x=5), {
        "x": "2*(concatenate([x[:1]*0, x[1:] - x[:-1]]) - concatenate([x[1:] - x[:-1], x[:1]*0]))"}),
]  # fmt: skip
SIZES = ({"N": 3}, {"N": 5}, {"N": 6}, {"N": 9})


def shaped(base, sizes):
    """The shapes of a base's inputs, named dimensions replaced."""
    found = {}
    for name, shape in base.shapes.items():
        parts = shape if isinstance(shape, tuple) else (shape,)
        found[name] = tuple(sizes.get(part, part) for part in parts)
    return found


RANGES = ((0.2, 2.5), (-2.5, -0.2), (-3, 3), (2, 9), (-9, 9), (20, 60), (-60, -20), (-1, 1))


def points(dice, base, names=(), rounds=1):
    """Random exact points: every range in turn, all inputs alike, and each of another range."""
    names = names or tuple(base.shapes)
    for _ in range(rounds):
        for low, high in RANGES:
            yield _point(dice, base, names, lambda a=low, b=high: (a, b))
        for _ in range(3):
            yield _point(dice, base, names, lambda: dice.choice(RANGES))


def _point(dice, base, names, chosen):
    shapes = shaped(base, dice.choice(SIZES))
    point = {}
    for name in names:
        low, high = chosen()
        held = np.empty(shapes.get(name, ()), dtype=object)
        for place in np.ndindex(*held.shape):
            held[place] = Fraction(round(dice.uniform(low, high) * 997), 997)
        point[name] = held
    return point
