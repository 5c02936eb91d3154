"""Python with NumPy, as a language: how values are spelled, and how rows write into arrays that are there already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set as AbstractSet
from functools import cache
from typing import NamedTuple

import numpy as np

from graphgrad.compiler.source.language import Language
from graphgrad.compiler.source.statements import Statement
from graphgrad.core.ops import OPS

_INFIX = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "pow": "power", "neg": "negative",
    "greater": "greater", "greater_equal": "greater_equal", "less": "less", "less_equal": "less_equal",
    "equal": "equal", "not_equal": "not_equal", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_not": "logical_not", "matmul": "matmul",
}  # fmt: skip


@cache
def ufunc(op: str) -> str:
    """Give the NumPy function of a row that takes the array for its result; empty where there is none.

    >>> ufunc("tanh"), ufunc("div"), ufunc("gelu")
    ('tanh', 'divide', '')
    """
    if op in _INFIX or op not in OPS:
        return _INFIX.get(op, "")
    call = re.fullmatch(r"np\.(\w+)\((a|a, b)\)", OPS[op].numpy)
    return call[1] if call and isinstance(getattr(np, call[1], None), np.ufunc) else ""


class Filling(NamedTuple):
    """Steps that fill the array `v` from operands `a` and `b`: an operation, and its operands, some of them numbers."""

    steps: tuple[tuple[str, ...], ...]
    same: bool = True  # whether v may be an operand's own array


_FILLINGS = {
    "relu": Filling((("maximum", "a", "0"),)),
    "square": Filling((("mul", "a", "a"),)),
    "reciprocal": Filling((("div", "1", "a"),)),
    "sigmoid": Filling((("neg", "a"), ("exp", "v"), ("add", "v", "1"), ("div", "1", "v"))),
    "silu": Filling((("neg", "a"), ("exp", "v"), ("add", "v", "1"), ("div", "a", "v")), same=False),
    "number": Filling((("copy", "a"),), same=False),
}


@cache
def filling(op: str) -> Filling | None:
    """Give the steps of an elementwise row; None where it can only give a new array.

    >>> filling("tanh").steps
    (('tanh', 'a'),)
    """
    if op in _FILLINGS:
        return _FILLINGS[op]
    return Filling(((op, *"ab"[: len(OPS[op].operands)]),)) if ufunc(op) and op != "matmul" else None


FORMS = {
    "as type": "a.astype({typed})",
    "typed": "{typed}(a)",
    "turned": "a.T",
    "flat": "a.reshape(-1)",
    "total": "a.sum()",
    "inner product": "a.dot(b)",
    "expanded": "np.expand_dims(a, b)",
    "broadcast": "np.broadcast_to(a, b)",
    "reshaped": "np.reshape(a, b)",
    "array": "np.array(a, {typed})",
    "whole number": "np.array(a)",
    "ones": "np.ones(a, {typed})",
    "empty": "np.empty(a, {typed})",
    "empty conditions": "np.empty(a, bool)",
    "empty places": "np.empty(a, np.int64)",
    "range": "np.arange(a)",
}
_VERBS = {
    "copy": "np.copyto(v, a)",
    "product": "a.dot(b, out=v)",
    "repeat": "v[...] = a",
    "put": "v[()] = a",
    "take off": "v -= a",
}
REDUCTIONS = {"sum": "add", "max": "maximum", "min": "minimum"}
_VERBS |= {f"{op} along": f"np.{name}.reduce(a, axis=b, out=v)" for op, name in REDUCTIONS.items()}
_VERBS |= {f"{op} kept": f"np.{name}.reduce(a, axis=b, keepdims=True, out=v)" for op, name in REDUCTIONS.items()}
_BY_NAME = frozenset({"maximum", "minimum"})  # of which NumPy takes the result's place by its name alone


def written_into(op: str, quick: AbstractSet[str] = frozenset()) -> str:
    """How a statement that writes into an array is spelled; `quick` are functions that have been looked up before."""
    if op in _VERBS:
        return _VERBS[op]
    name, operands = ufunc(op), ", ".join("ab"[: len(OPS[op].operands)])
    return (
        f"np_{name}({operands}, {'out=' * (name in _BY_NAME)}v)" if name in quick else f"np.{name}({operands}, out=v)"
    )


PYTHON = Language(forms=FORMS, verbs=written_into)


def looked_up(statements: Iterable[Statement], taken: AbstractSet[str]) -> frozenset[str]:
    """The functions that statements call, and that are called faster by a name of their own; `taken` names are left."""
    called = {ufunc(s.value.op) for s in statements if s.into is not None and s.value.op not in _VERBS}
    return frozenset(name for name in called if f"np_{name}" not in taken)


def quickly(language: Language, quick: AbstractSet[str]) -> Language:
    """The language with calls of functions that have been looked up: these take the result's place last.

    >>> from graphgrad.compiler.source.statements import Expr, variable
    >>> add = Statement(None, Expr("add", (variable("a"), variable("b"))), into=variable("c"))
    >>> PYTHON.said(add), quickly(PYTHON, {"add"}).said(add)
    ('np.add(a, b, out=c)', 'np_add(a, b, c)')
    """
    return language.but(verbs=lambda op: written_into(op, quick))


def look_up(quick: AbstractSet[str], np: str = "np") -> list[str]:
    """The lines that look functions up."""
    names = sorted(quick)
    parts = [names[k : k + 3] for k in range(0, len(names), 3)]
    return [
        f"{', '.join(f'np_{n}' for n in part)} = {', '.join(f'{np}.{n}' for n in part)}  # looked up once"
        for part in parts
    ]
