"""Random programs for hypothesis, each with the shapes of its inputs and a point inside its domain.

`scalars()` and `tensors()` are strategies of `Program`; all rooms may import them.
"""

import re
from math import prod
from typing import Any, NamedTuple

import numpy as np
from hypothesis import assume, strategies as st
from oracle import NUMPY

from graphgrad.core.ops import OPS


class Program(NamedTuple):
    """A text of the language, the shapes of its inputs, and values for them."""

    text: str
    shapes: dict[str, tuple[int, ...]]
    values: dict[str, Any]


# How operands are brought into a row's domain, by the domain as the row states it. No value is near its edge.
POSITIVE, SMALL = "(1.5 + sin({}))", "(0.9 * sin({}))"
SAFE = {
    "": {},
    "a > 0": {"a": POSITIVE},
    "a >= 0": {"a": POSITIVE},
    "a > -1": {"a": POSITIVE},
    "a < 0": {"a": f"-{POSITIVE}"},
    "a != 0": {"a": POSITIVE},
    "b != 0": {"b": POSITIVE},
    "a >= 1": {"a": "(2.5 + sin({}))"},
    "abs(a) <= 1": {"a": SMALL},
    "abs(a) < 1": {"a": SMALL},
    "cbrt": {"a": POSITIVE},  # defined everywhere, and without a slope at 0
    "atan2": {"a": POSITIVE},  # without a slope at the origin
    "(b > 0) | (a == 0)": {"b": POSITIVE},
    "(a > 0) | (a == 0) & (b >= 0) | (a < 0) & (b == floor(b))": {"a": POSITIVE},
}

FLOATS = {name: row for name, row in OPS.items() if row.d and row.dtype == "float" and not row.boolean}
SMOOTH = [name for name, row in FLOATS.items() if not row.kinks]
PIECEWISE = [name for name, row in FLOATS.items() if row.kinks and name != "floor"] + ["where"]

CONSTANTS = ["2", "3", "0.5", "-1.5", "7", "pi", "1e-2"]


def values(low=-1.5, high=1.5, digits=0.37):
    """Numbers that end in the same digits, so that none is 0, and numbers with other last digits differ."""
    return st.integers(round(low * 1e4), round(high * 1e4)).map(lambda n: (n + digits) / 1e4)


def applied(row, operands):
    """An application of a row to texts, as a text, with its operands brought into the row's domain."""
    safe = SAFE.get(row.name) or SAFE[row.domain]
    given = {name: brought(text, safe.get(name, "")) for name, text in zip(row.operands, operands, strict=True)}
    if row.precedence < 7:
        words = row.notation.split()
        return " ".join(given.get(word, word) for word in words) if len(words) > 1 else f"-{given['a']}"
    return f"{row.name}({', '.join(given.values())})"


def brought(text, within):
    """An operand brought into its domain; a constant stays one."""
    if not within:
        return f"({text})"
    return text.lstrip("-") if text in CONSTANTS else within.format(text)


