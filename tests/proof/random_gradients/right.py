"""Random right gradients: rewritten by sympy, in every convention at kinks, with rounded constants, for every size."""

import random
import re
from contextlib import suppress
from itertools import islice

import sympy as sp
from proof.random_gradients import evaluator
from proof.random_gradients.programs import ARRAYS, SMOOTH, Base, formula, points
from proof.random_gradients.wrong import Claim, fits
from sympy.printing.str import StrPrinter

from graphgrad.frontend.parse import parse

SYMBOLS = {n: sp.Symbol(n, real=True) for n in "xyz"}
FUNCTIONS = {
    "sigmoid": lambda a: 1 / (1 + sp.exp(-a)), "softplus": lambda a: sp.log(1 + sp.exp(a)), "square": lambda a: a**2,
    "log1p": lambda a: sp.log(1 + a), "expm1": lambda a: sp.exp(a) - 1, "reciprocal": lambda a: 1 / a,
    "cbrt": lambda a: sp.sign(a) * sp.Abs(a) ** sp.Rational(1, 3), "log10": lambda a: sp.log(a) / sp.log(10),
    "silu": lambda a: a / (1 + sp.exp(-a)), "hypot": lambda a, b: sp.sqrt(a**2 + b**2),
}  # fmt: skip
REWRITINGS = {
    "none": lambda e: e, "expand": sp.expand, "factor": sp.factor, "simplify": sp.simplify, "together": sp.together,
    "cancel": sp.cancel, "apart": lambda e: sp.apart(e, SYMBOLS["x"]), "radsimp": sp.radsimp, "ratsimp": sp.ratsimp,
    "collect": lambda e: sp.collect(e, SYMBOLS["x"]), "trigsimp": sp.trigsimp, "expand_trig": sp.expand_trig,
    "powsimp": sp.powsimp, "powdenest": sp.powdenest, "expand_power_exp": sp.expand_power_exp,
    "expand_power_base": sp.expand_power_base, "expand_log": sp.expand_log, "logcombine": sp.logcombine,
    "expand_mul": sp.expand_mul, "signsimp": sp.signsimp, "separatevars": sp.separatevars, "horner": sp.horner,
    "as exp": lambda e: e.rewrite(sp.exp), "as tan": lambda e: e.rewrite(sp.tan),
    "as cosh": lambda e: e.rewrite(sp.cosh), "as cos": lambda e: e.rewrite(sp.cos),
}  # fmt: skip


class Printer(StrPrinter):
    """sympy's expressions as a formula's text."""

    def _print_Exp1(self, _expr):
        return "exp(1)"

    def _print_Abs(self, expr):
        return f"abs({self._print(expr.args[0])})"


def read(text):
    return sp.sympify(text, locals={**SYMBOLS, **FUNCTIONS}, rational=True)


def rewritten(dice):
    base = Base(formula(dice, dice.choice([1, 1, 2, 2, 3]), SMOOTH), {})
    kind = dice.choice(list(REWRITINGS))
    expression = read(base.program)
    names = sorted(map(str, expression.free_symbols))
    if not names or expression.count_ops() > 40:
        return None
    name = dice.choice(names)
    slope = sp.diff(expression, SYMBOLS[name])
    slope = slope.replace(sp.Derivative, lambda *_: sp.S.Zero) if slope.has(sp.Derivative) else slope
    if slope.has(sp.DiracDelta) or slope.count_ops() > 80:
        return None
    claim = REWRITINGS[kind](slope)
    if claim.has(sp.I, sp.zoo, sp.nan, sp.Piecewise, sp.arg, sp.re, sp.im, sp.sec, sp.sech, sp.cot, sp.DiracDelta):
        return None
    return Claim(f"sympy {kind}", base, name, Printer().doprint(claim))


INNER = ("x - 3", "x", "2*x + y", "x*y", "x**2 - y", "x - y", "1 - x", "x/3 - 40", "sin(x)", "x**2 - 4", "exp(x) - y")
OUTER = ("p*y", "p**2 + p", "sin(p)", "p/3", "exp(p)*y", "y - 2*p", "tanh(p) + x", "p*x", "log(1 + p**2)", "p")
PAIRED = ("p + q", "p*q + x", "2*p - q*y", "p - q", "sin(p) + q/3")
KINKED = {"relu({0})": (0, 1), "abs({0})": (-1, 1), "maximum({0}, 0)": (0, 1), "leaky_relu({0})": (0.1, 1),
    "minimum({0}, 0)": (1, 0), "where({0} > 0, {0}, -{0}/2)": (-0.5, 1)}  # fmt: skip
