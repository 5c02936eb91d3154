"""What is drawn is true: formulas in saved films are read back, by a reader of the tests, and hold in every frame.

`python -m pytest tests/render/test_true_pictures.py -m campaign` reads 2000 programs and the films of 300.
"""

import json
import re
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from mathematics import FUNCTIONS, Reader, tells_a_place
from programs import PIECEWISE, SMOOTH, Program, scalars, tensors
from scipy.special import xlogy

from graphgrad.core.numerals import numeral
from graphgrad.execute.trace import trace
from graphgrad.frontend.latex import latex
from graphgrad.frontend.notation.counting import COUNTED
from graphgrad.frontend.notation.names import tex_name
from graphgrad.frontend.notation.writer import labels
from graphgrad.frontend.parse import parse
from graphgrad.render.backprop.film import film
from graphgrad.render.scene.names import Names, source
from graphgrad.transform.derive import derive

SIGNS = {" = ", r" += ", r" \approx "}
MORE = r" + \cdots"  # of a sum to which terms will be added
INTERNAL = re.compile(
    r"spread|scatter|broadcast|squeeze|unpick|untake|swap|expand|axis|axes|coprod|reshape.like|eye.mask"
)


def traced(program):
    return trace(parse(program.text, program.shapes), program.values)


def saved(made, folder):
    """A film as it is saved."""
    return json.loads(made.save(folder / "film.json").read_text())


def names(t):
    """What the film calls nodes and adjoints, with their values."""
    output = next(name for name, i in t.graph.outputs.items() if i == t.adjoints.output)
    called = Names(t.graph, output)
    known = {called.bar(i).tex: t.values[total] for i, total in t.adjoints.total.items()}
    for i, node in enumerate(t.graph.nodes):
        if node.op != "const":
            known |= {called.label(name).tex: t.values[i] for name in called.own(i)}
    return known


def sides(phrase):
    """A line of a film, at its signs."""
    parts, signs = [[]], []
    for piece in phrase:
        if piece.get("tex") in SIGNS or "equal" in piece:
            signs.append("about" if "equal" in piece else piece["tex"].strip())
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts, signs


def open_sums(frame, shown):
    """The frame's line without the dots of a sum to which terms are added: they stand on every side, or on none."""
    parts, signs = sides(frame["rule"])
    dots = [any(piece.get("tex") == MORE for piece in side) for side in parts[1:]]
    unfinished = shown.phase == "accumulate" and not all(s.finished for s in shown.sums if s.node == shown.lit[0])
    assert not dots or set(dots) == {unfinished}, frame["rule"]
    return [[piece for piece in side if piece.get("tex") != MORE] for side in parts], signs


def check_titles(data, t, reader):
    """Every title and every line of the source says what its node is."""
    for node in data["nodes"]:
        parts, _ = sides(node["title"])
        for name in parts[:-1] if len(parts) > 1 else []:
            formula = "".join(p["tex"] for p in parts[-1]).replace(r" {}^{\ast}", "")
            assert reader.holds(name[0]["tex"], formula, t.values[node["id"]]), (name, formula)
    for line in data["source"]:
        lead, formula = re.split(r"(?<=\}) = ", line["tex"], maxsplit=1)
        found = re.sub(r"\\color\{#[0-9a-f]{6}\} ?", "", lead)
        target = [v for name, v in reader.values.items() if name in found]
        assert any(reader.holds(lead, formula, v) for v in target if possible(reader, lead, v)), line


def possible(reader, lead, value):
    tree = reader.read(lead)
    tree = tree if tree[0] != "entry" else tree[1]
    return tree[0] == "name" and np.array_equal(reader.values[tree[1]], value)


def check_rules(data, made, t, reader):
    """In every frame the line of algebra is true of the traced values, and its numbers contain the number shown."""
    slopes = {(e["from"], e["to"]): c for e, c in ((e, given_of(t, e)) for e in data["edges"]) if c}
    for frame, shown in zip(data["frames"], made.scene.frames, strict=True):
        parts, signs = open_sums(frame, shown)
        if frame["phase"] in {"start", "inputs", "end"} or len(parts) < 2:
            continue
        lead, target = parts[0][0]["tex"], value_of(shown, t)
        for side in parts[1:]:
            if any("value" in piece for piece in side):
                continue
            text = "".join(piece["tex"] for piece in side)
            if quotient := re.search(r"\\frac\{\\partial [^{}]*(?:\{[^{}]*\}[^{}]*)*\}\{\\partial .*\}$", text):
                c = slopes.get((shown.lit[0], shown.lit[-1]))
                if c is not None and r"\cdot" in text and quotient[0] not in reader.values:
                    reader = Reader({**reader.values, quotient[0]: t.values[c.partial]})
            if shown.phase == "seed":
                continue
            assert made.scene.note or not tells_a_place(reader.read(text)), text
            assert reader.holds(lead, text, target), (frame["phase"], lead, text, target)
        check_numbers(parts, signs, t)
        assert not INTERNAL.search("".join(p.get("tex", "") + p.get("text", "") for p in frame["rule"]))
        assert not INTERNAL.search(frame["said"])


