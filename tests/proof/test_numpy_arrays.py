"""What symbols answer to NumPy's functions is what NumPy answers on numbers; what they do not model they refuse."""

from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from graphgrad.proof.arithmetic.numbers import digits
from graphgrad.proof.readings.numpy_arrays import RULES, plain, wrapped
from graphgrad.proof.readings.text import symbols_of
from graphgrad.proof.scalars.evaluate import evaluate, known
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost

POINT = {
    "x": np.array([1.25, 0.5, 2.0]), "y": np.array([0.75, 1.5, 2.0]),
    "X": np.array([[0.5, 1.25, 2.0], [3.0, 1.0, 0.25]]),
}  # fmt: skip
UFUNCS = [name for name in RULES if isinstance(getattr(np, name, None), np.ufunc)]
UNARY, BINARY = ([name for name in UFUNCS if getattr(np, name).nin == count] for count in (1, 2))
FOLDS = ("sum", "mean", "max", "min", "prod", "std", "var", "any", "all", "cumsum", "cumprod")
ASKED = ("ptp", "median", "argmax", "average", "count_nonzero", "nansum")
METHODS = (
    *("reduce(X)", "reduce(X, axis=(0, 1))", "reduce(X, axis=-1, keepdims=True)", "reduce(X, initial=2)"),
    *("reduce(X > 1)", "reduce(X, where=X > 1)", "accumulate(X, axis=1)", "accumulate(x > 1)", "outer(x, y)"),
    "reduceat(x, [0, 2])",
)
KEYWORDS = (
    *("", "axis=0", "axis=-1", "axis=(0, 1)", "axis=1, keepdims=True", "initial=2.0", "dtype=int", "dtype=float"),
    *("ddof=1", "where=np.array([True, False, True])", "correction=1", "out=None", "mean=0.5"),
)
OPERATORS = ("+", "-", "*", "/", "**", "//", "%", "<", "<=", "==", "!=", "&", "|", "^", "@")
OPTIONS = ("", ", dtype=np.float32", ", where=x > 1", ", out=np.empty(3)")
CALLS = [
    *(f"np.{name}({a}{more})" for name in UNARY for a in ("x", "-x", "(x > 1)") for more in OPTIONS),
    *(f"np.{name}({a}, {b})" for name in BINARY for a, b in product(["x", "(x > 1)", "2", "True"], repeat=2)),
    *(f"np.{name}.{method}" for name in BINARY for method in METHODS),
    *(f"np.{name}({a}, {said})" for name in FOLDS + ASKED for a in ("X", "(X > 1)") for said in KEYWORDS),
    *(f"{a}.{name}({said})" for name in FOLDS for a in ("X", "(X > 1)") for said in KEYWORDS),
    *(f"{a} {op} {b}" for op in OPERATORS for a in ("x", "(x > 1)") for b in ("y", "2", "(y > 1)", "True")),
    *(Path(__file__).parent / "numpy_calls.txt").read_text(encoding="utf-8").splitlines(),
]
SYMBOLS = {
    f"{name}[{', '.join(map(str, i))}]": Fraction(a[i]) for name, a in POINT.items() for i in np.ndindex(a.shape)
}


def on_numbers(call):
    with np.errstate(all="ignore"):
        return np.asarray(eval(call, {"np": np, **{name: a.copy() for name, a in POINT.items()}}))  # noqa: S307


def on_symbols(call):
    """The values of what symbols give, nan where they have none."""
    given = {name: wrapped(symbols_of(name, a.shape)) for name, a in POINT.items()}
    found = plain(eval(call, {"np": np, **given}))  # noqa: S307
    values = evaluate(list(np.ravel(found)), SYMBOLS)
    numbers = [v if isinstance(v, bool) else float(digits(v, 17)) if known(v) else np.nan for v in values]
    return np.reshape(np.array(numbers, dtype=object), found.shape)


def disagreement(call):
    """What is wrong about a call: none where symbols refuse it, or give what NumPy gives."""
    try:
        found = on_symbols(call)
    except Exception:  # noqa: BLE001  (code that takes no symbols says so in its own way)
        return None
    try:
        wanted = on_numbers(call)
    except Exception as error:  # noqa: BLE001
        return f"{call}: NumPy raises {type(error).__name__}, symbols give {found}"
    half = wanted.dtype == np.float16  # of booleans, as what NumPy takes them
    values, numbers = wanted.astype(float), found.astype(float)
    same = np.isnan(numbers) | np.isclose(numbers, values, 2e-3 * half + 1e-9)  # no value is no wrong one
    if np.shape(found) == wanted.shape and np.all(same):
        return None
    return f"{call}: NumPy gives {wanted.tolist()}, symbols {found.tolist()}"


def test_symbols_answer_as_numpy_does():
    assert [said for said in map(disagreement, dict.fromkeys(CALLS)) if said] == []


MODELLED = (
    *(
        "np.exp(x)",
        "np.sum(X, axis=1)",
        "np.clip(x, a_min=0.5, a_max=1)",
        "(x > 1) + (y > 1)",
        "np.max(X, keepdims=True)",
    ),
    *("X @ x", "np.where(x - 1.25, x, y)", "np.mean(X > 1)", "np.std(X, ddof=1)", "np.logical_and(x, y)", "np.ptp(X)"),
)
REFUSED = [
    ("np.sum(X, dtype=int)", "np.add: the keyword dtype"),
    ("np.clip(x, 0, 1, out=np.empty(3))", "np.clip: the keyword out"),
    ("(x > 1) - (y > 1)", "np.subtract has no meaning in symbols of conditions"),
    ("x & y", "np.bitwise_and"),
    ("x.tolist()", "looks at a symbol"),
    ("str(x)", "looks at a symbol"),
    ("np.array_equal(x, y)", "np.array_equal"),
    ("(x > 1) @ (y > 1)", "np.matmul"),
    ("bool(x[0] > 1)", "asks whether a symbol is true"),
]


@pytest.mark.parametrize("call", MODELLED)
def test_what_is_modelled_is_not_refused(call):
    assert np.allclose(on_symbols(call).astype(float), on_numbers(call))


@pytest.mark.parametrize(("call", "said"), REFUSED)
def test_what_is_not_modelled_is_refused_by_name(call, said):
    with pytest.raises(SymbolsLost, match=said):
        on_symbols(call)


def test_single_symbols_are_arrays_to_code():
    x = wrapped(symbols_of("x", (3,)))
    assert not any(isinstance(entry, Sym) for entry in (x[0], *x, x.sum(), x[[0]][0]))
