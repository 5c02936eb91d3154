"""The IDX format of MNIST: a magic number that says type and rank, the sizes, then the entries, all big-endian."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.core.errors import DataError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def read_idx(path: Path) -> Any:
    """Give the array in an IDX file, gzipped or not; DataError where the file is cut short or something else.

    Yann LeCun, *The MNIST database of handwritten digits*, "File formats".
    """
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES:
        raise DataError(f"'{path}' is no IDX file", hint="it begins with two zero bytes, a type and a rank")
    dtype, rank = np.dtype(TYPES[content[2]]), content[3]
    start = 4 + 4 * rank
    if len(content) < start:
        raise DataError(f"'{path}' is cut short: its header says {rank} sizes and is not that long")
    sizes = [int(size) for size in np.frombuffer(content, ">u4", rank, 4)]
    said, found = math.prod(sizes) * dtype.itemsize, len(content) - start
    if said != found:
        where = (
            f"it ends in row {found // (said // sizes[0])}" if found < said and sizes and said else "something follows"
        )
        shape = "×".join(map(str, sizes))
        raise DataError(f"'{path}' says {shape} entries, {said} bytes, and holds {found}: {where}")
    array = np.frombuffer(content, dtype, offset=start).reshape(sizes)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    if not raw.startswith(_GZIP):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"'{path}' is no whole gzip file: {error}") from None
