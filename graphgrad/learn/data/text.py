"""The text of a file: unpacked, decoded, and bounded in memory and in the length of its lines."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, AnyStr, cast

from graphgrad.core.errors import DataError
from graphgrad.core.memory import allowed, bound, spelled

EXPANDED = 8  # times its size, that a file's content takes while it is read
CHUNK = 1 << 20  # bytes, or characters
BEGIN = 1 << 22  # bytes of a large file that tell how it is written
LAST = 8  # characters among which a text says that it ends
LONGEST = 10_000_000  # characters of a line
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


def _only_member(path: Path) -> IO[bytes]:
    """Open the one file in a zip."""
    with zipfile.ZipFile(path) as file:
        names = [part.filename for part in file.infolist() if not part.is_dir()]
        if len(names) != 1:
            raise DataError(f"'{path}' holds {len(names)} files", hint="a packed table is one")
        return io.BufferedReader(cast("io.RawIOBase", file.open(names[0])))


PACKED: dict[bytes, Callable[[Path], IO[bytes]]] = {  # by the bytes that a packed file begins with
    GZIP: cast("Callable[[Path], IO[bytes]]", gzip.open),
    b"BZh": cast("Callable[[Path], IO[bytes]]", bz2.open),
    b"\xfd7zXZ": cast("Callable[[Path], IO[bytes]]", lzma.open),
    ZIP: _only_member,
}
UNPACKING = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError)
MARKS = {  # by the bytes that a text begins with
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def content(path: Path) -> bytes:
    """Give the bytes of a file, unpacked where it is gzip, bzip2, xz or a zip of one file; DataError where damaged."""
    with path.open("rb") as stream:
        begin = stream.read(8)
    opened = next((unpack for mark, unpack in PACKED.items() if begin.startswith(mark)), None)
    try:
        with opened(path) if opened else path.open("rb") as stream:
            return bounded(path, stream)
    except UNPACKING as error:
        raise DataError(f"'{path}' is no whole packed file: {error}") from None


def text(path: Path) -> str:
    r"""Give the text of a file, or of standard input (-), with lines that end in \n.

    The encoding is UTF-8, UTF-16 or UTF-32 by its mark, else UTF-8, else Windows' Western European, which has a
    character for nearly every byte. DataError for what is no text, and for a line of more than `LONGEST` characters.
    """
    found = bounded(path, sys.stdin) if str(path) == "-" else decoded(path, content(path))
    if "\0" in found:
        raise DataError(f"'{path}' is no text", hint="it holds bytes of zero")
    if "\r" in found:
        found = found.replace("\r\n", "\n").replace("\r", "\n")
    found = found.removeprefix("\ufeff")
    if "\x1a" in found[-LAST:]:  # the end of a file, of DOS, which a line's end may follow
        found = found.rstrip("\x1a\n")
    _check_lines(path, found)
    return found


def beginning(path: Path) -> str:
    """Give the first lines of a large file that is UTF-8 as it lies there; "" for others, which are read at once."""
    if str(path) == "-" or not 2 * BEGIN < path.stat().st_size < bound() / 2:
        return ""
    with path.open("rb") as stream:
        begin = stream.read(BEGIN)
    if begin.startswith((*PACKED, *MARKS)) or b"\0" in begin or begin.count(b"\n") < 2:
        return ""
    try:
        found = begin[: begin.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError:
        return ""
    return found.replace("\r\n", "\n").replace("\r", "\n")


def decoded(path: Path, packed: bytes) -> str:
    """Give the characters behind bytes.

    >>> decoded(Path("a.csv"), "å,1".encode("utf-16")), decoded(Path("a.csv"), "å,1".encode("latin-1"))
    ('å,1', 'å,1')
    """
    encoding = next((name for mark, name in MARKS.items() if packed.startswith(mark)), None)
    if encoding is None:  # of Western words in UTF-16, every other byte is zero
        first, second = (part.count(0) > len(part) / 2 for part in (packed[:CHUNK:2], packed[1:CHUNK:2]))
        encoding = {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get((first, second))
    for name in (encoding,) if encoding else ("utf-8", "cp1252", "latin-1"):
        try:
            return packed.decode(name)
        except UnicodeDecodeError as error:
            damaged = error
    raise DataError(f"'{path}' is no text: {damaged}")


def bounded(path: Path, stream: IO[AnyStr]) -> AnyStr:
    """Read a stream to its end; DataError where it holds more than the bound of memory, packed or not."""
    most, parts, count = bound() / EXPANDED, [], 0
    while part := stream.read(CHUNK):
        parts.append(part)
        count += len(part)
        if count > most:
            raise DataError(f"'{path}' holds more than {spelled(most)}", hint=allowed(bound()))
    return part.join(parts)


def _check_lines(path: Path, found: str) -> None:
    """Refuse a line that is no example's."""
    start, line = 0, 1
    while (end := found.find("\n", start)) >= 0 or start < len(found):
        if (len(found) if end < 0 else end) - start > LONGEST:
            raise DataError(f"'{path}', line {line}: more than {LONGEST} characters", hint="an example is a line")
        if end < 0:
            return
        start, line = end + 1, line + 1
