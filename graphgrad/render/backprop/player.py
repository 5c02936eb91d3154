"""The HTML player of a film: its drawings packed, and what else the page must know to recompute, tell and ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphgrad.core.numerals import written
from graphgrad.core.ops import OPS
from graphgrad.render.backprop.entries import entries
from graphgrad.render.backprop.live import Live, live
from graphgrad.render.drawing.draw import content
from graphgrad.render.drawing.heat import grid
from graphgrad.render.drawing.tensor import PAD
from graphgrad.render.formats.raster import milliseconds
from graphgrad.render.player.packed import Packed
from graphgrad.render.player.page import page
from graphgrad.render.scene.scene import MODES, Equal, Equation, Frame, Value, sign, words

if TYPE_CHECKING:
    from graphgrad.render.backprop.film import Film


def film_html(film: Film) -> bytes:
    """The film as one HTML file: plays, steps, recomputes, asks; it loads nothing from anywhere."""
    computed = live(film.trace) if film.trace else Live()
    return page(film.title, film.style, _Data(film, computed).collect(), computed.program)


class _Data:
    def __init__(self, film: Film, computed: Live) -> None:
        self.film, self.stage, self.scene, self.live = film, film.stage, film.scene, computed
        self.packed = Packed(film.values, computed.arrays)
        self.at = {card.node: k for k, card in enumerate(self.scene.cards)}
        self.entries = entries(film.trace.graph, film.trace.values) if film.trace else {}

    def collect(self) -> dict[str, Any]:
        cards = [self.card(k) for k in range(len(self.scene.cards))]
        drawn = [{mode: content(self.stage, f, mode) for mode in MODES} for f in self.scene.frames]
        return {
            "title": "Computation graph",
            "theme": self.film.style.name,
            "mode": self.film.labels,
            "size": [self.stage.width, self.stage.height - 10],
            **self.packed.frames(drawn),
            "frames": [self.frame(f, k) for k, f in enumerate(self.scene.frames)],
            "groups": [self.group(name) for name in self.stage.layout.groups],
            "cards": cards,
            "places": self.live.places,
            "flow": self.flow() if self.live.drags else [],
            "below": round(max(card["box"][1] + card["box"][3] for card in cards), 2),
            "type": self.film.style.rule_size,
            "output": self.film.trace.adjoints.output if self.film.trace else -1,
            **self.packed.type(),
        }

    def flow(self) -> list[list[Any]]:
        """What every node depends on, and whether its operation is defined everywhere, to blank what is not."""
        assert self.film.trace
        nodes = self.film.trace.graph.nodes
        kinds = ("where" if n.op == "where" else "domain" if n.op in OPS and OPS[n.op].domain else "" for n in nodes)
        return [[node.operands, kind] for node, kind in zip(nodes, kinds, strict=True)]

    def frame(self, frame: Frame, index: int) -> dict[str, Any]:
        asks = [[question, node] for question, node in frame.asks if self.free(node)]
        return {
            "phase": frame.phase,
            "said": [self.words(p) for p in frame.said],
            "asks": asks,
            "lit": [self.at[node] for node in frame.lit] if frame.phase not in {"inputs", "end"} else [],
            "ms": milliseconds(self.film.frames[index]),
        }

    def free(self, node: int) -> bool:
        return not self.packed.fixed(Value(node))

    def words(self, said: str | Value | Equal) -> Any:
        if isinstance(said, str):
            return said
        if isinstance(said, Equal):
            free = [[value.node] for value in said.of if self.free(value.node)]
            return [[m.text for m in said.signs], *free] if free else sign(said, self.scene.values).text
        return [said.node] if self.free(said.node) else written(said.read(self.scene.values))

    def card(self, index: int) -> dict[str, Any]:
        card = self.scene.cards[index]
        (x, y), *others = self.stage.layout.places(card.node)
        width, height = self.stage.layout.sizes[card.node]
        box = [x - width / 2, y - height / 2, width, height]
        adjoint = next((p.node for p in card.adjoint.numbers if isinstance(p, Value)), -1) if card.adjoint else -1
        rows, columns = grid(self.scene.values[card.node]) if card.node in self.stage.maps else (0, 0)
        return {
            "id": card.node,
            "kind": card.kind,
            "label": card.label,
            "box": [round(b, 2) for b in box],
            "copies": [[round(u - x, 2), round(v - y, 2)] for u, v in others],
            "adjoint": adjoint,
            "forward": self.equation(card.forward),
            "backward": self.equation(card.backward),
            "cells": [self.packed.phrase(line) for line in self.entries.get(card.node, ())],
            "rows": rows,
            "columns": columns,
            "map": self.map(card.node),
            "names": self.live.names.get(card.node, []),
            "drags": int(card.node in self.live.drags),
        }

    def map(self, node: int) -> list[float]:
        """Where the heat map of an array's value stands."""
        if node not in self.stage.maps:
            return []
        maps, (x, y), size = self.stage.maps[node], self.stage.layout.nodes[node], self.stage.layout.sizes[node]
        left = x - size.width / 2 + PAD + (maps.columns[0] - maps.map.width) / 2
        return [round(left, 2), round(y - size.height / 2 + maps.top, 2), *maps.map]

    def group(self, name: str) -> dict[str, Any]:
        """A layer: its frame, and the formula that stands for it while it is folded."""
        box = self.stage.layout.groups[name]
        return {
            "name": name,
            "box": [box.x, box.y, round(box.width, 2), round(box.height, 2)],
            "title": self.packed.phrase((words(name),)),
            "formula": self.packed.phrase(self.scene.folded[name]),
            "nodes": self.scene.groups[name],
        }

    def equation(self, equation: Equation) -> list[list[Any]]:
        """An equation as lines: symbols, and below them numbers."""
        parts = [part for part in (equation.symbols, equation.numbers) if part]
        lines = [(*equation.lead, equation.sign(equation.lead, part), *part) for part in parts]
        if equation.symbols and equation.numbers:
            lines[1] = (equation.sign((), equation.numbers), *equation.numbers)
        return [self.packed.phrase(line) for line in lines]
