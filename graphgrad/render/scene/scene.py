"""What a film shows, as pure data: it knows no drawing, and can be written down as JSON.

A scene holds the cards (nodes) and wires (edges) of the picture and its frames. Numbers are never copied into it: a
`Value` points at a node of the gradient graph, so a scene outlives a change of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.display import told
from graphgrad.core.quoting import tex


class Math(NamedTuple):
    """Symbols: as LaTeX, and as plain text for DOT files and voices. A space at either end of the LaTeX is kept."""

    tex: str
    text: str


def words(text: str) -> Math:
    """Plain words, set upright."""
    return Math(r"\mathrm{" + tex(text).replace(" ", r"\;") + "}", text)


class Value(NamedTuple):
    """A number: the value of a node of the gradient graph; `guard` puts a negative one into parentheses.

    `part` says which number of an array: an entry, counted row by row, or one of `PARTS`.
    """

    node: int
    guard: bool = False
    part: int | str = ""

    def read(self, values: Sequence[Any]) -> Any:
        """The number among the values of all nodes.

        >>> Value(0, part="norm").read([np.array([3.0, -4.0])])
        5.0
        """
        value = values[self.node]
        if self.part == "":
            return value
        if isinstance(self.part, int):
            return np.asarray(value).flat[self.part]
        return float(PARTS[self.part](np.asarray(value, float)))


# What sums an array up, and a truth value as the number that it is in arithmetic.
PARTS: Mapping[str, Callable[[Any], Any]] = {"min": np.min, "max": np.max, "norm": np.linalg.norm, "number": float}


EQUALS, ABOUT = Math(" = ", " = "), Math(r" \approx ", " ≈ ")
RELATIONS = EQUALS, ABOUT
ALONE = Math("", ""), Math(r"\approx ", "≈ ")  # before a number on which no formula ends


class Equal(NamedTuple):
    """The sign beside numbers: the first of two where all of them are written exactly, = as a rule, else the second."""

    of: tuple[Value, ...]
    signs: tuple[Math, Math] = RELATIONS


Phrase = tuple[Math | Value | Equal, ...]
Said = tuple[str | Value | Equal, ...]


def alone(*shown: Value) -> tuple[Equal, Value]:
    """A number on which no formula ends, or the first of several: ≈ stands before it where one is rounded."""
    return Equal(shown, ALONE), shown[0]


MODES = ("both", "symbols", "numbers")
LABELS = (*MODES, "acts")  # of a film: symbols first, and the values in a second act


class Equation(NamedTuple):
    """The same thing in symbols and in numbers, `lead = symbols = numbers`; any of the three may be empty."""

    lead: Phrase = ()
    symbols: Phrase = ()
    numbers: Phrase = ()
    relation: Math = EQUALS  # what follows the lead: = or +=

    def phrase(self, mode: str) -> Phrase:
        """What is shown of it: both, symbols or numbers; never nothing where there is something."""
        parts = {
            "both": (self.lead, self.symbols, self.numbers),
            "symbols": (self.lead, self.symbols),
            "numbers": (self.lead if self.symbols else (), self.numbers),
        }[mode]
        shown = [p for p in parts if p] or [p for p in (self.symbols, self.numbers) if p]
        phrase: Phrase = ()
        for part in shown:
            phrase += (self.sign(phrase, part), *part) if phrase else part
        return phrase

    def sign(self, before: Phrase, part: Phrase) -> Math | Equal:
        """What stands before a part: the equation's own relation after the lead, and = or ≈ before numbers."""
        if before == self.lead and self.relation != EQUALS:
            return self.relation
        return Equal(_first_side(part)) if part == self.numbers else EQUALS


def _first_side(numbers: Phrase) -> tuple[Value, ...]:
    """The numbers up to the next sign."""
    side: tuple[Value, ...] = ()
    for piece in numbers:
        if isinstance(piece, Equal):
            break
        side += (piece,) if isinstance(piece, Value) else ()
    return side


class Card(NamedTuple):
    """A node of the picture: its name and formula, its value and, where a gradient reaches it, its adjoint."""

    node: int
    kind: str  # input, const, inner, output
    title: Phrase
    value: Phrase
    adjoint: Equation | None
    shape: tuple[int | str, ...] = ()
    label: str = ""  # the name in the language
    forward: Equation = Equation()  # how the value comes about
    backward: Equation = Equation()  # the full sum of the adjoint


class Wire(NamedTuple):
    """An edge of the picture, from operand to consumer, with its local partial where a gradient passes."""

    operand: int
    consumer: int
    slot: int
    partial: Equation | None
    shape: Phrase = ()  # of what flows along it, where that is an array


class Sum(NamedTuple):
    """How far the adjoint of a node has come: the sum so far, and whether further terms will follow."""

    node: int
    total: int
    finished: bool


@told(lambda frame: f"{frame.phase}, about nodes {frame.lit}")
class Frame(NamedTuple):
    """One picture of the film."""

    phase: str  # start, inputs, forward, seed, vjp, accumulate, end
    known: tuple[int, ...] = ()  # nodes whose value is shown
    sums: tuple[Sum, ...] = ()  # adjoints shown
    partials: tuple[int, ...] = ()  # wires whose partial is shown
    lit: tuple[int, ...] = ()  # nodes at work; the first is also lit in the source
    live: tuple[int, ...] = ()  # wires at work
    rule: Equation = Equation()  # the line of algebra below the graph
    said: Said = ()  # the same in words
    asks: tuple[tuple[str, int], ...] = ()  # what this frame brings, to be guessed: a question, and whose value answers
    act: int = 0  # of a film that has two: symbols first, then values


class Closing(NamedTuple):
    """The last frame's line for an input: its derivative, closed form, number, and what the proof says of it."""

    name: Phrase
    form: Math | None
    value: Value | None  # none in a film in symbols
    verdict: str = ""
    good: bool | None = None  # neither good news nor bad
    shape: tuple[int | str, ...] = ()


@told(lambda scene: f"{scene.name}: {len(scene.cards)} cards, {len(scene.wires)} wires, {len(scene.frames)} frames")
class Scene(NamedTuple):
    """A film as data."""

    cards: tuple[Card, ...]
    wires: tuple[Wire, ...]
    frames: tuple[Frame, ...]
    source: tuple[Math, ...]  # the user's program, its parts tagged
    places: Mapping[int, frozenset[int]]  # a node's tags in the source
    closing: tuple[Closing, ...]
    values: Sequence[Any]
    name: str
    groups: Mapping[str, tuple[int, ...]] = MappingProxyType({})  # layers of a network
    folded: Mapping[str, Phrase] = MappingProxyType({})  # what a layer does, in one formula
    note: Math | None = None  # what a reader of program and formulas has to know


def text(phrase: Phrase | Said, values: Sequence[Any]) -> str:
    r"""A phrase as plain text, with numbers written out.

    >>> text((Math(r"\bar z", "z̄"), Equal((Value(0),)), Value(0)), [0.5])
    'z̄ = 0.5'
    """
    return "".join(_text(piece, values) for piece in phrase)


def _text(piece: Math | Value | Equal | str, values: Sequence[Any]) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Equal):
        return sign(piece, values).text
    if isinstance(piece, Math):
        return piece.text
    from graphgrad.core.numerals import written

    number = written(piece.read(values))
    return f"({number})" if piece.guard and number.startswith("−") else number


def sign(equal: Equal, values: Sequence[Any]) -> Math:
    """The sign that a line's numbers want."""
    from graphgrad.core.numerals import exact

    return equal.signs[not all(exact(value.read(values)) for value in equal.of)]
