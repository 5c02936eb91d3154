"""Programs at a point, by an evaluator that shares nothing with the proof.

Numbers are rationals as long as they are exact, and of 400 digits otherwise; what has no value is None, and makes None
of all that needs it. Only the branch of a `where` that is taken is needed. Derivatives are differences.
"""

import ast
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import mpmath
import numpy as np

MP = mpmath.MPContext()
MP.dps = 400
LARGE = 10**6  # arguments of exponentials and exponents beyond are not worked out
FINE = 4000  # digits for what is smaller than 1e-100
ROUNDED = MP.mpf(10) ** -45  # what a difference is sure to, relatively


def small(share):
    """A power of ten as small as a share of the digits in force allows."""
    return Fraction(1, 10 ** int(MP.dps * share))


def step():
    """How far apart the points of a difference are."""
    return small(0.1)


def number(value):
    return MP.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def _partial(function):
    """A function that has no value where it raises an error, or gives what is no real number."""

    def applied(*args):
        if any(a is None for a in args):
            return None
        try:
            value = function(*args)
        except (ZeroDivisionError, ValueError, OverflowError):
            return None
        if isinstance(value, bool | Fraction):
            return value
        return value if isinstance(value, MP.mpf) and MP.isfinite(value) else None

    return applied


def _joined(exact):
    def applied(a, b):
        a, b = (Fraction(v) if isinstance(v, bool) else v for v in (a, b))
        return exact(a, b) if isinstance(a, Fraction) and isinstance(b, Fraction) else exact(number(a), number(b))

    return _partial(applied)


def _analytic(name, at_zero=None):
    function = getattr(MP, name)

    def applied(a):
        if a == 0 and at_zero is not None:
            return Fraction(at_zero)
        return function(number(a)) if abs(a) < LARGE or name in {"atan", "tanh", "asinh"} else None

    return _partial(applied)


def _power(a, b):
    if isinstance(b, Fraction) and b.denominator == 1:
        if isinstance(a, Fraction) and abs(b) <= 64 and (a or b >= 0):
            return a**b.numerator
        return number(a) ** b.numerator if abs(b) <= LARGE else None
    if isinstance(b, Fraction) and b == Fraction(1, 2):
        return _root(a)
    if a == 0:
        return Fraction(0) if b > 0 else None
    return number(a) ** number(b) if a > 0 and abs(b) <= LARGE else None


def _root(a):
    if isinstance(a, Fraction) and a >= 0:
        parts = [int(mpmath.libmp.isqrt(n)) for n in (a.numerator, a.denominator)]
        if [n * n for n in parts] == [a.numerator, a.denominator]:
            return Fraction(*parts)
    return MP.sqrt(number(a)) if a >= 0 else None


def compare(a, b):
    """The sign of a - b, 0 where nothing tells them apart; None without value."""
    if a is None or b is None:
        return None
    a, b = (Fraction(v) if isinstance(v, bool) else v for v in (a, b))
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return (a > b) - (a < b)
    a, b = number(a), number(b)
    if abs(a - b) <= number(small(0.5)) * max(abs(a), abs(b)):
        return 0
    return 1 if a > b else -1


def _condition(said):
    def applied(a, b):
        sign = compare(a, b)
        return None if sign is None else sign in said

    return applied


def _where(condition, a, b):
    return None if condition is None else a if condition else b


def _add(a, b):
    return ADD(a, b)


ADD, SUB, MUL = (_joined(f) for f in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b))
DIV, POW = _joined(lambda a, b: a / b), _partial(_power)
EXP, TANH = _analytic("exp", 1), _analytic("tanh", 0)
LOG = _partial(lambda a: Fraction(0) if a == 1 else MP.log(number(a)) if a > 0 else None)
SQRT, ABS = _partial(_root), _partial(abs)
SIGN, FLOOR = _partial(lambda a: Fraction((a > 0) - (a < 0))), _partial(lambda a: Fraction(int(MP.floor(number(a)))))
GREATER = _partial(lambda a, b: a if compare(a, b) >= 0 else b)
SMALLER = _partial(lambda a, b: b if compare(a, b) >= 0 else a)
ONE, TWO = Fraction(1), Fraction(2)


