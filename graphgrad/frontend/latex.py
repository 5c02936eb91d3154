"""Graphs as LaTeX, by the table's `tex` column."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from graphgrad.core.constants import Constant
from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import ATOM, MUL, NEG, POW, Op
from graphgrad.core.ops import OPS
from graphgrad.frontend.printers import key, statements
from graphgrad.frontend.walk import Text, binds, is_operator, shown_attrs, walk

_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
GREEK = frozenset(_GREEK)
SPELLED = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK, strict=True))
TALL = (r"\frac", r"\begin", r"\sum", r"\prod")  # what needs parentheses under a power alone


def latex(graph: Graph, node: int | None = None, stop: Container[int] = frozenset()) -> str:
    r"""Write a node's expression in LaTeX (math mode), nodes in `stop` by their names; without a node, the program.

    >>> from graphgrad.frontend.parse import parse
    >>> g = parse("log(x1*x2) * sin(x2)")
    >>> print(latex(g, g.output))
    \log\left(x_{1} \, x_{2}\right) \, \sin\left(x_{2}\right)
    """
    if node is not None:
        return _bare(graph, node, stop) or walk(graph, node, stop, leaf, spell)
    kept = statements(graph)
    lines = [f"{tex_name(graph.label(i))} &= {latex(graph, i, kept)}" for i in kept]
    for name, i in graph.outputs.items():
        if i not in kept or graph.label(i) != name:
            lines.append(f"{tex_name(name)} &= {leaf(graph, i).text}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def tex_name(name: str) -> str:
    r"""Write a name: Greek letters, digits as subscripts, `_bar` as an adjoint, `dz_dx1` as a derivative.

    >>> print(tex_name("x1"), tex_name("alpha_2"), tex_name("v3_bar"), tex_name("loss"), tex_name("dL_dW1"))
    x_{1} \alpha_{2} \bar{v}_{3} \mathrm{loss} \frac{\partial L}{\partial W_{1}}
    """
    if slope := re.fullmatch(r"d(\w+)/d(\w+)", name):
        return rf"\frac{{\partial {tex_name(slope[1])}}}{{\partial {tex_name(slope[2])}}}"
    if derivative := re.fullmatch(r"d(\d*)([^\W\d_]\w*?)_d(\w+)", name):
        order, top, below = derivative[1], derivative[2], derivative[3].split("_d")
        power = f"^{{{order}}}" if order else ""
        wrt = " ".join([rf"\partial {tex_name(part)}" for part in below])
        return rf"\frac{{\partial{power} {tex_name(top)}}}{{{wrt}}}"
    if name.endswith("_bar"):
        base, subscript = _parts(name.removesuffix("_bar"))
        return rf"\bar{{{base}}}{subscript}"
    base, subscript = _parts(name)
    return base + subscript


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


def number(value: Any) -> str:
    r"""Write a number.

    >>> print(number(0.5), number(1e-9), number(-3))
    0.5 10^{-9} -3
    """
    if isinstance(value, Constant):
        return {"pi": r"\pi", "e": "e"}[value.name]
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def leaf(graph: Graph, node: int) -> Text:
    """Write a node by its name, a constant by its number."""
    made = graph.nodes[node]
    if made.op != "const":
        return Text(tex_name(graph.label(node)), ATOM)
    written = number(made.value)
    tight = NEG if written.startswith("-") else POW if "^" in written else ATOM
    return Text(written, tight)


def spell(node: Node, operands: list[Text]) -> Text:
    """Write one operation on printed operands."""
    row = OPS[node.op]
    if "$" not in row.tex:
        return _call(row, node, operands)
    names = {name: (slot, operands[slot]) for slot, name in enumerate(row.operands)}

    def operand(found: re.Match[str]) -> str:
        if found[1] == "key":
            return key(dict(node.attrs)["key"])
        slot, printed = names[found[1]]
        before, after = row.tex[found.start() - 1], row.tex[found.end() :][:1]
        if after == "_" and "_" in printed.text and printed.precedence == ATOM:
            return f"{{{printed.text}}}"  # two subscripts want a group
        enclosed = before in "{|" or r"\left" in row.tex or r"\begin" in row.tex
        loose = not binds(row, slot, printed) if is_operator(row) else printed.precedence < ATOM
        loose |= after == "^" and printed.text.startswith(TALL)
        loose |= is_operator(row) and slot == 1 and printed.text.startswith("-")  # x (-y) is no difference
        if row.tex[found.end() : found.end() + 1] == "_" and "_" in printed.text and not loose:
            return f"{{{printed.text}}}"  # TeX takes one subscript
        return printed.text if enclosed or not loose else rf"\left({printed.text}\right)"

    words = "|".join(sorted((*row.operands, "key"), key=len, reverse=True))
    written = re.sub(rf"\$({words})(?![A-Za-z])", operand, row.tex) + _subscript(row, node)
    if row.name == "mul" and re.match(r"-?[\d.]", operands[1].text):
        written = written.replace(r" \, ", r" \cdot ", 1)
    tight = row.precedence if is_operator(row) else POW if "^" in row.tex else ATOM
    return Text(written, MUL if row.name in {"mul", "matmul", "xlogy"} else ATOM if row.name == "div" else tight)


def _subscript(row: Op, node: Node) -> str:
    """The attributes of a row that is written in signs."""
    said = _attributes(row, node)
    return f"_{{{', '.join(said)}}}" if said else ""


def _call(row: Op, node: Node, operands: list[Text]) -> Text:
    """A function by its name."""
    arguments = [*(o.text for o in operands), *_attributes(row, node)]
    return Text(rf"{row.tex}\left({', '.join(arguments)}\right)", ATOM)


def _attributes(row: Op, node: Node) -> list[str]:
    shown = {k.replace("_", " "): v for k, v in shown_attrs(row, node).items() if k not in {"keepdims", "key"}}
    return [rf"\mathrm{{{k}}}={v}" for k, v in shown.items()]


def _bare(graph: Graph, node: int, stop: Container[int]) -> str:
    """A function of a single symbol, standing alone, needs no parentheses; one that is a letter does."""
    made = graph.nodes[node]
    if made.op not in OPS or "$" in OPS[made.op].tex or OPS[made.op].tex.removeprefix("\\") in GREEK:
        return ""
    if len(made.operands) != 1 or shown_attrs(OPS[made.op], made):
        return ""
    (operand,) = made.operands
    symbol = graph.nodes[operand].op == "input" or operand in stop
    return f"{OPS[made.op].tex} {leaf(graph, operand).text}" if symbol and graph.nodes[operand].op != "const" else ""