CONVENTIONS = {
    "below": "where({u} > 0, {high}, {low})", "above": "where({u} >= 0, {high}, {low})",
    "between": "where({u} > 0, {high}, where({u} < 0, {low}, ({low} + {high})/2))",
}  # fmt: skip


def conventional(dice):
    """A kink, or two with one convention."""
    convention = dice.choice(list(CONVENTIONS))
    outer = dice.choice(PAIRED if dice.random() < 0.3 else OUTER)
    letters = [n for n in "pq" if n in outer.replace("exp", "")]
    inner = {n: dice.choice(INNER) for n in letters}
    kinks = {n: dice.choice(list(KINKED.items())) for n in letters}
    made = {n: f"({kinks[n][0].format('(' + inner[n] + ')')})" for n in letters}
    symbols = {n: sp.Symbol(n, real=True) for n in letters}
    joined = sp.sympify(outer, locals={**SYMBOLS, **FUNCTIONS, **symbols}, rational=True)
    name = "x"
    parts = [Printer().doprint(sp.diff(joined, SYMBOLS[name]))]
    for n in letters:
        low, high = kinks[n][1]
        slope = CONVENTIONS[convention].format(u=f"({inner[n]})", low=low, high=high)
        through, below = (Printer().doprint(d) for d in (
            sp.diff(joined, symbols[n]), sp.diff(read(inner[n]), SYMBOLS[name])))  # fmt: skip
        parts.append(f"({through})*{slope}*({below})")
    program, claim = (_put(text, made) for text in (outer, " + ".join(parts)))
    return Claim(f"kink {convention}", Base(program, {}), name, claim)


def _put(text, values):
    """A text with others in the place of names."""
    return re.sub(r"\b[pq]\b", lambda found: values[found[0]], text)


ROUNDED = {
    "log10({u})": "({d})/(({u})*2.302585092994046)", "log2({u})": "1.4426950408889634*({d})/({u})",
    "erf({u})": "1.1283791670955126*exp(-({u})**2)*({d})", "2**({u})": "0.6931471805599453*2**({u})*({d})",
    "sin(pi*({u}))": "3.141592653589793*cos(pi*({u}))*({d})", "({u})**2/3": "0.6666666666666666*({u})*({d})",
    "exp(({u})/7)": "0.14285714285714285*exp(({u})/7)*({d})", "sqrt(2)*({u})": "1.4142135623730951*({d})",
    "log({u})/log(3)": "0.9102392266268374*({d})/({u})", "({u})/pi": "0.3183098861837907*({d})",
}  # fmt: skip


def rounded(dice):
    program, claim = dice.choice(list(ROUNDED.items()))
    inner = formula(dice, dice.choice([0, 1, 1]), SMOOTH)
    expression = read(inner)
    if "x" not in map(str, expression.free_symbols):
        return None
    slope = Printer().doprint(sp.diff(expression, SYMBOLS["x"]))
    if "Derivative" in slope or "DiracDelta" in slope:
        return None
    return Claim("rounded", Base(program.format(u=inner), {}), "x", claim.format(u=inner, d=slope))


def sized(dice):
    base, rights = dice.choice(ARRAYS)
    name, right = dice.choice(list(rights.items()))
    right = dice.choice(["{0}", "{0} + 0*size({1})", "2*({0})/2", "({0})*size({1})/size({1})"]).format(right, name)
    return Claim("array", base, name, right)


MADE = (rewritten, rewritten, rewritten, conventional, conventional, rounded, sized)


def _holds(dice, claim):
    """Whether no point shows the claim wrong by more than its rounded constants, and some have a value."""
    seen, names = 0, tuple(parse(claim.base.program, claim.base.shapes).inputs)
    for at in islice(points(dice, claim.base, names), 3 if claim.base.shapes else None):
        try:
            found = evaluator.wrong(claim.base.program, claim.claim, at, claim.name)
        except OverflowError:
            continue
        if found and claim.kind != "rounded":
            return False
        seen += evaluator.value(claim.base.program, at)[()] is not None
    return seen > 2


def rights(seed, count):
    """That many right gradients, the same for a seed."""
    dice = random.Random(seed)  # noqa: S311  (a test, not a secret)
    made = 0
    while made < count:
        claim = None
        with suppress(sp.PolynomialError, NotImplementedError, TypeError, ValueError, AttributeError, RecursionError):
            claim = dice.choice(MADE)(dice)
        if claim is not None and fits(claim.base, claim.name, claim.claim) and _holds(dice, claim):
            made += 1
            yield claim
