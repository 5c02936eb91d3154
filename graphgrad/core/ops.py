"""The table: all that graphgrad knows about an operation stands in one row, and nowhere else.

To add an operation, add a row; the tests, proofs, documentation and pictures iterate the table. Derivatives follow
Abramowitz & Stegun and the NIST Digital Library of Mathematical Functions; those of matrix operations Giles, *An
extended collection of matrix derivative results* (2008). Conventions at kinks are stated by the rules themselves:
relu'(0) = abs'(0) = norm'(0) = 0, the gradient of std of equal numbers is 0, ties share equally, clip passes its closed
interval.
"""

from __future__ import annotations

from typing import Any

from graphgrad.core import shapes
from graphgrad.core.definitions import (
    coprod_by_masking,
    dot_by_rank,
    mean_square_deviation,
    prod_by_axes,
    size_if_known,
    swapaxes_by_rank,
    transpose_of_matrix,
)
from graphgrad.core.lookup import Table
from graphgrad.core.op import MOVES, Op, read

# Texts too long for a row; `a == spread(v, a)` marks the entries that attain a maximum or minimum.
SHARED_BY_TIES = (
    "spread(g / sum(a == spread(v, a, axis=axis, keepdims=keepdims), axis=axis, keepdims=keepdims), a, axis=axis,"
    " keepdims=keepdims) * (a == spread(v, a, axis=axis, keepdims=keepdims))"
)
UNIT_VECTOR = (
    "spread(g, a, axis=axis, keepdims=keepdims) * where(spread(v, a, axis=axis, keepdims=keepdims) == 0, 0,"
    " a / spread(v, a, axis=axis, keepdims=keepdims))"
)
SHARES = (  # of every entry in the sum; the value's own rounding, of its size, is divided away
    "spread(g / sum(exp(a - spread(v, a, axis=axis, keepdims=keepdims)), axis=axis, keepdims=keepdims), a, axis=axis,"
    " keepdims=keepdims) * exp(a - spread(v, a, axis=axis, keepdims=keepdims))"
)
VARIANCE = "var(a, axis=axis, keepdims=keepdims, ddof=ddof)"

OPS: Table[Op] = Table("operation")
NAMES = OPS.spellings  # every name a function may be called by in the language, aliases included


def op(notation: str, **columns: Any) -> Op:
    """Add a row, and give it."""
    return OPS.add(read(notation, **columns))


# Arithmetic
op("a + b", of_conditions="logical_or", d=("1", "1"), aliases=("add",), residues="known", onnx="Add(a, b)")
op("a - b", of_conditions="write a != b", d=("1", "-1"), aliases=("subtract",), residues="known", onnx="Sub(a, b)")
op(
    "a * b",
    of_conditions="logical_and",
    d=("b", "a"),
    aliases=("multiply",),
    tex=r"$a \, $b",
    glyph="×",
    residues="known",
    onnx="Mul(a, b)",
)
op("a / b", d=("1 / b", "-v / b"), domain="b != 0", aliases=("divide", "true_divide"), tex=r"\frac{$a}{$b}", glyph="÷",
   residues="known", onnx="Div(a, b)")  # fmt: skip
op("a ** b", d=("where(b == 0, where(a == 0, 0, b * a ** (b - 1)), b * a ** (b - 1))", "xlogy(v, a)"),
   aliases=("power",), python="math.pow(a, b)",
   js="power(a, b)", c="pow(a, b)", tex="$a^{$b}",
   domain="(a > 0) | (a == 0) & (b >= 0) | (a < 0) & (b == floor(b))", steep="where((b >= 0) & (b < 1), a, 1)",
   glyph="xʸ", residues="known", onnx="Pow(a, b)")  # fmt: skip
op("-a", of_conditions="write ~a", d=("-1",), aliases=("negative",), glyph="−", residues="known", onnx="Neg(a)")
op("square(a)", d=("2 * a",), python="a * a", sympy="a ** 2", js="a * a", c="a * a", tex="$a^{2}", glyph="x²",
   residues="a * a", onnx="Mul(a, a)")  # fmt: skip
