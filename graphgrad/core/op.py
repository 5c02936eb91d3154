"""One row of the table: what is known about an operation, and how a row is read from its notation."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphgrad.core import shapes

# How tightly a notation binds, loosest first, as in Python.
COMPARE, OR, AND, ADD, MUL, NEG, POW, ATOM = range(8)

SYMBOLS: dict[type[ast.AST], tuple[str, str, int]] = {  # Python's syntax: row name, symbol, precedence
    ast.Add: ("add", "+", ADD),
    ast.Sub: ("sub", "-", ADD),
    ast.Mult: ("mul", "*", MUL),
    ast.Div: ("div", "/", MUL),
    ast.MatMult: ("matmul", "@", MUL),
    ast.Pow: ("pow", "**", POW),
    ast.USub: ("neg", "-", NEG),
    ast.Gt: ("greater", ">", COMPARE),
    ast.GtE: ("greater_equal", ">=", COMPARE),
    ast.Lt: ("less", "<", COMPARE),
    ast.LtE: ("less_equal", "<=", COMPARE),
    ast.Eq: ("equal", "==", COMPARE),
    ast.NotEq: ("not_equal", "!=", COMPARE),
    ast.BitAnd: ("logical_and", "&", AND),
    ast.BitOr: ("logical_or", "|", OR),
    ast.Invert: ("logical_not", "~", NEG),
}

ShapeRule = Callable[[tuple[shapes.Shape, ...], dict[str, Any]], shapes.Shape]
Definition = str | Callable[[tuple[shapes.Shape, ...], dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """A row. Texts are written in the operands' names, `v` (the result) and, in `vjp`, `g` (its cotangent).

    Columns `numpy`, `python` (scalars, with `math`), `sympy` and `js` are expressions of their language; an empty one
    means that the operation has no such spelling (its definition, where it has one, then serves). `tex` marks operands
    by `$`; without any it is the name of a function.
    """

    name: str
    notation: str
    operands: tuple[str, ...]
    attrs: dict[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()  # attributes without a default
    d: tuple[str | None, ...] = ()  # elementwise: the local partial for each operand; None: no gradient passes
    vjp: tuple[str | None, ...] = ()  # otherwise: the contribution to each operand's adjoint
    define: Definition | None = None
    shape: ShapeRule = shapes.elementwise
    dtype: str = "float"  # of the result: float, int, bool
    integer: tuple[str, ...] = ()  # operands that are indices or class labels
    boolean: tuple[str, ...] = ()  # operands that are conditions
    domain: str = ""  # a condition on the operands; empty: everywhere
    kinks: str = ""  # an expression whose zeros are the points without a derivative, where a convention holds
    steep: str = ""  # elementwise: one whose zeros are the points with a value and an infinite slope: no convention
    numpy: str = ""
    python: str = ""
    sympy: str = ""
    js: str = ""
    tex: str = ""
    glyph: str = ""
    cost: str = "v"  # arithmetic operations, in sizes: of an operand, of the result v, or of the inner dimension k
    aliases: tuple[str, ...] = ()
    precedence: int = ATOM
    elementwise: bool = field(init=False)  # each entry of the result depends on the entries at its own place alone
    plain: bool = field(init=False)  # elementwise over numbers

    def __post_init__(self) -> None:
        object.__setattr__(self, "elementwise", self.shape is shapes.elementwise)
        object.__setattr__(self, "plain", self.elementwise and not self.boolean and not self.integer)

    @property
    def composite(self) -> bool:
        """Whether the row is nothing but its definition, which then takes its place in the graph."""
        return self.define is not None and not self.d and not self.vjp

    @property
    def variadic(self) -> bool:
        """Whether the one operand stands for a list of any length."""
        return self.notation.endswith("*)") or "([" in self.notation


def read(notation: str, **columns: Any) -> Op:
    """Make a row from its notation: an operator, or a call whose keyword-only arguments are static attributes.

    >>> read("sum(a, *, axis=None)", vjp=("spread(g, a, axis=axis)",)).attrs
    {'axis': None}
    >>> read("a * b", d=("b", "a")).name
    'mul'
    """
    if notation.endswith(")") and notation[0].isalpha() and "(" in notation.partition(" ")[0]:
        return _call(notation, columns)
    tree = ast.parse(notation, mode="eval").body
    match tree:
        case ast.BinOp(left=ast.Name(id=a), op=sign, right=ast.Name(id=b)):
            operands: tuple[str, ...] = (a, b)
        case ast.Compare(left=ast.Name(id=a), ops=[sign], comparators=[ast.Name(id=b)]):
            operands = (a, b)
        case ast.UnaryOp(op=sign, operand=ast.Name(id=a)):
            operands = (a,)
        case _:
            raise ValueError(notation)
    name, symbol, precedence = SYMBOLS[type(sign)]
    spelled = dict.fromkeys(("numpy", "python", "sympy", "js"), notation)
    tex = f"$a {symbol} $b" if len(operands) == 2 else f"{symbol}$a"
    defaults: dict[str, Any] = {"name": name, "tex": tex, "glyph": symbol, "precedence": precedence}
    return Op(notation=notation, operands=operands, **(spelled | defaults | columns))


def _call(notation: str, columns: dict[str, Any]) -> Op:
    name, _, arguments = notation.partition("(")
    signature = ast.parse(f"def {name}({arguments.replace('[', '').replace(', ...]', '')}: 0").body[0]
    assert isinstance(signature, ast.FunctionDef)
    operands = tuple(a.arg for a in signature.args.args)
    keywords = [a.arg for a in signature.args.kwonlyargs]
    attrs = {k: v and ast.literal_eval(v) for k, v in zip(keywords, signature.args.kw_defaults, strict=True)}
    required = tuple(k for k, v in zip(keywords, signature.args.kw_defaults, strict=True) if v is None)
    passed = ", ".join([*operands, *(f"{k}={k}" for k in keywords)])
    tex = rf"\text{{{name.replace('_', ' ')}}}" if "_" in name else rf"\operatorname{{{name}}}"
    defaults = {"numpy": f"np.{name}({passed})", "tex": tex, "glyph": name}
    if "d" in columns and not keywords:
        defaults |= {"python": f"math.{name}({passed})", "js": f"Math.{name}({passed})"}
        if not columns.get("define"):
            defaults |= {"sympy": f"sp.{name}({passed})"}
    elif not columns.get("define"):
        defaults |= {"sympy": columns.get("numpy", defaults["numpy"])}  # NumPy serves arrays of symbols too
    return Op(name=name, notation=notation, operands=operands, attrs=attrs, required=required, **(defaults | columns))
