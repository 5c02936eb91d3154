"""A film and its pictures: what the other rooms and the user hold in their hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from graphgrad.core.errors import UsageError, did_you_mean
from graphgrad.core.lookup import Table
from graphgrad.execute.trace import Trace
from graphgrad.render.backprop.dot import dot
from graphgrad.render.drawing.draw import draw
from graphgrad.render.drawing.shapes import Shape
from graphgrad.render.drawing.stage import Stage, closing_phrase, set_up, verdict_phrase
from graphgrad.render.drawing.style import Style, style
from graphgrad.render.formats.protocols import Reel, Sheet
from graphgrad.render.formats.table import FILM, PICTURE, Format, save
from graphgrad.render.layout.places import Size
from graphgrad.render.scene import script
from graphgrad.render.scene.acts import in_acts, in_symbols
from graphgrad.render.scene.scene import LABELS, Frame, Math, Scene, text


class Picture(Sheet):
    """One picture: a frame on its stage; `formats` are the files that it can be written to, by suffix."""

    formats: Table[Format] = PICTURE

    def __init__(self, stage: Stage, frame: Frame, labels: str = "both") -> None:
        self.stage, self.frame, self.labels = stage, frame, labels
        self.size, self.style, self.values = Size(stage.width, stage.height), stage.style, stage.scene.values
        self.phase = frame.phase
        self.title = f"{'Backpropagation' if frame.phase else 'Graph'} of {stage.scene.name}"

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """What the picture is made of."""
        return draw(self.stage, self.frame, self.labels)

    @property
    def caption(self) -> str:
        """What the picture says, in words."""
        return text(self.frame.said, self.values)

    @property
    def alt(self) -> str:
        """What the picture shows: its caption, and the line of algebra; of a graph, what each card says."""
        scene, rule = self.stage.scene, text(self.frame.rule.phrase("both"), self.values)
        if self.frame.phase == "end":
            told = ((*closing_phrase(c), Math(" ", " "), *verdict_phrase(c)) for c in scene.closing)
            return " ".join([self.caption, *(f"{text(line, self.values).strip()}." for line in told)])
        if self.frame.phase:
            return f"{self.caption} {rule}" if rule and rule not in self.caption else self.caption
        return " ".join([self.caption, *(f"{text(card.title, self.values)}." for card in scene.cards)])

    def dot(self) -> str:
        """The picture as pinned DOT source: `neato -n2` draws it with these places, labels and colours."""
        return dot(self.stage, self.frame, self.labels)

    def save(self, path: str | Path) -> Path:
        """Write the picture; the suffix says as what. UsageError for an unknown suffix or a path not writable."""
        return save(self, path, self.formats)


class Film(Reel):
    """A film of backpropagation: `frames` are its pictures, `save` writes it to any format by suffix."""

    formats = FILM

    def __init__(self, scene: Scene, look: Style, labels: str = "both", trace: Trace | None = None) -> None:
        self.scene, self.style, self.labels, self.trace = scene, look, labels, trace
        self.values, self.title = scene.values, f"Backpropagation of {scene.name}"

    @cached_property
    def stage(self) -> Stage:
        """The one layout that all frames share."""
        return set_up(self.scene, self.style)

    @property
    def size(self) -> Size:
        """The size of every picture, in points."""
        return Size(self.stage.width, self.stage.height)

    @cached_property
    def frames(self) -> Sequence[Picture]:
        """The pictures, first to last."""
        return tuple(Picture(self.stage, frame, self.labels) for frame in self.scene.frames)

    def __len__(self) -> int:
        return len(self.scene.frames)


def check_labels(labels: str) -> None:
    """Refuse labels that a film does not have."""
    if labels not in LABELS:
        known = f"{', '.join(LABELS[:-1])} or {LABELS[-1]}"
        raise UsageError(f"labels are {known}, not '{labels}'", hint=did_you_mean(labels, LABELS))


def film(  # noqa: PLR0913  (all but the first are keywords)
    trace: Trace,
    *,
    closed_forms: Mapping[str, Math] | None = None,
    verdicts: script.Verdicts | None = None,
    by: str = "contribution",
    labels: str = "both",
    theme: str | Path | Style = "light",
) -> Film:
    """Make the film of a trace.

    `closed_forms` and `verdicts` (a word, and whether it is good news) come by input name, for the last frame; `by`
    is contribution or node, `labels` both, symbols, numbers or acts (symbols first, then values), `theme` light, dark,
    print, a TOML file or a `Style`. A trace without values has a film in symbols.

    >>> from graphgrad.execute.trace import trace
    >>> from graphgrad.frontend.parse import parse
    >>> f = film(trace(parse("x * y"), x=2.0, y=3.0))
    >>> len(f), f.scene.frames[-1].phase
    (7, 'end')
    """
    check_labels(labels)
    look, scene = style(theme), script.scene(trace, closed_forms=closed_forms, verdicts=verdicts, by=by)
    if trace.symbolic:
        return Film(in_symbols(scene), look, "symbols")
    return Film(in_acts(scene), look, "both", trace) if labels == "acts" else Film(scene, look, labels, trace)
