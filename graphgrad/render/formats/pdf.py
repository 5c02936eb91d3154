"""Vector PDF without any library: a page a frame; glyphs are a Type 3 font, so text can be searched and copied."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from graphgrad.render.drawing.shapes import Box, Curve, Head, Heat, Ink, Patch, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.drawing.typeset import advance_of, font, index_digit, line, outline
from graphgrad.render.formats.svg import glyphs_of, placed

if TYPE_CHECKING:
    from graphgrad.render.formats.protocols import Reel, Sheet

ROUND = 0.5523  # a quarter of a circle as a Bézier curve
PER_FONT = 256


def film_pdf(film: Reel) -> bytes:
    """The film as a handout: a page a frame."""
    return document(film.frames)


def picture_pdf(picture: Sheet) -> bytes:
    """A picture as one page."""
    return document([picture])


def document(pictures: Sequence[Sheet]) -> bytes:
    """Pages of one size, sharing one font."""
    first = pictures[0]
    glyphs = sorted(set().union(*(glyphs_of(p.shapes, p.values) for p in pictures)))
    file = _File()
    fonts = [_font(file, glyphs[k : k + PER_FONT]) for k in range(0, len(glyphs), PER_FONT)]
    named = " ".join(f"/F{k} {number} 0 R" for k, number in enumerate(fonts))
    codes = {glyph: divmod(k, PER_FONT) for k, glyph in enumerate(glyphs)}
    pages = file.reserve()
    kids = []
    for picture in pictures:
        pen = _Pen(picture.size.height, picture.style, picture.values, codes)
        content = file.stream("\n".join(op for shape in picture.shapes for op in pen.draw(shape)))
        box = f"/MediaBox [0 0 {first.size.width:g} {first.size.height:g}]"
        kids.append(
            file.add(f"<</Type/Page/Parent {pages} 0 R{box}/Resources<</Font<<{named}>>>>/Contents {content} 0 R>>")
        )
    file.fill(pages, f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{k} 0 R' for k in kids)}]>>")
    return file.finish(file.add(f"<</Type/Catalog/Pages {pages} 0 R>>"))


class _File:
    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def reserve(self) -> int:
        self.objects.append(b"")
        return len(self.objects)

    def fill(self, number: int, text: str) -> None:
        self.objects[number - 1] = text.encode("latin-1")

    def add(self, text: str) -> int:
        number = self.reserve()
        self.fill(number, text)
        return number

    def stream(self, text: str) -> int:
        packed = zlib.compress(text.encode("latin-1"), 9)
        self.objects.append(b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed))
        return len(self.objects)

    def finish(self, root: int) -> bytes:
        out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
        for number, body in enumerate(self.objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        count = len(places) + 1
        trailer = f"trailer <</Size {count}/Root {root} 0 R>>\nstartxref\n{len(out)}\n%%EOF\n".encode()
        return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


def _font(file: _File, glyphs: Sequence[int]) -> int:
    drawn = " ".join(f"/g{g} {file.stream(_glyph(g))} 0 R" for g in glyphs)
    names = " ".join(f"/g{g}" for g in glyphs)
    widths = " ".join(f"{advance_of(g):g}" for g in glyphs)
    unicode = file.stream(_to_unicode(glyphs))
    return file.add(
        f"<</Type/Font/Subtype/Type3/FontBBox[0 0 0 0]/FontMatrix[0.001 0 0 0.001 0 0]/CharProcs<<{drawn}>>"
        f"/Encoding<</Type/Encoding/Differences[0 {names}]>>/FirstChar 0/LastChar {len(glyphs) - 1}"
        f"/Widths[{widths}]/Resources<<>>/ToUnicode {unicode} 0 R>>"
    )


def _glyph(glyph: int) -> str:
    """A glyph's outline as PDF operators; quadratic curves become cubic ones."""
    ops, here = [f"{advance_of(glyph):g} 0 -2000 -2000 4000 4000 d1"], (0.0, 0.0)
    for command, numbers in re.findall(r"([A-Z])([^A-Z]*)", outline(glyph)):
        flat = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        points = [(x, -y) for x, y in zip(flat[::2], flat[1::2], strict=True)]
        if command == "Q":
            (cx, cy), (x, y) = points
            first = (here[0] + 2 * (cx - here[0]) / 3, here[1] + 2 * (cy - here[1]) / 3)
            points = [first, (x + 2 * (cx - x) / 3, y + 2 * (cy - y) / 3), (x, y)]
        sign = {"M": "m", "L": "l", "Q": "c", "C": "c", "Z": "h"}[command]
        ops.append(" ".join([*(f"{x:.0f} {y:.0f}" for x, y in points), sign]))
        here = points[-1] if points else here
    return "\n".join([*ops, "f"])


def _to_unicode(glyphs: Sequence[int]) -> str:
    lines, indices = [], {index_digit(digit): digit for digit in "0123456789"}
    for code, glyph in enumerate(glyphs):
        characters = indices.get(glyph) or sorted(font().glyph_fromid(glyph).char)
        if characters:
            lines.append(f"<{code:02x}> <{characters[0].encode('utf-16-be').hex()}>")
    mapped = "".join(
        f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar\n"
        for part in (lines[k : k + 100] for k in range(0, len(lines), 100))
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <ff> endcodespacerange\n{mapped}endcmap end end"
    )


