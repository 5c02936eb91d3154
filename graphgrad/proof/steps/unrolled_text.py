"""Unrolled training steps, read from their text and run on exact scalars: a variable for each number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from graphgrad.core.errors import ParseError
from graphgrad.frontend.parse import parse
from graphgrad.proof.judge.cases import Examined, examine, source_of
from graphgrad.proof.modules.interpreter import Module, attempted
from graphgrad.proof.modules.library import trusted
from graphgrad.proof.modules.manifest import Manifest, stated
from graphgrad.proof.modules.prime_field import rational
from graphgrad.proof.modules.printed import check_frame
from graphgrad.proof.modules.symbolic import LIBRARY, meanings
from graphgrad.proof.readings.functions import Array
from graphgrad.proof.readings.numpy_arrays import plain, wrapped
from graphgrad.proof.scalars.symbols import Sym, SymbolsLost, lift, var
from graphgrad.proof.steps.text import placed
from graphgrad.proof.steps.update import StatedUpdate, stated_update
from graphgrad.transform.scalarize import entry_name

TRAIN, BIND = "train", "bind"
Vectors = dict[str, list[Sym]]
Data = dict[str, Array]


class Entry(NamedTuple):
    """A number among the parameters: whose it is, and where it stands there."""

    name: str
    place: tuple[int, ...]


class Outcome(NamedTuple):
    """What passes of the loop come to: the vectors, by name, and the losses."""

    vectors: Vectors
    losses: list[Sym]


Way = Callable[[Vectors, Sequence[Data], Sym], Outcome]


@dataclass
class Unrolled:
    """An unrolled step: its text, its update, its program at the batch that it takes, and its parameters' numbers."""

    source: str
    manifest: Manifest
    update: StatedUpdate
    examined: Examined
    entries: list[Entry]
    in_rows: bool  # whether the data have an axis of rows

    @property
    def batch(self) -> int:
        """How many rows a step takes."""
        return self.manifest.batch or 1

    def start(self) -> Vectors:
        """The vectors before a step: a symbol for each number."""
        kept = {slot: [var(f"{slot}: {entry_name(*entry)}") for entry in self.entries] for slot in self.update.slots}
        return {"p": [self.examined.inputs[e.name][e.place] for e in self.entries], **kept}

    def data(self) -> Data:
        """The inputs that are no parameters."""
        known = {entry.name for entry in self.entries}
        return {name: array for name, array in self.examined.inputs.items() if name not in known}

    def rows(self, data: Data) -> list[list[Any]]:
        """The data as a step is given them: the numbers of every row of a batch."""
        return [[v for a in data.values() for v in np.ravel(a[k] if self.in_rows else a)] for k in range(self.batch)]

    def module(self) -> Module:
        """The module, ready to run on exact scalars."""
        module = Module(self.source, meanings(), literal=_exact)
        module.names |= {n: LIBRARY[known] for n, known in trusted(module.functions()).items() if known in LIBRARY}
        return module

    def ways(self) -> list[Way]:
        """The functions that take steps: the loop, and where there is one, the step alone."""
        return [self.looped, self.alone] if f"\ndef {BIND}(" in self.source else [self.looped]

    def looped(self, vectors: Vectors, batches: Sequence[Data], t: Sym) -> Outcome:
        """What the loop makes of vectors, given a batch after the other; rows are named in another order."""
        module, given = self.module(), {name: [wrapped(v) for v in values] for name, values in vectors.items()}
        rows = [list(map(_given, row)) for data in batches for row in self.rows(data)]
        rates = [wrapped(var(name.rstrip("_"))) for name in module.parameters(TRAIN)[len(vectors) + 3 :]]
        args = [*given.values(), rows[::-1], range(len(rows))[::-1], wrapped(t), *rates]
        losses = attempted("the step", lambda: list(module.call(TRAIN, *args)))
        return self._come_to(given, losses, batches)

    def alone(self, vectors: Vectors, batches: Sequence[Data], t: Sym) -> Outcome:
        """What the step that takes no loop makes of the same."""
        module, given = self.module(), {name: [wrapped(v) for v in values] for name, values in vectors.items()}

        def run() -> list[Any]:
            step, number = module.call(BIND, *given.values()), t
            losses = []
            for data in batches:
                number = number + 1
                first, *rates = [name for name in step.parameters if name not in data]
                more = {first: wrapped(number), **{name: wrapped(var(name.rstrip("_"))) for name in rates}}
                losses.append(step(**{n: _given(a.tolist()) for n, a in data.items()}, **more))
            return losses

        losses = attempted("the step", run)
        return self._come_to(given, losses, batches)

    def _come_to(self, given: dict[str, list[Any]], losses: Sequence[Any], batches: Sequence[Data]) -> Outcome:
        if len(losses) != len(batches) or any(len(values) != len(self.entries) for values in given.values()):
            raise SymbolsLost("the step gives not a loss for each batch, or leaves vectors of another length")
        return Outcome({name: _plain(values) for name, values in given.items()}, _plain(losses))


def _given(value: Any) -> Any:
    """What a step is given of some data: lists of numbers."""
    if isinstance(value, list):
        return list(map(_given, value))
    return wrapped(value) if isinstance(value, Sym) else value


def _exact(value: Any) -> Any:
    """A number of the text: a decimal as the rational that it spells."""
    return wrapped(lift(rational(value))) if isinstance(value, float) and np.isfinite(value) else value


def _plain(values: Any) -> list[Sym]:
    return [plain(value)[()] for value in values]


def is_unrolled(source: str) -> bool:
    """Whether a module is a training step that is unrolled into plain Python."""
    return f"\ndef {TRAIN}(" in source


def read_unrolled(source: str) -> Unrolled:
    """Read what an unrolled step's text says of itself; ParseError where it is no such module, or of other forms."""
    manifest = stated(source)
    check_frame(Module(source, {}).tree, manifest)
    program, update, batch = manifest.graph(), stated_update(manifest.update), manifest.batch or 1
    shapes = {n: tuple(batch if isinstance(d, str) else d for d in program.nodes[i].shape)
              for n, i in program.inputs.items()}  # fmt: skip
    examined = examine(parse(source_of(program), shapes))
    if any(np.shape(examined.inputs[name]) != shape for name, shape in shapes.items()):
        raise ParseError("the step is too large to be read entry by entry")
    entries = [Entry(p.name, place) for p in placed(manifest, shapes) for place in np.ndindex(p.shape)]
    names = {entry.name for entry in entries}
    in_rows = any(isinstance(size, str) for i in program.inputs.values() for size in program.nodes[i].shape)
    data = [a for name, a in examined.inputs.items() if name not in names]
    if in_rows and any(np.shape(a)[:1] != (batch,) for a in data):
        raise ParseError("the step's data do not come in rows")
    return Unrolled(source, manifest, update, examined, entries, in_rows)