def _sigmoid(a):
    return None if a is None else DIV(ONE, ADD(ONE, EXP(SUB(Fraction(0), a))))


SCALAR = {
    "add": ADD, "sub": SUB, "mul": MUL, "div": DIV, "pow": POW, "exp": EXP, "tanh": TANH, "log": LOG, "sqrt": SQRT,
    **{name: _analytic(name, 0) for name in ("sin", "tan", "sinh", "erf", "atan", "asinh")},
    **{name: _analytic(name) for name in ("asin", "acos", "atanh", "acosh")},
    **{name: _analytic(name, 1) for name in ("cos", "cosh")},
    "abs": ABS, "sign": SIGN, "floor": FLOOR, "maximum": GREATER, "minimum": SMALLER, "where": _where,
    "less": _condition({-1}), "less_equal": _condition({-1, 0}), "greater": _condition({1}),
    "greater_equal": _condition({0, 1}), "equal": _condition({0}), "not_equal": _condition({-1, 1}),
    "logical_and": _partial(lambda a, b: a and b), "logical_or": _partial(lambda a, b: a or b),
    "logical_not": _partial(lambda a: not a), "number": _partial(Fraction), "neg": lambda a: SUB(Fraction(0), a),
    "square": lambda a: MUL(a, a), "reciprocal": lambda a: DIV(ONE, a), "log1p": lambda a: LOG(ADD(ONE, a)),
    "expm1": lambda a: SUB(EXP(a), ONE), "log2": lambda a: DIV(LOG(a), LOG(TWO)),
    "log10": lambda a: DIV(LOG(a), LOG(Fraction(10))), "xlogy": lambda a, b: MUL(a, LOG(b)),
    "cbrt": _partial(lambda a: Fraction(0) if a == 0 else SIGN(a) * MP.cbrt(abs(number(a)))),
    "hypot": lambda a, b: SQRT(ADD(MUL(a, a), MUL(b, b))), "sigmoid": _sigmoid,
    "atan2": _partial(lambda a, b: MP.atan2(number(a), number(b)) if a or b else None),
    "softplus": lambda a: LOG(ADD(ONE, EXP(a))), "relu": lambda a: GREATER(a, Fraction(0)),
    "silu": lambda a: MUL(a, _sigmoid(a)), "clip": lambda a, low, high: SMALLER(GREATER(a, low), high),
    "leaky_relu": lambda a, slope=Fraction(1, 10): _where(_condition({1})(a, Fraction(0)), a, MUL(slope, a)),
    "elu": lambda a, alpha=ONE: _where(_condition({1})(a, Fraction(0)), a, MUL(alpha, SUB(EXP(a), ONE))),
    "gelu": lambda a: DIV(MUL(a, ADD(ONE, SCALAR["erf"](DIV(a, SQRT(TWO))))), TWO),
}  # fmt: skip


def each(rule, *arrays):
    return np.asarray(np.frompyfunc(rule, len(arrays), 1)(*arrays), dtype=object)


def fold(rule, a, axis=None, keepdims=False):  # noqa: FBT002  (as in NumPy)
    axes = tuple(range(a.ndim)) if axis is None else (axis % a.ndim,)
    kept = [k for k in range(a.ndim) if k not in axes]
    shape = [a.shape[k] for k in kept]
    rows = np.transpose(a, [*kept, *axes]).reshape(*shape, -1)
    result = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        result[place] = reduce(rule, list(rows[place]))
    return np.expand_dims(result, axes) if keepdims else result


def _count(a, axis=None):
    return Fraction(int(a.size if axis is None else a.shape[axis]))


def _sum(a, axis=None, keepdims=False):  # noqa: FBT002
    return fold(_add, a, axis, keepdims)


def _mean(a, axis=None, keepdims=False):  # noqa: FBT002
    return each(DIV, _sum(a, axis, keepdims), _count(a, axis))


