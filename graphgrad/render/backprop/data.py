"""Files that are plain text: SVG and DOT of a picture, JSON and GraphML of a graph, DOT and JSON of a film."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphgrad.core.numerals import written
from graphgrad.frontend.interchange import graphml, node_link_json
from graphgrad.render.scene.scene import Equal, Math, Value, text

if TYPE_CHECKING:
    from graphgrad.render.backprop.film import Film, Picture
    from graphgrad.render.backprop.picture import GraphPicture


LARGEST_ARRAY = 4096  # entries that are written out; of larger arrays, shape and range


def picture_svg(picture: Picture) -> bytes:
    """A picture as SVG."""
    return picture.svg().encode()


def picture_dot(picture: Picture) -> bytes:
    """A picture as pinned DOT."""
    return picture.dot().encode()


def graph_json(picture: GraphPicture) -> bytes:
    """A graph as node-link JSON, which `gg.from_networkx` and the command line read back."""
    return node_link_json(picture.graph).encode()


def graph_ml(picture: GraphPicture) -> bytes:
    """A graph as GraphML, which the command line reads back."""
    return graphml(picture.graph).encode()


def film_dot(film: Film) -> bytes:
    """The frames as pinned DOT graphs, one after the other in one file: Graphviz draws each."""
    return "\n".join(picture.dot() for picture in film.frames).encode()


def film_json(film: Film) -> bytes:
    """The film as data: docs/formats.md says what each field is."""
    scene, stage = film.scene, film.stage
    data = {
        "format": "graphgrad-film",
        "version": 1,
        "output": scene.name,
        "width": stage.width,
        "height": stage.height,
        "source": [line._asdict() for line in scene.source],
        "nodes": [
            {
                "id": card.node,
                "kind": card.kind,
                "title": _phrase(card.title),
                "adjoint": _phrase(card.adjoint.lead) if card.adjoint else None,
                "shape": card.shape,
                "center": stage.layout.nodes[card.node],
                "size": stage.layout.sizes[card.node],
                "copies": stage.layout.copies.get(card.node, ()),
            }
            for card in scene.cards
        ],
        "edges": [
            {
                "from": wire.operand,
                "to": wire.consumer,
                "slot": wire.slot,
                "partial": _phrase(wire.partial.symbols) if wire.partial else None,
                "value": next((p.node for p in wire.partial.numbers if isinstance(p, Value)), None)
                if wire.partial
                else None,
                "curve": route.points,
            }
            for wire, route in zip(scene.wires, stage.layout.routes, strict=True)
        ],
        "frames": [
            {
                "phase": frame.phase,
                "known": frame.known,
                "adjoints": [s._asdict() for s in frame.sums],
                "partials": frame.partials,
                "lit": frame.lit,
                "live": frame.live,
                "rule": _phrase(frame.rule.phrase("both")),
                "said": text(frame.said, scene.values),
            }
            for frame in scene.frames
        ],
        "closing": [
            {
                "derivative": _phrase(c.name),
                "form": c.form._asdict() if c.form else None,
                "value": c.value and c.value.node,
                "verdict": c.verdict,
            }
            for c in scene.closing
        ],
        "values": {str(i): _number(scene.values[i]) for i in range(len(scene.values))},
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _phrase(phrase: Any) -> list[dict[str, Any]]:
    return [
        piece._asdict() if isinstance(piece, Math)
        else {"equal": [value.node for value in piece.of]} if isinstance(piece, Equal)
        else {"value": piece.node}
        for piece in phrase
    ]  # fmt: skip


def _number(value: Any) -> Any:
    """JSON has no infinity and no NaN: they are written as words."""
    if shape := getattr(value, "shape", ()):
        if value.size <= LARGEST_ARRAY:
            return value.tolist()
        return {"shape": shape, "min": _number(value.min()), "max": _number(value.max())}
    number = float(value)
    return number if abs(number) < float("inf") else written(number)
