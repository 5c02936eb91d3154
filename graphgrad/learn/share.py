"""From a file of program and parameters back to a model; nothing in it is executed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from graphgrad.core.errors import DataError, GraphgradError
from graphgrad.learn.losses import TARGETS, Loss, objective
from graphgrad.learn.model import Model
from graphgrad.learn.network import Network
from graphgrad.learn.tensors import read_tensors


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
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise DataError(f"'{place}' is damaged: its parameter '{name}' holds what is no number")
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
