r"""The one writer of formulas: every title, rule, caption and line of LaTeX comes from here.

Arrays are written as such as long as mathematics has a notation that says all: elementwise operations, products and
transposes of matrices, slices, functions of whole arrays. Whatever works along an axis is written entry by entry, with
letters as indices: `\bar{b}_{j} = \sum_{i} \bar{v}_{ij}`. So nothing is broadcast or summed in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any

from graphgrad.core.graph import Graph, Node
from graphgrad.core.ops import OPS
from graphgrad.core.shapes import Shape
from graphgrad.frontend import printers
from graphgrad.frontend.notation.arrays import ARRAYS
from graphgrad.frontend.notation.entries import ENTRIES
from graphgrad.frontend.notation.indices import FIRST, Index
from graphgrad.frontend.notation.names import LETTERS, distinct, number, tex_name
from graphgrad.frontend.notation.products import contracted
from graphgrad.frontend.notation.spelling import Spelling, Written

Indices = tuple[Index, ...]
Named = Mapping[int, str]  # nodes that go by a name, already written


class Writer:
    """Writes nodes of a graph in one language.

    A formula ends at inputs, constants, and the nodes in `stop`, which stand by their labels; `named` says how some
    nodes are called instead. `mark` wraps whatever is written for a node.
    """

    def __init__(
        self,
        graph: Graph,
        spelling: Spelling,
        stop: Container[int] = frozenset(),
        named: Named | None = None,
        mark: Callable[[int, str], str] | None = None,
    ) -> None:
        self.graph, self.spelling, self.stop, self.mark = graph, spelling, stop, mark
        self.named = named or {}
        self.top = -1
        self.used = count()
        self.around: list[int] = []
        self.known: dict[int, Written] = {}
        self.sizes: dict[str, Any] = {}  # how far letters run
        self.told: set[str] = set()  # letters that stand alone on an axis of their own length
        self.untold: set[str] = set()  # and on one of another length, too

    @cached_property
    def names(self) -> Mapping[str, str]:
        """How labels are written."""
        return labels(self.graph)

    @cached_property
    def letters(self) -> str:
        """Letters that no name uses."""
        given = (name for names in self.graph.names.values() for name in names)
        spoken = {
            part for name in (*self.graph.labels, *self.graph.inputs, *given) for part in (name, *name.split("_"))
        }
        return "".join(x for x in LETTERS if x not in spoken) or "ı"

    def formula(self, node: int) -> Written:
        """A node's formula, as an array; entry by entry within brackets where it has to be."""
        self.top, self.used = node, count()
        self._prepare(node)
        made = self.graph.nodes[node]
        if len(made.operands) == 1 and OPS[made.op].elementwise and self._symbol(made.operands[0]):
            return self._inside(node, lambda _: self.spelling.bare(made, self.name(made.operands[0])))
        return self.array(node)

    def _symbol(self, node: int) -> bool:
        return self.ends(node) and self.graph.nodes[node].op != "const"

    def _prepare(self, node: int) -> None:
        """Write the numbers below a node from the bottom up: chains of them may be longer than Python's stack."""
        self.known = {}
        if self.mark:
            return
        stack, seen = [node], set()
        while stack:
            top = stack.pop()
            if top not in seen and not self.ends(top):
                seen.add(top)
                stack += self.graph.nodes[top].operands
        for i in sorted(seen - {node}):
            made = self.graph.nodes[i]
            ready = all(o in self.known or self.ends(o) for o in made.operands)
            shapes = [made.shape, *(self.graph.nodes[o].shape for o in made.operands)]
            if ready and not any(shapes) and OPS[made.op].elementwise:
                self.known[i] = self.array(i)

    def line(self, nodes: Sequence[int], named: Container[int] = ()) -> tuple[Indices, list[Written]]:
        """Formulas of nodes of one shape, and the indices that their left side then has: none where arrays will do.

        Those in `named` stand by their names.
        """
        whole = [self.name(node) if node in named else self.formula(node) for node in nodes]
        if not any(w.built for w in whole):
            return (), [*map(self.spelling.side, whole)]
        both = [self.entrywise(node, named=node in named) for node in nodes]
        return both[0][0], [self.spelling.side(written) for _, written in both]

    def entrywise(self, node: int, *, named: bool = False) -> tuple[Indices, Written]:
        """A node entry by entry, in its formula or in its name, and the indices of the entry."""
        self.top, self.used = -1 if named else node, count()
        indices = self.fresh(self.graph.nodes[node].shape)
        return indices, self.entry(node, indices)

    def lead(self, name: str, indices: Indices) -> str:
        """The left side of a line: a written name, with the indices of the line."""
        return self.entry_of(Written(name), indices, ()).text if indices else name

    def ends(self, node: int) -> bool:
        """Whether a node stands by its name."""
        made = self.graph.nodes[node]
        return made.op not in OPS or (node != self.top and (node in self.stop or node in self.named))

    def name(self, node: int) -> Written:
        """A node by its name, a constant by its number."""
        made = self.graph.nodes[node]
        if node in self.named:
            return self._marked(node, Written(self.named[node]))
        if made.op == "const" and not printers.large(made):
            return self.spelling.constant(self.graph, node)
        return self._marked(node, Written(self.spelling.name(self.graph.label(node), self.names)))

    def array(self, node: int) -> Written:
        """A node as a whole."""
        if node in self.known:
            return self.known[node]
        if self.ends(node):
            return self.name(node)
        return self._inside(node, self.array_of)

    def row(self, node: int) -> Written:
        """A vector that lies: x^T, and x^T A for what alone is A^T x."""
        made = self.graph.nodes[node]
        if not self.ends(node) and made.op == "matmul" and len(self.graph.nodes[made.operands[0]].shape) == 1:
            vector, matrix = made.operands
            return self._inside(node, lambda _: self.spelling.product(self.row(vector), self.array(matrix)))
        return self.spelling.row(self.array(node))

    def entry(self, node: int, indices: Indices) -> Written:
        """One entry of a node."""
        made = self.graph.nodes[node]
        if not made.shape:
            return self.array(node)
        if self.ends(node):
            return self.entry_of(self.name(node), indices, made.shape)
        return self._inside(node, lambda i: self.entry_inside(i, indices))

    def _inside(self, node: int, write: Callable[[int], Written]) -> Written:
        """Write what is inside a node, which is then no longer the one that the line is about."""
        before, self.top = self.top, -1 if self.top == node else self.top
        self.around.append(node)
        written = write(node)
        self.around.pop()
        self.top = before if before != node else -1
        return self._marked(node, written)

    def _marked(self, node: int, written: Written) -> Written:
        return written._replace(text=self.mark(node, written.text)) if self.mark else written

    def array_of(self, node: int) -> Written:
        """What a node is made of, as a whole."""
        made = self.graph.nodes[node]
        row = OPS[made.op]
        if row.elementwise or not (made.op in ENTRIES or made.op in ARRAYS):  # a function by its name
            arrays = [bool(self.graph.nodes[o].shape) for o in made.operands]
            return self.spelling.apply(made, self._numbers(made, [self.array(o) for o in made.operands]), arrays)
        found = ARRAYS[made.op](self, node) if made.op in ARRAYS else None
        if found is None:
            found = contracted(self, node)
        if found is not None:
            return found
        if not made.shape:
            return self.entry_inside(node, ())
        return self._built(node)

    def _numbers(self, made: Node, operands: Sequence[Written]) -> list[Written]:
        """The operands of an operation on numbers, where a condition is 1 or 0."""
        row = OPS[made.op]
        slots = zip(row.operands, made.operands, operands, strict=True)
        return [
            self.spelling.indicator(written)
            if self.graph.nodes[o].dtype == "bool" and name not in row.boolean
            else written
            for name, o, written in slots
        ]

    def _built(self, node: int) -> Written:
        indices = self.fresh(self.graph.nodes[node].shape)
        body = self.entry_inside(node, indices)
        bounds = [self.bound(i, size) for i, size in zip(indices, self.graph.nodes[node].shape, strict=True)]
        return self.spelling.built(body, bounds)

    def bound(self, index: Index, size: Any) -> str:
        """A letter of an array told by entries; with its range where the entries do not tell it."""
        letter = index.written(self.spelling.first)
        if not index.base or index.base in self.told - self.untold:
            return letter
        return self.spelling.relation(letter, "<=" if self.spelling.first else "<", self.spelling.dimension(size))

    def entry_inside(self, node: int, indices: Indices) -> Written:
        """One entry of what a node is made of."""
        made = self.graph.nodes[node]
        if OPS[made.op].elementwise:
            operands = [self.entry(o, self.aligned(indices, made.shape, o)) for o in made.operands]
            return self.spelling.apply(made, self._numbers(made, operands), [False] * len(operands))
        if made.op not in ENTRIES:
            return self.entry_of(self.array_of(node), indices, made.shape)
        return ENTRIES[made.op](self, node, indices)

    def aligned(self, indices: Indices, shape: Shape, operand: int) -> Indices:
        """The indices of an operand that is repeated along some axes of the result."""
        below = self.graph.nodes[operand].shape
        ends = zip(indices[len(indices) - len(below) :], shape[len(shape) - len(below) :], below, strict=True)
        return tuple(FIRST if have == 1 != size else i for i, size, have in ends)

    def entry_of(self, whole: Written, indices: Indices, shape: Shape) -> Written:
        """One entry of what is written as a whole, and has that shape."""
        for index, size in zip(indices, shape, strict=False):
            if index.plain:
                (self.told if self.sizes.get(index.base) == size else self.untold).add(index.base)
        lone = f"{whole.text}_{{{self.spelling.subscript(indices)}}}" if hasattr(self.spelling, "subscript") else ""
        return self.spelling.entry(whole, indices, lone=lone not in self.names.values())

    def letter(self, size: Any) -> str:
        """A letter that stands nowhere else in the formula, for an axis of a size."""
        turn, place = divmod(next(self.used), len(self.letters))
        letter = self.letters[place] + "'" * turn
        self.sizes[letter] = size
        self.told.discard(letter)
        self.untold.discard(letter)
        return letter

    def over(self, op: str, letters: Sequence[str], body: Written) -> Written:
        """A sum, product, maximum, ... over letters; with their ranges where the formula does not tell them."""
        return self.spelling.reduced(op, [self.bound(Index(x), self.sizes[x]) for x in letters], body)

    def fresh(self, shape: Shape) -> Indices:
        """An index for every axis: the first place where there is only one."""
        return tuple(FIRST if size == 1 else Index(self.letter(size)) for size in shape)


def _entries(graph: Graph) -> Iterator[str]:
    """How the entries are written that a graph takes out of vectors: a name that looks so would be another's."""
    for node in graph.nodes:
        if node.op == "index":
            vector, (first, *others) = node.operands[0], dict(node.attrs)["key"] or (None,)
            size = next(iter(graph.nodes[vector].shape), 0)
            if isinstance(first, int) and isinstance(size, int) and not others:
                yield f"{tex_name(graph.labels[vector])}_{{{first % size + 1}}}"


def labels(graph: Graph, taken: Iterable[str] = ()) -> Mapping[str, str]:
    """How a graph's labels are written in LaTeX, no two alike."""
    key = (labels, tuple(taken))
    if key not in graph.cache:
        constants = {number(n.value) for n in graph.nodes if n.op == "const" and not n.shape}
        given = (name for names in graph.names.values() for name in names)
        spoken = (
            label for label, node in zip(graph.labels, graph.nodes, strict=True) if node.op != "const" or node.shape
        )
        names = [*graph.inputs, *spoken, *graph.outputs, *given]
        graph.cache[key] = distinct(names, {*constants, *_entries(graph), *taken})
    found: Mapping[str, str] = graph.cache[key]
    return found
