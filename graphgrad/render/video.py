"""The film as MP4, by the ffmpeg that comes with the imageio-ffmpeg package."""

from __future__ import annotations

import io
import math
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from graphgrad.core.errors import GraphgradError
from graphgrad.render.raster import milliseconds, png

if TYPE_CHECKING:
    from PIL import Image

    from graphgrad.render.sheet import Reel, Sheet

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
