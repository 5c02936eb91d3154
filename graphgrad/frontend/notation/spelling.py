r"""The two languages that formulas are written in: LaTeX for those who look, plain text for those who read or listen.

A spelling puts written operands together and knows when one of them wants parentheses; what an operation means is the
writer's business. Plain text is the language of programs wherever that has a word, and entries count from 0 in it; in
LaTeX they count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from graphgrad.core.graph import Graph, Node
from graphgrad.core.op import ADD, ATOM
from graphgrad.frontend.notation.indices import Index

BIG = ADD + 0.5  # a sum binds its terms, and ends where another sum goes on
LOOSE = -1.0  # stands in no formula without parentheses
HEAD = re.compile(r"(?:\{\\color\{#[0-9a-f]{6}\} |\{)*(.)")  # the first sign, tags and groups aside


class Written(NamedTuple):
    """A written formula, how tightly it binds, and whether an array in it had to be told entry by entry."""

    text: str
    tight: float = ATOM
    built: bool = False

    @property
    def head(self) -> str:
        """The sign that it begins with."""
        found = HEAD.match(self.text)
        return found[1] if found else ""


class Spelling(Protocol):
    """What the writer asks of a language."""

    first: int  # the number of an array's first entry
    reductions: Mapping[str, str]

    def name(self, label: str, written: Mapping[str, str]) -> str:
        """A node's name."""

    def constant(self, graph: Graph, node: int) -> Written:
        """A constant of a graph."""

    def apply(self, node: Node, operands: Sequence[Written], arrays: Sequence[bool]) -> Written:
        """An operation that works entry by entry, or a function's call; `arrays` says which operands are arrays."""

    def bare(self, node: Node, symbol: Written) -> Written:
        """A function of one symbol, alone on its line."""

    def indicator(self, condition: Written) -> Written:
        """A condition as a number."""

    def product(self, left: Written, right: Written) -> Written:
        """A matrix product."""

    def outer(self, left: Written, right: Written) -> Written:
        """The matrix of all products of two vectors' entries."""

    def row(self, a: Written) -> Written:
        """A vector that stands left of a matrix."""

    def factor(self, a: Written) -> str:
        """What stands on the right of a dot."""

    def scaled(self, left: Written, right: Written) -> Written:
        """A number times an array or a number; a factor of 1 is left out."""

    def side(self, a: Written) -> Written:
        """What stands on the right of an equals sign: there a relation would read as the sign's own next."""

    def term(self, a: Written, place: int) -> str:
        """A term of a sum, at a place counted from 0."""

    def transposed(self, a: Written) -> Written:
        """The transpose of a matrix, or a vector as a row."""

    def reduced(self, op: str, letters: Sequence[str], body: Written) -> Written:
        """A sum, product, maximum, ... over letters."""

    def entry(self, a: Written, indices: Sequence[Index], *, lone: bool = True) -> Written:
        """An entry; `lone` where nothing else is written as the name with these indices."""

    def sliced(self, a: Written, slots: Sequence[str]) -> Written:
        """Part of an array."""

    def built(self, body: Written, bounds: Sequence[str]) -> Written:
        """An array, told by its entries."""

    def call(self, name: str, below: str, operands: Sequence[Written]) -> Written:
        """A function of arrays by its name, with what it works along or to."""

    def cases(self, body: Written, condition: str) -> Written:
        """A value under a condition, and 0 otherwise."""

    def bracket(self, condition: str) -> Written:
        """1 where a condition holds, and 0 where not."""

    def dimension(self, size: int | str) -> str:
        """A size, or the name of a dimension."""

    def relation(self, left: str, sign: str, right: str) -> str:
        """A relation between indices."""
