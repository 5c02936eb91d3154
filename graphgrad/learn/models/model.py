"""A trained network: scores, predictions, probabilities."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from graphgrad.compiler.compile import compile as compiled
from graphgrad.compiler.compiled import Compiled
from graphgrad.core.display import Shown
from graphgrad.core.errors import DataError, GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.core.memory import refuse_array
from graphgrad.learn.data.examples import examples, inputs
from graphgrad.learn.data.frames import class_indices, is_table, like, target_of
from graphgrad.learn.data.pictures import PictureFrame
from graphgrad.learn.data.tables import DataTable
from graphgrad.learn.models.preparation import Preparation, preparation_of
from graphgrad.learn.models.scaling import scaled
from graphgrad.learn.models.tensors import read_tensors, write_tensors
from graphgrad.learn.networks.losses import LOSSES, TARGETS, Loss, objective
from graphgrad.learn.networks.network import Network

ROWS = 4096  # at a time, so that arrays larger than memory pass through


@dataclass(frozen=True, eq=False, repr=False)
class Model(Shown):
    """A network with trained parameters, and what its outputs mean: numbers, scores of classes, or of yes against no.

    >>> from graphgrad.learn.networks.losses import LOSSES
    >>> from graphgrad.learn.networks.network import mlp
    >>> net = mlp(2, 3).starting(W1=[[1, 0], [0, 1], [1, 1]])
    >>> model = Model(net, LOSSES["cross_entropy"])
    >>> model.scores([[1.0, 2.0]]), model.predict([[1.0, 2.0]])
    (array([[1., 2., 3.]]), array([2]))
    """

    net: Network
    loss: Loss
    dtype: str = "float64"
    classes: tuple[str, ...] = ()  # the names behind class indices
    columns: tuple[str, ...] = ()  # the names of an example's numbers, where they came from a file with a header

    frame: PictureFrame | None = None  # of pictures, where it was trained on their pixels
    preparation: Preparation | None = None  # what becomes of a user's rows before the network, and of its outputs

    def __str__(self) -> str:
        return f"{self.net.text}\n# trained for {self.loss.name}"

    def _short(self) -> str:
        return f"for {self.loss.target}, trained for {self.loss.name}: {self.net.text}"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is computed when it is needed, such as compiled functions, which no pickle takes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def graph(self) -> Graph:
        """The program's graph, which is given the trained parameters."""
        return self.net.graph

    @cached_property
    def weights(self) -> Mapping[str, Any]:
        """The parameters, in the type that they were trained in."""
        return {name: np.asarray(value, self.dtype) for name, value in self.net.values.items()}

    @cached_property
    def _forward(self) -> Compiled:
        return compiled(self.net.graph, dtype=self.dtype)

    def scores(self, X: Any) -> Any:
        """Give the network's outputs, one row an example; DataError for examples of another shape, or not finite."""
        return self.back(self.outputs(self.taken(X)))

    def taken(self, X: Any) -> Any:
        """Give examples as the network takes them; DataError for what does not fit, and a warning for unknown words."""
        prepared = self.preparation or Preparation()
        rows, notes = prepared.rows(X)
        for note in notes:
            warnings.warn(note, stacklevel=3)
        rows = inputs(self.net, rows, self.dtype)
        return prepared.scaling.X.of(rows) if prepared.scaling else rows

    def outputs(self, rows: Any) -> Any:
        """Give what the network says of examples that it takes."""
        parts = [self._part(rows[start : start + ROWS]) for start in range(0, max(len(rows), 1), ROWS)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def back(self, outputs: Any) -> Any:
        """Give outputs in the user's own units."""
        by = self.preparation and self.preparation.scaling and self.preparation.scaling.Y
        return outputs * by.scale + by.mean if by else outputs

    def _part(self, rows: Any) -> Any:
        fed = {self.net.data: np.asarray(rows, self.dtype), **self.weights}
        return np.asarray(self._forward(*[fed[name] for name in self.net.graph.inputs]))

    def __call__(self, x: Any) -> Any:
        """Give the outputs for one example, or for one a row, as the network does."""
        (one, _), rows = self.net.sizes, x
        single = not is_table(x) and np.ndim(rows) == len(one)
        return self.scores([x])[0] if single else self.scores(x)

    def predict(self, X: Any) -> Any:
        """Give class indices for a classifier (the greatest score: no softmax is computed), else the outputs.

        Where words were learned, `classes[i]` is the word of index i. For columns with names there is one answer a row,
        (N,), and for a frame, which comes back as one, or a mapping, the words themselves.
        """
        scores = self.scores(X)
        found = scores if self.loss.target == "numbers" else decided(scores, self.loss)
        if not is_table(X) or isinstance(X, np.ndarray):
            return found
        found = found[:, 0] if found.shape[1:] == (1,) else found
        if self.classes and not isinstance(X, DataTable):
            found = np.array(self.classes)[found]
        return like(X, found, (self.preparation and self.preparation.targets) or ("prediction",))

    @property
    def whole(self) -> Model:
        """The model of a user's own numbers: the one whose program begins and ends with their standardization."""
        prepared = self.preparation
        if prepared is None or prepared.scaling is None:
            return self
        return scaled(replace(self, preparation=replace(prepared, scaling=None)), prepared.scaling)

    def probabilities(self, X: Any) -> Any:
        """Give each class's probability, by softmax, or that of yes, by the sigmoid; UsageError for a regression."""
        return self.chances(self.outputs(self.taken(X)))

    def chances(self, scores: Any) -> Any:
        """Give probabilities for outputs."""
        if self.loss.target == "numbers":
            raise UsageError(f"a network trained on {self.loss.name} predicts numbers, not probabilities")
        if self.loss.target == "yes or no":
            return np.exp(-np.logaddexp(0, -scores))
        shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return shifted / shifted.sum(axis=-1, keepdims=True)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write program and parameters to one .safetensors file, whole or not at all. See `load`."""
        if Path(path).suffix in {".onnx", ".py", ".c", ".js", ".mjs"}:
            raise UsageError(f"a model is saved to .safetensors, not to '{path}'", hint="model.export writes this kind")
        said = (
            {
                "program": self.net.text,
                "shapes": {name: list(shape) for name, shape in self.net.shapes.items()},
                "loss": [self.loss.name, self.loss.text, self.loss.target],
                "dtype": self.dtype,
                "classes": list(self.classes),
                "columns": list(self.columns),
            }
            | ({"names": dict(self.net.names)} if self.net.names else {})
            | ({"frame": list(self.frame)} if self.frame else {})
            | ({"preparation": self.preparation.described()} if self.preparation else {})
        )
        weights = {self.net.names.get(name, name): value for name, value in self.weights.items()}
        write_tensors(Path(path), weights, "model", said)

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write it for others: .onnx, a module of Python (on NumPy), C or JavaScript, or PyTorch's state_dict."""
        from graphgrad.learn.models.export import export

        export(self, path)


def decided(scores: Any, loss: Loss) -> Any:
    """Give the class of every row of scores; of one score, yes (1) where it is above 0."""
    return (scores > 0).astype(np.int64) if loss.target == "yes or no" else scores.argmax(axis=-1)


def accuracy(model: Model, X: Any, y: Any) -> float:
    """Give the part of examples that a classifier gets right.

    X has the shape (N, inputs), y (N,); the result lies between 0 and 1. Raises DataError for data that do not fit or
    are none, and UsageError for a network that predicts numbers. Source: the part of examples whose largest score is
    their own class's.

    >>> from graphgrad.learn.training.fit import fit
    >>> from graphgrad.learn.networks.network import mlp
    >>> model, _ = fit(mlp(1, 2), [[-1.0], [1.0]], [0, 1], loss="cross_entropy", lr=0.1, steps=200, progress=False)
    >>> accuracy(model, [[-2.0], [2.0], [3.0]], [0, 1, 0])
    0.6666666666666666
    """
    found, wanted = _paired(model, X, y, "accuracy")
    return float(np.mean(found == wanted))


def confusion(model: Model, X: Any, y: Any) -> Any:
    """Give the confusion matrix of a classifier: row the true class, column the predicted one.

    X has the shape (N, inputs), y (N,), the result (classes, classes), in examples. Raises DataError for data that do
    not fit or are none, and UsageError for a network that predicts numbers. Source: scikit-learn's convention of rows
    and columns.

    >>> from graphgrad.learn.training.fit import fit
    >>> from graphgrad.learn.networks.network import mlp
    >>> model, _ = fit(mlp(1, 2), [[-1.0], [1.0]], [0, 1], loss="cross_entropy", lr=0.1, steps=200, progress=False)
    >>> confusion(model, [[-2.0], [2.0], [3.0]], [0, 1, 0]).tolist()
    [[1, 1], [0, 1]]
    """
    found, wanted = _paired(model, X, y, "a confusion matrix")
    classes = max(2, len(model.classes), *(int(size) for size in model.net.sizes[1]))
    refuse_array((classes, classes))
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (wanted, found), 1)
    return matrix