class _Pen:
    """Shapes as page content; y grows upwards in PDF."""

    def __init__(self, height: float, look: Style, values: Sequence[Any], codes: dict[int, tuple[int, int]]) -> None:
        self.height, self.look, self.values, self.codes = height, look, values, codes

    def draw(self, shape: Shape) -> Iterator[str]:
        match shape:
            case Box():
                yield from self.box(shape)
            case Curve():
                yield f"{self.colour(shape.stroke)} RG {shape.line:g} w []0 d"
                yield f"{self.at(*shape.points[0])} m"
                rest = [self.at(*p) for p in shape.points[1:]]
                yield from (f"{' '.join(rest[k : k + 3])} c" for k in range(0, len(rest), 3))
                yield "S"
            case Head():
                a, b, c = (self.at(*p) for p in shape.corners)
                yield f"{self.colour(shape.fill)} rg {a} m {b} l {c} l f"
            case Ink():
                yield from self.ink(shape)
            case Heat():
                yield from self.heat(shape)
            case Patch():
                yield from self.patch(shape)

    def box(self, box: Box) -> Iterator[str]:
        if box.fill:
            yield f"{self.colour(box.fill)} rg"
        if box.stroke:
            yield f"{self.colour(box.stroke)} RG {box.line:g} w {'[3 2.5]' if box.dashed else '[]'}0 d"
        yield from self.outline(box)
        yield {(True, True): "B", (True, False): "f", (False, True): "S"}[bool(box.fill), bool(box.stroke)]

    def outline(self, box: Box) -> Iterator[str]:
        x, y, w, h, r = box.x, box.y, box.width, box.height, box.radius
        if not r:
            yield f"{self.at(x, y + h)} {w:g} {h:g} re"
            return
        k = r * (1 - ROUND)
        yield f"{self.at(x + r, y)} m {self.at(x + w - r, y)} l"
        yield f"{self.at(x + w - k, y)} {self.at(x + w, y + k)} {self.at(x + w, y + r)} c {self.at(x + w, y + h - r)} l"
        yield f"{self.at(x + w, y + h - k)} {self.at(x + w - k, y + h)} {self.at(x + w - r, y + h)} c"
        yield f"{self.at(x + r, y + h)} l {self.at(x + k, y + h)} {self.at(x, y + h - k)} {self.at(x, y + h - r)} c"
        yield f"{self.at(x, y + r)} l {self.at(x, y + k)} {self.at(x + k, y)} {self.at(x + r, y)} c h"

    def ink(self, ink: Ink) -> Iterator[str]:
        label = line(ink.phrase, self.values)
        left, scale = placed(ink, label)
        yield f"{self.colour(ink.colour)} rg BT"
        for glyph in label.glyphs:
            number, code = self.codes[glyph.number]
            size = 1000 * scale * glyph.scale
            if ink.lit:
                yield f"{self.colour(ink.second if glyph.tag in ink.lit else ink.colour)} rg"
            x, y = left + glyph.x * scale, self.height - ink.y - glyph.y * scale
            yield f"/F{number} {size:.3f} Tf 1 0 0 1 {x:.2f} {y:.2f} Tm <{code:02x}> Tj"
        yield f"ET {self.colour(ink.colour)} rg"
        for bar in label.bars:
            x, y = left + bar.x * scale, ink.y + (bar.y + bar.height) * scale
            yield f"{self.at(x, y)} {bar.width * scale:.2f} {bar.height * scale:.2f} re f"

    def heat(self, heat: Heat) -> Iterator[str]:
        """Cells in colours mixed beforehand, so that no viewer has to blend."""
        for x, y, w, h, role, strength in heat.squares():
            yield f"{self.mixed(role, strength)} rg {self.at(x, y + h)} {w:.2f} {h:.2f} re f"
        yield f"{self.colour(heat.colour)} RG 0.75 w []0 d"
        yield f"{self.at(heat.x, heat.y + heat.height)} {heat.width:.2f} {heat.height:.2f} re S"

    def patch(self, patch: Patch) -> Iterator[str]:
        """Cells of one colour in one filling, so that no viewer shows a seam between them."""
        yield f"{self.mixed(patch.role, patch.strength, 'ground')} rg"
        for left, top, right, low in patch.rectangles:
            yield f"{self.at(left, low)} {right - left:.2f} {low - top:.2f} re"
        yield "f"

    def mixed(self, role: str, strength: float, ground: str = "card") -> str:
        over, under = (getattr(self.look, name) for name in (role, ground))
        pairs = ((int(over[k : k + 2], 16), int(under[k : k + 2], 16)) for k in (1, 3, 5))
        return " ".join(f"{(a * strength + b * (1 - strength)) / 255:.3g}" for a, b in pairs)

    def at(self, x: float, y: float) -> str:
        return f"{x:.2f} {self.height - y:.2f}"

    def colour(self, role: str) -> str:
        return rgb(getattr(self.look, role))


def rgb(colour: str) -> str:
    """A colour as PDF operands.

    >>> rgb("#ff8000")
    '1 0.502 0'
    """
    channels: Iterable[int] = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return " ".join(f"{channel / 255:.3g}" for channel in channels)
