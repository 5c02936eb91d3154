"""Typesetting: LaTeX and numbers become glyphs placed on a baseline, in units of a thousandth of the type size.

A glyph is known by its index in the one mathematics font that comes with ziamath, so a picture needs its outline once,
and no font where it is shown.
"""

from __future__ import annotations

import functools
import re
import threading
import warnings
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from graphgrad.core.numerals import Numeral, numeral
from graphgrad.render.scene.scene import Equal, Math, Phrase, Value, sign


def measure_rows_once() -> None:
    """Keep ziamath's work on nested rows from doubling with every level.

    To find how tall a row's brackets must be, ziamath first builds the row without tall brackets, and while it does
    so asks the same of every row inside, where the answer is not used.
    """
    from ziamath.nodes.mrow import Mrow

    measure = Mrow._get_height_nostretch  # noqa: SLF001

    def once(self: Any, line: Any, **kwargs: Any) -> tuple[float, float]:
        return (0.0, 0.0) if kwargs.get("nostretch") else measure(self, line, **kwargs)

    Mrow._get_height_nostretch = once  # type: ignore[method-assign]  # noqa: SLF001


EM = 1000.0
SYMBOL_SIZE = 12.0  # points: what ziafont draws symbols for
ASSEMBLED = 1 << 32  # numbers of glyphs that are put together; the font has fewer
ASSEMBLIES: dict[int, str] = {}  # their outlines
SCRIPT = 0.7  # size of an exponent
RAISE = 380.0  # its height above the baseline
HOLE = "3"  # stands for any digit of a subscript: of middling width, and rare as an exponent
SPACE = 278.0  # around a relation
SIGNS = frozenset("=≈+-/,()")
INDEX = re.compile(r"(?<=_\{)\d+(?=\})")  # a number as subscript
# a function whose argument follows without parentheses
NAMED = re.compile(r"(\\(?:operatorname|text)\{[^{}]*\}) (?=[^(\\]|\\[^l])")
CASES = re.compile(r"\\begin\{cases\}.*\\end\{cases\}")  # whose columns stand too near for a value and its condition
# parentheses around what needs no tall ones
LOW = re.compile(r"\\left\(((?:(?!\\left|\\right|\\[dt]?frac|\\sqrt|\\begin|\\sum|\\int).)*)\\right\)")


class Glyph(NamedTuple):
    """One glyph: number in the font, origin, size as a part of the label's, and the tag of the part it belongs to."""

    number: int
    x: float
    y: float
    scale: float
    tag: int = -1


class Bar(NamedTuple):
    """A filled rectangle: fraction bar or radical."""

    x: float
    y: float
    width: float
    height: float
    tag: int = -1


class Label(NamedTuple):
    """Typeset mathematics; y grows downwards from the baseline, so the ink lies between -ascent and descent."""

    width: float
    ascent: float
    descent: float
    glyphs: tuple[Glyph, ...]
    bars: tuple[Bar, ...] = ()


EMPTY = Label(0.0, 0.0, 0.0, ())
READING = threading.RLock()  # the font is one open file: threads that read it at once get each other's bytes


@functools.cache
def library() -> Any:
    """Ziamath's typesetter; that it opens its fonts as Python deprecates is no error of ours."""
    with READING, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from ziafont.config import config
        from ziamath import zmath
    config.svg2 = True
    measure_rows_once()
    return zmath


@functools.cache
def font() -> Any:
    """The mathematics font (STIX Two Math), as ziafont reads it."""
    return library().loadedfonts["default"]


@functools.cache
def outline(number: int) -> str:
    """A glyph's outline as SVG path data, 1000 units an em, y downwards."""
    if number in ASSEMBLIES:
        return ASSEMBLIES[number]
    parts: list[str] = []
    with READING:
        operators = font().glyph_fromid(number).operators
    for operator in operators:
        segment = operator.path(0, 0, 1)
        parts += ["Z", segment] if segment[0] == "M" and parts else [segment]
    return _thousandths(" ".join([*parts, "Z"]), EM / font().info.layout.unitsperem) if parts else ""


