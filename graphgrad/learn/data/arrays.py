"""Arrays from files: NumPy's .npz, and IDX."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.core.errors import DataError
from graphgrad.core.memory import allowed, bound, spelled
from graphgrad.learn.data.text import content

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
# a zip of an unknown version is a NotImplementedError, one with a password its base, a RuntimeError
UNREADABLE = (
    *(ValueError, OSError, EOFError, KeyError, AttributeError, TypeError, SyntaxError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)


def read_idx(path: Path) -> Any:
    """Give the array in an IDX file, gzipped or not; DataError where the file is cut short or something else.

    Yann LeCun, *The MNIST database of handwritten digits*, "File formats".
    """
    found = content(path)
    if len(found) < 4 or found[:2] != b"\0\0" or found[2] not in TYPES:
        raise DataError(f"'{path}' is no IDX file", hint="it begins with two zero bytes, a type and a rank")
    dtype, rank = np.dtype(TYPES[found[2]]), found[3]
    start = 4 + 4 * rank
    if len(found) < start:
        raise DataError(f"'{path}' is cut short: its header says {rank} sizes and is not that long")
    sizes = [int(size) for size in np.frombuffer(found, ">u4", rank, 4)]
    said, held = math.prod(sizes) * dtype.itemsize, len(found) - start
    if said != held:
        where = (
            f"it ends in row {held // (said // sizes[0])}" if held < said and sizes and said else "something follows"
        )
        shape = "×".join(map(str, sizes))
        raise DataError(f"'{path}' says {shape} entries, {said} bytes, and holds {held}: {where}")
    array = np.frombuffer(found, dtype, offset=start).reshape(sizes)
    return array.astype(dtype.newbyteorder("="), copy=False)


def read_pair(images: Path, labels: Path) -> tuple[Any, Any]:
    """Read IDX files of examples and of their labels."""
    X, y = read_idx(images), read_idx(labels)
    if len(X) != len(y) or y.ndim != 1:
        raise DataError(f"'{images}' has {len(X)} examples, and '{labels}' labels of shape {y.shape}")
    return X, y


def read_npz(path: Path) -> dict[str, Any]:
    """Give the arrays of a .npz file by their names in small letters, without _train; DataError where it is none."""
    try:
        check_unpacked(path)
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {name.lower().removesuffix("_train"): arrays[name] for name in arrays.files}
    except UNREADABLE as error:
        raise DataError(f"'{path}' is no .npz file that can be read: {error}") from None


def check_unpacked(path: Path) -> None:
    """Refuse a .npz file whose arrays would be larger than the bound of memory, by what it says itself."""
    with zipfile.ZipFile(path) as file:
        need = sum(part.file_size for part in file.infolist())
    if need > bound():
        raise DataError(f"'{path}' holds {spelled(need)}", hint=allowed(bound()))
