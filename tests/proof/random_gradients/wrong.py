"""Random wrong gradients, each seen by the evaluator to be wrong at a point where the program has a derivative."""

import ast
import random
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from proof.random_gradients import evaluator
from proof.random_gradients.programs import ARRAYS, Base, points, scalar

from graphgrad.core.errors import GraphgradError
from graphgrad.frontend.parse import parse
from graphgrad.frontend.printers import text
from graphgrad.transform.grad import derivative_name, differentiable, grad
from graphgrad.transform.rewrite import simplify

SIGNS = ("<", "<=", ">", ">=")
FAR = ("1e4", "1e5", "300", "1e6", "2500", "1e7", "-1e5", "-4000", "1e8")
PLACES = ("0", "1", "-1", "2", "0.5", "1/3", "17.25", "-3", "100", "1e4", "1e-6", "-1e5", "3e6")


class Claim(NamedTuple):
    """A claim about a program's gradient, and, if it is wrong, a point that shows it."""

    kind: str
    base: Base
    name: str
    claim: str
    point: dict | None = None
    place: tuple[int, ...] = ()


def gradient(base, name):
    """The right gradient as graphgrad writes it; only the evaluator's word counts."""
    graph = parse(base.program, base.shapes)
    if name not in differentiable(graph):
        return None
    derived = simplify(grad(graph))
    return text(derived, derived.outputs[derivative_name(next(iter(graph.outputs)), name)])


class Spoiled(ast.NodeTransformer):
    """Changes one node of an expression."""

    def __init__(self, dice, tree):
        self.dice = dice
        kinds = ast.BinOp | ast.Constant | ast.Call | ast.Compare | ast.UnaryOp
        self.chosen = dice.choice([n for n in ast.walk(tree) if isinstance(n, kinds)] or [None])

    def visit(self, node):
        if node is not self.chosen:
            return self.generic_visit(node)
        return self._changed(node)

    def _changed(self, node):
        pick = self.dice.choice
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                swaps = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
                return pick([left, right, ast.BinOp(left, swaps.get(type(op), ast.Mult)(), right),
                    ast.BinOp(right, op, left), ast.BinOp(ast.Constant(2), ast.Mult(), node)])  # fmt: skip
            case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
                return ast.Constant(pick([value + 1, value * 2, value + 1e-9, value * (1 + 2**-30), value + 0.5]))
            case ast.Call(func=ast.Name(id=name), args=args) if args:
                swaps = {"sin": "cos", "cos": "sin", "exp": "expm1", "log": "log1p", "tanh": "sigmoid", "sign": "abs"}
                return pick([args[0], ast.Call(ast.Name(swaps.get(name, "abs"), ast.Load()), args[:1], [])])
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                turned = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
                moved = ast.BinOp(right, ast.Add(), ast.Constant(pick([1, 1e-3, -2, 50])))
                return pick([ast.Compare(left, [turned.get(type(sign), ast.NotEq)()], [right]),
                    ast.Compare(left, [sign], [moved])])  # fmt: skip
            case ast.UnaryOp(operand=operand):
                return operand
        return node


def structure(dice, right, _name):
    tree = ast.parse(right, mode="eval").body
    return ast.unparse(Spoiled(dice, tree).visit(tree)), []


def tiny(dice, right, name):
    k = dice.randint(1, 30)
    return dice.choice([f"({right}) * (1 + 1e-{k})", f"({right}) - 1e-{k}", f"({right}) + 1e-{k}*{name}",
        f"({right}) * (1 - {dice.randint(2, 9)}e-{k})", f"({right}) + 1e-{k}*sin({name})",
        f"({right}) + {dice.randint(1, 9)}e-{k}*exp(-{name}**2)"]), []  # fmt: skip


def _bad(dice, right):
    return dice.choice(["0", f"({right}) + 1", f"2*({right})", f"-({right}) - 1", f"({right}) * (1 + 1e-9) + 1e-20"])


def region(dice, right, name):
    c = dice.choice(PLACES)
    value = Fraction(c)
    gap = abs(value) / 2 + Fraction(1, 3)
    cases = [f"{name} {dice.choice(SIGNS)} {c}", f"({name} > {c}) & ({name} < {c} + 1e-6)", f"relu({name} - ({c})) > 0",
        f"abs({name} - ({c})) < 1e-9", f"{name}*abs({name}) > {c}", f"{name}**3 < {c}",
        f"cbrt({name}) > {c}"]  # fmt: skip
    near = [value + gap, value - gap, value + Fraction(1, 2 * 10**6), value + Fraction(1, 2 * 10**9),
        value**3 + 1]  # fmt: skip
    return f"where({dice.choice(cases)}, {_bad(dice, right)}, {right})", near


