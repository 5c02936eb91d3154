"""Random programs of numbers, and what they may be off: fifty digits, and a running bound on what rounding does.

A program is drawn from all rows of the table, its numbers from all sizes. What is exact is told by mpmath: the value by
the meaning of the rows, derivatives by differences of values in a thousand digits. How far off a computation may be is
told by running error analysis of the graph that computes (Higham, *Accuracy and Stability of Numerical Algorithms*,
2002, section 3.3): each node may be wrong by `ULPS` of its own, and by what its operands' errors do to it.
"""

import re

import mpmath as mp
from oracle import meaning

from graphgrad.core.ops import OPS

ULPS = 6  # of a node's own rounding, for the type
SIZES = (0.3, 1.0, 2.5, 0.0, 40.0, 1e-8, 800.0, 1e8, 1e-160, 1e160, 1e-300, 1e300)
CONSTANTS = ("2", "0.5", "1", "3", "pi", "1e-3", "0")
STEPS = {"floor", "round", "remainder", "floor_divide"}
WAVES = STEPS | {"sin", "cos", "tan"}  # not monotone
DIGITS, LARGEST = 1000, 500  # of differences; the exponent of ten from which on a number has no exact value here
NAMES = ("x", "y")


def _spelled(row):
    """An application of a row, `{}` for each operand; operators by their notation."""
    if row.precedence == 7:
        return f"{row.name}({', '.join(['{}'] * len(row.operands))})"
    return re.sub(r"\b[ab]\b", "({})", row.notation)


FLOATS = [row for row in OPS.values() if row.elementwise and row.d and row.dtype != "bool" and not row.boolean]
EVERY = [_spelled(row) for row in FLOATS if "order" not in row.attrs]
ARITHMETIC = ("({} + {})", "({} - {})", "({}) * ({})", "({}) / ({})", "({}) ** 2", "exp({})", "log({})", "1 - ({})")


def program(dice, size):
    """Give the text of a random program of about so many operations, in which every name occurs."""
    text = _drawn(dice, size)
    return text + "".join(f" + {name}" for name in NAMES if name not in _words(text))


def _words(text):
    return "".join(c if c.isalnum() else " " for c in text).split()


def _drawn(dice, size):
    if size <= 0:
        return dice.choice([*NAMES, *NAMES, *NAMES, dice.choice(CONSTANTS)])
    if dice.random() < 0.06:
        parts = [_drawn(dice, (size - 1) // 4) for _ in range(4)]
        return "where({} > {}, {}, {})".format(*parts)
    call = dice.choice(ARITHMETIC if dice.random() < 0.5 else EVERY)
    count = call.count("{}")
    return call.format(*[_drawn(dice, (size - 1) // count) for _ in range(count)])


def point(dice):
    """Give a number for every name: half of the time ordinary ones."""
    among = SIZES[:3] if dice.random() < 0.5 else SIZES
    return {name: dice.choice((1, -1)) * dice.choice(among) for name in NAMES}


class NoValue(Exception):  # noqa: N818  (it says what is the case)
    """There is no real number, or none that can be told in these digits."""


def exact(graph, values, output):
    """The value of an output in the working precision; NoValue where there is none."""
    return _exact(graph, values)[output]


def _exact(graph, values):
    found = []
    for node in graph.nodes:
        if node.op == "input":
            found.append(mp.mpf(values[node.value]))
        elif node.op == "const":
            found.append(_constant(node.value))
        else:
            found.append(_applied(node, [found[o] for o in node.operands]))
    return found


def _constant(value):
    return value if isinstance(value, bool) else {"pi": +mp.pi, "e": +mp.e}.get(str(value)) or mp.mpf(value)


def _applied(node, operands):
    """What a row means, of numbers that are told in the working precision; None where it is no such number."""
    if node.op == "where":
        return None if operands[0] is None else operands[1 if operands[0] else 2]
    if None in operands or (node.op in STEPS and abs(operands[0]) > 1e20 * abs((*operands, 1)[1])):
        return None  # the steps are nearer than what differences are taken of
    try:
        value = mp.nint(*operands) if node.op == "round" else meaning(node.op, node.attrs)(*operands)
        return bool(value) if isinstance(value, bool) or node.dtype == "bool" else _real(value)
    except (ArithmeticError, ValueError, TypeError):
        return None


def _real(value):
    if isinstance(value, (mp.mpc, complex)):
        value = value.real if not value.imag else mp.nan
    value = mp.mpf(value)
    small = value == 0 or abs(mp.mag(value)) < 4 * LARGEST
    return value if small and mp.isfinite(value) else None


def slope(graph, values, name):
    """A derivative of the output by differences; NoValue at a kink, and where a side has no value."""
    with mp.workdps(DIGITS):
        at = mp.mpf(values[name])
        h = min(abs(at) or mp.mpf(10) ** -330, 1) * mp.mpf(10) ** -40
        beside = [exact(graph, {**values, name: at + k * h}, graph.output) for k in (-1, 0, 1)]
        if None in beside:
            raise NoValue
        left, right = (beside[1] - beside[0]) / h, (beside[2] - beside[1]) / h
        if abs(left - right) > (abs(left) + abs(right)) * mp.mpf(10) ** -20:
            raise NoValue
        if abs(left) > mp.mpf(10) ** 320:  # a jump
            raise NoValue
        return (left + right) / 2


def bounded(graph, values, unit, least):
    """Every node's value in fifty digits, and how far off it may be where a type rounds by `unit`, down to `least`."""
    with mp.workdps(DIGITS // 2):
        found = _exact(graph, values)
        errors = [mp.mpf(0)] * len(found)
        for i, node in enumerate(graph.nodes):
            value = found[i]
            if node.op in {"input", "const"} or value is None:
                errors[i] = mp.mpf(0) if value is not None else None
                if node.op == "const" and value is not None and not isinstance(value, bool):
                    errors[i] = abs(value) * unit
                continue
            errors[i] = _error(node, [found[o] for o in node.operands], [errors[o] for o in node.operands], value)
            if errors[i] is not None and not isinstance(value, bool):
                errors[i] += ULPS * unit * abs(value) + least
    return found, errors


def _error(node, operands, errors, value):
    """What the operands' errors do to a value; None where they may do anything."""
    total = mp.mpf(0)
    for slot, error in enumerate(errors):
        if node.op == "where" and slot and operands[0] is not (slot == 1):
            continue
        if error is None:
            return None
        if not error:
            continue
        if node.op in WAVES and error > 0.1:
            return None
        moved = [_applied(node, [*operands[:slot], operands[slot] + e, *operands[slot + 1 :]]) for e in (error, -error)]
        if None in moved or (isinstance(value, bool) and moved != [value, value]):
            return None
        total += max(abs(there - value) for there in moved) if not isinstance(value, bool) else 0
    return total
