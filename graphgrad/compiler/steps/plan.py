"""What a training step is made of, before it is written."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

from graphgrad.compiler.backend import Backend
from graphgrad.compiler.passes.passed import Passed
from graphgrad.compiler.passes.scale import fold_scales
from graphgrad.compiler.source import module
from graphgrad.compiler.source.lines import WIDTH
from graphgrad.compiler.steps.program import Start
from graphgrad.compiler.steps.update import Update
from graphgrad.core.builder import Builder
from graphgrad.core.display import told
from graphgrad.core.graph import Graph
from graphgrad.frontend.printers import program
from graphgrad.transform.scalarize import entry_name

OWN = (  # what emitted code calls its own
    *("theta", "gradient", "t", "step", "rows", "row", "order", "places", "losses"),
    *("initial", "pack", "unpack", "fit", "dice", "seed", "steps", "Random"),
)


@told(lambda plan: f"for {plan.target.name}, {plan.dtype}: {plan.loss}")
@dataclass(frozen=True)
class StepPlan:
    """A loss, the shapes of its parameters, an update, and what is known of the rows of a step."""

    loss: Graph
    passes: tuple[Passed, ...]  # on the loss, before it is differentiated: stable forms have stable gradients
    shapes: Mapping[str, tuple[int, ...]]
    update: Update
    target: Backend
    dtype: str
    batch: int | None
    sparse: frozenset[str] = frozenset()  # data that are mostly zeros
    initial: Mapping[str, Start] = field(default_factory=dict)  # of every parameter, where the module is to train

    @property
    def stable(self) -> Graph:
        """The loss after the passes."""
        return self.passes[-1].graph

    @cached_property
    def folded(self) -> Graph:
        """The update, with numbers folded out of its vectors; its states may be kept divided by a constant."""
        return _each_of_its_own(fold_scales(self.update.graph, self.update.slots))

    @property
    def size(self) -> int:
        """How many numbers the parameters are."""
        return sum(map(prod, self.shapes.values()))

    @cached_property
    def data(self) -> tuple[str, ...]:
        """The inputs of the loss that are no parameters."""
        return tuple(name for name in self.loss.inputs if name not in self.shapes)

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """The named dimensions of the data."""
        sizes = [s for name in self.data for s in self.loss.nodes[self.loss.inputs[name]].shape]
        return tuple(dict.fromkeys(s for s in sizes if isinstance(s, str)))

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """For every named dimension of the data, an input that has it, and its axis there."""
        found: dict[str, tuple[str, int]] = {}
        for name in self.data:
            for axis, size in enumerate(self.loss.nodes[self.loss.inputs[name]].shape):
                if isinstance(size, str):
                    found.setdefault(size, (name, axis))
        return tuple(found.values())

    @cached_property
    def row_data(self) -> tuple[str, ...]:
        """The data that come in rows: of a named first dimension, or all in a program of one example."""
        first = {name: self.loss.nodes[self.loss.inputs[name]].shape[:1] for name in self.data}
        return tuple(name for name in self.data if not self.dimensions or {*first[name]} & {*self.dimensions})

    @cached_property
    def names(self) -> dict[str, str]:
        """What the emitted code calls its own variables: names that the user's leave free."""
        taken = {*self.loss.labels, *self.loss.inputs}
        entry = "|".join([name + r"_\d+" * len(shape) for name, shape in self.shapes.items()])  # as in entry_name
        names: dict[str, str] = {}
        for name in (*OWN, *self.update.slots, *self.update.rates, *self.dimensions):
            free = (name + "_" * k for k in itertools.count())
            new = next(n for n in free if n not in taken and not re.fullmatch(entry, n))
            names[name] = new
            taken.add(new)
        return names

    def entries(self) -> list[str]:
        """The names of all parameters' numbers, end to end."""
        return [
            entry_name(name, place)
            for name, shape in self.shapes.items()
            for place in itertools.product(*map(range, shape))
        ]

    def stated(self, transposed: Collection[str] = ()) -> dict[str, Any]:
        """What a step's module states for programs: update, initial values, and where each parameter stands."""
        places, at = [], 0
        for name, shape in self.shapes.items():
            places.append([name, at, list(shape), name in transposed])
            at += prod(shape)
        return {
            "update": program(self.update.graph),
            "initial": {name: [start.law, start.value] for name, start in self.initial.items()},
            "places": places,
            "batch": self.batch,
        }

    def notes(self) -> list[str]:
        """What stands under the formula in a module's docstring."""
        update = [f"    {line}" for line in program(self.update.graph).splitlines()]
        stated = [f"{name} = {start}" for name, start in self.initial.items()]
        lines = [line for text in stated for line in textwrap.wrap(text, WIDTH - 4, subsequent_indent="    ")]
        starts = ["from the initial values", "", *(f"    {line}" for line in lines), ""] if stated else []
        return ["and the update", "", *update, "", *starts, *module.described_inputs(self.loss)]


def _each_of_its_own(update: Graph) -> Graph:
    """The same update, where each new vector is computed: none is another one, or an old one by another name."""
    builder, taken, outputs = Builder(update), set[int](), dict[str, int]()
    for name, node in update.outputs.items():
        stays = update.inputs.get(name) == node
        moved = not stays and (node in taken or update.nodes[node].op == "input")
        outputs[name] = builder.apply("mul", node, builder.const(1)) if moved else node
        taken.add(node)
    return builder.build(outputs) if outputs != dict(update.outputs) else update
