"""Exact scalars: real expressions as shared, immutable nodes, built by Python's operators.

Equal expressions are one object. Constants are rationals (a decimal is the rational it spells); nothing is rounded.
Construction folds constants and drops neutral elements, and leaves all other algebra to the normal form.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Self
from weakref import WeakValueDictionary

import numpy as np

DEPTH = 8  # of an expression that is shown
_KNOWN: WeakValueDictionary[Any, Sym] = WeakValueDictionary()


class Sym:
    """A real expression or a condition: `op` acts on `args`, or is one of LEAVES; "near" is a rounded number."""

    __slots__ = ("__weakref__", "args", "kinked", "op", "total", "value")

    op: str
    args: tuple[Sym, ...]
    value: Any
    kinked: bool  # whether it may change its form somewhere
    total: bool  # whether it has a value, and a derivative of each piece, at all real points

    def __repr__(self) -> str:
        return self.shown(DEPTH)

    def shown(self, depth: int) -> str:
        """The expression down to a depth: written out whole, shared parts would stand there again and again."""
        if self.op in LEAVES:
            return str(self.value)
        return f"{self.op}({', '.join(a.shown(depth - 1) for a in self.args) if depth else '...'})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (make, (self.op, *self.args)) if self.args else (leaf, (self.op, self.value))

    def __add__(self, other: Any) -> Any:
        return _both(add, self, other)

    def __radd__(self, other: Any) -> Any:
        return _both(add, other, self)

    def __sub__(self, other: Any) -> Any:
        return _both(subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return _both(subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return _both(multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return _both(multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return _both(divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _both(divide, other, self)

    def __pow__(self, other: Any) -> Any:
        return _both(power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _both(power, other, self)

    def __neg__(self) -> Sym:
        return multiply(MINUS_ONE, self)

    def __pos__(self) -> Sym:
        return self

    def __abs__(self) -> Sym:
        known = number(self)
        return make("abs", numeric(self)) if known is None else leaf("const", abs(known))

    def __lt__(self, other: Any) -> Any:
        return _both(less, self, other)

    def __le__(self, other: Any) -> Any:
        return _both(at_most, self, other)

    def __gt__(self, other: Any) -> Any:
        return _both(less, other, self)

    def __ge__(self, other: Any) -> Any:
        return _both(at_most, other, self)

    def __and__(self, other: Any) -> Any:
        return _both(both, self, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return _both(either, self, other)

    __ror__ = __or__

    def __invert__(self) -> Sym:
        return negation(self)

    def __bool__(self) -> bool:
        if self.op == "const":
            return bool(self.value)
        raise SymbolsLost("the code asks whether a symbol is true")

    def __float__(self) -> float:
        if self.op == "const":
            return float(self.value)
        raise SymbolsLost("the code turns a symbol into a float")


class SymbolsLost(TypeError):  # noqa: N818  (what happened, not an error of the user)
    """Code left the symbols: it cast one to a float, or branched on one."""


def leaf(op: str, value: Any) -> Sym:
    """Give a constant, a variable, or pi."""
    key = (op, type(value) is bool, value)
    found = _KNOWN.get(key)
    if found is None:
        found = Sym()
        found.op, found.args, found.value, found.kinked, found.total = op, (), value, False, True
        _KNOWN[key] = found
    return found


def make(op: str, *args: Sym) -> Sym:
    """Give an application, unfolded."""
    key = (op, *map(id, args))
    found = _KNOWN.get(key)
    if found is None:
        found = Sym()
        found.op, found.args, found.value = op, args, None
        found.kinked = op in PIECES or any(a.kinked for a in args)
        found.total = (op in TOTAL or _whole_power(op, args)) and all(a.total for a in args)
        _KNOWN[key] = found
    return found


def _whole_power(op: str, args: tuple[Sym, ...]) -> bool:
    """A power to a whole number that is not negative."""
    exponent = args[-1].value if op == "pow" and args[1].op == "const" else None
    return exponent is not None and exponent.denominator == 1 and exponent >= 0


def var(name: str) -> Sym:
    """Give a real variable."""
    return leaf("var", name)


class Quotient(float):
    """A quotient of whole numbers, as the float that code computes, and exactly."""

    exact: Fraction

    def __new__(cls, a: int, b: int) -> Self:
        """a / b."""
        found = super().__new__(cls, a / b)
        found.exact = Fraction(a, b)
        return found


def lift(value: Any) -> Sym:  # noqa: PLR0911  (one case for each kind of number)
    """Give a number as an exact scalar: floats by the decimal they print as, named constants by name.

    >>> lift(0.1), lift(3)
    (1/10, 3)
    """
    if isinstance(value, Sym):
        return value
    if isinstance(value, np.ndarray) and not value.ndim:
        return lift(value.item())
    if isinstance(value, bool | np.bool_):
        return leaf("const", bool(value))
    if isinstance(value, int | np.integer):
        return leaf("const", Fraction(int(value)))
    if isinstance(value, Fraction):
        return leaf("const", value)
    if isinstance(value, float | np.floating):
        named = getattr(value, "name", "")
        if named in {"pi", "e"}:
            return PI if named == "pi" else make("exp", ONE)
        if isinstance(value, Quotient):
            return leaf("const", value.exact)
        if not np.isfinite(value):
            raise SymbolsLost(f"{value} is no number")
        return literal(float(value))
    raise SymbolsLost(f"{type(value).__name__} is no number")


def literal(value: float | str) -> Sym:
    """A decimal as it is spelled: exactly what it says, or, of 15 digits and more, some real that rounds to it.

    >>> literal(0.25), literal("2.302585092994046"), literal("1e-400") == 0
    (1/4, 2.302585092994046, False)
    """
    said = repr(value) if isinstance(value, float) else value.replace("_", "").lower()
    if said.startswith("-"):
        return multiply(MINUS_ONE, literal(said[1:]))
    figures = _figures(said)
    exact = Fraction(said)
    if figures < ROUNDED or (exact.denominator == 1 and exact < LARGEST_WHOLE):
        return leaf("const", exact)
    short = repr(float(said))
    return leaf("near", short if figures <= FLOAT and _figures(short) >= ROUNDED else said)


def _figures(said: str) -> int:
    return len(said.partition("e")[0].replace(".", "").strip("0"))


def _both(rule: Callable[[Sym, Sym], Sym], a: Any, b: Any) -> Any:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return NotImplemented
    return rule(lift(a), lift(b))


def number(a: Sym) -> Fraction | None:
    """The value of a constant; None for anything else."""
    return Fraction(a.value) if a.op == "const" else None


def size(x: Fraction) -> int:
    """The bits of a rational."""
    return max(x.numerator.bit_length(), x.denominator.bit_length())


def numeric(a: Sym) -> Sym:
    """A condition as 0 or 1, a number as it is, a whole number of the data among them."""
    a = lift(a)
    return make("where", a, ONE, ZERO) if a.op in _CONDITIONS else a


def add(a: Sym, b: Sym) -> Sym:
    """The sum."""
    a, b = numeric(a), numeric(b)
    x, y = number(a), number(b)
    if x is not None and y is not None:
        return leaf("const", x + y)
    if x == 0 or y == 0:
        return b if x == 0 else a
    return make("add", a, b)


def subtract(a: Sym, b: Sym) -> Sym:
    """The difference."""
    return add(a, multiply(MINUS_ONE, b))


def difference(node: Sym) -> Sym:
    """What is zero where a condition or a kink stands on its edge."""
    return subtract(*node.args) if len(node.args) == 2 else node.args[0]


def multiply(a: Sym, b: Sym) -> Sym:
    """The product; zero times what has a value everywhere is zero."""
    a, b = numeric(a), numeric(b)
    x, y = number(a), number(b)
    if x is not None and y is not None:
        return leaf("const", x * y)
    if (x == 0 and b.total) or (y == 0 and a.total):
        return ZERO
    if x == 1 or y == 1:
        return b if x == 1 else a
    return make("mul", a, b)


def divide(a: Sym, b: Sym) -> Sym:
    """The quotient, as a product with a power."""
    return multiply(a, power(b, MINUS_ONE))


def power(a: Sym, b: Sym) -> Sym:
    """The power."""
    a, b = numeric(a), numeric(b)
    x, n = number(a), number(b)
    if n is not None and n.denominator == 1:
        if n == 1 or (n == 0 and a.total):
            return ONE if n == 0 else a
        if x is not None and (x or n > 0) and size(x) * abs(n) <= LARGEST:
            return leaf("const", x**n.numerator)
    return make("pow", a, b)


def less(a: Sym, b: Sym) -> Sym:
    """The condition a < b."""
    return _comparison("lt", a, b, lambda x, y: x < y)


def at_most(a: Sym, b: Sym) -> Sym:
    """The condition a <= b."""
    return _comparison("le", a, b, lambda x, y: x <= y)


def equal(a: Any, b: Any) -> Sym:
    """The condition a == b."""
    a, b = lift(a), lift(b)
    return TRUE if a is b and a.total else _comparison("eq", a, b, lambda x, y: x == y)


def _comparison(op: str, a: Sym, b: Sym, decide: Callable[[Fraction, Fraction], bool]) -> Sym:
    x, y = number(a), number(b)
    return make(op, a, b) if x is None or y is None else leaf("const", decide(x, y))


def both(a: Sym, b: Sym) -> Sym:
    """The conjunction."""
    a, b = conditional(a), conditional(b)
    if a.op == "const" or b.op == "const":
        known, other = (a, b) if a.op == "const" else (b, a)
        return other if known.value else FALSE
    return a if a is b else make("and", a, b)


def either(a: Sym, b: Sym) -> Sym:
    """The disjunction."""
    return negation(both(negation(a), negation(b)))


def negation(a: Any) -> Sym:
    """The negation."""
    a = conditional(lift(a))
    if a.op == "const":
        return leaf("const", not a.value)
    return a.args[0] if a.op == "not" else make("not", a)


def conditional(a: Sym) -> Sym:
    """A condition as it is, a number as the condition that it is not zero."""
    if a.op == "const" or a.op in _CONDITIONS or (a.op == "where" and all(_decides(b) for b in a.args[1:])):
        return a
    return negation(equal(a, ZERO))


def _decides(a: Sym) -> bool:
    return type(a.value) is bool or a.op in _CONDITIONS or (a.op == "where" and all(map(_decides, a.args[1:])))


def where(condition: Any, a: Any, b: Any) -> Sym:
    """One of two scalars, by a condition."""
    chosen, first, second = conditional(lift(condition)), lift(a), lift(b)
    if chosen.op == "const":
        return first if chosen.value else second
    return first if first is second and chosen.total else make("where", chosen, first, second)


ROUNDED = 15  # figures from which a decimal is a rounded number
FLOAT = 17  # figures up to which a float tells decimals apart
LARGEST_WHOLE = 2**53
LARGEST = 4096  # bits of a power that is worked out
ZERO, ONE, MINUS_ONE = (leaf("const", Fraction(n)) for n in (0, 1, -1))
TRUE, FALSE = leaf("const", True), leaf("const", False)  # noqa: FBT003  (the two conditions)
HALF, PI = leaf("const", Fraction(1, 2)), leaf("pi", "pi")
NUMBERS = frozenset({"const", "pi", "near"})
LEAVES = NUMBERS | {"var"}
PAIRS = frozenset({"lt", "le", "eq", "max", "min"})  # of two arguments, that change their form where these are equal
PIECES = PAIRS | {"abs", "sign", "floor"}
TOTAL = frozenset({
    "add", "mul", "exp", "sin", "cos", "atan", "sinh", "cosh", "tanh", "asinh", "sigmoid", "erf", "not", "and", "where",
}) | PIECES  # fmt: skip
_CONDITIONS = frozenset({"lt", "le", "eq", "and", "not"})