op("reciprocal(a)", of_conditions="write 1 / a",
   d=("-(v ** 2)",), domain="a != 0", python="1 / a", sympy="1 / a", js="1 / a", c="1 / a", tex=r"\frac{1}{$a}",
   glyph="1/x", residues="1 / a", onnx="Reciprocal(a)")  # fmt: skip

# Exponentials and logarithms
op("exp(a)", d=("v",), tex="e^{$a}", onnx="Exp(a)")
op("expm1(a)", d=("exp(a)",), sympy="sp.exp(a) - 1", onnx="Sub(Exp(a), 1)")
op("log(a)", d=("1 / a",), domain="a > 0", aliases=("ln",), tex=r"\log", onnx="Log(a)")
op("log1p(a)", d=("1 / (1 + a)",), domain="a > -1", sympy="sp.log(1 + a)", onnx="Log(Add(a, 1))")
op("log2(a)", d=("1 / (a * log(2))",), domain="a > 0", sympy="sp.log(a) / sp.log(2)", tex=r"\log_{2}")
op("log10(a)", d=("1 / (a * log(10))",), domain="a > 0", sympy="sp.log(a) / sp.log(10)", tex=r"\log_{10}")
op("xlogy(a, b)", d=("log(b)", "a / b"), domain="(b > 0) | (a == 0)", steep="b", tex=r"$a \log\left($b\right)",
   numpy="xlogy(a, b)", python="xlogy(a, b)", sympy="a * sp.log(b)", js="(a === 0 ? 0 : a * Math.log(b))",
   c="(a == 0 ? 0 : a * log(b))")  # fmt: skip
op("log1mexp(a)", d=("exp(a) / expm1(a)",), domain="a < 0", sympy="sp.log(1 - sp.exp(a))", numpy="log1mexp(a)",
   python="log1mexp(a)", tex=r"\log\left(1 - e^{$a}\right)",
   js="(a > -0.6931471805599453 ? Math.log(-Math.expm1(a)) : Math.log1p(-Math.exp(a)))",
   c="(a > -0.6931471805599453 ? log(-expm1(a)) : log1p(-exp(a)))",
   residues="log(1 - exp(a))", onnx="Log(Sub(1, Exp(a)))")  # fmt: skip
op("logaddexp(a, b)", d=("sigmoid(a - b)", "sigmoid(b - a)"), sympy="sp.log(sp.exp(a) + sp.exp(b))",
   python="logaddexp(a, b)",
   js="a === b ? a + Math.log(2) : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))",
   c="a == b ? a + log(2.0) : max2(a, b) + log1p(exp(-fabs(a - b)))",
   residues="log(exp(a) + exp(b))", onnx="Log(Add(Exp(a), Exp(b)))")  # fmt: skip
op("exprel(a, *, order=0)", d=("exprel(a, order=order + 1)",), numpy="exprel(a, order)", python="exprel(a, order)",
   sympy="exprel(sp.exp(a), a, order)", js="exprel(a, order)", c="exprel(a, order)")  # fmt: skip
op("sqrt(a)", d=("1 / (2 * v)",), domain="a >= 0", steep="a", tex=r"\sqrt{$a}", glyph="√", onnx="Sqrt(a)")
op("cbrt(a)", d=("1 / (3 * v ** 2)",), steep="a", sympy="real_root(a, 3)", tex=r"\sqrt[3]{$a}",
   glyph="∛", onnx="Mul(Sign(a), Pow(Abs(a), 1 / 3))")  # fmt: skip

# Trigonometry
op("sin(a)", d=("cos(a)",), tex=r"\sin", onnx="Sin(a)")
op("cos(a)", d=("-sin(a)",), tex=r"\cos", onnx="Cos(a)")
op("tan(a)", d=("1 + v ** 2",), tex=r"\tan", onnx="Tan(a)")
op("asin(a)", d=("1 / sqrt(1 - a ** 2)",), domain="abs(a) <= 1", steep="1 - abs(a)", aliases=("arcsin",),
   numpy="np.arcsin(a)", tex=r"\arcsin", onnx="Asin(a)")  # fmt: skip
op("acos(a)", d=("-1 / sqrt(1 - a ** 2)",), domain="abs(a) <= 1", steep="1 - abs(a)", aliases=("arccos",),
   numpy="np.arccos(a)", tex=r"\arccos", onnx="Acos(a)")  # fmt: skip
