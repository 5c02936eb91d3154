"""A film as one SVG that plays by itself wherever an SVG is shown; where motion is unwelcome it rests."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

from graphgrad.render.drawing.draw import layer
from graphgrad.render.drawing.shapes import Shape
from graphgrad.render.formats.raster import milliseconds
from graphgrad.render.formats.svg import document, element, glyphs_of, painter

if TYPE_CHECKING:
    from graphgrad.render.formats.protocols import Reel


def film_svg(film: Reel) -> bytes:
    """The film as self-playing SVG: every shape once, and for every set of frames one rule that shows its shapes."""
    visible = presence(film)
    shapes = sorted(visible, key=layer)
    rules = {
        frames: f"k{n}" for n, frames in enumerate(dict.fromkeys(visible[s] for s in shapes)) if len(frames) < len(film)
    }
    paint, values = painter(film.style), film.values
    body = [f"<style>{_css(film, rules)}</style>"]
    groups: list[tuple[tuple[int, ...], list[str]]] = []
    for shape in shapes:  # neighbours that come and go together share a group
        if not groups or groups[-1][0] != visible[shape]:
            groups.append((visible[shape], []))
        groups[-1][1].append(element(shape, values, paint))
    body += (_group(frames, elements, rules, len(film) - 1) for frames, elements in groups)
    said = " ".join(picture.caption for picture in film.frames)
    return document(film.size, body, glyphs_of(shapes, values), film.title, said).encode()


def presence(film: Reel) -> dict[Shape, tuple[int, ...]]:
    """In which frames each shape is seen."""
    visible: dict[Shape, list[int]] = {}
    for k, picture in enumerate(film.frames):
        for shape in dict.fromkeys(picture.shapes):
            visible.setdefault(shape, []).append(k)
    return {shape: tuple(frames) for shape, frames in visible.items()}


def _group(frames: tuple[int, ...], elements: Iterable[str], rules: dict[tuple[int, ...], str], last: int) -> str:
    inner = "".join(elements)
    if frames not in rules:
        return inner
    return f'<g class="f {rules[frames]}{"" if last in frames else " off"}">{inner}</g>'


def _css(film: Reel, rules: dict[tuple[int, ...], str]) -> str:
    lengths = [milliseconds(picture) for picture in film.frames]
    ends = list(accumulate(lengths))
    starts = [100 * (end - length) / ends[-1] for end, length in zip(ends, lengths, strict=True)]
    animated = [f".f{{animation:{ends[-1]}ms step-end infinite}}"]
    for frames, name in rules.items():
        animated.append(f".{name}{{animation-name:{name}}}@keyframes {name}{{{_keyframes(frames, starts)}}}")
    return f".off{{visibility:hidden}}@media (prefers-reduced-motion:no-preference){{{''.join(animated)}}}"


def _keyframes(frames: tuple[int, ...], starts: list[float]) -> str:
    keys, before = [], None
    for k, start in enumerate(starts):
        now = "visible" if k in frames else "hidden"
        if now != before:
            keys.append(f"{start:.3f}%{{visibility:{now}}}")
        before = now
    return "".join(keys)
