"""Data sets: by name (XOR, scikit-learn's digits, MNIST), and from files of one's own."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.core.errors import UsageError
from graphgrad.learn.data.arrays import read_pair
from graphgrad.learn.data.files import Dataset, read_dataset, split
from graphgrad.learn.data.pictures import frame_of

MNIST = "GRAPHGRAD_MNIST"  # the environment variable that says where the files lie
_FILES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
          "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}  # fmt: skip


def xor() -> Dataset:
    """Give the four examples of exclusive or.

    >>> xor().y
    array([0., 1., 1., 0.])
    """
    return Dataset(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0]))


def digits(seed: int = 0, held_out: float = 0.2) -> Dataset:
    """Give scikit-learn's 1797 digits of 8×8 pixels, from 0 to 1, float32, a part of each class held out as test.

    Raises UsageError where scikit-learn is not installed.
    """
    spec = find_spec("sklearn")  # its file is read without importing it, which takes a second
    if spec is None or spec.origin is None:
        raise UsageError("the digits come with scikit-learn", hint="pip install 'graphgrad[data]'")
    table = np.loadtxt(Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz", delimiter=",")
    X, y = (table[:, :-1] / 16).astype(np.float32), table[:, -1].astype(np.int64)
    train, test = split(y, held_out, np.random.default_rng(seed))
    return Dataset(X[train], y[train], tuple(map(str, range(10))), (X[test], y[test]), frame=frame_of(X, 8, 8))


def mnist(path: str | os.PathLike[str] | None = None) -> Dataset:
    """Give MNIST, 60 000 digits of 28×28 pixels as rows of 784 numbers from 0 to 1, float32, and 10 000 as test.

    `path` is the folder of the four IDX files, gzipped or not; without it, the environment variable GRAPHGRAD_MNIST
    names it. Raises UsageError where a file is not there, DataError where one is damaged.
    """
    if not (named := path or os.environ.get(MNIST)):
        raise UsageError("MNIST's files must be somewhere", hint=f"name their folder by --path, or by {MNIST}")
    folder = Path(named)
    parts = {part: read_pair(*(_file(folder, name) for name in names)) for part, names in _FILES.items()}
    (X, y), (X_test, y_test) = ((_pixels(images), labels.astype(np.int64)) for images, labels in parts.values())
    return Dataset(X, y, tuple(map(str, range(10))), (X_test, y_test), frame=frame_of(X, 28, 28))


def read(path: str | os.PathLike[str], target: str | None = None) -> Dataset:
    """Give the examples and targets of a file: .csv (the target is the last column, or the one named), or .npz (X, y).

    X has shape (N, columns). Words as targets become classes, in alphabetical order. Raises UsageError where there is
    no such file, DataError, with line and column, for what is no number, missing or ragged.
    """
    return read_dataset(path, target)


def idx(images: str | os.PathLike[str], labels: str | os.PathLike[str]) -> Dataset:
    """Give the examples and labels of two IDX files, MNIST's format, gzipped or not.

    X has the shape and type in the file, (N, 28, 28) of uint8 for MNIST. Raises DataError for a file that is cut short,
    or something else.
    """
    return Dataset(*read_pair(Path(images), Path(labels)))


def _file(folder: Path, name: str) -> Path:
    for place in (folder / f"{name}.gz", folder / name, folder / name.replace("-idx", ".idx")):
        if place.is_file():
            return place
    hint = f"give the folder of MNIST's four files, or set {MNIST}"
    raise UsageError(f"there is no file '{name}', gzipped or not, in '{folder}'", hint=hint)


def _pixels(images: Any) -> Any:
    return np.multiply(images.reshape(len(images), -1), np.float32(1 / 255), dtype=np.float32)
