"""Pictures as examples: cut, turned light on dark, scaled and centred as those that a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import DataError, UsageError

KINDS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
LARGEST = 64_000_000  # pixels of a picture that is read
FAINT = 0.15  # of the strongest stroke: what is weaker is paper


class PictureFrame(NamedTuple):
    """How a model's pictures stand in their frame: rows and columns, and the part of the side that a figure fills."""

    height: int
    width: int
    fill: float

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width


def frame_of(X: Any, height: int, width: int) -> PictureFrame:
    """Give the frame of examples, rows of pixels from 0 (dark) to 1.

    >>> cross = np.zeros((1, 8, 8))
    >>> cross[0, 2:6, 3] = cross[0, 3, 2:6] = 1
    >>> frame_of(cross.reshape(1, 64), 8, 8)
    PictureFrame(height=8, width=8, fill=0.5)
    """
    parts = []
    for row in np.asarray(X[: 2000 : max(1, min(len(X), 2000) // 200)]).reshape(-1, height, width):
        top, bottom, left, right = _box(row)
        parts.append(max((bottom - top) / height, (right - left) / width))
    return PictureFrame(height, width, round(float(np.median(parts)), 4) if parts else 1.0)


def picture_files(place: Path) -> list[Path]:
    """Give the pictures of a folder, in order, or the one that is named; UsageError where there is none."""
    if not place.is_dir():
        return [place]
    found = sorted(path for path in place.iterdir() if path.suffix.lower() in KINDS)
    if not found:
        raise UsageError(f"there is no picture in '{place}'", hint=f"there may be {' '.join(sorted(KINDS))}")
    return found


def read_picture(path: Path, frame: PictureFrame) -> Any:
    """Give a picture as a row of pixels from 0 to 1, light on dark.

    One of the frame's very size is taken as it is, but for its ground, which is made dark; any other is cut to its
    figure, scaled to fill what figures fill in the frame, and centred by its mass. LeCun et al. (1998) prepared MNIST
    so. DataError for a file that is no picture, or an empty one.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > LARGEST:
                raise DataError(f"'{path}' has {opened.width}×{opened.height} pixels, {LARGEST:,} at most are read")
            paper = Image.new("RGBA", opened.size, "white")
            paper.alpha_composite(opened.convert("RGBA"))
            grey = np.asarray(paper.convert("L"), np.float64) / 255
    except FileNotFoundError:
        raise UsageError(f"there is no file '{path}'") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"'{path}' is no picture that can be read") from error
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    light = 1 - grey if np.median(border) > 0.5 else grey
    if light.shape == frame.size:
        return light.reshape(-1)
    ground = float(np.median(np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])))
    figure = np.clip(light - ground, 0, None)
    if figure.max() < FAINT:
        raise DataError(f"'{path}' shows nothing: it is all of one shade")
    return _framed(figure / figure.max(), frame).reshape(-1)


def sheet(rows: Any, captions: Sequence[str], frame: PictureFrame) -> bytes:
    """Give a PNG of what a model saw, each picture large, above its caption."""
    import io

    from PIL import Image, ImageDraw

    side, below, across = 112, 22, min(len(captions), 10)
    down = -(-len(captions) // across)
    page = Image.new("L", (across * (side + 8) + 8, down * (side + below) + 8), 255)
    pen = ImageDraw.Draw(page)
    for number, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        y, x = divmod(number, across)
        pixels = np.uint8(np.clip(np.reshape(row, frame.size), 0, 1) * 255)
        corner = (8 + x * (side + 8), 8 + y * (side + below))
        page.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.NEAREST), corner)
        pen.text((corner[0] + side / 2, corner[1] + side + 3), caption, fill=0, anchor="ma", font_size=14)
    written = io.BytesIO()
    page.save(written, "PNG")
    return written.getvalue()


def _box(pixels: Any) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of a figure, the last of each exclusive."""
    seen = pixels > FAINT * max(float(pixels.max()), 1e-9)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return 0, pixels.shape[0], 0, pixels.shape[1]
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _framed(figure: Any, frame: PictureFrame) -> Any:
    """Cut, scale and centre a figure."""
    from PIL import Image

    top, bottom, left, right = _box(figure)
    cut = figure[top:bottom, left:right]
    scale = frame.fill * min(frame.height / cut.shape[0], frame.width / cut.shape[1])
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    small = np.asarray(Image.fromarray(np.float32(cut)).resize(size, Image.Resampling.BOX), np.float64)
    small = np.clip(small / max(small.max(), 1e-9), 0, 1)
    rows, columns = np.indices(small.shape)
    mass = small.sum()
    y = round((frame.height - 1) / 2 - float((rows * small).sum() / mass))
    x = round((frame.width - 1) / 2 - float((columns * small).sum() / mass))
    y = min(max(y, 0), frame.height - small.shape[0])
    x = min(max(x, 0), frame.width - small.shape[1])
    whole = np.zeros(frame.size)
    whole[y : y + small.shape[0], x : x + small.shape[1]] = small
    return whole
