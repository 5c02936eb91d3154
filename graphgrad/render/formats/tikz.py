r"""A film as TikZ for Beamer: one `\only` a step, formulas in the document's own fonts, compiled by any LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from graphgrad.core.numerals import numeral
from graphgrad.render.drawing.draw import layer
from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink, Patch, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.formats.animated_svg import presence
from graphgrad.render.layout.turns import Point
from graphgrad.render.scene.scene import Equal, Math, Value, sign

if TYPE_CHECKING:
    from graphgrad.render.formats.protocols import Reel, Sheet

PREAMBLE = r"""% compile with pdflatex or lualatex
\documentclass[aspectratio=169]{beamer}
\usefonttheme{professionalfonts}
\usepackage{amsmath,amssymb,tikz}
\setbeamertemplate{navigation symbols}{}
%COLOURS%
\setbeamercolor{background canvas}{bg=ggground}
\newsavebox\ggbox
% a line of mathematics as wide as the film has measured it, so that highlights fit: width, size, formula
\newcommand\ggexact[3]{\resizebox{#1}{!}{\fontsize{#2}{#2}\selectfont$\displaystyle #3$}}
% a line of mathematics, narrowed where it would leave its room
\newcommand\ggline[3]{\sbox\ggbox{\fontsize{#2}{#2}\selectfont$\displaystyle #3$}%
  \ifdim\wd\ggbox>#1\resizebox{#1}{!}{\usebox\ggbox}\else\usebox\ggbox\fi}
\begin{document}
\begin{frame}[plain]
\centering
\makebox[\textwidth][c]{\resizebox{!}{%HEIGHT%}{%
\begin{tikzpicture}[x=1bp,y=-1bp,every node/.style={inner sep=0pt,outer sep=0pt}]
"""
CLOSE = r"""\end{tikzpicture}}}
\end{frame}
\end{document}
"""
SCREEN = (160.0, 90.0)  # millimetres of a slide, 16:9


def film_tex(film: Reel) -> bytes:
    """The film as a Beamer slide with a step a frame; what every frame shows stands once, before the steps."""
    visible = presence(film)
    always = sorted((s for s, frames in visible.items() if len(frames) == len(film)), key=layer)
    lines = [_bounds(film.frames[0]), *_drawn((s for s in always if not isinstance(s, Ink)), film.values)]
    for k in range(len(film)):
        changing = sorted((s for s in film.frames[k].shapes if len(visible[s]) < len(film)), key=layer)
        inner = "\n  ".join(_drawn(dict.fromkeys(changing), film.values))
        lines.append(f"\\only<{k + 1}>{{%\n  {inner}}}")
    lines += _drawn((s for s in always if isinstance(s, Ink)), film.values)  # text lies on top
    return _document(lines, film.frames[0])


def picture_tex(picture: Sheet) -> bytes:
    """A picture as a Beamer slide."""
    return _document([_bounds(picture), *_drawn(picture.shapes, picture.values)], picture)


def _document(lines: Iterable[str], picture: Sheet) -> bytes:
    look, size = picture.style, picture.size
    names = [f.name for f in fields(Style) if str(getattr(look, f.name)).startswith("#")]
    colours = "\n".join(rf"\definecolor{{{_role(n)}}}{{HTML}}{{{getattr(look, n)[1:].upper()}}}" for n in names)
    height = min(SCREEN[1] - 4, (SCREEN[0] - 6) * size.height / size.width)
    head = PREAMBLE.replace("%COLOURS%", colours).replace("%HEIGHT%", f"{height:.1f}mm")
    return (head + "\n".join(lines) + "\n" + CLOSE).encode()


def _bounds(picture: Sheet) -> str:
    return rf"\useasboundingbox (0,0) rectangle ({picture.size.width:g},{picture.size.height:g});"


def _role(name: str) -> str:
    return "gg" + name.replace("_", "")


def _drawn(shapes: Iterable[Shape], values: Sequence[Any]) -> list[str]:
    return [_draw(shape, values) for shape in shapes]


def _draw(shape: Shape, values: Sequence[Any]) -> str:
    match shape:
        case Box():
            options = [f"rounded corners={shape.radius:g}bp"] if shape.radius else []
            options += [f"fill={_role(shape.fill)}"] if shape.fill else []
            options += [f"draw={_role(shape.stroke)}", f"line width={shape.line:g}bp"] if shape.stroke else []
            options += ["dash pattern=on 3bp off 2.5bp"] if shape.dashed else []
            corners = (shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height)
            return rf"\path[{','.join(options)}] {_at(corners[0])} rectangle {_at(corners[1])};"
        case Curve():
            first, *rest = map(_at, shape.points)
            bends = "".join(f" .. controls {a} and {b} .. {c}" for a, b, c in zip(*[iter(rest)] * 3, strict=True))
            return rf"\draw[{_role(shape.stroke)},line width={shape.line:g}bp] {first}{bends};"
        case Head():
            return rf"\fill[{_role(shape.fill)}] {' -- '.join(map(_at, shape.corners))} -- cycle;"
        case Heat():
            return _heat(shape)
        case Patch():
            drawn = " ".join(f"{_at((x, y))} rectangle {_at((right, low))}" for x, y, right, low in shape.rectangles)
            return rf"\fill[{_role(shape.role)}!{100 * shape.strength:.0f}!ggground] {drawn};"
        case Ink():
            anchor, kind = ("base", "ggline") if shape.centred else ("base west", "ggexact")
            formula = "".join(_piece(p, values, shape) for p in shape.phrase)
            text = rf"\{kind}{{{shape.room:.1f}bp}}{{{shape.size:g}}}{{{formula}}}"
            return rf"\node[anchor={anchor},text={_role(shape.colour)}] at {_at((shape.x, shape.y))} {{{text}}};"


def _heat(heat: Heat) -> str:
    cells = [
        rf"\fill[{_role(role)},opacity={strength:g}] {_at((x, y))} rectangle {_at((x + w, y + h))};"
        for x, y, w, h, role, strength in heat.squares()
    ]
    corners = _at((heat.x, heat.y)), _at((heat.x + heat.width, heat.y + heat.height))
    edge = rf"\draw[{_role(heat.colour)},line width=0.75bp] {corners[0]} rectangle {corners[1]};"
    return "\n".join([*cells, edge])


def _piece(shown: Math | Value | Equal, values: Sequence[Any], ink: Ink) -> str:
    if isinstance(shown, Equal):
        shown = sign(shown, values)
    if isinstance(shown, Value):
        return _number(shown.read(values), guard=shown.guard)

    def tagged(found: re.Match[str]) -> str:
        return rf"\color{{{_role(ink.second if int(found[1], 16) in ink.lit else ink.colour)}}}"

    return re.sub(r"\\color\{#([0-9a-f]{6})\}", tagged, shown.tex.replace("+=", r"\mathrel{+}="))


def _number(value: Any, *, guard: bool) -> str:
    if getattr(value, "shape", ()):
        return r"\left[" + r" \times ".join(map(str, value.shape)) + r"\right]"
    number = numeral(value)
    written = number.tex if any(c.isdigit() or c == "∞" for c in number.mantissa) else rf"\mathrm{{{number.mantissa}}}"
    return f"({written})" if guard and number.negative else written


def _at(point: Point) -> str:
    return f"({point[0]:.2f},{point[1]:.2f})"