def given_of(t, edge):
    return next((c for c in t.adjoints.contributions
                 if (c.consumer, c.slot, c.receiver) == (edge["to"], edge["slot"], edge["from"])), None)  # fmt: skip


def value_of(frame, t):
    """The value that a frame's line is about."""
    if frame.phase == "forward":
        return t.values[frame.lit[0]]
    if frame.phase == "vjp" and len(frame.lit) == 2:
        wire = frame.live[0]
        return t.values[contribution_of(t, wire).node]
    (receiver, *_) = frame.lit
    return t.values[next(s.total for s in frame.sums if s.node == receiver)]


def contribution_of(t, wire):
    edges = [(o, i, slot) for i, node in enumerate(t.graph.nodes) for slot, o in enumerate(node.operands)]
    operand, consumer, slot = edges[wire]
    return next(c for c in t.adjoints.contributions if (c.receiver, c.consumer, c.slot) == (operand, consumer, slot))


def check_numbers(parts, signs, t):
    """The numbers of a line, each up to half a unit of its last digit, give the number that follows them."""
    shown = [side for side in parts if any("value" in piece for piece in side)]
    for before, after in pairwise(shown):
        low, high = hull(before, t)
        (piece,) = after
        unit_low, unit_high = ends(t.values[piece["value"]])
        assert low <= unit_high and unit_low <= high, (before, after)  # noqa: PT018  (two ends of one interval)
    for sign, side in zip(signs, parts[1:], strict=True):
        if sign == "about":
            assert side


def ends(value):
    """The numbers that are written as a number is."""
    said = numeral(value)
    if said.mantissa in {"true", "false"}:
        return float(value), float(value)
    digits = said.mantissa.replace("−", "-")
    places = len(digits.partition(".")[2])
    middle, half = float(digits), 0.5 * 10.0**-places
    if abs(middle * 10.0 ** int(said.exponent or 0) - float(value)) <= 1e-12 * abs(float(value)):
        half = 1e-12 * abs(middle)
    scale = 10.0 ** int(said.exponent or 0)
    return (middle - half) * scale, (middle + half) * scale


def hull(side, t):
    """The least and the greatest that a side can be, by the corners of its numbers' intervals."""
    code, intervals = "", []
    for piece in side:
        if "value" in piece:
            code += f"(x[{len(intervals)}])"
            intervals.append(ends(t.values[piece["value"]]))
        else:
            code += piece["text"].replace("−", "-").replace("×", "*").replace("^", "**")
    found = []
    with np.errstate(all="ignore"):
        for x in product(*intervals):
            meaning = {**FUNCTIONS, "maximum": max, "minimum": min, "abs": abs, "square": np.square, "xlogy": xlogy,
                       "floor": np.floor, **EXTRA}  # fmt: skip
            found.append(float(eval(code, {}, {**meaning, "x": np.asarray(x)})))  # noqa: S307  (arithmetic of our own)
    spread = max(found) - min(found) + 1e-12 * max(map(abs, found))
    return min(found) - spread, max(found) + spread


EXTRA = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "leaky_relu": FUNCTIONS["leaky relu"],
         "number": float, "floor_divide": np.floor_divide, "remainder": np.mod,
         "erfc": FUNCTIONS["erfc"], "sinrel": FUNCTIONS["sinrel"],
         "sech2": lambda a: 1 / np.cosh(a) ** 2, "log1mexp": lambda a: np.log(-np.expm1(a))}  # fmt: skip


def check(program, folder):
    t = traced(program)
    made = film(t)
    data = saved(made, folder)
    reader = Reader(names(t))
    check_titles(data, t, reader)
    check_rules(data, made, t, reader)
    return t


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(scalars(SMOOTH + PIECEWISE))
@example(Program("z = cbrt(1.5 + sin(sinrel(x3)))", {}, {"x3": 0.014171}))  # with the order of a derivative
def test_films_of_numbers_are_true(folder, program):
    check(program, folder)


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(tensors())
@example(
    Program(
        "y = -(A + C); z = sum(y ** 2 / 2)",
        {"A": (2, 3), "C": (2, 1, 3)},
        {"A": np.linspace(0.5, 1.5, 6).reshape(2, 3), "C": np.linspace(-1, 1, 6).reshape(2, 1, 3)},
    )
)  # a sum of negatives: the seed comes in
@example(Program("z = sin(prod(A))", {"A": (2, 3)}, {"A": np.linspace(0.5, 1.5, 6).reshape(2, 3)}))  # of all the others
def test_films_of_arrays_are_true(folder, program):
    check(program, folder)


def check_latex(graph, values):
    """Every line of a program in LaTeX is true of the traced values."""
    from graphgrad.execute.run import run

    every = run(graph, values)
    named = {**graph.first_named, **graph.outputs}
    found = dict(zip(graph.labels, every, strict=True)) | {name: every[i] for name, i in named.items()}
    written = labels(graph)
    reader = Reader({written[name]: value for name, value in found.items() if name in written})
    *lines, last = latex(graph).splitlines()[1:-1]
    noted = COUNTED in last
    for line in [*lines, *([] if noted else [last])]:
        lead, formula = line.removesuffix(r" \\").split(" &= ", 1)
        assert noted or not tells_a_place(reader.read(formula)), line
        assert any(reader.holds(lead, formula, v) for v in reader.values.values() if possible(reader, lead, v)), line
        assert not INTERNAL.search(line)


@settings(max_examples=30)
@given(scalars(SMOOTH + PIECEWISE) | tensors())
def test_programs_in_latex_are_read_back(program):
    check_latex(parse(program.text, program.shapes), program.values)


def test_a_label_is_not_written_as_an_entry_is():
    graph = parse("y = v[0]\nz = sum(sin(y) + y**2 / 2)", v=2)  # in which v1 is a sine, and not v's first entry
    check_latex(graph, {"v": np.array([0.7, 0.2])})


def check_derivation(program):
    """Every line of a derivation of arrays is true of the traced adjoints."""
    t = traced(program)
    slopes = {f"d{t.of}/d{name}": np.zeros(np.shape(v)) for name, v in program.values.items()}  # without a way back
    slopes |= {f"d{t.of}/d{t.graph.label(i)}": t.values[total] for i, total in t.adjoints.total.items()}
    known = {labels(t.graph)[name]: t.values[i] for i, name in enumerate(t.graph.labels) if name in labels(t.graph)}
    reader, found = Reader(known | {tex_name(name): v for name, v in slopes.items()}), derive(t.graph)
    for name, lines in found.lines.items():
        for line in (*lines, found.result[name]):
            target, (lead, *formulas) = slopes[line.text[0].partition("[")[0]], line.latex
            for formula in formulas:
                assert found.counted or not tells_a_place(reader.read(formula)), formula
                assert reader.holds(lead, formula, target), (lead, formula)


@settings(max_examples=12, phases=(Phase.explicit, Phase.generate))
@given(tensors())
@example(
    Program(
        "y3 = where(A > 0.1, C, 0.3); y4 = sum(y3, axis=-3); z = sum(sin(y4) + y4 ** 2 / 2)",
        {"A": (2, 3), "C": (2, 1, 3)},
        {"A": np.linspace(-1, 0.5, 6).reshape(2, 3), "C": np.linspace(-1, 1, 6).reshape(2, 1, 3)},
    )
)  # an input that is only asked about
def test_derivations_of_arrays_are_read_back(program):
    if any(np.shape(v) for v in program.values.values()):
        check_derivation(program)


SEVERAL = scalars(SMOOTH + PIECEWISE) | tensors()


@pytest.mark.campaign
@settings(max_examples=2000)
@given(SEVERAL)
def test_two_thousand_programs_are_read_back(program):
    check_latex(parse(program.text, program.shapes), program.values)


@pytest.mark.campaign
@settings(max_examples=300)
@given(tensors())
def test_the_films_of_three_hundred_programs_of_arrays_are_true(folder, program):
    check(program, folder)


@pytest.mark.campaign
@settings(max_examples=300)
@given(scalars(SMOOTH + PIECEWISE))
def test_the_films_of_three_hundred_programs_of_numbers_are_true(folder, program):
    check(program, folder)


