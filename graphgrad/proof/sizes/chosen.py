"""Which sizes a program is examined at: its own where they are numbers and few, else two of every dimension.

One is odd and one is even, neither is 2 or a number of the program or the claim, and no two dimensions get the same. A
size that is a number and too large is a dimension, too: the numbers that mean it (784, 7840 beside 10, 1/784) change
with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite, prod

from graphgrad.core import syntax
from graphgrad.core.errors import GraphgradError, UsageError
from graphgrad.core.graph import Graph
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.cases import source_of

ENTRIES = 2000  # symbols beyond which nothing is examined entry by entry
WHOLE = ENTRIES // 4  # symbols up to which sizes that are numbers are kept
EVEN, ODD = (4, 6, 8, 10, 12, 14, 16, 18), (7, 5, 3, 9, 11, 13, 15, 17)
SMALL = {EVEN: (4, 6, 8, 10, 12), ODD: (3, 5, 7, 9, 11)}  # of what was a number
LOOKED_AT = 10 * ENTRIES  # symbols up to which a counterexample is looked for at a program's own sizes
BESIDE, MOST = 40, 8  # numbers that a size may be compared with, and sizes that are looked at for them
SIZE = "size_of_the_dimension"
CLOSE = Fraction(1, 10**12)  # relative distance at which a decimal means 1/n


@dataclass(frozen=True)
class Sized:
    """A program at sizes, and which size stands for which dimension (a name, or a number that was too large)."""

    graph: Graph
    sizes: Mapping[str | int, int]
    given: Graph | None = None  # the program before that

    def of(self, text: str) -> str:
        """A text with the numbers that mean a changed size changed with it."""
        return renumbered(text, {n: str(small) for n, small in self._numbers.items()}, self._others)

    def meant(self, text: str) -> str:
        """A text with SIZE in the place of the only size, if that is a number."""
        return renumbered(text, dict.fromkeys(self._numbers, SIZE), self._others)

    @property
    def _numbers(self) -> dict[int, int]:
        return {n: small for n, small in self.sizes.items() if isinstance(n, int)}

    @property
    def _others(self) -> set[int | str]:
        return _sizes(self.given) if self.given else set()

    @property
    def whole(self) -> Sized | None:
        """The program at its own sizes, where numbers were changed and there are not too many entries to look at."""
        given = self.given
        if given is None or not self._numbers or len(self._numbers) < len(self.sizes):
            return None
        entries = sum(prod(int(n) for n in shape) for shape in shapes_of(given).values())
        return Sized(given, {}) if entries <= LOOKED_AT else None

    def __str__(self) -> str:
        return ", ".join(f"{name} = {size}" for name, size in self.sizes.items())


def shapes_of(graph: Graph) -> dict[str, tuple[int | str, ...]]:
    """The shapes of a program's inputs."""
    return {name: tuple(graph.nodes[i].shape) for name, i in graph.inputs.items()}


def _sizes(graph: Graph) -> set[int | str]:
    return {n for shape in shapes_of(graph).values() for n in shape}


def dimensions(*graphs: Graph) -> list[str | int]:
    """What has no size of its own: named dimensions, and numbers where they make too many entries."""
    sizes = {n for graph in graphs for n in _sizes(graph)}
    shapes = [shape for graph in graphs for shape in shapes_of(graph).values()]
    entries = sum(prod(n if isinstance(n, int) else EVEN[0] for n in shape) for shape in shapes)
    large = sorted(n for n in sizes if isinstance(n, int) and n > ODD[0]) if entries > WHOLE else []
    return [*sorted(n for n in sizes if isinstance(n, str)), *large]


def sized(graph: Graph, spelled: Iterable[int] = ()) -> list[Sized]:
    """A program at the sizes it is examined at: its own, or two; UsageError where it fits none."""
    return [at for (at,) in sized_together([graph], spelled)]


