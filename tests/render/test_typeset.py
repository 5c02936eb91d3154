"""Typesetting: everything that sympy can print, and what the cache may and may not do."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import sympy as sp

import graphgrad.render.drawing.typeset as ts
from graphgrad.render.drawing.typeset import line, outline, typeset
from graphgrad.render.scene.scene import Math

X = sp.symbols("x y z alpha beta_1 x_1 x_2 W_12 theta")
UNARY = [sp.sin, sp.cos, sp.tan, sp.exp, sp.log, sp.sqrt, sp.tanh, sp.Abs, sp.asin, sp.cosh, lambda a: 1 / a,
         lambda a: a**2, lambda a: -a, sp.erf, lambda a: sp.Derivative(a, X[0]), lambda a: sp.Integral(a, X[1]),
         lambda a: sp.Piecewise((a, X[0] > 0), (0, True)), lambda a: sp.Sum(a, (X[2], 1, 3)), sp.floor,
         lambda a: a**sp.Rational(1, 3)]  # fmt: skip
BINARY = [lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a - b, lambda a, b: a**b]


def formula(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice([*X, sp.Integer(rng.randint(-9, 9)), sp.Rational(1, rng.randint(2, 9)), sp.pi])
    if rng.random() < 0.5:
        return rng.choice(UNARY)(formula(rng, depth - 1))
    return rng.choice(BINARY)(formula(rng, depth - 1), formula(rng, depth - 1))


@pytest.mark.slow
def test_what_sympy_prints_is_typeset():
    rng, failed, missing = random.Random(7), [], ts.font().glyphindex("\uffff")  # noqa: S311  (a fixed sample, no secret)
    for _ in range(500):
        tex = sp.latex(formula(rng, 3))
        try:
            label = typeset(tex)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is a formula not typeset)
            failed.append((tex, error))
            continue
        if missing in {glyph.number for glyph in label.glyphs} or not label.glyphs or not label.width > 0:
            failed.append((tex, "a glyph is missing"))
    assert len(failed) <= 5, failed


@pytest.mark.parametrize(
    "tex", [r"v_{12}", r"\frac{v_{7}}{v_{35}}", r"\bar{v}_{3} \cdot x_{20}^{2}", r"e^{v_{5}}", r"W_{1,2}"]
)
def test_labels_that_share_a_pattern_are_what_they_would_be_alone(tex):
    cached, alone = typeset(tex), ts._typeset(tex)  # noqa: SLF001  (the law relates the cache to what it caches)
    assert [(g.number, g.scale) for g in cached.glyphs] == [(g.number, g.scale) for g in alone.glyphs]
    assert all(abs(a.x - b.x) < 45 and abs(a.y - b.y) < 10 for a, b in zip(cached.glyphs, alone.glyphs, strict=True))
    assert abs(cached.width - alone.width) < 80  # pairs like 12 are kerned; the ink of a last 1 is narrow


def test_tags_reach_their_glyphs_and_change_nothing():
    tagged, plain = typeset(r"{\color{#00002a} x_{1}} + \sin\left(y\right)"), typeset(r"x_{1} + \sin\left(y\right)")
    assert [g.number for g in tagged.glyphs] == [g.number for g in plain.glyphs]
    assert [g.tag for g in tagged.glyphs][:3] == [42, 42, -1]


def test_spaces_at_the_ends_are_kept():
    assert line((Math(" = ", " = "),), ()).width == pytest.approx(line((Math("=", "="),), ()).width + 2 * ts.SPACE)


def test_every_outline_is_path_data():
    for glyph in {
        g.number for g in typeset(r"\frac{\partial z}{\partial x_{1}} = -3.14\times 10^{-7}\checkmark").glyphs
    }:
        assert not outline(glyph) or (outline(glyph).startswith("M") and outline(glyph).endswith("Z"))


def test_threads_do_not_read_each_others_glyphs():
    """The font is one open file. Outlines were mangled now and then while films were drawn on several threads."""
    numbers, interval = [ts.advance(c)[0] for c in "0123456789+-=abcdefghijklmnopqrstuvwxyz"], sys.getswitchinterval()
    apart = {n: outline(n) for n in numbers}
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            outline.cache_clear()
            ts.font()._glyphs.clear()  # noqa: SLF001  (what the font has read already)
            with ThreadPoolExecutor(8) as pool:
                assert dict(zip(numbers, pool.map(outline, numbers), strict=True)) == apart
    finally:
        sys.setswitchinterval(interval)
        outline.cache_clear()
