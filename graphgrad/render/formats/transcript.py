"""Words for those who do not see a film: what every frame says and shows, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphgrad.core import quoting

if TYPE_CHECKING:
    from graphgrad.render.formats.protocols import Reel


def transcript(film: Reel) -> str:
    """Give the film in words, a numbered line a frame."""
    lines = [film.title, "", *(f"{k}. {frame.alt}" for k, frame in enumerate(film.frames, 1))]
    return quoting.terminal("\n".join(lines)) + "\n"


def film_txt(film: Reel) -> bytes:
    """A film as plain text."""
    return transcript(film).encode()


def film_md(film: Reel) -> bytes:
    """A film as Markdown."""
    lines = [f"{k}. {quoting.markdown(frame.alt)}" for k, frame in enumerate(film.frames, 1)]
    return "\n".join([f"# {quoting.markdown(film.title)}", "", *lines, ""]).encode()
