"""The third door: a sympy expression, printed in the language and read like any text. Imported where it is used."""

from __future__ import annotations

import keyword
from itertools import pairwise
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from graphgrad.core.errors import UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.ops import NAMES
from graphgrad.frontend.parse import parse


def from_sympy(expression: Any, /) -> Graph:
    """Give the graph of a sympy expression of real symbols; its `source` is the expression in the language.

    Rational numbers become exact divisions, pi and E keep their names, and Piecewise becomes where. Raises UsageError
    that names the first part that the language cannot say.

    >>> x, y = sp.symbols("x y")
    >>> print(from_sympy(sp.sqrt(x) * sp.Max(x, y, 0) + sp.Rational(1, 3) * sp.exp(-x)))
    sqrt(x) * maximum(maximum(0, x), y) + exp(-x) / 3
    """
    if not isinstance(expression, sp.Expr):
        raise UsageError(f"{type(expression).__name__} is no sympy expression of numbers")
    names = sorted(map(str, expression.free_symbols))
    if twice := [name for name, after in pairwise(names) if name == after]:
        raise UsageError(f"two symbols are named '{twice[0]}'", hint="rename one")
    return parse(_Language(frozenset(names)).doprint(expression), dict.fromkeys(names, ()))


class _Language(StrPrinter):  # type: ignore[misc]  # sympy ships no types
    """Prints sympy in graphgrad's language, by the table's names and exactly, and nothing that it does not have."""

    def __init__(self, symbols: frozenset[str]) -> None:
        super().__init__()
        self._symbols = symbols

    def _print(self, expr: Any, **settings: Any) -> str:
        if not isinstance(expr, _SAID):
            raise UsageError(f"sympy's {type(expr).__name__} is not part of the language: {expr}")
        if isinstance(expr, sp.Function) and not isinstance(expr, sp.Piecewise):
            return self._function(expr)
        return str(super()._print(expr, **settings))

    def _function(self, expr: Any) -> str:
        name = expr.func.__name__
        row = NAMES.get(name) if name in ALIKE or isinstance(expr, AppliedUndef) else None
        if name in SPELLED and not isinstance(expr, AppliedUndef):
            return SPELLED[name].format(*map(self._print, expr.args))
        if row is None or row.attrs or len(row.operands) != len(expr.args):
            raise UsageError(f"sympy's {name} is not part of the language: {expr}")
        return f"{name}({self.stringify(expr.args, ', ')})"

    def _print_Symbol(self, expr: Any) -> str:
        name = str(expr)
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UsageError(f"the symbol '{name}' is no name in the language", hint="rename it, as in lambda_")
        return name

    def _print_Dummy(self, expr: Any) -> str:
        return self._print_Symbol(expr)

    def _print_NumberSymbol(self, expr: Any) -> str:
        name = {sp.pi: "pi", sp.E: "e"}[expr]
        return f"np.{name}" if name in self._symbols else name

    def _print_Pi(self, expr: Any) -> str:
        return self._print_NumberSymbol(expr)

    def _print_Exp1(self, expr: Any) -> str:
        return self._print_NumberSymbol(expr)

    def _print_Float(self, expr: Any) -> str:
        return repr(float(expr))

    def _print_Max(self, expr: Any) -> str:
        return self._nested("maximum", expr.args)

    def _print_Min(self, expr: Any) -> str:
        return self._nested("minimum", expr.args)

    def _nested(self, name: str, parts: Any) -> str:
        said, *others = map(self._print, sorted(parts, key=sp.default_sort_key))
        for other in others:
            said = f"{name}({said}, {other})"
        return str(said)

    def _print_Relational(self, expr: Any) -> str:
        left, right = (self.parenthesize(side, PRECEDENCE["Relational"] + 1) for side in expr.args)
        return f"{left} {'==' if isinstance(expr, sp.Eq) else expr.rel_op} {right}"

    def _print_And(self, expr: Any) -> str:
        return " & ".join(f"({self._print(part)})" for part in sorted(expr.args, key=sp.default_sort_key))

    def _print_Or(self, expr: Any) -> str:
        return " | ".join(f"({self._print(part)})" for part in sorted(expr.args, key=sp.default_sort_key))

    def _print_Not(self, expr: Any) -> str:
        return f"~({self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: Any) -> str:
        *cases, (last, condition) = expr.args
        if condition != sp.true:
            raise UsageError("the Piecewise is undefined elsewhere", hint="end it with (value, True)")
        said = self._print(last)
        for value, when in reversed(cases):
            said = f"where({self._print(when)}, {self._print(value)}, {said})"
        return str(said)


_ALIKE = (  # sympy's own functions that mean what the table means by their name
    "exp log sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc sign floor"
    " expm1 log1p log2 log10 hypot"
)
ALIKE = frozenset(_ALIKE.split())
SPELLED = {  # those that have another name, or another meaning: sinc is unnormalised there
    "Abs": "abs({0})",
    "ceiling": "ceil({0})",
    "sinc": "where(({0}) == 0, 1, sin({0}) / ({0}))",
}
_SAID = (sp.Symbol, sp.Rational, sp.Float, type(sp.pi), type(sp.E), sp.Add, sp.Mul, sp.Pow, sp.Function, sp.Max, sp.Min,
         sp.Piecewise, Relational, sp.And, sp.Or, sp.Not)  # fmt: skip