op("atan(a)", d=("1 / (1 + a ** 2)",), aliases=("arctan",), numpy="np.arctan(a)", tex=r"\arctan", onnx="Atan(a)")
op("atan2(a, b)", d=("b / hypot(a, b) / hypot(a, b)", "-a / hypot(a, b) / hypot(a, b)"), steep="abs(a) + abs(b)",
   aliases=("arctan2",), numpy="np.arctan2(a, b)")  # fmt: skip
op("sinrel(a, *, order=0)", d=("sinrel(a, order=order + 1)",), numpy="sinrel(a, order)", python="sinrel(a, order)",
   sympy="sinrel(sp.sin(a), sp.cos(a), a, order)", js="sinrel(a, order)", c="sinrel(a, order)")  # fmt: skip
op("sinc(a)", define="sinrel(pi * a)")
op("sinh(a)", d=("cosh(a)",), tex=r"\sinh", onnx="Sinh(a)")
op("cosh(a)", d=("sinh(a)",), tex=r"\cosh", onnx="Cosh(a)")
op("tanh(a)", d=("1 - v ** 2",), tex=r"\tanh", onnx="Tanh(a)")
op("sech2(a)", d=("-2 * v * tanh(a)",), numpy="sech2(a)", python="sech2(a)", sympy="1 - sp.tanh(a) ** 2",
   js="Math.pow(1 / Math.cosh(a), 2)", c="pow(1 / cosh(a), 2)", tex=r"\operatorname{sech}^{2}", glyph="sech²",
   residues="1 - square(tanh(a))", onnx="Sub(1, Mul(Tanh(a), Tanh(a)))")  # fmt: skip
op("asinh(a)", d=("1 / hypot(1, a)",), aliases=("arcsinh",), numpy="np.arcsinh(a)", onnx="Asinh(a)")
op("acosh(a)", d=("1 / (sqrt(a - 1) * sqrt(a + 1))",), domain="a >= 1", steep="a - 1", aliases=("arccosh",),
   numpy="np.arccosh(a)", onnx="Acosh(a)")  # fmt: skip
op("atanh(a)", d=("1 / (1 - a ** 2)",), domain="abs(a) < 1", aliases=("arctanh",), numpy="np.arctanh(a)",
   onnx="Atanh(a)")  # fmt: skip

# Activations
op("sigmoid(a)", d=("v * (1 - v)",), define="1 / (1 + exp(-a))", aliases=("expit", "σ"), numpy="sigmoid(a)",
   python="sigmoid(a)", js="a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a))",
   c="a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a))", tex=r"\sigma", glyph="σ", onnx="Sigmoid(a)")  # fmt: skip
op("softplus(a)", d=("sigmoid(a)",), define="log(1 + exp(a))", numpy="softplus(a)", python="softplus(a)",
   js="Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))",
   c="max2(a, 0) + log1p(exp(-fabs(a)))", onnx="Softplus(a)")  # fmt: skip
op("relu(a)", d=("a > 0",), kinks="a", aliases=("ReLU",), numpy="np.maximum(a, 0)", python="0.0 if a <= 0 else a",
   sympy="sp.Max(a, 0)", js="Math.max(a, 0)", c="max2(a, 0)", onnx="Relu(a)")  # fmt: skip
op("leaky_relu(a, *, slope=0.1)", d=("where(a > 0, 1, slope)",), kinks="a", define="where(a > 0, a, slope * a)",
   aliases=("LReLU", "LeakyReLU"), numpy="np.where(a > 0, a, slope * a)",
   python="a if a > 0 else slope * a", js="a > 0 ? a : slope * a", c="a > 0 ? a : slope * a")  # fmt: skip
op("elu(a, *, alpha=1)", d=("where(a > 0, 1, alpha * exp(a))",), define="where(a > 0, a, alpha * expm1(a))",
   kinks="where(a == 0, alpha - 1, 1) * a", numpy="np.where(a > 0, a, alpha * np.expm1(np.where(a > 0, 0, a)))",
   python="a if a > 0 else alpha * math.expm1(a)", js="a > 0 ? a : alpha * Math.expm1(a)",
   c="a > 0 ? a : alpha * expm1(a)",
   onnx="Elu(a, alpha=float(alpha))")  # fmt: skip
