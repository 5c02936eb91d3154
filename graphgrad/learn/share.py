"""One file for program and parameters: .safetensors, with the program in its metadata; nothing in it is executed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphgrad import __version__
from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.core.files import check_writable, write_whole
from graphgrad.learn.losses import TARGETS, Loss, objective
from graphgrad.learn.model import Model
from graphgrad.learn.network import Network


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to one file: whole, or not at all."""
    said = {
        "program": model.net.text,
        "shapes": {name: list(shape) for name, shape in model.net.shapes.items()},
        "loss": list(model.loss),
        "dtype": model.dtype,
        "classes": list(model.classes),
        "columns": list(model.columns),
    }
    write_tensors(Path(path), model.weights, "model", said)


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model that was saved; DataError where the file is none, or damaged.

    Parameters come with the shapes and the program that they were saved with. Raises UsageError for a path that is not
    there. Source: the safetensors format, which holds nothing that is run.

    >>> load("readme.txt")
    Traceback (most recent call last):
        ...
    graphgrad.core.errors.UsageError: there is no file 'readme.txt'
    """
    place = Path(path)
    weights, said = read_tensors(place, "model")
    try:
        shapes = {name: tuple(shape) for name, shape in said["shapes"].items()}
        net = Network(said["program"], shapes, weights).starting(weights)
        loss, dtype = Loss(*said["loss"]), said["dtype"]
        if set(net.graph.inputs) != {net.data, *weights}:
            raise DataError("its program has other parameters")
        if loss.target not in TARGETS or dtype not in {"float64", "float32"}:
            raise DataError(f"it has targets '{loss.target}' and type {dtype}")
        objective(net, loss.text)
        return Model(net, loss, dtype, tuple(said["classes"]), tuple(said.get("columns", ())))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"'{place}' is no model of graphgrad: {error!r}") from None
    except GraphgradError as error:
        raise DataError(f"'{place}' is no model of graphgrad: {error.message}") from None


def write_tensors(path: Path, arrays: Mapping[str, Any], kind: str, said: Mapping[str, Any]) -> None:
    """Write arrays and a description, beside the file and then in its place."""
    from safetensors.numpy import save as serialise

    if path.suffix != ".safetensors":
        raise UsageError(f"'{path}' is of no known kind", hint="name it .safetensors")
    check_writable(path)
    metadata = {kind: json.dumps({"graphgrad": __version__, **said})}  # one key: the format keeps no order
    write_whole(path, serialise({name: array.copy(order="C") for name, array in arrays.items()}, metadata))


def read_tensors(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read arrays and their description; DataError where the file is damaged or of another kind."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UsageError(f"there is no file '{path}'")
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise DataError(f"'{path}' is no safetensors file that can be read: {error}") from None
    if kind not in metadata:
        raise DataError(f"'{path}' holds no {kind} of graphgrad")
    try:
        said = json.loads(metadata[kind])
    except ValueError:
        raise DataError(f"'{path}' has a damaged description") from None
    return arrays, said
