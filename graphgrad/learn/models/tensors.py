"""Files of named arrays with a description: .safetensors, whole or not at all; nothing in them is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphgrad.core import VERSION
from graphgrad.core.errors import DataError, UsageError
from graphgrad.core.files import check_writable, write_whole
from graphgrad.core.memory import refuse_file


def check_tensors(path: Path) -> None:
    """Refuse a file that arrays could not be written to."""
    if path.suffix != ".safetensors":
        raise UsageError(f"'{path}' is of no known kind", hint="name it .safetensors")
    check_writable(path)


def write_tensors(path: Path, arrays: Mapping[str, Any], kind: str, said: Mapping[str, Any]) -> None:
    """Write arrays and a description, beside the file and then in its place."""
    from safetensors.numpy import save as serialise

    check_tensors(path)
    metadata = {kind: json.dumps({"graphgrad": VERSION, **said})}  # one key: the format keeps no order
    write_whole(path, serialise({name: array.copy(order="C") for name, array in arrays.items()}, metadata))


def read_tensors(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read arrays and their description; DataError where the file is damaged or of another kind."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UsageError(f"there is no file '{path}'")
    refuse_file(path, 2)  # the arrays, and what they become
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DataError(f"'{path}' is no safetensors file that can be read: {error}") from None
    if kind not in metadata:
        hint = "it is a checkpoint: the run goes on from it with --resume" if "checkpoint" in metadata else ""
        raise DataError(f"'{path}' holds no {kind} of graphgrad", hint=hint)
    try:
        said = json.loads(metadata[kind])
    except (ValueError, RecursionError):
        raise DataError(f"'{path}' has a damaged description") from None
    return arrays, said
