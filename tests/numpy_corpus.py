# ruff: noqa: E501  (tables)
"""Some two thousand expressions that NumPy evaluates too, made from tables, over arrays of every kind.

A case is a text in which NumPy's names stand as NumPy users write them, `np.sum(x, axis=0)`, and the arrays of `ARRAYS`
by their names. What it means is what NumPy says.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from graphgrad.core.ops import NAMES

inf, nan = np.inf, np.nan

ARRAYS = {
    "x": np.array([[0.5, -1.25, 2.0], [-0.75, 1.5, 0.25]]),
    "y": np.array([[2.0, 0.5, -1.0], [1.5, -0.75, 3.0]]),
    "row": np.array([1.5, -0.5, 2.0]),
    "column": np.array([[0.5], [2.0]]),
    "thick": np.linspace(-1.2, 1.1, 12).reshape(2, 2, 3),
    "unit": np.array([[[0.5, -1.5, 2.0]]]),
    "number": np.array(0.75),
    "empty": np.zeros((0, 3)),
    "hollow": np.zeros((2, 0)),
    "strange": np.array([nan, inf, -inf, -0.0, 0.0, 1.5, -2.5]),
    "stranger": np.array([1.0, inf, 2.0, 0.0, -0.0, nan, 3.0]),
    "yes": np.array([[True, False, True], [False, False, True]]),
    "no": np.array([[True, True, False], [False, True, False]]),
    "flag": np.array([True])[0],
    "whole": np.array([[1, -2, 3], [4, 0, 2]]),
    "places": np.array([1, 0, 1]),
    "narrow": np.array([[0.5, -1.25, 2.0], [-0.75, 1.5, 0.25]], np.float32),
    "square": np.array([[2.0, 0.5, -1.0], [0.25, 1.5, 0.75], [-0.5, 1.25, 3.0]]),
    "bad": np.array([0.5, 1.5, -0.5, 2.5]),
}

AXES = ("0", "1", "-1", "None", "(0, 1)", "(1, 0)", "(-1,)", "()", "[0]", "(0, 0)", "2", "-3", "1.0", "'a'", "True")
REDUCTIONS = ("sum", "prod", "mean", "max", "min", "amax", "amin", "var", "std")
POSITIONS = ("argmax", "argmin")
KINDS = ("x", "number", "empty", "strange", "yes", "whole", "narrow", "flag")
PAIRS = (("x", "y"), ("x", "row"), ("column", "row"), ("x", "number"), ("empty", "row"), ("x", "bad"), ("yes", "no"),
         ("yes", "x"), ("whole", "places"), ("whole", "x"), ("strange", "stranger"), ("narrow", "narrow"),
         ("hollow", "column"), ("flag", "yes"), ("x", "2"), ("2.5", "x"), ("yes", "1"), ("x", "inf"), ("nan", "x"),
         ("row", "0.1"), ("whole", "0"), ("x", "-0.3"))  # fmt: skip
OPERATORS = ("+", "-", "*", "/", "**", "@", "<", "<=", ">", ">=", "==", "!=", "&", "|", "//", "%")
KEYS = ("0", "-1", "1:", "::-1", ":, 0", "..., 1", "None", "0, 1", "0, 1:", "2", "0, 0, 0", "..., None", "()", "::2, ::-2",
        "1:1", "-3:", "..., ...", "places", "[1, 0, 1]", "places, places", "[0, 1], [2, 0]", ":, places", ":, [0, 2]",
        "yes", "1.5", "True")  # fmt: skip
CALLS = (
    # movements
    "np.transpose({})", "np.transpose({}, (1, 0))", "np.transpose({}, [1, 0])", "np.transpose({}, axes=(0, 1))",
    "np.transpose({}, (0, 0))", "{}.T", "{}.transpose()", "{}.transpose(1, 0)", "{}.transpose((1, 0))",
    "np.swapaxes({}, 0, 1)", "np.swapaxes({}, axis1=0, axis2=-1)", "{}.swapaxes(0, 1)", "np.swapaxes({}, 0, 3)",
    "np.reshape({}, (3, 2))", "np.reshape({}, 6)", "np.reshape({}, -1)", "np.reshape({}, (-1, 2))", "np.reshape({}, [3, -1])",
    "{}.reshape(3, 2)", "{}.reshape((6,))", "{}.reshape(-1)", "np.reshape({}, (4, 2))", "np.reshape({}, (-1, -1))",
    "np.ravel({})", "{}.ravel()", "{}.flatten()", "np.ravel({}, 'C')", "np.squeeze({})", "np.squeeze({}, 0)",
    "np.squeeze({}, axis=(0, 1))", "{}.squeeze()", "np.expand_dims({}, 0)", "np.expand_dims({}, -1)",
    "np.expand_dims({}, axis=(0, 2))", "np.expand_dims({}, 7)", "np.broadcast_to({}, (2, 2, 3))", "np.broadcast_to({}, (2, 3))",
    "np.broadcast_to({}, shape=(4, 3))", "np.broadcast_to({}, 3)", "np.ones_like({})", "np.zeros_like({})",
    "np.size({})", "np.size({}, 0)", "np.size({}, axis=1)",
    "np.concatenate([{0}, {0}])", "np.concatenate(({0}, {0}), 1)", "np.concatenate([{0}, {0}], axis=-1)",
    "np.concatenate([{0}, row])", "np.stack([{0}, {0}])", "np.stack([{0}, {0}], 1)", "np.stack(({0}, {0}), axis=-1)",
    "np.stack([{0}, row])", "np.take({}, places)", "np.take({}, places, 1)", "np.take({}, places, axis=0)",
    "np.take({}, [1, 0])", "np.take({}, 1)", "{}.take(places)", "{}.take(places, 1)",
    # pieces
    "np.where({} > 0, {}, 0)", "np.where({} > 0, -1, inf)", "np.where(yes, {}, no)", "np.where(yes, {}, {})", "np.clip({}, -0.5, 1)",
    "np.clip({}, a_min=-0.5, a_max=1)", "np.clip({}, 0, row)", "{}.clip(-0.5, 1)", "np.clip({}, 1, -0.5)", "np.clip({}, 0.5, None)",
    "np.where({0} == {0}, {0}, 0)", "np.where(yes & ({} > 0), 1, 0)", "np.where(flag, {}, 0)",
    # products
    "np.dot({}, square)", "{}.dot(square)", "np.dot({}, row)", "np.dot(2, {})", "np.outer({}, row)", "np.matmul({}, square)",
    "np.dot({}, thick)", "np.matmul({}, row)", "{} @ square", "row @ {}", "np.dot({}, {})",
    "np.linalg.norm({})", "np.linalg.norm({}, axis=0)", "np.linalg.norm({}, axis=-1, keepdims=True)", "np.linalg.norm({}, 1)",
    "np.linalg.norm({}, None, 1)", "np.linalg.norm({}, None, 0, True)", "np.linalg.norm({}, axis=[0])",
    # what stands behind what NumPy calls by another name
    "np.sum({}, 0, None, None, True)", "np.sum({}, 0, True)", "{}.sum(0, True)", "{}.sum(0, None, None, True)", "{}.sum(0)",
    "np.max({}, 0, None, True)", "{}.max(0, None, True)", "np.max({}, 0, True)", "np.mean({}, 0, None, None, True)",
    "{}.mean(0, True)", "np.var({}, 0, None, None, 1)", "np.var({}, 0, 1)", "{}.std(0, None, None, 1, True)", "np.std({}, ddof=1)",
    "np.var({}, axis=1, ddof=1, keepdims=True)", "np.var({}, ddof=9)", "np.sum(a={})", "np.sum({}, axis=0, keepdims=1)",
    "np.sum({}, keepdims=True)", "{}.sum(axis=1, keepdims=True)", "np.argmax({}, axis=1, keepdims=True)",
    "np.prod({}, None, None, None, True)", "np.sum({}, nonsense=1)", "np.sum({}, initial=1)", "np.sum({}, where=yes)",
    "np.sum({}, dtype=None)",
    # counts, conditions as factors, and what they are not
    "np.sum({} > 0)", "np.sum({} > 0, axis=0)", "np.mean({} > 0)", "({0} > 0) + ({0} > -1)", "({0} > 0) * ({0} > -1)",
    "({0} > 0) - ({0} > -1)", "-({} > 0)", "+({} > 0)", "~({} > 0)", "~{}", "({} > 0) * row", "({} > 0) / 2", "({} > 0) ** 2",
    "({0} > 0) / ({0} == {0})", "({0} > 0) ** ({0} > 1)", "({} > 0) + 1", "1 - ({} > 0)", "np.abs({} > 0)", "np.sign({} > 0)",
    "np.square({} > 0)", "np.maximum({0} > 0, {0} > 1)", "np.minimum({0} > 0, {0} > 1)", "np.where({0} > 0, {0} > 1, {0} < 0)",
    "({0} > 0).T + ({0} > 1).T", "({0} > 0)[0] + ({0} > 1)[0]", "({} > 0).sum() + ({} > 1).sum()", "np.max({} > 0)",
    "np.prod({} > 0)", "({0} > 0) == ({0} > 1)", "({0} > 0) < ({0} > 1)", "np.sqrt({} > 0)", "np.exp({} > 0)",
    "({0} > 0) @ square", "({0} > 0) @ (square > 0)", "np.dot({0} > 0, square > 0)", "np.reshape({} > 0, -1) + (np.ravel({}) < 1)",
    "np.where(({} > 0).T, 1, 2)", "np.concatenate([{0} > 0, {0} > 1])", "np.stack([{0} > 0, {0} > 1]) + ({0} < 9)",
    "np.clip({} > 0, 0, 1)", "np.std({} > 0)", "np.linalg.norm({} > 0)", "np.argmax({} > 0)", "np.add({0} > 0, {0} > 1)",
    "(({0} > 0) + ({0} > 1)) * {0}", "{0} * ({0} > 0) + {0} * ({0} < 0)", "np.hypot({0} > 0, {0} > 1)",
    "np.arctan2({0} > 0, {0} > 1)", "np.where({0}, 1, 2)", "np.logical_and({0}, {0} > 0)", "np.logical_not({0})",
    # constants
    "{} * inf", "{} + nan", "{} * np.pi", "np.where({} > 0, {}, -inf)", "{} * -inf", "np.maximum({}, -inf)", "{} / inf",
    "np.minimum({}, nan)", "{} * True", "np.where(True, {}, 0)", "{} + False", "{} ** -1", "{} ** 2", "{} ** 0", "{} ** 0.5",
    "{} ** -0.5", "2 ** {}", "{}.sum()[()]", "{}[()]", "np.e ** {}", "({} > 0) & True", "1 / {}", "0 * {} + 1", "{} * 0 / {}",
)  # fmt: skip
BESIDES = ("x", "number", "empty", "thick", "strange", "yes", "whole", "narrow", "unit")


def numpys_own() -> list[str]:
    """The names of functions that the language and NumPy share, aliases among them."""
    return [name for name in NAMES if callable(function := getattr(np, name, None)) and not isinstance(function, type)]


def elementwise() -> Iterator[str]:
    for name in numpys_own():
        row = NAMES[name]
        if row.elementwise and len(row.operands) == 1:
            yield from (f"np.{name}({kind})" for kind in KINDS)
        elif row.elementwise and len(row.operands) == 2:
            yield from (f"np.{name}({a}, {b})" for a, b in PAIRS)
    yield from (f"({a}) {sign} {b}" for sign in OPERATORS for a, b in PAIRS)
    yield from (f"{sign}{kind}" for sign in "+-~" for kind in KINDS)


def reductions() -> Iterator[str]:
    for name, axis, kind in product(REDUCTIONS, AXES, ("x", "thick", "number", "empty", "yes", "whole")):
        yield f"np.{name}({kind}, axis={axis})"
    for name, axis in product(REDUCTIONS, ("0", "1", "-1", "(0, 1)", "None")):
        yield f"np.{name}(x, axis={axis}, keepdims=True)"
        yield f"thick.{name.removeprefix('a')}({axis}).sum()"
    for name, axis, kind in product(
        POSITIONS, ("0", "1", "None", "(0, 1)", "[0]", "3"), ("x", "number", "empty", "yes")
    ):
        yield f"np.{name}({kind}, axis={axis})"


def cases() -> list[str]:
    """All cases, each once, in an order that mixes nothing."""
    found = [*elementwise(), *reductions()]
    found += [f"{kind}[{key}]" for key in KEYS for kind in ("x", "thick", "row", "number")]
    found += [call.format(*[kind] * call.count("{")) for call in CALLS for kind in BESIDES]
    return list(dict.fromkeys(found))
