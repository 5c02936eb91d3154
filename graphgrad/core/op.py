"""One row of the table: what is known about an operation, and how a row is read from its notation."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core import shapes, syntax
from graphgrad.core.display import told
from graphgrad.core.errors import UsageError, did_you_mean

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


MOVES = "moves"  # in the columns `entries` and `residues`: the numpy column moves entries, whatever they are
RESIDUES = {
    "known": "the field's own arithmetic knows the function",
    "atom": "a function without a value in the field: equal operands give equal elements",
    "adds": "a sum of entries with whole weights",
    MOVES: "a movement of entries",
}


@told(lambda row: f"{row.notation}, with slopes {', '.join(map(str, row.d))}" if row.d else row.notation)
@dataclass(frozen=True, slots=True)
class Op:
    """A row. Texts are written in the operands' names, `v` (the result) and, in `vjp`, `g` (its cotangent).

    Columns `numpy`, `python` (scalars, with `math`), `sympy`, `js` and `c` are expressions of their language; an empty
    one means that the operation has no such spelling (its definition, where it has one, then serves). `tex` marks
    operands by `$`; without any it is the name of a function. `entries`, `residues`, `onnx` and `saved` must be stated
    by rows with a `vjp` and no definition, by "" or False where there is none; for elementwise rows they follow.
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
    dtype: str = "float"  # of the result: float, int, bool, or "same" as that of what is moved
    of_conditions: str = "number"  # NumPy's of conditions alone: they count, or a row, an operand, what else to write
    integer: tuple[str, ...] = ()  # operands that are indices or class labels
    boolean: tuple[str, ...] = ()  # operands that are conditions
    domain: str = ""  # a condition on the operands; empty: everywhere
    kinks: str = ""  # an expression whose zeros are the points without a derivative, where a convention holds
    steep: str = ""  # elementwise: one whose zeros are the points with a value and an infinite slope: no convention
    numpy: str = ""
    python: str = ""
    sympy: str = ""
    js: str = ""
    c: str = ""
    tex: str = ""
    glyph: str = ""
    entries: str = ""  # the graph of its entries, in the words of `transform/scalarize.py`, or MOVES
    residues: str = ""  # the NumPy function over a prime field: a word of `RESIDUES`, or text in the language
    onnx: str = ""  # an expression of ONNX's operators, in the words of `learn/models/onnx_words.py`
    saved: bool = True  # whether modules that are read may call the NumPy function
    cost: str = "v"  # arithmetic operations, in sizes: of an operand, of the result v, or of the inner dimension k
    aliases: tuple[str, ...] = ()
    precedence: int = ATOM
    elementwise: bool = field(init=False)  # each entry of the result depends on the entries at its own place alone
    plain: bool = field(init=False)  # elementwise over numbers

    def __post_init__(self) -> None:
        object.__setattr__(self, "elementwise", self.shape is shapes.elementwise)
        object.__setattr__(self, "plain", self.elementwise and not self.boolean and not self.integer)

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def composite(self) -> bool:
        """Whether the row is nothing but its definition, which then takes its place in the graph."""
        return self.define is not None and not self.d and not self.vjp

    def named(self, slot: int) -> str:
        """The name of an operand."""
        return self.operands[0 if self.variadic else slot]

    def data(self, dtypes: Sequence[str]) -> set[str]:
        """The types of the operands whose entries a result is made of: a gradient passes to these alone."""
        rules = self.d or self.vjp
        passed = {slot for slot, rule in enumerate(rules) if rule is not None} or {*range(len(self.operands))}
        return {dtype for slot, dtype in enumerate(dtypes) if self.variadic or slot in passed}

    @property
    def variadic(self) -> bool:
        """Whether the one operand stands for a list of any length."""
        return self.notation.endswith("*)") or "([" in self.notation


COLUMNS = frozenset(f.name for f in fields(Op) if f.init) - {"notation", "operands", "attrs", "required"}
STATED = {  # columns that a row with a rule of its own must state, since nothing follows for it
    "shape": "a rule of core/shapes.py",
    "entries": "the graph of its entries, in the words of transform/scalarize.py, MOVES, or ''",
    "residues": f"its NumPy function over a prime field: {', '.join(RESIDUES)}, a text in the language, or ''",
    "onnx": "an expression of ONNX's operators, or '' where ONNX has none",
    "saved": "whether modules that are read may call its NumPy function, True or False",
}
# What the names of other languages are that a column may be derived from, without a word in the row.
_EXACT = (
    "exp log sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf sign floor Abs sqrt Max Min"
    " Eq Ne Rational Piecewise"
)
EXACT = frozenset(_EXACT.split())
_JAVASCRIPT = (
    "abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor hypot log log10 log1p log2"
    " max min pow round sign sin sinh sqrt tan tanh trunc"
)
JAVASCRIPT = frozenset(_JAVASCRIPT.split())
_C = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh erf erfc exp expm1 floor hypot log log10 log1p log2 pow"
    " round sin sinh sqrt tan tanh trunc sign"
)
C = frozenset(_C.split())  # of math.h, and a function that every file has
_LIBRARIES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "numpy": ("np", lambda name: hasattr(np, name)),
    "python": ("math", lambda name: hasattr(math, name)),
    "js": ("Math", JAVASCRIPT.__contains__),
    "sympy": ("sp", EXACT.__contains__),
}


