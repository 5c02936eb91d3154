"""The second reading: the accepted text evaluated on exact scalars by a small walk of its own over the syntax tree.

It never sees our graph, our lowering or our table. Text must have been accepted by `parse` first: here only the meaning
is at stake. Whole numbers divide exactly, and a decimal is the rational it spells.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Self

import numpy as np

from graphgrad.core import syntax
from graphgrad.proof.readings.functions import ALIASES, FUNCTIONS, Array, lifted
from graphgrad.proof.scalars.elementary import exp
from graphgrad.proof.scalars.symbols import PI, Sym, SymbolsLost, leaf, lift, literal


class Unread(SymbolsLost):
    """Text that `parse` accepts and the second reading does not know."""


def statements(source: str) -> Iterator[tuple[str, ast.expr, int]]:
    """The target ("" for none), the expression and the line of every statement."""
    for statement in _spelled(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value, statement.lineno
            case ast.AugAssign(target=ast.Name(id=name), op=sign, value=value):
                yield name, ast.BinOp(ast.Name(name, ast.Load()), sign, value), statement.lineno
            case ast.Expr(value=value):
                yield "", value, statement.lineno
            case _:
                raise Unread("this statement has no second reading")


def _spelled(source: str) -> ast.Module:
    """The syntax tree, its decimals as they are spelled: Python's own hold what fits into a float."""
    tree, lines = syntax.statements(source), source.encode().split(b"\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            text = lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
            node.value = Decimal(text, node.value)
    return tree


class Decimal(float):
    """A float with the text that it was read from."""

    text: str

    def __new__(cls, text: str, value: float) -> Self:
        """The float."""
        found = super().__new__(cls, value)
        found.text = text
        return found


def decimals(source: str) -> dict[float, Sym]:
    """The decimals of a text that say more than a float holds, by the float that they become."""
    values = (node.value for node in ast.walk(_spelled(source)) if isinstance(node, ast.Constant))
    found = {float(v): literal(v.text) for v in values if isinstance(v, Decimal)}
    return {value: said for value, said in found.items() if literal(value).op == "near"}


def read(source: str, inputs: Mapping[str, Array]) -> list[tuple[str, Array, int]]:
    """The value of every statement, with its target and line; inputs are object arrays, or integer arrays of labels.

    Unread where there is none.
    """
    names: dict[str, Any] = dict(inputs)
    results = []
    try:
        for target, expression, line in statements(source):
            value = Reading(names).of(expression)
            names |= {target: value} if target else {}
            results.append((target, value, line))
    except (RecursionError, MemoryError):
        raise Unread("nested too deeply; name the inner parts on lines of their own") from None
    except (ValueError, IndexError, ArithmeticError) as error:  # in NumPy's words: shapes that do not fit, most of all
        raise Unread(f"this has no value: {error}") from None
    return results


def learn(
    name: str, operands: Sequence[str], attrs: Mapping[str, Any], meaning: Any, aliases: Iterable[str] = ()
) -> None:
    """Learn a function from outside: its meaning is a function of arrays, or a text in operands and attributes.

    Without either it has no second reading, and verdicts on it are UNSUPPORTED.

    >>> learn("thrice", ["a"], {"by": 3}, "a * by")
    >>> [str(value) for _, value, _ in read("thrice(x)", {"x": symbols_of("x", ())})]
    ['mul(x, 3)']
    >>> del FUNCTIONS["thrice"]
    """
    if callable(meaning):
        FUNCTIONS[name] = meaning
    elif isinstance(meaning, str) and meaning:
        FUNCTIONS[name] = _defined(operands, attrs, syntax.expression(meaning.strip()))
    ALIASES.update(dict.fromkeys(aliases, name))


def _defined(operands: Sequence[str], attrs: Mapping[str, Any], tree: ast.expr) -> Callable[..., Array]:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    statics = [inspect.Parameter(n, kind, default=value) for n, value in attrs.items()]
    signature = inspect.Signature([*(inspect.Parameter(n, kind) for n in operands), *statics])

    def function(*given: Any, **named: Any) -> Array:
        bound = signature.bind(*given, **named)
        bound.apply_defaults()
        values = bound.arguments
        written = _Written({n: values[n] for n in attrs}).visit(copy.deepcopy(tree))
        return Reading({n: values[n] for n in operands}).of(written)

    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


class _Written(ast.NodeTransformer):
    """Attributes written out in a definition."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def visit_Name(self, tree: ast.Name) -> ast.expr:
        """The attribute of that name as a constant."""
        return ast.Constant(self.values[tree.id]) if tree.id in self.values else tree


class Reading:
    """Evaluates one expression."""

    def __init__(self, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = FUNCTIONS) -> None:
        self.names, self.functions = names, functions

    def of(self, tree: ast.expr) -> Array:  # noqa: C901, PLR0911, PLR0912  (one case for each kind of tree)
        """The value of an expression."""
        match tree:
            case ast.Constant(value=Decimal(text=text)):
                return np.asarray(literal(text), dtype=object)
            case ast.Constant(value=value):
                return np.asarray(lift(value), dtype=object)
            case ast.Name(id=name) if name in self.names:
                return self.names[name]
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return np.stack([np.asarray(self.of(t), dtype=object) for t in parts])
            case ast.Name(id="pi"):
                return np.asarray(PI, dtype=object)
            case ast.Name(id="e"):
                return np.asarray(exp(1), dtype=object)
            case ast.Name(id=name):
                raise Unread(f"'{name}' has no second reading: a proof is about real numbers")
            case ast.BinOp():
                return self._chain(tree)
            case ast.UnaryOp(op=sign, operand=operand):
                return (
                    self.of(operand)
                    if isinstance(sign, ast.UAdd)
                    else self.functions[_SIGNS[type(sign)]](self.of(operand))
                )
            case ast.Compare(left=left, ops=signs, comparators=others):
                sides = [self.of(t) for t in (left, *others)]
                parts = [
                    self.functions[_SIGNS[type(o)]](a, b) for o, a, b in zip(signs, sides, sides[1:], strict=False)
                ]
                result = parts[0]
                for part in parts[1:]:
                    result = self.functions["logical_and"](result, part)
                return result
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.functions["where"](self.of(test), self.of(body), self.of(orelse))
            case ast.Attribute(value=value, attr=attr):
                if self._module(value):
                    return self.of(ast.Name(attr, ast.Load()))
                return self.functions["transpose"](self.of(value))
            case ast.Subscript(value=value, slice=key):
                return self._subscript(self.of(value), key)
            case ast.Call():
                return self._call(tree)
        said = tree.id if isinstance(tree, ast.Name) else type(tree).__name__
        raise Unread(f"{said} has no second reading")

    def _chain(self, tree: ast.BinOp) -> Array:
        parts = [tree]
        while isinstance(parts[-1].left, ast.BinOp):
            parts.append(parts[-1].left)
        value = self.of(parts[-1].left)
        for part in reversed(parts):
            value = self.functions[_SIGNS[type(part.op)]](value, self.of(part.right))
        return value

    def _module(self, tree: ast.expr) -> bool:
        while isinstance(tree, ast.Attribute):
            tree = tree.value
        return isinstance(tree, ast.Name) and tree.id in {"np", "numpy", "math", "scipy"} and tree.id not in self.names

    def _subscript(self, value: Array, key: ast.expr) -> Array:
        try:
            return np.array(value)[_parts(key)]
        except ValueError:
            known = _known(key)
            return np.array(value)[known] if known is not None else np.take(value, self.of(key), axis=0)

    def _call(self, tree: ast.Call) -> Array:
        arguments, func = list(tree.args), tree.func
        name = func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
        if isinstance(func, ast.Attribute) and not self._module(func.value):
            arguments.insert(0, func.value)
        if isinstance(func, ast.Name) and name in _OF_SEVERAL and len(arguments) > 1 and not tree.keywords:
            return reduce(FUNCTIONS[_OF_SEVERAL[name]], [self.of(t) for t in arguments])
        if isinstance(func, ast.Name) and name in {"log", "ln"} and len(arguments) == 2:
            return FUNCTIONS["div"](*[FUNCTIONS["log"](self.of(t)) for t in arguments])
        if name == "array" and len(arguments) == 1:
            return self.of(arguments[0])
        name = ALIASES.get(name, name)
        rule = self.functions.get(name)
        if rule is None:
            raise Unread(f"'{name}' has no second reading")
        statics = {k.arg: _static(k.value) for k in tree.keywords if k.arg}
        if name in {"concatenate", "stack"}:
            first, *rest = arguments
            assert isinstance(first, ast.List | ast.Tuple)
            operands = [self.of(t) for t in first.elts]
            return rule(*operands, **dict(zip(["axis"], map(_static, rest), strict=False)), **statics)
        operands_wanted, names = _signature(name)
        given, positional = arguments[:operands_wanted], [_static(t) for t in arguments[operands_wanted:]]
        if names in (["shape"], ["axes"]) and len(positional) > 1:
            positional = [tuple(positional)]
        operands = [self.of(t) if name not in _OF_PLACES or (known := _known(t)) is None else known for t in given]
        return rule(*operands, *positional, **statics)


def _signature(name: str) -> tuple[int, list[str]]:
    """How many operands a function takes, and the names of its static attributes."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 99, []
    statics = [p.name for p in parameters if p.default is not p.empty]
    return len(parameters) - len(statics), statics


def _known(tree: ast.expr) -> Array | None:
    """An array of whole numbers or conditions that stands in the text."""
    called = isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute) and tree.func.attr == "array"
    try:
        found = np.asarray(ast.literal_eval(tree.args[0] if called else tree))  # type: ignore[attr-defined]
    except (ValueError, IndexError):
        return None
    return found if found.dtype.kind in "ib" and found.ndim else None


