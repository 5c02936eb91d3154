"""A film and its pictures: what the other rooms and the user hold in their hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.execute.trace import Trace
from graphgrad.render import frames as script
from graphgrad.render.dot import dot
from graphgrad.render.draw import draw
from graphgrad.render.export import FILM, PICTURE, save
from graphgrad.render.layout import Size
from graphgrad.render.scene import MODES, Frame, Math, Scene, text
from graphgrad.render.shapes import Shape
from graphgrad.render.stage import Stage, set_up
from graphgrad.render.style import Style, style
from graphgrad.render.svg import document, element, glyphs_of, painter


class Picture:
    """One picture: a frame on its stage."""

    def __init__(self, stage: Stage, frame: Frame, labels: str = "both") -> None:
        self.stage, self.frame, self.labels = stage, frame, labels

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """What the picture is made of."""
        return draw(self.stage, self.frame, self.labels)

    @property
    def caption(self) -> str:
        """What the picture says, in words."""
        return text(self.frame.said, self.stage.scene.values)

    def svg(self) -> str:
        """The picture as a whole SVG file, which needs no font."""
        values, paint = self.stage.scene.values, painter(self.stage.style)
        body = [element(shape, values, paint) for shape in self.shapes]
        title = (
            f"Backpropagation of {self.stage.scene.name}" if self.frame.phase else f"Graph of {self.stage.scene.name}"
        )
        size = Size(self.stage.width, self.stage.height)
        return document(size, body, glyphs_of(self.shapes, values), title, self.caption)

    def dot(self) -> str:
        """The picture as pinned DOT source: `neato -n2` draws it with these places, labels and colours."""
        return dot(self.stage, self.frame, self.labels)

    def save(self, path: str | Path) -> Path:
        """Write the picture; the suffix says as what. UsageError for an unknown suffix or a path not writable."""
        return save(self, path, PICTURE)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": self.caption}


class Film:
    """A film of backpropagation: `frames` are its pictures, `save` writes it to any format by suffix."""

    def __init__(self, scene: Scene, look: Style, labels: str = "both", trace: Trace | None = None) -> None:
        if labels not in MODES:
            raise UsageError(
                f"labels are {', '.join(MODES[:-1])} or {MODES[-1]}, not '{labels}'", hint=did_you_mean(labels, MODES)
            )
        self.scene, self.style, self.labels, self.trace = scene, look, labels, trace

    @cached_property
    def stage(self) -> Stage:
        """The one layout that all frames share."""
        return set_up(self.scene, self.style)

    @cached_property
    def frames(self) -> Sequence[Picture]:
        """The pictures, first to last."""
        return tuple(Picture(self.stage, frame, self.labels) for frame in self.scene.frames)

    def save(self, path: str | Path) -> Path:
        """Write the film; the suffix says as what, and `{}` in the name gives each frame a file of its own.

        Raises UsageError for an unknown suffix or an unwritable path, before any work is done.
        """
        return save(self, path, FILM)

    def __len__(self) -> int:
        return len(self.scene.frames)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The player, in a frame as wide as the cell; the last picture where a page may run no script."""
        page = FILM[".html"].load()(self).decode()
        high = round(min(1.0, 900 / self.stage.width) * self.stage.height + 330)
        style_ = f"width:100%;height:{high}px;border:0"
        frame = (
            f'<iframe title="Backpropagation of {self.scene.name}" style="{style_}" srcdoc="{escape(page)}"></iframe>'
        )
        last = self.frames[-1]
        return {"text/html": frame, "image/svg+xml": last.svg(), "text/plain": last.caption}


def film(  # noqa: PLR0913  (all but the first are keywords)
    trace: Trace,
    *,
    closed_forms: Mapping[str, Math] | None = None,
    verdicts: Mapping[str, tuple[str, bool]] | None = None,
    by: str = "contribution",
    labels: str = "both",
    theme: str | Path | Style = "light",
) -> Film:
    """Make the film of a trace.

    `closed_forms` and `verdicts` (a word, and whether it is good news) come by input name, for the last frame; `by`
    is contribution or node, `labels` both, symbols or numbers, `theme` light, dark, print, a TOML file or a `Style`.

    >>> from graphgrad.execute.trace import trace
    >>> from graphgrad.frontend.parse import parse
    >>> f = film(trace(parse("x * y"), x=2.0, y=3.0))
    >>> len(f), f.scene.frames[-1].phase
    (7, 'end')
    """
    look = style(theme)
    return Film(script.scene(trace, closed_forms=closed_forms, verdicts=verdicts, by=by), look, labels, trace)
