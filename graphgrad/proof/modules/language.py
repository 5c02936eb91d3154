"""What a compiled module may use: operators, builtins, NumPy's functions and the attributes of arrays. Nothing else."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from graphgrad.core.errors import ParseError
from graphgrad.core.op import Op
from graphgrad.core.ops import OPS
from graphgrad.execute import numpy_functions
from graphgrad.proof.scalars.symbols import Quotient


class Runner(Protocol):
    """Who runs statements: the module that a function stands in."""

    def run(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        """Run statements in order."""

    def value(self, tree: ast.expr, names: Mapping[str, Any]) -> Any:
        """The value of an expression."""


class Returned(Exception):  # noqa: N818  (no error: how a function's value leaves its body)
    """A return statement was reached."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Function:
    """A function of a module."""

    def __init__(self, module: Runner, tree: ast.FunctionDef, around: Mapping[str, Any] | None = None) -> None:
        self.module, self.tree, self.around = module, tree, {} if around is None else around
        self.parameters = [a.arg for a in tree.args.args]
        values = [module.value(default, self.around) for default in tree.args.defaults]  # once, as Python does
        self.defaults = dict(zip(self.parameters[::-1], values[::-1], strict=False))

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Run the body on arguments."""
        if len(args) > len(self.parameters) or (strange := named.keys() - {*self.parameters[len(args) :]}):
            what = f"no argument '{min(strange)}'" if len(args) <= len(self.parameters) else "fewer arguments"
            raise TypeError(f"{self.tree.name} takes {what}")
        given = {**self.defaults, **dict(zip(self.parameters, args, strict=False)), **named}
        if missing := [name for name in self.parameters if name not in given]:
            raise TypeError(f"{self.tree.name} needs a value for {missing[0]}")
        names = {**self.around, **given}
        try:
            self.module.run(self.tree.body, names)
        except Returned as returned:
            return returned.value
        return None


def bound_twice(body: list[ast.stmt]) -> str:
    """A name that two statements of a module bind; empty where there is none."""
    names = [name for statement in body for name in bound(statement)]
    return next((name for name in names if names.count(name) > 1), "")


def bound(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [n.asname or n.name for n in names]
    return []


def is_symbolic(value: Any) -> bool:
    """Whether a condition is one of symbols, to be kept and not decided."""
    return isinstance(value, np.ndarray) and value.dtype == object


STEPS = 200_000  # syntax trees walked in one call


def _bounded(found: range) -> range:
    if len(found) > STEPS:
        raise ParseError("the module loops for too long")
    return found


def _divided(a: Any, b: Any) -> Any:
    """A quotient; of whole numbers it stays known exactly."""
    return Quotient(a, b) if type(a) is int and type(b) is int else a / b


def _power(a: Any, b: Any) -> Any:
    """A power; of plain integers only a small one."""
    if isinstance(a, int) and isinstance(b, int) and abs(b) > 64:
        raise ParseError("the module computes too large a power")
    return a**b


def allowed(**special: Any) -> SimpleNamespace:
    """NumPy as far as modules may use it, with some functions replaced."""
    return SimpleNamespace(**{name: getattr(np, name) for name in known()} | special)


def casting(rule: Callable[[Any], Any]) -> type[np.float64]:
    """np.float64 as modules use it: as a type, and as a cast, which is a rule here."""

    class Cast(np.float64):
        def __new__(cls, value: Any = 0.0) -> Any:
            return rule(value)

    return Cast


_BESIDES = (  # what printed code calls, and the functions that it copies, besides the functions of rows
    "positive logaddexp heaviside isfinite isnan broadcast_shapes take_along_axis put_along_axis shape ndim"
    " moveaxis copyto result_type cumprod eye arange copysign any all ones trunc"
)


def known() -> frozenset[str]:
    """The functions of NumPy that modules may call."""
    return _known(tuple(OPS.values()))


@cache
def _known(rows: tuple[Op, ...]) -> frozenset[str]:
    called = {
        name for row in rows if row.saved for name in (row.name, *row.aliases, *re.findall(r"\bnp\.(\w+)", row.numpy))
    }
    return frozenset({*_BESIDES.split(), *(name for name in called if hasattr(np, name))})


_ATTRIBUTES = (
    "T shape ndim size dtype kind reshape sum mean max min transpose ravel astype copy squeeze dot at take reduce"
    " append"
)
METHODS = frozenset(_ATTRIBUTES.split())
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: _divided,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: _power,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Invert: operator.invert, ast.Not: operator.not_, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
BUILTINS: dict[str, Any] = {"len": len, "range": lambda *ends: _bounded(range(*ends)), "isinstance": isinstance,
    "tuple": tuple, "list": list, "int": int, "round": round, "float": float, "bool": bool,
             "min": min, "max": max, "abs": abs, "slice": slice, "sum": sum, "zip": zip,
             "enumerate": enumerate, "iter": iter}  # fmt: skip
_ELEMENTARY = (
    "exp log sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh sqrt cbrt erf erfc floor fabs expm1"
    " log1p log2 log10 hypot pow"
)
ELEMENTARY = _ELEMENTARY.split()  # what modules take from math
MATH = {name: getattr(math, name) for name in ("pi", "e", "prod", "inf")}


def finite(*_: Any) -> bool:
    """What math.isfinite says of a symbol, or a residue: it is a number."""
    return True


def in_floats(kind: str) -> dict[str, Any]:
    """What a module's names mean where it is run as it stands, in "float32", or all in "float64"."""
    single = np.float32 if kind == "float32" else np.float64
    made = {name: getattr(np, name) for name in ("asarray", "array", "ascontiguousarray", "zeros", "empty", "errstate")}
    return {
        "np": allowed(**made, float64=np.float64, float32=single, int64=np.int64, newaxis=None, inf=np.inf),
        "math": SimpleNamespace(
            **{name: getattr(math, name) for name in [*ELEMENTARY, "isfinite", "copysign"]}, **MATH
        ),
        "jax.erf": numpy_functions.erf,
    }
