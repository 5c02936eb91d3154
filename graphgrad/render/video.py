"""The film as MP4, by the ffmpeg that comes with the imageio-ffmpeg package."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from graphgrad.core.errors import GraphgradError
from graphgrad.render.raster import milliseconds, png

if TYPE_CHECKING:
    from graphgrad.render.film import Film

WIDTH = 1280
EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2:color="  # H.264 wants even sizes


def film_mp4(film: Film) -> bytes:
    """The film as MP4 (H.264), which every player plays."""
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        listing = []
        for number, picture in enumerate(film.frames):
            still = Path(folder, f"{number:04}.png")
            still.write_bytes(png(picture, WIDTH))
            listing += [f"file '{still.name}'", f"duration {milliseconds(picture) / 1000}"]
        Path(folder, "frames").write_text("\n".join([*listing, listing[-2]]), encoding="utf-8")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "concat", "-i", "frames", "-r", "25"]
        command += ["-vf", EVEN + film.style.ground, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-threads", "1"]
        command += ["-bitexact", "-movflags", "+faststart", "film.mp4"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
        if ran.returncode:
            raise GraphgradError(f"ffmpeg failed: {ran.stderr.decode(errors='replace').strip()}")
        return Path(folder, "film.mp4").read_bytes()