op("gelu(a)", d=("erfc(-a / sqrt(2)) / 2 + a * exp(-(a ** 2) / 2) / sqrt(2 * pi)",), numpy="gelu(a)",
   define="a * (1 + erf(a / sqrt(2))) / 2", python="gelu(a)",
   js="a * erfc(-a / Math.SQRT2) / 2", c="a * erfc(-a / sqrt(2.0)) / 2")  # fmt: skip
op("silu(a)", d=("sigmoid(a) * (1 + a * (1 - sigmoid(a)))",), define="a * sigmoid(a)", aliases=("swish",),
   numpy="a * sigmoid(a)", python="a * sigmoid(a)",
   js="a < 0 ? a * (Math.exp(a) / (1 + Math.exp(a))) : a / (1 + Math.exp(-a))",
   c="a < 0 ? a * (exp(a) / (1 + exp(a))) : a / (1 + exp(-a))")  # fmt: skip
op("erf(a)", d=("2 * exp(-(a ** 2)) / sqrt(pi)",), numpy="erf(a)", js="erf(a)", c="erf(a)", onnx="Erf(a)")
op("erfc(a)", d=("-2 * exp(-(a ** 2)) / sqrt(pi)",), numpy="erfc(a)", sympy="1 - sp.erf(a)", js="erfc(a)",
   residues="1 - erf(a)", onnx="Sub(1, Erf(a))")  # fmt: skip

# Pieces
op("abs(a)", c="fabs(a)", of_conditions="a",
   d=("sign(a)",), kinks="a", aliases=("absolute", "fabs"), python="abs(a)", sympy="sp.Abs(a)",
   tex=r"\left|$a\right|", glyph="|x|", residues="where(a < 0, -a, a)", onnx="Abs(a)")  # fmt: skip
op("sign(a)", of_conditions="write 1.0 * a", d=(None,), kinks="a", python="sign(a)", js="Math.sign(a) + 0",
   tex=r"\operatorname{sign}", residues="where(a < 0, -1, a > 0)", onnx="Sign(a)")  # fmt: skip
op("floor(a)", d=(None,), kinks="sin(pi * a)", python="floored(a)", glyph="⌊x⌋",
   tex=r"\left\lfloor $a\right\rfloor", onnx="Floor(a)")  # fmt: skip
op("ceil(a)", define="-floor(-a)")
op("round(a)", d=(None,), kinks="cos(pi * a)", python="math.copysign(round(a), a)", c="rint(a)",
   sympy="sp.floor(a + sp.Rational(1, 2)) - sp.floor(sp.Rational(1, 4) - a/2) - sp.floor(a/2 - sp.Rational(1, 4)) - 1",
   js="(a - Math.floor(a) === 0.5 ? 2 * Math.round(a / 2) : Math.round(a))", aliases=("rint",))  # fmt: skip
op("floor_divide(a, b)", of_conditions="write 1.0 * a",
   d=(None, None), domain="b != 0", kinks="sin(pi * a / b)", define="floor(a / b)",
   python="floor_divide(a, b)", js="floor_divide(a, b)", c="floor_divide(a, b)",
   tex=r"\left\lfloor \frac{$a}{$b}\right\rfloor")  # fmt: skip
op("remainder(a, b)", of_conditions="write 1.0 * a",
   d=("1", "-floor_divide(a, b)"), domain="b != 0", kinks="sin(pi * a / b)", aliases=("mod",),
   define="a - b * floor(a / b)", python="remainder(a, b)", js="modulo(a, b)", c="modulo(a, b)",
   tex=r"\operatorname{mod}")  # fmt: skip
op("maximum(a, b)", of_conditions="logical_or", d=("(a > b) + (a == b) / 2", "(b > a) + (a == b) / 2"), kinks="a - b",
   python="a if a > b or a != a else b", sympy="sp.Max(a, b)", js="Math.max(a, b)", c="max2(a, b)", tex=r"\max",
   glyph="max", residues="where(a >= b, a, b)", onnx="Max(a, b)")  # fmt: skip
