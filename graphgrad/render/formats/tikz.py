"""A film as TikZ for Beamer: every piece set once, formulas in the document's own fonts, for pdflatex and lualatex."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
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
\newcommand\ggexact[3]{\resizebox{#1bp}{!}{\fontsize{#2}{#2}\selectfont$\displaystyle #3$}}
% a line of mathematics, narrowed where it would leave its room
\newcommand\ggline[3]{\sbox\ggbox{\fontsize{#2}{#2}\selectfont$\displaystyle #3$}%
  \ifdim\wd\ggbox>#1bp\resizebox{#1bp}{!}{\usebox\ggbox}\else\usebox\ggbox\fi}
"""
FORMS = r"""% each piece is set once, as a form of the PDF (elsewhere as a box); pages only refer to it
\ifdefined\saveboxresource
  \let\pdfxform\saveboxresource \let\pdfrefxform\useboxresource \let\pdflastxform\lastsavedboxresourceindex
\fi
\newsavebox\ggpiece
\ifdefined\pdfxform
  \newcommand\ggkeep[1]{\immediate\pdfxform\ggpiece\expandafter\xdef\csname gg#1\endcsname{\the\pdflastxform}}
  \newcommand\ggput[1]{\rlap{\pdfrefxform\csname gg#1\endcsname}}
\else
  \newcommand\ggkeep[1]{\expandafter\newbox\csname gg#1\endcsname
    \global\expandafter\setbox\csname gg#1\endcsname\copy\ggpiece}
  \newcommand\ggput[1]{\rlap{\expandafter\copy\csname gg#1\endcsname}}
\fi
\newenvironment{ggform}[1]{\def\ggid{#1}\begin{lrbox}\ggpiece
  \begin{tikzpicture}[x=1bp,y=-1bp,every node/.style={inner sep=0pt,outer sep=0pt}]
  %BOUNDS%}%
  {\end{tikzpicture}\end{lrbox}\ggkeep\ggid}
\newcommand\ggpage[1]{\hbox to %WIDTH%bp{\ggeach#1,,\hss}}
\def\ggeach#1,{\ifx,#1,\else\ggput{#1}\expandafter\ggeach\fi}
\newcommand\ggframe[2]{\expandafter\def\csname ggpage#1\endcsname{\ggpage{#2}}}
\begin{document}
"""
FRAME = r"""\begin{frame}[plain]
\centering
\makebox[\textwidth][c]{\resizebox{!}{%HEIGHT%}{%INSIDE%}}%STEPS%
\end{frame}
\end{document}
"""
STILL = r"""%
\begin{tikzpicture}[x=1bp,y=-1bp,every node/.style={inner sep=0pt,outer sep=0pt}]
%LINES%
\end{tikzpicture}"""
NOW = r"\csname ggpage\number\csname beamer@slideinframe\endcsname\endcsname"
SCREEN = (160.0, 90.0)  # millimetres of a slide, 16:9


def film_tex(film: Reel) -> bytes:
    """The film as a Beamer slide with a step a frame: what always stands side by side is set once, as a form."""
    visible = presence(film)
    always = sorted((s for s, frames in visible.items() if len(frames) == len(film)), key=layer)
    below, above = [s for s in always if not isinstance(s, Ink)], [s for s in always if isinstance(s, Ink)]
    drawn = {shape: _draw(shape, film.values) for shape in visible}
    shown = [
        dict.fromkeys(
            drawn[s] for s in (*below, *sorted((s for s in f.shapes if len(visible[s]) < len(film)), key=layer), *above)
        )
        for f in film.frames
    ]
    forms: dict[tuple[str, ...], int] = {}
    pages = [[forms.setdefault(piece, len(forms)) for piece in pieces] for pieces in _pieces(shown)]
    first = film.frames[0]
    head = FORMS.replace("%BOUNDS%", _bounds(first)).replace("%WIDTH%", f"{first.size.width:g}")
    set_once = "".join(
        "\n".join((rf"\begin{{ggform}}{{{k}}}", *piece, "\\end{ggform}\n")) for piece, k in forms.items()
    )
    listed = "".join(f"\\ggframe{{{k}}}{{{','.join(map(str, page))}}}\n" for k, page in enumerate(pages, 1))
    return (_head(first) + head + set_once + listed + _frame(first, NOW, rf"\only<{len(film)}>{{}}")).encode()


def picture_tex(picture: Sheet) -> bytes:
    """A picture as a Beamer slide."""
    inside = STILL.replace("%LINES%", f"{_bounds(picture)}\n{_lines(picture.shapes, picture.values)}")
    return (_head(picture) + "\\begin{document}\n" + _frame(picture, inside, "")).encode()


def _pieces(frames: Sequence[Iterable[str]]) -> Iterator[list[tuple[str, ...]]]:
    """Frames cut where in some frame something else follows, or comes before: what remains always stands together.

    >>> list(_pieces(["abc", "abd"]))
    [[('a', 'b'), ('c',)], [('a', 'b'), ('d',)]]
    """
    after: dict[str, set[str]] = {}
    before: dict[str, set[str]] = {}
    for frame in frames:
        for one, following in pairwise(("", *frame, "")):
            after.setdefault(one, set()).add(following)
            before.setdefault(following, set()).add(one)
    for frame in frames:
        pieces: list[list[str]] = [[]]
        for one, following in pairwise((*frame, "")):
            pieces[-1].append(one)
            if following and (len(after[one]) > 1 or len(before[following]) > 1):
                pieces.append([])
        yield [tuple(piece) for piece in pieces]


def _head(picture: Sheet) -> str:
    look = picture.style
    names = [f.name for f in fields(Style) if str(getattr(look, f.name)).startswith("#")]
    colours = "\n".join(rf"\definecolor{{{_role(n)}}}{{HTML}}{{{getattr(look, n)[1:].upper()}}}" for n in names)
    return PREAMBLE.replace("%COLOURS%", colours)


def _frame(picture: Sheet, inside: str, steps: str) -> str:
    size = picture.size
    height = min(SCREEN[1] - 4, (SCREEN[0] - 6) * size.height / size.width)
    return FRAME.replace("%HEIGHT%", f"{height:.1f}mm").replace("%INSIDE%", inside).replace("%STEPS%", steps)


def _bounds(picture: Sheet) -> str:
    return rf"\useasboundingbox (0,0) rectangle ({picture.size.width:g},{picture.size.height:g});"


def _role(name: str) -> str:
    return "gg" + name.replace("_", "")


def _lines(shapes: Iterable[Shape], values: Sequence[Any]) -> str:
    return "\n".join(_draw(shape, values) for shape in shapes)


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
            text = rf"\{kind}{{{shape.room:.1f}}}{{{shape.size:.3g}}}{{{formula}}}"
            return rf"\node[anchor={anchor},text={_role(shape.colour)}] at {_at((shape.x, shape.y))} {{{text}}};"


def _heat(heat: Heat) -> str:
    cells = [
        rf"\fill[{_role(role)}!{100 * strength:.0f}!ggcard] {_at((x, y))} rectangle {_at((x + w, y + h))};"
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
    return f"({round(point[0], 1):g},{round(point[1], 1):g})"
