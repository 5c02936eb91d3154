"""Files, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
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
    replaced = not _is_stream(path)  # what is no stream is written beside and renamed, which changes its folder
    if (replaced and not os.access(_place(path).parent, os.W_OK)) or (path.exists() and not os.access(path, os.W_OK)):
        raise UsageError(f"'{path}' cannot be written", hint="its folder or the file itself is read-only")


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file, down to the disk, then rename: an interrupted write leaves nothing behind.

    A file that is there keeps its mode and, where that is allowed, its owner, and a link stays one; a pipe or a device
    is written to. Raises UsageError where no file can be, OSError, with the file's name, where the disk is full.
    """
    if _is_stream(path):
        path.write_bytes(content)
        return
    place = _place(path)
    beside = place.with_name(f".graphgrad-{secrets.token_hex(8)}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if place.exists():
            _as_before(place.stat(), beside)
        beside.replace(place)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):  # of the user's file, not of the one beside it
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file, that is there or not yet, against all others who hold it; UsageError where one does.

    The lock is the system's, on a file beside, and ends with the process, however that ends. Where there are no such
    locks, as on some network drives, nobody is held off.
    """
    beside = path.resolve().with_name(f".{path.name}.lock")
    try:
        import fcntl

        stream = beside.open("w")
    except (ImportError, OSError):
        yield
        return
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"'{path}' is in use by another run", hint="let it end, or name another file") from None
        except OSError:
            pass
        try:
            yield
        finally:
            beside.unlink(missing_ok=True)


def _place(path: Path) -> Path:
    """Where a file is, links followed; UsageError where they go in a circle, which is a RuntimeError before 3.13."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise UsageError(f"'{path}' cannot be written: it is a link that leads back to itself") from None


def _is_stream(path: Path) -> bool:
    """Whether that is a pipe, a socket or a device: what is there to be written to, not to be replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _as_before(old: os.stat_result, new: Path) -> None:
    """Give a new file the owner and the mode of the one in whose place it comes."""
    made = new.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (old.st_uid, old.st_gid):
        with suppress(PermissionError):
            os.chown(new, old.st_uid, old.st_gid)
    new.chmod(stat.S_IMODE(old.st_mode))


_NEAR = 0.7  # two letters of four that change places are a slip; .pt is not .py