def read(notation: str, **columns: Any) -> Op:
    """Make a row from its notation: an operator, or a call whose keyword-only arguments are static attributes.

    UsageError for a notation that is neither, and for columns that are forgotten, unknown, or not what they must be.

    >>> read("sum(a, *, axis=None)", define="a").attrs
    {'axis': None}
    >>> read("a * b", d=("b", "a")).name
    'mul'
    >>> read("cumsum(a, *, axis)", vjp=("g",))
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: the row 'cumsum' lacks the column shape: a rule of core/shapes.py
    """
    said = _notation(notation)
    for column in columns:
        if column not in COLUMNS:
            hint = did_you_mean(column, COLUMNS) or f"there are {', '.join(sorted(COLUMNS))}"
            raise UsageError(f"the row '{said.name}' has no column '{column}'", hint=hint)
    if not any(columns.get(rule) for rule in ("d", "vjp", "define")):
        raise UsageError(f"the row '{said.name}' lacks a rule: d where it is elementwise, vjp where not, or define")
    if columns.get("vjp") and not isinstance(columns.get("define"), str):
        for column, meaning in STATED.items():
            if column not in columns:
                raise UsageError(f"the row '{said.name}' lacks the column {column}: {meaning}")
    row = Op(
        notation=notation,
        name=said.name,
        operands=said.operands,
        attrs=said.attrs,
        required=said.required,
        **(_derived(notation, said, columns) | columns),
    )
    for rule in ("d", "vjp"):
        given = getattr(row, rule)
        if given and given != ("by definition",) and len(given) != len(row.operands):
            raise UsageError(f"the row '{row.name}' has {len(row.operands)} operands, but {len(given)} rules in {rule}")
    _check_names(row)
    return row


class _Notation(NamedTuple):
    """What a notation says; `symbol` and `precedence` of an operator, `call` of a function."""

    name: str
    operands: tuple[str, ...]
    attrs: dict[str, Any]
    required: tuple[str, ...]
    symbol: str = ""
    precedence: int = ATOM

    @property
    def call(self) -> str:
        return f"{self.name}({', '.join([*self.operands, *(f'{k}={k}' for k in self.attrs)])})"


def _notation(notation: str) -> _Notation:
    hint = 'such as "mish(a)", or "sum(a, *, axis=None)" with an attribute'
    wrong = UsageError(f"'{notation}' is no notation of an operation", hint=hint)
    try:
        if notation.endswith(")") and notation[0].isalpha() and "(" in notation.partition(" ")[0]:
            return _function(notation)
        tree = syntax.expression(notation)
    except (SyntaxError, ValueError):
        raise wrong from None
    match tree:
        case ast.BinOp(left=ast.Name(id=a), op=sign, right=ast.Name(id=b)):
            operands: tuple[str, ...] = (a, b)
        case ast.Compare(left=ast.Name(id=a), ops=[sign], comparators=[ast.Name(id=b)]):
            operands = (a, b)
        case ast.UnaryOp(op=sign, operand=ast.Name(id=a)):
            operands = (a,)
        case _:
            raise wrong
    name, symbol, precedence = SYMBOLS[type(sign)]
    return _Notation(name, operands, {}, (), symbol, precedence)


def _function(notation: str) -> _Notation:
    name, _, arguments = notation.partition("(")
    signature = syntax.statements(f"def {name}({arguments.replace('[', '').replace(', ...]', '')}: 0").body[0]
    if not isinstance(signature, ast.FunctionDef):
        raise ValueError(notation)  # noqa: TRY004  (of the text, not of a type)
    keywords = list(zip([a.arg for a in signature.args.kwonlyargs], signature.args.kw_defaults, strict=True))
    attrs = {k: v and ast.literal_eval(v) for k, v in keywords}
    return _Notation(name, tuple(a.arg for a in signature.args.args), attrs, tuple(k for k, v in keywords if v is None))


def _derived(notation: str, said: _Notation, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that follow where a row does not state them."""
    name, call = said.name, said.call
    followed: dict[str, Any] = {"glyph": said.symbol or name, "precedence": said.precedence}
    if columns.get("d") and columns.get("dtype", "float") == "float":
        followed["residues"] = "atom"
    if said.symbol:
        followed["tex"] = f"$a {said.symbol} $b" if len(said.operands) == 2 else f"{said.symbol}$a"
        return followed | dict.fromkeys(("numpy", "python", "sympy", "js", "c"), notation)
    followed["tex"] = rf"\text{{{name.replace('_', ' ')}}}" if "_" in name else rf"\operatorname{{{name}}}"
    followed["numpy"] = f"np.{call}"
    if "d" in columns and not said.attrs:
        followed |= {"python": f"math.{call}", "js": f"Math.{call}", "c": call if name in C else ""}
        if not columns.get("define"):
            followed["sympy"] = f"sp.{call}"
    elif not columns.get("define"):
        followed["sympy"] = columns.get("numpy", followed["numpy"])  # NumPy serves arrays of symbols too
    return followed


def _check_names(row: Op) -> None:
    """Refuse a column that calls what its library does not have, as one does that follows and should be stated."""
    if row.composite:
        return
    for column, (library, has) in _LIBRARIES.items():
        for name in re.findall(rf"\b{library}\.(\w+)\(", getattr(row, column)):
            if not has(name):
                raise UsageError(f"the row '{row.name}' lacks the column {column}: there is no {library}.{name}")
    if row.residues and row.residues not in RESIDUES and row.residues.isidentifier():
        raise UsageError(f"the row '{row.name}' has an unknown word in the column residues: '{row.residues}'")