def _thousandths(path: str, scale: float) -> str:
    """Path data in whole thousandths of an em, without a blank that is not needed."""
    words = (w if w.isalpha() else f"{round(float(w) * scale)} " for w in path.split())
    return re.sub(r" (?=[-A-Z])", "", "".join(words)).strip()


@functools.cache
def typeset(tex: str) -> Label:
    r"""Typeset LaTeX mathematics. `{\color{#00002a} ...}` tags a part with a number (here 42) and colours nothing.

    Labels that differ in the digits of subscripts alone, as those of v1, v2, ... do, are typeset once: digits are of
    one width, but for a few hundredths of an em.

    >>> label = typeset(r"\frac{1}{x_2}")
    >>> len(label.glyphs), len(label.bars), label.ascent > label.descent > 0
    (3, 1, True)
    """
    digits = "".join(INDEX.findall(tex))
    if digits.strip(HOLE):
        pattern = typeset(INDEX.sub(lambda found: HOLE * len(found[0]), tex))
        holes = [k for k, glyph in enumerate(pattern.glyphs) if glyph.number == index_digit(HOLE)]
        if len(holes) == len(digits):
            glyphs = list(pattern.glyphs)
            for hole, digit in zip(holes, digits, strict=True):
                glyphs[hole] = glyphs[hole]._replace(number=index_digit(digit))
            return pattern._replace(glyphs=tuple(glyphs))
    return _typeset(tex) if tex else EMPTY


@functools.cache
def index_digit(digit: str) -> int:
    """The glyph of a digit in a subscript, which the font draws a little wider than its scaled self."""
    return _typeset(f"x_{{{digit}}}").glyphs[-1].number


def _typeset(tex: str) -> Label:
    tex = tex if tex.isascii() else "".join(map(drawable, tex))
    tex = CASES.sub(lambda cases: cases[0].replace(" & ", r" & \quad "), tex)
    while LOW.search(tex):
        tex = LOW.sub(r"(\1)", tex)
    tex = NAMED.sub(r"\1\\,", tex)
    with READING:
        drawing = library().Latex(tex, size=EM, margin=0).svgxml()
    glyphs, bars = [], []
    symbols = {symbol.attrib["id"]: symbol for symbol in drawing.iter("symbol")}
    for element in drawing:
        if element.tag == "use":
            glyphs.append(_placed(element.attrib, symbols[element.attrib["href"][1:]]))
        elif element.tag == "rect":
            x, y, width, height = (float(element.attrib[k]) for k in ("x", "y", "width", "height"))
            bars.append(Bar(x, y, width, height, _tag(element.attrib)))
    _, top, width, height = map(float, drawing.attrib["viewBox"].split())
    return Label(width, -top, height + top, tuple(glyphs), tuple(bars))


@functools.cache
def drawable(character: str) -> str:
    r"""A character of LaTeX; one that the font does not have by its code point, so that no two look alike.

    >>> print(drawable("θ"), drawable("变"))
    θ \mathrm{u53D8}
    """
    with READING:
        known = character.isascii() or font().glyphindex(character)
    return character if known else rf"\mathrm{{u{ord(character):04X}}}"


def _placed(attrib: dict[str, str], symbol: Any) -> Glyph:
    """Where a glyph's origin lies; the symbol that is used has its box around it, for type of a known size."""
    left, top, _, high = map(float, symbol.attrib["viewBox"].split())
    factor = float(attrib["height"]) / high
    number = int(symbol.attrib["id"].rpartition("_")[2])
    if not 0 <= number < font().info.header.numglyphs:
        number = _assembled(symbol)
    x, y = float(attrib["x"]) - left * factor, float(attrib["y"]) - top * factor
    return Glyph(number, round(x, 1), round(y, 1), round(factor * SYMBOL_SIZE / EM, 4), _tag(attrib))