op("minimum(a, b)", of_conditions="logical_and", d=("(a < b) + (a == b) / 2", "(b < a) + (a == b) / 2"), kinks="a - b",
   python="a if a < b or a != a else b", sympy="sp.Min(a, b)", js="Math.min(a, b)", c="min2(a, b)", tex=r"\min",
   glyph="min", residues="where(a <= b, a, b)", onnx="Min(a, b)")  # fmt: skip
op("clip(a, low, high)", dtype="same", kinks="(a - low) * (a - high) * (low - high)",
   d=("(a >= low) & (a <= high)", "(a < low) & (low <= high)", "(a > high) | (low > high)"),
   python="clip(a, low, high)", sympy="sp.Min(sp.Max(a, low), high)",
   js="Math.min(Math.max(a, low), high)", c="min2(max2(a, low), high)",
   residues="minimum(maximum(a, low), high)", onnx="Min(Max(a, low), high)")  # fmt: skip
op("where(condition, a, b)", dtype="same",
   vjp=(None, "where(condition, g, 0)", "where(condition, 0, g)"), boolean=("condition",),
   python="a if condition else b", sympy="sp.Piecewise((a, condition), (b, True))", js="condition ? a : b",
   c="condition ? a : b",
   tex=r"\begin{cases} $a & $condition \\ $b & \mathrm{otherwise}\end{cases}", shape=shapes.elementwise,
   entries="", residues="known", onnx="Where(condition, a, b)", saved=True)  # fmt: skip
op("hypot(a, b)", d=("where(v == 0, 0, a / v)", "where(v == 0, 0, b / v)"), kinks="v",
   sympy="sp.sqrt(a ** 2 + b ** 2)")  # fmt: skip

# Conditions
op("a > b", d=(None, None), dtype="bool", aliases=("greater",), onnx="Greater(a, b)")
op("a >= b", d=(None, None), dtype="bool", aliases=("greater_equal",), tex=r"$a \geq $b", glyph="≥",
   onnx="GreaterOrEqual(a, b)")  # fmt: skip
op("a < b", d=(None, None), dtype="bool", aliases=("less",), onnx="Less(a, b)")
op("a <= b", d=(None, None), dtype="bool", aliases=("less_equal",), tex=r"$a \leq $b", glyph="≤",
   onnx="LessOrEqual(a, b)")  # fmt: skip
op("a == b", d=(None, None), dtype="bool", aliases=("equal",), sympy="sp.Eq(a, b)", js="a === b",
   c="a == b", tex="$a = $b",
   onnx="Equal(a, b)")  # fmt: skip
op("a != b", d=(None, None), dtype="bool", aliases=("not_equal",), sympy="sp.Ne(a, b)", js="a !== b", c="a != b",
   tex=r"$a \neq $b", glyph="≠")  # fmt: skip
op("a & b", d=(None, None), dtype="bool", boolean=("a", "b"), aliases=("logical_and", "bitwise_and"), python="a and b",
   js="a && b", c="a && b", tex=r"$a \wedge $b", glyph="∧", onnx="And(a, b)")  # fmt: skip
op("a | b", d=(None, None), dtype="bool", boolean=("a", "b"), aliases=("logical_or", "bitwise_or"), python="a or b",
   js="a || b", c="a || b", tex=r"$a \vee $b", glyph="∨", onnx="Or(a, b)")  # fmt: skip
op("~a", d=(None,), dtype="bool", boolean=("a",), aliases=("logical_not", "invert"), python="not a", js="!a", c="!a",
   tex=r"\neg $a", glyph="¬", onnx="Not(a)")  # fmt: skip
op("number(a)", d=(None,), boolean=("a",), numpy="np.multiply(a, 1.0)", python="1.0 if a else 0.0", js="a ? 1 : 0",
   c="a ? 1 : 0",
   sympy="sp.Piecewise((1, a), (0, True))", tex=r"\left[$a\right]", glyph="0/1",
   onnx="Cast(a, to=floats)")  # fmt: skip

