"""Training films as a player and as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from graphgrad.render.formats.raster import milliseconds
from graphgrad.render.player.packed import Packed
from graphgrad.render.player.page import page
from graphgrad.render.training.charts import OWNERS, Surface
from graphgrad.render.training.film import PAGE

if TYPE_CHECKING:
    from graphgrad.render.training.film import TrainingFilm


def training_html(film: TrainingFilm) -> bytes:
    """The film as one HTML file with a slider."""
    packed = Packed(film.values)
    data = {
        "title": film.title,
        "theme": film.style.name,
        "mode": "both",
        "size": PAGE,
        **packed.frames([{"both": picture.shapes} for picture in film.frames]),
        "frames": [
            {"phase": p.phase, "said": [p.caption], "asks": [], "lit": [], "ms": milliseconds(p)} for p in film.frames
        ],
        "groups": [],
        "cards": [],
        **packed.type(),
    }
    return page(film.title, film.style, data)


def training_json(film: TrainingFilm) -> bytes:
    """The film as data: docs/formats.md says what each field is."""
    scene, field = film.scene, film.scene.field
    told = field._asdict() if field else None
    if isinstance(field, Surface):
        told = {**field._asdict(), "owners": np.array(OWNERS)[field.owners], "strengths": np.round(field.strengths, 3)}
    data = {
        "format": "graphgrad-training",
        "version": 1,
        "name": scene.name.text,
        "steps": scene.steps,
        "losses": scene.losses,
        **{name: getattr(scene, name) for name in ("weights", "biases", "gradients", "bias_gradients")},
        "field": told,
    }
    return (json.dumps(data, default=_plain) + "\n").encode()


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist()