def _var(a, axis=None, keepdims=False, ddof=0):  # noqa: FBT002
    off = each(SUB, a, _mean(a, axis, keepdims=True))
    return each(DIV, _sum(each(MUL, off, off), axis, keepdims), _count(a, axis) - ddof)


def _softmax(a, axis=-1):
    powers = each(EXP, a)
    return each(DIV, powers, _sum(powers, axis, keepdims=True))


def _logsumexp(a, axis=None, keepdims=False):  # noqa: FBT002
    return each(LOG, _sum(each(EXP, a), axis, keepdims))


def _matmul(a, b):
    left, right = a.ndim == 1, b.ndim == 1
    a, b = (a[None, :] if left else a), (b[:, None] if right else b)
    result = _sum(each(MUL, a[..., :, :, None], b[..., None, :, :]), axis=-2)
    result = result[..., 0, :] if left else result
    return result[..., 0] if right else result


def _spread(a, b, axis=None, keepdims=False):  # noqa: FBT002
    if not keepdims and a.ndim:
        a = np.expand_dims(a, axis)
    return np.broadcast_to(a, b.shape)


def _others(a, axis=None):
    assert axis is None
    flat = a.ravel()
    return np.array([reduce(MUL, np.delete(flat, k), ONE) for k in range(a.size)], dtype=object).reshape(a.shape)


ARRAY = {
    "sum": _sum, "mean": _mean, "var": _var, "softmax": _softmax, "logsumexp": _logsumexp, "matmul": _matmul,
    "log_softmax": lambda a, axis=-1: each(SUB, a, _logsumexp(a, axis, keepdims=True)), "coprod": _others,
    "std": lambda a, axis=None, keepdims=False: each(SQRT, _var(a, axis, keepdims)),
    "norm": lambda a, axis=None: each(SQRT, _sum(each(MUL, a, a), axis)),
    "prod": lambda a, axis=None, keepdims=False: fold(MUL, a, axis, keepdims),
    "max": lambda a, axis=None, keepdims=False: fold(GREATER, a, axis, keepdims),
    "min": lambda a, axis=None, keepdims=False: fold(SMALLER, a, axis, keepdims),
    "size": lambda a, axis=None: np.asarray(_count(a, axis), dtype=object), "ravel": np.ravel,
    "outer": lambda a, b: each(MUL, a.reshape(-1, 1), b.reshape(1, -1)), "spread": _spread,
    "expand_dims": lambda a, axis=0: np.expand_dims(a, axis), "squeeze": lambda a, axis=None: np.squeeze(a, axis),
    "broadcast_like": lambda a, b: np.broadcast_to(a, b.shape), "swap": lambda a: np.swapaxes(a, -1, -2),
    "ones_like": lambda a: np.full(a.shape, ONE, dtype=object), "reshape_like": lambda a, b: a.reshape(b.shape),
    "zeros_like": lambda a: np.full(a.shape, Fraction(0), dtype=object),
    "reshape": lambda a, shape=(): a.reshape(shape), "transpose": lambda a, axes=None: np.transpose(a, axes),
    "mse": lambda a, b: _mean(each(SCALAR["square"], each(SUB, a, b))),
    "mae": lambda a, b: _mean(each(ABS, each(SUB, a, b))),
}  # fmt: skip
SIGNS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.MatMult: "matmul",
    ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Eq: "equal",
    ast.NotEq: "not_equal", ast.BitAnd: "logical_and", ast.BitOr: "logical_or",
}  # fmt: skip


def apply(name, *args, **more):
    return (
        each(SCALAR[name], *args) if name in SCALAR and not more else (ARRAY.get(name) or SCALAR[name])(*args, **more)
    )


