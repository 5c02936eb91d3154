"""Rewrite rules of the compiler, as text in the language: what is cheaper to compute.

They follow the same law as those of `transform/rules.py`: equal wherever the pattern is defined, and of the same shape.
Names in capitals stand for matrices.
"""

from __future__ import annotations

STRENGTH = """
x ** 2 -> square(x)
x ** 3 -> square(x) * x
x ** 4 -> square(square(x))
x ** 0.5 -> sqrt(x)
x ** -0.5 -> 1 / sqrt(x)
x ** -2 -> 1 / square(x)
a / (x * y) * y -> a / x
a / (x * y) * x -> a / y
""".strip()

MATRICES = "(A @ B).T -> B.T @ A.T"  # of views

_SHIFTED = "a - max(a, axis=axis, keepdims=True)"
_LOSS = "scores - max(scores, axis=-1, keepdims=True)"
WRITTEN_OUT = {  # rows in the steps that NumPy takes: the largest entry is taken out first, and nothing overflows
    "softmax": f"exp({_SHIFTED}) / sum(exp({_SHIFTED}), axis=axis, keepdims=True)",
    "log_softmax": f"{_SHIFTED} - log(sum(exp({_SHIFTED}), axis=axis, keepdims=True))",
    "cross_entropy": f"(sum(log(sum(exp({_LOSS}), axis=-1, keepdims=True))) - sum(pick({_LOSS}, labels)))"
    " / size(labels)",
}
_LARGEST = "max(abs(a), axis=axis, keepdims={})"
_SCALE = "where({0} > 0, where({0} < 1e308, {0}, 1), 1)"
_INSIDE, _OUTSIDE = (_SCALE.format(_LARGEST.format(kept)) for kept in ("True", "keepdims"))
LOOPED = {  # rows that loops over entries take in steps, besides
    "norm": f"sqrt(sum(square(a / {_INSIDE}), axis=axis, keepdims=keepdims)) * {_OUTSIDE}",  # no square overflows
    "logsumexp": f"log(sum(exp({_SHIFTED}), axis=axis, keepdims=keepdims)) + max(a, axis=axis, keepdims=keepdims)",
}
