"""Names as mathematics writes them: Greek letters, subscripts, bars, derivatives; in one graph no two alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from graphgrad.core.constants import Constant, ConstantArray

_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
GREEK = frozenset(_GREEK)
SPELLED = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK, strict=True))
CONSTANTS = {"pi": r"\pi", "e": "e", "inf": r"\infty", "nan": r"\mathrm{nan}"}
MACRON = "\u0304"  # after a letter, the bar over it
LETTERS = "ijklmnpqrstuwyz"  # of indices, in the order in which they are taken


def tex_name(name: str) -> str:
    r"""Write a name: Greek letters, digits as subscripts, `_bar` as an adjoint, `dz_dx1` as a derivative.

    >>> print(tex_name("x1"), tex_name("alpha_2"), tex_name("v3_bar"), tex_name("loss"), tex_name("dL_dW1"))
    x_{1} \alpha_{2} \bar{v}_{3} \mathrm{loss} \frac{\partial L}{\partial W_{1}}
    >>> print(tex_name("∂z/∂x1"), tex_name("∇y1"), tex_name("v\u03043"))
    \frac{\partial z}{\partial x_{1}} \nabla y_{1} \bar{v}_{3}
    """
    if name.startswith("∇"):
        return rf"\nabla {tex_name(name[1:])}"
    if name[1:2] == MACRON:
        return barred(tex_name(name[0] + name[2:]))
    if slope := re.fullmatch(r"[d∂](\w+)/[d∂](\w+)", name):
        return rf"\frac{{\partial {tex_name(slope[1])}}}{{\partial {tex_name(slope[2])}}}"
    if derivative := re.fullmatch(r"d(\d*)([^\W\d_]\w*?)_d(\w+)", name):
        order, top, below = derivative[1], derivative[2], derivative[3].split("_d")
        power = f"^{{{order}}}" if order else ""
        wrt = " ".join([rf"\partial {tex_name(part)}" for part in below])
        return rf"\frac{{\partial{power} {tex_name(top)}}}{{{wrt}}}"
    if name.endswith("_bar") and name != "_bar":
        return barred(tex_name(name.removesuffix("_bar")))
    base, subscript = _parts(name)
    return base + subscript


def barred(tex: str) -> str:
    r"""Put a bar over a written name: over its letter or over all of its word, not over its subscripts.

    >>> print(barred("x_{1}"), barred(r"\mathrm{loss}"))
    \bar{x}_{1} \overline{\mathrm{loss}}
    """
    if tex.startswith(r"\frac"):
        return rf"\overline{{{tex}}}"
    base, sign, subscript = tex.partition("_{")
    wide = base.startswith((r"\mathrm", r"\bar", r"\overline", r"\_"))
    return rf"\{'overline' if wide else 'bar'}{{{base}}}{sign}{subscript}"


def _parts(name: str) -> tuple[str, str]:
    if not name.strip("_"):
        return r"\_" * len(name), ""
    letters, digits = re.fullmatch(r"(.*?)_*(\d*)", name.strip("_") or name).groups()  # type: ignore[union-attr]
    base, _, rest = letters.partition("_")
    base = SPELLED.get(base, base)
    subscript = ",".join(part for part in (*rest.split("_"), digits) if part)
    if base in GREEK:
        base = f"\\{base}"
    elif len(base) != 1:
        base = rf"\mathrm{{{base}}}"
    if subscript and not subscript.replace(",", "").isdigit() and len(subscript) > 1:
        subscript = rf"\mathrm{{{subscript}}}"
    return base, f"_{{{subscript}}}" if subscript else ""


def literal(name: str) -> str:
    r"""A name letter by letter, for one that would look like another.

    >>> print(literal("x_1"))
    \mathrm{x\_1}
    """
    escaped = name.replace("_", r"\_")
    return rf"\mathrm{{{escaped}}}"


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> Mapping[str, str]:
    r"""Write several names so that no two look alike, and none like what is `taken`; plain names come first.

    >>> print(*distinct(["x_1", "x1", "alpha", "A_", "A"]).items())
    ('x1', 'x_{1}') ('alpha', '\\alpha') ('A', 'A') ('x_1', '\\mathrm{x\\_1}') ('A_', '\\mathrm{A\\_}')
    """
    written: dict[str, str] = {}
    taken = set(taken)
    for name in sorted(dict.fromkeys(names), key=lambda name: "_" in name):
        tex = tex_name(name)
        tex = literal(name) if tex in taken else tex
        while tex in taken:
            tex += "'"
        taken.add(tex)
        written[name] = tex
    return written


def belongs(value: ConstantArray) -> str:
    r"""The set that a constant array is from, where its entries are too many to be written.

    >>> import numpy as np
    >>> print(belongs(ConstantArray(np.zeros((10, 3)))))
    \mathbb{R}^{10 \times 3}
    """
    entries = {"float": r"\mathbb{R}", "int": r"\mathbb{Z}", "bool": r"\{0, 1\}"}[value.dtype]
    sizes = r" \times ".join(map(str, value.shape))
    return rf"{entries}^{{{sizes}}}"


def number(value: Any) -> str:
    r"""Write a constant in LaTeX.

    >>> print(number(0.5), number(1e-9), number(-3))
    0.5 1 \times 10^{-9} -3
    """
    if isinstance(value, Constant):
        return CONSTANTS[value.name]
    if isinstance(value, ConstantArray):
        rows = value.array if value.array.ndim > 1 else value.array[:, None]
        if rows.ndim > 2:
            body = r" \\ ".join(number(ConstantArray(part)) for part in rows)
        else:
            body = r" \\ ".join(" & ".join(number(entry.item()) for entry in row) for row in rows)
        return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"
    if isinstance(value, bool):
        return rf"\mathrm{{{value}}}"
    mantissa, _, exponent = repr(value).partition("e")
    mantissa = mantissa.replace("inf", CONSTANTS["inf"]).replace("nan", CONSTANTS["nan"])
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa
