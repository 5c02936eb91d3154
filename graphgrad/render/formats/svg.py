"""Shapes as SVG. Glyph outlines stand once in <defs> and are used by number; no font is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from graphgrad.core.quoting import xml
from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink, Patch, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.drawing.typeset import EM, Bar, Glyph, Label, line, outline
from graphgrad.render.layout.places import Size
from graphgrad.render.layout.turns import Point

Paint = Callable[[str, str], str]  # (property, role) -> an SVG attribute


def painter(style: Style) -> Paint:
    """Paint roles in the colours of a style."""
    return lambda property_, role: f' {property_}="{getattr(style, role)}"'


def document(size: Size, body: Iterable[str], glyphs: Iterable[int], title: str, description: str = "") -> str:
    """A whole SVG file: outlines of the glyphs that the body uses, and the body."""
    width, height = size
    box = f'width="{fmt(width * 4 / 3)}" height="{fmt(height * 4 / 3)}" viewBox="0 0 {fmt(width)} {fmt(height)}"'
    told = f"<title>{xml(title)}</title>" + (f"<desc>{xml(description)}</desc>" if description else "")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} style="max-width:100%;height:auto" role="img">{told}'
    return "\n".join([head, definitions(glyphs), *body, "</svg>\n"])


def definitions(glyphs: Iterable[int]) -> str:
    """The outlines of glyphs."""
    outlines = (f'<path id="g{i}" d="{outline(i)}"/>' for i in sorted(set(glyphs)))
    return f"<defs>{''.join(outlines)}</defs>"


def glyphs_of(shapes: Iterable[Shape], values: Sequence[Any]) -> set[int]:
    """The glyphs that shapes use."""
    return {g.number for shape in shapes if isinstance(shape, Ink) for g in line(shape.phrase, values).glyphs}


def element(shape: Shape, values: Sequence[Any], paint: Paint) -> str:
    """A shape as an SVG element."""
    return _ELEMENTS[type(shape)](shape, values, paint)


def _box(box: Box, _: Sequence[Any], paint: Paint) -> str:
    fill = paint("fill", box.fill) if box.fill else ' fill="none"'
    stroke = paint("stroke", box.stroke) + f' stroke-width="{fmt(box.line)}"' if box.stroke else ""
    dash = ' stroke-dasharray="3 2.5"' if box.dashed else ""
    corner = f' rx="{fmt(box.radius)}"' if box.radius else ""
    at = f'x="{fmt(box.x)}" y="{fmt(box.y)}" width="{fmt(box.width)}" height="{fmt(box.height)}"'
    return f"<rect {at}{corner}{fill}{stroke}{dash}/>"


def _curve(curve: Curve, _: Sequence[Any], paint: Paint) -> str:
    return (
        f'<path d="{path(curve.points)}" fill="none"{paint("stroke", curve.stroke)} stroke-width="{fmt(curve.line)}"/>'
    )


def path(points: Sequence[Point]) -> str:
    """Bézier curves as path data."""
    first, *rest = (f"{fmt(x)} {fmt(y)}" for x, y in points)
    return f"M{first}C{' '.join(rest)}" if rest else f"M{first}"


def _heat(heat: Heat, _: Sequence[Any], paint: Paint) -> str:
    at = f'x="{fmt(heat.x)}" y="{fmt(heat.y)}" width="{fmt(heat.width)}" height="{fmt(heat.height)}"'
    cells = (
        f'<rect x="{fmt(x)}" y="{fmt(y)}" width="{fmt(w)}" height="{fmt(h)}"{paint("fill", to)} fill-opacity="{a:g}"/>'
        for x, y, w, h, to, a in heat.squares()
    )
    edge = f'<rect {at} fill="none"{paint("stroke", heat.colour)} stroke-width="0.75"/>'
    return f'<g shape-rendering="crispEdges">{"".join(cells)}</g>{edge}'


def _patch(patch: Patch, _: Sequence[Any], paint: Paint) -> str:
    fill = f'{paint("fill", patch.role)} fill-opacity="{patch.strength:.4g}"'
    return f'<path transform="{placing(patch)}" d="{cells(patch)}"{fill} shape-rendering="crispEdges"/>'


def placing(patch: Patch) -> str:
    """Where a surface's cells stand, as a transformation: a cell is a unit square."""
    return f"translate({fmt(patch.x)} {fmt(patch.y)})scale({patch.wide:.5g} {patch.high:.5g})"


def cells(patch: Patch) -> str:
    """A patch as path data, in cells."""
    return "".join(f"M{start} {row}h{end - start}v1h{start - end}z" for row, start, end in patch.runs)


def _head(head: Head, _: Sequence[Any], paint: Paint) -> str:
    corners = "L".join(f"{fmt(x)} {fmt(y)}" for x, y in head.corners)
    return f'<path d="M{corners}Z"{paint("fill", head.fill)}/>'


def _ink(ink: Ink, values: Sequence[Any], paint: Paint) -> str:
    label = line(ink.phrase, values)
    x, scale = placed(ink, label)
    parts = [_use(g, ink, paint) for g in label.glyphs] + [_bar(b, ink, paint) for b in label.bars]
    place = f'transform="translate({fmt(x)} {fmt(ink.y)})scale({scale:.5f})"'
    return f"<g {place}{paint('fill', ink.colour)}>{''.join(parts)}</g>"


def placed(ink: Ink, label: Label) -> tuple[float, float]:
    """Where a label starts and how much an em-thousandth is: narrowed where it would leave its room."""
    scale = ink.size / EM
    if label.width * scale > ink.room:
        scale = ink.room / label.width
    return ink.x - (label.width * scale / 2 if ink.centred else 0.0), scale


def _use(glyph: Glyph, ink: Ink, paint: Paint) -> str:
    second = paint("fill", ink.second) if glyph.tag in ink.lit else ""
    if glyph.scale == 1.0:
        y = f' y="{glyph.y:g}"' if glyph.y else ""
        return f'<use href="#g{glyph.number}" x="{glyph.x:g}"{y}{second}/>'
    place = f"translate({glyph.x:g} {glyph.y:g})scale({glyph.scale:g})"
    return f'<use href="#g{glyph.number}" transform="{place}"{second}/>'


def _bar(bar: Bar, ink: Ink, paint: Paint) -> str:
    second = paint("fill", ink.second) if bar.tag in ink.lit else ""
    return f'<rect x="{bar.x:g}" y="{bar.y:g}" width="{bar.width:g}" height="{bar.height:g}"{second}/>'


def fmt(number: float) -> str:
    """A coordinate with at most two decimals.

    >>> fmt(1.0), fmt(2.345678), fmt(-0.001)
    ('1', '2.35', '0')
    """
    written = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if written in {"-0", ""} else written


_ELEMENTS: Mapping[type, Callable[[Any, Sequence[Any], Paint], str]] = {
    Box: _box,
    Curve: _curve,
    Head: _head,
    Ink: _ink,
    Heat: _heat,
    Patch: _patch,
}
