"""Files, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from graphgrad.core.errors import UsageError, did_you_mean


def check_kind(path: Path, known: Iterable[str]) -> None:
    """Raise UsageError for a file whose suffix is none of those known.

    >>> check_kind(Path("run.cvs"), [".csv", ".png"])
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: 'run.cvs' is of no known kind; did you mean '.csv'?
    """
    if path.suffix not in (kinds := [*known]):
        hint = did_you_mean(path.suffix, kinds, _NEAR) or f"known are {' '.join(kinds)}"
        raise UsageError(f"'{path}' is of no known kind", hint=hint)


def check_writable(path: Path) -> None:
    """Raise UsageError, before any work is done, where a file cannot be written."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"'{path}' is a folder", hint="name a file in it")
    if not folder.is_dir():
        raise UsageError(f"there is no folder '{folder}' to write '{path.name}' to")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise UsageError(f"'{path}' cannot be written", hint="its folder or the file itself is read-only")


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file, then rename: an interrupted write leaves nothing behind.

    Raises UsageError where no file can be, OSError, with the file's name, where the disk is full.
    """
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        umask = os.umask(0)
        os.umask(umask)
        Path(beside).chmod(0o666 & ~umask)
        Path(beside).replace(path)
    except BaseException as error:
        Path(beside).unlink(missing_ok=True)
        if isinstance(error, OSError):  # of the user's file, not of the one beside it
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


_NEAR = 0.7  # two letters of four that change places are a slip; .pt is not .py