def _assembled(symbol: Any) -> int:
    """A delimiter put together from parts, tall as its content: a glyph that the font has no number for."""
    drawn = " ".join(path.attrib["d"] for path in symbol.iter("path"))
    number = ASSEMBLED + zlib.crc32(drawn.encode())
    ASSEMBLIES[number] = _thousandths(drawn, EM / SYMBOL_SIZE)
    return number


def _tag(attrib: dict[str, str]) -> int:
    fill = attrib.get("fill", "")
    return int(fill[1:], 16) if fill.startswith("#") else -1


@functools.cache
def advance(character: str) -> tuple[int, float]:
    """A character's glyph and how far it moves on."""
    with READING:
        index = font().glyphindex(character)
    return index, advance_of(index)


@functools.cache
def typeset_numeral(number: Numeral) -> Label:
    """Typeset a number, glyph by glyph: the player does the same, so a number looks the same when it is dragged."""
    glyphs, x = [], 0.0
    for text, scale, y in (
        (number.mantissa, 1.0, 0.0),
        ("×10" if number.exponent else "", 1.0, 0.0),
        (number.exponent.replace("-", "−"), SCRIPT, -RAISE),
    ):
        for character in text:
            index, width = advance(character)
            glyphs.append(Glyph(index, round(x, 1), y, scale))
            x += width * scale
    return Label(x, 900.0 if number.exponent else 700.0, 20.0, tuple(glyphs))


@functools.cache
def advance_of(index: int) -> float:
    """How far a glyph moves on; an assembled one stands alone."""
    if index in ASSEMBLIES:
        return 0.0
    with READING:
        return float(font().advance(index, None) * EM / font().info.layout.unitsperem)


def joined(labels: Sequence[Label]) -> Label:
    """Set labels one after the other on one baseline."""
    glyphs: list[Glyph] = []
    bars: list[Bar] = []
    x = 0.0
    for label in labels:
        glyphs += (g._replace(x=round(g.x + x, 1)) for g in label.glyphs)
        bars += (b._replace(x=round(b.x + x, 1)) for b in label.bars)
        x += label.width
    ascent = max((label.ascent for label in labels), default=0.0)
    descent = max((label.descent for label in labels), default=0.0)
    return Label(x, ascent, descent, tuple(glyphs), tuple(bars))


def line(phrase: Phrase, values: Sequence[Any]) -> Label:
    """Typeset a phrase, numbers and all."""
    return joined([piece(p, values) for p in phrase]) if phrase else EMPTY


def piece(shown: Math | Value | Equal, values: Sequence[Any]) -> Label:
    """Typeset a piece of a phrase; an array is shown by its shape."""
    if isinstance(shown, Equal):
        shown = sign(shown, values)
    if isinstance(shown, Math):
        return _spaced(shown.tex)
    value = shown.read(values)
    if getattr(value, "shape", ()):
        return typeset(r"\left[" + r" \times ".join(map(str, value.shape)) + r"\right]")
    number = numeral(value)
    label = typeset_numeral(number)
    return joined([character("("), label, character(")")]) if shown.guard and number.negative else label


@functools.cache
def _spaced(tex: str) -> Label:
    """LaTeX with a space for every blank at its ends; bare signs are set as such, without an operator's own spaces."""
    core = tex.strip().replace(r"\approx", "≈")
    bare = SIGNS.issuperset(core) and core
    label = joined([character(c) for c in core.replace("-", "−")]) if bare else typeset(core)
    before, after = len(tex) - len(tex.lstrip()), len(tex) - len(tex.rstrip())
    return joined([EMPTY._replace(width=before * SPACE), label, EMPTY._replace(width=after * SPACE)])


def character(sign: str) -> Label:
    """Typeset one character as it stands in the font."""
    index, width = advance(sign)
    return Label(width, 750.0, 200.0, (Glyph(index, 0.0, 0.0, 1.0),))
