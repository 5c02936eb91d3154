"""What every writer of files may rely on: a sheet is one picture, a reel is sheets of one size, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from graphgrad.core.display import short
from graphgrad.core.lookup import Table
from graphgrad.core.quoting import html
from graphgrad.render.drawing.shapes import Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.formats.svg import document, element, glyphs_of, painter
from graphgrad.render.formats.table import Format, save
from graphgrad.render.layout.places import Size

CELL, CONTROLS = 900, 330  # how wide a notebook's cell is, about, and how high a player's controls are, in pixels


class Sheet(Protocol):
    """One picture: shapes, and the values that their texts point at. `phase` says what it is about, and how long."""

    size: Size
    style: Style
    values: Sequence[Any]
    phase: str
    title: str

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What the picture is made of, the lowest first."""

    @property
    def caption(self) -> str:
        """What the picture says, in words."""

    def __repr__(self) -> str:
        return short(type(self).__name__, f"{self.title}: {self.caption}")

    @property
    def alt(self) -> str:
        """What the picture shows, for those who do not see it."""
        return self.caption

    def svg(self) -> str:
        """The picture as a whole SVG file, which needs no font."""
        paint = painter(self.style)
        body = [element(shape, self.values, paint) for shape in self.shapes]
        return document(self.size, body, glyphs_of(self.shapes, self.values), self.title, self.alt)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": self.caption}


class Reel(Protocol):
    """A film: sheets of one size, sharing style, values and title, and the formats that they can be written to."""

    style: Style
    values: Sequence[Any]
    title: str
    formats: Table[Format]

    @property
    def frames(self) -> Sequence[Sheet]:
        """The pictures, first to last."""

    @property
    def size(self) -> Size:
        """The size of every picture, in points."""

    @property
    def transcript(self) -> str:
        """The film in words, a numbered line a frame."""
        from graphgrad.render.formats.transcript import transcript

        return transcript(self)

    def save(self, path: str | Path) -> Path:
        """Write the film; the suffix says as what, and `{}` in the name gives each frame a file of its own.

        Raises UsageError for an unknown suffix or an unwritable path, before any work is done.
        """
        return save(self, path, self.formats)

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return short(type(self).__name__, f"{self.title}, {len(self)} frames")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The player, in a frame as wide as the cell; the last picture where a page may run no script."""
        page = self.formats[".html"].load()(self).decode()
        high = round(min(1.0, CELL / self.size.width) * self.size.height + CONTROLS)
        look = f"width:100%;height:{high}px;border:0"
        frame = f'<iframe title="{html(self.title)}" style="{look}" srcdoc="{html(page)}"></iframe>'
        return {"text/html": frame, **self.frames[-1]._repr_mimebundle_()}
