"""Rewrite rules as text in the language, `pattern -> replacement`, a row each, by the pass that applies them.

Every name stands for any node, `axis=axis` for any attribute, a name in capitals for a matrix, `vector` for a vector,
`weights` for what has no slope (conditions, whole numbers, constants with a zero in them), and `unmasked` for what is
no `where` and no constant. A rule must hold wherever its pattern is defined, and is proved in the tests because it is a
row. It fires only where it keeps the shape; after `if` stands a term that must be there already, so that the rule
shares work.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from graphgrad.core.display import told
from graphgrad.core.lookup import Table


@told(lambda row: f"{row.name}, of {row.of}: {row.text}")
class Rewrite(NamedTuple):
    """A rule; ours are called by pass and text."""

    name: str
    text: str
    of: str  # the pass that applies it
    aliases: tuple[str, ...] = ()


def rows(of: str, text: str) -> Iterator[Rewrite]:
    """Give the rules of a pass, a line each."""
    for line in text.strip().splitlines():
        yield Rewrite(f"{of}: {line}", line, of)


ALGEBRA = """
x + 0 -> x
0 + x -> x
x - 0 -> x
0 - x -> -x
x * 1 -> x
1 * x -> x
x * 0 -> 0
0 * x -> 0
x / 1 -> x
x ** 1 -> x
x ** 0 -> 1
x ** -1 -> 1 / x
-(-x) -> x
-(x - y) -> y - x
x + -y -> x - y
-x + y -> y - x
x - -y -> x + y
-x * y -> -(x * y)
x * -y -> -(x * y)
-x / y -> -(x / y)
x / -y -> -(x / y)
x * (1 / y) -> x / y
1 / x * y -> y / x
x * (y / z) -> x / z * y if x / z
-1 * x -> -x
x * -1 -> -x
log(exp(x)) -> x
sum(-x, axis=axis, keepdims=keepdims) -> -sum(x, axis=axis, keepdims=keepdims)
x.T.T -> x
swap(swap(x)) -> x
~~c -> c
where(~c, x, y) -> where(c, y, x)
"""

# What is left out of a derivation by hand.
UNITS = """
x + 0 -> x
0 + x -> x
x * 1 -> x
1 * x -> x
x * 0 -> 0
0 * x -> 0
x * spread(1, y, axis=axis, keepdims=keepdims) -> x
spread(1, y, axis=axis, keepdims=keepdims) * x -> x
"""

# What is computed in the place of a formula that overflows or cancels on the way to a good value.
STABLE = """
log(1 + x) -> log1p(x)
log(x + 1) -> log1p(x)
log(1 - x) -> log1p(-x)
log1p(exp(x)) -> softplus(x)
log1p(-exp(x)) -> log1mexp(x)
log(-expm1(x)) -> log1mexp(x)
log(exp(x) + exp(y)) -> logaddexp(x, y)
exp(x) - 1 -> expm1(x)
1 - exp(x) -> -expm1(x)
expm1(x) / x -> exprel(x)
-expm1(x) / x -> -exprel(x)
-expm1(-x) / x -> exprel(-x)
where(x == 0, 1, exprel(x)) -> exprel(x)
where(x != 0, exprel(x), 1) -> exprel(x)
1 / (1 + exp(-x)) -> sigmoid(x)
1 / (exp(-x) + 1) -> sigmoid(x)
1 / (1 + exp(x)) -> sigmoid(-x)
1 / (exp(x) + 1) -> sigmoid(-x)
exp(x) / (1 + exp(x)) -> sigmoid(x)
exp(x) / (exp(x) + 1) -> sigmoid(x)
log(exp(x)) -> x
exp(x) / (exp(x) + exp(y)) -> sigmoid(x - y)
exp(x) / (exp(y) + exp(x)) -> sigmoid(x - y)
exp(x) - exp(-x) -> 2 * sinh(x)
exp(-x) - exp(x) -> -2 * sinh(x)
2 * sinh(x) / (exp(x) + exp(-x)) -> tanh(x)
sqrt(1 + x) - 1 -> where(abs(x) < 1, x / (1 + sqrt(1 + x)), sqrt(1 + x) + -1)
sqrt(x + 1) - 1 -> where(abs(x) < 1, x / (1 + sqrt(1 + x)), sqrt(1 + x) + -1)
sqrt(1 - x) - 1 -> where(abs(x) < 1, -x / (1 + sqrt(1 - x)), sqrt(1 - x) + -1)
1 - sqrt(1 + x) -> where(abs(x) < 1, -x / (1 + sqrt(1 + x)), -(sqrt(1 + x) + -1))
1 - sqrt(x + 1) -> where(abs(x) < 1, -x / (1 + sqrt(1 + x)), -(sqrt(1 + x) + -1))
1 - sqrt(1 - x) -> where(abs(x) < 1, x / (1 + sqrt(1 - x)), -(sqrt(1 - x) + -1))
-expm1(-x) / (1 + exp(-x)) -> tanh(x / 2)
expm1(x) / (exp(x) + 1) -> tanh(x / 2)
log(sigmoid(x)) -> -softplus(-x)
log(sum(exp(x), axis=axis, keepdims=keepdims)) -> logsumexp(x, axis=axis, keepdims=keepdims)
log(softmax(x, axis=axis)) -> log_softmax(x, axis=axis)
weights * log(unmasked) -> weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked))
log(unmasked) * weights -> weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked))
weights * log2(unmasked) -> weights * log2(where((weights == 0) & (unmasked == 0), 1, unmasked))
log2(unmasked) * weights -> weights * log2(where((weights == 0) & (unmasked == 0), 1, unmasked))
weights * log10(unmasked) -> weights * log10(where((weights == 0) & (unmasked == 0), 1, unmasked))
log10(unmasked) * weights -> weights * log10(where((weights == 0) & (unmasked == 0), 1, unmasked))
weights * log1p(unmasked) -> weights * log1p(where((weights == 0) & (unmasked == -1), 0, unmasked))
log1p(unmasked) * weights -> weights * log1p(where((weights == 0) & (unmasked == -1), 0, unmasked))
xlogy(weights, unmasked) -> xlogy(weights, where((weights == 0) & (unmasked == 0), 1, unmasked))
weights @ log(vector) -> sum(weights * log(where((weights == 0) & (vector == 0), 1, vector)))
log(vector) @ weights -> sum(weights * log(where((weights == 0) & (vector == 0), 1, vector)))
weights * -x -> -(weights * x)
-x * weights -> -(weights * x)
weights * (y * log(unmasked)) -> y * (weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked)))
y * log(unmasked) * weights -> y * (weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked)))
weights * (log(unmasked) * y) -> y * (weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked)))
log(unmasked) * y * weights -> y * (weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked)))
weights * (log(unmasked) / y) -> weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked)) / y
log(unmasked) / y * weights -> weights * log(where((weights == 0) & (unmasked == 0), 1, unmasked)) / y
exp(x) / sum(exp(x), axis=axis, keepdims=True) -> softmax(x, axis=axis)
exp(vector) / sum(exp(vector)) -> softmax(vector)
x - logsumexp(x, axis=axis, keepdims=True) -> log_softmax(x, axis=axis)
vector - logsumexp(vector) -> log_softmax(vector)
exp(log_softmax(x, axis=axis)) -> softmax(x, axis=axis)
"""

# What a program has a value and slopes beside a hole or a pole for; a gradient may have the quotient, which is as good
# there. Far from the hole the quotient stays, written so that no rule finds it again: with |x|, of numbers of one sign.
HOLES = """
sin(x) / x -> sinrel(x)
where(x == 0, 1, sinrel(x)) -> sinrel(x)
where(x != 0, sinrel(x), 1) -> sinrel(x)
sin(c * x) / x -> c * sinrel(c * x)
sin(x * c) / x -> c * sinrel(x * c)
sin(x) / (c * x) -> sinrel(x) / c
sin(x) / (x * c) -> sinrel(x) / c
x / sin(x) -> 1 / sinrel(x)
tan(x) / x -> sinrel(x) / cos(x)
x / tan(x) -> cos(x) / sinrel(x)
asin(x) / x -> 1 / sinrel(asin(x))
atan(x) / x -> 1 / (hypot(1, x) * sinrel(atan(x)))
2 * square(sin(x / 2)) / x -> sin(x / 2) * sinrel(x / 2)
2 * square(sin(x / 2)) / x ** 2 -> square(sinrel(x / 2)) / 2
2 * square(sin(x / 2)) / square(x) -> square(sinrel(x / 2)) / 2
2 * square(sin(x / 2)) / (x * x) -> square(sinrel(x / 2)) / 2
expm1(c * x) / x -> c * exprel(c * x)
expm1(x * c) / x -> c * exprel(x * c)
-expm1(c * x) / x -> -(c * exprel(c * x))
-expm1(x * c) / x -> -(c * exprel(x * c))
-expm1(-x * c) / x -> c * exprel(-x * c)
-expm1(-(c * x)) / x -> c * exprel(-(c * x))
-expm1(-(x * c)) / x -> c * exprel(-(x * c))
expm1(-x) / x -> -exprel(-x)
expm1(x) / (c * x) -> exprel(x) / c
expm1(x) / (x * c) -> exprel(x) / c
x / expm1(x) -> where(x > 0, exp(-x) / exprel(-x), where(x > -1, 1 / exprel(x), abs(x) / -expm1(x)))
x / -expm1(x) -> -where(x > 0, exp(-x) / exprel(-x), where(x > -1, 1 / exprel(x), abs(x) / -expm1(x)))
x / -expm1(-x) -> where(x < 0, exp(x) / exprel(x), where(x < 1, 1 / exprel(-x), abs(x) / -expm1(-x)))
log1p(x) / x -> where(x < 1, 1 / exprel(log1p(x)), log1p(x) / abs(x))
x / log1p(x) -> where(x < 1, exprel(log1p(x)), abs(x) / log1p(x))
exp(x) / expm1(x) -> where(x >= 0, -1 / expm1(-x), exp(x) / -abs(expm1(x)))
"""

# What cancels where a function has reached its limit; another exponential is what it costs.
SATURATED = """
1 - tanh(x) ** 2 -> sech2(x)
1 - square(tanh(x)) -> sech2(x)
sigmoid(x) * sigmoid(-x) -> sech2(x / 2) / 4
1 - sigmoid(x) -> sigmoid(-x)
1 - erf(x) -> erfc(x)
1 + erf(x) -> erfc(-x)
erf(x) + 1 -> erfc(-x)
erf(x) - 1 -> -erfc(x)
sigmoid(x) - 1 -> -sigmoid(-x)
tanh(x) ** 2 - 1 -> -sech2(x)
1 - cos(x) -> 2 * square(sin(x / 2))
cos(x) - 1 -> -(2 * square(sin(x / 2)))
cosh(x) - 1 -> 2 * square(sinh(x / 2))
1 - cosh(x) -> -(2 * square(sinh(x / 2)))
"""

# Of what derivatives are made of; programs keep their polynomials.
PARTIALS = "1 - x ** 2 -> (1 - x) * (1 + x)"

# What is cheaper.
STRENGTH = """
x ** 2 -> square(x)
x ** 3 -> square(x) * x
x ** 4 -> square(square(x))
x ** 0.5 -> sqrt(x)
x ** -0.5 -> 1 / sqrt(x)
x ** -2 -> 1 / square(x)
a / (x * y) * y -> a / x
a / (x * y) * x -> a / y
"""

MATRICES = "(A @ B).T -> B.T @ A.T"  # of views

# Rows in the steps that NumPy takes: the largest entry is taken out first, and nothing overflows.
_SHIFTED = "a - max(a, axis=axis, keepdims=True)"
_LOSS = "scores - max(scores, axis=-1, keepdims=True)"
_TOTAL = f"sum(log(sum(exp({_LOSS}), axis=-1, keepdims=True)))"
STEPS = f"""
softmax(a, axis=axis) -> exp({_SHIFTED}) / sum(exp({_SHIFTED}), axis=axis, keepdims=True)
log_softmax(a, axis=axis) -> {_SHIFTED} - log(sum(exp({_SHIFTED}), axis=axis, keepdims=True))
cross_entropy(scores, labels) -> ({_TOTAL} - sum(pick({_LOSS}, labels))) / size(labels)
"""

# Rows that loops over entries take in steps, besides; no square of the norm overflows.
_LARGEST = "max(abs(a), axis=axis, keepdims={})"
_SCALE = "where({0} > 0, where({0} < 1e308, {0}, 1), 1)"
_INSIDE, _OUTSIDE = (_SCALE.format(_LARGEST.format(kept)) for kept in ("True", "keepdims"))
_TOP = "max(a, axis=axis, keepdims=keepdims)"
LOOPED = f"""
norm(a, axis=axis, keepdims=keepdims) -> sqrt(sum(square(a / {_INSIDE}), axis=axis, keepdims=keepdims)) * {_OUTSIDE}
logsumexp(a, axis=axis, keepdims=keepdims) -> log(sum(exp({_SHIFTED}), axis=axis, keepdims=keepdims)) + {_TOP}
"""

RULES = Table(
    "rule",
    (
        *rows("stable forms", STABLE),
        *rows("saturated forms", SATURATED),
        *rows("removable singularities", HOLES),
        *rows("slopes", PARTIALS),
        *rows("algebra", ALGEBRA),
        *rows("units", UNITS),
        *rows("matrices", MATRICES),
        *rows("strength reduction", STRENGTH),
        *rows("write out", STEPS),
        *rows("write out for loops", LOOPED),
    ),
)


FORMS = ("stable forms", "saturated forms", "removable singularities")  # of programs, before they are differentiated
SLOPES = ("stable forms", "saturated forms", "slopes")  # of what is made of derivatives, besides the algebra


def text_of(*of: str, table: Table[Rewrite] = RULES) -> str:
    """Give the rules of some passes, one a line.

    >>> text_of("matrices")
    '(A @ B).T -> B.T @ A.T'
    """
    return _text_of(of, tuple(table.values()))


@cache
def _text_of(of: tuple[str, ...], rules: tuple[Rewrite, ...]) -> str:
    return "\n".join(rule.text for group in of for rule in rules if rule.of == group)
