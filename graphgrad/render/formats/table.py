"""Files: a suffix chooses the writer. What is wrong is refused before the work, and nothing half-written stays."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from graphgrad.core.display import told
from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.files import check_writable, write_whole
from graphgrad.core.lookup import Table


@told(lambda row: row.name)
class Format(NamedTuple):
    """A kind of file: its suffix, and where the function that makes its bytes stands, by module of this room and name.

    One that was added from outside has its function as it is.
    """

    name: str
    module: str
    function: str
    extra: str = ""  # the optional package that it needs
    aliases: tuple[str, ...] = ()
    made: Callable[[Any], bytes] | None = None

    def load(self) -> Callable[[Any], bytes]:
        """Give the function; UsageError, with the command that helps, where its extra is not installed."""
        if self.made is not None:
            return self.made
        if self.extra:
            try:
                import_module(self.extra)
            except ImportError as error:
                raise UsageError(f"this format needs {self.extra}", hint='pip install "graphgrad[video]"') from error
        function: Callable[[Any], bytes] = getattr(import_module(f"graphgrad.render.{self.module}"), self.function)
        return function


PICTURE = Table(
    "picture format",
    (
        Format(".svg", "backprop.data", "picture_svg"),
        Format(".png", "formats.raster", "picture_png"),
        Format(".pdf", "formats.pdf", "picture_pdf"),
        Format(".tex", "formats.tikz", "picture_tex"),
        Format(".dot", "backprop.data", "picture_dot", aliases=(".gv",)),
    ),
)
GRAPH = Table(  # a graph's own picture is written as data, too
    "picture format",
    (
        *PICTURE.values(),
        Format(".json", "backprop.data", "graph_json"),
        Format(".graphml", "backprop.data", "graph_ml"),
    ),
)
PLOT = Table(
    "plot format",
    (
        *(row for row in PICTURE.values() if row.name != ".dot"),
        Format(".dot", "formats.dot", "picture_sheet_dot", aliases=(".gv",)),
    ),
)
FILM = Table(
    "film format",
    (
        Format(".html", "backprop.player", "film_html"),
        Format(".gif", "formats.raster", "film_gif"),
        Format(".svg", "formats.animated_svg", "film_svg"),
        Format(".png", "formats.raster", "film_png"),
        Format(".apng", "formats.raster", "film_apng"),
        Format(".webp", "formats.raster", "film_webp"),
        Format(".pdf", "formats.pdf", "film_pdf"),
        Format(".tex", "formats.tikz", "film_tex"),
        Format(".mp4", "formats.raster", "film_mp4", "imageio_ffmpeg"),
        Format(".dot", "backprop.data", "film_dot"),
        Format(".json", "backprop.data", "film_json"),
        Format(".txt", "formats.transcript", "film_txt"),
        Format(".md", "formats.transcript", "film_md"),
    ),
)


def check(path: str | Path, table: Table[Format]) -> Path:
    """Give the path if a file can be written there in a format of the table; UsageError otherwise."""
    target = Path(path)
    if target.suffix.lower() not in table.spellings:
        near, known = did_you_mean(target.suffix.lower(), table), f"known are {' '.join(table.spellings)}"
        wrong = f"unknown file type '{target.suffix}'" if target.suffix else f"'{target}' has no file type"
        raise UsageError(wrong, hint=f"{near} {known}".strip())
    check_writable(target)
    return target


def save(shown: Any, path: str | Path, table: Table[Format]) -> Path:
    """Write a picture or a film; a film under a name with `{}` in it writes its frames one by one."""
    single = "{}" in str(path) and hasattr(shown, "frames")
    target = check(path, PICTURE if single else table)
    write = (PICTURE if single else table).row(target.suffix.lower()).load()
    if not single:
        write_whole(target, write(shown))
        return target
    digits = len(str(len(shown.frames) - 1))
    for number, frame in enumerate(shown.frames):
        write_whole(Path(str(path).replace("{}", f"{number:0{digits}}")), write(frame))
    return target