def sized_together(graphs: Sequence[Graph], spelled: Iterable[int] = ()) -> list[list[Sized]]:
    """Programs at the same sizes."""
    wanted = dimensions(*graphs)
    if not wanted:
        return [[Sized(graph, {}) for graph in graphs]]
    known = {n for graph in graphs for n in {*numbers(source_of(graph)), *_sizes(graph)} if isinstance(n, int)}
    taken = {2, *spelled, *known} - {n for n in wanted if isinstance(n, int)}
    found: list[list[Sized]] = []
    for offset in (0, 1):
        for sizes in _choices(wanted, taken, offset):
            with suppress(GraphgradError):
                found.append([sized_at(graph, sizes) for graph in graphs])
                break
    if not found:
        raise UsageError("the program is too large to examine entry by entry, and its shapes cannot be shrunk")
    return found


def _choices(wanted: list[str | int], taken: set[int], offset: int) -> Iterator[dict[str | int, int]]:
    """Sizes for every dimension: of both parities first, then of one, where a program needs that."""
    for parities in ((EVEN, ODD), (EVEN, EVEN), (ODD, ODD)):
        used: dict[str | int, int] = {}
        for k, name in enumerate(wanted):
            kind = parities[(k + offset) % 2]
            usable = [n for n in (SMALL[kind] if isinstance(name, int) else kind) if n not in taken | {*used.values()}]
            used[name] = usable[offset if parities[0] is parities[1] else 0] if len(usable) > 1 else max(kind) + 2 * k
        yield used


def beside(at: Sized, spelled: Iterable[int]) -> Iterator[Sized]:
    """The only dimension at other sizes: at and beside the numbers that are spelled, and could be compared with it."""
    if at.given is None or len(at.sizes) > 1:
        return
    (name,) = at.sizes
    others = {1, *(n for n in _sizes(at.given) if isinstance(n, int))}
    near = {n // other + k for n in spelled if n > 2 for other in others for k in (-1, 0, 1)}
    for size in sorted(n for n in near - {*at.sizes.values()} if 0 < n <= BESIDE)[:MOST]:
        with suppress(GraphgradError):
            yield sized_at(at.given, {name: size})


def sized_at(graph: Graph, sizes: Mapping[str | int, int]) -> Sized:
    """A program at sizes of some dimensions; UsageError where it has too many entries then."""
    shapes = {name: tuple(sizes.get(n, n) for n in shape) for name, shape in shapes_of(graph).items()}
    if sum(prod(int(n) for n in shape) for shape in shapes.values()) > ENTRIES:
        raise UsageError("too many entries")
    sized_ = Sized(graph, sizes, graph)
    return replace(sized_, graph=parse(sized_.of(source_of(graph)), shapes))


def numbers(text: str) -> set[int]:
    """The whole numbers that a text spells."""
    return {int(value) for _, value in _constants(text) if value == int(value)}


def renumbered(text: str, changed: Mapping[int, str], sizes: Iterable[int | str] = ()) -> str:
    """A text where what means a size n, n times another size, or 1/n, means the size that it is changed to."""
    if not changed:
        return text
    meant = {Fraction(n): new for n, new in changed.items()}
    for n, new in changed.items():
        for other in sizes:
            if isinstance(other, int):
                meant.setdefault(Fraction(n * other), f"({new}*{changed.get(other, other)})")
    text = text.strip()
    lines = text.splitlines()
    for tree, value in sorted(_constants(text), key=lambda found: (found[0].lineno, found[0].col_offset), reverse=True):
        new = next((to for n, to in meant.items() if value == n), "")
        if not new and 0 < value < 1:
            new = next((f"(1/{to})" for n, to in meant.items() if abs(value * n - 1) < CLOSE), "")
        if new and tree.end_col_offset is not None:
            line = lines[tree.lineno - 1].encode()
            lines[tree.lineno - 1] = (line[: tree.col_offset] + new.encode() + line[tree.end_col_offset :]).decode()
    return "\n".join(lines)


def _constants(text: str) -> list[tuple[ast.Constant, Fraction]]:
    """The numbers of a text, but those of an index or an attribute that is no value."""
    try:
        tree = syntax.statements(text.strip())
    except (SyntaxError, ValueError, RecursionError):
        return []
    found = [(n, n.value) for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return [
        (n, Fraction(v) if isinstance(v, int) else Fraction(repr(v)))
        for n, v in found
        if type(v) is int or (isinstance(v, float) and isfinite(v))
    ]
