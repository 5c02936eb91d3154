"""Exact scalars as people write them: for conditions and exceptions that a verdict states."""

from __future__ import annotations

from fractions import Fraction

from graphgrad.proof.scalars.symbols import HALF, Sym, number

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4  # how closely an expression is bound
_SIGNS = {"lt": "<", "le": "<=", "eq": "=="}
LONGEST = 120  # characters


def spelled(a: Sym) -> str:
    """An expression in the notation of programs, cut where it is very long.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> spelled((var("x") - 1) ** 2 / var("y") + 3)
    '(x - 1)**2/y + 3'
    """
    said = _spelled(a)[0]
    return said if len(said) <= LONGEST else said[: LONGEST - 3] + "..."


def equation(a: Sym, sign: str = "==") -> str:
    """That a difference is zero, or on one side of it.

    >>> from graphgrad.proof.scalars.symbols import var
    >>> equation(var("x") - 5), equation(var("x") - var("y"), "<"), equation(3 - var("x"), ">")
    ('x == 5', 'x < y', 'x < 3')
    """
    solved = linear(a)
    if solved is not None:
        name, slope, constant = solved
        return f"{name} {sign if slope > 0 else _TURNED.get(sign, sign)} {-constant / slope}"
    left, right = list[str](), list[str]()
    for term in terms(a):
        opposite = _opposite(term)
        (left if opposite is None else right).append(_spelled(term if opposite is None else opposite, SUM)[0])
    sides = [" + ".join(side) or "0" for side in (left, right)]
    return f"{sides[0]} {sign} {sides[1]}"


_TURNED = {"<": ">", ">": "<"}


def linear(a: Sym) -> tuple[str, Fraction, Fraction] | None:
    """A variable, its factor and what is added, where an expression is no more than that."""
    names, slope, constant = set[str](), Fraction(0), Fraction(0)
    for term in terms(a):
        factor, rest = factored(term)
        if rest is None:
            constant += factor
        elif rest.op != "var":
            return None
        else:
            names.add(rest.value)
            slope += factor
    return (names.pop(), slope, constant) if len(names) == 1 and slope else None


def factored(term: Sym) -> tuple[Fraction, Sym | None]:
    """The number in front of a term, and the rest of it."""
    factor = Fraction(1)
    while (value := number(term)) is None and term.op == "mul":
        first, second = map(number, term.args)
        if first is None and second is None:
            break
        factor *= second if first is None and second is not None else first or 0
        term = term.args[0 if first is None else 1]
    return (factor, term) if value is None else (factor * value, None)


def terms(a: Sym) -> list[Sym]:
    """The terms of a sum."""
    found, waiting = list[Sym](), [a]
    while waiting:
        top = waiting.pop()
        waiting += reversed(top.args) if top.op == "add" else ()
        found += [] if top.op == "add" else [top]
    return found


def _opposite(a: Sym) -> Sym | None:
    """The opposite of a term with a minus sign."""
    value = number(a)
    if value is not None:
        return -a if value < 0 else None
    factor = number(a.args[0]) if a.op == "mul" else None
    return -factor * a.args[1] if factor is not None and factor < 0 else None


def _spelled(a: Sym, within: int = 0) -> tuple[str, int]:
    said, bound = _written(a)
    return (f"({said})" if bound < within else said), bound


def _written(a: Sym) -> tuple[str, int]:  # noqa: PLR0911  (one case for each kind of expression)
    match a.op:
        case "const":
            if type(a.value) is bool:
                return str(a.value), ATOM
            return _number(a.value)
        case "var" | "pi" | "near":
            return str(a.value), ATOM
        case "add":
            first, *rest = terms(a)
            said = _spelled(first, SUM)[0]
            for term in rest:
                opposite = _opposite(term)
                said += f" + {_spelled(term, SUM)[0]}" if opposite is None else f" - {_spelled(opposite, PRODUCT)[0]}"
            return said, SUM
        case "mul":
            return _product(*a.args)
        case "pow":
            return _power(*a.args)
        case "lt" | "le" | "eq":
            left, right = (_spelled(arg, SUM)[0] for arg in a.args)
            return f"{left} {_SIGNS[a.op]} {right}", 0
    return f"{a.op}({', '.join(_spelled(arg)[0] for arg in a.args)})", ATOM


def _number(value: Fraction) -> tuple[str, int]:
    return str(value), ATOM if value >= 0 and value.denominator == 1 else SUM if value < 0 else PRODUCT


def _product(a: Sym, b: Sym) -> tuple[str, int]:
    if number(a) == -1:
        return f"-{_spelled(b, PRODUCT)[0]}", SUM
    exponent = number(b.args[1]) if b.op == "pow" else None
    if exponent is not None and exponent < 0:
        return f"{_spelled(a, PRODUCT)[0]}/{_spelled(b.args[0] ** -exponent, POWER)[0]}", PRODUCT
    return f"{_spelled(a, PRODUCT)[0]}*{_spelled(b, POWER)[0]}", PRODUCT


def _power(a: Sym, b: Sym) -> tuple[str, int]:
    exponent = number(b)
    if b is HALF:
        return f"sqrt({_spelled(a)[0]})", ATOM
    if exponent is not None and exponent < 0:
        return f"1/{_spelled(a**-exponent, POWER)[0]}", PRODUCT
    return f"{_spelled(a, ATOM)[0]}**{_spelled(b, ATOM)[0]}", POWER
