"""Films of training: what a run's snapshots say, as a scene that can be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.core.errors import UsageError

if TYPE_CHECKING:
    from graphgrad.learn.models.model import Model
    from graphgrad.learn.training.history import History
    from graphgrad.learn.training.snapshots import Snapshots
    from graphgrad.render.scene.scene import Math
    from graphgrad.render.training.charts import Fitted, Surface
    from graphgrad.render.training.film import TrainingFilm

CELLS, PLACES, EXAMPLES = 64, 200, 200  # a surface's cells a side; a function's places; examples that are drawn
BORDER = 0.2  # of the data's range, around it
COLOURS = 6  # classes that a surface tells apart


def animate_training(history: History, /, *, theme: str = "light") -> TrainingFilm:
    """Film a training run: the network, the loss so far and, for one or two inputs, what the network says.

    The run must have been trained with `fit(..., film=True)`, which keeps snapshots in its history. Save the film with
    `.save`, to .html, .svg, .gif, .pdf, .mp4 and more, or picture by picture to "{}.png" and the like.

    A decision surface is drawn for two inputs, a function for one; sizes are points. Raises UsageError for a history
    without snapshots and for an unknown theme. Source: the snapshots alone; the surface is the network's own answers.

    >>> from graphgrad.learn.training.fit import fit
    >>> from graphgrad.learn.networks.network import mlp
    >>> _, history = fit(mlp(1, 3, 1), [[0.0], [1.0]], [0.0, 1.0], steps=100, film=True, progress=False)
    >>> film = animate_training(history)
    >>> film.scene.steps[:3], film.frames[-1].caption[:9]
    ((0, 1, 2), 'Step 100:')
    """
    from graphgrad.render.drawing.style import style
    from graphgrad.render.training.film import TrainingFilm, TrainingScene

    if history.reel is None:
        raise UsageError("this history has no snapshots", hint="train with fit(..., film=True)")
    reel, look = history.reel, style(theme)
    steps, losses, values = zip(*reel.snapshots, strict=True)
    count = layers(reel.model)
    shown = values if count else ()
    slopes = [reel.gradient(snapshot) for snapshot in shown]
    weights, biases = layered(shown, count)
    scene = TrainingScene(
        name(reel.model, count), steps, losses, weights, biases, *layered(slopes, count), field=field(reel)
    )
    return TrainingFilm(scene, look)


def layers(model: Model) -> int:
    """How many layers W1, b1, W2, b2, ... a network has that is a multilayer perceptron; 0 for any other."""
    shapes, width, count = {n: np.shape(value) for n, value in model.net.values.items()}, model.net.sizes[0], 0
    while shapes.get(f"W{count + 1}", ())[1:] == width and width:
        count, width = count + 1, shapes[f"W{count + 1}"][:1]
        if shapes.get(f"b{count}") != width:
            return 0
    return count if 2 * count == len(shapes) and width == model.net.sizes[1] else 0


def layered(several: Sequence[Mapping[str, Any]], count: int) -> tuple[list[Any], list[Any]]:
    """Every snapshot's matrices, and its vectors, in the order of layers."""
    matrices, vectors = ([[named[f"{letter}{i}"] for i in range(1, count + 1)] for named in several] for letter in "Wb")
    return matrices, vectors


def name(model: Model, count: int) -> Math:
    """What the network is called: its sizes, or its program's output."""
    from graphgrad.render.scene.scene import Math, words

    if not count:
        return words("network")
    sizes = [model.net.sizes[0][0], *(len(model.net.values[f"W{i}"]) for i in range(1, count + 1))]
    return Math(r" \to ".join(map(str, sizes)), "-".join(map(str, sizes)))


def field(reel: Snapshots) -> Surface | Fitted | None:
    """What the network answers over the box of its data, where that can be drawn."""
    inputs, outputs = reel.model.net.sizes
    numbers = reel.model.loss.target != "labels"
    if numbers and outputs not in {(), (1,)}:
        return None
    if inputs == (2,) and (numbers or outputs in {(k,) for k in range(1, COLOURS + 1)}):
        return surface(reel)
    return fitted(reel) if inputs in {(), (1,)} and numbers else None


def surface(reel: Snapshots) -> Surface:
    """What is said of two inputs, at every snapshot."""
    from graphgrad.render.training.charts import Surface

    X, Y = some(reel)
    (left, right), (low, high) = around(X[:, 0]), around(X[:, 1])
    across, up = (centres(*ends) for ends in ((left, right), (low, high)))
    grid = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    targets = Y.astype(int) if reel.model.loss.target == "labels" else owned(reel, Y)[0]
    answers = [decided(reel, reel.at(snapshot.values), grid) for snapshot in reel.snapshots]
    owners, strengths = (np.stack(parts).reshape(-1, CELLS, CELLS) for parts in zip(*answers, strict=True))
    return Surface((left, right, low, high), owners, strengths, X, targets)


def fitted(reel: Snapshots) -> Fitted:
    """What is said of one input, at every snapshot."""
    from graphgrad.render.training.charts import Fitted

    X, Y = some(reel)
    x = np.linspace(*around(X.ravel()), PLACES)
    rows = x.reshape(-1, *reel.model.net.sizes[0])
    answers = [answer(reel.at(snapshot.values), rows) for snapshot in reel.snapshots]
    return Fitted(x, np.stack(answers), np.column_stack([X.ravel(), Y]))


def decided(reel: Snapshots, model: Model, rows: Any) -> tuple[Any, Any]:
    """Whom every row belongs to, and how surely, from 0 to 1."""
    if model.loss.target != "labels":
        return owned(reel, answer(model, rows))
    chances = model.probabilities(rows)
    even = 1 / chances.shape[1]
    return chances.argmax(axis=1), (chances.max(axis=1) - even) / (1 - even)


def owned(reel: Snapshots, answers: Any) -> tuple[Any, Any]:
    """Say of numbers which side of the targets' middle they are on (0 above, 1 below), and how far."""
    low, high = float(np.min(reel.Y)), float(np.max(reel.Y))
    away = (answers - (low + high) / 2) / ((high - low) / 2 or 1.0)
    return (away < 0).astype(int), np.minimum(np.abs(away), 1.0)


def answer(model: Model, rows: Any) -> Any:
    """The network's answers: numbers, or the chances of yes."""
    said = model.scores(rows) if model.loss.target == "numbers" else model.probabilities(rows)
    return np.asarray(said, float).ravel()


def some(reel: Snapshots) -> tuple[Any, Any]:
    """As many examples as are drawn, evenly taken."""
    rows = np.unique(np.linspace(0, len(reel.X) - 1, EXAMPLES).astype(int))
    return np.asarray(reel.X[rows], float), np.asarray(reel.Y[rows], float).ravel()


def around(numbers: Any) -> tuple[float, float]:
    """The range of numbers, and a border."""
    low, high = float(np.min(numbers)), float(np.max(numbers))
    border = BORDER * (high - low) or 1.0
    return low - border, high + border


def centres(low: float, high: float) -> Any:
    """The centres of a surface's cells along an axis."""
    return low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS
