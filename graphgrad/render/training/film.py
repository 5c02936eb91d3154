"""Training as a film: a sheet a snapshot, of weights and gradient, of the loss so far, and of what the network says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.lookup import Table
from graphgrad.render.drawing.shapes import Box, Ink, Shape
from graphgrad.render.drawing.style import Style
from graphgrad.render.formats.protocols import Reel, Sheet
from graphgrad.render.formats.table import FILM, PICTURE, Format, check, save
from graphgrad.render.layout.places import Size
from graphgrad.render.scene.scene import Equal, Math, Phrase, Value, text, words
from graphgrad.render.training.charts import Area, Fitted, Surface, fitted, loss_curve, surface
from graphgrad.render.training.neurons import Matrices, legend, network

PAGE = Size(720.0, 405.0)
TOP = 44.0  # where panels begin, below the heading
COLUMNS, GAP = (0.31, 0.31, 0.38), 16.0  # parts of the page's width: weights, gradient, charts
SPLIT = 0.54  # the first part of the width, where there is no network
PER_FRAME = 3  # values: step, loss, length of the gradient
TRAINING = Table(
    "training film format",
    (
        Format(".html", "training.data", "training_html"),
        *(FILM[kind] for kind in (".gif", ".apng", ".webp", ".png", ".svg", ".pdf", ".mp4")),
        Format(".dot", "formats.dot", "reel_dot"),
        Format(".json", "training.data", "training_json"),
        *(FILM[kind] for kind in (".txt", ".md")),
    ),
)
STILLS = Table("format of a still", (PICTURE[kind] for kind in (".png", ".svg", ".pdf")))


@told(lambda scene: f"{scene.name.text}: {len(scene.steps)} snapshots")
class TrainingScene(NamedTuple):
    """What a training film shows, as plain data: F snapshots, the first before the first step.

    `weights` holds for each snapshot the matrices (out, in) of a multilayer perceptron, `biases` its vectors (out,),
    `gradients` and `bias_gradients` the derivatives of the loss by them; all are empty for other programs. `field` is
    what two inputs, or one, are answered with; None for more.
    """

    name: Math
    steps: Sequence[int]
    losses: Sequence[float]
    weights: Sequence[Matrices] = ()
    biases: Sequence[Matrices] = ()
    gradients: Sequence[Matrices] = ()
    bias_gradients: Sequence[Matrices] = ()
    field: Surface | Fitted | None = None

    @property
    def norms(self) -> list[float]:
        """The length of the gradient at every snapshot; NaN where it is not known."""
        if not self.gradients:
            return [float("nan")] * len(self.steps)
        return [
            float(np.sqrt(sum(np.sum(np.square(part)) for part in (*matrices, *vectors))))
            for matrices, vectors in zip(self.gradients, self.bias_gradients, strict=True)
        ]


class TrainingPicture(Sheet):
    """One picture of a training film."""

    size = PAGE

    def __init__(self, scene: TrainingScene, look: Style, number: int, values: Sequence[float]) -> None:
        self.scene, self.style, self.number, self.values = scene, look, number, values
        self.phase = {0: "start", len(scene.steps) - 1: "end"}.get(number, "training")
        self.title = f"Training of {scene.name.text}"

    @property
    def caption(self) -> str:
        """What the picture says, in words."""
        return text((f"Step {self.scene.steps[self.number]}: the loss is ", self.loss, "."), self.values)

    @property
    def loss(self) -> Value:
        """The loss at this snapshot."""
        return Value(PER_FRAME * self.number + 1)

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """What the picture is made of; the ground comes first."""
        return (Box(0.0, 0.0, PAGE.width, PAGE.height, 0.0, "ground"), *self._content())

    def _content(self) -> Iterator[Shape]:
        scene, k = self.scene, self.number
        parts = COLUMNS if scene.weights else (SPLIT, 1 - SPLIT) if scene.field else (1.0,)
        *first, last = columns(parts, self.style.margin)
        if scene.weights:
            yield from self._heading(first[1].x)
            yield from self._networks(first[0], first[1])
            yield from self._charts(last)
        elif scene.field:
            yield from self._heading(last.x)
            yield from self._field(first[0])
            yield from loss_curve(last, scene.steps, scene.losses, k)
        else:
            yield from self._heading(0.5 * PAGE.width)
            yield from loss_curve(last, scene.steps, scene.losses, k)

    def _networks(self, left: Area, right: Area) -> Iterator[Shape]:
        """Weights, on one scale for the film, and the gradient, on a scale of its own in every frame."""
        scene, k = self.scene, self.number
        yield from _titled(left, "weights")
        yield from network(left.below_title, scene.weights, scene.biases, k)
        yield from legend(left)
        if scene.gradients:
            yield from _titled(right, "gradient of the loss")
            yield from network(right.below_title, scene.gradients[k : k + 1], scene.bias_gradients[k : k + 1], 0)
            norm = Value(PER_FRAME * k + 2)
            length: Phrase = (Math(r"\left\| \nabla L \right\|", "length"), Equal((norm,)), norm)
            yield Ink(length, right.x + right.width / 2, right.y + right.height - 3.0, 12.0, "faint", right.width)

    def _charts(self, area: Area) -> Iterator[Shape]:
        scene, high = self.scene, area.height
        upper, lower = area._replace(height=high * 0.44), area._replace(y=area.y + high * 0.5, height=high * 0.5)
        yield from loss_curve(upper if scene.field else area, scene.steps, scene.losses, self.number)
        yield from self._field(lower)

    def _field(self, area: Area) -> Iterator[Shape]:
        field = self.scene.field
        if isinstance(field, Surface):
            yield from surface(area, field, self.number)
        elif field is not None:
            yield from fitted(area, field, self.number)

    def _heading(self, right: float) -> Iterator[Shape]:
        size, left, first = self.style.title_size, self.style.margin, PER_FRAME * self.number
        yield Ink((self.scene.name,), left, 29.0, size, "ink", right - left - GAP, centred=False)
        now = (words("step "), Value(first), words("   loss"), Equal((self.loss,)), self.loss)
        yield Ink(now, right, 29.0, size, "ink", PAGE.width - right - left, centred=False)


class TrainingFilm(Reel):
    """A film of training: `frames` are its pictures, one a snapshot; `save` writes it to a file."""

    formats, size = TRAINING, PAGE

    def __init__(self, scene: TrainingScene, look: Style) -> None:
        self.scene, self.style, self.title = scene, look, f"Training of {scene.name.text}"
        told = zip(scene.steps, scene.losses, scene.norms, strict=True)
        self.values = [number for frame in told for number in frame]

    @cached_property
    def frames(self) -> Sequence[TrainingPicture]:
        """The pictures, first to last."""
        return tuple(TrainingPicture(self.scene, self.style, k, self.values) for k in range(len(self)))

    def save(self, path: str | Path) -> Path:
        """Write the film; the suffix says as what, and `{}` in the name gives each picture a file of its own.

        Raises UsageError for an unknown suffix or an unwritable path, before any work is done.
        """
        check_training(path)
        return save(self, path, self.formats)

    def __len__(self) -> int:
        return len(self.scene.steps)


def check_training(path: str | Path) -> Path:
    """Give the path where a training film can be written there; UsageError otherwise."""
    return check(path, STILLS if "{}" in str(path) else TRAINING)


def columns(parts: Sequence[float], margin: float) -> list[Area]:
    """The page's columns, from left to right.

    >>> [(round(area.x), round(area.width)) for area in columns((0.5, 0.5), 20)]
    [(20, 332), (368, 332)]
    """
    room = PAGE.width - 2 * margin - GAP * (len(parts) - 1)
    starts = [margin + k * GAP + room * sum(parts[:k]) for k in range(len(parts))]
    return [Area(x, TOP, room * part, PAGE.height - TOP - margin) for x, part in zip(starts, parts, strict=True)]


def _titled(area: Area, word: str) -> Iterator[Shape]:
    yield Ink((words(word),), area.x + area.width / 2, area.y + 8.0, 13.0, "faint", area.width)