OF_ARRAYS = {
    "bias": ("L = sum((X @ W + b) ** 2)", {"X": (4, 3), "W": (3, 2), "b": (2,)}, r"\sum_{j} \left(\bar{v}_{2}\right)"),
    "a matrix and a vector": ("L = sum(tanh(W @ x))", {"W": (2, 3), "x": (3,)}, r"W^{\top} \, \bar{v}_{1}"),
    "an outer product": ("L = sum(tanh(W @ x))", {"W": (2, 3), "x": (3,)}, r"\bar{v}_{1} \, x^{\top}"),
    "a quadratic form": ("L = x @ A @ x", {"x": (2,), "A": (2, 2)}, r"A^{\top} \, x"),
    "elementwise": ("L = sum(X * Y)", {"X": (2, 3), "Y": (2, 3)}, r"X \odot Y"),
    "of matrices": ("L = sum(X @ Y)", {"X": (2, 3), "Y": (3, 4)}, r"X \, Y"),
    "a slice": ("L = sum(x[1:] ** 2)", {"x": (4,)}, r"\left(\bar{v}_{1}\right)_{i - 1} & 2 \leq i \leq 4"),
    "a part": ("L = sum(X[:2, 0] * a)", {"X": (3, 2), "a": (2,)}, r"1 \leq i \leq 2,\; j = 1"),
    "the first of a sum": ("y = sum(X[:2], axis=0); L = sum(y ** 2)", {"X": (3, 2)}, r"X_{1:2,\,:}"),
    "labels": ("L = sum(pick(S, y))", {"S": (3, 4), "y": (3,)}, r"j = y_{i} + 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", OF_ARRAYS)
def test_what_mathematics_writes_of_arrays(name):
    text, shapes, line = OF_ARRAYS[name]
    rng = np.random.default_rng(3)
    values = {n: rng.integers(0, 3, shape) if n == "y" else rng.normal(size=shape) for n, shape in shapes.items()}
    made = film(trace(parse(text, shapes), values))
    written = ["".join(p.tex for p in f.rule.symbols) for f in made.scene.frames]
    assert any(line in w for w in written), written


@pytest.mark.parametrize(("condition", "said"), [("sinh(x) > c", "v2"), ("w > c", "v1"), ("w > 1", "w > 1")])
def test_a_rule_names_a_condition_that_asks_for_more_than_its_consumer_has(condition, said):
    graph = parse(f"z = where({condition}, square(w), sqrt(w))")
    made = film(trace(graph, dict.fromkeys(graph.inputs, 3.0)))
    written = ["".join(p.text for p in f.rule.symbols) for f in made.scene.frames if f.phase == "vjp"]
    assert any(line.startswith(f"where({said}, ") and "(2 * w), 0)" in line for line in written), written


@pytest.mark.parametrize(
    ("text", "line"),
    [("x * -sin(y)", r"x \cdot \left(-\sin\left(y\right)\right)"), ("(x / y) ** 2", r"\left(\frac{x}{y}\right)^{2}"),
     ("a - b * -c", r"a - b \cdot \left(-c\right)"), ("sigma * (x + 1)", r"\sigma \cdot \left(x + 1\right)"),
     ("where(a > 0, a, b) * c", r"\left(\begin{cases} a & a > 0 \\ b & \mathrm{otherwise}\end{cases}\right) \, c"),
     ("xlogy(x * w, y) * z", r"\left(x \, w\right) \log\left(y\right) \, z"),
     ("1 / (x - inf)", r"\frac{1}{x - \infty}"),
     ("x1 + x_1", r"x_{1} + \mathrm{x\_1}"), ("2 * 3 + x", r"2 \cdot 3 + x"),
     ("(x > 0) * x", r"\left[x > 0\right] \, x"),
     ("loss_bar * v", r"\overline{\mathrm{loss}} \, v")],
)  # fmt: skip
def test_titles_keep_their_parentheses(text, line):
    graph = parse(text)
    (title,), _ = source(Names(graph, "z"))
    assert latex(graph, graph.output) == line
    point = {name: 1.5 + k for k, name in enumerate(graph.inputs)}
    value = trace(graph, point).value
    called = {Names(graph).label(name).tex: x for name, x in point.items()}
    assert Reader(called).evaluate(latex(graph, graph.output)) == pytest.approx(value)
    assert Reader(called).evaluate(title.tex.split(" = ", 1)[1]) == pytest.approx(value)