def of(tree, names):  # noqa: C901, PLR0911  (one case for each kind of tree)
    match tree:
        case ast.Constant(value=value):
            return np.asarray(Fraction(repr(value)), dtype=object)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id="pi"):
            return np.asarray(+MP.pi, dtype=object)
        case ast.BinOp(left=left, op=sign, right=right):
            return apply(SIGNS[type(sign)], of(left, names), of(right, names))
        case ast.UnaryOp(op=sign, operand=operand):
            value = of(operand, names)
            return value if isinstance(sign, ast.UAdd) else apply(
                "neg" if isinstance(sign, ast.USub) else "logical_not", value)  # fmt: skip
        case ast.Compare(left=left, ops=signs, comparators=others):
            sides = [of(side, names) for side in (left, *others)]
            parts = [apply(SIGNS[type(sign)], *pair) for sign, pair in zip(signs, pairwise(sides), strict=True)]
            return reduce(lambda a, b: apply("logical_and", a, b), parts)
        case ast.Attribute(value=value, attr="T"):
            return of(value, names).T
        case ast.Subscript(value=value, slice=key):
            index = eval(compile(ast.Expression(key), "", "eval"), {}, {})  # noqa: S307  (our own tests' text)
            return np.asarray(of(value, names)[index], dtype=object)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=words):
            if name in {"concatenate", "stack"}:
                return getattr(np, name)([of(part, names) for part in args[0].elts])
            statics = {word.arg: ast.literal_eval(word.value) for word in words}
            return apply(name, *[of(arg, names) for arg in args], **statics)
    raise NotImplementedError(ast.unparse(tree))


def value(text, point):
    """A program's value at a point: names of inputs to arrays of rationals."""
    names = {name: np.asarray(held, dtype=object) for name, held in point.items()}
    result = None
    for statement in ast.parse(text.strip()).body:
        result = of(statement.value, names)
        if isinstance(statement, ast.Assign):
            names[statement.targets[0].id] = result
    return result


def moved(point, name, place, by):
    new = np.array(point[name], dtype=object)
    new[place] = ADD(new[place], by)
    return {**point, name: new}


class Sides(NamedTuple):
    """The derivatives to the left and to the right of a point, in order, and how far they may be off."""

    low: object
    high: object
    off: object


def sides(program, point, name, place):
    """The derivatives of a scalar program around a point; None where it has no value or no bounded slope."""
    at = [value(program, moved(point, name, place, step() * k))[()] for k in (-2, -1, 0, 1, 2)]
    if any(v is None for v in at):
        return None
    exact = all(isinstance(v, Fraction) for v in at)
    two_before, before, here, after, two_after = at if exact else map(number, at)
    by = step() if exact else number(step())
    central = (after - before) / (2 * by)
    left = (3 * here - 4 * before + two_before) / (2 * by)
    right = (4 * after - 3 * here - two_after) / (2 * by)
    scale = max(abs(left), abs(right), 1 if exact else number(small(0.15)) * abs(here))
    if abs(left - right) <= (Fraction(1, 10**30) if exact else MP.mpf(10) ** -30) * scale:
        left = right = central
    if max(abs(left), abs(right)) > 10**20:
        return None  # a jump, or a slope without bound
    low, high = sorted(number(Fraction(v)) if exact else v for v in (left, right))
    if exact and left == right == 0:
        return Sides(low, high, 0)
    off = ROUNDED * max(abs(low), abs(high)) + number(small(0.15)) * abs(number(here)) + number(small(0.5))
    return Sides(low, high, off)


def _beside(text, point, name, by):
    """A value closely beside a point, every number moved by another step."""
    steps = iter(range(7, 10**6, 11))
    point = {
        n: each(lambda v: ADD(v, by * next(steps) * step()), np.asarray(a, dtype=object)) for n, a in point.items()
    }
    return np.broadcast_to(value(text, point), np.shape(point[name]))


def wrong(program, claim, point, name):
    """The places where a claim of a gradient's value is wrong at a point, with why."""
    claimed = np.broadcast_to(value(claim, point), np.shape(point[name]))
    found = {}
    for place in np.ndindex(*claimed.shape):
        around, given = sides(program, point, name, place), claimed[place]
        if around is None:
            continue
        if given is None:
            if all(_beside(claim, point, name, by)[place] is None for by in (1, -1)):
                found[place] = "no value"
        elif not around.low - around.off <= number(Fraction(given) if isinstance(given, bool) else given) <= (
            around.high + around.off):  # fmt: skip
            found[place] = "another value"
    return found