def point(dice, right, name):
    c = dice.choice(PLACES)
    wrong = dice.choice(["77", f"({right}) + 1e-3", f"2*({right}) + 1", "-1e5"])
    case = dice.choice([f"{name} == {c}", f"2*{name} == 2*({c})", f"{name} - ({c}) == 0", f"abs({name} - ({c})) <= 0",
        f"({name} >= {c}) & ({name} <= {c})", f"({name} - ({c}))**2 == 0"])  # fmt: skip
    return dice.choice([f"where({case}, {wrong}, {right})", f"({right}) + 5*number({case})"]), [Fraction(c)]


def tied(dice, right, _name):
    case, at = dice.choice([("x == y", (2, 2)), ("x*y == 1", (4, Fraction(1, 4))), ("x + y == 3", (5, -2)),
        ("x**2 == y", (3, 9)), ("x**2 + y**2 == 25", (3, 4)), ("x == 10*y", (30, 3))])  # fmt: skip
    return f"where({case}, ({right}) + 3, {right})", [dict(zip("xy", map(Fraction, at), strict=True))]


def hollow(dice, right, name):
    c = dice.choice(PLACES)
    cases = [f"({right}) + 0*sqrt({c} - {name})", f"({right}) + 0*log({name} - ({c}))",
        f"({right})*exp(log({name}))/{name}",
        f"({right}) + 0*{name}**1.5", f"({right}) + 0*asin({name}/10)", f"({right})*sqrt({name})**2/{name}",
        f"({right}) + 0*sqrt(-1 - {name}**2)", f"({right}) + 0*acosh({name} + 3)"]  # fmt: skip
    return dice.choice(cases), [Fraction(c) + 3, Fraction(c) - 3, Fraction(-7), Fraction(20)]


def folded(dice, right, name):
    c = dice.choice(PLACES)
    cases = [f"({right})*sqrt({name}**2)/{name}", f"({right})*abs({name} - ({c}))/({name} - ({c}))",
        f"({right})*sqrt(({name} - ({c}))**2)/({name} - ({c}))", f"({right})*{name}**3/abs({name})**3",
        f"({right})*sign({name})", f"({right})*cbrt({name}**3)/abs({name})", f"({right}) + {name} - sqrt({name}**2)",
        f"({right}) + asin(sin({name})) - {name}", f"({right}) + log(exp({name}))-abs({name})"]  # fmt: skip
    return dice.choice(cases), [Fraction(c) - 1, Fraction(c) - Fraction(5, 4), Fraction(-4), Fraction(9, 2)]


def far(dice, right, name):
    c = dice.choice(FAR)
    away, sign = Fraction(c), "" if Fraction(c) > 0 else "-"
    cases = [f"({right}) + maximum(0, {sign}({name} - ({c})))*1e-3", f"({right}) + relu(abs({name}) - abs({c}))",
        f"({right}) + where({sign}{name} > {sign}({c}), 1, 0)", f"({right}) + floor({name}/{c})*1e-3",
        f"({right}) + 1e-30*exp(-(({name} - ({c}))/100)**2)", f"where(abs({name}) > abs({c}), 0, {right})",
        f"({right}) + ((exp(500) + exp(-100)) - exp(500))*1e40",
        f"({right}) + clip({name} - ({c}), 0, 1)", f"({right}) - clip({name} - ({c}), 0, 1)"]  # fmt: skip
    return dice.choice(cases), [away * 2, away * Fraction(3, 2), away + Fraction(1, 7), away + 10]


SPOILERS = {f.__name__: f for f in (structure, tiny, region, point, tied, hollow, folded, far)}
WEIGHTS = {"structure": 5, "tiny": 3, "region": 3, "point": 2, "tied": 4, "hollow": 2, "folded": 2, "far": 2}
KINKS = {  # programs with a kink at c, and the derivatives around it
    "relu(x - ({c}))*{k}": (0, 1), "abs(x - ({c}))*{k}": (-1, 1), "maximum(x, {c})*{k}": (0, 1),
    "minimum(x, {c})*{k}": (0, 1), "leaky_relu(x - ({c}))*{k}": (Fraction(1, 10), 1),
    "where(x > {c}, 3*(x - ({c})), -2*(x - ({c})))*{k}": (-2, 3), "sqrt((x - ({c}))**2)*{k}": (-1, 1),
}  # fmt: skip


