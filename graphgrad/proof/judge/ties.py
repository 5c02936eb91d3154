"""Where a claim's conditions are met at no rational number, as x**2 == 2 is: solved, and decided by algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from graphgrad.proof.normal_form.equality import plainly
from graphgrad.proof.normal_form.normal import Normal
from graphgrad.proof.scalars.derivative import gradient, order, substitute
from graphgrad.proof.scalars.elementary import rebuild, sqrt
from graphgrad.proof.scalars.symbols import FALSE, PIECES, TRUE, ZERO, Sym, lift, number, subtract, var

VARIABLES, DEGREE = 3, 8  # that a border is solved for, and that is tried
TIED = {"lt": FALSE, "le": TRUE, "eq": TRUE, "abs": ZERO, "sign": ZERO}


def difference(node: Sym) -> Sym:
    """What is zero where a condition or a kink stands on its edge."""
    return subtract(*node.args) if len(node.args) == 2 else node.args[0]


def solutions(border: Sym) -> Iterator[tuple[str, Sym]]:
    """Variables, and values of them at which a border is met: of polynomials of degree 2, and of pure powers.

    >>> x = var("x")
    >>> [name for name, _ in solutions(x**2 - 2)], list(solutions(x + x**2 * 0))
    (['x', 'x'], [('x', 0)])
    """
    exponent = number(border.args[1]) if border.op == "pow" else None
    if exponent is not None and exponent > 0:
        yield from solutions(border.args[0])
    elif border.op == "mul":
        for factor in border.args:
            yield from solutions(factor)
    else:
        for name in [node.value for node in order([border]) if node.op == "var"][:VARIABLES]:
            for value in _values(border, name):
                yield name, value


def _values(border: Sym, name: str) -> list[Sym]:
    """The zeros of a polynomial in one variable, whose coefficients are its derivatives at zero."""
    taylor, slope, factor = list[Sym](), border, 1
    for k in range(DEGREE + 1):
        taylor.append(substitute(slope, {name: ZERO}) / factor)
        if all(node.value != name for node in order([slope]) if node.op == "var"):
            break
        (slope,) = gradient(slope, [var(name)])
        factor *= k + 1
    else:
        return []
    *lower, highest = taylor
    if len(lower) == 1:
        return [_opposite(lower[0]) / highest]
    return _roots(lower, highest) if lower else []


def _opposite(a: Sym) -> Sym:
    return a.args[1] if a.op == "mul" and number(a.args[0]) == -1 else -a


def _roots(lower: list[Sym], highest: Sym) -> list[Sym]:
    """The roots of a polynomial of degree 2, or of one that is a power and a number."""
    if len(lower) == 2:
        c, b = lower
        if number(b) == 0:
            root = sqrt(_opposite(c) / highest)
            return [root, -root]
        root = sqrt(b * b - 4 * highest * c)
        return [(-b + root) / (2 * highest), (-b - root) / (2 * highest)]
    power, degree = number(-lower[0] / highest), len(lower)
    if power is None or any(number(a) != 0 for a in lower[1:]):
        return []
    root = lift(abs(power)) ** lift(Fraction(1, degree))
    return [root, -root] if degree % 2 == 0 and power >= 0 else [root if power >= 0 else -root] if degree % 2 else []


def met(node: Sym, values: Mapping[str, Sym], normal: Normal, deadline: float) -> bool:
    """Whether a condition or a kink is proved to stand on its edge where a variable has a value."""
    return node.op in PIECES - {"floor"} and plainly(normal, (substitute(difference(node), values), ZERO), deadline)


def decided(root: Sym, values: Mapping[str, Sym], normal: Normal, deadline: float) -> Sym:
    """A scalar where a variable has a value, its conditions and kinks decided where they stand on their edges."""
    new: dict[int, Sym] = {}
    for node in order([root]):
        if met(node, values, normal, deadline):
            new[id(node)] = TIED[node.op] if node.op in TIED else new[id(node.args[0])]
        elif node.op == "var" and node.value in values:
            new[id(node)] = values[node.value]
        else:
            new[id(node)] = rebuild(node, [new[id(a)] for a in node.args]) if node.args else node
    return new[id(root)]