def _paired(model: Model, X: Any, y: Any, metric: str) -> tuple[Any, Any]:
    """The classes that a model finds, and those that are right, one an example; of several answers, one an answer."""
    if model.loss.target == "numbers":
        said = f"{metric} is of classifiers, and a network trained on {model.loss.name} predicts numbers"
        raise UsageError(said, hint="classes are learned by the losses cross_entropy and binary_cross_entropy")
    taken = model.taken(X)
    labels = class_indices(target_of(y)[0], model.classes, "y")
    given = examples(model.net, model.loss, (taken, labels), model.dtype)
    wanted = np.asarray(given.Y)
    if (between := wanted[wanted != np.floor(wanted)]).size:
        raise DataError(f"y has {between[0]}, which is neither yes (1) nor no (0)")
    return np.asarray(decided(model.outputs(given.X), model.loss)).ravel(), wanted.astype(np.int64).ravel()


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
    arrays, said = read_tensors(place, "model")
    names = dict(said.get("names", {}))
    own = {written: name for name, written in names.items()}
    weights = {own.get(name, name): array for name, array in arrays.items()}
    for name, weight in weights.items():
        if not np.isfinite(weight).all():
            raise DataError(f"'{place}' is damaged: its parameter '{name}' holds what is no number")
    try:
        shapes = {name: tuple(shape) for name, shape in said["shapes"].items()}
        net = Network(said["program"], shapes, weights, names).starting(weights)
        loss, dtype = _loss(said["loss"]), said["dtype"]
        if set(net.graph.inputs) != {net.data, *weights}:
            raise DataError("its program has other parameters")
        if loss.target not in TARGETS or dtype not in {"float64", "float32"}:
            raise DataError(f"it has targets '{loss.target}' and type {dtype}")
        classes, columns = (tuple(said.get(key, ())) for key in ("classes", "columns"))
        if not all(isinstance(word, str) for word in (*classes, *columns)):
            raise DataError("its classes and columns are no words")
        if classes and (loss.target == "numbers" or len(classes) < max(map(int, net.sizes[1]), default=1)):
            raise DataError("its classes do not fit its outputs")
        objective(net, loss.text)
        frame = PictureFrame(*said["frame"]) if "frame" in said else None
        prepared = preparation_of(said["preparation"], net, dtype) if "preparation" in said else None
        return Model(net, loss, dtype, classes, columns, frame, prepared)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"'{place}' is no model of graphgrad: {error!r}") from None
    except GraphgradError as error:
        raise DataError(f"'{place}' is no model of graphgrad: {error.message}") from None


def _loss(said: Any) -> Loss:
    """The row of the table that a file speaks of; its own, where it has another text than the table's today."""
    name, text, target, *_ = said
    row = LOSSES.get(name)
    return row if row and (row.text, row.target) == (text, target) else Loss(name, text, target)
