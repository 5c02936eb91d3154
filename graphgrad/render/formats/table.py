"""Files: a suffix chooses the writer. What is wrong is refused before the work, and nothing half-written stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.files import check_writable, write_whole


class Writer(NamedTuple):
    """Where the function that makes a file's bytes stands: module of this room and name."""

    module: str
    name: str
    extra: str = ""  # the optional package that it needs

    def load(self) -> Callable[[Any], bytes]:
        """Give the function; UsageError, with the command that helps, where its extra is not installed."""
        if self.extra:
            try:
                import_module(self.extra)
            except ImportError as error:
                raise UsageError(f"this format needs {self.extra}", hint='pip install "graphgrad[video]"') from error
        function: Callable[[Any], bytes] = getattr(import_module(f"graphgrad.render.{self.module}"), self.name)
        return function


PICTURE: Mapping[str, Writer] = {
    ".svg": Writer("backprop.data", "picture_svg"),
    ".png": Writer("formats.raster", "picture_png"),
    ".pdf": Writer("formats.pdf", "picture_pdf"),
    ".tex": Writer("formats.tikz", "picture_tex"),
    ".dot": Writer("backprop.data", "picture_dot"),
    ".gv": Writer("backprop.data", "picture_dot"),
}
GRAPH: Mapping[str, Writer] = {  # a graph's own picture is written as data, too
    **PICTURE,
    ".json": Writer("backprop.data", "graph_json"),
    ".graphml": Writer("backprop.data", "graph_ml"),
}
FILM: Mapping[str, Writer] = {
    ".html": Writer("backprop.player", "film_html"),
    ".gif": Writer("formats.raster", "film_gif"),
    ".svg": Writer("formats.animated_svg", "film_svg"),
    ".png": Writer("formats.raster", "film_png"),
    ".apng": Writer("formats.raster", "film_apng"),
    ".webp": Writer("formats.raster", "film_webp"),
    ".pdf": Writer("formats.pdf", "film_pdf"),
    ".tex": Writer("formats.tikz", "film_tex"),
    ".mp4": Writer("formats.raster", "film_mp4", "imageio_ffmpeg"),
    ".dot": Writer("backprop.data", "film_dot"),
    ".json": Writer("backprop.data", "film_json"),
}


def check(path: str | Path, table: Mapping[str, Writer]) -> Path:
    """Give the path if a file can be written there in a format of the table; UsageError otherwise."""
    target = Path(path)
    if target.suffix.lower() not in table:
        near, known = did_you_mean(target.suffix.lower(), table), f"known are {' '.join(table)}"
        wrong = f"unknown file type '{target.suffix}'" if target.suffix else f"'{target}' has no file type"
        raise UsageError(wrong, hint=f"{near} {known}".strip())
    check_writable(target)
    return target


def save(shown: Any, path: str | Path, table: Mapping[str, Writer]) -> Path:
    """Write a picture or a film; a film under a name with `{}` in it writes its frames one by one."""
    single = "{}" in str(path) and hasattr(shown, "frames")
    target = check(path, PICTURE if single else table)
    write = (PICTURE if single else table)[target.suffix.lower()].load()
    if not single:
        write_whole(target, write(shown))
        return target
    digits = len(str(len(shown.frames) - 1))
    for number, frame in enumerate(shown.frames):
        write_whole(Path(str(path).replace("{}", f"{number:0{digits}}")), write(frame))
    return target
