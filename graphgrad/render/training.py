"""Training as a film: a picture a snapshot, of the network, of the loss so far, and of what the network says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from graphgrad.render.charts import Area, Fitted, Patch, Surface, fitted, loss_curve, patch, surface
from graphgrad.render.export import Writer, check, save
from graphgrad.render.layout import Size
from graphgrad.render.neurons import Matrices, network
from graphgrad.render.numerals import written
from graphgrad.render.scene import Math, Value, words
from graphgrad.render.shapes import Ink, Shape as Drawn
from graphgrad.render.style import Style
from graphgrad.render.svg import document, element, glyphs_of, painter

PAGE = Size(720.0, 405.0)
TOP = 44.0  # where panels begin, below the heading
SPLIT = 0.54  # of the page's width, for the network
TRAINING: Mapping[str, Writer] = {
    ".gif": Writer("raster", "film_gif"),
    ".apng": Writer("raster", "film_apng"),
    ".webp": Writer("raster", "film_webp"),
    ".png": Writer("raster", "film_png"),
    ".svg": Writer("training", "last_svg"),
    ".mp4": Writer("video", "film_mp4", "imageio_ffmpeg"),
}
STILLS: Mapping[str, Writer] = {kind: TRAINING[kind] for kind in (".png", ".svg")}


class TrainingScene(NamedTuple):
    """What a training film shows, as plain data: F snapshots, the first before the first step.

    `weights` holds for each snapshot the matrices (out, in) of a multilayer perceptron, `biases` its vectors (out,);
    both are empty for other programs. `field` is what two inputs, or one, are answered with; None for more.
    """

    name: Math
    steps: Sequence[int]
    losses: Sequence[float]
    weights: Sequence[Matrices] = ()
    biases: Sequence[Matrices] = ()
    field: Surface | Fitted | None = None


class Moment(NamedTuple):
    """When a picture is shown: a phase, which says for how long."""

    phase: str


class TrainingPicture:
    """One picture of a training film."""

    def __init__(self, scene: TrainingScene, look: Style, number: int) -> None:
        self.scene, self.style, self.number = scene, look, number
        last = len(scene.steps) - 1
        self.frame = Moment("start" if number == 0 else "end" if number == last else "training")

    @property
    def caption(self) -> str:
        """What the picture says, in words."""
        return f"Step {self.scene.steps[self.number]}: the loss is {written(self.scene.losses[self.number])}."

    @cached_property
    def shapes(self) -> tuple[Drawn | Patch, ...]:
        """What the picture is made of."""
        scene, k, margin = self.scene, self.number, self.style.margin
        wide, high = PAGE.width - 2 * margin, PAGE.height - TOP - margin
        split = margin + SPLIT * wide
        left = Area(margin, TOP, split - margin - 24, high)
        right = Area(split, TOP, margin + wide - split, high)
        upper, lower = right._replace(height=high * 0.42), right._replace(y=TOP + high * 0.48, height=high * 0.52)
        whole = Area(margin, TOP, wide, high)
        drawn: list[Drawn | Patch] = [*self._heading()]
        if scene.weights:
            drawn += network(left, scene.weights, scene.biases, k)
            drawn += loss_curve(upper if scene.field else right, scene.steps, scene.losses, k)
        else:
            drawn += loss_curve(right if scene.field else whole, scene.steps, scene.losses, k)
        place = lower if scene.weights else left
        if isinstance(scene.field, Surface):
            drawn += surface(place, scene.field, k)
        elif scene.field is not None:
            drawn += fitted(place, scene.field, k)
        return tuple(drawn)

    def _heading(self) -> list[Ink]:
        size, wide = self.style.title_size, PAGE.width - 2 * self.style.margin
        now = (words("step "), Value(0), words("   loss "), Value(1))
        right = self.style.margin + SPLIT * wide
        return [
            Ink((self.scene.name,), self.style.margin, 29.0, size, "ink", 0.5 * wide, centred=False),
            Ink(now, right, 29.0, size, "ink", (1 - SPLIT) * wide, centred=False),
        ]

    def svg(self) -> str:
        """The picture as a whole SVG file, which needs no font."""
        values = (self.scene.steps[self.number], self.scene.losses[self.number])
        paint = painter(self.style)
        ground = f'<rect width="{PAGE.width:g}" height="{PAGE.height:g}"{paint("fill", "ground")}/>'
        body = [patch(s, paint) if isinstance(s, Patch) else element(s, values, paint) for s in self.shapes]
        inked = [s for s in self.shapes if not isinstance(s, Patch)]
        title = f"Training of {self.scene.name.text}"
        return document(PAGE, [ground, *body], glyphs_of(inked, values), title, self.caption)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg(), "text/plain": self.caption}


class TrainingFilm:
    """A film of training: `frames` are its pictures, one a snapshot; `save` writes it to a file."""

    def __init__(self, scene: TrainingScene, look: Style) -> None:
        self.scene, self.style = scene, look

    @cached_property
    def frames(self) -> Sequence[TrainingPicture]:
        """The pictures, first to last."""
        return tuple(TrainingPicture(self.scene, self.style, k) for k in range(len(self)))

    def save(self, path: str | Path) -> Path:
        """Write .gif, .apng, .webp or .mp4, or the last picture as .png or .svg; with `{}` in its name, every picture.

        Raises UsageError for an unknown suffix or an unwritable path, before any work is done.
        """
        check_training(path)
        return save(self, path, TRAINING)

    def __len__(self) -> int:
        return len(self.scene.steps)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The last picture."""
        return self.frames[-1]._repr_mimebundle_()


def check_training(path: str | Path) -> Path:
    """Give the path where a training film can be written there; UsageError otherwise."""
    return check(path, STILLS if "{}" in str(path) else TRAINING)


def last_svg(film: TrainingFilm) -> bytes:
    """The film's last picture as SVG."""
    return film.frames[-1].svg().encode()