# Products
op("a @ b", of_conditions="write 1.0 * a",
   vjp=("g @ swap(b)", "swap(a) @ g"), shape=shapes.matmul, python="", js="", c="", cost="2 * v * k",
   aliases=("matmul",), tex=r"$a \, $b",
   entries="matmul(a, b)", residues="known", onnx="MatMul(a, b)", saved=True)  # fmt: skip
op("dot(a, b)", of_conditions="write 1.0 * a", define=dot_by_rank)
op("outer(a, b)", define="reshape(a, shape=(-1, 1)) * reshape(b, shape=(1, -1))")

# Movements: no arithmetic at all
op("transpose(a, *, axes=None)", dtype="same",
   vjp=("transpose(g, axes=inverse(axes))",), shape=shapes.transpose, cost="0",
   tex=r"$a^{\top}", glyph="ᵀ",
   entries=MOVES, residues=MOVES, onnx="Transpose(a, perm=axes)", saved=True)  # fmt: skip
op("swap(a)", dtype="same",
   vjp=("swap(g)",), shape=shapes.swap, define=transpose_of_matrix, numpy="np.swapaxes(a, -1, -2)",
   sympy="np.swapaxes(a, -1, -2)", cost="0", aliases=("matrix_transpose",), tex=r"$a^{\top}", glyph="ᵀ",
   entries=MOVES, residues=MOVES, onnx="Transpose(a, perm=swapped(a))", saved=True)  # fmt: skip
op("swapaxes(a, *, axis1, axis2)", define=swapaxes_by_rank)
op("reshape(a, *, shape)", dtype="same", vjp=("reshape_like(g, a)",), shape=shapes.reshape, cost="0",
   entries=MOVES, residues=MOVES, onnx="Reshape(a, sizes(shape))", saved=True)  # fmt: skip
op("ravel(a)", define="reshape(a, shape=-1)", aliases=("flatten",), residues=MOVES)
op("reshape_like(a, b)", dtype="same",
   vjp=("reshape_like(g, a)", None), shape=shapes.second, numpy="np.reshape(a, np.shape(b))",
   cost="0", entries=MOVES, residues=MOVES, onnx="Reshape(a, Shape(b))", saved=True)  # fmt: skip
op("broadcast_to(a, *, shape)", dtype="same", vjp=("g",), shape=shapes.broadcast_to, cost="0",
   entries=MOVES, residues=MOVES, onnx="Expand(a, extents(shape))", saved=True)  # fmt: skip
op("ones_like(a)", define="broadcast_like(1, a)", residues="known")
op("zeros_like(a)", define="broadcast_like(0, a)", residues="known")
op("broadcast_like(a, b)", dtype="same", vjp=("g", None), shape=shapes.broadcast_like, cost="0",
   numpy="np.broadcast_to(a, np.shape(b))",
   entries=MOVES, residues=MOVES, onnx="Expand(a, Shape(b))", saved=True)  # fmt: skip
op("expand_dims(a, *, axis)", dtype="same", vjp=("reshape_like(g, a)",), shape=shapes.expand_dims, cost="0",
   entries=MOVES, residues=MOVES, onnx="Unsqueeze(a, *axes_of(axis))", saved=True)  # fmt: skip
op("squeeze(a, *, axis=None)", dtype="same", vjp=("reshape_like(g, a)",), shape=shapes.squeeze, cost="0",
   entries=MOVES, residues=MOVES, onnx="Squeeze(a, *axes_of(axis))", saved=True)  # fmt: skip
op("index(a, *, key)", dtype="same",
   vjp=("scatter(g, a, key=key)",), shape=shapes.index, numpy="a[key]", cost="0", tex="$a_{$key}",
   glyph="[ ]", entries=MOVES, residues="", onnx="indexed(a, key)", saved=True)  # fmt: skip
op("scatter(a, b, *, key)", vjp=("index(g, key=key)", None), shape=shapes.second, numpy="scatter(a, b, key)", cost="0",
   entries="scatter(a, b, key)", residues="", onnx="", saved=True)  # fmt: skip
op("concatenate([a, ...], *, axis=0)", dtype="same",
   vjp=("index(g, key=part(i, axis))",), shape=shapes.concatenate, cost="0",
   numpy="np.concatenate(a, axis=axis)",
   entries=MOVES, residues=MOVES, onnx="Concat(*a, axis=axis)", saved=True)  # fmt: skip
op("stack([a, ...], *, axis=0)", define="concatenate([expand_dims(a, axis=axis), ...], axis=axis)", residues=MOVES)
op("take(a, indices, *, axis=None)", dtype="same", vjp=("untake(g, indices, a, axis=axis)", None), integer=("indices",),
   shape=shapes.take, numpy="np.take(a, indices, axis=axis)", cost="0",
   entries="take(a, indices, axis)", residues=MOVES,
   onnx="Gather(a if axis is not None else flat(a), Cast(indices, to=whole), axis=axis or 0)", saved=True)  # fmt: skip
op("untake(a, indices, b, *, axis=None)", vjp=("take(g, indices, axis=axis)", None, None), integer=("indices",),
   shape=shapes.untake, numpy="untake(a, indices, b, axis)", cost="a",
   entries="", residues="", onnx="", saved=True)  # fmt: skip
op("pick(a, labels)", dtype="same", vjp=("unpick(g, labels, a)", None), integer=("labels",), shape=shapes.pick,
   numpy="pick(a, labels)", cost="0", tex="$a_{$labels}",
   entries="pick(a, labels)", residues="", onnx="", saved=True)  # fmt: skip
op("unpick(a, labels, b)", vjp=("pick(g, labels)", None, None), integer=("labels",), shape=shapes.third,
   numpy="unpick(a, labels, b)", cost="0",
   entries="unpick(a, labels, b)", residues="", onnx="", saved=True)  # fmt: skip
op("spread(a, b, *, axis=None, keepdims=False)", dtype="same", vjp=("sum(g, axis=axis, keepdims=keepdims)", None),
   shape=shapes.spread, numpy="spread(a, b, axis, keepdims)", cost="0",
   entries=MOVES, residues="", onnx="", saved=True)  # fmt: skip
op("eye_mask(a, *, axis)", vjp=(None,), dtype="bool", shape=shapes.eye_mask, numpy="eye_mask(a, axis)", cost="0",
   entries="eye_mask(a, axis)", residues="", onnx="", saved=True)  # fmt: skip

# Reductions
op("sum(a, *, axis=None, keepdims=False)", vjp=("spread(g, a, axis=axis, keepdims=keepdims)",),
   shape=shapes.reduction, cost="a", tex=r"\sum", glyph="Σ",
   entries="fold('add', a, axis, keepdims)", residues="adds",
   onnx="ReduceSum(a, *axes_of(axis), keepdims=keepdims)", saved=True)  # fmt: skip
op(
    "size(a, *, axis=None)",
    vjp=(None,),
    define=size_if_known,
    sympy="size(a, axis)",
    dtype="int",
    shape=shapes.scalar,
    numpy="size(a, axis)",
    cost="0",
    entries="",
    residues="known",
    onnx="",
    saved=True,
)
op("mean(a, *, axis=None, keepdims=False)",
   define="sum(a, axis=axis, keepdims=keepdims) / size(a, axis=axis)", residues="known")  # fmt: skip
op("prod(a, *, axis=None, keepdims=False)", shape=shapes.reduction, cost="a", define=prod_by_axes,
   vjp=("spread(g, a, axis=axis, keepdims=keepdims) * coprod(a, axis=axis)",), tex=r"\prod", glyph="Π",
   entries="fold('mul', a, axis, keepdims)", residues="",
   onnx="ReduceProd(a, axes=listed(axis), keepdims=keepdims)", saved=True)  # fmt: skip
op("coprod(a, *, axis=None)", vjp=("by definition",), define=coprod_by_masking, shape=shapes.along_one_or_all,
   numpy="coprod(a, axis)", cost="3 * a", entries="coprod(a, axis)", residues="", onnx="", saved=True)  # fmt: skip
op("max(a, *, axis=None, keepdims=False)", dtype="same",
   shape=shapes.reduction, cost="a", aliases=("amax",), tex=r"\max",
   sympy="reduce(sp.Max, a, axis, keepdims)", kinks="ties",
   vjp=(SHARED_BY_TIES,),
   entries="fold('maximum', a, axis, keepdims)", residues="known",
   onnx="ReduceMax(a, axes=listed(axis), keepdims=keepdims)", saved=True)  # fmt: skip
