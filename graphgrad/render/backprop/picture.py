"""A still picture of any graph, without values; a graph too large to be read is collapsed first, and says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from graphgrad.core.graph import Graph
from graphgrad.render.backprop.film import Picture
from graphgrad.render.drawing.stage import Stage, set_up
from graphgrad.render.drawing.style import Style, style
from graphgrad.render.formats.table import GRAPH
from graphgrad.render.layout.arrange import NODES
from graphgrad.render.layout.places import Size
from graphgrad.render.scene.collapse import Group, collapse as grouping
from graphgrad.render.scene.layers import layers
from graphgrad.render.scene.names import Names, note, shape_phrase, source, titled
from graphgrad.render.scene.scene import Card, Frame, Math, Phrase, Scene, Wire, words

Source = tuple[tuple[Math, ...], Mapping[int, frozenset[int]]]

LARGEST = NODES  # that are drawn one by one


class GraphPicture(Picture):
    """The picture of a graph; laid out when it is looked at, since files of data need no places."""

    formats = GRAPH

    def __init__(self, graph: Graph, scene: Scene, look: Style) -> None:
        self.graph, self.scene, self.style = graph, scene, look
        self.frame, self.labels, self.values = scene.frames[0], "both", scene.values
        self.phase, self.title = "", f"Graph of {scene.name}"

    @cached_property
    def stage(self) -> Stage:  # type: ignore[override]  # read, never set
        """Where everything stands."""
        return set_up(self.scene, self.style)

    @property
    def size(self) -> Size:  # type: ignore[override]
        """Width and height, in points."""
        return Size(self.stage.width, self.stage.height)


def picture(
    graph: Graph,
    *,
    theme: str | Path | Style = "light",
    largest: int = LARGEST,
    collapse: Iterable[str] = (),
    expand: Iterable[str] = (),
) -> GraphPicture:
    """Draw a graph: names, formulas, shapes. With more than `largest` nodes, groups of nodes are drawn as one.

    `collapse` names layers and nodes to draw as one with what is inside them, `expand` nodes whose group is opened.

    >>> from graphgrad.frontend.parse import parse
    >>> picture(parse("tanh(W @ x + b)", W=(4, 2), x=2, b=4)).caption
    'Graph of z: 6 nodes.'
    """
    collapsed, expanded = tuple(collapse), tuple(expand)
    whole = len(graph) <= largest and not collapsed and not expanded
    scene = _whole(graph) if whole else _grouped(graph, *grouping(graph, largest, collapsed, expanded))
    return GraphPicture(graph, scene, style(theme))


def _whole(graph: Graph) -> Scene:
    names = Names(graph)
    cards = tuple(
        Card(i, _kind(graph, i), titled(names, i), shape_phrase(node.shape), None, node.shape, graph.label(i))
        for i, node in enumerate(graph.nodes)
    )
    edges = [Wire(o, i, slot, None) for i, node in enumerate(graph.nodes) for slot, o in enumerate(node.operands)]
    said = f"Graph of {', '.join(graph.outputs)}: {len(graph)} nodes."
    return _still(graph, cards, edges, said, source(names))


def _grouped(graph: Graph, groups: Sequence[Group], edges: Iterable[tuple[int, int]]) -> Scene:
    cards, names = [], Names(graph)
    for group in groups:
        last, size = group.members[-1], len(group.members)
        count: Phrase = (Math(rf"{size}\;\mathrm{{nodes}}", f"{size} nodes"),)
        if size == 1:
            shape = shape_phrase(graph.nodes[last].shape)
            cards.append(Card(last, _kind(graph, last), titled(names, last), shape, None, (), graph.label(last)))
        else:
            title: Phrase = names.inside(group.members) if group.wanted else (words(group.name),)
            cards.append(Card(last, "inner", title, count, None, (), group.name))
    wires = [Wire(tail, head, 0, None) for tail, head in edges]
    said = f"Graph of {', '.join(graph.outputs)}: {len(graph)} nodes, drawn as {len(groups)} groups."
    told = source(names) if len(groups) < len(graph) and any(g.wanted for g in groups) else ((), {})
    return _still(graph, cards, wires, said, told if told[0] else ((words(said.removesuffix(".")),), {}))


def _still(graph: Graph, cards: Iterable[Card], wires: Iterable[Wire], said: str, source: Source) -> Scene:
    shown = tuple(cards)
    frame = Frame("", tuple(card.node for card in shown), said=(said,))
    lines, places = source
    drawn = {card.node for card in shown}
    grouped = {name: nodes for name, nodes in layers(graph).items() if drawn.issuperset(nodes)}
    name, told = next(iter(graph.outputs)), note(graph)
    return Scene(shown, tuple(wires), (frame,), lines, places, (), (), name, grouped, note=told)


def _kind(graph: Graph, i: int) -> str:
    op = graph.nodes[i].op
    return op if op in {"input", "const"} else "output" if i in graph.outputs.values() else "inner"
