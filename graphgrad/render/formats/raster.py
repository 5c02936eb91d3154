"""Pixels: PNG by resvg, moving pictures by Pillow. The same input gives the same bytes."""

from __future__ import annotations

import io
import math
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from graphgrad.core.errors import GraphgradError
from graphgrad.render.drawing.style import Style

if TYPE_CHECKING:
    from PIL import Image

    from graphgrad.render.formats.protocols import Reel, Sheet


Channels = tuple[int, int, int]
STILL_WIDTH, FILM_WIDTH = 1920, 960
GROUNDS = ("ground", "card", "group", "value_glow", "adjoint_glow")
INKS = ("ink", "value", "adjoint", "idle", "faint", "good", "bad")
SHADES = 6  # between an ink and a ground, for the edges of glyphs
MILLISECONDS = {"start": 1000, "training": 160, "inputs": 1200, "forward": 1200, "seed": 1500, "end": 5000}
BACKWARD = 1800


def png(picture: Sheet, width: int = STILL_WIDTH) -> bytes:
    """A picture as PNG, so many pixels wide."""
    return _rendered(picture.svg(), width)


def _rendered(svg: str, width: int) -> bytes:
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))


def milliseconds(picture: Sheet) -> int:
    """How long a film shows a picture."""
    return MILLISECONDS.get(picture.phase, BACKWARD)


def picture_png(picture: Sheet) -> bytes:
    """A still."""
    return png(picture)


def film_png(film: Reel) -> bytes:
    """The film's last frame as a still."""
    return png(film.frames[-1])


def film_gif(film: Reel) -> bytes:
    """The film as GIF, on one palette, so that no colour flickers."""
    from PIL import Image

    images = _images(film)
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette(film.style))
    grounds = [_channels(getattr(film.style, role)) for role in GROUNDS]
    flat = [_flattened(image, palette, grounds) for image in images]
    return _moving(film, flat, "GIF", optimize=False, disposal=1)


def film_apng(film: Reel) -> bytes:
    """The film as animated PNG, in full colour."""
    return _moving(film, _images(film), "PNG")


def film_webp(film: Reel) -> bytes:
    """The film as animated WebP, without loss."""
    return _moving(film, _images(film), "WEBP", lossless=True, quality=40, method=2, minimize_size=False)


def _images(film: Reel) -> list[Image.Image]:
    from PIL import Image

    with ThreadPoolExecutor() as pool:
        rendered = pool.map(lambda svg: _rendered(svg, FILM_WIDTH), [picture.svg() for picture in film.frames])
        return [Image.open(io.BytesIO(data)).convert("RGB") for data in rendered]


def _flattened(image: Image.Image, palette: Image.Image, grounds: list[Channels]) -> Image.Image:
    """An image on a palette. Pillow takes colours that are close for one; grounds, the palette's first, stay exact."""
    from PIL import Image

    pixels = np.asarray(image, np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    indices = np.array(image.quantize(palette=palette, dither=Image.Dither.NONE))
    for k, (red, green, blue) in enumerate(dict.fromkeys(grounds)):
        indices[pixels == (red << 16 | green << 8 | blue)] = k
    flat = Image.fromarray(indices)
    flat.putpalette(palette.getpalette() or [])
    return flat


def _palette(look: Style) -> list[int]:
    """The one palette of a film: every colour of its theme, exactly, and the shades between inks and grounds."""
    grounds, inks = ([_channels(getattr(look, role)) for role in roles] for roles in (GROUNDS, INKS))
    shades = dict.fromkeys((*grounds, *inks))
    for k in range(1, SHADES):
        for ground, ink in product(grounds, inks):
            shades[_mixed(ground, ink, k / SHADES)] = None
    return [channel for shade in list(shades)[:256] for channel in shade]


def _channels(colour: str) -> Channels:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(a: Channels, b: Channels, part: float) -> Channels:
    red, green, blue = (round(x + (y - x) * part) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _moving(film: Reel, images: list[Image.Image], kind: str, **settings: Any) -> bytes:
    target = io.BytesIO()
    durations = [milliseconds(picture) for picture in film.frames]
    first, *others = images
    first.save(target, kind, save_all=True, append_images=others, duration=durations, loop=0, **settings)
    return target.getvalue()


WIDTH = 1280
EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color="  # H.264 wants even sizes


def film_mp4(film: Reel) -> bytes:
    """The film as MP4 (H.264), which every player plays."""
    import imageio_ffmpeg

    beat = math.gcd(*map(milliseconds, film.frames))
    width, high = _pixels(film.frames[0]).size
    with tempfile.TemporaryDirectory() as folder:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
        command += ["-s", f"{width}x{high}", "-r", f"1000/{beat}", "-i", "-"]
        command += ["-vf", EVEN + film.style.ground, "-c:v", "libx264", "-preset", "veryfast", "-tune", "stillimage"]
        command += ["-pix_fmt", "yuv420p", "-threads", "1", "-bitexact", "-movflags", "+faststart", "film.mp4"]
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ran:  # noqa: S603
            assert ran.stdin
            _feed(film, ran.stdin, beat)
            _, said = ran.communicate()
        if ran.returncode:
            raise GraphgradError(f"ffmpeg failed: {said.decode(errors='replace').strip()}")
        return Path(folder, "film.mp4").read_bytes()


def _feed(film: Reel, pipe: IO[bytes], beat: int) -> None:
    """Every picture's pixels, as many times as it lasts beats."""
    for picture in film.frames:
        pixels = _pixels(picture).tobytes()
        try:
            for _ in range(milliseconds(picture) // beat):
                pipe.write(pixels)
        except BrokenPipeError:  # ffmpeg has ended; what it said is told by the caller
            return


def _pixels(picture: Sheet) -> Image.Image:
    from PIL import Image

    return Image.open(io.BytesIO(png(picture, WIDTH))).convert("RGB")
