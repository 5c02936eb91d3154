"""Independent oracles: what the language means in plain NumPy, and what a row means to any number of digits."""

from functools import cache
from operator import and_, not_, or_

import mpmath as mp
import numpy as np
import sympy as sp

from graphgrad.core.graph import Node
from graphgrad.core.op import Op
from graphgrad.core.ops import NAMES, OPS
from graphgrad.execute.kernels import kernel
from graphgrad.frontend.parse import parse

DIGITS = 50


def logsumexp(a, axis=None, *, keepdims=False):
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))


def softmax(a, axis=-1):
    return np.exp(a) / np.sum(np.exp(a), axis=axis, keepdims=True)


def gelu(a):
    return a * (1 + float(mp.erf(float(a) / np.sqrt(2)))) / 2


# The language as NumPy has it, and by their textbook formulas the functions that NumPy does not have.
NUMPY = {
    **{name: getattr(np, name) for name in NAMES if hasattr(np, name)},
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")},
    "abs": np.abs,
    "pi": np.pi,
    "e": np.e,
    "np": np,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "softplus": lambda a: np.log(1 + np.exp(a)),
    "relu": lambda a: np.maximum(a, 0),
    "leaky_relu": lambda a: np.where(a > 0, a, 0.1 * a),
    "elu": lambda a: np.where(a > 0, a, np.exp(a) - 1),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "gelu": gelu,
    "erf": lambda a: float(mp.erf(float(a))),
    "xlogy": lambda a, b: a * np.log(b),
    "log1mexp": lambda a: np.log(1 - np.exp(a)),
    "sinrel": lambda a: np.sin(a) / a,
    "erfc": lambda a: float(mp.erfc(float(a))),
    "exprel": lambda a: np.expm1(a) / a,
    "sech2": lambda a: 1 / np.cosh(a) ** 2,
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": lambda a, axis=-1: a - logsumexp(a, axis, keepdims=True),
    "norm": lambda a, axis=None, keepdims=False: np.sqrt(np.sum(a**2, axis=axis, keepdims=keepdims)),
}


def choose(condition, a, b):
    return a if condition else b


@cache
def meaning(name, attrs=()):
    """What an elementwise row means, as a function of mpmath numbers: its sympy column, or else its definition."""
    row: Op = OPS[name]
    symbols = sp.symbols(row.operands, real=True)
    if row.sympy:
        if row.boolean:
            return {"logical_and": and_, "logical_or": or_, "logical_not": not_, "number": mp.mpf, "where": choose}[
                name
            ]
        node = Node(name, (), attrs or tuple(row.attrs.items()), (), "float")
        return sp.lambdify(symbols, kernel(node, "sympy")(*symbols), "mpmath")
    definition = parse(row.define.replace("slope", "0.1").replace("alpha", "1"))
    return lambda *operands: evaluate(definition, dict(zip(row.operands, operands, strict=True)))[definition.output]


def evaluate(graph, values):
    """The value of every node of a scalar graph, as mpmath numbers of the working precision."""
    results = []
    for node in graph.nodes:
        if node.op == "input":
            results.append(mp.mpf(values[node.value]))
        elif node.op == "const":
            results.append({"pi": mp.pi, "e": mp.e}.get(str(node.value)) or mp.mpf(node.value))
        else:
            results.append(meaning(node.op, node.attrs)(*[results[o] for o in node.operands]))
    return results


def derivative(graph, values, wrt, order=1):
    """A derivative of a scalar graph's output, by numerical differentiation with 50 digits left."""
    with mp.workdps(3 * DIGITS):
        function = lambda x: evaluate(graph, {**values, wrt: x})[graph.output]  # noqa: E731
        return mp.diff(function, mp.mpf(values[wrt]), order)


def finite_difference(function, values, name, h=2e-3):
    """The gradient with respect to an array by the six-point stencil: error of order h**6."""
    base = np.asarray(values[name], float)
    gradient = np.zeros(base.shape)
    for place in np.ndindex(base.shape):
        total = 0.0
        for k, weight in ((1, 45), (2, -9), (3, 1)):
            for sign in (1, -1):
                moved = base.copy()
                moved[place] += sign * k * h
                total += sign * weight * float(function({**values, name: moved}))
        gradient[place] = total / (60 * h)
    return gradient