def _static(tree: ast.expr) -> Any:
    match tree:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_static(operand)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(_static(t) for t in parts)
        case ast.Name():
            return -1  # a named dimension: there is one, and its size follows
    raise Unread("this attribute has no second reading")


def _parts(key: ast.expr) -> tuple[Any, ...]:
    """An index in parts; an ellipsis at its end keeps a single entry an array."""
    found = _key(key)
    parts = found if isinstance(found, tuple) else (found,)
    return parts if ... in parts else (*parts, ...)


def _key(tree: ast.expr) -> Any:
    match tree:
        case ast.Tuple(elts=parts):
            return tuple(_key(t) for t in parts)
        case ast.Slice(lower=a, upper=b, step=c):
            return slice(*(None if t is None else _key(t) for t in (a, b, c)))
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
    raise ValueError


_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul", ast.Pow: "pow",
    ast.USub: "neg", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Lt: "less", ast.LtE: "less_equal",
    ast.Eq: "equal", ast.NotEq: "not_equal", ast.BitAnd: "logical_and", ast.BitOr: "logical_or",
    ast.Invert: "logical_not", ast.Mod: "remainder", ast.FloorDiv: "floor_divide",
}  # fmt: skip


_OF_PLACES = {"take", "pick", "unpick", "untake", "nll", "cross_entropy"}  # whose operands may be places or labels
_OF_SEVERAL = {"max": "maximum", "min": "minimum"}  # of numbers, as Python has them


def symbols_of(name: str, shape: tuple[int, ...]) -> Array:
    """An array of variables: x for a scalar, W[0, 1] for an entry."""
    result = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        result[place] = leaf("var", f"{name}[{', '.join(map(str, place))}]" if shape else name)
    return result


__all__ = ["Reading", "Unread", "lift", "lifted", "read", "statements", "symbols_of"]
