"""Pixels: PNG by resvg, moving pictures by Pillow. The same input gives the same bytes."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

    from graphgrad.render.film import Film, Picture

STILL_WIDTH, FILM_WIDTH = 1920, 960
COLOURS = 96  # of a GIF's one palette: flat colours and the edges of glyphs
MILLISECONDS = {"start": 1000, "inputs": 1200, "forward": 1200, "seed": 1500, "end": 5000}
BACKWARD = 1800


def png(picture: Picture, width: int = STILL_WIDTH) -> bytes:
    """A picture as PNG, so many pixels wide."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=picture.svg(), width=width, skip_system_fonts=True))


def milliseconds(picture: Picture) -> int:
    """How long a film shows a picture."""
    return MILLISECONDS.get(picture.frame.phase, BACKWARD)


def picture_png(picture: Picture) -> bytes:
    """A still."""
    return png(picture)


def film_png(film: Film) -> bytes:
    """The film's last frame as a still."""
    return png(film.frames[-1])


def film_gif(film: Film) -> bytes:
    """The film as GIF, on one palette, so that no colour flickers."""
    from PIL import Image

    images = _images(film)
    palette = images[-1].quantize(COLOURS)
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    return _moving(film, flat, "GIF", optimize=False, disposal=1)


def film_apng(film: Film) -> bytes:
    """The film as animated PNG, in full colour."""
    return _moving(film, _images(film), "PNG")


def film_webp(film: Film) -> bytes:
    """The film as animated WebP, without loss."""
    return _moving(film, _images(film), "WEBP", lossless=True, quality=40, method=2, minimize_size=False)


def _images(film: Film) -> list[Image.Image]:
    from PIL import Image

    with ThreadPoolExecutor() as pool:
        rendered = pool.map(lambda picture: png(picture, FILM_WIDTH), film.frames)
        return [Image.open(io.BytesIO(data)).convert("RGB") for data in rendered]


def _moving(film: Film, images: list[Image.Image], kind: str, **settings: Any) -> bytes:
    target = io.BytesIO()
    durations = [milliseconds(picture) for picture in film.frames]
    first, *others = images
    first.save(target, kind, save_all=True, append_images=others, duration=durations, loop=0, **settings)
    return target.getvalue()