@st.composite
def expressions(draw, names, rows, depth):
    """An expression that mentions an input; constants stand beside inputs only, never alone."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from(names))
    row = OPS[draw(st.sampled_from(rows))]
    deeper = expressions(names, rows, depth - 1)
    if row.name == "where":
        left, right = draw(deeper), draw(deeper | st.sampled_from(CONSTANTS))
        sign = draw(st.sampled_from([">", ">=", "<", "<="]))
        return f"where(({left}) {sign} ({right}), {draw(deeper)}, {draw(deeper | st.sampled_from(CONSTANTS))})"
    if row.name == "clip":
        return f"clip({draw(deeper)}, -0.7, 0.8)"
    operands = [draw(deeper)]
    for _ in row.operands[1:]:
        operands.insert(draw(st.integers(0, 1)), draw(deeper | st.sampled_from(CONSTANTS)))
    return applied(row, operands)


@st.composite
def scalars(draw, rows=SMOOTH, statements=4, largest=1e3):
    """A program of scalars: assignments that use each other, and names that are assigned again."""
    names, lines = ["x1", "x2", "x3"], []
    for i in range(draw(st.integers(1, statements))):
        target = draw(st.sampled_from([f"y{i}", "c", "c"]))
        lines.append(f"{target} = {draw(expressions(names, rows, draw(st.integers(1, 3))))}")
        names.append(target)
    lines.append(f"z = {draw(expressions(names, rows, 2))}")
    text = "\n".join(living(lines))
    point = {
        name: draw(values(digits=end)) for name, end in {"x1": 0.37, "x2": 0.53, "x3": 0.71}.items() if name in text
    }
    results = dict(point)
    with np.errstate(all="ignore"):
        exec(text, dict(NUMPY), results)  # noqa: S102  (the language is NumPy's; the text is our own)
    assume(all(np.isfinite(v) and abs(v) < largest for v in results.values()))
    return Program(text, {}, point)


@st.composite
def arrays(draw, shape):
    """An array of distinct numbers, and of distinct differences: no ties among them."""
    count = prod(shape)
    places = np.array(draw(st.permutations(range(count))), float)
    start = draw(values(-1.2, -0.8))
    return (start + (places + 0.3 * np.sin(1.7 * places**2)) * (2.0 / max(count, 1))).reshape(shape)


INPUTS = {"A": (2, 3), "B": (3, 2), "C": (2, 1, 3), "u": (3,), "v": (2,), "s": ()}


@st.composite
def tensors(draw, steps=5):
    """A program of tensors that ends in a number."""
    known = {name: draw(arrays(shape)) for name, shape in INPUTS.items()}
    given, lines = dict(known), []
    for i in range(draw(st.integers(1, steps))):
        step = draw(st.sampled_from(STEPS))
        text = step(draw, known)
        assume(text is not None)
        value = eval(text, dict(NUMPY), dict(known))  # noqa: S307  (the language is NumPy's; the text is our own)
        if text.startswith("std") and np.min(value) < 0.01:  # equal numbers: no derivative
            text, value = text.replace("std", "var"), value**2
        if np.size(value) > 40 or np.max(np.abs(value), initial=0) > 20:
            text = f"tanh(sum({text}))"
            value = eval(text, dict(NUMPY), dict(known))  # noqa: S307
        known[f"y{i}"] = np.asarray(value)
        lines.append(f"y{i} = {text}")
    lines.append(f"z = sum(sin(y{i}) + y{i} ** 2 / 2)")
    lines = living(lines)
    used = {name: value for name, value in given.items() if any(name in words(line) for line in lines)}
    return Program("\n".join(lines), {name: INPUTS[name] for name in used}, used)


def living(lines):
    """The statements that the last one needs."""
    kept, needed = [], {"z"}
    for line in reversed(lines):
        target = line.partition(" = ")[0]
        if target in needed:
            needed = needed - {target} | set(words(line))
            kept.insert(0, line)
    return kept


def words(line):
    """The names on the right side of a statement."""
    return re.findall(r"[A-Za-z_]\w*", line.partition("=")[2])


def pick_name(draw, known, rank=0):
    names = [name for name, value in known.items() if np.ndim(value) >= rank]
    recent = [name for name in names if name.startswith("y")]
    return draw(st.sampled_from(recent * 3 + names))


def unary(draw, known):
    return f"{draw(st.sampled_from(['tanh', 'sin', 'square', 'sigmoid', 'cos', '-']))}({pick_name(draw, known)})"


def binary(draw, known):
    a = pick_name(draw, known)
    fitting = [name for name, value in known.items() if broadcastable(np.shape(known[a]), np.shape(value))]
    b = draw(st.sampled_from(fitting))
    forms = ["{} + {}", "{} - {}", "{} * {}", "{} / (2 + {} ** 2)", "{} / 3 + {}", "2 * {1} - {0}",
             "maximum({}, {} + 0.013)", "where({} > 0.1, {}, 0.3)"]  # fmt: skip
    return draw(st.sampled_from(forms)).format(*draw(st.permutations([a, b])))


def broadcastable(a, b):
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


def product(draw, known):
    a = pick_name(draw, known, rank=1)
    sides = [(name, value) for name, value in known.items() if np.ndim(value)]
    forms = [(f"{a} @ {name}", known[a], value) for name, value in sides]
    forms += [(f"{a} @ {name}.T", known[a], np.transpose(value)) for name, value in sides]
    fitting = [text for text, left, right in forms if multipliable(np.shape(left), np.shape(right))]
    return draw(st.sampled_from([*fitting, f"outer({a}, u)", f"dot({a}, 3)"]))


def multipliable(a, b):
    return a[-1] == b[-2 if len(b) > 1 else 0] and broadcastable(a[:-2], b[:-2])


def reduction(draw, known):
    a = pick_name(draw, known)
    rank = np.ndim(known[a])
    axes = [None, *range(-rank, rank)] + ([(0, rank - 1)] if rank > 1 else [])
    axis, keepdims = draw(st.sampled_from(axes)), draw(st.booleans())
    names = ["sum", "mean", "prod", "max", "min", "var", "std", "logsumexp", "norm"]
    return f"{draw(st.sampled_from(names))}({a}, axis={axis}, keepdims={keepdims})"


def along(draw, known):
    a = pick_name(draw, known, rank=1)
    name = draw(st.sampled_from(["softmax", "log_softmax"]))
    return f"{name}({a}, axis={draw(st.integers(-np.ndim(known[a]), np.ndim(known[a]) - 1))})"


def movement(draw, known):
    a = pick_name(draw, known, rank=1)
    shape = np.shape(known[a])
    order = draw(st.permutations(range(len(shape))))
    forms = [f"{a}.T", f"transpose({a}, axes={tuple(order)})", f"reshape({a}, shape=-1)", f"ravel({a})",
             f"expand_dims({a}, axis={draw(st.integers(-len(shape) - 1, len(shape)))})",
             f"broadcast_to({a}, shape={(2, *shape)})", f"reshape({a}, shape={(*shape[::-1],)})",
             f"swapaxes({a}, axis1=0, axis2=-1)", f"squeeze(expand_dims({a}, axis=0), axis=0)"]  # fmt: skip
    return draw(st.sampled_from(forms))


def indexing(draw, known):
    a = pick_name(draw, known, rank=1)
    parts = []
    for n in np.shape(known[a])[: draw(st.integers(1, np.ndim(known[a])))]:
        integer = str(draw(st.integers(-n, n - 1)))
        parts.append(draw(st.sampled_from([integer, ":", "0:1", "::-1", "-1:", "None, :", ":, None", "-5:5"])))
    if draw(st.booleans()) and len(parts) == np.ndim(known[a]):
        parts.insert(draw(st.integers(0, len(parts))), "...")
    return f"{a}[{', '.join(parts)}]"


def joining(draw, known):
    a = pick_name(draw, known, rank=1)
    alike = [name for name, value in known.items() if np.shape(value) == np.shape(known[a])]
    parts = ", ".join(draw(st.lists(st.sampled_from(alike), min_size=1, max_size=3)))
    axis = draw(st.integers(-np.ndim(known[a]), np.ndim(known[a]) - 1))
    return f"{draw(st.sampled_from(['concatenate', 'stack']))}([{parts}], axis={axis})"


STEPS = [unary, binary, binary, product, product, reduction, reduction, along, movement, indexing, joining]