def kinked(dice):
    """A claim that is right but at a kink, where it lies outside the derivatives around it."""
    pattern, (low, high) = dice.choice(list(KINKS.items()))
    c, k = dice.choice(PLACES), dice.choice([1, 2, -1, 7])
    base = Base(pattern.format(c=c, k=k), {})
    right = gradient(base, "x")
    beside = dice.choice(
        [high + Fraction(1, 10 ** dice.randint(0, 12)), low - Fraction(1, 10 ** dice.randint(0, 12)), 5]
    )
    claim = f"where(x == {c}, {k}*({beside.numerator}/{beside.denominator}), {right})"
    return Claim("kink", base, "x", claim, {"x": np.asarray(Fraction(c), dtype=object)})


SCALES = (
    "({0})*size({1})", "({0})/size({1})", "({0})*size({1})/(size({1}) - 1)", "({0})*3/size({1})", "({0})*size({1})/4",
    "({0})*2", "({0}) + (size({1}) - 4)*(size({1}) - 7)", "({0})*size({1})/5", "({0})*(1 + 1e-7*(size({1}) - 2))",
    "where(size({1}) > 8, 0, {0})", "({0}) + mean({1})*1e-9", "({0}) - {1}", "({0})*{1}", "where({1} > 50, 0, {0})",
    "({0}) + number(size({1}) > 5)", "sum({0}) + 0*{1}", "mean({0}) + 0*{1}",
    "({0}) + sum({1}) - mean({1})*size({1}) + 1",
)  # fmt: skip
EDITS = ((".T", ""), ("/size(y)", ""), ("/size(x)", ""), ("mean", "sum"), ("sum", "mean"), ("2*", ""), (" - ", " + "),
    ("axis=1", "axis=0"), ("(x - ", "("), ("size(y)", "size(X)"), ("square", "abs"), ("1 - ", "1 + "))  # fmt: skip


def array(dice):
    """A claim about a loss of arrays: a factor of a size, an axis, a transpose, a missing mean."""
    base, rights = dice.choice(ARRAYS)
    name, right = dice.choice(list(rights.items()))
    inputs = [n for n, shape in base.shapes.items() if shape != ()]
    if dice.random() < 0.4 and (edits := [(a, b) for a, b in EDITS if a in right]):
        wrong = right.replace(*dice.choice(edits), 1)
    elif dice.random() < 0.25:
        wrong, _ = structure(dice, right, name)
    else:
        measured = name if base.shapes[name] != () else dice.choice(inputs)
        wrong = dice.choice(SCALES).format(right, measured)
    return Claim("array", base, name, wrong)


def fits(base, name, claim):
    """Whether a claim is text of the right shape."""
    try:
        inputs = parse(base.program, base.shapes)
        shape = inputs.nodes[inputs.inputs[name]].shape
        read = parse(claim, {n: inputs.nodes[i].shape for n, i in inputs.inputs.items()})
    except GraphgradError:
        return False
    return set(read.inputs) <= set(inputs.inputs) and read.nodes[read.output].shape in {shape, ()}


def shown(dice, claim, near):
    """The claim with a point that shows it wrong; None where none is found."""
    names = tuple(parse(claim.base.program, claim.base.shapes).inputs)
    for k, at in enumerate(points(dice, claim.base, names)):
        chosen = near[k] if k < len(near) else {}
        chosen = chosen if isinstance(chosen, dict) else {claim.name: chosen}
        held = {**at, **{n: np.asarray(v, dtype=object) for n, v in chosen.items() if n in at}}
        try:
            found = evaluator.wrong(claim.base.program, claim.claim, held, claim.name)
        except (NotImplementedError, KeyError, ValueError, TypeError, OverflowError, MemoryError):
            return None
        if found:
            return claim._replace(point=held, place=next(iter(found)))
    return None


def wrongs(seed, count):
    """That many wrong gradients, the same for a seed."""
    dice = random.Random(seed)  # noqa: S311  (a test, not a secret)
    made = 0
    while made < count:
        claim, near = _made(dice)
        if claim is None or not fits(claim.base, claim.name, claim.claim):
            continue
        if claim.point is not None:
            found = claim if evaluator.wrong(claim.base.program, claim.claim, claim.point, claim.name) else None
        else:
            found = shown(dice, claim, near)
        if found is not None:
            made += 1
            yield found


def _made(dice):
    chance = dice.random()
    if chance < 0.05:
        return kinked(dice), []
    if chance < 0.3:
        return array(dice), []
    base = scalar(dice)
    try:
        names = tuple(parse(base.program).inputs)
        name = dice.choice(names)
        right = gradient(base, name)
    except GraphgradError:
        return None, []
    if right is None:
        return None, []
    kind = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if kind == "tied" and not {"x", "y"} <= set(names):
        return None, []
    claim, near = SPOILERS[kind](dice, right, name)
    return Claim(kind, base, name, claim), near