op("min(a, *, axis=None, keepdims=False)", dtype="same",
   shape=shapes.reduction, cost="a", aliases=("amin",), tex=r"\min",
   sympy="reduce(sp.Min, a, axis, keepdims)", kinks="ties",
   vjp=(SHARED_BY_TIES,),
   entries="fold('minimum', a, axis, keepdims)", residues="known",
   onnx="ReduceMin(a, axes=listed(axis), keepdims=keepdims)", saved=True)  # fmt: skip
op("argmax(a, *, axis=None)", vjp=(None,), dtype="int", shape=shapes.position, cost="a", sympy="",
   entries="", residues="", saved=False,
   onnx="Cast(ArgMax(a if axis is not None else flat(a), axis=axis or 0, keepdims=0), to=floats)")  # fmt: skip
op("argmin(a, *, axis=None)", vjp=(None,), dtype="int", shape=shapes.position, cost="a", sympy="",
   entries="", residues="", saved=False,
   onnx="Cast(ArgMin(a if axis is not None else flat(a), axis=axis or 0, keepdims=0), to=floats)")  # fmt: skip
op("var(a, *, axis=None, keepdims=False, ddof=0)", define=mean_square_deviation)
op("std(a, *, axis=None, keepdims=False, ddof=0)", define=f"where({VARIANCE} == 0, 0, sqrt({VARIANCE}))")
op("logsumexp(a, *, axis=None, keepdims=False)", shape=shapes.reduction, cost="3 * a",
   vjp=(SHARES,),
   define="log(sum(exp(a), axis=axis, keepdims=keepdims))", numpy="logsumexp(a, axis, keepdims)")  # fmt: skip
op("softmax(a, *, axis=-1)", vjp=("v * (g - sum(g * v, axis=axis, keepdims=True))",), shape=shapes.along,
   cost="3 * a", define="exp(a) / sum(exp(a), axis=axis, keepdims=True)", numpy="softmax(a, axis)",
   onnx="Softmax(a, axis=axis)")  # fmt: skip
op("log_softmax(a, *, axis=-1)", vjp=("g - exp(v) * sum(g, axis=axis, keepdims=True)",), shape=shapes.along,
   cost="3 * a", define="a - logsumexp(a, axis=axis, keepdims=True)", numpy="log_softmax(a, axis)",
   tex=r"\text{log softmax}", onnx="LogSoftmax(a, axis=axis)")  # fmt: skip
op("norm(a, *, axis=None, keepdims=False)", shape=shapes.norm, cost="2 * a", kinks="v",
   define="sqrt(sum(square(a), axis=axis, keepdims=keepdims))", numpy="norm(a, axis, keepdims)",
   vjp=(UNIT_VECTOR,), tex=r"\left\|$a\right\|", glyph="‖x‖", entries="norm(a, axis, keepdims)")  # fmt: skip

# Losses: of a prediction R(x) and a target, averaged over all entries, unless they say otherwise
op("squared_error(prediction, target)", define="sum(square(prediction - target))")
op("half_mse(prediction, target)", define="mean(square(prediction - target)) / 2")
op("mse(prediction, target)", define="mean(square(prediction - target))")
op("mae(prediction, target)", define="mean(abs(prediction - target))")
op("huber(prediction, target, *, delta=1)",
   define="mean(where(abs(prediction - target) <= delta, square(prediction - target) / 2,"
          " delta * (abs(prediction - target) - delta / 2)))")  # fmt: skip
op("binary_cross_entropy(logits, targets)", define="mean(softplus(logits) - targets * logits)", aliases=("bce",))
op("nll(log_probabilities, labels)", define="-mean(pick(log_probabilities, labels))")
op("cross_entropy(scores, labels)", integer=("labels",), define="nll(log_softmax(scores), labels)",
   vjp=("(softmax(scores) - unpick(1, labels, scores)) * (g / size(labels))", None), shape=shapes.cross_entropy,
   cost="4 * scores", numpy="cross_entropy(scores, labels)")  # fmt: skip
op("soft_cross_entropy(scores, targets)", define="-mean(sum(targets * log_softmax(scores), axis=-1))")
